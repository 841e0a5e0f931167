/**
 * zstd; no other file knows it. A stored value is one frame with its content size, without zstd's
 * checksum (the record has one), with a window of at most 8 MB: it can be sent as it is, with
 * Content-Encoding: zstd. Reading never trusts the frame: sizes come from our record.
 */
#ifndef KVI_COMPRESS_H
#define KVI_COMPRESS_H

#include "base/fault.h"
#include "kv.h"

#include <stdbool.h>

/** zstd's state for compressing. One thread at a time. */
typedef struct kvi_compressor kvi_compressor;
/** zstd's state for decompressing. One thread at a time. */
typedef struct kvi_decompressor kvi_decompressor;

/** A compressor of that level, 1 to 19. NULL when out of memory. */
kvi_compressor *kvi_compressor_create(int level);
/** Release it; NULL is fine. */
void kvi_compressor_free(kvi_compressor *c);
/** Bytes that are enough for the frame of any input of that size. */
size_t kvi_compress_bound(size_t size);
/**
 * Compress.
 *
 * @param out       Room for `capacity` bytes, kvi_compress_bound() at least.
 * @param size_out  Bytes of the frame; 0: it saves less than a sixteenth, store the value raw.
 * Returns KV_OK; KV_NO_MEMORY.
 */
kv_status kvi_compress(kvi_compressor *c, const void *data, size_t size, void *out, size_t capacity,
                       size_t *size_out);

/** A decompressor. NULL when out of memory. */
kvi_decompressor *kvi_decompressor_create(void);
/** Release it; NULL is fine. */
void kvi_decompressor_free(kvi_decompressor *d);
/** Decompress one frame of exactly `size` bytes to exactly raw_size bytes at `out`. KV_OK;
 *  KV_CORRUPT: it is not such a frame, and `out` may be written to in part. */
kv_status kvi_decompress(kvi_decompressor *d, const void *frame, size_t size, void *out,
                         size_t raw_size);
/** Why kvi_decompress() with these was KV_CORRUPT. */
kvi_fault_kind kvi_decompress_fault(const void *frame, size_t size, size_t raw_size);

/** Begin a frame that comes in parts. KV_OK; KV_NO_MEMORY. */
kv_status kvi_decompress_begin(kvi_decompressor *d);
/**
 * Decompress a part of a frame into memory. Ask again, with what is left of the part or with the
 * next one, for what comes behind.
 *
 * @param part           In: the part. Out: the bytes of it that were not needed yet.
 * @param out            Room for `capacity` bytes, at least 1. NULL: what comes out is dropped.
 * @param size_out       Bytes that came out; less than capacity if the part has no more, or the
 *                       frame has ended.
 * @param has_ended_out  As of kvi_decompress_feed().
 * Returns KV_OK; KV_CORRUPT (damage); KV_NO_MEMORY.
 */
kv_status kvi_decompress_pull(kvi_decompressor *d, kv_slice *part, void *out, size_t capacity,
                              size_t *size_out, bool *has_ended_out);
/**
 * Decompress a part of a frame, all of it.
 *
 * @param chunk          Gets what comes out; the bytes are valid during the call. Any answer but 0
 *                       stops.
 * @param has_ended_out  False before the first part; becomes true when the frame is complete.
 * Returns KV_OK; KV_CORRUPT (damage, or bytes behind the end of the frame); KV_NO_MEMORY;
 * KV_CANCELLED (chunk stopped it).
 */
kv_status kvi_decompress_feed(kvi_decompressor *d, const void *part, size_t size,
                              int (*chunk)(void *ctx, const void *data, size_t size), void *ctx,
                              bool *has_ended_out);

#endif
