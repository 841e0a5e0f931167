/**
 * The envelope of the rows of `meta`, `namespaces` and `usage`.
 *
 *     row = checksum:u32 size:u16 fields[size] part*
 *
 * checksum is the low half of XXH3 over all that follows it, seeded with XXH3 of the row's key,
 * that seeded with the number of its table: a row that stands at another key or in another table
 * does not verify. (Of row 0 of `usage` it covers the fields alone: the part behind them has its
 * own.)
 *
 * Fields are only ever appended. Who reads takes those that it knows, and who rewrites a row keeps
 * what follows them; the same with parts, each of which says its own size. A row whose fields are
 * shorter than those of the format's first version is damaged. On disk: do not renumber.
 */
#ifndef KVI_ENVELOPE_H
#define KVI_ENVELOPE_H

#include "kv.h"

#include <stdbool.h>

#define KVI_ENVELOPE_HEADER 6     /**< Checksum and size. */
#define KVI_ENVELOPE_ROW_MAX 4096 /**< A larger row is damage. */

/** Where a row stands. */
typedef struct kvi_envelope_place {
    uint32_t table; /**< tables/names.h */
    kv_slice key;
} kvi_envelope_place;

/** A verified row. The slices point into it. */
typedef struct kvi_envelope {
    kv_slice fields; /**< At least as many as were asked for. */
    kv_slice parts;  /**< All that follows. */
} kvi_envelope;

/** Verify a row; known: bytes of fields that it must have. KV_OK; KV_CORRUPT, *out is empty. */
kv_status kvi_envelope_open(kvi_envelope_place place, kv_slice row, size_t known,
                            kvi_envelope *out);
/** The same where the checksum covers only the fields. */
kv_status kvi_envelope_open_fields(kvi_envelope_place place, kv_slice row, size_t known,
                                   kvi_envelope *out);

/** A row being made; start with kvi_envelope_begin(). */
typedef struct kvi_envelope_writer {
    uint8_t bytes[KVI_ENVELOPE_ROW_MAX];
    uint8_t *fields; /**< The known ones: the caller fills them. */
    size_t size;
    bool is_full; /**< Something did not fit. */
} kvi_envelope_writer;

/** Begin a row with `known` bytes of fields, zeros, and behind them those of `old` that are not
 *  known (old empty: none). */
void kvi_envelope_begin(kvi_envelope_writer *writer, size_t known, const kvi_envelope *old);
/** Append bytes of a part. */
void kvi_envelope_add(kvi_envelope_writer *writer, const void *bytes, size_t size);
/** Seal it: *row_out points into the writer. KV_OK; KV_CORRUPT: larger than any row may be. */
kv_status kvi_envelope_end(kvi_envelope_writer *writer, kvi_envelope_place place,
                           kv_slice *row_out);
/** The same where the checksum covers only the fields. */
kv_status kvi_envelope_end_fields(kvi_envelope_writer *writer, kvi_envelope_place place,
                                  kv_slice *row_out);

/** Take `size` bytes from the front of *parts. False: there are fewer, and nothing is taken. */
bool kvi_envelope_take(kv_slice *parts, size_t size, kv_slice *out);

#endif
