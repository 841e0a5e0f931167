#include "base/pool.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define CACHE_LINE 64

typedef struct pool_slot {
    alignas(CACHE_LINE) _Atomic(void *) object;
} pool_slot;

struct kvi_pool {
    size_t count;
    pool_slot *slots;
};

kvi_pool *kvi_pool_create(size_t slots)
{
    kvi_pool *pool = malloc(sizeof(*pool));

    if (pool == NULL)
        return NULL;
    pool->count = slots;
    pool->slots = aligned_alloc(CACHE_LINE, slots * sizeof(pool_slot));
    if (pool->slots == NULL) {
        free(pool);
        return NULL;
    }
    for (size_t i = 0; i < slots; i++)
        atomic_init(&pool->slots[i].object, NULL);
    return pool;
}

/* Where this thread begins to look. Stacks of threads lie megabytes apart, so the address of a
   local tells threads apart without a thread-local variable. */
static size_t pool_start(const kvi_pool *pool)
{
    char here;
    uintptr_t stack = (uintptr_t)&here;

    return (size_t)(((stack >> 16) * 0x9E3779B97F4A7C15u) >> 32) % pool->count;
}

void *kvi_pool_take(kvi_pool *pool)
{
    size_t start = pool_start(pool);

    for (size_t i = 0; i < pool->count; i++) {
        size_t at = start + i < pool->count ? start + i : start + i - pool->count;
        pool_slot *slot = &pool->slots[at];
        void *object;
        if (atomic_load_explicit(&slot->object, memory_order_relaxed) == NULL)
            continue;
        object = atomic_exchange(&slot->object, NULL);
        if (object != NULL)
            return object;
    }
    return NULL;
}

bool kvi_pool_leave(kvi_pool *pool, void *object)
{
    size_t start = pool_start(pool);

    for (size_t i = 0; i < pool->count; i++) {
        size_t at = start + i < pool->count ? start + i : start + i - pool->count;
        pool_slot *slot = &pool->slots[at];
        void *empty = NULL;
        if (atomic_load_explicit(&slot->object, memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong(&slot->object, &empty, object))
            return true;
    }
    return false;
}

void kvi_pool_free(kvi_pool *pool)
{
    if (pool == NULL)
        return;
    free(pool->slots);
    free(pool);
}
