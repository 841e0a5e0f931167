/**
 * The turn to write within this process: first come, first served. Entries that wait together form
 * one group, which the thread at the head of the queue runs for all of them. The queue knows
 * nothing of stores; ops/commit does. Any number of threads may be in it at once.
 */
#ifndef KVI_QUEUE_H
#define KVI_QUEUE_H

#include "kv.h"

#include <stdbool.h>

/** Bytes of the entries of one group, at most; a larger entry is a group of its own. */
#define KVI_QUEUE_GROUP_BYTES ((uint64_t)16 << 20)

/** A queue. */
typedef struct kvi_queue kvi_queue;

/** A place in the queue. Its owner sets bytes and is_batch, and keeps it in place until
 *  kvi_queue_run() returns. */
typedef struct kvi_queue_entry {
    struct kvi_queue_entry *next;    /**< In the queue, then in its group. */
    struct kvi_queue_waiter *waiter; /**< The thread that waits for it. */
    uint64_t bytes;                  /**< What it counts for while it waits. */
    bool is_batch;                   /**< It may share a group; else it is a turn of its own. */
    bool is_late;                    /**< Its wait ended before its turn came. */
} kvi_queue_entry;

/** An empty queue. bytes_max: bytes of all entries that may wait. NULL when out of memory. */
kvi_queue *kvi_queue_create(uint64_t bytes_max);
/** Release it; NULL is fine. No thread may be in it. */
void kvi_queue_free(kvi_queue *queue);

/**
 * Enter, and wait until every entry was in a group that has run, or is_late.
 *
 * @param wait_ms  Milliseconds until entries that have not had their turn are late; 0: no bound.
 * @param run      Called for each group that this thread leads, which may have entries of other
 *                 threads: with the turn, without a lock.
 * Returns KV_OK; KV_BUSY (bytes_max) or KV_NO_MEMORY: nothing was entered.
 */
kv_status kvi_queue_run(kvi_queue *queue, kvi_queue_entry *const *entries, size_t count,
                        uint32_t wait_ms, void (*run)(void *ctx, kvi_queue_entry *group),
                        void *ctx);

/** Wait for the turn, without an entry, and take it. wait_ms as above. KV_OK; KV_TIMEOUT;
 *  KV_NO_MEMORY. */
kv_status kvi_queue_turn_take(kvi_queue *queue, uint32_t wait_ms);
/** Give back the turn that kvi_queue_turn_take() took. */
void kvi_queue_turn_give(kvi_queue *queue);

#endif
