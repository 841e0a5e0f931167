#include "ops/group.h"

#include "base/layout.h"
#include "ops/sweep_dropped.h"
#include "ops/sweep_expired.h"
#include "ops/no_room.h"

/*
 * The ladder. A rung is one transaction for the units on it; what becomes of them leads on.
 *
 *   rung        units      splits      done if    wants room        spoiled           torn
 *   SHARED      the group  estimated   it stands  MAKE_ROOM         near the cap      each ALONE
 *                                                                   CAREFUL, else
 *                                                                   each ALONE
 *   CAREFUL     the group  at worst    it stands  MAKE_ROOM         each ALONE        each ALONE
 *   ALONE       one        estimated   it stands  MAKE_ROOM, once   near the cap      MAKE_ROOM,
 *                                                                   CAREFUL, else     or done
 *                                                                   done
 *   MAKE_ROOM   (transactions of its own for one unit)              then ALONE, or done
 *
 * Units are applied in order. Those behind one that wants room wait for it, and begin again on
 * SHARED as a group of their own.
 *
 * A batch stands if it was applied or refused. A unit stands if all its batches were applied, or if
 * its first one was refused: then none of them is in the transaction. If a later one is refused or
 * wants room, the transaction has a part of the unit: it is torn, and aborted. What that batch
 * answered is then the answer of the whole unit.
 *
 * CAREFUL sweeps nothing along. After MAKE_ROOM a unit goes ALONE even if there was no room to make
 * room, to write what does not need more room. If a transaction failed and no other rung could end
 * better (is_worth_retry), all units in it are done. A group of one does not go ALONE again.
 */

#define RECLAIM_ROWS 64      /* Of dropped namespaces, with each group. */
#define SWEEP_STEP_ROWS 1024 /* Expired rows in one transaction before a batch that needs room. */

/* The first batch of the unit that an entry of a group represents. */
static kv_prepared *unit_of(kvi_queue_entry *entry)
{
    return KVI_CONTAINER(entry, kv_prepared, entry);
}

/* The next batch of a group; NULL: none. */
static kv_prepared *batch_next(kvi_queue_entry **at, const kv_prepared *p)
{
    if (p->next != NULL)
        return p->next;
    *at = (*at)->next;
    return *at != NULL ? unit_of(*at) : NULL;
}

static kvi_need group_need(kvi_queue_entry *group)
{
    kvi_need need = {.operations = RECLAIM_ROWS};

    for (kv_prepared *p = unit_of(group); p != NULL; p = batch_next(&group, p)) {
        const kvi_plan *plan = &p->plan;
        need.operations += plan->item_count + kvi_batch_sweep_share(plan);
        need.touches += plan->touches;
        need.payload_bytes += plan->stored_bytes;
    }
    return need;
}

/* ---- One transaction for a group */

/* Apply a unit. KV_OK; else the transaction is spoiled. *is_torn_out: it has a part of the unit. */
static kv_status unit_apply(kvi_write_txn *write, kv_prepared *unit, bool *is_torn_out)
{
    kv_prepared *p;

    *is_torn_out = false;
    for (p = unit; p != NULL; p = p->next) {
        p->attempt = kvi_batch_apply(write, &p->plan, p->keys, p->verdicts, p->is_swept);
        if (p->attempt.answer != KVI_APPLIED)
            break;
    }
    if (p == NULL)
        return KV_OK;
    if (p->attempt.answer == KVI_SPOILED)
        return p->attempt.status;
    *is_torn_out = p != unit;
    for (kv_prepared *other = unit; other != NULL; other = other->next)
        if (other != p)
            other->attempt = (kvi_attempt){.answer = p->attempt.answer,
                                           .status = p->attempt.status,
                                           .deletes_fit = p->attempt.deletes_fit};
    return KV_OK;
}

/* Those behind a unit that wants room come after it: the order of a group is kept. */
static void group_defer(kvi_queue_entry *group)
{
    if (group == NULL)
        return;
    for (kv_prepared *p = unit_of(group); p != NULL; p = batch_next(&group, p))
        p->attempt = (kvi_attempt){.answer = KVI_WAITS};
}

