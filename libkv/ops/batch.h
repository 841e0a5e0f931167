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
#include "ops/write.h"

/** Due rows that a batch removes along with its own writes, at most. */
uint64_t kvi_batch_sweep_share(const kv_prepared *prepared);
/**
 * Verdicts are set anew at each call, so a batch can be applied again after its transaction was
 * aborted. KV_OK; KV_NAMESPACE_NOT_FOUND (nothing was written, the transaction is fine); KV_BUSY
 * with prepared->wants_sweep (rows that are due take the room that the batch needs: some of them
 * were removed, of the batch nothing was written, the transaction is fine); any other: abort the
 * transaction.
 */
kv_status kvi_batch_apply(kvi_write *write, kv_prepared *prepared);

#endif
