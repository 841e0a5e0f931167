#include "storage/file_limit.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

uint64_t kvi_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

static void only_ours(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGXFSZ);
}

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

void kvi_file_limit_begin(kvi_file_limit_hold *hold)
{
    sigset_t ours;

    hold->is_held = false;
    if (kvi_file_limit() == UINT64_MAX)
        return;
    only_ours(&ours);
    hold->was_pending = is_pending();
    hold->is_held = pthread_sigmask(SIG_BLOCK, &ours, &hold->mask) == 0;
}

void kvi_file_limit_end(kvi_file_limit_hold *hold)
{
    const struct timespec at_once = {0, 0};
    int error = errno;
    sigset_t ours;

    if (!hold->is_held)
        return;
    only_ours(&ours);
    if (!hold->was_pending && is_pending())
        (void)sigtimedwait(&ours, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &hold->mask, NULL);
    hold->is_held = false;
    errno = error;
}
