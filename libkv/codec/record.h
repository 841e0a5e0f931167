/**
 * The record: the content of a row of `values`. Bytes in, bytes out.
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
 * metadata, empty with PIECES; payload_checksum is XXH3 of the stored bytes, in the row or in
 * pieces. Another format, codec or flag is damage: the store's features say what a
 * library must know to read it. On disk: do not renumber.
 */
#ifndef KVI_RECORD_H
#define KVI_RECORD_H

#include "base/fault.h"
#include "kv.h"

#include <stdbool.h>

#define KVI_RECORD_FORMAT 2       /**< The format that is written. */
#define KVI_RECORD_HEADER_MAX 160 /**< Bytes of the longest header: all before metadata. */

/** Flags of a record, beside its codec in codec_flags. */
enum {
    KVI_RECORD_EXPIRES = 0x10, /**< It has a deadline. */
    KVI_RECORD_INHERITED =
        0x20,                /**< The expiry row may stand at (index_deadline, index_sequence). */
    KVI_RECORD_PIECES = 0x40 /**< The stored bytes are in `pieces`. */
};

/** A record, taken apart. Sizes in bytes, times in Unix seconds. */
typedef struct kvi_record {
    uint64_t sequence;         /**< Of the change that wrote it: the key's version. */
    int64_t updated;           /**< When it was written. */
    uint64_t raw_size;         /**< Of the value, before compression. */
    uint64_t stored_size;      /**< Of the value as it is stored. */
    uint64_t payload_checksum; /**< Of the stored bytes. */
    int64_t deadline;          /**< With EXPIRES. */
    int64_t index_deadline;    /**< With INHERITED. */
    uint64_t index_sequence;   /**< With INHERITED. */
    uint64_t piece_count;      /**< With PIECES: how many. */
    uint64_t piece_sequence;   /**< With PIECES: the sequence in their keys. */
    uint32_t dictionary;       /**< With KV_CODEC_ZSTD_DICTIONARY. */
    uint8_t codec;             /**< KV_CODEC_*. */
    uint8_t flags;             /**< KVI_RECORD_*. */
    kvi_fault_kind fault;      /**< If reading it was KV_CORRUPT: why. Of no meaning otherwise. */
    kv_slice metadata;         /**< Borrowed. */
    kv_slice payload;          /**< The stored bytes, borrowed; empty with PIECES. */
} kvi_record;

/** Bytes of the row that kvi_record_encode() writes for this record, payload included. */
size_t kvi_record_size(const kvi_record *record);
/**
 * Write a record to out (kvi_record_size() bytes). metadata and payload are copied from the slices.
 * If payload.data is NULL the caller writes the last payload.size bytes.
 *
 * @param key  The encoded key (codec/key), part of the header's checksum.
 */
void kvi_record_encode(const kvi_record *record, kv_slice key, uint8_t *out);
/** Read a row and verify its header, but not the payload. Slices point into `row`. KV_OK;
 *  KV_CORRUPT: out->fault says why, and the rest of *out is of no meaning. */
kv_status kvi_record_decode(kv_slice row, kv_slice key, kvi_record *out);
/** Verify the stored bytes, which were put together from wherever they lie. KV_OK; KV_CORRUPT. */
kv_status kvi_record_check_stored(const kvi_record *record, kv_slice stored, kvi_fault *fault);
/** Whether this version can decode the record's codec. KV_OK; KV_UNSUPPORTED. */
kv_status kvi_record_check_codec(const kvi_record *record, kvi_fault *fault);
/** Whether the record has not expired at that time (Unix seconds). */
bool kvi_record_is_live(const kvi_record *record, int64_t now);

#endif
