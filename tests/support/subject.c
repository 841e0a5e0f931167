#include "support/subject.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_AT_ONCE 64

/* ---- Saying how they differ */

__attribute__((format(printf, 2, 3))) static bool differ(struct subject *subject,
                                                         const char *format, ...)
{
    va_list arguments;

    if (subject->difference[0] != '\0')
        return false; /* The first one counts. */
    va_start(arguments, format);
    (void)vsnprintf(subject->difference, sizeof(subject->difference), format, arguments);
    va_end(arguments);
    return false;
}

static bool same_status(struct subject *subject, const char *what, kv_status got, kv_status want)
{
    subject->seen[(uint32_t)want % SUBJECT_STATUS_COUNT]++;
    if (got == want)
        return true;
    return differ(subject, "%s: got %s, want %s", what, kv_status_name(got), kv_status_name(want));
}

static bool same_number(struct subject *subject, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return true;
    return differ(subject, "%s: got %" PRIu64 ", want %" PRIu64, what, got, want);
}

static bool same_bytes(struct subject *subject, const char *what, const void *got, size_t got_size,
                       const void *want, size_t want_size)
{
    if (got_size == want_size && (want_size == 0 || memcmp(got, want, want_size) == 0))
        return true;
    return differ(subject, "%s: got %zu bytes, want %zu%s", what, got_size, want_size,
                  got_size == want_size ? ", other bytes" : "");
}

static bool same_blob(struct subject *subject, const char *what, kv_slice got,
                      const struct model_blob *want)
{
    return same_bytes(subject, what, got.data, got.size, want->bytes, want->size);
}

static bool call_ok(struct subject *subject, const char *what, kv_status status)
{
    return status == KV_OK || differ(subject, "%s: %s", what, kv_status_name(status));
}

/* ---- The store */

int64_t subject_now(struct subject *subject)
{
    return fake_clock_read(&subject->clock);
}

void subject_advance(struct subject *subject, int64_t seconds)
{
    atomic_fetch_add(&subject->clock.now, seconds);
}

static bool open_handle(struct subject *subject, const kv_settings *settings)
{
    kv_error error = KV_ERROR_INIT;
    kv_status status;

    status = kv_open(subject->path, &subject->options, settings, &subject->db, &error);
    if (status != KV_OK)
        return differ(subject, "open: %s: %s", kv_status_name(status), error.message);
    return true;
}

static bool snapshot_begin(struct subject *subject, kv_snapshot **snapshot)
{
    return call_ok(subject, "snapshot", kv_snapshot_begin(subject->db, snapshot));
}

static bool position_now(struct subject *subject, kv_position *position)
{
    kv_snapshot *snapshot;
    int64_t now = 0;
    bool ok;

    if (!snapshot_begin(subject, &snapshot))
        return false;
    ok = call_ok(subject, "snapshot info", kv_snapshot_info(snapshot, position, &now)) &&
         same_number(subject, "snapshot's now", (uint64_t)now, (uint64_t)subject_now(subject));
    kv_snapshot_end(snapshot);
    return ok;
}

bool subject_open(struct subject *subject, const char *path, const kv_settings *settings)
{
    kv_settings own = KV_SETTINGS_INIT;
    kv_position position;

    if (settings != NULL)
        own = *settings;
    memset(subject, 0, sizeof(*subject));
    (void)snprintf(subject->path, sizeof(subject->path), "%s", path);
    atomic_init(&subject->clock.now, FAKE_CLOCK_START);
    subject->options = (kv_options)KV_OPTIONS_INIT;
    subject->options.flags = KV_CREATE;
    subject->options.clock = fake_clock_read;
    subject->options.clock_ctx = &subject->clock;
    subject->trims = own.changes_bytes_max != KV_CHANGES_BYTES_DEFAULT;
    model_init(&subject->model, &own, 0);
    if (!open_handle(subject, &own) || !position_now(subject, &position))
        return false;
    subject->epoch = position.epoch;
    subject->model.sequence = subject->changes_seen = position.sequence;
    return true;
}

void subject_close(struct subject *subject)
{
    kv_close(subject->db);
    subject->db = NULL;
    kv_buf_free(&subject->buf);
    model_free(&subject->model);
}

