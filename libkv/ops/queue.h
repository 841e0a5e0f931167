/**
 * The turn to write, first come, first served, within this process. Entries that wait together are
 * handed out as one group, which the thread at the head of the queue runs for all of them. Knows
 * nothing of stores: ops/commit does.
 */
#ifndef KVI_QUEUE_H
#define KVI_QUEUE_H

#include "kv.h"

#include <stdbool.h>

#define KVI_QUEUE_GROUP_BYTES ((uint64_t)16 << 20) /* A larger entry goes alone. */

typedef struct kvi_queue kvi_queue;

/** A place in the queue, in its owner's memory until it is done. */
typedef struct kvi_queue_entry {
    struct kvi_queue_entry *next; /**< In a group too. */
    struct kvi_queue_waiter *waiter;
    uint64_t bytes; /**< What it counts for while it waits. */
    bool is_batch;  /**< May share a group; else it is a turn of its own. */
    bool is_late;   /**< Its wait ended before its turn came. */
} kvi_queue_entry;

/** NULL when out of memory. */
kvi_queue *kvi_queue_create(uint64_t bytes_max);
/** NULL is fine. Nobody may be inside. */
void kvi_queue_free(kvi_queue *queue);

/**
 * Enter and wait until every entry was part of a group that has run, or is_late. `run` is called
 * with the turn, without a lock, for groups that this thread leads: its own entries and others'.
 * wait_ms 0: for ever. KV_OK; KV_BUSY (bytes_max); KV_NO_MEMORY: then nothing was entered.
 */
kv_status kvi_queue_run(kvi_queue *queue, kvi_queue_entry *const *entries, size_t count,
                        uint32_t wait_ms, void (*run)(void *ctx, kvi_queue_entry *group),
                        void *ctx);

/** A turn without an entry. KV_OK; KV_TIMEOUT; KV_NO_MEMORY. */
kv_status kvi_queue_turn_take(kvi_queue *queue, uint32_t wait_ms);
void kvi_queue_turn_give(kvi_queue *queue);

#endif
