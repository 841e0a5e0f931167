/** Reading single keys in a snapshot. Arguments have been checked; keys have not. */
#ifndef KVI_READ_H
#define KVI_READ_H

#include "codec/record.h"
#include "kv.h"
#include "ops/snapshot.h"

/** The live record of a key; is_value_wanted: its value is read next. KV_OK; KV_NOT_FOUND;
 * KV_CORRUPT; what is wrong with the key or the namespace. */
kv_status kvi_read_find(kv_snapshot *snapshot, kv_ns ns, kv_slice key, bool is_value_wanted,
                        kvi_record *out);
/**
 * A record's value. Raw and whole: borrowed from the map. Else appended to *buf; *value_out then
 * has data NULL and its size: it lies at the end of buf. buf NULL: KV_BUFFER_TOO_SMALL.
 * is_stored: the stored form instead of the value.
 */
kv_status kvi_read_value(kv_snapshot *snapshot, const kvi_record *record, bool is_stored,
                         kv_buf *buf, kv_slice *value_out);
/** The same into memory of exactly raw_size bytes. */
kv_status kvi_read_into(kv_snapshot *snapshot, const kvi_record *record, void *out);
/** Fill in all but key and value. */
void kvi_read_facts(const kvi_record *record, kv_entry *out);
kv_status kvi_read_many(kv_snapshot *snapshot, kv_ns ns, const kv_slice *keys, size_t count,
                        size_t bytes_max, kv_buf *buf, kv_entry *entries);
kv_status kvi_read_chunks(kv_snapshot *snapshot, const kvi_record *record,
                          int (*chunk)(void *ctx, const void *data, size_t size), void *ctx);

#endif