bool subject_reopen(struct subject *subject, uint32_t sync)
{
    kv_position position;

    kv_close(subject->db);
    subject->db = NULL;
    subject->options.sync = sync;
    subject->options.flags = 0;
    return open_handle(subject, NULL) && position_now(subject, &position) &&
           same_number(subject, "epoch after reopening", position.epoch, subject->epoch) &&
           same_number(subject, "sequence after reopening", position.sequence,
                       subject->model.sequence);
}

bool subject_restart(struct subject *subject)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_position position;

    atomic_store(&subject->clock.now, FAKE_CLOCK_START);
    model_free(&subject->model);
    if (!position_now(subject, &position))
        return false;
    model_init(&subject->model, &settings, position.sequence);
    subject->epoch = position.epoch;
    subject->changes_seen = position.sequence;
    subject->trims = false;
    return true;
}

/* ---- Namespaces */

static bool sequence_agrees(struct subject *subject)
{
    return same_number(subject, "kv_sequence", kv_sequence(subject->db), subject->model.sequence);
}

bool subject_namespace_create(struct subject *subject, const char *name, size_t name_size,
                              kv_ns *id_out)
{
    kv_status want = model_name_status(&subject->model, name, name_size);
    kv_ns id = 0, highest = 0;

    *id_out = 0;
    if (!same_status(subject, "namespace create",
                     kv_namespace_create(subject->db, name, name_size, &id), want))
        return false;
    if (want != KV_OK)
        return true;
    for (size_t i = 0; i < subject->model.namespace_count; i++)
        if (subject->model.namespaces[i].id > highest)
            highest = subject->model.namespaces[i].id;
    if (id <= highest)
        return differ(subject, "namespace create: id %u was used before", id);
    model_namespace_create(&subject->model, id, name, name_size, subject_now(subject));
    *id_out = id;
    return sequence_agrees(subject);
}

bool subject_namespace_set(struct subject *subject, kv_ns id, uint64_t capacity,
                           const char *description, size_t description_size)
{
    kv_status want = model_namespace_set(&subject->model, id, capacity, description,
                                         description_size, subject_now(subject));
    kv_status got = kv_namespace_set(subject->db, id, capacity, description, description_size);

    return same_status(subject, "namespace set", got, want) && sequence_agrees(subject);
}

bool subject_namespace_drop(struct subject *subject, kv_ns id)
{
    kv_status want = model_namespace_drop(&subject->model, id, subject_now(subject));

    return same_status(subject, "namespace drop", kv_namespace_drop(subject->db, id), want) &&
           sequence_agrees(subject);
}

bool subject_settings_set(struct subject *subject, const kv_settings *settings)
{
    kv_settings back = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    bool ok;

    if (!call_ok(subject, "settings set", kv_settings_set(subject->db, settings)))
        return false;
    model_settings_set(&subject->model, settings, subject_now(subject));
    subject->trims = true;
    if (!snapshot_begin(subject, &snapshot))
        return false;
    ok = call_ok(subject, "settings get", kv_settings_get(snapshot, &back)) &&
         same_number(subject, "changes_bytes_max", back.changes_bytes_max,
                     settings->changes_bytes_max) &&
         same_number(subject, "changes_age_max_s", (uint64_t)back.changes_age_max_s,
                     (uint64_t)settings->changes_age_max_s);
    kv_snapshot_end(snapshot);
    return ok && sequence_agrees(subject);
}

/* Between sweeps a count lies between the live rows' and the present rows'. */
static bool usage_agrees(struct subject *subject, const char *what, uint64_t got, uint64_t live,
                         uint64_t present)
{
    if (got >= live && got <= present)
        return true;
    return differ(subject, "%s: got %" PRIu64 ", want %" PRIu64 " to %" PRIu64, what, got, live,
                  present);
}

