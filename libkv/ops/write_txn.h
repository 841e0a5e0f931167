/**
 * A write transaction of the store: LMDB's, with row 0 of `usage` loaded, the change log taken up
 * and the room known. Only the thread that has the queue's turn may begin one.
 */
#ifndef KVI_WRITE_TXN_H
#define KVI_WRITE_TXN_H

#include "kv.h"
#include "ops/db.h"
#include "ops/room.h"
#include "storage/txn.h"
#include "tables/changes.h"
#include "tables/tokens.h"
#include "tables/usage.h"

/** A write transaction; kvi_write_txn_commit() and kvi_write_txn_abort() release it. */
typedef struct kvi_write_txn {
    kv_db *db;
    kvi_txn *txn;
    kv_settings settings;  /**< As they are now. */
    kvi_usage_store store; /**< Row 0 as it will be stored. */
    kvi_changes log;
    kvi_room room;
    kvi_token token; /**< Its mark, stored with the commit. */
    int64_t now;     /**< Its time, Unix seconds: what has expired by then is gone. */
    bool was_lazy;   /**< There are commits that are not hardened. */
    bool is_lost;    /**< Those commits are of an earlier boot: some may have been lost. */
    bool is_dirty;   /**< Something was written: worth a commit. */
    bool is_careful; /**< Batches are written alone: what is swept along may be why it failed
                        before. */
} kvi_write_txn;

/**
 * Begin a transaction. Calls the clock and, now and then, the log hook.
 *
 * @param need          What it is going to write.
 * @param may_estimate  Splits may be estimated (ops/room): the caller can run it again with the
 *                      worst case.
 * Returns KV_OK; KV_READ_ONLY; KV_MOVED; KV_LOCK_LOST; KV_CORRUPT; KV_NO_MEMORY; KV_IO;
 * KV_REOPEN_NEEDED. On failure nothing is left to abort.
 */
kv_status kvi_write_txn_begin(kv_db *db, kvi_need need, bool may_estimate,
                              kvi_write_txn **write_out, kv_error *error);
/** The same at a given time (Unix seconds), with the worst case and without any callback. */
kv_status kvi_write_txn_begin_at(kv_db *db, kvi_need need, int64_t now, kvi_write_txn **write_out,
                                 kv_error *error);
/** Take the next sequence for a change and log it. KV_OK; KV_CORRUPT; a failure of LMDB
 *  (storage/txn.h). */
kv_status kvi_write_txn_log(kvi_write_txn *write, kv_change *change);
/**
 * Commit, or abort if nothing is dirty; releases the transaction.
 *
 * @param sync_us_out  Optional: microseconds that LMDB's commit took.
 * Returns KV_OK; KV_COMMIT_UNKNOWN; a failure of LMDB: nothing was written.
 */
kv_status kvi_write_txn_commit(kvi_write_txn *write, uint64_t *sync_us_out);
/** End it without a trace and release it. */
void kvi_write_txn_abort(kvi_write_txn *write);
/**
 * Run one write transaction; the thread has the turn. `fill` writes into it and sets is_dirty; then
 * it is committed, or aborted if fill fails.
 *
 * Returns KV_OK; fill's status; as kvi_write_txn_begin() and kvi_write_txn_commit().
 */
kv_status kvi_write_txn_run(kv_db *db, kvi_need need,
                            kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx,
                            kv_error *error);

#endif
