/**
 * `values`: namespace id (u32 BE) + encoded key -> the record. One row for each key that is live,
 * or has expired and was not removed yet. This file makes the keys of rows; codec/record makes the
 * rows. "A values key" is such a key.
 */
#ifndef KVI_VALUES_H
#define KVI_VALUES_H

#include "codec/key.h"
#include "codec/record.h"
#include "kv.h"
#include "storage/txn.h"

/** Bytes of the longest values key. */
#define KVI_VALUES_KEY_MAX (4 + KVI_KEY_ENCODED_MAX)

/** Write the values key of a checked user key to `out` (KVI_VALUES_KEY_MAX bytes). */
kv_slice kvi_values_key(kv_ns ns, const void *key, size_t size, uint8_t *out);
/** Take a values key apart. *key_out points into it or into scratch (KV_KEY_SIZE_MAX bytes). KV_OK;
 *  KV_CORRUPT (no encoder makes such a key). */
kv_status kvi_values_key_split(kv_slice values_key, uint8_t *scratch, kv_ns *ns_out,
                               kv_slice *key_out);
/** Bytes of the user's key in a values key. KV_OK; KV_CORRUPT (no encoder makes such a key). */
kv_status kvi_values_key_size(kv_slice values_key, size_t *size_out);
/** Write what all values keys of a namespace begin with to `out` (4 bytes). */
kv_slice kvi_values_prefix(kv_ns ns, uint8_t *out);
/** Whether a values key is of that namespace, and more than its prefix. */
bool kvi_values_is_of(kv_slice values_key, kv_ns ns);

/** Find a record and verify its header. *out points into the map, and is valid until the
 * transaction ends or writes. KV_OK; KV_NOT_FOUND; KV_CORRUPT: out->fault says why; a failure of
 * LMDB (storage/txn.h). */
kv_status kvi_values_get(kvi_txn *txn, kv_slice values_key, kvi_record *out);
/** The same if the value is read next: prefetches the row's first bytes, so that they come into the
 *  cache while the header is verified. */
kv_status kvi_values_get_whole(kvi_txn *txn, kv_slice values_key, kvi_record *out);
/** The same with a cursor, left at the row. */
kv_status kvi_values_seek(kvi_cursor *cursor, kv_slice values_key, kvi_record *out);
/** Where a values key is or would be. */
typedef struct kvi_values_place {
    uintptr_t leaf; /**< As kvi_txn_leaf(); 0: behind the last key. */
    bool is_sure;   /**< It is in that leaf; else in that one or in the one before it. */
} kvi_values_place;
/** As kvi_values_seek(), but leaves the cursor anywhere, and says in which leaf the key is or would
 *  be. */
kv_status kvi_values_locate(kvi_txn *txn, kvi_cursor *cursor, kv_slice values_key, kvi_record *out,
                            kvi_values_place *place_out);
/** Write a record, over one with that key if there is one; leaves the cursor there. If payload.data
 * is NULL the caller writes the payload next. KV_OK; a failure of LMDB. */
kv_status kvi_values_put(kvi_cursor *cursor, kv_slice values_key, const kvi_record *record);
/** Decode a row that a cursor gave and verify its header. KV_OK; KV_CORRUPT. */
kv_status kvi_values_decode(kv_slice values_key, kv_slice row, kvi_record *out);
/** Delete the row of `values` alone. KV_OK; KV_NOT_FOUND; a failure of LMDB. */
kv_status kvi_values_delete(kvi_txn *txn, kv_slice values_key);

#endif