static bool info_agrees(struct subject *subject, const struct model_namespace *space,
                        const kv_namespace_info *info)
{
    struct model_usage live = model_usage(space, subject_now(subject), true);
    struct model_usage all = model_usage(space, subject_now(subject), false);

    return same_number(subject, "namespace id", info->id, space->id) &&
           same_bytes(subject, "namespace name", info->name, strlen(info->name), space->name,
                      strlen(space->name)) &&
           same_bytes(subject, "description", info->description, strlen(info->description),
                      space->description, strlen(space->description)) &&
           same_number(subject, "capacity", info->capacity, space->capacity) &&
           same_number(subject, "created", (uint64_t)info->created_at,
                       (uint64_t)space->created_at) &&
           usage_agrees(subject, "key count", info->key_count, live.keys, all.keys) &&
           usage_agrees(subject, "key bytes", info->key_bytes, live.key_bytes, all.key_bytes) &&
           usage_agrees(subject, "value bytes", info->value_bytes, live.value_bytes,
                        all.value_bytes) &&
           usage_agrees(subject, "metadata bytes", info->metadata_bytes, live.metadata_bytes,
                        all.metadata_bytes) &&
           usage_agrees(subject, "stored bytes", info->stored_bytes, 0, all.value_bytes);
}

static bool namespace_agrees(struct subject *subject, kv_snapshot *snapshot,
                             const struct model_namespace *space)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_ns found = 0;

    if (space->dropped)
        return same_status(subject, "describe a dropped namespace",
                           kv_namespace_describe(snapshot, space->id, &info),
                           KV_NAMESPACE_NOT_FOUND);
    return call_ok(subject, "describe", kv_namespace_describe(snapshot, space->id, &info)) &&
           info_agrees(subject, space, &info) &&
           call_ok(subject, "find",
                   kv_namespace_find(snapshot, space->name, strlen(space->name), &found)) &&
           same_number(subject, "found id", found, space->id);
}

bool subject_namespaces(struct subject *subject)
{
    struct model *model = &subject->model;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_snapshot *snapshot;
    kv_ns after = 0;
    bool ok;

    if (!snapshot_begin(subject, &snapshot))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < model->namespace_count; i++) {
        /* The model's are in order of creation, so in order of the id. */
        ok = namespace_agrees(subject, snapshot, &model->namespaces[i]);
        if (!ok || model->namespaces[i].dropped)
            continue;
        ok = call_ok(subject, "next", kv_namespace_next(snapshot, after, &info)) &&
             info_agrees(subject, &model->namespaces[i], &info);
        after = info.id;
    }
    ok = ok && same_status(subject, "next at the end", kv_namespace_next(snapshot, after, &info),
                           KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
    return ok;
}

/* ---- Writing */

static bool verdict_agrees(struct subject *subject, const kv_op *op, size_t i, size_t count,
                           const kv_verdict *got, const kv_verdict *want)
{
    subject->verdicts[(uint32_t)want->status % SUBJECT_STATUS_COUNT]++;
    subject->verdict_flags |= want->flags;
    if (got->status == want->status && got->flags == want->flags && got->version == want->version &&
        got->expires_at == want->expires_at && got->reserved == 0)
        return true;
    return differ(subject,
                  "verdict %zu of %zu (kind %u, flags %#x, key of %zu bytes, value of %zu): got %s "
                  "flags %#x version %" PRIu64 " expires %" PRId64 ", want %s flags %#x version "
                  "%" PRIu64 " expires %" PRId64,
                  i, count, op->kind, op->flags, op->key_size, op->value_size,
                  kv_status_name(got->status), got->flags, got->version, got->expires_at,
                  kv_status_name(want->status), want->flags, want->version, want->expires_at);
}

static bool verdicts_agree(struct subject *subject, const kv_op *ops, size_t count,
                           const kv_verdict *got, const kv_verdict *want)
{
    for (size_t i = 0; i < count; i++)
        if (!verdict_agrees(subject, &ops[i], i, count, &got[i], &want[i]))
            return false;
    return true;
}

static bool report_agrees(struct subject *subject, kv_status status, const kv_report *got,
                          const kv_report *want)
{
    if (!same_number(subject, "report.written", got->written, want->written) ||
        !same_number(subject, "report.sequence_first", got->sequence_first, want->sequence_first) ||
        !same_number(subject, "report.sequence_last", got->sequence_last, want->sequence_last) ||
        !same_number(subject, "report.error.status", (uint64_t)got->error.status, (uint64_t)status))
        return false;
    if (status != KV_OK)
        return true;
    return same_number(subject, "report.failed", got->failed, want->failed) &&
           same_number(subject, "report.first_failed", got->first_failed, want->first_failed) &&
           same_number(subject, "report.bytes_given", got->bytes_given, want->bytes_given);
}

