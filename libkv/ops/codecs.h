/**
 * The contexts of zstd that a handle keeps: making one costs more than a small value takes. Idle
 * ones wait here, at most 16 of each kind. Threads: any.
 */
#ifndef KVI_CODECS_H
#define KVI_CODECS_H

#include "base/pool.h"
#include "codec/compress.h"

/** The idle contexts. */
typedef struct kvi_codecs {
    kvi_pool *compressors, *decompressors;
    int level; /**< Of the compressors. */
} kvi_codecs;

/** Make it, without contexts. KV_OK; KV_NO_MEMORY: free it nevertheless. */
kv_status kvi_codecs_init(kvi_codecs *codecs, int level);
/** Release all that wait. */
void kvi_codecs_free(kvi_codecs *codecs);
/** A compressor, for the caller alone; give it back. NULL when out of memory. */
kvi_compressor *kvi_codecs_take_compressor(kvi_codecs *codecs);
/** Give one back; NULL is fine. */
void kvi_codecs_leave_compressor(kvi_codecs *codecs, kvi_compressor *compressor);
/** A decompressor, for the caller alone; give it back. NULL when out of memory. */
kvi_decompressor *kvi_codecs_take_decompressor(kvi_codecs *codecs);
/** Give one back; NULL is fine. */
void kvi_codecs_leave_decompressor(kvi_codecs *codecs, kvi_decompressor *decompressor);

#endif
