#include "ops/batch.h"

#include "base/slice.h"
#include "ops/reclaim.h"
#include "ops/row.h"
#include "tables/namespaces.h"
#include "tables/pieces.h"

#define SWEEP_MIN 16 /* Due rows that even a batch of one removes. */

/* What decides the operations of one batch. */
typedef struct batch_state {
    kv_prepared *p;
    kvi_rows rows;
    uint64_t capacity;
    uint64_t used; /* As the namespace stands after the operations decided so far. */
} batch_state;

static bool quota_could_bite(const batch_state *b)
{
    uint64_t used = kvi_usage_bytes(&b->rows.usage);

    if (b->capacity == KV_CAPACITY_UNLIMITED)
        return false;
    return used > b->capacity || b->p->bytes > b->capacity - used;
}

/* Remove the batch's share of due rows, or all of them if the quota could bite for the second
   time: dead data never causes a refusal. */
static kv_status batch_sweep(batch_state *b)
{
    kv_prepared *p = b->p;
    kvi_reclaimed done = {0};
    uint64_t share = p->item_count > SWEEP_MIN ? p->item_count : SWEEP_MIN;
    kv_status status = kvi_reclaim_due(&b->rows, p->now, share, &done);

    while (status == KV_OK && done.more && quota_could_bite(b)) {
        if (!p->is_swept) {
            p->wants_sweep = true;
            p->swept += done.rows;
            return KV_BUSY;
        }
        done.more = false;
        status = kvi_reclaim_due(&b->rows, p->now, share, &done);
    }
    p->report.swept = p->swept + done.rows;
    return status;
}

/* Pass 1: what is there. */
static kv_status batch_read(batch_state *b)
{
    kv_prepared *p = b->p;

    for (size_t i = 0; i < p->group_count; i++) {
        kvi_group *group = &p->groups[i];
        kvi_record old = {0};
        kv_slice key = p->items[p->sorted[group->first]].values_key;
        kv_status status = kvi_values_seek(b->rows.values, key, &old);

        *group = (kvi_group){.first = group->first, .count = group->count, .status = KV_OK};
        if (status == KV_OK) {
            group->present = true;
            group->old = old;
            group->live = group->was_live = kvi_record_is_live(&old, p->now);
            group->version = group->live ? old.sequence : 0;
            group->bytes = p->ops[p->items[p->sorted[group->first]].index].key_size + old.raw_size +
                           old.metadata.size;
        } else if (status == KV_CORRUPT || status == KV_UNSUPPORTED) {
            group->status = KV_CORRUPT;
        } else if (status != KV_NOT_FOUND) {
            return status;
        }
    }
    return KV_OK;
}

static bool condition_holds(const kv_op *op, const kvi_group *group)
{
    if (op->flags & KV_OP_IF_ABSENT)
        return !group->live;
    if (!(op->flags & KV_OP_IF_VERSION))
        return true;
    if (op->if_version == 0)
        return !group->live;
    return group->live && !group->pending && group->version == op->if_version;
}

/* What an operation takes at worst: a path to copy in each table it touches, a split in each. */
static kvi_charge op_charge(const kvi_group *group, const kv_op *op, const kvi_item *item,
                            uint32_t page_size)
{
    kvi_charge charge = {.copies = 12, .fresh = 1, .is_delete = op->kind == KV_DELETE};
    uint64_t stored = op->kind == KV_TOUCH ? group->old.stored_size : item->stored.size;

    charge.copies += group->old.piece_count / 64;
    if (charge.is_delete)
        return charge;
    charge.fresh += item->expires ? 2 : 1;
    if (op->kind == KV_PUT && stored > KVI_PIECES_THRESHOLD)
        charge.fresh += stored / page_size + stored / page_size / 32 + 2;
    else if (stored <= KVI_PIECES_THRESHOLD && stored > page_size / 4)
        charge.run = stored / page_size + 1;
    return charge;
}