static kv_status prepare_and_commit(struct subject *subject, kv_ns ns, const kv_op *ops,
                                    size_t count, const kv_write_options *options,
                                    kv_verdict *verdicts, kv_report *report)
{
    kv_prepared *prepared = NULL;
    kv_status status = kv_prepare(subject->db, ns, ops, count, options, verdicts, &prepared);

    if (status != KV_OK) {
        report->error.status = status;
        return status;
    }
    status = kv_commit(subject->db, &prepared, 1, report);
    kv_prepared_free(prepared);
    return status;
}

static bool write_both(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                       const kv_write_options *options, bool in_two_steps)
{
    kv_verdict *got = calloc(count + 1, sizeof(*got)), *want = calloc(count + 1, sizeof(*want));
    kv_report report = KV_REPORT_INIT, wanted;
    kv_status status, expected;
    bool ok;

    if (got == NULL || want == NULL)
        abort();
    memset(got, 0xA5, count * sizeof(*got));
    expected =
        model_batch(&subject->model, ns, ops, count, options != NULL ? &options->limits : NULL,
                    subject_now(subject), want, &wanted);
    if (in_two_steps)
        status = prepare_and_commit(subject, ns, ops, count, options, got, &report);
    else
        status = kv_batch(subject->db, ns, ops, count, options, got, &report);
    subject->operations += count;
    ok = same_status(subject, "batch", status, expected) &&
         verdicts_agree(subject, ops, count, got, want) &&
         report_agrees(subject, status, &report, &wanted) && sequence_agrees(subject);
    free(got);
    free(want);
    return ok;
}

bool subject_batch(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                   const kv_write_options *options)
{
    return write_both(subject, ns, ops, count, options, false);
}

bool subject_commit(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                    const kv_write_options *options)
{
    return write_both(subject, ns, ops, count, options, true);
}

bool subject_put(struct subject *subject, kv_ns ns, const kv_op *op)
{
    kv_verdict got, want;
    kv_status expected = model_put(&subject->model, ns, op, subject_now(subject), &want);

    memset(&got, 0xA5, sizeof(got));
    subject->operations++;
    return same_status(subject, "put", kv_put(subject->db, ns, op, &got), expected) &&
           verdict_agrees(subject, op, 0, 1, &got, &want) && sequence_agrees(subject);
}

bool subject_delete(struct subject *subject, kv_ns ns, const void *key, size_t key_size)
{
    const kv_op op = {.kind = KV_DELETE, .key = key, .key_size = key_size};
    kv_verdict got, want;
    kv_status expected = model_put(&subject->model, ns, &op, subject_now(subject), &want);

    memset(&got, 0xA5, sizeof(got));
    subject->operations++;
    return same_status(subject, "delete", kv_delete(subject->db, ns, key, key_size, &got),
                       expected) &&
           verdict_agrees(subject, &op, 0, 1, &got, &want) && sequence_agrees(subject);
}

/* ---- Reading */

static kv_status read_wanted(struct subject *subject, kv_ns ns, const void *key, size_t key_size,
                             const struct model_row **row)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    kv_status status = model_key_status(key, key_size);

    *row = NULL;
    if (status != KV_OK)
        return status;
    if (space == NULL)
        return KV_NAMESPACE_NOT_FOUND;
    *row = model_get(space, key, key_size, subject_now(subject));
    return *row != NULL ? KV_OK : KV_NOT_FOUND;
}

static bool entry_facts_agree(struct subject *subject, const kv_entry *entry,
                              const struct model_row *row)
{
    bool raw = entry->codec == KV_CODEC_RAW;

    return same_blob(subject, "entry key", entry->key, row->key) &&
           same_number(subject, "entry status", (uint64_t)entry->status, KV_OK) &&
           same_number(subject, "entry version", entry->version, row->version) &&
           same_number(subject, "entry value size", entry->value_size, row->value->size) &&
           same_number(subject, "entry updated", (uint64_t)entry->updated_at,
                       (uint64_t)row->updated_at) &&
           same_number(subject, "entry flags", entry->flags, row->expires ? KV_ENTRY_EXPIRES : 0) &&
           same_number(subject, "entry expires", (uint64_t)entry->expires_at,
                       row->expires ? (uint64_t)row->expires_at : 0) &&
           usage_agrees(subject, "entry stored size", entry->stored_size,
                        raw ? row->value->size : 1, row->value->size);
}

