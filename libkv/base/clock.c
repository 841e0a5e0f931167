#include "base/clock.h"

#include <time.h>

int64_t kvi_clock_now(const kvi_clock *clock)
{
    struct timespec t;

    if (clock->fn != NULL)
        return clock->fn(clock->ctx);
    /* What time() reads: whole seconds, some milliseconds late, at a fifth of the price. It cannot
       fail with this clock and a valid pointer. */
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec;
}

uint64_t kvi_clock_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t kvi_clock_coarse_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
