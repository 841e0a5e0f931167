/** Memory that is given out piece by piece and released all at once: one batch's preparation. */
#ifndef KVI_ARENA_H
#define KVI_ARENA_H

#include <stddef.h>

typedef struct kvi_arena_chunk kvi_arena_chunk;

/** Start with {0}. */
typedef struct kvi_arena {
    kvi_arena_chunk *newest;
    size_t bytes; /**< Given out, rounding included. */
} kvi_arena;

/** `size` bytes aligned for any type, not zeroed; NULL when out of memory. Never moves. */
void *kvi_arena_take(kvi_arena *arena, size_t size);
/** Give back the tail of the newest piece: it was taken with `taken` bytes and needs `used`. */
void kvi_arena_trim(kvi_arena *arena, size_t taken, size_t used);
void kvi_arena_free(kvi_arena *arena);

#endif