static bool entry_agrees(struct subject *subject, const kv_entry *entry,
                         const struct model_row *row)
{
    return entry_facts_agree(subject, entry, row) &&
           same_blob(subject, "entry metadata", entry->metadata, row->metadata) &&
           same_blob(subject, "entry value", entry->value, row->value);
}

static kv_status read_into(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size,
                           kv_buf *buf, kv_slice *value)
{
    size_t size = 0;
    unsigned char *grown;
    kv_status status;

    status = kv_get_into(snapshot, ns, key, key_size, buf->data, buf->capacity, &size);
    if (status == KV_BUFFER_TOO_SMALL) {
        grown = realloc(buf->data, size);
        if (grown == NULL)
            abort();
        buf->data = grown;
        buf->capacity = size;
        status = kv_get_into(snapshot, ns, key, key_size, buf->data, buf->capacity, &size);
    }
    *value = (kv_slice){buf->data, size};
    return status;
}

struct gather {
    const struct model_blob *want; /* NULL: nothing may come. */
    size_t at;
    bool same;
};

static int gather_chunk(void *ctx, const void *data, size_t size)
{
    struct gather *gather = ctx;

    gather->same = gather->same && gather->want != NULL &&
                   size <= gather->want->size - gather->at &&
                   (size == 0 || memcmp(gather->want->bytes + gather->at, data, size) == 0);
    gather->at += size;
    return gather->same ? 0 : 1;
}

static bool read_chunks(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                        size_t key_size, kv_status want, const struct model_row *row)
{
    struct gather gather = {row != NULL ? row->value : NULL, 0, true};
    kv_status got = kv_get_chunks(snapshot, ns, key, key_size, gather_chunk, &gather);

    if (!gather.same)
        return differ(subject, "chunks: other bytes before %zu", gather.at);
    return same_status(subject, "chunks", got, want) &&
           same_number(subject, "chunks' size", gather.at, row != NULL ? row->value->size : 0);
}

static bool read_entry(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                       size_t key_size, uint32_t flags, kv_status want, const struct model_row *row)
{
    bool facts = (flags & KV_GET_FACTS) != 0;
    kv_entry entry;
    kv_status got;

    memset(&entry, 0, sizeof(entry));
    got = kv_get_entry(snapshot, ns, key, key_size, flags, facts ? NULL : &subject->buf, &entry);
    if (!same_status(subject, "get entry", got, want))
        return false;
    if (row == NULL)
        return true;
    if (!entry_facts_agree(subject, &entry, row) ||
        !same_blob(subject, "metadata", entry.metadata, row->metadata))
        return false;
    if (facts)
        return true;
    if (flags == 0 || entry.codec == KV_CODEC_RAW)
        return same_blob(subject, "value", entry.value, row->value);
    return same_number(subject, "frame's size", entry.value.size, entry.stored_size);
}

static bool read_as(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                    size_t key_size, enum subject_read kind)
{
    const struct model_row *row;
    kv_status want = read_wanted(subject, ns, key, key_size, &row), got;
    kv_slice value = {NULL, 0};

    switch (kind) {
    case SUBJECT_GET_ENTRY:
        return read_entry(subject, snapshot, ns, key, key_size, 0, want, row);
    case SUBJECT_GET_FACTS:
        return read_entry(subject, snapshot, ns, key, key_size, KV_GET_FACTS, want, row);
    case SUBJECT_GET_STORED:
        return read_entry(subject, snapshot, ns, key, key_size, KV_GET_STORED, want, row);
    case SUBJECT_GET_CHUNKS:
        return read_chunks(subject, snapshot, ns, key, key_size, want, row);
    case SUBJECT_GET_INTO:
        got = read_into(snapshot, ns, key, key_size, &subject->buf, &value);
        break;
    default:
        got = kv_get(snapshot, ns, key, key_size, &subject->buf, &value);
        break;
    }
    return same_status(subject, "get", got, want) &&
           (row == NULL || same_blob(subject, "value", value, row->value));
}

