/**
 * Idle objects waiting for re-use in atomic slots, a cache line each: no lock, and threads that
 * begin at different slots do not meet. (A mutex made two reader threads slower than one.)
 */
#ifndef KVI_POOL_H
#define KVI_POOL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kvi_pool kvi_pool;

/** NULL when out of memory. */
kvi_pool *kvi_pool_create(size_t slots);
/** An idle object, or NULL. */
void *kvi_pool_take(kvi_pool *pool);
/** Leave an object for re-use; false when no free slot was met: it stays the caller's. */
bool kvi_pool_leave(kvi_pool *pool, void *object);
/** NULL is fine. What is left inside is the caller's: take it out first. */
void kvi_pool_free(kvi_pool *pool);

#endif
