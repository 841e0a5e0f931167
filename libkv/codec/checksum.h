/** XXH3, 64 bits: the one checksum of the format. Also the streaming form, for pieces. */
#ifndef KVI_CHECKSUM_H
#define KVI_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

typedef struct kvi_checksum_stream kvi_checksum_stream;

uint64_t kvi_checksum(const void *data, size_t size);
/** Another function for each seed: chains the checksums of separate pieces. */
uint64_t kvi_checksum_seeded(const void *data, size_t size, uint64_t seed);

/** NULL when out of memory. */
kvi_checksum_stream *kvi_checksum_stream_create(void);
void kvi_checksum_stream_reset(kvi_checksum_stream *stream);
void kvi_checksum_stream_add(kvi_checksum_stream *stream, const void *data, size_t size);
/** Of all that was added since reset: equal to kvi_checksum() of the whole. */
uint64_t kvi_checksum_stream_value(const kvi_checksum_stream *stream);
void kvi_checksum_stream_free(kvi_checksum_stream *stream);

#endif
