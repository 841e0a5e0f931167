#include "codec/compress.h"

#include "base/number.h"
#include "base/slice.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* 8 MB: what a receiver of Content-Encoding: zstd must support (RFC 9659). No level up to 19 uses a
   larger window. */
#define WINDOW_LOG_MAX 23
#define WORTH_SHARE 16 /* Keep the frame only if it saves at least one part in this many. */

struct kvi_compressor {
    ZSTD_CCtx *context;
};

struct kvi_decompressor {
    ZSTD_DCtx *context;
    size_t chunk_size;
    char chunk[]; /* ZSTD_DStreamOutSize() bytes: any block fits. */
};

kvi_compressor *kvi_compressor_create(int level)
{
    kvi_compressor *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->context = ZSTD_createCCtx();
    if (c->context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(c->context, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(c->context, ZSTD_c_checksumFlag, 0)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(c->context, ZSTD_c_contentSizeFlag, 1))) {
        kvi_compressor_free(c);
        return NULL;
    }
    return c;
}

void kvi_compressor_free(kvi_compressor *c)
{
    if (c == NULL)
        return;
    ZSTD_freeCCtx(c->context);
    free(c);
}

size_t kvi_compress_bound(size_t size)
{
    return ZSTD_compressBound(size);
}

kv_status kvi_compress(kvi_compressor *c, const void *data, size_t size, void *out, size_t capacity,
                       size_t *size_out)
{
    size_t used;

    *size_out = 0;
    used = ZSTD_compress2(c->context, out, capacity, data, size);
    if (ZSTD_isError(used))
        return KV_NO_MEMORY; /* With enough room nothing else can fail. */
    if (used <= size - size / WORTH_SHARE)
        *size_out = used;
    return KV_OK;
}

kvi_decompressor *kvi_decompressor_create(void)
{
    size_t chunk_size = ZSTD_DStreamOutSize();
    kvi_decompressor *d = malloc(sizeof(*d) + chunk_size);

    if (d == NULL)
        return NULL;
    d->chunk_size = chunk_size;
    d->context = ZSTD_createDCtx();
    if (d->context == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(d->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
        kvi_decompressor_free(d);
        return NULL;
    }
    return d;
}

void kvi_decompressor_free(kvi_decompressor *d)
{
    if (d == NULL)
        return;
    ZSTD_freeDCtx(d->context);
    free(d);
}

kv_status kvi_decompress(kvi_decompressor *d, const void *frame, size_t size, void *out,
                         size_t raw_size)
{
    if (ZSTD_findFrameCompressedSize(frame, size) != size ||
        ZSTD_getFrameContentSize(frame, size) != raw_size)
        return KV_CORRUPT;
    return ZSTD_decompressDCtx(d->context, out, raw_size, frame, size) == raw_size ? KV_OK
                                                                                   : KV_CORRUPT;
}

kvi_fault_kind kvi_decompress_fault(const void *frame, size_t size, size_t raw_size)
{
    unsigned long long stated = ZSTD_getFrameContentSize(frame, size);
    bool is_stated = stated != ZSTD_CONTENTSIZE_ERROR && stated != ZSTD_CONTENTSIZE_UNKNOWN;

    return is_stated && stated != raw_size ? KVI_FAULT_FRAME_SIZE : KVI_FAULT_FRAME;
}

kv_status kvi_decompress_begin(kvi_decompressor *d)
{
    return ZSTD_isError(ZSTD_DCtx_reset(d->context, ZSTD_reset_session_only)) ? KV_NO_MEMORY
                                                                              : KV_OK;
}

kv_status kvi_decompress_pull(kvi_decompressor *d, kv_slice *part, void *out, size_t capacity,
                              size_t *size_out, bool *has_ended_out)
{
    ZSTD_inBuffer in = {part->data, part->size, 0};
    kv_status status = KV_OK;

    *size_out = 0;
    while (!*has_ended_out && *size_out < capacity) {
        size_t left = capacity - *size_out;
        ZSTD_outBuffer to =
            out != NULL ? (ZSTD_outBuffer){(char *)out + *size_out, left, 0}
                        : (ZSTD_outBuffer){d->chunk, kvi_number_least(left, d->chunk_size), 0};
        size_t more = ZSTD_decompressStream(d->context, &to, &in);
        if (ZSTD_isError(more)) {
            status =
                ZSTD_getErrorCode(more) == ZSTD_error_memory_allocation ? KV_NO_MEMORY : KV_CORRUPT;
            break;
        }
        *size_out += to.pos;
        *has_ended_out = more == 0;
        if (in.pos == in.size && to.pos < to.size)
            break; /* All eaten and all given out. */
    }
    *part = kvi_slice((const char *)part->data + in.pos, part->size - in.pos);
    return status;
}

kv_status kvi_decompress_feed(kvi_decompressor *d, const void *part, size_t size,
                              int (*chunk)(void *ctx, const void *data, size_t size), void *ctx,
                              bool *has_ended_out)
{
    kv_slice left = kvi_slice(part, size);

    while (!*has_ended_out) {
        size_t got;
        kv_status status =
            kvi_decompress_pull(d, &left, d->chunk, d->chunk_size, &got, has_ended_out);
        if (status != KV_OK)
            return status;
        if (got > 0 && chunk(ctx, d->chunk, got) != 0)
            return KV_CANCELLED;
        if (left.size == 0 && got < d->chunk_size)
            break; /* The next part may have more. */
    }
    return left.size == 0 ? KV_OK : KV_CORRUPT;
}
