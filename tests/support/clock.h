/* A clock that stands still until a test moves it; given to the store as kv_options.clock. */
#ifndef SUPPORT_CLOCK_H
#define SUPPORT_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

#define FAKE_CLOCK_START INT64_C(1700000000)

struct fake_clock {
    _Atomic int64_t now;
};

/** A kv_clock_fn; ctx is a struct fake_clock. */
int64_t fake_clock_read(void *ctx);

#endif
