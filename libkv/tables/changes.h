/**
 * `changes`: last sequence in the block, u64 BE -> a block of the change log. Sequences have no
 * gaps and follow the order of commits. The newest mutations are in the open block, in row 0 of
 * `usage`.
 *
 * The last entry of each transaction is marked. A block is moved out of row 0 when it is full:
 * KVI_CHANGES_BLOCK_SIZE bytes, so that three fill a leaf; a large batch fills blocks of a whole
 * overflow page at once.
 */
#ifndef KVI_CHANGES_H
#define KVI_CHANGES_H

#include "codec/change_block.h"
#include "kv.h"
#include "storage/txn.h"
#include "tables/usage.h"

#define KVI_CHANGES_BLOCK_SIZE 1340  /**< Three with their headers fill a leaf of 4,096 bytes. */
#define KVI_CHANGES_BUFFER_SIZE 4080 /**< One overflow page of 4,096 bytes. */

/** The log inside one write transaction. Do not copy: it points into itself. */
typedef struct kvi_changes {
    bool is_on;            /**< The settings keep a log. */
    kvi_change_block open; /**< The open block, in buffer[]. */
    uint64_t first, bytes; /**< changes_first and changes_bytes of row 0. */
    int64_t time;          /**< changes_time of row 0. */
    size_t mark_size;      /**< The last entry boundary within KVI_CHANGES_BLOCK_SIZE. */
    uint32_t mark_count;   /**< Entries before that boundary. */
    uint8_t buffer[KVI_CHANGES_BUFFER_SIZE];
} kvi_changes;

/**
 * Load the log from row 0. If the open block is damaged the log begins anew behind it, and readers
 * of the log must start from a snapshot. An open block of a format that is not known is moved out
 * as it is. KV_OK; a failure of LMDB (storage/txn.h), as of the other functions here.
 */
kv_status kvi_changes_begin(kvi_txn *txn, kvi_changes *log, const kvi_usage_store *store,
                            bool is_on);
/** Turn the log off in this transaction, and drop the open block. */
void kvi_changes_forget(kvi_changes *log);
/** Append a change, whose sequence is one more than the last. Does nothing if the log is off. */
kv_status kvi_changes_add(kvi_txn *txn, kvi_changes *log, const kv_change *change);
/** Before the commit: mark the last change, move out full blocks, and put the rest into *store,
 * whose open_block then points into log->buffer. */
kv_status kvi_changes_end(kvi_txn *txn, kvi_changes *log, kvi_usage_store *store);
/**
 * Remove the oldest blocks, as far as the settings do not keep them. Reads a block only if row 0
 * says that one may have to go.
 *
 * @param sequence      The newest one of the store.
 * @param now           Unix seconds.
 * @param blocks_max    Blocks to remove at most.
 * @param has_more_out  Whether blocks are left that the settings do not keep.
 */
kv_status kvi_changes_trim(kvi_txn *txn, kvi_changes *log, const kv_settings *settings,
                           uint64_t sequence, int64_t now, uint64_t blocks_max, bool *has_more_out);

/**
 * Call `change` with every change whose sequence is above `after`, oldest first; slices are valid
 * during the call. Stops when it does not return KV_OK.
 *
 * Returns KV_OK; what `change` returned; KV_CORRUPT (damage, or changes are missing);
 * KV_UNSUPPORTED (a block or an entry that is not understood); a failure of LMDB.
 */
kv_status kvi_changes_each(kvi_txn *txn, const kvi_usage_store *store, uint64_t after,
                           kv_status (*change)(void *ctx, const kv_change *change), void *ctx);

#endif
