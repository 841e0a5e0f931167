#include "ops/batch.h"

#include "base/slice.h"
#include "ops/reclaim.h"
#include "ops/row.h"
#include "tables/namespaces.h"
#include "tables/pieces.h"

#define SWEEP_MIN 16               /* Due rows that even a batch of one removes. */
#define ROW_OVERHEAD 40            /* Of a row in a leaf, of an entry in the log. */
#define VERSION_PENDING UINT64_MAX /* One that this batch makes: the last pass fills it in. */

/* What decides the operations of one batch. */
typedef struct batch_state {
    kv_prepared *p;
    kvi_rows rows;
    uint64_t capacity;
    uint64_t used;   /* As the namespace stands after the operations decided so far. */
    bool has_due;    /* More rows than the batch's share are due. */
    bool lacks_room; /* The file had none for some operation. */
} batch_state;

uint64_t kvi_batch_sweep_share(const kv_prepared *prepared)
{
    return prepared->item_count > SWEEP_MIN ? prepared->item_count : SWEEP_MIN;
}

static bool quota_could_bite(const batch_state *b)
{
    uint64_t used = kvi_usage_bytes(&b->rows.usage);

    if (b->capacity == KV_CAPACITY_UNLIMITED)
        return false;
    return used > b->capacity || b->p->bytes > b->capacity - used;
}

/* Dead data never causes a refusal: it is swept in transactions of their own, and the batch tried
   again. */
static kv_status batch_wants_sweep(batch_state *b)
{
    b->p->wants_sweep = true;
    return KV_BUSY;
}

/* Remove the batch's share of due rows; of a batch that was swept for already all that other
   processes left since, if the quota could bite. */
static kv_status batch_sweep(batch_state *b)
{
    kv_prepared *p = b->p;
    kvi_reclaimed done = {0};
    uint64_t before;
    kv_status status = KV_OK;

    do {
        before = done.handled;
        done.more = false;
        status = kvi_reclaim_due(&b->rows, p->now, kvi_batch_sweep_share(p), &done);
    } while (status == KV_OK && done.more && done.handled > before && p->is_swept &&
             quota_could_bite(b));
    p->sweeping = done.rows;
    b->has_due = done.more;
    if (status == KV_OK && done.more && !p->is_swept && quota_could_bite(b))
        return batch_wants_sweep(b);
    return status;
}

/* Pass 1: what is there. */
static kv_status batch_read(batch_state *b)
{
    kv_prepared *p = b->p;

    for (size_t i = 0; i < p->key_count; i++) {
        kvi_key_ops *key = &p->keys[i];
        const kvi_item *first = &p->items[p->sorted[key->first]];
        kvi_record old = {0};
        kv_status status = kvi_values_seek(b->rows.values, first->values_key, &old);

        *key = (kvi_key_ops){.first = key->first, .count = key->count, .status = KV_OK};
        if (status == KV_OK) {
            key->present = true;
            key->old = old;
            key->live = key->was_live = kvi_record_is_live(&old, p->now);
            key->version = key->live ? old.sequence : 0;
            key->bytes = p->ops[first->index].key_size + old.raw_size + old.metadata.size;
        } else if (status == KV_CORRUPT) {
            key->status = KV_CORRUPT;
        } else if (status != KV_NOT_FOUND) {
            return status;
        }
    }
    return KV_OK;
}

static bool condition_holds(const kv_op *op, const kvi_key_ops *key)
{
    if (op->flags & KV_OP_IF_ABSENT)
        return !key->live;
    if (!(op->flags & KV_OP_IF_VERSION))
        return true;
    if (op->if_version == 0)
        return !key->live;
    return key->live && !key->pending && key->version == op->if_version;
}

/* Bytes of the row that a put or touch writes, at most. */
static size_t op_row_size(const batch_state *b, const kvi_key_ops *key, const kv_op *op,
                          const kvi_item *item)
{
    kvi_record record = key->old;

    if (op->kind == KV_PUT) {
        record = (kvi_record){.codec = item->codec,
                              .raw_size = op->value_size,
                              .metadata = kvi_slice(op->metadata, op->metadata_size)};
        if (item->stored.size <= KVI_PIECES_THRESHOLD)
            record.payload = item->stored;
    }
    record.sequence = record.index_sequence = b->rows.write->store.sequence + b->p->item_count;
    record.updated = b->p->now;
    if (item->expires) {
        record.flags |= KVI_RECORD_EXPIRES | KVI_RECORD_INHERITED;
        record.deadline = record.index_deadline = item->deadline;
    }
    return kvi_record_size(&record);
}

/* What an operation takes at worst: what removing the old record does, a split in each table, and
   the pages of a row that fills most of one or more. Its size is what it puts into pages that
   others share: its log entry, its row in each table. */
