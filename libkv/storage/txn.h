/**
 * Transactions, tables and cursors: LMDB's, with our status codes and slices.
 *
 * A failed call in a write transaction other than KV_NOT_FOUND spoils it: abort. Commit and abort
 * free the handle, whatever they answer. Cursors are closed before their transaction ends.
 *
 * An optional table that is missing has no rows: who looks for one gets KV_NOT_FOUND, from a cursor
 * too. Putting one there is KV_NOT_FOUND.
 */
#ifndef KVI_TXN_H
#define KVI_TXN_H

#include "kv.h"
#include "storage/env.h"

typedef struct kvi_txn kvi_txn;
typedef struct kvi_cursor kvi_cursor; /* Is an MDB_cursor. */

/** kvi_cursor_move */
typedef enum kvi_move {
    KVI_FIRST,
    KVI_LAST,
    KVI_NEXT,
    KVI_PREVIOUS,
    KVI_AT,      /**< Exactly at *key, which the others do not look at. */
    KVI_AT_LEAST /**< At *key or the next after it. */
} kvi_move;

/** The size of a table. */
typedef struct kvi_table_facts {
    uint64_t entries;
    uint64_t branches, leaves; /**< Pages of the tree. */
    uint64_t overflow;         /**< Pages of rows that no leaf holds. */
    uint32_t depth;            /**< Levels of the tree, the leaves' included. */
} kvi_table_facts;

/** Free pages that readers keep from being used, as last counted; begin with zeros. The rows of the
 *  list behind the oldest reader stay as they are while it lasts, so only newer ones are read. */
typedef struct kvi_pinned {
    uint64_t oldest;  /**< The oldest reader's transaction. */
    uint64_t process; /**< That reader's. 0: none is behind, only their age keeps the pages. */
    uint64_t upto;    /**< The newest transaction whose row was counted. */
    uint64_t pages;
} kvi_pinned;

/** KV_OK; KV_BUSY (reader table full); KV_REOPEN_NEEDED; KV_NO_MEMORY; KV_IO. */
kv_status kvi_txn_begin_read(kvi_env *env, kvi_txn **txn_out);
/** Let the view go but keep the reader slot; renew takes up the newest view. */
void kvi_txn_reset(kvi_txn *txn);
kv_status kvi_txn_renew(kvi_txn *txn);
/** Waits for other processes' writers, and withdraws a stray meta page (storage/stray_meta.h).
 * KV_OK; KV_READ_ONLY; KV_REOPEN_NEEDED; KV_DISK_FULL; KV_NO_MEMORY; KV_IO. */
kv_status kvi_txn_begin_write(kvi_env *env, kvi_txn **txn_out);
/** Withdraw a stray meta page without a transaction: what is read from here on stays true. Of an
 *  environment that may write. As kvi_txn_begin_write(); and KV_BUSY (no reader slot). */
kv_status kvi_txn_settle(kvi_env *env);
/** Whether the commit goes without the synced meta write; it does not, unless this says so. KV_OK;
 *  KV_IO. */
kv_status kvi_txn_set_lazy(kvi_txn *txn, bool is_lazy);
/** KV_OK; KV_COMMIT_UNKNOWN (the meta write failed: the environment is unusable); any other:
 *  nothing was written. */
kv_status kvi_txn_commit(kvi_txn *txn);
/** NULL is fine. */
void kvi_txn_abort(kvi_txn *txn);
/** In a forked child: release our part of the memory. LMDB's would change the parent's slot. */
void kvi_txn_forget(kvi_txn *txn);
/** Of a reader: the commit it sees. */
uint64_t kvi_txn_id(const kvi_txn *txn);

/** KV_OK or KV_NOT_FOUND or a failure. value_out points into the map. */
kv_status kvi_txn_get(kvi_txn *txn, unsigned table, kv_slice key, kv_slice *value_out);
kv_status kvi_txn_put(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value);
/** Put behind the last key. A key that is not the largest: KV_CORRUPT. */
kv_status kvi_txn_append(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value);
/** KV_NOT_FOUND if there is none. */
kv_status kvi_txn_delete(kvi_txn *txn, unsigned table, kv_slice key);
kv_status kvi_txn_table_facts(kvi_txn *txn, unsigned table, kvi_table_facts *out);
/**
 * Pages on LMDB's free list that the next write transaction may use. Counted from the sizes of all
 * trees, so the list is not read but for the rows that readers pin.
 *
 * @param pinned  What the last count of pinned pages found, which this one replaces, of one thread
 *                at a time; NULL: none.
 * Returns KV_OK; and as kvi_txn_begin_read().
 */
kv_status kvi_txn_free_pages(kvi_env *env, kvi_pinned *pinned, uint64_t *pages_out);
/** A number for the leaf that a key which a cursor answered lies in. Keys of a leaf that was not
 *  written to in this transaction, and no others, have the same number; on a machine with smaller
 *  pages than the file's one leaf may have several. */
uintptr_t kvi_txn_leaf(const kvi_txn *txn, kv_slice key);

kv_status kvi_cursor_open(kvi_txn *txn, unsigned table, kvi_cursor **cursor_out);
/** NULL is fine. */
void kvi_cursor_close(kvi_cursor *cursor);
kv_status kvi_cursor_move(kvi_cursor *cursor, kvi_move move, kv_slice *key, kv_slice *value_out);
/** Make room for a row and leave the cursor there; the caller fills *out before the next call. */
kv_status kvi_cursor_reserve(kvi_cursor *cursor, kv_slice key, size_t size, void **out);
/** The same behind the last key. KV_CORRUPT: the key is not the largest, and nothing is changed. */
kv_status kvi_cursor_append(kvi_cursor *cursor, kv_slice key, size_t size, void **out);
/** Delete the row at the cursor; KVI_NEXT then moves to the one behind it. */
kv_status kvi_cursor_delete(kvi_cursor *cursor);

#endif
