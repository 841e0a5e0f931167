/**
 * `expiry`: namespace u32 BE + deadline (i64 BE, sign bit flipped) + sequence u64 BE -> the key in
 * `values`. Exactly one row per record with a deadline, at the record's own position or at the one
 * that it inherited (ops/row). Ordered by namespace first: the expired
 * rows of one namespace do not slow down another.
 */
#ifndef KVI_EXPIRY_H
#define KVI_EXPIRY_H

#include "kv.h"
#include "storage/txn.h"
#include "tables/values.h"

/** Where a row is within its namespace. */
typedef struct kvi_expiry_position {
    int64_t deadline;  /**< Unix seconds. */
    uint64_t sequence; /**< Of the change that set the deadline. */
} kvi_expiry_position;

/** Write a row. KV_OK; a failure of LMDB (storage/txn.h). */
kv_status kvi_expiry_put(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key);
/** Remove a row. KV_OK; KV_NOT_FOUND; a failure of LMDB. */
kv_status kvi_expiry_remove(kvi_txn *txn, kv_ns ns, kvi_expiry_position at);
/** Whether a row is there and names that key. KV_OK; KV_NOT_FOUND; a failure of LMDB. */
kv_status kvi_expiry_check(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key);
/** The position before every row of a namespace. */
#define KVI_EXPIRY_START ((kvi_expiry_position){INT64_MIN, 0})
/**
 * Find the first row of a namespace at or behind *at, if its deadline has come.
 *
 * @param now        Unix seconds.
 * @param at         Becomes the row's position.
 * @param key_bytes  KVI_VALUES_KEY_MAX bytes; the row's key of `values` is copied there.
 * @param key_out    That key; of size 0: the row is damaged and names none.
 * Returns KV_OK; KV_NOT_FOUND (no row has expired); a failure of LMDB.
 */
kv_status kvi_expiry_next_due(kvi_cursor *cursor, kv_ns ns, int64_t now, kvi_expiry_position *at,
                              uint8_t *key_bytes, kv_slice *key_out);
/** Find the lowest namespace above `after` that has a row. KV_OK; KV_NOT_FOUND; a failure of LMDB.
 */
kv_status kvi_expiry_next_namespace(kvi_txn *txn, kv_ns after, kv_ns *ns_out);

#endif
