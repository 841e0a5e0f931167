/** XXH3, 64 bits: the one checksum of the format. Also the streaming form, for pieces. */
#ifndef KVI_CHECKSUM_H
#define KVI_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** A checksum that is computed in parts. One thread at a time. */
typedef struct kvi_checksum_stream kvi_checksum_stream;

/** The checksum of `size` bytes. */
uint64_t kvi_checksum(const void *data, size_t size);
/** The same with a seed; each seed gives another function. With the checksum of one piece as the
 *  seed for the next, pieces are chained. */
uint64_t kvi_checksum_seeded(const void *data, size_t size, uint64_t seed);

/** Reset it before its first use. NULL when out of memory. */
kvi_checksum_stream *kvi_checksum_stream_create(void);
/** Begin anew. */
void kvi_checksum_stream_reset(kvi_checksum_stream *stream);
/** Add the next bytes. */
void kvi_checksum_stream_add(kvi_checksum_stream *stream, const void *data, size_t size);
/** Of all that was added since reset: equal to kvi_checksum() of the whole. */
uint64_t kvi_checksum_stream_value(const kvi_checksum_stream *stream);
/** Release it; NULL is fine. */
void kvi_checksum_stream_free(kvi_checksum_stream *stream);

#endif
