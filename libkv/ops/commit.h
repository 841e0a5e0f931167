/**
 * Committing: a batch's way from its preparation through the queue to its report; and write
 * transactions of other kinds, in their turn. A thread cannot be cancelled while it commits: if it
 * died in a write transaction, no process could write any more. Any number of threads may commit at
 * once.
 */
#ifndef KVI_COMMIT_H
#define KVI_COMMIT_H

#include "kv.h"
#include "ops/group.h"
#include "ops/write_txn.h"

/**
 * Prepare a batch.
 *
 * @param ops       Borrowed until the batch is freed.
 * @param options   Complete; `count` is within them.
 * @param verdicts  `count` of them, borrowed like ops; or NULL. On failure they all say why.
 * Returns KV_OK; KV_BATCH_TOO_LARGE; KV_NO_MEMORY.
 */
kv_status kvi_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                      const kv_write_options *options, kv_verdict *verdicts,
                      kv_prepared **prepared_out);
/** Release a batch. NULL is fine. */
void kvi_prepared_free(kv_prepared *prepared);
/** Set every verdict and the batch's status: nothing was written, for that reason. */
void kvi_prepared_fail(kv_prepared *prepared, kv_status status);
/** Commit batches, of which all are prepared with KV_TOGETHER or none; each one's status and report
 * are set. Returns KV_OK, or the first status of a batch that is not KV_OK. */
kv_status kvi_commit(kv_db *db, kv_prepared *const *batches, size_t count);

/** Wait for the turn to write and run one transaction: see kvi_write_txn_run(). Also KV_TIMEOUT. */
kv_status kvi_commit_write(kv_db *db, kvi_need need,
                           kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx);

#endif