/* Whether the operation may be done; its verdict if not. */
static kv_status op_permit(batch_state *b, const kvi_group *group, const kv_op *op,
                           const kvi_item *item)
{
    if (group->status != KV_OK)
        return group->status;
    if (!condition_holds(op, group))
        return KV_VERSION_MISMATCH;
    if (op->kind == KV_TOUCH && !group->live)
        return KV_NOT_FOUND;
    if (op->kind == KV_DELETE && !group->live)
        return KV_OK; /* Nothing to do. */
    if (op->kind == KV_PUT && item->bytes > group->bytes && b->capacity != KV_CAPACITY_UNLIMITED) {
        uint64_t more = item->bytes - group->bytes;
        if (b->used > b->capacity || more > b->capacity - b->used)
            return KV_NAMESPACE_FULL;
    }
    return kvi_write_charge(b->rows.write,
                            op_charge(group, op, item, kvi_env_page_size(b->rows.write->db->env)));
}

/* Take an operation's effect over into its group. */
static void op_accept(batch_state *b, kvi_group *group, const kv_op *op, const kvi_item *item,
                      kv_verdict *verdict)
{
    /* A deadline of this very second: written, and at once gone. */
    bool is_gone = item->expires && kvi_clock_is_due(item->deadline, b->p->now);
    uint64_t bytes = op->kind == KV_PUT ? item->bytes : group->bytes;

    if (op->kind == KV_DELETE && !group->live) {
        verdict->flags = KV_WAS_ABSENT;
        return;
    }
    if (op->kind == KV_PUT)
        verdict->flags = group->live ? KV_REPLACED : KV_CREATED;
    if (item->expires) {
        verdict->flags |= KV_EXPIRES;
        verdict->expires_at = item->deadline;
    }
    group->is_deleted = op->kind == KV_DELETE;
    group->live = !group->is_deleted && !is_gone;
    if (!group->live)
        bytes = 0;
    b->used += bytes - group->bytes; /* Modulo 2^64: the sum is exact. */
    group->bytes = bytes;
    group->pending = true;
    if (op->kind != KV_TOUCH)
        group->value = op->kind == KV_PUT ? item : NULL;
    group->deadline = item;
}

/* Pass 2: decide, in input order. */
static void batch_decide(batch_state *b)
{
    kv_prepared *p = b->p;

    for (size_t i = 0; i < p->item_count; i++) {
        const kvi_item *item = &p->items[i];
        const kv_op *op = &p->ops[item->index];
        kvi_group *group = &p->groups[item->group];
        kv_verdict *verdict = &p->verdicts[item->index];

        *verdict = (kv_verdict){.status = op_permit(b, group, op, item)};
        if (verdict->status == KV_OK)
            op_accept(b, group, op, item, verdict);
        else if (verdict->status == KV_VERSION_MISMATCH)
            verdict->version = group->live ? group->version : 0;
        /* A version that this batch makes is not known yet: the last pass fills it in. */
        if (verdict->status == KV_VERSION_MISMATCH && group->pending)
            verdict->version = UINT64_MAX;
    }
}

static kv_status group_log(batch_state *b, const kvi_group *group, const kv_op *op,
                           uint64_t *sequence_out)
{
    const kvi_item *item = group->deadline;
    kv_change change = {.ns = b->p->ns,
                        .kind = group->is_deleted      ? (uint32_t)KV_DELETE
                                : group->value != NULL ? (uint32_t)KV_PUT
                                                       : (uint32_t)KV_TOUCH,
                        .key = kvi_slice(op->key, op->key_size),
                        .time = b->p->now};
    kv_status status;

    if (item->expires) {
        change.flags = KV_CHANGE_EXPIRES;
        change.expires_at = item->deadline;
    }
    if (!group->is_deleted)
        change.size =
            group->value != NULL ? b->p->ops[group->value->index].value_size : group->old.raw_size;
    status = kvi_write_log(b->rows.write, &change);
    *sequence_out = change.sequence;
    return status;
}

