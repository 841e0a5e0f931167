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
        need.operations += batch_of(group)->item_count;
        need.payload_bytes += batch_of(group)->stored_bytes;
    }
    need.operations += RECLAIM_ROWS;
    return need;
}

/* What one batch can answer without harm to the others in its transaction. */
static bool is_own_fault(const kv_prepared *p)
{
    return p->status == KV_OK || p->status == KV_NAMESPACE_NOT_FOUND || p->wants_sweep;
}

static void group_set(kvi_queue_entry *group, kv_status status, const kv_error *error)
{
    for (; group != NULL; group = group->next) {
        batch_of(group)->status = status;
        if (error != NULL && error->status != KV_OK)
            batch_of(group)->report.error = *error;
    }
}

static kv_status group_apply(kvi_write *write, kvi_queue_entry *group)
{
    kvi_reclaimed reclaimed = {0};

    for (; group != NULL; group = group->next) {
        kv_prepared *p = batch_of(group);
        p->status = kvi_batch_apply(write, p);
        p->report.token[0] = write->token.sequence;
        p->report.token[1] = write->token.random;
        if (!is_own_fault(p))
            return p->status;
    }
    return write->is_dirty ? kvi_reclaim_dropped(write, RECLAIM_ROWS, &reclaimed) : KV_OK;
}

/* One transaction for the whole group. KV_OK: every batch has its status. */
static kv_status group_transact(kv_db *db, kvi_queue_entry *group)
{
    uint64_t ready, applied, sync_us = 0;
    kv_error error = KV_ERROR_INIT;
    kvi_write *write;
    kv_status status = kvi_write_begin(db, group_need(group), &write, &error);

    ready = applied = kvi_clock_us();
    if (status == KV_OK) {
        status = group_apply(write, group);
        applied = kvi_clock_us();
        if (status == KV_OK)
            status = kvi_write_commit(write, &sync_us);
        else
            kvi_write_abort(write);
    }
    for (kvi_queue_entry *e = group; e != NULL; e = e->next) {
        batch_of(e)->report.apply_us += applied - ready;
        batch_of(e)->report.sync_us += sync_us;
    }
    kvi_counter_add(&db->counters.apply_us, applied - ready);
    kvi_counter_add(&db->counters.sync_us, sync_us);
    if (status != KV_OK)
        group_set(group, status, &error);
    return status;
}

/* Whether trying a batch alone could end better than it did in company. */
static bool is_worth_alone(kv_status status)
{
    return status == KV_STORE_FULL || status == KV_NO_MEMORY || status == KV_CORRUPT ||
           status == KV_BATCH_TOO_LARGE || status == KV_DISK_FULL || status == KV_IO;
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

    step->done.more = false;
    return kvi_reclaim_namespace_due(write, step->p->ns, step->p->now, SWEEP_STEP_ROWS,
                                     &step->done);
}

/* Sweep everything that is due for a batch, in transactions of bounded size. */
static kv_status sweep_for(kv_db *db, kv_prepared *p)
{
    kvi_need need = {.operations = SWEEP_STEP_ROWS};
    sweep_step step = {.p = p};
    kv_status status;

    do {
        status = write_whole(db, need, sweep_step_fill, &step, &p->report.error);
    } while (status == KV_OK && step.done.more);
    p->swept += step.done.rows;
    return status;
}

static void alone_run(kv_db *db, kv_prepared *p)
{
    kvi_queue_entry *alone = &p->entry;

    if (p->wants_sweep) {
        p->status = sweep_for(db, p);
        p->is_swept = true;
        if (p->status != KV_OK)
            return;
    }
    (void)group_transact(db, alone);
    if (p->wants_sweep && !p->is_swept)
        alone_run(db, p); /* Came here to be alone first; once at most. */
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
    kv_status status, worst = KV_OK;
    int cancel_state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = commit_run(db, batches, count);
    for (size_t i = 0; i < count; i++) {
        if (status != KV_OK)
            batches[i]->status = status;
        else if (batches[i]->entry.is_late)
            batches[i]->status = KV_TIMEOUT;
        batch_conclude(db, batches[i], kvi_clock_us() - began);
        if (worst == KV_OK)
            worst = batches[i]->status;
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return worst;
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
