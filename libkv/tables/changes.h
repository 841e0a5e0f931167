/**
 * `changes`: last sequence in the block, u64 BE -> a block of the change log. Contiguous and in
 * commit order; the newest mutations stand in the open block, in row 0 of `usage`.
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

/** The log inside one write transaction. */
typedef struct kvi_changes {
    bool is_on;
    kvi_change_block open;
    uint64_t first, bytes; /**< As in row 0. */
    int64_t time;          /**< changes_time, as in row 0. */
    size_t mark_size;      /**< The last entry boundary within KVI_CHANGES_BLOCK_SIZE. */
    uint32_t mark_count;
    uint8_t buffer[KVI_CHANGES_BUFFER_SIZE];
} kvi_changes;

/**
 * Take up the log as row 0 has it. A damaged open block is dropped, and with it all before it: its
 * followers must start from a snapshot. One of a format that is not known is moved out as it is.
 * KV_OK; a failure of the transaction.
 */
kv_status kvi_changes_begin(kvi_txn *txn, kvi_changes *log, const kvi_usage_store *store,
                            bool is_on);
/** The log was turned off: drop what is open. */
void kvi_changes_forget(kvi_changes *log);
/** Append a mutation; its sequence is one more than the last. Nothing when the log is off. */
kv_status kvi_changes_add(kvi_txn *txn, kvi_changes *log, const kv_change *change);
/** Before commit: mark the last change, move out what is full, and put the rest into row 0
 *  (store->open_block points into log->buffer). */
kv_status kvi_changes_end(kvi_txn *txn, kvi_changes *log, kvi_usage_store *store);
/** Remove at most blocks_max of the oldest blocks that the settings do not keep. Looks at blocks
 *  only if row 0 says that there may be any. *has_more_out: there are others. */
kv_status kvi_changes_trim(kvi_txn *txn, kvi_changes *log, const kv_settings *settings,
                           uint64_t sequence, int64_t now, uint64_t blocks_max, bool *has_more_out);

/** Give every change with a sequence above `after`, oldest first, until `change` answers something
 *  other than KV_OK. A gap: KV_CORRUPT. A block or an entry that is not understood:
 *  KV_UNSUPPORTED. */
kv_status kvi_changes_each(kvi_txn *txn, const kvi_usage_store *store, uint64_t after,
                           kv_status (*change)(void *ctx, const kv_change *change), void *ctx);

#endif