/* The record as the operations left it; its value, if old, stays where it is. */
static kvi_record group_record(const batch_state *b, const kvi_group *group, uint64_t sequence)
{
    const kvi_item *item = group->value;
    kvi_record record = {.sequence = sequence, .updated = b->p->now};

    if (group->deadline->expires) {
        record.flags = KVI_RECORD_EXPIRES;
        record.deadline = group->deadline->deadline;
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

static kv_status group_store(batch_state *b, const kvi_group *group, kv_slice key, size_t key_size,
                             uint64_t sequence)
{
    kvi_record record = group_record(b, group, sequence), old;
    kv_status status;

    if (group->value != NULL)
        return kvi_row_put(&b->rows, key, key_size, &record, group->value->stored,
                           group->present ? &group->old : NULL);
    /* The writes since the first pass may have moved the old record. */
    status = kvi_values_seek(b->rows.values, key, &old);
    return status == KV_OK ? kvi_row_touch(&b->rows, key, &record, &old) : status;
}

/* Fill in the versions of a key's verdicts, and mark what did not last. */
static void group_settle(batch_state *b, const kvi_group *group, uint64_t sequence)
{
    kv_prepared *p = b->p;

    for (uint32_t i = 0; i < group->count; i++) {
        const kvi_item *item = &p->items[p->sorted[group->first + i]];
        kv_verdict *verdict = &p->verdicts[item->index];
        if (verdict->status == KV_OK && !(verdict->flags & KV_WAS_ABSENT)) {
            verdict->version = sequence;
            if (item != group->deadline)
                verdict->flags |= KV_SUPERSEDED;
        } else if (verdict->status == KV_VERSION_MISMATCH && verdict->version == UINT64_MAX) {
            verdict->version = group->live ? sequence : 0;
        }
    }
}

static kv_status group_write(batch_state *b, kvi_group *group)
{
    const kvi_item *first = &b->p->items[b->p->sorted[group->first]];
    const kv_op *op = &b->p->ops[first->index];
    kv_report *report = &b->p->report;
    uint64_t sequence = 0;
    kv_status status = KV_OK;

    if (!group->pending)
        return KV_OK;
    if (!group->is_deleted || group->was_live) {
        status = group_log(b, group, op, &sequence);
        if (report->sequence_first == 0)
            report->sequence_first = sequence;
        report->sequence_last = sequence;
    }
    if (status == KV_OK && !group->is_deleted)
        status = group_store(b, group, first->values_key, op->key_size, sequence);
    else if (status == KV_OK && group->present)
        status = kvi_row_remove(&b->rows, first->values_key, op->key_size, &group->old);
    group_settle(b, group, sequence);
    return status;
}

static kv_status batch_run(batch_state *b)
{
    kv_prepared *p = b->p;
    kv_status status = batch_sweep(b);

    if (status == KV_OK)
        status = batch_read(b);
    if (status != KV_OK)
        return status;
    b->used = kvi_usage_bytes(&b->rows.usage);
    batch_decide(b);
    for (size_t i = 0; i < p->group_count && status == KV_OK; i++)
        status = group_write(b, &p->groups[i]);
    return status;
}

kv_status kvi_batch_apply(kvi_write *write, kv_prepared *prepared)
{
    batch_state b = {.p = prepared};
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(write->txn, prepared->ns, &row);

    prepared->wants_sweep = false;
    prepared->report.sequence_first = prepared->report.sequence_last = 0;
    if (status != KV_OK)
        return status;
    b.capacity = row.capacity;
    status = kvi_rows_begin(&b.rows, write, prepared->ns);
    if (status != KV_OK)
        return status;
    status = batch_run(&b);
    /* With nothing written before it, a wish to sweep leaves the transaction as it was: but for the
       rows swept, which are worth keeping. */
    if (status == KV_OK || prepared->wants_sweep) {
        kv_status ended = kvi_rows_end(&b.rows);
        return ended != KV_OK ? ended : status;
    }
    kvi_rows_drop(&b.rows);
    return status;
}
