#include "ops/verdict.h"

#include "base/clock.h"
#include "base/number.h"
#include "base/slice.h"
#include "codec/decimal.h"
#include "ops/capacity.h"

/* An operation that is being decided. */
typedef struct decided {
    const kv_op *op;
    const kvi_item *item;
    kvi_key_state *key;
    int64_t sum;        /* Of an addition. */
    kvi_key_value next; /* What the key is after it. */
} decided;

/* ---- Conditions and sums */

static kv_status op_condition(const decided *o)
{
    const kv_op *op = o->op;
    const kvi_key_state *key = o->key;
    bool is_met;

    if (op->flags & KV_OP_IF_ABSENT)
        return key->now.is_live ? KV_KEY_EXISTS : KV_OK;
    if (!(op->flags & KV_OP_IF_VERSION))
        return KV_OK;
    is_met = op->if_version == 0
                 ? !key->now.is_live
                 : key->now.is_live && key->now.last == NULL && key->version == op->if_version;
    return is_met ? KV_OK : KV_VERSION_MISMATCH;
}

/* The number that the key's value is. */
static kv_status key_number(const kvi_decision *d, const kvi_key_state *key, int64_t *number_out)
{
    const kvi_key_value *now = &key->now;

    *number_out = 0;
    if (!now->is_live)
        return KV_OK;
    if (!now->is_sum && now->put != NULL) {
        const kv_op *put = &d->plan->ops[now->put->index];
        return kvi_decimal_parse(kvi_slice(put->value, put->value_size), number_out);
    }
    *number_out = now->is_sum ? now->number : key->number;
    return now->is_sum ? KV_OK : key->number_status;
}

static kv_status op_sum(const kvi_decision *d, decided *o)
{
    int64_t number;
    kv_status status = key_number(d, o->key, &number);

    if (status == KV_OK && __builtin_add_overflow(number, o->op->addend, &o->sum))
        status = KV_NOT_A_NUMBER;
    return status;
}

/* ---- What an operation leads to */

static void next_add(decided *o)
{
    kvi_key_value *next = &o->next;
    char text[KVI_DECIMAL_MAX];

    if (!o->key->now.is_live)
        next->metadata = kvi_slice(NULL, 0);
    next->is_sum = true;
    next->number = o->sum;
    next->bytes = o->op->key_size + next->metadata.size + kvi_decimal_print(o->sum, text);
}

static void next_put(decided *o)
{
    o->next.is_sum = false;
    o->next.put = o->item;
    o->next.metadata = kvi_slice(o->op->metadata, o->op->metadata_size);
    o->next.bytes = o->item->bytes;
}

static void next_delete(decided *o)
{
    o->next.is_sum = false;
    o->next.put = NULL;
    o->next.metadata = kvi_slice(NULL, 0);
    o->next.bytes = 0;
}

static void op_next(const kvi_decision *d, decided *o)
{
    kvi_key_value *next = &o->next;

    *next = o->key->now;
    if (o->op->kind == KV_PUT)
        next_put(o);
    else if (o->op->kind == KV_DELETE)
        next_delete(o);
    else if (o->op->kind == KV_ADD)
        next_add(o);
    /* An addition leaves the deadline of a live key alone. */
    if (o->op->kind != KV_ADD || !o->key->now.is_live || o->item->has_deadline) {
        next->has_deadline = o->item->has_deadline;
        next->deadline = o->item->deadline;
    }
    next->is_deleted = o->op->kind == KV_DELETE;
    /* A deadline that has already come: the key is written, and at once expired. */
    next->is_live = !next->is_deleted &&
                    !(next->has_deadline && kvi_clock_is_due(next->deadline, d->rows->write->now));
    next->last = o->item;
}

/* The record that the key then has, with its value where it is now; its sequence is at least as
   large as the one that it will get. */
static kvi_record next_record(const kvi_decision *d, const decided *o)
{
    const kvi_key_value *next = &o->next;
    kvi_record record = o->key->old;

    if (kvi_key_value_is_new(next)) {
        record = (kvi_record){.metadata = next->metadata};
        record.raw_size = next->bytes - o->op->key_size - next->metadata.size;
        record.payload = kvi_slice(NULL, record.raw_size);
        if (!next->is_sum) {
            record.codec = next->put->codec;
            record.payload = next->put->stored;
        }
    }
    record.sequence = d->rows->write->store.sequence + d->plan->item_count;
    record.updated = d->rows->write->now;
    record.flags &= (uint8_t)~KVI_RECORD_EXPIRES;
    if (next->has_deadline) {
        record.flags |= KVI_RECORD_EXPIRES;
        record.deadline = next->deadline;
    }
    return record;
}

/* ---- Room */

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

static kv_status charge_delete(kvi_decision *d, const decided *o)
{
    kvi_charge charge = kvi_row_remove_charge(&o->key->old, o->item->values_key);
    kv_status status = key_charge(d, o->key, &charge, KVI_ROW_REMOVE_LEAVES - 1, d->deletes_leave);

    d->is_short_for_deletes |= status != KV_OK;
    d->deletes_fit += status == KV_OK;
    return status;
}

