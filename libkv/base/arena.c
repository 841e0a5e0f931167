#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* A chunk is twice as large as the one before it: one small put takes little. */
#define CHUNK_MIN ((size_t)2 << 10)
#define CHUNK_MAX ((size_t)64 << 10)

struct kvi_arena_chunk {
    kvi_arena_chunk *older;
    size_t used, capacity;
    alignas(max_align_t) char data[];
};

static size_t chunk_capacity(const kvi_arena_chunk *newest, size_t size)
{
    size_t capacity = newest == NULL ? CHUNK_MIN : newest->capacity * 2;

    if (capacity > CHUNK_MAX)
        capacity = CHUNK_MAX;
    return size > capacity ? size : capacity;
}

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
        size_t capacity = chunk_capacity(chunk, size);
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
