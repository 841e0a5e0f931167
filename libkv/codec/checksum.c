#include "codec/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(XXH_VERSION_NUMBER >= 800, "values of XXH3 are stored: they are final since 0.8.0");

struct kvi_checksum_stream {
    XXH3_state_t state;
};

uint64_t kvi_checksum(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

uint64_t kvi_checksum_seeded(const void *data, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, size, seed);
}

kvi_checksum_stream *kvi_checksum_stream_create(void)
{
    /* XXH3's state needs 64-byte alignment, so malloc will not do. */
    return (kvi_checksum_stream *)XXH3_createState();
}

void kvi_checksum_stream_reset(kvi_checksum_stream *stream)
{
    (void)XXH3_64bits_reset(&stream->state);
}

void kvi_checksum_stream_add(kvi_checksum_stream *stream, const void *data, size_t size)
{
    (void)XXH3_64bits_update(&stream->state, data, size);
}

uint64_t kvi_checksum_stream_value(const kvi_checksum_stream *stream)
{
    return XXH3_64bits_digest(&stream->state);
}

void kvi_checksum_stream_free(kvi_checksum_stream *stream)
{
    if (stream != NULL)
        (void)XXH3_freeState(&stream->state);
}
