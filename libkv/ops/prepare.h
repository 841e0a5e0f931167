/**
 * The part of a batch that needs no lock: each operation checked by its own rules, its key encoded,
 * its value compressed and checksummed, the operations grouped by key in key order. The result is
 * the batch's plan, which does not change afterwards.
 */
#ifndef KVI_PREPARE_H
#define KVI_PREPARE_H

#include "base/arena.h"
#include "kv.h"
#include "ops/db.h"

/** An operation that passed its own checks. */
typedef struct kvi_item {
    kv_slice values_key;       /**< In the arena. */
    kv_slice stored;           /**< Borrowed from the caller when raw, else in the arena. */
    uint64_t payload_checksum; /**< Of `stored`. */
    uint64_t bytes;            /**< Key, value and metadata as given. */
    int64_t deadline;          /**< Unix seconds; with has_deadline. */
    uint32_t index;            /**< In ops. */
    uint32_t key_index;        /**< In keys. */
    uint8_t codec;             /**< KV_CODEC_... */
    bool has_deadline;         /**< A TTL or a deadline was given. */
} kvi_item;

/** The operations on one key. */
typedef struct kvi_key_ops {
    uint32_t first, count; /**< In kvi_plan.sorted. */
    bool has_add;          /**< An addition is among them: the old value is read. */
} kvi_key_ops;

/** A prepared batch. Begin with zeros. Pointers without another owner are into the arena. */
typedef struct kvi_plan {
    kv_ns ns;         /**< Set by the caller. */
    const kv_op *ops; /**< The caller's, as long as the plan is used. */
    size_t count;     /**< Of ops. */
    int64_t now;      /**< Unix seconds of the preparation: TTLs count from here. */
    kvi_item *items;  /**< In input order. */
    size_t item_count;
    size_t touches;    /**< Items that are touches. */
    uint32_t *sorted;  /**< Items by key, then by input order. */
    kvi_key_ops *keys; /**< In key order. */
    size_t key_count;
    uint64_t bytes;        /**< At most so much more counts against the quota. */
    uint64_t given_bytes;  /**< Of the puts and additions among them, as batch_size_max counts. */
    uint64_t stored_bytes; /**< Of all items' stored values. */
    kvi_arena arena;       /**< What the plan is made of. */
} kvi_plan;

/**
 * Prepare the batch of plan->ns, plan->ops and plan->count. On the caller's thread, without a lock.
 *
 * @param limits    Complete; `count` is within them.
 * @param verdicts  `count` of them: faults of single operations go there.
 * Returns KV_OK; KV_BATCH_TOO_LARGE; KV_NO_MEMORY. Free the plan in any case.
 */
kv_status kvi_plan_make(kvi_plan *plan, kv_db *db, const kv_limits *limits, kv_verdict *verdicts);
/** Release what the plan holds. */
void kvi_plan_free(kvi_plan *plan);

#endif
