/**
 * Committing: a batch's way from its preparation through the queue to its report, and write
 * transactions of other kinds in their turn. A thread is not cancelled while inside: one that died
 * in a write transaction would leave the environment unusable.
 */
#ifndef KVI_COMMIT_H
#define KVI_COMMIT_H

#include "kv.h"
#include "ops/group.h"
#include "ops/write_txn.h"

/**
 * Prepare a batch.
 *
 * @param options   Complete, and the count keeps to them.
 * @param verdicts  `count` of them, or NULL. On failure they all say why.
 * Returns KV_OK; KV_BATCH_TOO_LARGE; KV_NO_MEMORY.
 */
kv_status kvi_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                      const kv_write_options *options, kv_verdict *verdicts,
                      kv_prepared **prepared_out);
/** Release a batch. NULL is fine. */
void kvi_prepared_free(kv_prepared *prepared);
/** Every verdict says that nothing was written, and why. */
void kvi_prepared_fail(kv_prepared *prepared, kv_status status);
/** Commit batches; each one's status and report are set. KV_OK, or the first status that is not. */
kv_status kvi_commit(kv_db *db, kv_prepared *const *batches, size_t count);

/** A write transaction of one's own, in turn: see kvi_group_write(). Also KV_TIMEOUT. */
kv_status kvi_commit_write(kv_db *db, kvi_need need,
                           kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx);

#endif
