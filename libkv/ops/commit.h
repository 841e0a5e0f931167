/**
 * Group commit: batches that arrive while one commits share the next transaction, each with its own
 * verdicts and its own atomicity. An error that kills a shared transaction runs each batch alone.
 * Nobody is cancelled while inside: a thread that died in a write transaction would leave the
 * environment unusable.
 */
#ifndef KVI_COMMIT_H
#define KVI_COMMIT_H

#include "kv.h"
#include "ops/prepare.h"
#include "ops/write.h"

/** Commit batches; each one's status and report are set. KV_OK, or the first status that is not. */
kv_status kvi_commit(kv_db *db, kv_prepared *const *batches, size_t count);

/**
 * A write transaction of one's own, in turn: `fill` writes into it and sets is_dirty; then it is
 * committed, or aborted when fill fails. KV_OK; KV_TIMEOUT; fill's status; or a commit's.
 */
kv_status kvi_commit_write(kv_db *db, kvi_need need, kv_status (*fill)(kvi_write *write, void *ctx),
                           void *ctx);

#endif