bool subject_read(struct subject *subject, kv_ns ns, const void *key, size_t key_size,
                  enum subject_read kind)
{
    kv_snapshot *snapshot;
    bool ok;

    subject->operations++;
    if (!snapshot_begin(subject, &snapshot))
        return false;
    ok = read_as(subject, snapshot, ns, key, key_size, kind);
    kv_snapshot_end(snapshot);
    return ok;
}

static bool many_agree(struct subject *subject, kv_ns ns, const kv_slice *keys,
                       const kv_entry *entries, size_t count, size_t bytes_max)
{
    const struct model_row *row;

    for (size_t i = 0; i < count; i++) {
        kv_status want = read_wanted(subject, ns, keys[i].data, keys[i].size, &row);

        /* Which values are copied is the store's affair; a bound may only refuse a value. */
        if (bytes_max != 0 && want == KV_OK && entries[i].status == KV_TOO_LARGE) {
            subject->seen[KV_TOO_LARGE]++;
            continue;
        }
        if (!same_status(subject, "get many", entries[i].status, want))
            return false;
        if (row != NULL && !entry_agrees(subject, &entries[i], row))
            return false;
    }
    return true;
}

bool subject_get_many(struct subject *subject, kv_ns ns, const kv_slice *keys, size_t count,
                      size_t bytes_max)
{
    kv_entry *entries = calloc(count + 1, sizeof(*entries));
    kv_status want = model_find(&subject->model, ns) != NULL ? KV_OK : KV_NAMESPACE_NOT_FOUND;
    kv_snapshot *snapshot;
    bool ok;

    if (entries == NULL)
        abort();
    subject->operations += count;
    if (!snapshot_begin(subject, &snapshot)) {
        free(entries);
        return false;
    }
    ok = same_status(subject, "get many",
                     kv_get_many(snapshot, ns, keys, count, bytes_max, &subject->buf, entries),
                     want);
    if (ok && want == KV_OK)
        ok = many_agree(subject, ns, keys, entries, count, bytes_max);
    kv_snapshot_end(snapshot);
    free(entries);
    return ok;
}

/* ---- Lists */

static bool row_listed(const struct model_row *row, const kv_list_options *options, int64_t now)
{
    const struct model_blob *key = row->key;
    int order;

    if (!model_row_live(row, now) || key->size < options->prefix.size)
        return false;
    if (options->prefix.size > 0 &&
        memcmp(key->bytes, options->prefix.data, options->prefix.size) != 0)
        return false;
    if (options->after.size == 0)
        return true;
    order = model_key_compare(key->bytes, key->size, options->after.data, options->after.size);
    return (options->flags & KV_LIST_REVERSE) != 0 ? order < 0 : order > 0;
}

static bool list_entry_agrees(struct subject *subject, const kv_entry *entry,
                              const struct model_row *row, uint32_t flags)
{
    bool metadata = (flags & KV_LIST_KEYS_ONLY) == 0, values = (flags & KV_LIST_VALUES) != 0;

    return entry_facts_agree(subject, entry, row) &&
           same_bytes(subject, "listed metadata", entry->metadata.data, entry->metadata.size,
                      row->metadata->bytes, metadata ? row->metadata->size : 0) &&
           same_bytes(subject, "listed value", entry->value.data, entry->value.size,
                      row->value->bytes, values ? row->value->size : 0);
}

static bool list_agrees(struct subject *subject, kv_list *list, const struct model_namespace *space,
                        const kv_list_options *options, size_t limit, int64_t now)
{
    bool reverse = (options->flags & KV_LIST_REVERSE) != 0;
    uint64_t skip = options->skip;
    size_t listed = 0;
    kv_entry entry;

    for (size_t i = 0; i < space->count; i++) {
        const struct model_row *row = &space->rows[reverse ? space->count - 1 - i : i];

        if (!row_listed(row, options, now) || (skip > 0 && skip--))
            continue;
        if (!call_ok(subject, "list next", kv_list_next(list, &entry)) ||
            !list_entry_agrees(subject, &entry, row, options->flags))
            return false;
        if (++listed == limit)
            return true;
    }
    return same_status(subject, "list's end", kv_list_next(list, &entry), KV_NOT_FOUND) &&
           same_status(subject, "list's end again", kv_list_next(list, &entry), KV_NOT_FOUND);
}

