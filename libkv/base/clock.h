/** The two clocks: the store's time, which tests inject, and the machine's, for measuring. */
#ifndef KVI_CLOCK_H
#define KVI_CLOCK_H

#include "kv.h"

#include <stdbool.h>

typedef struct kvi_clock {
    kv_clock_fn fn; /**< NULL: the system's, as time() has it. */
    void *ctx;
} kvi_clock;

/** Unix seconds. */
int64_t kvi_clock_now(const kvi_clock *clock);
/** Microseconds since some fixed moment; never steps back. */
uint64_t kvi_clock_us(void);
/** The same to a few milliseconds, for a fraction of the price. */
uint64_t kvi_clock_coarse_ms(void);

/** The one rule of expiry: gone if and only if now >= deadline. */
static inline bool kvi_clock_is_due(int64_t deadline, int64_t now)
{
    return now >= deadline;
}

/** now + ttl_s, saturating. ttl_s is at least 1. */
static inline int64_t kvi_clock_deadline(int64_t now, int64_t ttl_s)
{
    return now > INT64_MAX - ttl_s ? INT64_MAX : now + ttl_s;
}

#endif
