#include "ops/verdict.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/slice.h"
#include "ops/capacity.h"

static bool condition_is_met(const kv_op *op, const kvi_key_state *key)
{
    if (op->flags & KV_OP_IF_ABSENT)
        return !key->is_live;
    if (!(op->flags & KV_OP_IF_VERSION))
        return true;
    if (op->if_version == 0)
        return !key->is_live;
    return key->is_live && !key->is_changed && key->version == op->if_version;
}

/* The record that a put or touch leads to, with its value where it is now; its sequence is at least
   as large as the one that it will get. */
static kvi_record op_record(const kvi_decision *d, const kvi_key_state *key, const kv_op *op,
                            const kvi_item *item)
{
    bool is_old = op->kind != KV_PUT && key->value == NULL;
    const kvi_item *value = op->kind == KV_PUT ? item : key->value;
    kvi_record record = key->old;

    if (!is_old) {
        const kv_op *put = &d->plan->ops[value->index];
        record = (kvi_record){.codec = value->codec,
                              .raw_size = put->value_size,
                              .metadata = kvi_slice(put->metadata, put->metadata_size),
                              .payload = value->stored};
    }
    record.sequence = d->rows->write->store.sequence + d->plan->item_count;
    record.updated = d->rows->write->now;
    record.flags &= (uint8_t)~KVI_RECORD_EXPIRES;
    if (item->has_deadline) {
        record.flags |= KVI_RECORD_EXPIRES;
        record.deadline = item->deadline;
    }
    return record;
}

/* Charge an operation that changes `leaves` leaves beside its key's. */
static kv_status key_charge(kvi_decision *d, kvi_key_state *key, kvi_charge *charge,
                            uint64_t beside, uint64_t kept)
{
    kvi_key_state *owner = &d->keys[key->leaf];
    uint64_t leaves = key->leaves + beside;
    kv_status status;

    charge->leaves[KVI_ROOM_VALUES] = kvi_number_minus(leaves, owner->charged);
    status = kvi_room_charge(&d->rows->write->room, charge, kept);
    if (status == KV_OK && leaves > owner->charged)
        owner->charged = (uint8_t)leaves;
    return status;
}

static kv_status charge_delete(kvi_decision *d, kvi_key_state *key, const kvi_item *item)
{
    kvi_charge charge = kvi_row_remove_charge(&key->old, item->values_key);
    kv_status status = key_charge(d, key, &charge, KVI_ROW_REMOVE_LEAVES - 1, d->deletes_leave);

    d->is_short_for_deletes |= status != KV_OK;
    d->deletes_fit += status == KV_OK;
    return status;
}

/* A value that takes contiguous pages, of which there are not enough, goes into single ones. */
static kv_status charge_put(kvi_decision *d, kvi_key_state *key, const kv_op *op,
                            const kvi_item *item)
{
    kvi_record record = op_record(d, key, op, item);
    bool is_in_pieces = (record.flags & KVI_RECORD_PIECES) != 0;
    kvi_record gone = key->old; /* What the tables beside `values` lose. */
    const kvi_record *old = key->is_present ? &gone : NULL;
    kvi_placement placement = is_in_pieces ? KVI_IN_PIECES : kvi_row_placement(record.payload.size);
    uint64_t reserve = d->rows->write->room.reserve;
    kvi_charge charge;
    kv_status status;

    if (is_in_pieces) /* A touch leaves them alone. */
        gone.flags &= (uint8_t)~KVI_RECORD_PIECES;
    charge = kvi_row_put_charge(d->rows, item->values_key, &record, placement, old);
    status = key_charge(d, key, &charge, 0, reserve);
    if (status != KV_OK && charge.run > 0) {
        placement = KVI_IN_PIECES;
        charge = kvi_row_put_charge(d->rows, item->values_key, &record, placement, old);
        status = key_charge(d, key, &charge, 0, reserve);
    }
    if (status == KV_OK)
        key->placement = placement;
    d->is_short_for_puts |= status != KV_OK;
    return status;
}

/* Whether there is room in the file. */
static kv_status op_room(kvi_decision *d, kvi_key_state *key, const kv_op *op, const kvi_item *item)
{
    if (d->rows->write->room.is_short)
        return op->kind == KV_DELETE ? charge_delete(d, key, item) : charge_put(d, key, op, item);
    if (op->kind == KV_PUT)
        key->placement = kvi_row_placement(item->stored.size);
    else if (op->kind == KV_TOUCH && key->value == NULL)
        key->placement = kvi_row_placement(key->old.payload.size);
    return KV_OK;
}

/* Whether the operation may be done; its verdict if not. */
static kv_status op_permit(kvi_decision *d, kvi_key_state *key, const kv_op *op,
                           const kvi_item *item)
{
    if (key->status != KV_OK)
        return key->status;
    if (!condition_is_met(op, key))
        return KV_VERSION_MISMATCH;
    if (op->kind == KV_TOUCH && !key->is_live)
        return KV_NOT_FOUND;
    if (op->kind == KV_DELETE && !key->is_live)
        return KV_OK; /* Nothing to do. */
    if (op->kind == KV_PUT &&
        !kvi_capacity_fits(d->capacity, d->used, kvi_number_minus(item->bytes, key->bytes)))
        return KV_NAMESPACE_FULL;
    return op_room(d, key, op, item);
}

/* Take an operation's effect over into its key's state. */
static void op_accept(kvi_decision *d, kvi_key_state *key, const kv_op *op, const kvi_item *item,
                      kv_verdict *verdict)
{
    /* A deadline that has come by now: written, and at once gone. */
    bool is_gone = item->has_deadline && kvi_clock_is_due(item->deadline, d->rows->write->now);
    uint64_t bytes = op->kind == KV_PUT ? item->bytes : key->bytes;

    if (op->kind == KV_DELETE && !key->is_live) {
        verdict->flags = KV_WAS_ABSENT;
        return;
    }
    if (op->kind == KV_PUT)
        verdict->flags = key->is_live ? KV_REPLACED : KV_CREATED;
    if (item->has_deadline) {
        verdict->flags |= KV_EXPIRES;
        verdict->expires_at = item->deadline;
    }
    key->is_deleted = op->kind == KV_DELETE;
    key->is_live = !key->is_deleted && !is_gone;
    if (!key->is_live)
        bytes = 0;
    d->used += bytes - key->bytes; /* Modulo 2^64: the sum is exact. */
    key->bytes = bytes;
    key->is_changed = true;
    if (op->kind != KV_TOUCH)
        key->value = op->kind == KV_PUT ? item : NULL;
    key->deadline = item;
}

void kvi_verdict_decide(kvi_decision *d)
{
    const kvi_plan *p = d->plan;

    d->used = kvi_usage_bytes(&d->rows->usage);
    d->deletes_leave = p->item_count > 1 ? kvi_room_half(&d->rows->write->room) : 0;
    for (size_t i = 0; i < p->item_count; i++) {
        const kvi_item *item = &p->items[i];
        const kv_op *op = &p->ops[item->index];
        kvi_key_state *key = &d->keys[item->key_index];
        kv_verdict *verdict = &d->verdicts[item->index];

        *verdict = (kv_verdict){.status = op_permit(d, key, op, item)};
        if (verdict->status == KV_OK)
            op_accept(d, key, op, item, verdict);
        else if (verdict->status == KV_VERSION_MISMATCH)
            verdict->version = key->is_changed ? KVI_VERSION_PENDING
                               : key->is_live  ? key->version
                                               : 0;
    }
}
