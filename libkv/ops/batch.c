#include "ops/batch.h"

#include "base/number.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/decimal.h"
#include "ops/capacity.h"
#include "ops/stored_number.h"
#include "ops/sweep_expired.h"
#include "tables/namespaces.h"

#define SWEEP_MIN 16 /* Expired rows that even a batch of one removes. */

/* A batch that is being applied. */
typedef struct batch {
    const kvi_plan *plan;
    kvi_key_state *keys; /* In key order, as plan->keys. */
    kv_verdict *verdicts;
    kvi_write_txn *write;
    kvi_rows rows;
    kvi_attempt attempt;
    uint64_t capacity;
    bool is_swept;
    bool has_expired; /* More rows than the batch's share have expired. */
    bool is_stable;   /* The old records stay where they were read. */
} batch;

uint64_t kvi_batch_sweep_share(const kvi_plan *plan)
{
    return plan->item_count > SWEEP_MIN ? plan->item_count : SWEEP_MIN;
}

static bool capacity_may_refuse(const batch *b)
{
    return !kvi_capacity_fits(b->capacity, kvi_usage_bytes(&b->rows.usage), b->plan->bytes);
}

/* Remove the batch's share of expired rows; of a batch that was swept for already all that other
   processes left since, if the quota may refuse something. */
static kv_status batch_sweep(batch *b)
{
    kvi_reclaimed done = {0};
    uint64_t before;
    kv_status status = KV_OK;

    do {
        before = done.handled;
        done.has_more = false;
        status = kvi_sweep_expired(&b->rows, b->write->now, kvi_batch_sweep_share(b->plan), &done);
    } while (status == KV_OK && done.has_more && done.handled > before && b->is_swept &&
             capacity_may_refuse(b));
    b->attempt.swept = done.rows;
    b->has_expired = done.has_more;
    return status;
}

/* ---- Pass 1: what is there */

/* Read the old record of a key; near the cap find out in which leaf it is. */
static kv_status key_read(batch *b, size_t i, kvi_values_place *place, kvi_record *old)
{
    const kvi_key_ops *ops = &b->plan->keys[i];
    kv_slice values_key = b->plan->items[b->plan->sorted[ops->first]].values_key;
    kvi_key_state *key = &b->keys[i];
    uintptr_t leaf_before = place->leaf;
    kv_status status;

    if (!b->write->room.is_short)
        return kvi_values_seek(b->rows.values, values_key, old);
    status = kvi_values_locate(b->write->txn, b->rows.values, values_key, old, place);
    key->leaf = (uint32_t)i;
    key->leaves = place->is_sure ? 1 : 2;
    if (i > 0 && place->leaf == leaf_before)
        key->leaf = b->keys[i - 1].leaf;
    return status;
}

/* Take note of what the old record says of a key. KV_OK; KV_NO_MEMORY. */
static kv_status key_take_old(batch *b, size_t i, const kvi_record *old)
{
    const kvi_key_ops *ops = &b->plan->keys[i];
    const kvi_item *first = &b->plan->items[b->plan->sorted[ops->first]];
    kvi_key_state *key = &b->keys[i];

    key->is_present = true;
    key->old = *old;
    key->was_live = kvi_record_is_live(old, b->write->now);
    key->version = key->was_live ? old->sequence : 0;
    key->now = (kvi_key_value){
        .is_live = key->was_live,
        .has_deadline = (old->flags & KVI_RECORD_EXPIRES) != 0,
        .deadline = old->deadline,
        .bytes = b->plan->ops[first->index].key_size + old->raw_size + old->metadata.size,
        .metadata = old->metadata,
    };
    if (key->was_live && ops->has_add)
        key->number_status = kvi_stored_number_read(&b->write->db->codecs, old, &key->number);
    return key->number_status == KV_NO_MEMORY ? KV_NO_MEMORY : KV_OK;
}

static kv_status batch_read(batch *b)
{
    const kvi_plan *p = b->plan;
    kvi_values_place place = {0};

    b->is_stable = !b->write->is_dirty;
    for (size_t i = 0; i < p->key_count; i++) {
        kvi_key_state *key = &b->keys[i];
        kvi_record old = {0};
        kv_status status;

        *key = (kvi_key_state){.status = KV_OK};
        status = key_read(b, i, &place, &old);
        if (status == KV_OK)
            status = key_take_old(b, i, &old);
        else if (status == KV_CORRUPT)
            key->status = KV_CORRUPT;
        if (status != KV_OK && status != KV_CORRUPT && status != KV_NOT_FOUND)
            return status;
    }
    return KV_OK;
}

/* ---- Pass 3: write, in key order */

/* Bytes of the value that a key has. */
static uint64_t key_value_size(const batch *b, const kvi_key_state *key)
{
    char text[KVI_DECIMAL_MAX];

    if (key->now.is_sum)
        return kvi_decimal_print(key->now.number, text);
    return key->now.put != NULL ? b->plan->ops[key->now.put->index].value_size : key->old.raw_size;
}

