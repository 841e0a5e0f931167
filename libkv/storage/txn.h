/**
 * Transactions, tables and cursors: LMDB's, with our status codes and slices.
 *
 * A failed call in a write transaction other than KV_NOT_FOUND spoils it: abort. Commit and abort
 * free the handle, whatever they answer. Cursors are closed before their transaction ends.
 *
 * An optional table that is missing has no rows: looking for one is KV_NOT_FOUND, with a cursor
 * too. Putting a row there is KV_NOT_FOUND.
 *
 * "A failure of LMDB", here and in other headers, is KV_CORRUPT, KV_NO_MEMORY, KV_IO or
 * KV_REOPEN_NEEDED; in a write transaction also KV_STORE_FULL, KV_DISK_FULL or KV_BATCH_TOO_LARGE
 * (too many changed pages). Tables are numbers: places in kvi_env_options.tables. One thread at a
 * time uses a transaction and its cursors.
 */
#ifndef KVI_TXN_H
#define KVI_TXN_H

#include "kv.h"
#include "storage/env.h"

/** A transaction. A reader sees the newest commit of the moment when it began. */
typedef struct kvi_txn kvi_txn;
/** A place in a table; is an MDB_cursor. */
typedef struct kvi_cursor kvi_cursor;

/** Where kvi_cursor_move() goes. */
typedef enum kvi_move {
    KVI_FIRST,
    KVI_LAST,
    KVI_NEXT,     /**< From a cursor without a position: KVI_FIRST. */
    KVI_PREVIOUS, /**< From a cursor without a position: KVI_LAST. */
    KVI_AT,       /**< Exactly at *key, which the others do not look at. */
    KVI_AT_LEAST  /**< At *key or the next after it. */
} kvi_move;

/** The size of a table. */
typedef struct kvi_table_facts {
    uint64_t entries;          /**< Rows. */
    uint64_t branches, leaves; /**< Pages of the tree. */
    uint64_t overflow;         /**< Pages of rows that are too large for a leaf. */
    uint32_t depth;            /**< Levels of the tree, the leaves' included. */
} kvi_table_facts;

/** Begin a reader. KV_OK; KV_BUSY (reader table full); KV_REOPEN_NEEDED; KV_NO_MEMORY; KV_IO. */
kv_status kvi_txn_begin_read(kvi_env *env, kvi_txn **txn_out);
/** Let a reader's view go but keep its slot. Only kvi_txn_renew() and kvi_txn_abort() may follow.
 */
void kvi_txn_reset(kvi_txn *txn);
/** Give a reader that was reset the newest view. As kvi_txn_begin_read(). On failure it stays
 *  reset. */
kv_status kvi_txn_renew(kvi_txn *txn);
/** Begin a writer. Waits for other processes' writers without a bound, and withdraws a stray meta
 * page (storage/stray_meta.h). KV_OK; KV_READ_ONLY; KV_REOPEN_NEEDED; KV_DISK_FULL; KV_NO_MEMORY;
 * KV_IO. */
kv_status kvi_txn_begin_write(kvi_env *env, kvi_txn **txn_out);
/** Withdraw a stray meta page without a transaction of the caller's: what is read afterwards stays
 *  true. The environment must not be read-only. As kvi_txn_begin_write(); also KV_BUSY (no reader
 *  slot). */
kv_status kvi_txn_settle(kvi_env *env);
/** Say whether the commit leaves out syncing its meta page. Without this call it syncs. KV_OK;
 *  KV_IO. */
kv_status kvi_txn_set_lazy(kvi_txn *txn, bool is_lazy);
/** Commit, and free the transaction. KV_OK; KV_COMMIT_UNKNOWN (the meta page could not be written:
 *  the environment is unusable); a failure of LMDB: nothing was written. */
kv_status kvi_txn_commit(kvi_txn *txn);
/** End a transaction without a trace and free it; NULL is fine. */
void kvi_txn_abort(kvi_txn *txn);
/** In a forked child, instead of kvi_txn_abort(): release our part of the memory. LMDB's abort
 * would change the parent's slot. */
void kvi_txn_forget(kvi_txn *txn);
/** The number of a transaction; a reader's is that of the commit that it sees. */
uint64_t kvi_txn_id(const kvi_txn *txn);

/** Find a row. *value_out points into the map and is valid until the transaction ends or writes.
 *  KV_OK; KV_NOT_FOUND; a failure of LMDB. */
kv_status kvi_txn_get(kvi_txn *txn, unsigned table, kv_slice key, kv_slice *value_out);
/** Write a row, over one with that key if there is one. KV_OK; a failure of LMDB. */
kv_status kvi_txn_put(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value);
/** Write a row behind the last one. KV_OK; KV_CORRUPT: the key is not the largest; a failure of
 *  LMDB. */
kv_status kvi_txn_append(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value);
/** Delete a row. KV_OK; KV_NOT_FOUND; a failure of LMDB. */
kv_status kvi_txn_delete(kvi_txn *txn, unsigned table, kv_slice key);
/** The size of a table, as the transaction sees it. KV_OK; a failure of LMDB. */
kv_status kvi_txn_table_facts(kvi_txn *txn, unsigned table, kvi_table_facts *out);
/** A number for the leaf that holds a key; `key` is what a cursor returned. Two keys have the same
 *  number if and only if they are in one leaf, as long as the transaction has not written to it. On
 *  a machine with smaller pages than the file's, one leaf may have several numbers. */
uintptr_t kvi_txn_leaf(const kvi_txn *txn, kv_slice key);

/** A cursor without a position. Close it before the transaction ends. KV_OK; a failure of LMDB. */
kv_status kvi_cursor_open(kvi_txn *txn, unsigned table, kvi_cursor **cursor_out);
/** Close a cursor; NULL is fine. */
void kvi_cursor_close(kvi_cursor *cursor);
/**
 * Move a cursor.
 *
 * @param key        In: for KVI_AT and KVI_AT_LEAST. Out: the row's, in the map.
 * @param value_out  As of kvi_txn_get().
 * Returns KV_OK; KV_NOT_FOUND: there is no such row; a failure of LMDB.
 */
kv_status kvi_cursor_move(kvi_cursor *cursor, kvi_move move, kv_slice *key, kv_slice *value_out);
/** Make room for a row of `size` bytes and leave the cursor there. The caller fills *out before the
 *  next call on the transaction. KV_OK; a failure of LMDB. */
kv_status kvi_cursor_reserve(kvi_cursor *cursor, kv_slice key, size_t size, void **out);
/** The same behind the last row. Also KV_CORRUPT: the key is not the largest, and nothing has
 *  changed. */
kv_status kvi_cursor_append(kvi_cursor *cursor, kv_slice key, size_t size, void **out);
/** Delete the row at the cursor; KVI_NEXT then moves to the one behind it. KV_OK; a failure of
 *  LMDB. */
kv_status kvi_cursor_delete(kvi_cursor *cursor);

#endif
