/**
 * The turn to write, first come, first served, within this process; and group commit: batches that
 * arrive while one commits share the next transaction. The thread at the head of the queue runs it
 * for all. Nobody is cancelled while inside: a thread that died in a write transaction would leave
 * the environment unusable.
 */
#ifndef KVI_QUEUE_H
#define KVI_QUEUE_H

#include "kv.h"
#include "ops/db.h"
#include "ops/prepare.h"
#include "ops/write.h"

#define KVI_QUEUE_GROUP_BYTES ((uint64_t)16 << 20) /* A larger batch goes alone. */

/** NULL when out of memory. */
kvi_queue *kvi_queue_create(uint64_t bytes_max);
void kvi_queue_free(kvi_queue *queue);

/** Commit batches; each one's status and report are set. KV_OK, or the first status that is not. */
kv_status kvi_queue_commit(kv_db *db, kv_prepared *const *batches, size_t count);

/**
 * A write transaction of one's own, in turn: `fill` writes into it and sets is_dirty; then it is
 * committed, or aborted when fill fails. KV_OK; KV_TIMEOUT; fill's status; or a commit's.
 */
kv_status kvi_queue_write(kv_db *db, kvi_need need,
                          kv_status (*fill)(kvi_write *write, void *ctx), void *ctx);

#endif
