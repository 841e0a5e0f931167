/** Whether bytes fit the capacity of a namespace. */
#ifndef KVI_CAPACITY_H
#define KVI_CAPACITY_H

#include "kv.h"

#include <stdbool.h>

/** Whether `more` bytes fit beside `used` ones, which may exceed a capacity that was lowered. More
 *  than nothing fits only below the capacity; nothing always fits. */
static inline bool kvi_capacity_fits(uint64_t capacity, uint64_t used, uint64_t more)
{
    if (capacity == KV_CAPACITY_UNLIMITED || more == 0)
        return true;
    return used <= capacity && more <= capacity - used;
}

#endif
