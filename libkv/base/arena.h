/** Memory that is given out piece by piece and released all at once: one batch's preparation. */
#ifndef KVI_ARENA_H
#define KVI_ARENA_H

#include <stddef.h>

/** A block of memory that pieces are cut from. */
typedef struct kvi_arena_chunk kvi_arena_chunk;

/** An arena; start with {0}. One thread at a time. */
typedef struct kvi_arena {
    kvi_arena_chunk *newest; /**< The chunk that the next piece comes from; NULL: none yet. */
    size_t bytes;            /**< Bytes given out, rounding included. */
} kvi_arena;

/** A piece of `size` bytes, aligned for any type, not zeroed. It does not move, and lives until
 *  kvi_arena_free(). NULL when out of memory. */
void *kvi_arena_take(kvi_arena *arena, size_t size);
/** Give back the tail of the newest piece, which was taken with `taken` bytes and needs only the
 *  first `used`. */
void kvi_arena_trim(kvi_arena *arena, size_t taken, size_t used);
/** Release all pieces; the arena is then empty and can be used again. */
void kvi_arena_free(kvi_arena *arena);

#endif
