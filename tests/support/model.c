#include "support/model.h"

#include <stdlib.h>
#include <string.h>

#define KEY_NONE SIZE_MAX

/* ---- Memory: a test without memory has nothing to say. */

static void *model_grow(void *items, size_t count, size_t size)
{
    void *grown = realloc(items, count * size);

    if (grown == NULL)
        abort();
    return grown;
}

static struct model_blob *blob_make(const void *data, size_t size)
{
    struct model_blob *blob = model_grow(NULL, 1, sizeof(*blob) + size);

    blob->holders = 1;
    blob->size = size;
    if (size > 0)
        memcpy(blob->bytes, data, size);
    return blob;
}

static struct model_blob *blob_hold(struct model_blob *blob)
{
    if (blob != NULL)
        blob->holders++;
    return blob;
}

static void blob_drop(struct model_blob *blob)
{
    if (blob != NULL && --blob->holders == 0)
        free(blob);
}

static void row_drop(struct model_row *row)
{
    blob_drop(row->key);
    blob_drop(row->value);
    blob_drop(row->metadata);
}

/* ---- Rows */

int model_key_compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t shorter = a_size < b_size ? a_size : b_size;
    int order = shorter == 0 ? 0 : memcmp(a, b, shorter);

    if (order != 0)
        return order;
    return a_size < b_size ? -1 : a_size > b_size;
}

bool model_row_live(const struct model_row *row, int64_t now)
{
    return !row->expires || now < row->expires_at;
}