static kv_status list_wanted(const kv_list_options *options)
{
    uint32_t skip_max = options->skip_max != 0 ? options->skip_max : 50000;

    if (model_prefix_status(options->prefix) != KV_OK ||
        model_prefix_status(options->after) != KV_OK)
        return KV_KEY_MALFORMED;
    return options->skip > skip_max ? KV_TOO_LARGE : KV_OK;
}

bool subject_list_snapshot(struct subject *subject, kv_snapshot *snapshot,
                           const struct model_namespace *space, const kv_list_options *options,
                           size_t limit)
{
    kv_status want = list_wanted(options);
    kv_list *list = NULL;
    int64_t now = 0;
    bool ok;

    if (!call_ok(subject, "snapshot info", kv_snapshot_info(snapshot, NULL, &now)))
        return false;
    subject->operations++;
    ok = same_status(subject, "list begin", kv_list_begin(snapshot, space->id, options, &list),
                     want);
    if (ok && want == KV_OK)
        ok = list_agrees(subject, list, space, options, limit, now);
    kv_list_end(list);
    return ok;
}

bool subject_list(struct subject *subject, kv_ns ns, const kv_list_options *options, size_t limit)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    kv_snapshot *snapshot;
    kv_list *list = NULL;
    bool ok;

    if (!snapshot_begin(subject, &snapshot))
        return false;
    if (space != NULL)
        ok = subject_list_snapshot(subject, snapshot, space, options, limit);
    else if (list_wanted(options) != KV_OK)
        ok = true; /* Two faults: which is named first is not promised. */
    else
        ok = same_status(subject, "list begin", kv_list_begin(snapshot, ns, options, &list),
                         KV_NAMESPACE_NOT_FOUND);
    kv_list_end(list);
    kv_snapshot_end(snapshot);
    return ok;
}

bool subject_count(struct subject *subject, kv_ns ns, kv_slice prefix)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    const kv_list_options all = {.size = sizeof(all), .prefix = prefix};
    kv_status want = model_prefix_status(prefix), got;
    uint64_t count = 0, wanted = 0;
    kv_snapshot *snapshot;
    int complete = -1;
    bool ok;

    if (space == NULL && want == KV_OK)
        want = KV_NAMESPACE_NOT_FOUND;
    for (size_t i = 0; space != NULL && i < space->count; i++)
        wanted += row_listed(&space->rows[i], &all, subject_now(subject));
    if (!snapshot_begin(subject, &snapshot))
        return false;
    subject->operations++;
    got = kv_count(snapshot, ns, prefix, 0, &count, &complete);
    ok = same_status(subject, "count", got, want);
    if (ok && want == KV_OK)
        ok = same_number(subject, "count", count, wanted) &&
             same_number(subject, "count complete", (uint64_t)complete, 1);
    kv_snapshot_end(snapshot);
    return ok;
}

/* ---- Changes */

static bool change_agrees(struct subject *subject, const kv_change *got)
{
    const struct model *model = &subject->model;
    uint64_t first = model->change_count > 0 ? model->changes[0].sequence : 0;
    const struct model_change *want;

    if (model->change_count == 0 || got->sequence < first ||
        got->sequence - first >= model->change_count)
        return differ(subject, "change %" PRIu64 " was never made", got->sequence);
    want = &model->changes[got->sequence - first];
    return same_number(subject, "change's namespace", got->ns, want->ns) &&
           same_number(subject, "change's kind", got->kind, want->kind) &&
           same_bytes(subject, "change's key", got->key.data, got->key.size,
                      want->key != NULL ? want->key->bytes : NULL,
                      want->key != NULL ? want->key->size : 0) &&
           same_number(subject, "change's size", got->size, want->size) &&
           same_number(subject, "change's time", (uint64_t)got->time, (uint64_t)want->time) &&
           same_number(subject, "change's flags", got->flags,
                       want->expires ? KV_CHANGE_EXPIRES : 0) &&
           same_number(subject, "change's deadline", (uint64_t)got->expires_at,
                       want->expires ? (uint64_t)want->expires_at : 0);
}

