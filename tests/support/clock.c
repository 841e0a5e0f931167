#include "support/clock.h"

int64_t fake_clock_read(void *ctx)
{
    return atomic_load(&((struct fake_clock *)ctx)->now);
}
