/**
 * `values`: namespace id (u32 BE) + encoded key -> the record. One row per key, live or not yet
 * swept. Here is how its keys are made and taken apart; the record is codec/record's.
 */
#ifndef KVI_VALUES_H
#define KVI_VALUES_H

#include "codec/key.h"
#include "codec/record.h"
#include "kv.h"
#include "storage/txn.h"

#define KVI_VALUES_KEY_MAX (4 + KVI_KEY_ENCODED_MAX)

/** Make the key of a checked user key in `out` (KVI_VALUES_KEY_MAX bytes). */
kv_slice kvi_values_key(kv_ns ns, const void *key, size_t size, uint8_t *out);
/** Take one apart. scratch: KV_KEY_SIZE_MAX bytes. KV_OK or KV_CORRUPT. */
kv_status kvi_values_key_split(kv_slice values_key, uint8_t *scratch, kv_ns *ns_out,
                               kv_slice *key_out);
/** The size of the user's key in one, in bytes. KV_OK or KV_CORRUPT (no encoder makes such a key).
 */
kv_status kvi_values_key_size(kv_slice values_key, size_t *size_out);
/** The namespace's part of a key, to begin a scan with (4 bytes). */
kv_slice kvi_values_prefix(kv_ns ns, uint8_t *out);
/** Whether a key is of that namespace. */
bool kvi_values_is_of(kv_slice values_key, kv_ns ns);

/** Read and verify a record's header. KV_OK; KV_NOT_FOUND; KV_CORRUPT. */
kv_status kvi_values_get(kvi_txn *txn, kv_slice values_key, kvi_record *out);
/** The same for who goes on to read the value: prefetches the row's first bytes, so that they come
 *  into the cache while the header is verified. */
kv_status kvi_values_get_whole(kvi_txn *txn, kv_slice values_key, kvi_record *out);
/** The same with a cursor, left at the row. */
kv_status kvi_values_seek(kvi_cursor *cursor, kv_slice values_key, kvi_record *out);
/** Where a key is or would be. */
typedef struct kvi_values_place {
    uintptr_t leaf; /**< As kvi_txn_leaf(); 0: behind the last key. */
    bool is_sure;   /**< It is in that leaf; else in that one or in the one before it. */
} kvi_values_place;
/** As kvi_values_seek(), but moves the cursor elsewhere, and says in which leaf the key is or would
 *  be. */
kv_status kvi_values_locate(kvi_txn *txn, kvi_cursor *cursor, kv_slice values_key, kvi_record *out,
                            kvi_values_place *place_out);
/** Write a record at its key; payload.data NULL leaves the payload to the caller. */
kv_status kvi_values_put(kvi_cursor *cursor, kv_slice values_key, const kvi_record *record);
/** Decode the row that a cursor stands at. */
kv_status kvi_values_decode(kv_slice values_key, kv_slice row, kvi_record *out);
kv_status kvi_values_delete(kvi_txn *txn, kv_slice values_key);

#endif