static bool changes_agree(struct subject *subject, const kv_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!same_number(subject, "change's sequence", changes[i].sequence,
                         subject->changes_seen + 1) ||
            !change_agrees(subject, &changes[i]))
            return false;
        subject->changes_seen = changes[i].sequence;
    }
    return true;
}

/* Read on from changes_seen to the snapshot's position. */
static bool changes_read(struct subject *subject, kv_snapshot *snapshot)
{
    kv_change changes[CHANGES_AT_ONCE];
    size_t count = 1;
    kv_position after = {subject->epoch, subject->changes_seen};
    kv_status status;

    while (count > 0) {
        after.sequence = subject->changes_seen;
        status = kv_changes_read(snapshot, after, &subject->buf, changes, CHANGES_AT_ONCE, &count);
        if (status == KV_CHANGES_TRIMMED && subject->trims) {
            subject->seen[status]++;
            subject->changes_seen = subject->model.sequence;
            return true;
        }
        if (!call_ok(subject, "changes read", status) || !changes_agree(subject, changes, count))
            return false;
    }
    return same_number(subject, "changes end at", subject->changes_seen, subject->model.sequence);
}

bool subject_changes(struct subject *subject)
{
    kv_snapshot *snapshot;
    kv_position position;
    bool ok;

    subject->operations++;
    if (!snapshot_begin(subject, &snapshot))
        return false;
    ok = call_ok(subject, "snapshot info", kv_snapshot_info(snapshot, &position, NULL)) &&
         same_number(subject, "epoch", position.epoch, subject->epoch) &&
         same_number(subject, "position", position.sequence, subject->model.sequence) &&
         changes_read(subject, snapshot);
    kv_snapshot_end(snapshot);
    return ok;
}

/* ---- All of it */

static bool totals_agree(struct subject *subject)
{
    kv_stats stats = KV_STATS_INIT;
    struct model_usage sum = {0, 0, 0, 0}, one;
    uint64_t live = 0;

    for (size_t i = 0; i < subject->model.namespace_count; i++) {
        live += !subject->model.namespaces[i].dropped;
        one = model_usage(&subject->model.namespaces[i], subject_now(subject), true);
        sum.keys += one.keys;
        sum.key_bytes += one.key_bytes;
        sum.value_bytes += one.value_bytes;
        sum.metadata_bytes += one.metadata_bytes;
    }
    return call_ok(subject, "stats", kv_stats_get(subject->db, &stats)) &&
           same_number(subject, "store_namespaces", stats.store_namespaces, live) &&
           same_number(subject, "store_namespaces_dropped", stats.store_namespaces_dropped, 0) &&
           same_number(subject, "store_keys", stats.store_keys, sum.keys) &&
           same_number(subject, "store_key_bytes", stats.store_key_bytes, sum.key_bytes) &&
           same_number(subject, "store_value_bytes", stats.store_value_bytes, sum.value_bytes) &&
           same_number(subject, "store_metadata_bytes", stats.store_metadata_bytes,
                       sum.metadata_bytes) &&
           same_number(subject, "store_sequence", stats.store_sequence, subject->model.sequence);
}

bool subject_sweep(struct subject *subject)
{
    kv_work work = KV_WORK_INIT;

    if (!call_ok(subject, "sweep", kv_sweep(subject->db, &work)) ||
        !same_number(subject, "sweep finished", work.finished, 1))
        return false;
    model_sweep(&subject->model, subject_now(subject));
    return subject_namespaces(subject) && totals_agree(subject) && sequence_agrees(subject);
}

bool subject_everything(struct subject *subject)
{
    const kv_list_options all = {.size = sizeof(all), .flags = KV_LIST_VALUES};

    for (size_t i = 0; i < subject->model.namespace_count; i++)
        if (!subject_list(subject, subject->model.namespaces[i].id, &all, 0))
            return false;
    return subject_namespaces(subject) && subject_changes(subject);
}