static kvi_charge op_charge(const batch_state *b, const kvi_key_ops *key, const kv_op *op,
                            const kvi_item *item)
{
    uint64_t page_size = kvi_env_page_size(b->rows.write->db->env);
    kvi_charge charge = kvi_row_remove_charge(&key->old);
    uint64_t row_size, pages;

    charge.size = ROW_OVERHEAD + item->values_key.size;
    if (op->kind == KV_DELETE)
        return charge;
    charge.is_delete = false;
    charge.splits += item->expires ? 2 : 1;
    charge.size *= item->expires ? 3 : 2;
    if (op->kind == KV_PUT && item->stored.size > KVI_PIECES_THRESHOLD) {
        pages = item->stored.size / page_size;
        charge.fresh += pages + pages / 32 + 2;
    }
    row_size = op_row_size(b, key, op, item);
    pages = (row_size + KVI_PAGE_OVERHEAD - 1) / page_size + 1;
    if (pages > 1)
        charge.run = pages;
    else if (row_size > page_size / 4)
        charge.fresh++;
    if (pages == 1)
        charge.size += row_size;
    return charge;
}

/* Whether the operation may be done; its verdict if not. */
static kv_status op_permit(batch_state *b, const kvi_key_ops *key, const kv_op *op,
                           const kvi_item *item)
{
    kv_status status;

    if (key->status != KV_OK)
        return key->status;
    if (!condition_holds(op, key))
        return KV_VERSION_MISMATCH;
    if (op->kind == KV_TOUCH && !key->live)
        return KV_NOT_FOUND;
    if (op->kind == KV_DELETE && !key->live)
        return KV_OK; /* Nothing to do. */
    if (op->kind == KV_PUT && item->bytes > key->bytes && b->capacity != KV_CAPACITY_UNLIMITED) {
        uint64_t more = item->bytes - key->bytes;
        if (b->used > b->capacity || more > b->capacity - b->used)
            return KV_NAMESPACE_FULL;
    }
    status = kvi_write_charge(b->rows.write, op_charge(b, key, op, item));
    if (status != KV_OK)
        b->lacks_room = true;
    return status;
}

/* Take an operation's effect over into its key's state. */
static void op_accept(batch_state *b, kvi_key_ops *key, const kv_op *op, const kvi_item *item,
                      kv_verdict *verdict)
{
    /* A deadline of this very second: written, and at once gone. */
    bool is_gone = item->expires && kvi_clock_is_due(item->deadline, b->p->now);
    uint64_t bytes = op->kind == KV_PUT ? item->bytes : key->bytes;

    if (op->kind == KV_DELETE && !key->live) {
        verdict->flags = KV_WAS_ABSENT;
        return;
    }
    if (op->kind == KV_PUT)
        verdict->flags = key->live ? KV_REPLACED : KV_CREATED;
    if (item->expires) {
        verdict->flags |= KV_EXPIRES;
        verdict->expires_at = item->deadline;
    }
    key->is_deleted = op->kind == KV_DELETE;
    key->live = !key->is_deleted && !is_gone;
    if (!key->live)
        bytes = 0;
    b->used += bytes - key->bytes; /* Modulo 2^64: the sum is exact. */
    key->bytes = bytes;
    key->pending = true;
    if (op->kind != KV_TOUCH)
        key->value = op->kind == KV_PUT ? item : NULL;
    key->deadline = item;
}

/* Pass 2: decide, in input order. */
static void batch_decide(batch_state *b)
{
    kv_prepared *p = b->p;

    b->used = kvi_usage_bytes(&b->rows.usage);
    b->lacks_room = false;
    for (size_t i = 0; i < p->item_count; i++) {
        const kvi_item *item = &p->items[i];
        const kv_op *op = &p->ops[item->index];
        kvi_key_ops *key = &p->keys[item->key_index];
        kv_verdict *verdict = &p->verdicts[item->index];

        *verdict = (kv_verdict){.status = op_permit(b, key, op, item)};
        if (verdict->status == KV_OK)
            op_accept(b, key, op, item, verdict);
        else if (verdict->status == KV_VERSION_MISMATCH)
            verdict->version = key->pending ? VERSION_PENDING : key->live ? key->version : 0;
    }
}

static kv_status key_log(batch_state *b, const kvi_key_ops *key, const kv_op *op,
                         uint64_t *sequence_out)
{
    const kvi_item *item = key->deadline;
    kv_change change = {.ns = b->p->ns,
                        .kind = key->is_deleted      ? (uint32_t)KV_DELETE
                                : key->value != NULL ? (uint32_t)KV_PUT
                                                     : (uint32_t)KV_TOUCH,
                        .key = kvi_slice(op->key, op->key_size),
                        .time = b->p->now};
    kv_status status;

    if (item->expires) {
        change.flags = KV_CHANGE_EXPIRES;
        change.expires_at = item->deadline;
    }
    if (!key->is_deleted)
        change.size =
            key->value != NULL ? b->p->ops[key->value->index].value_size : key->old.raw_size;
    status = kvi_write_log(b->rows.write, &change);
    *sequence_out = change.sequence;
    return status;
}

