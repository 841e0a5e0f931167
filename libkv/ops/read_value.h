/** Reading the value of a record: borrowed, copied, decompressed, or in parts; always verified. A
 * failure is noted in the snapshot with the key at hand: the record was read last on it. */
#ifndef KVI_READ_VALUE_H
#define KVI_READ_VALUE_H

#include "codec/record.h"
#include "kv.h"
#include "ops/snapshot.h"

/**
 * Read a record's value, and verify it. A value that is raw and not in pieces is borrowed from the
 * map. Any other is appended to *buf; *value_out then has its size and data NULL.
 *
 * @param is_stored  Read the bytes as they are stored instead of the value.
 * @param buf        NULL: there is none.
 * Returns KV_OK; KV_BUFFER_TOO_SMALL (a buffer is needed); KV_CORRUPT; KV_UNSUPPORTED (the codec);
 * KV_NO_MEMORY; a failure of LMDB.
 */
kv_status kvi_read_value(kv_snapshot *snapshot, const kvi_record *record, bool is_stored,
                         kv_buf *buf, kv_slice *value_out);
/** The value into memory of exactly record->raw_size bytes. Returns as kvi_read_value(). */
kv_status kvi_read_value_into(kv_snapshot *snapshot, const kvi_record *record, void *out);
/**
 * Give a value in parts, valid during the call of `chunk`; any answer but 0 stops. The checksum is
 * known only at the end: with another status than KV_OK what was given must not be used.
 *
 * Returns KV_OK; KV_CANCELLED (chunk stopped it); KV_CORRUPT; KV_UNSUPPORTED (the codec);
 * KV_NO_MEMORY; a failure of LMDB.
 */
kv_status kvi_read_value_chunks(kv_snapshot *snapshot, const kvi_record *record,
                                int (*chunk)(void *ctx, const void *data, size_t size), void *ctx);
/** Read a part of a value, as kvi_range_read(), with the snapshot's own state. */
kv_status kvi_read_value_range(kv_snapshot *snapshot, const kvi_record *record, uint64_t offset,
                               void *out, size_t capacity, size_t *size_out);

#endif
