#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define CHUNK_SIZE ((size_t)64 << 10)

struct kvi_arena_chunk {
    kvi_arena_chunk *older;
    size_t used, capacity;
    alignas(max_align_t) char data[];
};

static size_t arena_round(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

void *kvi_arena_take(kvi_arena *arena, size_t size)
{
    kvi_arena_chunk *chunk = arena->newest;
    void *piece;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = arena_round(size);
    if (chunk == NULL || chunk->capacity - chunk->used < size) {
        size_t capacity = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        chunk = malloc(sizeof(*chunk) + capacity);
        if (chunk == NULL)
            return NULL;
        chunk->older = arena->newest;
        chunk->used = 0;
        chunk->capacity = capacity;
        arena->newest = chunk;
    }
    piece = chunk->data + chunk->used;
    chunk->used += size;
    arena->bytes += size;
    return piece;
}

void kvi_arena_trim(kvi_arena *arena, size_t taken, size_t used)
{
    size_t back = arena_round(taken) - arena_round(used);

    arena->newest->used -= back;
    arena->bytes -= back;
}

void kvi_arena_free(kvi_arena *arena)
{
    while (arena->newest != NULL) {
        kvi_arena_chunk *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
    arena->bytes = 0;
}
