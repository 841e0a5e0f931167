#include "ops/commit.h"

#include "ops/batch.h"
#include "ops/reclaim.h"

#include <pthread.h>
#include <stdlib.h>

#define RECLAIM_ROWS 64      /* Of dropped namespaces, with each group. */
#define SWEEP_STEP_ROWS 1024 /* Due rows in one transaction before a batch that needs room. */

/* The batch that an entry of a group is part of. */
static kv_prepared *batch_of(kvi_queue_entry *entry)
{
    return (kv_prepared *)((char *)entry - offsetof(kv_prepared, entry));
}

/* ---- Running a group. No lock is held here, but the turn is. */

static kvi_need group_need(kvi_queue_entry *group)
{
    kvi_need need = {0};

    for (; group != NULL; group = group->next) {
        need.operations += batch_of(group)->item_count + kvi_batch_sweep_share(batch_of(group));
        need.payload_bytes += batch_of(group)->stored_bytes;
    }
    need.operations += RECLAIM_ROWS;
    return need;
}

/* Whether a batch's answer leaves the transaction fit for the others in it. */
static bool answer_harms_nobody(const kv_prepared *p)
{
    return p->status == KV_OK || p->status == KV_NAMESPACE_NOT_FOUND || p->wants_sweep;
}

static kv_status group_apply(kvi_write *write, kvi_queue_entry *group)
{
    kvi_reclaimed reclaimed = {0};

    for (; group != NULL; group = group->next) {
        kv_prepared *p = batch_of(group);
        p->status = kvi_batch_apply(write, p);
        if (!answer_harms_nobody(p))
            return p->status;
        if (p->status != KV_OK)
            continue;
        p->report.token[0] = write->token.sequence;
        p->report.token[1] = write->token.random;
    }
    return write->is_dirty ? kvi_reclaim_dropped(write, RECLAIM_ROWS, &reclaimed) : KV_OK;
}

/* Before a transaction: no batch is part of it yet. */
static void group_reset(kvi_queue_entry *group)
{
    for (; group != NULL; group = group->next) {
        kv_prepared *p = batch_of(group);
        p->status = KV_OK;
        p->wants_sweep = false;
        p->sweeping = 0;
        p->report.token[0] = p->report.token[1] = 0;
    }
}

/* The transaction failed, and each batch with it. That it is not known whether it was written says
   nothing of a batch that was not in it: that one was not. */
static void group_fail(kvi_queue_entry *group, kv_status status, const kv_error *error)
{
    for (; group != NULL; group = group->next) {
        kv_prepared *p = batch_of(group);
        bool was_in = p->status == KV_OK;
        if (error->status != KV_OK)
            p->report.error = *error;
        if (status != KV_COMMIT_UNKNOWN || was_in)
            p->status = status;
        else if (p->wants_sweep)
            p->status = KV_REOPEN_NEEDED;
    }
}

/* One transaction for the whole group, which may reckon by estimate, and then says whether it did.
 */
static kv_status group_try(kv_db *db, kvi_queue_entry *group, bool may_estimate,
                           bool *estimated_out)
{
    uint64_t ready, applied, sync_us = 0;
    kv_error error = KV_ERROR_INIT;
    kvi_write *write;
    kv_status status = kvi_write_begin(db, group_need(group), &write, &error);

    *estimated_out = false;
    group_reset(group);
    ready = applied = kvi_clock_us();
    if (status == KV_OK) {
        write->estimate.is_allowed = may_estimate;
        status = group_apply(write, group);
        applied = kvi_clock_us();
        *estimated_out = write->estimate.was_on;
        if (status == KV_OK)
            status = kvi_write_commit(write, &sync_us);
        else
            kvi_write_abort(write);
    }
    for (kvi_queue_entry *e = group; e != NULL; e = e->next) {
        kv_prepared *p = batch_of(e);
        p->report.apply_us += applied - ready;
        p->report.sync_us += sync_us;
        p->swept += status == KV_OK ? p->sweeping : 0;
    }
    kvi_counter_add(&db->counters.apply_us, applied - ready);
    kvi_counter_add(&db->counters.sync_us, sync_us);
    if (status != KV_OK)
        group_fail(group, status, &error);
    return status;
}

/* Whether trying a batch alone, or without an estimate, could end better. */
static bool is_worth_alone(kv_status status)
{
    return status == KV_STORE_FULL || status == KV_NO_MEMORY || status == KV_CORRUPT ||
           status == KV_BATCH_TOO_LARGE || status == KV_DISK_FULL || status == KV_IO;
}

/* The whole group in one transaction; if an estimate was too low, in another that reckons the
   worst. KV_OK: every batch has its status. */
static kv_status group_transact(kv_db *db, kvi_queue_entry *group)
{
    bool estimated;
    kv_status status = group_try(db, group, true, &estimated);

    return estimated && is_worth_alone(status) ? group_try(db, group, false, &estimated) : status;
}

/* One transaction from begin to commit, by whoever has the turn. */
static kv_status write_whole(kv_db *db, kvi_need need,
                             kv_status (*fill)(kvi_write *write, void *ctx), void *ctx,
                             kv_error *error)
{
    kvi_write *write;
    kv_status status = kvi_write_begin(db, need, &write, error);

    if (status != KV_OK)
        return status;
    status = fill(write, ctx);
    if (status == KV_OK)
        return kvi_write_commit(write, NULL);
    kvi_write_abort(write);
    return status;
}