/* The record as the operations left it; its value, if old, stays where it is. */
static kvi_record key_record(const batch_state *b, const kvi_key_ops *key, uint64_t sequence)
{
    const kvi_item *item = key->value;
    kvi_record record = {.sequence = sequence, .updated = b->p->now};

    if (key->deadline->expires) {
        record.flags = KVI_RECORD_EXPIRES;
        record.deadline = key->deadline->deadline;
    }
    if (item != NULL) {
        const kv_op *op = &b->p->ops[item->index];
        record.codec = item->codec;
        record.raw_size = op->value_size;
        record.payload_checksum = item->payload_checksum;
        record.metadata = kvi_slice(op->metadata, op->metadata_size);
    }
    return record;
}

static kv_status key_store(batch_state *b, const kvi_key_ops *key, kv_slice values_key,
                           size_t key_size, uint64_t sequence)
{
    kvi_record record = key_record(b, key, sequence), old;
    kv_status status;

    if (key->value != NULL)
        return kvi_row_put(&b->rows, values_key, key_size, &record, key->value->stored,
                           key->present ? &key->old : NULL);
    /* The writes since the first pass may have moved the old record. */
    status = kvi_values_seek(b->rows.values, values_key, &old);
    return status == KV_OK ? kvi_row_touch(&b->rows, values_key, &record, &old) : status;
}

/* Fill in the versions of a key's verdicts, and mark what did not last. */
static void key_settle(batch_state *b, const kvi_key_ops *key, uint64_t sequence)
{
    kv_prepared *p = b->p;

    for (uint32_t i = 0; i < key->count; i++) {
        const kvi_item *item = &p->items[p->sorted[key->first + i]];
        kv_verdict *verdict = &p->verdicts[item->index];
        if (verdict->status == KV_OK && !(verdict->flags & KV_WAS_ABSENT)) {
            verdict->version = sequence;
            if (item != key->deadline)
                verdict->flags |= KV_SUPERSEDED;
        } else if (verdict->status == KV_VERSION_MISMATCH && verdict->version == VERSION_PENDING) {
            verdict->version = key->live ? sequence : 0;
        }
    }
}

static kv_status key_write(batch_state *b, kvi_key_ops *key)
{
    const kvi_item *first = &b->p->items[b->p->sorted[key->first]];
    const kv_op *op = &b->p->ops[first->index];
    kv_report *report = &b->p->report;
    uint64_t sequence = 0;
    kv_status status = KV_OK;

    if (!key->pending)
        return KV_OK;
    if (!key->is_deleted || key->was_live) {
        status = key_log(b, key, op, &sequence);
        if (report->sequence_first == 0)
            report->sequence_first = sequence;
        report->sequence_last = sequence;
    }
    if (status == KV_OK && !key->is_deleted)
        status = key_store(b, key, first->values_key, op->key_size, sequence);
    else if (status == KV_OK && key->present)
        status = kvi_row_remove(&b->rows, first->values_key, op->key_size, &key->old);
    key_settle(b, key, sequence);
    return status;
}

/* Passes 1 and 2. Lacking room for the worst case it goes by an estimate. */
static kv_status batch_judge(batch_state *b)
{
    kvi_write *write = b->rows.write;
    kvi_room room = write->room;
    kv_status status = batch_read(b);

    if (status != KV_OK)
        return status;
    batch_decide(b);
    if (!b->lacks_room)
        return KV_OK;
    if (b->has_due && !b->p->is_swept) {
        write->room = room; /* What it was charged it does not take. */
        return batch_wants_sweep(b);
    }
    if (!write->estimate.is_allowed)
        return KV_OK;
    write->room = room;
    status = kvi_write_estimate_begin(write);
    if (status == KV_OK)
        status = batch_read(b); /* As if nothing had been decided. */
    if (status == KV_OK)
        batch_decide(b);
    return status;
}

static kv_status batch_run(batch_state *b)
{
    kv_prepared *p = b->p;
    kv_status status = batch_sweep(b);

    if (status == KV_OK)
        status = batch_judge(b);
    for (size_t i = 0; i < p->key_count && status == KV_OK; i++) {
        status = key_write(b, &p->keys[i]);
        if (status == KV_OK)
            status = kvi_write_estimate_count(b->rows.write);
    }
    b->rows.write->estimate.is_on = false;
    return status;
}

kv_status kvi_batch_apply(kvi_write *write, kv_prepared *prepared)
{
    batch_state b = {.p = prepared};
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(write->txn, prepared->ns, &row), ended;

    prepared->wants_sweep = false;
    prepared->sweeping = 0;
    prepared->report.sequence_first = prepared->report.sequence_last = 0;
    if (status != KV_OK)
        return status;
    b.capacity = row.capacity;
    status = kvi_rows_begin(&b.rows, write, prepared->ns);
    if (status != KV_OK)
        return status;
    status = batch_run(&b);
    if (status != KV_OK && !prepared->wants_sweep) {
        kvi_rows_drop(&b.rows);
        return status;
    }
    /* Of a batch that wants a sweep the rows swept are worth keeping. */
    ended = kvi_rows_end(&b.rows);
    if (ended == KV_OK)
        return status;
    prepared->wants_sweep = false;
    return ended;
}
