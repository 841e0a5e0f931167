#include "base/wakeup.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void kvi_wakeup_enter(kvi_wakeup *wakeup)
{
    (void)atomic_fetch_add(&wakeup->sleepers, 1);
}

void kvi_wakeup_leave(kvi_wakeup *wakeup)
{
    (void)atomic_fetch_sub(&wakeup->sleepers, 1);
}

uint32_t kvi_wakeup_events(const kvi_wakeup *wakeup)
{
    return atomic_load(&wakeup->events);
}

void kvi_wakeup_sleep(kvi_wakeup *wakeup, uint32_t events, uint64_t us)
{
    struct timespec t = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

    /* A signal, or an event between the look and the call, only makes us look sooner. */
    (void)syscall(SYS_futex, &wakeup->events, FUTEX_WAIT_PRIVATE, events, &t, NULL, 0);
}

void kvi_wakeup_all(kvi_wakeup *wakeup)
{
    (void)atomic_fetch_add(&wakeup->events, 1);
    /* It cannot fail, so a signal handler leaves errno as it was. */
    if (atomic_load(&wakeup->sleepers) > 0)
        (void)syscall(SYS_futex, &wakeup->events, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
