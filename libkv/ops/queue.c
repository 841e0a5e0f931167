#include "ops/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* One thread waiting for its entries. */
struct kvi_queue_waiter {
    pthread_cond_t wake;
    size_t left; /* Entries not done. */
    struct timespec until;
    bool has_until;
};

typedef struct kvi_queue_waiter queue_waiter;

struct kvi_queue {
    pthread_mutex_t lock;
    kvi_queue_entry *head, *tail;
    bool is_busy; /* A thread has the turn. */
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

    queue->bytes -= entry->bytes;
    if (--waiter->left == 0)
        (void)pthread_cond_signal(&waiter->wake);
}

/* Give the turn back, and wake the thread that is next. */
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
        entry->is_late = true;
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

/* Take what goes into one transaction: batches from the head on, up to a bound in bytes. */
static kvi_queue_entry *queue_take_group(kvi_queue *queue)
{
    kvi_queue_entry *group = queue_pop(queue), *last = group;
    uint64_t bytes = group->bytes;

    while (queue->head != NULL && queue->head->is_batch &&
           bytes + queue->head->bytes <= KVI_QUEUE_GROUP_BYTES) {
        bytes += queue->head->bytes;
        last->next = queue_pop(queue);
        last = last->next;
    }
    return group;
}

/* Run the group at the head with the turn but without the lock. */
static void queue_lead(kvi_queue *queue, void (*run)(void *ctx, kvi_queue_entry *group), void *ctx)
{
    kvi_queue_entry *group = queue_take_group(queue);

    queue->is_busy = true;
    (void)pthread_mutex_unlock(&queue->lock);
    run(ctx, group);
    (void)pthread_mutex_lock(&queue->lock);
    while (group != NULL) {
        kvi_queue_entry *next = group->next; /* Once done, the entry is its owner's again. */
        entry_done(queue, group);
        group = next;
    }
    queue_pass(queue);
}

static kv_status queue_enter(kvi_queue *queue, kvi_queue_entry *const *entries, size_t count,
                             queue_waiter *waiter)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += entries[i]->bytes;
    if (queue->bytes > 0 && queue->bytes + bytes > queue->bytes_max)
        return KV_BUSY;
    queue->bytes += bytes;
    for (size_t i = 0; i < count; i++)
        queue_append(queue, entries[i], waiter);
    return KV_OK;
}

kv_status kvi_queue_run(kvi_queue *queue, kvi_queue_entry *const *entries, size_t count,
                        uint32_t wait_ms, void (*run)(void *ctx, kvi_queue_entry *group), void *ctx)
{
    queue_waiter waiter;
    kv_status status = waiter_init(&waiter, count, wait_ms);

    if (status != KV_OK)
        return status;
    (void)pthread_mutex_lock(&queue->lock);
    status = queue_enter(queue, entries, count, &waiter);
    while (status == KV_OK && queue_wait(queue, &waiter))
        queue_lead(queue, run, ctx);
    (void)pthread_mutex_unlock(&queue->lock);
    (void)pthread_cond_destroy(&waiter.wake);
    return status;
}

kv_status kvi_queue_turn_take(kvi_queue *queue, uint32_t wait_ms)
{
    kvi_queue_entry entry = {0};
    queue_waiter waiter;
    kv_status status = waiter_init(&waiter, 1, wait_ms);

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

void kvi_queue_turn_give(kvi_queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock);
    queue_pass(queue);
    (void)pthread_mutex_unlock(&queue->lock);
}