/* A value that takes contiguous pages, of which there are not enough, goes into single ones. */
static kv_status charge_put(kvi_decision *d, const decided *o)
{
    kvi_key_state *key = o->key;
    kvi_record record = next_record(d, o);
    bool is_in_pieces = (record.flags & KVI_RECORD_PIECES) != 0;
    kvi_record gone = key->old; /* What the tables beside `values` lose. */
    const kvi_record *old = key->is_present ? &gone : NULL;
    kvi_placement placement = is_in_pieces ? KVI_IN_PIECES : kvi_row_placement(record.payload.size);
    uint64_t reserve = d->rows->write->room.reserve;
    kvi_charge charge;
    kv_status status;

    if (is_in_pieces) /* A touch leaves them alone. */
        gone.flags &= (uint8_t)~KVI_RECORD_PIECES;
    charge = kvi_row_put_charge(d->rows, o->item->values_key, &record, placement, old);
    status = key_charge(d, key, &charge, 0, reserve);
    if (status != KV_OK && charge.run > 0) {
        placement = KVI_IN_PIECES;
        charge = kvi_row_put_charge(d->rows, o->item->values_key, &record, placement, old);
        status = key_charge(d, key, &charge, 0, reserve);
    }
    if (status == KV_OK)
        key->placement = placement;
    d->is_short_for_puts |= status != KV_OK;
    return status;
}

/* Whether there is room in the file. */
static kv_status op_room(kvi_decision *d, const decided *o)
{
    kvi_key_state *key = o->key;

    if (d->rows->write->room.is_short)
        return o->op->kind == KV_DELETE ? charge_delete(d, o) : charge_put(d, o);
    if (o->op->kind == KV_ADD)
        key->placement = KVI_WHOLE;
    else if (o->op->kind == KV_PUT)
        key->placement = kvi_row_placement(o->item->stored.size);
    else if (o->op->kind == KV_TOUCH && !kvi_key_value_is_new(&key->now))
        key->placement = kvi_row_placement(key->old.payload.size);
    return KV_OK;
}

/* ---- All of it */

/* A delete of what is not there: nothing to do. */
static bool op_is_idle(const decided *o)
{
    return o->op->kind == KV_DELETE && !o->key->now.is_live;
}

/* Whether the operation may be done; its verdict if not. */
static kv_status op_permit(kvi_decision *d, decided *o)
{
    kvi_key_state *key = o->key;
    kv_status status = key->status;

    if (status == KV_OK)
        status = op_condition(o);
    if (status == KV_OK && o->op->kind == KV_TOUCH && !key->now.is_live)
        status = KV_NOT_FOUND;
    if (status == KV_OK && o->op->kind == KV_ADD)
        status = op_sum(d, o);
    if (status != KV_OK || op_is_idle(o))
        return status;
    op_next(d, o);
    if (!kvi_capacity_fits(d->capacity, d->used, kvi_number_minus(o->next.bytes, key->now.bytes)))
        return KV_NAMESPACE_FULL;
    return op_room(d, o);
}

/* Take an operation's effect over into its key's state. */
static void op_accept(kvi_decision *d, decided *o, kv_verdict *verdict)
{
    kvi_key_state *key = o->key;

    if (op_is_idle(o)) {
        verdict->flags = KV_WAS_ABSENT;
        return;
    }
    if (o->op->kind == KV_PUT || o->op->kind == KV_ADD)
        verdict->flags = key->now.is_live ? KV_REPLACED : KV_CREATED;
    if (o->op->kind == KV_ADD)
        verdict->number = o->sum;
    if (o->next.has_deadline) {
        verdict->flags |= KV_EXPIRES;
        verdict->expires_at = o->next.deadline;
    }
    if (!o->next.is_live)
        o->next.bytes = 0;
    d->used += o->next.bytes - key->now.bytes; /* Modulo 2^64: the sum is exact. */
    key->now = o->next;
}

/* The live version, for the verdict of a condition that did not hold. */
static uint64_t key_live_version(const kvi_key_state *key)
{
    if (key->now.last != NULL)
        return KVI_VERSION_PENDING;
    return key->now.is_live ? key->version : 0;
}

void kvi_verdict_decide(kvi_decision *d)
{
    const kvi_plan *p = d->plan;

    d->used = kvi_usage_bytes(&d->rows->usage);
    d->deletes_leave = p->item_count > 1 ? kvi_room_half(&d->rows->write->room) : 0;
    for (size_t i = 0; i < p->item_count; i++) {
        const kvi_item *item = &p->items[i];
        decided o = {.op = &p->ops[item->index], .item = item, .key = &d->keys[item->key_index]};
        kv_verdict *verdict = &d->verdicts[item->index];

        *verdict = (kv_verdict){.status = op_permit(d, &o)};
        if (verdict->status == KV_OK)
            op_accept(d, &o, verdict);
        else if (verdict->status == KV_VERSION_MISMATCH || verdict->status == KV_KEY_EXISTS)
            verdict->version = key_live_version(o.key);
    }
}
