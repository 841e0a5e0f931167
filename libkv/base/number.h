/** Arithmetic on unsigned numbers that must not wrap around. */
#ifndef KVI_NUMBER_H
#define KVI_NUMBER_H

#include <stdint.h>

/** The smaller of the two. */
static inline uint64_t kvi_number_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** a - b, or 0 if b is larger. */
static inline uint64_t kvi_number_minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

#endif
