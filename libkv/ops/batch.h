/**
 * Applying a prepared batch inside a write transaction, in three passes: read the old records in
 * key order, decide each operation in input order (conditions, quota, room), write what is left of
 * each key in key order. A decision depends on the operations before it in the batch; the disk is
 * touched in order; and an operation that a later one supersedes leaves no trace.
 */
#ifndef KVI_BATCH_H
#define KVI_BATCH_H

#include "kv.h"
#include "ops/prepare.h"
#include "ops/row.h"
#include "ops/verdict.h"

/** What became of a batch in one transaction. */
typedef enum kvi_applied {
    KVI_APPLIED,    /**< It is part of the transaction; each operation has its verdict. */
    KVI_WANTS_ROOM, /**< A sweep, or a commit after which freed pages can be used, may help. */
    KVI_WAITS,      /**< It was not tried: a batch before it wants room, and comes first. */
    KVI_REFUSED,    /**< The batch as a whole is refused; the status says why. */
    KVI_SPOILED     /**< The transaction must be aborted. */
} kvi_applied;

/** One try to apply a batch. If the batch wants room or is refused, nothing of it was written, and
 *  other batches may still use the transaction. */
typedef struct kvi_attempt {
    kvi_applied answer;
    kv_status status;        /**< KV_OK with KVI_APPLIED, KVI_WANTS_ROOM and KVI_WAITS. */
    uint64_t swept;          /**< Expired rows that were removed in the same transaction. */
    uint64_t sequence_first; /**< Sequences that it took; both 0: none. */
    uint64_t sequence_last;
    uint64_t deletes_fit; /**< With KV_STORE_FULL, KV_DISK_FULL: deletes that there was room for. */
} kvi_attempt;

/** Expired rows that a batch removes beside its own writes, at most. */
uint64_t kvi_batch_sweep_share(const kvi_plan *plan);
/**
 * Apply a batch. It can be applied again after its transaction was aborted.
 *
 * @param keys      plan->key_count of them, for the time of the call.
 * @param verdicts  plan->count of them; with KVI_APPLIED those of the plan's items are set.
 * @param is_swept  Room was made for the batch before: it does not answer KVI_WANTS_ROOM again.
 */
kvi_attempt kvi_batch_apply(kvi_write_txn *write, const kvi_plan *plan, kvi_key_state *keys,
                            kv_verdict *verdicts, bool is_swept);

#endif
