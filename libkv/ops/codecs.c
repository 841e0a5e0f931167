#include "ops/codecs.h"

#define IDLE_MAX 16 /* Contexts of each kind. */

kv_status kvi_codecs_init(kvi_codecs *codecs, int level)
{
    codecs->level = level;
    codecs->compressors = kvi_pool_create(IDLE_MAX);
    codecs->decompressors = kvi_pool_create(IDLE_MAX);
    return codecs->compressors != NULL && codecs->decompressors != NULL ? KV_OK : KV_NO_MEMORY;
}

void kvi_codecs_free(kvi_codecs *codecs)
{
    void *context;

    if (codecs->compressors != NULL)
        while ((context = kvi_pool_take(codecs->compressors)) != NULL)
            kvi_compressor_free(context);
    if (codecs->decompressors != NULL)
        while ((context = kvi_pool_take(codecs->decompressors)) != NULL)
            kvi_decompressor_free(context);
    kvi_pool_free(codecs->compressors);
    kvi_pool_free(codecs->decompressors);
}

kvi_compressor *kvi_codecs_take_compressor(kvi_codecs *codecs)
{
    kvi_compressor *compressor = kvi_pool_take(codecs->compressors);

    return compressor != NULL ? compressor : kvi_compressor_create(codecs->level);
}

void kvi_codecs_leave_compressor(kvi_codecs *codecs, kvi_compressor *compressor)
{
    if (compressor != NULL && !kvi_pool_leave(codecs->compressors, compressor))
        kvi_compressor_free(compressor);
}

kvi_decompressor *kvi_codecs_take_decompressor(kvi_codecs *codecs)
{
    kvi_decompressor *decompressor = kvi_pool_take(codecs->decompressors);

    return decompressor != NULL ? decompressor : kvi_decompressor_create();
}

void kvi_codecs_leave_decompressor(kvi_codecs *codecs, kvi_decompressor *decompressor)
{
    if (decompressor != NULL && !kvi_pool_leave(codecs->decompressors, decompressor))
        kvi_decompressor_free(decompressor);
}
