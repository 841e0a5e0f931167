/**
 * The envelope of the rows of `meta`, `namespaces` and `usage`.
 *
 *     row = checksum:u32 size:u16 fields[size] part*
 *
 * checksum is the low half of XXH3 over all that follows it, seeded with XXH3 of the row's key,
 * that seeded with the number of its table: a row at another key or in another table
 * does not verify. (Of row 0 of `usage` it covers the fields alone: the part behind them has its
 * own.)
 *
 * New fields are only ever appended. A reader takes the fields that it knows; a writer that changes
 * a row keeps the fields that it does not know. The same holds for parts, each of which says its
 * own size. A row whose fields are shorter than those of the format's first version is damaged. On
 * disk: do not renumber.
 */
#ifndef KVI_ROW_ENVELOPE_H
#define KVI_ROW_ENVELOPE_H

#include "kv.h"

#include <stdbool.h>

#define KVI_ROW_ENVELOPE_HEADER 6 /**< Checksum and size. */
#define KVI_ENVELOPE_ROW_MAX 4096 /**< A larger row is damage. */

/** Where a row is; part of its checksum. */
typedef struct kvi_envelope_place {
    uint32_t table; /**< Its number in tables/catalog.h. */
    kv_slice key;   /**< The row's key in LMDB. Borrowed. */
} kvi_envelope_place;

/** A verified row. The slices point into it. */
typedef struct kvi_envelope {
    kv_slice fields; /**< At least as many bytes as were asked for. */
    kv_slice parts;  /**< All bytes behind the fields. */
} kvi_envelope;

/** Verify a row. known: bytes of fields that it must have at least. KV_OK; KV_CORRUPT: *out is
 *  empty. */
kv_status kvi_envelope_open(kvi_envelope_place place, kv_slice row, size_t known,
                            kvi_envelope *out);
/** The same for a row whose checksum covers only the fields. */
kv_status kvi_envelope_open_fields(kvi_envelope_place place, kv_slice row, size_t known,
                                   kvi_envelope *out);

/** A row that is being made; start with kvi_envelope_begin(). Do not copy: it points into itself.
 */
typedef struct kvi_envelope_writer {
    uint8_t bytes[KVI_ENVELOPE_ROW_MAX];
    uint8_t *fields; /**< The known ones, in bytes[]: the caller fills them. */
    size_t size;     /**< Bytes in use. */
    bool is_full;    /**< Something did not fit; kvi_envelope_end() then fails. */
} kvi_envelope_writer;

/** Begin a row with `known` bytes of fields, all zero, and behind them the fields of `old` that are
 *  not known. An empty `old`: there are none. */
void kvi_envelope_begin(kvi_envelope_writer *writer, size_t known, const kvi_envelope *old);
/** Append bytes of a part. If they do not fit, is_full is set. */
void kvi_envelope_add(kvi_envelope_writer *writer, const void *bytes, size_t size);
/** Put the checksum in; *row_out points into the writer. KV_OK; KV_CORRUPT: it is larger than any
 *  row may be. */
kv_status kvi_envelope_end(kvi_envelope_writer *writer, kvi_envelope_place place,
                           kv_slice *row_out);
/** The same for a row whose checksum covers only the fields. */
kv_status kvi_envelope_end_fields(kvi_envelope_writer *writer, kvi_envelope_place place,
                                  kv_slice *row_out);

/** Move `size` bytes from the front of *parts to *out, which points to where they lie. False: there
 *  are fewer, and nothing is taken. */
bool kvi_envelope_take(kv_slice *parts, size_t size, kv_slice *out);

#endif