static kv_status key_log(batch *b, const kvi_key_state *key, const kv_op *op,
                         uint64_t *sequence_out)
{
    const kvi_key_value *now = &key->now;
    kv_change change = {.ns = b->plan->ns,
                        .kind = now->is_deleted             ? (uint32_t)KV_DELETE
                                : kvi_key_value_is_new(now) ? (uint32_t)KV_PUT
                                                            : (uint32_t)KV_TOUCH,
                        .key = kvi_slice(op->key, op->key_size),
                        .time = b->write->now};
    kv_status status;

    if (now->has_deadline) {
        change.flags = KV_CHANGE_EXPIRES;
        change.expires_at = now->deadline;
    }
    if (!now->is_deleted)
        change.size = key_value_size(b, key);
    status = kvi_write_txn_log(b->write, &change);
    *sequence_out = change.sequence;
    return status;
}

/* The record as the operations left it, but for its value. */
static kvi_record key_record(const batch *b, const kvi_key_state *key, uint64_t sequence)
{
    const kvi_key_value *now = &key->now;
    kvi_record record = {.sequence = sequence, .updated = b->write->now, .metadata = now->metadata};

    if (now->has_deadline) {
        record.flags = KVI_RECORD_EXPIRES;
        record.deadline = now->deadline;
    }
    return record;
}

/* Read the old record again if it may have moved: what this transaction wrote to before the batch,
   the writes since the first pass may have moved. */
static kv_status key_find_old(batch *b, kv_slice values_key, kvi_record *old)
{
    return b->is_stable ? KV_OK : kvi_values_seek(b->rows.values, values_key, old);
}

static kv_status key_store_put(batch *b, const kvi_key_state *key, kv_slice values_key,
                               size_t key_size, kvi_record *record)
{
    const kvi_item *put = key->now.put;

    record->codec = put->codec;
    record->raw_size = b->plan->ops[put->index].value_size;
    record->payload_checksum = put->payload_checksum;
    return kvi_row_put(&b->rows, values_key, key_size, record, put->stored, key->placement,
                       key->is_present ? &key->old : NULL);
}

static kv_status key_store_sum(batch *b, const kvi_key_state *key, kv_slice values_key,
                               size_t key_size, kvi_record *record)
{
    kvi_record old = key->old;
    char text[KVI_DECIMAL_MAX];
    kv_slice stored = kvi_slice(text, kvi_decimal_print(key->now.number, text));
    kv_status status = KV_OK;

    if (key->now.put == NULL && record->metadata.size > 0 && !b->is_stable) {
        status = key_find_old(b, values_key, &old);
        if (status == KV_OK)
            status = kvi_row_keep(&b->rows, &old);
        record->metadata = old.metadata;
    }
    record->raw_size = stored.size;
    record->payload_checksum = kvi_checksum(stored.data, stored.size);
    return status == KV_OK ? kvi_row_put(&b->rows, values_key, key_size, record, stored,
                                         key->placement, key->is_present ? &old : NULL)
                           : status;
}

/* A new deadline for the old value, which stays where it is. */
static kv_status key_store_touch(batch *b, const kvi_key_state *key, kv_slice values_key,
                                 const kvi_record *record)
{
    kvi_record old = key->old;
    kv_status status = key_find_old(b, values_key, &old);

    return status == KV_OK
               ? kvi_row_touch(&b->rows, values_key, record, key->placement, &old, b->is_stable)
               : status;
}

static kv_status key_store(batch *b, const kvi_key_state *key, kv_slice values_key, size_t key_size,
                           uint64_t sequence)
{
    kvi_record record = key_record(b, key, sequence);

    if (key->now.is_sum)
        return key_store_sum(b, key, values_key, key_size, &record);
    if (key->now.put != NULL)
        return key_store_put(b, key, values_key, key_size, &record);
    return key_store_touch(b, key, values_key, &record);
}

/* Fill in the versions of a key's verdicts, and mark what did not last. */
static void key_settle(batch *b, size_t at, uint64_t sequence)
{
    const kvi_key_ops *ops = &b->plan->keys[at];
    const kvi_key_state *key = &b->keys[at];

    for (uint32_t i = 0; i < ops->count; i++) {
        const kvi_item *item = &b->plan->items[b->plan->sorted[ops->first + i]];
        kv_verdict *verdict = &b->verdicts[item->index];
        if (verdict->status == KV_OK && !(verdict->flags & KV_WAS_ABSENT)) {
            verdict->version = sequence;
            if (item != key->now.last)
                verdict->flags |= KV_SUPERSEDED;
        } else if (verdict->version == KVI_VERSION_PENDING) {
            verdict->version = key->now.is_live ? sequence : 0;
        }
    }
}

