/**
 * The part of a batch that needs no lock: each operation checked by its own rules, its key encoded,
 * its value compressed and checksummed, the operations grouped by key in key order. What is made
 * here is the batch's plan, and stays as it is from then on.
 */
#ifndef KVI_PREPARE_H
#define KVI_PREPARE_H

#include "base/arena.h"
#include "kv.h"
#include "ops/db.h"

/** An operation that passed its own checks. */
typedef struct kvi_item {
    kv_slice values_key;
    kv_slice stored; /**< Borrowed from the caller when raw, else in the arena. */
    uint64_t payload_checksum;
    uint64_t bytes; /**< Key, value and metadata, as quota counts. */
    int64_t deadline;
    uint32_t index;     /**< In ops. */
    uint32_t key_index; /**< In keys. */
    uint8_t codec;
    bool has_deadline;
} kvi_item;

/** The operations on one key. */
typedef struct kvi_key_ops {
    uint32_t first, count; /**< In kvi_plan.sorted. */
} kvi_key_ops;

/** A prepared batch. Begin with zeros. */
typedef struct kvi_plan {
    kv_ns ns;
    const kv_op *ops; /**< The caller's. */
    size_t count;
    int64_t now;     /**< When it was prepared: deadlines count from here. */
    kvi_item *items; /**< In input order. */
    size_t item_count;
    size_t touches;    /**< Items that are touches. */
    uint32_t *sorted;  /**< Items by key, then by input order. */
    kvi_key_ops *keys; /**< In key order. */
    size_t key_count;
    uint64_t bytes;        /**< Of all items: what quota may come to count. */
    uint64_t given_bytes;  /**< Of the puts among them. */
    uint64_t stored_bytes; /**< Of all items' stored forms. */
    kvi_arena arena;
} kvi_plan;

/**
 * Prepare a batch at plan->ns, ops, count.
 *
 * @param limits    Complete, and the count keeps to them.
 * @param verdicts  `count` of them: faults of single operations go there.
 * Returns KV_OK; KV_BATCH_TOO_LARGE; KV_NO_MEMORY. Free the plan in any case.
 */
kv_status kvi_plan_make(kvi_plan *plan, kv_db *db, const kv_limits *limits, kv_verdict *verdicts);
/** Release what the plan holds. */
void kvi_plan_free(kvi_plan *plan);

#endif
