/**
 * Bytes of a value from an offset on. Of a raw value in pieces only the pieces that hold them are
 * read. A compressed value is decompressed from its beginning: a range that begins at or
 * behind the end of the last one continues from there, so that reading a value from front to end
 * costs what reading it at once does.
 */
#ifndef KVI_RANGE_H
#define KVI_RANGE_H

#include "base/fault.h"
#include "codec/record.h"
#include "kv.h"
#include "ops/codecs.h"
#include "storage/txn.h"

/** How far a compressed value was read; start with {0}. Good within one view of the store. */
typedef struct kvi_range {
    kvi_decompressor *decompressor; /**< NULL: there is no such value. */
    uint64_t version;               /**< Of the value, with the next three: which one it is. */
    uint64_t payload_checksum, raw_size, stored_size;
    uint64_t raw_at;    /**< Bytes that came out. */
    uint64_t stored_at; /**< Bytes that went in. */
    bool has_ended;     /**< The frame is complete. */
} kvi_range;

/** What a range is read from. */
typedef struct kvi_range_source {
    kvi_txn *txn;
    kvi_codecs *codecs; /**< Lends the decompressor until kvi_range_end(). */
    uint32_t page_size; /**< Of the file. */
} kvi_range_source;

/**
 * Read bytes [offset, offset + capacity) of a record's value, as far as it has them.
 *
 * @param range     The state between calls.
 * @param size_out  Bytes read; 0 at the value's end and behind it.
 * @param fault     Set with KV_CORRUPT and KV_UNSUPPORTED.
 * Returns KV_OK; KV_CORRUPT; KV_UNSUPPORTED (the codec); KV_NO_MEMORY; a failure of LMDB
 * (storage/txn.h).
 */
kv_status kvi_range_read(kvi_range *range, const kvi_range_source *source, const kvi_record *record,
                         uint64_t offset, void *out, size_t capacity, size_t *size_out,
                         kvi_fault *fault);
/** Forget the state and give the decompressor back. */
void kvi_range_end(kvi_range *range, kvi_codecs *codecs);

#endif