/* Remove a key's row. Where a transaction failed before, and this one gives back as little as it
   can, a large value is only marked as gone: sweeps remove it in parts. */
static kv_status key_remove(batch *b, const kvi_key_state *key, kv_slice values_key,
                            size_t key_size, uint64_t sequence)
{
    const kvi_record *old = &key->old;

    if (b->write->is_careful && (old->flags & KVI_RECORD_PIECES) &&
        old->piece_count > KVI_SWEEP_PORTION_PIECES)
        return kvi_row_retire(&b->rows, values_key, old, sequence != 0 ? sequence : old->sequence);
    return kvi_row_remove(&b->rows, values_key, key_size, old);
}

static kv_status key_write(batch *b, size_t at)
{
    const kvi_key_state *key = &b->keys[at];
    const kvi_item *first = &b->plan->items[b->plan->sorted[b->plan->keys[at].first]];
    const kv_op *op = &b->plan->ops[first->index];
    uint64_t sequence = 0;
    kv_status status = KV_OK;

    if (key->now.last == NULL)
        return KV_OK;
    if (!key->now.is_deleted || key->was_live) {
        status = key_log(b, key, op, &sequence);
        if (b->attempt.sequence_first == 0)
            b->attempt.sequence_first = sequence;
        b->attempt.sequence_last = sequence;
    }
    if (status == KV_OK && !key->now.is_deleted)
        status = key_store(b, key, first->values_key, op->key_size, sequence);
    else if (status == KV_OK && key->is_present)
        status = key_remove(b, key, first->values_key, op->key_size, sequence);
    key_settle(b, at, sequence);
    return status == KV_OK ? kvi_room_count(&b->write->room, b->write->txn) : status;
}

/* ---- All of it */

/* Passes 1 and 2; answers whether the batch is going to be written. What it was charged it gives
   back if not. */
static kvi_applied batch_judge(batch *b)
{
    kvi_decision d = {.plan = b->plan,
                      .keys = b->keys,
                      .verdicts = b->verdicts,
                      .rows = &b->rows,
                      .capacity = b->capacity};
    kvi_room room = b->write->room;
    kvi_applied answer = KVI_APPLIED;

    b->attempt.status = batch_read(b);
    if (b->attempt.status != KV_OK)
        return KVI_SPOILED;
    kvi_verdict_decide(&d);
    b->attempt.deletes_fit = d.deletes_fit;
    if (!b->is_swept && (d.is_short_for_puts || d.is_short_for_deletes) &&
        (b->has_expired || kvi_room_is_waiting(&room))) {
        answer = KVI_WANTS_ROOM;
    } else if (d.is_short_for_deletes) { /* A batch is atomic: none of them goes. */
        b->attempt.status = room.status;
        answer = KVI_REFUSED;
    }
    if (answer != KVI_APPLIED)
        b->write->room = room;
    return answer;
}

static kvi_applied batch_run(batch *b)
{
    kvi_applied answer;

    if (b->write->is_careful)
        b->has_expired = capacity_may_refuse(b); /* It is not known: a separate sweep finds out. */
    else
        b->attempt.status = batch_sweep(b);
    if (b->attempt.status != KV_OK)
        return KVI_SPOILED;
    /* Dead data never causes a refusal: it is swept in transactions of its own first. */
    if (b->has_expired && !b->is_swept && capacity_may_refuse(b))
        return KVI_WANTS_ROOM;
    answer = batch_judge(b);
    if (answer != KVI_APPLIED)
        return answer;
    for (size_t i = 0; i < b->plan->key_count && b->attempt.status == KV_OK; i++)
        b->attempt.status = key_write(b, i);
    return b->attempt.status == KV_OK ? KVI_APPLIED : KVI_SPOILED;
}

kvi_attempt kvi_batch_apply(kvi_write_txn *write, const kvi_plan *plan, kvi_key_state *keys,
                            kv_verdict *verdicts, bool is_swept)
{
    batch b = {
        .plan = plan, .keys = keys, .verdicts = verdicts, .write = write, .is_swept = is_swept};
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(write->txn, plan->ns, &row);

    if (status != KV_OK)
        return (kvi_attempt){.answer = status == KV_NAMESPACE_NOT_FOUND ? KVI_REFUSED : KVI_SPOILED,
                             .status = status};
    b.capacity = row.capacity;
    status = kvi_rows_begin(&b.rows, write, plan->ns);
    if (status != KV_OK)
        return (kvi_attempt){.answer = KVI_SPOILED, .status = status};
    b.attempt.answer = batch_run(&b);
    if (b.attempt.answer == KVI_SPOILED) {
        kvi_rows_drop(&b.rows);
        return b.attempt;
    }
    /* Of a batch that is not written the rows swept are worth keeping. */
    status = kvi_rows_end(&b.rows);
    if (status != KV_OK) {
        b.attempt.answer = KVI_SPOILED;
        b.attempt.status = status;
    }
    return b.attempt;
}
