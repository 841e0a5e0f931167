/**
 * zstd, and the only place that knows it. A stored frame is single, with its content size, without
 * zstd's checksum (the record has one), window at most 8 MB: fit to be sent as Content-Encoding.
 * Reading never trusts the frame: sizes come from our record.
 */
#ifndef KVI_COMPRESS_H
#define KVI_COMPRESS_H

#include "kv.h"

#include <stdbool.h>

typedef struct kvi_compressor kvi_compressor;
typedef struct kvi_decompressor kvi_decompressor;

/** NULL when out of memory. level 1 to 19. */
kvi_compressor *kvi_compressor_create(int level);
void kvi_compressor_free(kvi_compressor *c);
/** Room that is enough for any input of that size. */
size_t kvi_compress_bound(size_t size);
/**
 * Compress. *size_out 0: not worth it (saves less than 1/16), store it raw.
 * KV_OK or KV_NO_MEMORY.
 */
kv_status kvi_compress(kvi_compressor *c, const void *data, size_t size, void *out, size_t capacity,
                       size_t *size_out);

/** NULL when out of memory. */
kvi_decompressor *kvi_decompressor_create(void);
void kvi_decompressor_free(kvi_decompressor *d);
/** Decompress one frame of exactly `size` bytes into exactly `raw_size`. KV_OK or KV_CORRUPT. */
kv_status kvi_decompress(kvi_decompressor *d, const void *frame, size_t size, void *out,
                         size_t raw_size);

/** Start a frame that comes in parts. KV_OK or KV_NO_MEMORY. */
kv_status kvi_decompress_begin(kvi_decompressor *d);
/**
 * Feed a part; `chunk` gets what comes out. *has_ended_out: the frame is complete. Bytes after its
 * end are KV_CORRUPT. KV_OK; KV_CORRUPT; KV_CANCELLED (chunk said so).
 */
kv_status kvi_decompress_feed(kvi_decompressor *d, const void *part, size_t size,
                              int (*chunk)(void *ctx, const void *data, size_t size), void *ctx,
                              bool *has_ended_out);

#endif
