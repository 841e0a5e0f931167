/**
 * `expiry`: namespace u32 BE + deadline (i64 BE, sign bit flipped) + sequence u64 BE -> the key in
 * `values`. Exactly one row per record with a deadline, at the record's own position or at the one
 * that it inherited (ops/row). Ordered by namespace first: one tenant's backlog slows no other.
 */
#ifndef KVI_EXPIRY_H
#define KVI_EXPIRY_H

#include "kv.h"
#include "storage/txn.h"
#include "tables/values.h"

typedef struct kvi_expiry_position {
    int64_t deadline;
    uint64_t sequence;
} kvi_expiry_position;

kv_status kvi_expiry_put(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key);
/** KV_NOT_FOUND if there is none. */
kv_status kvi_expiry_remove(kvi_txn *txn, kv_ns ns, kvi_expiry_position at);
/** KV_OK: a row stands there and names that key; KV_NOT_FOUND. */
kv_status kvi_expiry_check(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key);
/** Before every row of a namespace. */
#define KVI_EXPIRY_START ((kvi_expiry_position){INT64_MIN, 0})
/**
 * The oldest row of a namespace from *at on, if it is due; *at becomes its position, its key is
 * copied to key_bytes (KVI_VALUES_KEY_MAX), of size 0 when it is none. KV_OK; KV_NOT_FOUND (nothing
 * is due).
 */
kv_status kvi_expiry_next_due(kvi_cursor *cursor, kv_ns ns, int64_t now, kvi_expiry_position *at,
                              uint8_t *key_bytes, kv_slice *key_out);
/** The lowest namespace above `after` with a row. KV_OK or KV_NOT_FOUND. */
kv_status kvi_expiry_next_namespace(kvi_txn *txn, kv_ns after, kv_ns *ns_out);

#endif