typedef struct sweep_step {
    kv_prepared *p;
    kvi_reclaimed done;
} sweep_step;

static kv_status sweep_step_fill(kvi_write *write, void *ctx)
{
    sweep_step *step = ctx;

    return kvi_reclaim_namespace_due(write, step->p->ns, step->p->now, SWEEP_STEP_ROWS,
                                     &step->done);
}

/* Sweep everything that is due for a batch, in transactions of bounded size, as far as there is
   room. Nothing of the batch itself is in them, so it is known that it was not written. */
static kv_status sweep_for(kv_db *db, kv_prepared *p)
{
    kvi_need need = {.operations = SWEEP_STEP_ROWS};
    sweep_step step = {.p = p};
    kv_status status;

    do {
        step.done = (kvi_reclaimed){0};
        status = write_whole(db, need, sweep_step_fill, &step, &p->report.error);
        p->swept += status == KV_OK ? step.done.rows : 0;
    } while (status == KV_OK && step.done.more && step.done.handled > 0);
    return status == KV_COMMIT_UNKNOWN ? KV_REOPEN_NEEDED : status;
}

/* Run one batch for itself, which was part of a group that failed, or which wants a sweep. */
static void alone_run(kv_db *db, kv_prepared *p)
{
    if (!p->wants_sweep && (group_transact(db, &p->entry) != KV_OK || !p->wants_sweep))
        return;
    p->status = sweep_for(db, p);
    p->is_swept = true;
    if (p->status == KV_OK)
        (void)group_transact(db, &p->entry);
}

static void group_run(void *ctx, kvi_queue_entry *group)
{
    kv_db *db = ctx;
    kv_status status = group_transact(db, group);
    bool is_retried = status != KV_OK && group->next != NULL && is_worth_alone(status);

    while (group != NULL) {
        kv_prepared *p = batch_of(group);
        kvi_queue_entry *next = group->next;
        group->next = NULL;
        if (is_retried || (status == KV_OK && p->wants_sweep))
            alone_run(db, p);
        group->next = next;
        group = next;
    }
}

/* Make the outcome of a batch known to its caller and to the counters. */
static void batch_conclude(kv_db *db, kv_prepared *p, uint64_t waited_us)
{
    kvi_counters *counters = &db->counters;
    uint64_t inside = p->report.apply_us + p->report.sync_us;

    if (p->status != KV_OK)
        kvi_prepared_fail(p, p->status);
    kvi_prepared_count(p);
    p->report.swept = p->swept;
    p->report.wait_us = waited_us > inside ? waited_us - inside : 0;
    if (p->status == KV_OK) /* What failed in company may have gone well alone. */
        p->report.error = (kv_error){0};
    p->report.error.size = sizeof(p->report.error);
    p->report.error.status = p->status;
    kvi_counter_add(&counters->batches, 1);
    kvi_counter_add(&counters->written, p->report.written);
    kvi_counter_add(&counters->failed, p->report.failed);
    kvi_counter_add(&counters->swept, p->report.swept);
    kvi_counter_add(&counters->prepare_us, p->report.prepare_us);
    kvi_counter_add(&counters->wait_us, p->report.wait_us);
    if (p->status == KV_BUSY)
        kvi_counter_add(&counters->busy, 1);
    if (p->status == KV_OK) {
        kvi_counter_add(&counters->bytes_given, p->report.bytes_given);
        kvi_counter_add(&counters->bytes_stored, p->report.bytes_stored);
    }
}

/* The queue's entries of some batches: one alone needs no memory. */
static kv_status commit_run(kv_db *db, kv_prepared *const *batches, size_t count)
{
    kvi_queue_entry *single = &batches[0]->entry, **entries = &single;
    kv_status status;

    if (count > 1) {
        entries = malloc(count * sizeof(*entries));
        if (entries == NULL)
            return KV_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = &batches[i]->entry;
        *entries[i] = (kvi_queue_entry){.bytes = batches[i]->queued_bytes, .is_batch = true};
    }
    status = kvi_queue_run(db->queue, entries, count, batches[0]->write_wait_ms, group_run, db);
    if (count > 1)
        free(entries);
    return status;
}

kv_status kvi_commit(kv_db *db, kv_prepared *const *batches, size_t count)
{
    uint64_t began = kvi_clock_us();
    kv_status status, first_failure = KV_OK;
    int cancel_state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = commit_run(db, batches, count);
    for (size_t i = 0; i < count; i++) {
        if (status != KV_OK)
            batches[i]->status = status;
        else if (batches[i]->entry.is_late)
            batches[i]->status = KV_TIMEOUT;
        batch_conclude(db, batches[i], kvi_clock_us() - began);
        if (first_failure == KV_OK)
            first_failure = batches[i]->status;
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return first_failure;
}

kv_status kvi_commit_write(kv_db *db, kvi_need need, kv_status (*fill)(kvi_write *write, void *ctx),
                           void *ctx)
{
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = kvi_queue_turn_take(db->queue, db->options.write_wait_ms);
    if (status == KV_OK) {
        status = write_whole(db, need, fill, ctx, NULL);
        kvi_queue_turn_give(db->queue);
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return status;
}
