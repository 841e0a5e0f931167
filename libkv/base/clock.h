/** The two clocks: the store's time, which tests inject, and the machine's, for measuring. */
#ifndef KVI_CLOCK_H
#define KVI_CLOCK_H

#include "kv.h"

#include <stdbool.h>

/** The store's clock: kv_options.clock. fn may be called by any thread that uses the store. */
typedef struct kvi_clock {
    kv_clock_fn fn; /**< NULL: the system's, as time() has it. */
    void *ctx;      /**< Given to fn. */
} kvi_clock;

/** The store's time, in Unix seconds. It may step back. */
int64_t kvi_clock_now(const kvi_clock *clock);
/** The machine's time, in microseconds since some fixed moment; never steps back. */
uint64_t kvi_clock_us(void);
/** The same in milliseconds, up to a few of them late, for a fraction of the price. */
uint64_t kvi_clock_coarse_ms(void);

/** The one rule of expiry: a record has expired if and only if now >= deadline (Unix seconds). */
static inline bool kvi_clock_is_due(int64_t deadline, int64_t now)
{
    return now >= deadline;
}

/** now + ttl_s in Unix seconds, INT64_MAX at most. ttl_s is at least 1. */
static inline int64_t kvi_clock_deadline(int64_t now, int64_t ttl_s)
{
    return now > INT64_MAX - ttl_s ? INT64_MAX : now + ttl_s;
}

#endif