/* Apply them in order, up to one that wants room. KV_OK; else the transaction is spoiled. */
static kv_status group_apply(kvi_write_txn *write, kvi_queue_entry *group, bool *is_torn_out)
{
    kvi_reclaimed reclaimed = {0};

    for (; group != NULL; group = group->next) {
        kv_status status = unit_apply(write, unit_of(group), is_torn_out);
        if (status != KV_OK || *is_torn_out)
            return status;
        if (unit_of(group)->attempt.answer == KVI_WANTS_ROOM) {
            group_defer(group->next);
            break;
        }
    }
    if (!write->is_dirty || write->is_careful)
        return KV_OK;
    return kvi_sweep_dropped(write, RECLAIM_ROWS, &reclaimed);
}

/* The transaction ended with `status`: what that means for a batch that was applied or refused. */
static void batch_settle(kv_prepared *p, kv_status status, kvi_token token, const kv_error *error)
{
    bool was_in = p->attempt.answer == KVI_APPLIED;

    p->status = p->attempt.answer == KVI_REFUSED ? p->attempt.status : KV_OK;
    p->report.token[0] = p->report.token[1] = 0;
    p->report.sequence_first = p->attempt.sequence_first;
    p->report.sequence_last = p->attempt.sequence_last;
    if (status == KV_OK)
        p->swept += p->attempt.swept;
    else if (status != KV_COMMIT_UNKNOWN || was_in)
        p->status = status;
    else if (p->attempt.answer == KVI_WANTS_ROOM || p->attempt.answer == KVI_WAITS)
        /* The handle is of no use any more. */
        p->status = KV_REOPEN_NEEDED;
    if (was_in) {
        p->report.token[0] = token.sequence;
        p->report.token[1] = token.random;
    }
    if (status != KV_OK && error->status != KV_OK)
        p->report.error = *error;
}

/* How a transaction went. */
typedef struct rung_end {
    kv_status status;  /* KV_OK with is_torn. */
    bool is_torn;      /* It had a part of a unit, and was aborted. */
    bool was_near_cap; /* The worst case may fit where an estimate did not. */
} rung_end;

/* Apply the group and end the transaction. */
static rung_end group_write(kvi_write_txn *write, kvi_queue_entry *group, uint64_t *applied_us_out,
                            uint64_t *sync_us_out, kvi_token *token_out)
{
    rung_end end = {.was_near_cap = write->room.is_short};

    end.status = group_apply(write, group, &end.is_torn);
    *applied_us_out = kvi_clock_us();
    if (write->is_dirty)
        *token_out = write->token; /* What changes nothing is not committed, and has none. */
    if (end.status == KV_OK && !end.is_torn)
        end.status = kvi_write_txn_commit(write, sync_us_out);
    else
        kvi_write_txn_abort(write);
    return end;
}

static rung_end group_try(kv_db *db, kvi_queue_entry *group, bool may_estimate)
{
    uint64_t ready, applied, sync_us = 0;
    kv_error error = KV_ERROR_INIT;
    kvi_token token = {0};
    kvi_write_txn *write;
    rung_end end = {.status =
                        kvi_write_txn_begin(db, group_need(group), may_estimate, &write, &error)};
    kvi_queue_entry *at = group;

    for (kv_prepared *p = unit_of(at); p != NULL; p = batch_next(&at, p))
        p->attempt = (kvi_attempt){.answer = KVI_SPOILED};
    ready = applied = kvi_clock_us();
    if (end.status == KV_OK) {
        write->is_careful = !may_estimate;
        end = group_write(write, group, &applied, &sync_us, &token);
    }
    for (kv_prepared *p = unit_of(group); p != NULL; p = batch_next(&group, p)) {
        if (end.is_torn)
            p->attempt.swept = 0; /* They are still there. */
        batch_settle(p, end.status, token, &error);
        p->report.apply_us += applied - ready;
        p->report.sync_us += sync_us;
    }
    kvi_counter_add(&db->counters.apply_us, applied - ready);
    kvi_counter_add(&db->counters.sync_us, sync_us);
    return end;
}

/* Whether another way could end better. */
static bool is_worth_retry(kv_status status)
{
    return status == KV_STORE_FULL || status == KV_NO_MEMORY || status == KV_CORRUPT ||
           status == KV_BATCH_TOO_LARGE || status == KV_DISK_FULL || status == KV_IO;
}

