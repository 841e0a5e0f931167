/** Reading single keys in a snapshot. Arguments have been checked; keys have not. What is borrowed
 * is valid until the snapshot is renewed or ended. */
#ifndef KVI_READ_H
#define KVI_READ_H

#include "codec/record.h"
#include "kv.h"
#include "ops/snapshot.h"

/**
 * Find the live record of a key.
 *
 * @param is_value_wanted  Its value is read next: fetch the row ahead.
 * Returns KV_OK; KV_NOT_FOUND; KV_KEY_MALFORMED; KV_KEY_TOO_LONG; KV_NAMESPACE_NOT_FOUND;
 * KV_CORRUPT; a failure of LMDB (storage/txn.h).
 */
kv_status kvi_read_find(kv_snapshot *snapshot, kv_ns ns, kv_slice key, bool is_value_wanted,
                        kvi_record *out);
/** Read a key in a snapshot of its own. The value is copied into *buf, over what it holds. As
 *  kv_get_now(). */
kv_status kvi_read_now(kv_db *db, kv_ns ns, kv_slice key, kv_buf *buf, kv_slice *value_out);
/** Fill in an entry from a record: all but key and value. */
void kvi_read_facts(const kvi_record *record, kv_entry *out);
/**
 * Read many keys. Each entry gets its own status; values that are not borrowed lie in *buf.
 *
 * @param bytes_max  Bytes that values may take in *buf; an entry beyond that is KV_TOO_LARGE. 0: no
 *                   bound.
 * @param buf        What it holds before is overwritten.
 * Returns KV_OK; KV_NO_MEMORY; KV_NAMESPACE_NOT_FOUND; a failure of LMDB. On failure no entry is
 * valid.
 */
kv_status kvi_read_many(kv_snapshot *snapshot, kv_ns ns, const kv_slice *keys, size_t count,
                        size_t bytes_max, kv_buf *buf, kv_entry *entries);

#endif
