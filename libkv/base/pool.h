/**
 * Idle objects waiting for re-use in atomic slots, a cache line each: no lock, and threads that
 * begin at different slots do not meet. (A mutex made two reader threads slower than one.)
 */
#ifndef KVI_POOL_H
#define KVI_POOL_H

#include <stdbool.h>
#include <stddef.h>

/** A pool. Any number of threads may take and leave at once. */
typedef struct kvi_pool kvi_pool;

/** A pool of at most `slots` idle objects. NULL when out of memory. */
kvi_pool *kvi_pool_create(size_t slots);
/** An idle object, which is then the caller's; NULL: none was found. */
void *kvi_pool_take(kvi_pool *pool);
/** Leave an object for re-use. False: no free slot was found, and the object stays the caller's. */
bool kvi_pool_leave(kvi_pool *pool, void *object);
/** Release the pool; NULL is fine. Objects that are in it are lost: take them out first. */
void kvi_pool_free(kvi_pool *pool);

#endif