/* The rungs SHARED and CAREFUL, for a group or for one unit. */
static rung_end group_transact(kv_db *db, kvi_queue_entry *group)
{
    rung_end end = group_try(db, group, true);

    if (end.was_near_cap && is_worth_retry(end.status))
        end = group_try(db, group, false);
    return end;
}

/* ---- Room for one unit */

typedef struct sweep_step {
    kv_ns ns;
    kvi_reclaimed done;
} sweep_step;

static kv_status sweep_step_fill(kvi_write_txn *write, void *ctx)
{
    sweep_step *step = ctx;

    /* What the newest commit freed is of use only behind another one. */
    write->is_dirty |= kvi_room_is_waiting(&write->room);
    return kvi_sweep_expired_in(write, step->ns, write->now, SWEEP_STEP_ROWS, &step->done);
}

/* Sweep everything that has expired for a batch, in transactions of bounded size, as far as there
   is room. Nothing of the batch itself is in them, so it is known that it was not written. */
static kv_status batch_make_room(kv_db *db, kv_prepared *p)
{
    kvi_need need = {.operations = SWEEP_STEP_ROWS};
    sweep_step step = {.ns = p->plan.ns};
    kv_status status;

    do {
        step.done = (kvi_reclaimed){0};
        status = kvi_write_txn_run(db, need, sweep_step_fill, &step, &p->report.error);
        p->swept += status == KV_OK ? step.done.rows : 0;
    } while (status == KV_OK && step.done.has_more && step.done.handled > 0);
    return status == KV_COMMIT_UNKNOWN ? KV_REOPEN_NEEDED : status;
}

/* The same for each namespace of a unit. KV_OK also where there is no room to make room. */
static kv_status unit_make_room(kv_db *db, kv_prepared *unit)
{
    for (kv_prepared *p = unit; p != NULL; p = p->next) {
        kv_status status = KV_OK;
        if (p->is_swept) /* With another batch of its namespace. */
            continue;
        status = batch_make_room(db, p);
        if (status != KV_OK && status != KV_STORE_FULL && status != KV_DISK_FULL) {
            unit->report.error = p->report.error;
            return status;
        }
        for (kv_prepared *other = p; other != NULL; other = other->next)
            other->is_swept |= other->plan.ns == p->plan.ns;
    }
    return KV_OK;
}

/* ---- The ladder */

/* Whether a unit's newest attempt ended so, and nothing else is its end. */
static bool has_answered(const kv_prepared *unit, kvi_applied answer)
{
    return unit->status == KV_OK && unit->attempt.answer == answer;
}

/* The rungs MAKE_ROOM and ALONE. If there is no room to make room, what the unit does not need more
   room for is nevertheless written. */
static void make_room_and_run(kv_db *db, kv_prepared *unit)
{
    kv_status status = unit_make_room(db, unit);

    for (kv_prepared *p = unit; p != NULL && status != KV_OK; p = p->next) {
        p->status = status;
        p->report.error = unit->report.error;
    }
    if (status == KV_OK)
        (void)group_transact(db, &unit->entry);
}

static void unit_run(kv_db *db, kv_prepared *unit, bool is_tried_alone)
{
    if (is_tried_alone)
        (void)group_transact(db, &unit->entry);
    if (has_answered(unit, KVI_WANTS_ROOM))
        make_room_and_run(db, unit);
    for (kv_prepared *p = unit; p != NULL; p = p->next)
        if (p->status == KV_STORE_FULL || p->status == KV_DISK_FULL)
            kvi_no_room_explain(db, p->status, &p->attempt, &p->report.error);
}

void kvi_group_run(void *ctx, kvi_queue_entry *group)
{
    kv_db *db = ctx;

    while (group != NULL) {
        rung_end end = group_transact(db, group);
        bool is_tried_alone = group->next != NULL && (end.is_torn || is_worth_retry(end.status));

        do {
            kvi_queue_entry *next = group->next;
            group->next = NULL; /* A group of its own. */
            unit_run(db, unit_of(group), is_tried_alone);
            group->next = next;
            group = next;
        } while (group != NULL && (is_tried_alone || !has_answered(unit_of(group), KVI_WAITS)));
    }
}
