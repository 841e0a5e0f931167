/**
 * The record: what stands in a row of `values`. Bytes in, bytes out.
 *
 *     record   = header_checksum:u32 format:u8 codec_flags:u8 payload_checksum:u64 fields
 *                metadata payload
 *     fields   = sequence:v updated:z raw_size:v metadata_size:v
 *                [dictionary:v]                                 codec is zstd with a dictionary
 *                [deadline:z]                                   EXPIRES
 *                [index_deadline:z index_sequence:v]            INHERITED
 *                [stored_size:v piece_count:v piece_sequence:v] PIECES
 *
 * u: fixed, little-endian; v: varint; z: varint of the zigzag form. header_checksum is the low half
 * of XXH3 over format..metadata, seeded with XXH3 of the encoded key. payload is all that follows
 * metadata, empty with PIECES; payload_checksum is XXH3 of the stored bytes, wherever they are.
 * Another format, codec or flag is damage: what a library must know to read a store is said by the
 * store's features. On disk: do not renumber.
 */
#ifndef KVI_RECORD_H
#define KVI_RECORD_H

#include "kv.h"

#include <stdbool.h>

#define KVI_RECORD_FORMAT 2
/** Longest header: everything before metadata. */
#define KVI_RECORD_HEADER_MAX 160

enum {
    KVI_RECORD_EXPIRES = 0x10,
    KVI_RECORD_INHERITED =
        0x20,                /**< The expiry row may stand at (index_deadline, index_sequence). */
    KVI_RECORD_PIECES = 0x40 /**< The stored bytes are in `pieces`. */
};

typedef struct kvi_record {
    uint64_t sequence; /**< = the version. */
    int64_t updated;
    uint64_t raw_size;    /**< Before compression. */
    uint64_t stored_size; /**< As stored. */
    uint64_t payload_checksum;
    int64_t deadline;       /**< With EXPIRES. */
    int64_t index_deadline; /**< With INHERITED. */
    uint64_t index_sequence;
    uint64_t piece_count, piece_sequence; /**< With PIECES. */
    uint32_t dictionary;
    uint8_t codec; /**< KV_CODEC_*. */
    uint8_t flags; /**< KVI_RECORD_*. */
    kv_slice metadata;
    kv_slice payload; /**< Empty with PIECES. */
} kvi_record;

/** Bytes of the row that encode() writes for this record, payload included. */
size_t kvi_record_size(const kvi_record *record);
/**
 * Write a record. `key` is the encoded key. metadata and payload are copied from the slices;
 * payload.data NULL leaves room for it.
 */
void kvi_record_encode(const kvi_record *record, kv_slice key, uint8_t *out);
/** Read and verify the header. Slices point into `row`. KV_OK; KV_CORRUPT. */
kv_status kvi_record_decode(kv_slice row, kv_slice key, kvi_record *out);
/** Whether the record is there at that time. */
bool kvi_record_is_live(const kvi_record *record, int64_t now);

#endif