/* The first row not below the key. */
static size_t rows_seek(const struct model_namespace *space, const void *key, size_t key_size)
{
    size_t low = 0, high = space->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct model_blob *at = space->rows[middle].key;

        if (model_key_compare(at->bytes, at->size, key, key_size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct model_row *rows_find(const struct model_namespace *space, const void *key,
                                   size_t key_size)
{
    size_t i = rows_seek(space, key, key_size);

    if (i < space->count &&
        model_key_compare(space->rows[i].key->bytes, space->rows[i].key->size, key, key_size) == 0)
        return &space->rows[i];
    return NULL;
}

static void rows_remove(struct model_namespace *space, struct model_row *row)
{
    size_t i = (size_t)(row - space->rows);

    row_drop(row);
    space->count--;
    memmove(row, row + 1, (space->count - i) * sizeof(*row));
}

/* The row of this key, made when missing (then with no value). Takes over `key`. */
static struct model_row *rows_make(struct model_namespace *space, struct model_blob *key)
{
    size_t i = rows_seek(space, key->bytes, key->size);
    struct model_row *row = rows_find(space, key->bytes, key->size);

    if (row != NULL) {
        blob_drop(key);
        return row;
    }
    if (space->count == space->room) {
        space->room = space->room * 2 + 16;
        space->rows = model_grow(space->rows, space->room, sizeof(*space->rows));
    }
    row = &space->rows[i];
    memmove(row + 1, row, (space->count - i) * sizeof(*row));
    space->count++;
    *row = (struct model_row){.key = key};
    return row;
}

const struct model_row *model_get(const struct model_namespace *space, const void *key,
                                  size_t key_size, int64_t now)
{
    const struct model_row *row = rows_find(space, key, key_size);

    return row != NULL && model_row_live(row, now) ? row : NULL;
}

struct model_usage model_usage(const struct model_namespace *space, int64_t now, bool live_only)
{
    struct model_usage usage = {0, 0, 0, 0};

    for (size_t i = 0; i < space->count; i++) {
        const struct model_row *row = &space->rows[i];

        if (live_only && !model_row_live(row, now))
            continue;
        usage.keys++;
        usage.key_bytes += row->key->size;
        usage.value_bytes += row->value->size;
        usage.metadata_bytes += row->metadata->size;
    }
    return usage;
}

void model_sweep(struct model *model, int64_t now)
{
    for (size_t n = 0; n < model->namespace_count; n++) {
        struct model_namespace *space = &model->namespaces[n];

        for (size_t i = space->count; i > 0; i--)
            if (!model_row_live(&space->rows[i - 1], now))
                rows_remove(space, &space->rows[i - 1]);
    }
}

/* ---- The change log */

static struct model_change *model_log(struct model *model, kv_ns ns, uint32_t kind,
                                      struct model_blob *key, int64_t now)
{
    struct model_change *change;

    if (model->change_count == model->change_room) {
        model->change_room = model->change_room * 2 + 64;
        model->changes = model_grow(model->changes, model->change_room, sizeof(*model->changes));
    }
    change = &model->changes[model->change_count++];
    *change = (struct model_change){
        .sequence = ++model->sequence,
        .ns = ns,
        .kind = kind,
        .key = key,
        .time = now,
    };
    return change;
}

/* ---- Namespaces and settings */

void model_init(struct model *model, const kv_settings *settings, uint64_t sequence)
{
    memset(model, 0, sizeof(*model));
    model->sequence = sequence;
    model->settings = *settings;
}

void model_namespace_free(struct model_namespace *space)
{
    for (size_t i = 0; i < space->count; i++)
        row_drop(&space->rows[i]);
    free(space->rows);
    space->rows = NULL;
    space->count = space->room = 0;
}

void model_free(struct model *model)
{
    for (size_t i = 0; i < model->namespace_count; i++)
        model_namespace_free(&model->namespaces[i]);
    for (size_t i = 0; i < model->change_count; i++)
        blob_drop(model->changes[i].key);
    free(model->namespaces);
    free(model->changes);
    memset(model, 0, sizeof(*model));
}

struct model_namespace model_namespace_copy(const struct model_namespace *space)
{
    struct model_namespace copy = *space;

    copy.rows = NULL;
    copy.room = space->count;
    if (space->count > 0)
        copy.rows = model_grow(NULL, space->count, sizeof(*copy.rows));
    for (size_t i = 0; i < space->count; i++) {
        copy.rows[i] = space->rows[i];
        blob_hold(copy.rows[i].key);
        blob_hold(copy.rows[i].value);
        blob_hold(copy.rows[i].metadata);
    }
    return copy;
}

struct model_namespace *model_find(struct model *model, kv_ns id)
{
    for (size_t i = 0; i < model->namespace_count; i++)
        if (model->namespaces[i].id == id && !model->namespaces[i].dropped)
            return &model->namespaces[i];
    return NULL;
}

static int name_fold(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool name_same(const char *a, const char *b, size_t b_size)
{
    if (strlen(a) != b_size)
        return false;
    for (size_t i = 0; i < b_size; i++)
        if (name_fold(a[i]) != name_fold(b[i]))
            return false;
    return true;
}

kv_status model_name_find(const struct model *model, const char *name, size_t name_size,
                          kv_ns *id_out)
{
    if (name_size < 1 || name_size > KV_NAMESPACE_NAME_MAX)
        return KV_NAMESPACE_MALFORMED;
    for (size_t i = 0; i < name_size; i++) {
        int c = name_fold(name[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return KV_NAMESPACE_MALFORMED;
    }
    for (size_t i = 0; i < model->namespace_count; i++) {
        const struct model_namespace *space = &model->namespaces[i];

        if (space->dropped || !name_same(space->name, name, name_size))
            continue;
        *id_out = space->id;
        return KV_OK;
    }
    return KV_NAMESPACE_NOT_FOUND;
}

kv_status model_name_status(const struct model *model, const char *name, size_t name_size)
{
    uint64_t live = 0, most = model->settings.namespaces_max;
    kv_ns id;
    kv_status status = model_name_find(model, name, name_size, &id);

    if (status != KV_NAMESPACE_NOT_FOUND)
        return status == KV_OK ? KV_NAMESPACE_EXISTS : status;
    for (size_t i = 0; i < model->namespace_count; i++)
        live += !model->namespaces[i].dropped;
    return live >= (most != 0 ? most : KV_NAMESPACES_DEFAULT) ? KV_NAMESPACES_FULL : KV_OK;
}

void model_namespace_create(struct model *model, kv_ns id, const char *name, size_t name_size,
                            int64_t now)
{
    struct model_namespace *space;

    model->namespaces =
        model_grow(model->namespaces, model->namespace_count + 1, sizeof(*model->namespaces));
    space = &model->namespaces[model->namespace_count++];
    memset(space, 0, sizeof(*space));
    space->id = id;
    memcpy(space->name, name, name_size);
    space->capacity = model->settings.namespace_capacity_default;
    if (space->capacity == 0)
        space->capacity = KV_NAMESPACE_CAPACITY_DEFAULT;
    space->created_at = now;
    model_log(model, id, KV_CHANGE_NAMESPACE_CREATE, blob_make(name, name_size), now)->size =
        space->capacity;
}

kv_status model_namespace_set(struct model *model, kv_ns id, uint64_t capacity,
                              const char *description, size_t description_size, int64_t now)
{
    struct model_namespace *space = model_find(model, id);

    if (space == NULL)
        return KV_NAMESPACE_NOT_FOUND;
    if (capacity != 0)
        space->capacity = capacity;
    if (description != NULL) {
        memcpy(space->description, description, description_size);
        space->description[description_size] = '\0';
    }
    model_log(model, id, KV_CHANGE_NAMESPACE_SET, NULL, now)->size = space->capacity;
    return KV_OK;
}

kv_status model_namespace_rename(struct model *model, kv_ns id, const char *name, size_t name_size,
                                 int64_t now)
{
    struct model_namespace *space = model_find(model, id);
    kv_ns holder = id;
    kv_status status = model_name_find(model, name, name_size, &holder);

    if (status == KV_NAMESPACE_MALFORMED)
        return status;
    if (space == NULL)
        return KV_NAMESPACE_NOT_FOUND;
    if (holder != id)
        return KV_NAMESPACE_EXISTS;
    memcpy(space->name, name, name_size);
    space->name[name_size] = '\0';
    model_log(model, id, KV_CHANGE_NAMESPACE_RENAME, blob_make(name, name_size), now);
    return KV_OK;
}

kv_status model_namespace_drop(struct model *model, kv_ns id, int64_t now)
{
    struct model_namespace *space = model_find(model, id);

    if (space == NULL)
        return KV_NAMESPACE_NOT_FOUND;
    space->dropped = true;
    model_namespace_free(space);
    model_log(model, id, KV_CHANGE_NAMESPACE_DROP, NULL, now);
    return KV_OK;
}

void model_settings_set(struct model *model, const kv_settings *settings, int64_t now)
{
    model->settings = *settings;
    model_log(model, 0, KV_CHANGE_SETTINGS, NULL, now);
}

/* ---- Checks of one operation, in the order that decides which fault is named */

/* Bytes of the UTF-8 character at `at`, 0 when there is none that a key may hold. */
static size_t character_size(const unsigned char *at, size_t left)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = at[0];
    size_t size = 1;

    if (code >= 0xF0 && code < 0xF8)
        size = 4;
    else if (code >= 0xE0 && code < 0xF0)
        size = 3;
    else if (code >= 0xC0 && code < 0xE0)
        size = 2;
    else
        return code > 0x20 && code < 0x7F ? 1 : 0;
    if (size > left)
        return 0;
    code &= 0xFFu >> (size + 1);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    if (code < smallest[size] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    return size;
}

kv_status model_key_status(const void *key, size_t key_size)
{
    const unsigned char *bytes = key;
    size_t at = 0;

    if (key_size == 0)
        return KV_KEY_MALFORMED;
    if (key_size > KV_KEY_SIZE_MAX)
        return KV_KEY_TOO_LONG;
    while (at < key_size) {
        size_t size = character_size(bytes + at, key_size - at);

        if (size == 0)
            return KV_KEY_MALFORMED;
        at += size;
    }
    return KV_OK;
}

kv_status model_prefix_status(kv_slice prefix)
{
    const unsigned char *bytes = prefix.data;

    if (prefix.size > KV_KEY_SIZE_MAX)
        return KV_KEY_TOO_LONG;
    /* A prefix may end in the middle of a character, but every byte must occur in keys. */
    for (size_t i = 0; i < prefix.size; i++) {
        unsigned char c = bytes[i];

        if (c <= 0x20 || c == 0x7F || c == 0xC0 || c == 0xC1 || c >= 0xF5)
            return KV_KEY_MALFORMED;
    }
    return KV_OK;
}

static bool op_is_valid(const kv_op *op)
{
    const uint32_t known = KV_OP_EXPIRES_AT | KV_OP_TTL | KV_OP_IF_VERSION | KV_OP_IF_ABSENT;

    if (op->kind > KV_TOUCH || (op->flags & ~known) != 0)
        return false;
    if (op->reserved[0] != 0 || op->reserved[1] != 0)
        return false;
    if ((op->key == NULL && op->key_size > 0) || (op->value == NULL && op->value_size > 0) ||
        (op->metadata == NULL && op->metadata_size > 0))
        return false;
    if ((op->flags & KV_OP_IF_ABSENT) != 0 &&
        (op->kind != KV_PUT || (op->flags & KV_OP_IF_VERSION) != 0))
        return false;
    /* Nothing may be given that would not be looked at. */
    if (op->kind == KV_DELETE && (op->flags & (KV_OP_TTL | KV_OP_EXPIRES_AT)) != 0)
        return false;
    return op->kind == KV_PUT || (op->value_size == 0 && op->metadata_size == 0);
}

/* Whether the operation asks for a deadline, and which. */
static bool op_deadline(const kv_op *op, int64_t now, int64_t *deadline)
{
    *deadline = 0;
    if (op->kind == KV_DELETE)
        return false;
    if ((op->flags & KV_OP_TTL) != 0) {
        *deadline = now > 0 && op->ttl_s > INT64_MAX - now ? INT64_MAX : now + op->ttl_s;
        return true;
    }
    if ((op->flags & KV_OP_EXPIRES_AT) != 0) {
        *deadline = op->expires_at;
        return true;
    }
    return false;
}

static kv_status op_status(const kv_op *op, uint64_t value_size_max, int64_t now)
{
    kv_status status;
    int64_t deadline;

    if (!op_is_valid(op))
        return KV_INVALID;
    status = model_key_status(op->key, op->key_size);
    if (status != KV_OK || op->kind == KV_DELETE)
        return status;
    if (op->kind == KV_PUT) {
        if (op->metadata_size > KV_METADATA_SIZE_MAX)
            return KV_METADATA_TOO_LONG;
        if (op->value_size > value_size_max)
            return KV_VALUE_TOO_LONG;
    }
    if ((op->flags & KV_OP_TTL) != 0 && op->ttl_s < 1)
        return KV_EXPIRY_INVALID;
    if (op_deadline(op, now, &deadline) && deadline < now)
        return KV_EXPIRY_INVALID;
    return KV_OK;
}

/* ---- One batch */

/* What the batch has made of one key so far. */
struct pending {
    const kv_op *key;         /* An operation that names it. */
    struct model_row *before; /* Live before the batch, or NULL. */
    bool live, expires;
    const kv_op *value; /* Where value and metadata come from; NULL: the row before. */
    int64_t expires_at;
    uint64_t version; /* After the batch; 0: absent. */
    size_t last;      /* The last operation that took effect, or KEY_NONE. */
};

static uint64_t op_size(const kv_op *op)
{
    return (uint64_t)op->key_size + op->value_size + op->metadata_size;
}

static uint64_t row_size(const struct model_row *row)
{
    return (uint64_t)row->key->size + row->value->size + row->metadata->size;
}

static uint64_t pending_size(const struct pending *key)
{
    if (!key->live)
        return 0;
    return key->value != NULL ? op_size(key->value) : row_size(key->before);
}

static size_t pending_find(struct pending *keys, size_t *count, struct model_namespace *space,
                           const kv_op *op, int64_t now)
{
    struct pending *key;

    for (size_t i = 0; i < *count; i++)
        if (model_key_compare(keys[i].key->key, keys[i].key->key_size, op->key, op->key_size) == 0)
            return i;
    key = &keys[*count];
    *key = (struct pending){.key = op, .last = KEY_NONE};
    key->before = rows_find(space, op->key, op->key_size);
    if (key->before != NULL && !model_row_live(key->before, now))
        key->before = NULL;
    if (key->before != NULL) {
        key->live = true;
        key->expires = key->before->expires;
        key->expires_at = key->before->expires_at;
    }
    return (*count)++;
}

static bool condition_holds(const struct pending *key, const kv_op *op)
{
    if ((op->flags & KV_OP_IF_ABSENT) != 0)
        return !key->live;
    if ((op->flags & KV_OP_IF_VERSION) == 0)
        return true;
    if (!key->live)
        return op->if_version == 0;
    /* What an earlier operation of this batch made has no version yet that anyone could know. */
    return key->last == KEY_NONE && op->if_version == key->before->version;
}

/* Decide one operation that passed its own checks. Returns the new usage. */
static uint64_t op_decide(struct pending *key, const kv_op *ops, size_t i, uint64_t used,
                          uint64_t capacity, int64_t now, kv_verdict *verdict)
{
    const kv_op *op = &ops[i];
    uint64_t old_size = pending_size(key), new_size = op->kind == KV_PUT ? op_size(op) : old_size;
    int64_t deadline;
    bool expires = op_deadline(op, now, &deadline);
    bool gone = expires && deadline <= now;

    if (!condition_holds(key, op)) {
        verdict->status = KV_VERSION_MISMATCH;
        return used;
    }
    if (op->kind == KV_TOUCH && !key->live) {
        verdict->status = KV_NOT_FOUND;
        return used;
    }
    if (op->kind == KV_DELETE) {
        if (!key->live) {
            verdict->flags = KV_WAS_ABSENT;
            return used;
        }
        key->live = false;
        key->last = i;
        return used - old_size;
    }
    if (op->kind == KV_PUT) {
        if (new_size > old_size && (used > capacity || new_size - old_size > capacity - used)) {
            verdict->status = KV_NAMESPACE_FULL;
            return used;
        }
        verdict->flags = key->live ? KV_REPLACED : KV_CREATED;
        key->value = op;
    }
    if (expires) {
        verdict->flags |= KV_EXPIRES;
        verdict->expires_at = deadline;
    }
    key->live = !gone;
    key->expires = expires;
    key->expires_at = deadline;
    key->last = i;
    return used - old_size + (gone ? 0 : new_size);
}

static int pending_compare(const void *a, const void *b)
{
    const struct pending *const *left = a, *const *right = b;

    return model_key_compare((*left)->key->key, (*left)->key->key_size, (*right)->key->key,
                             (*right)->key->key_size);
}

/* Write what is left to be done for a key. True when a mutation took effect. */
static bool pending_write(struct model *model, struct model_namespace *space, struct pending *key,
                          const kv_op *last, int64_t now)
{
    struct model_blob *name = blob_make(key->key->key, key->key->key_size);
    struct model_change *change;
    struct model_row *row;

    if (last->kind == KV_DELETE) {
        row = rows_find(space, name->bytes, name->size);
        if (row == NULL || !model_row_live(row, now)) {
            blob_drop(name);
            return false; /* Absent before, absent after. */
        }
        rows_remove(space, row);
        model_log(model, space->id, KV_DELETE, name, now);
        return true;
    }
    change = model_log(model, space->id, key->value != NULL ? KV_PUT : KV_TOUCH, name, now);
    row = rows_make(space, blob_hold(name));
    if (key->value != NULL) {
        blob_drop(row->value);
        blob_drop(row->metadata);
        row->value = blob_make(key->value->value, key->value->value_size);
        row->metadata = blob_make(key->value->metadata, key->value->metadata_size);
    }
    row->version = change->sequence;
    row->updated_at = now;
    row->expires = key->expires;
    row->expires_at = key->expires_at;
    change->size = row->value->size;
    change->expires = row->expires;
    change->expires_at = row->expires_at;
    return true;
}

static void batch_write(struct model *model, struct model_namespace *space, struct pending *keys,
                        size_t count, const kv_op *ops, int64_t now, kv_report *report)
{
    struct pending **order = model_grow(NULL, count + 1, sizeof(struct pending *));

    for (size_t i = 0; i < count; i++) {
        keys[i].version = keys[i].before != NULL ? keys[i].before->version : 0;
        order[i] = &keys[i];
    }
    qsort(order, count, sizeof(*order), pending_compare);
    for (size_t i = 0; i < count; i++) {
        struct pending *key = order[i];

        if (key->last == KEY_NONE)
            continue;
        key->version = 0;
        if (!pending_write(model, space, key, &ops[key->last], now))
            continue;
        key->version = model->sequence;
        if (report->sequence_first == 0)
            report->sequence_first = model->sequence;
        report->sequence_last = model->sequence;
    }
    free(order);
}

static void batch_decide(struct model *model, struct model_namespace *space, const kv_op *ops,
                         size_t count, int64_t now, kv_verdict *verdicts, kv_report *report)
{
    struct pending *keys = model_grow(NULL, count, sizeof(*keys));
    size_t *key_of = model_grow(NULL, count, sizeof(*key_of));
    struct model_usage usage = model_usage(space, now, true);
    uint64_t used = usage.key_bytes + usage.value_bytes + usage.metadata_bytes;
    struct pending *key;
    size_t key_count = 0;
    bool early;

    for (size_t i = 0; i < count; i++) {
        key_of[i] = KEY_NONE;
        if (verdicts[i].status != KV_OK)
            continue;
        key_of[i] = pending_find(keys, &key_count, space, &ops[i], now);
        key = &keys[key_of[i]];
        early = key->last == KEY_NONE;
        used = op_decide(key, ops, i, used, space->capacity, now, &verdicts[i]);
        if (verdicts[i].status == KV_VERSION_MISMATCH && early) {
            verdicts[i].version = key->before != NULL ? key->before->version : 0;
            key_of[i] = KEY_NONE; /* Settled: what comes later does not change it. */
        }
    }
    batch_write(model, space, keys, key_count, ops, now, report);
    for (size_t i = 0; i < count; i++) {
        if (key_of[i] == KEY_NONE)
            continue;
        key = &keys[key_of[i]];
        if (verdicts[i].status == KV_VERSION_MISMATCH) {
            bool deleted = key->last != KEY_NONE && !key->live;

            verdicts[i].version = deleted ? 0 : key->version;
        } else if (verdicts[i].status == KV_OK && (verdicts[i].flags & KV_WAS_ABSENT) == 0) {
            verdicts[i].version = key->version;
            if (key->last != i)
                verdicts[i].flags |= KV_SUPERSEDED;
        }
    }
    free(keys);
    free(key_of);
}

static kv_status batch_refuse(kv_status status, kv_verdict *verdicts, size_t count,
                              kv_report *report)
{
    for (size_t i = 0; i < count; i++)
        verdicts[i] = (kv_verdict){.status = status};
    report->failed = count;
    report->error.status = status;
    return status;
}

static kv_status batch_run(struct model *model, kv_ns ns, const kv_op *ops, size_t count,
                           const kv_limits *limits, uint64_t bytes_max, int64_t now,
                           kv_verdict *verdicts, kv_report *report)
{
    struct model_namespace *space = model_find(model, ns);
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        verdicts[i] = (kv_verdict){.status = op_status(&ops[i], limits->value_size_max, now)};
        if (verdicts[i].status == KV_OK && ops[i].kind == KV_PUT)
            bytes += op_size(&ops[i]);
    }
    if (bytes > bytes_max)
        return batch_refuse(KV_BATCH_TOO_LARGE, verdicts, count, report);
    if (space == NULL)
        return batch_refuse(KV_NAMESPACE_NOT_FOUND, verdicts, count, report);
    batch_decide(model, space, ops, count, now, verdicts, report);
    report->first_failed = count;
    for (size_t i = count; i > 0; i--) {
        if (verdicts[i - 1].status == KV_OK) {
            report->bytes_given += ops[i - 1].kind == KV_PUT ? op_size(&ops[i - 1]) : 0;
            report->written++;
        } else {
            report->failed++;
            report->first_failed = i - 1;
        }
    }
    return KV_OK;
}

static kv_limits limits_in_force(const struct model *model, const kv_limits *given)
{
    kv_limits limits = {0, 0, 0, 0};

    if (given != NULL)
        limits = *given;
    if (limits.value_size_max == 0)
        limits.value_size_max = model->limits.value_size_max;
    if (limits.value_size_max == 0)
        limits.value_size_max = KV_VALUE_SIZE_DEFAULT;
    if (limits.batch_size_max == 0)
        limits.batch_size_max = model->limits.batch_size_max;
    if (limits.batch_size_max == 0)
        limits.batch_size_max = KV_BATCH_SIZE_DEFAULT;
    if (limits.batch_count_max == 0)
        limits.batch_count_max = model->limits.batch_count_max;
    if (limits.batch_count_max == 0)
        limits.batch_count_max = KV_BATCH_COUNT_DEFAULT;
    return limits;
}

kv_status model_batch(struct model *model, kv_ns ns, const kv_op *ops, size_t count,
                      const kv_limits *limits, int64_t now, kv_verdict *verdicts, kv_report *report)
{
    kv_limits own = limits_in_force(model, limits);

    *report = (kv_report)KV_REPORT_INIT;
    if (count == 0)
        return batch_refuse(KV_INVALID, verdicts, count, report);
    if (count > own.batch_count_max)
        return batch_refuse(KV_TOO_MANY_KEYS, verdicts, count, report);
    return batch_run(model, ns, ops, count, &own, own.batch_size_max, now, verdicts, report);
}

kv_status model_put(struct model *model, kv_ns ns, const kv_op *op, int64_t now,
                    kv_verdict *verdict)
{
    kv_limits own = limits_in_force(model, NULL);
    kv_report report = KV_REPORT_INIT;
    kv_status status = batch_run(model, ns, op, 1, &own, UINT64_MAX, now, verdict, &report);

    return status != KV_OK ? status : verdict->status;
}
