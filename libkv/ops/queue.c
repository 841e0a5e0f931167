#include "ops/queue.h"

#include "ops/batch.h"
#include "ops/reclaim.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define RECLAIM_ROWS 64       /* Of dropped namespaces, with each group. */
#define SWEEP_STEP_ROWS 1024  /* Due rows in one transaction before a batch that needs room. */

/* One thread waiting for its entries. */
typedef struct kvi_queue_waiter {
    pthread_cond_t wake;
    size_t left; /* Entries not done. */
    struct timespec until;
    bool has_until;
} queue_waiter;

struct kvi_queue {
    pthread_mutex_t lock;
    kvi_queue_entry *head, *tail;
    bool is_busy; /* Somebody has the turn. */
    uint64_t bytes, bytes_max;
};

kvi_queue *kvi_queue_create(uint64_t bytes_max)
{
    kvi_queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return NULL;
    queue->bytes_max = bytes_max;
    if (pthread_mutex_init(&queue->lock, NULL) != 0) {
        free(queue);
        return NULL;
    }
    return queue;
}

void kvi_queue_free(kvi_queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static kv_status waiter_init(queue_waiter *waiter, size_t entries, uint32_t wait_ms)
{
    pthread_condattr_t attributes;
    int rc = pthread_condattr_init(&attributes);

    if (rc != 0)
        return KV_NO_MEMORY;
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    rc = pthread_cond_init(&waiter->wake, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    waiter->left = entries;
    waiter->has_until = wait_ms != 0;
    if (wait_ms != 0) {
        (void)clock_gettime(CLOCK_MONOTONIC, &waiter->until);
        waiter->until.tv_sec += wait_ms / 1000;
        waiter->until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
        if (waiter->until.tv_nsec >= 1000000000) {
            waiter->until.tv_sec++;
            waiter->until.tv_nsec -= 1000000000;
        }
    }
    return rc == 0 ? KV_OK : KV_NO_MEMORY;
}

static void queue_append(kvi_queue *queue, kvi_queue_entry *entry, queue_waiter *waiter)
{
    entry->waiter = waiter;
    entry->next = NULL;
    if (queue->tail != NULL)
        queue->tail->next = entry;
    else
        queue->head = entry;
    queue->tail = entry;
}

static kvi_queue_entry *queue_pop(kvi_queue *queue)
{
    kvi_queue_entry *entry = queue->head;

    queue->head = entry->next;
    if (queue->head == NULL)
        queue->tail = NULL;
    entry->next = NULL;
    return entry;
}

static void entry_done(kvi_queue *queue, kvi_queue_entry *entry)
{
    queue_waiter *waiter = entry->waiter;

    if (entry->prepared != NULL)
        queue->bytes -= entry->prepared->queued_bytes;
    if (--waiter->left == 0)
        (void)pthread_cond_signal(&waiter->wake);
}

/* The turn is free: tell whoever is next. */
static void queue_pass(kvi_queue *queue)
{
    queue->is_busy = false;
    if (queue->head != NULL)
        (void)pthread_cond_signal(&queue->head->waiter->wake);
}

/* Take a waiter's entries out of the queue; those in a running transaction stay. */
static void queue_withdraw(kvi_queue *queue, queue_waiter *waiter)
{
    kvi_queue_entry *all = queue->head;

    queue->head = queue->tail = NULL;
    while (all != NULL) {
        kvi_queue_entry *entry = all;
        all = entry->next;
        if (entry->waiter != waiter) {
            queue_append(queue, entry, entry->waiter);
            continue;
        }
        if (entry->prepared != NULL)
            entry->prepared->status = KV_TIMEOUT;
        entry_done(queue, entry);
    }
    if (!queue->is_busy)
        queue_pass(queue);
}

/* Wait until the waiter is at the head of a free queue (true) or has nothing left to wait for. */
static bool queue_wait(kvi_queue *queue, queue_waiter *waiter)
{
    while (waiter->left > 0) {
        int rc = 0;
        if (!queue->is_busy && queue->head != NULL && queue->head->waiter == waiter)
            return true;
        if (waiter->has_until)
            rc = pthread_cond_timedwait(&waiter->wake, &queue->lock, &waiter->until);
        else
            (void)pthread_cond_wait(&waiter->wake, &queue->lock);
        if (rc == ETIMEDOUT) {
            waiter->has_until = false; /* What runs already is waited for. */
            queue_withdraw(queue, waiter);
        }
    }
    return false;
}

/* ---- Running a group. No lock is held here, but the turn is. */

static kvi_need group_need(const kvi_queue_entry *group)
{
    kvi_need need = {0};

    for (; group != NULL; group = group->next) {
        need.operations += group->prepared->item_count;
        need.payload_bytes += group->prepared->stored_bytes;
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
        group->prepared->status = status;
        if (error != NULL && error->status != KV_OK)
            group->prepared->report.error = *error;
    }
}

static kv_status group_apply(kvi_write *write, kvi_queue_entry *group)
{
    kvi_reclaimed reclaimed = {0};

    for (; group != NULL; group = group->next) {
        kv_prepared *p = group->prepared;
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
    uint64_t began = kvi_clock_us(), ready, applied, sync_us = 0;
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
        e->prepared->report.wait_us += ready - began;
        e->prepared->report.apply_us += applied - ready;
        e->prepared->report.sync_us += sync_us;
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
    kvi_counter_add(&db->counters.swept, step.done.rows);
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

static void group_run(kv_db *db, kvi_queue_entry *group)
{
    kv_status status = group_transact(db, group);
    bool is_retried = status != KV_OK && group->next != NULL && is_worth_alone(status);

    while (group != NULL) {
        kv_prepared *p = group->prepared;
        kvi_queue_entry *next = group->next;
        group->next = NULL;
        if (is_retried || (status == KV_OK && p->wants_sweep))
            alone_run(db, p);
        group->next = next;
        group = next;
    }
}

/* ---- Entering and leaving */

static kvi_queue_entry *queue_take_group(kvi_queue *queue)
{
    kvi_queue_entry *group = queue_pop(queue), *last = group;
    uint64_t bytes = group->prepared->queued_bytes;

    while (queue->head != NULL && queue->head->prepared != NULL &&
           bytes + queue->head->prepared->queued_bytes <= KVI_QUEUE_GROUP_BYTES) {
        bytes += queue->head->prepared->queued_bytes;
        last->next = queue_pop(queue);
        last = last->next;
    }
    return group;
}

static void queue_lead(kv_db *db, kvi_queue *queue)
{
    kvi_queue_entry *group = queue_take_group(queue);

    queue->is_busy = true;
    (void)pthread_mutex_unlock(&queue->lock);
    group_run(db, group);
    (void)pthread_mutex_lock(&queue->lock);
    while (group != NULL) {
        kvi_queue_entry *next = group->next; /* Once done, the entry is its owner's again. */
        entry_done(queue, group);
        group = next;
    }
    queue_pass(queue);
}

static kv_status queue_enter(kvi_queue *queue, kv_prepared *const *batches, size_t count,
                             queue_waiter *waiter)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += batches[i]->queued_bytes;
    if (queue->bytes > 0 && queue->bytes + bytes > queue->bytes_max)
        return KV_BUSY;
    queue->bytes += bytes;
    for (size_t i = 0; i < count; i++) {
        batches[i]->entry.prepared = batches[i];
        queue_append(queue, &batches[i]->entry, waiter);
    }
    return KV_OK;
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

kv_status kvi_queue_commit(kv_db *db, kv_prepared *const *batches, size_t count)
{
    kvi_queue *queue = db->queue;
    uint64_t began = kvi_clock_us();
    kv_status status, worst = KV_OK;
    queue_waiter waiter;
    int cancel_state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = waiter_init(&waiter, count, batches[0]->write_wait_ms);
    if (status == KV_OK) {
        (void)pthread_mutex_lock(&queue->lock);
        status = queue_enter(queue, batches, count, &waiter);
        while (status == KV_OK && queue_wait(queue, &waiter))
            queue_lead(db, queue);
        (void)pthread_mutex_unlock(&queue->lock);
        (void)pthread_cond_destroy(&waiter.wake);
    }
    for (size_t i = 0; i < count; i++) {
        if (status != KV_OK)
            batches[i]->status = status;
        batch_conclude(db, batches[i], kvi_clock_us() - began);
        if (worst == KV_OK)
            worst = batches[i]->status;
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return worst;
}

/* Wait for the turn. KV_OK or KV_TIMEOUT. */
static kv_status turn_take(kv_db *db)
{
    kvi_queue *queue = db->queue;
    kvi_queue_entry entry = {0};
    queue_waiter waiter;
    kv_status status = waiter_init(&waiter, 1, db->options.write_wait_ms);

    if (status != KV_OK)
        return status;
    (void)pthread_mutex_lock(&queue->lock);
    queue_append(queue, &entry, &waiter);
    if (queue_wait(queue, &waiter)) {
        (void)queue_pop(queue);
        queue->is_busy = true;
    } else {
        status = KV_TIMEOUT;
    }
    (void)pthread_mutex_unlock(&queue->lock);
    (void)pthread_cond_destroy(&waiter.wake);
    return status;
}

static void turn_give(kvi_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue_pass(queue);
    (void)pthread_mutex_unlock(&queue->lock);
}

kv_status kvi_queue_write(kv_db *db, kvi_need need,
                          kv_status (*fill)(kvi_write *write, void *ctx), void *ctx)
{
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = turn_take(db);
    if (status == KV_OK) {
        status = write_whole(db, need, fill, ctx, NULL);
        turn_give(db->queue);
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return status;
}
