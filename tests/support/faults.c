#include "support/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The library is compiled with hidden symbols; these must be seen by other shared libraries. */
#define INTERPOSED __attribute__((visibility("default"), used))

#define SHORT (-1) /* As an errno: the write is cut short. */

struct plan {
    _Atomic uint64_t count, fired, skip, times;
    _Atomic int os_errno;
    _Atomic bool after;
    _Atomic size_t short_size; /* With os_errno 0: what is written. */
    void (*_Atomic hook)(void *ctx);
    void *_Atomic hook_ctx;
    void (*_Atomic hook_after)(void *ctx);
    void *_Atomic hook_after_ctx;
};

static struct plan plans[FAULTS_CALLS];

void faults_reset(void)
{
    for (int i = 0; i < FAULTS_CALLS; i++) {
        atomic_store(&plans[i].times, 0);
        atomic_store(&plans[i].hook, NULL);
        atomic_store(&plans[i].hook_after, NULL);
        atomic_store(&plans[i].count, 0);
        atomic_store(&plans[i].fired, 0);
    }
}

uint64_t faults_count(enum faults_call call)
{
    return atomic_load(&plans[call].count);
}

uint64_t faults_fired(enum faults_call call)
{
    return atomic_load(&plans[call].fired);
}

void faults_fail(enum faults_call call, int os_errno, uint64_t skip, uint64_t times)
{
    atomic_store(&plans[call].os_errno, os_errno);
    atomic_store(&plans[call].skip, skip);
    atomic_store(&plans[call].after, false);
    atomic_store(&plans[call].times, times);
}

void faults_fail_after(enum faults_call call, int os_errno, uint64_t skip, uint64_t times)
{
    faults_fail(call, os_errno, skip, times);
    atomic_store(&plans[call].after, true);
}

void faults_short(enum faults_call call, size_t size, uint64_t skip)
{
    atomic_store(&plans[call].short_size, size);
    faults_fail(call, SHORT, skip, 1);
}

void faults_hook(enum faults_call call, void (*hook)(void *ctx), void *ctx)
{
    atomic_store(&plans[call].hook_ctx, ctx);
    atomic_store(&plans[call].hook, hook);
}

void faults_hook_after(enum faults_call call, void (*hook)(void *ctx), void *ctx)
{
    atomic_store(&plans[call].hook_after_ctx, ctx);
    atomic_store(&plans[call].hook_after, hook);
}

int faults_setup(void **state)
{
    faults_reset();
    return fixture_setup(state);
}

int faults_setup_empty(void **state)
{
    faults_reset();
    return fixture_setup_empty(state);
}

int faults_teardown(void **state)
{
    faults_reset();
    return fixture_teardown(state);
}

/* Count one call; the errno it has to fail with, or 0. */
static int call_begin(enum faults_call call)
{
    struct plan *plan = &plans[call];
    void (*hook)(void *) = atomic_load(&plan->hook);

    atomic_fetch_add(&plan->count, 1);
    if (hook != NULL)
        hook(atomic_load(&plan->hook_ctx));
    if (atomic_load(&plan->times) == 0)
        return 0;
    if (atomic_load(&plan->skip) > 0) {
        atomic_fetch_sub(&plan->skip, 1);
        return 0;
    }
    if (atomic_load(&plan->times) != FAULTS_FOR_EVER)
        atomic_fetch_sub(&plan->times, 1);
    atomic_fetch_add(&plan->fired, 1);
    return atomic_load(&plan->os_errno);
}

static long call_end(enum faults_call call, int fault, long number, long a, long b, long c, long d)
{
    void (*hook)(void *) = atomic_load(&plans[call].hook_after);
    long result = -1;

    if (fault == 0 || atomic_load(&plans[call].after))
        result = syscall(number, a, b, c, d);
    if (hook != NULL)
        hook(atomic_load(&plans[call].hook_after_ctx));
    if (fault != 0) {
        errno = fault;
        return -1;
    }
    return result;
}

/* A write of `size` bytes at `data`, the parameters b and c. */
static long write_run(enum faults_call call, long number, long a, const void *data, size_t size,
                      long d)
{
    int fault = call_begin(call);

    if (fault == SHORT) {
        size = size < plans[call].short_size ? size : plans[call].short_size;
        fault = 0;
    }
    return call_end(call, fault, number, a, (long)data, (long)size, d);
}

static long call_run(enum faults_call call, long number, long a, long b, long c, long d)
{
    return call_end(call, call_begin(call), number, a, b, c, d);
}

static enum faults_call pwrite_kind(int fd)
{
    long flags = syscall(SYS_fcntl, fd, F_GETFL, 0);

    return flags >= 0 && (flags & O_DSYNC) != 0 ? FAULTS_META : FAULTS_PWRITE;
}

INTERPOSED ssize_t write(int fd, const void *data, size_t size)
{
    return write_run(FAULTS_WRITE, SYS_write, fd, data, size, 0);
}

INTERPOSED ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return write_run(pwrite_kind(fd), SYS_pwrite64, fd, data, size, at);
}

INTERPOSED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return write_run(pwrite_kind(fd), SYS_pwrite64, fd, data, size, at);
}

static size_t short_of(const struct iovec *part)
{
    size_t most = plans[FAULTS_WRITEV].short_size;

    return part->iov_len < most ? part->iov_len : most;
}

INTERPOSED ssize_t writev(int fd, const struct iovec *parts, int count)
{
    int fault = call_begin(FAULTS_WRITEV);

    if (fault == SHORT)
        return syscall(SYS_write, fd, parts[0].iov_base, short_of(&parts[0]));
    return call_end(FAULTS_WRITEV, fault, SYS_writev, fd, (long)parts, count, 0);
}

INTERPOSED ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    /* The position's upper half is a fifth argument; on 64-bit systems nothing looks at it. */
    int fault = call_begin(FAULTS_WRITEV);

    if (fault == SHORT)
        return syscall(SYS_pwrite64, fd, parts[0].iov_base, short_of(&parts[0]), at);
    return call_end(FAULTS_WRITEV, fault, SYS_pwritev, fd, (long)parts, count, at);
}

INTERPOSED int fdatasync(int fd)
{
    return (int)call_run(FAULTS_FDATASYNC, SYS_fdatasync, fd, 0, 0, 0);
}

INTERPOSED int fsync(int fd)
{
    return (int)call_run(FAULTS_FSYNC, SYS_fsync, fd, 0, 0, 0);
}

INTERPOSED int ftruncate(int fd, off_t size)
{
    return (int)call_run(FAULTS_FTRUNCATE, SYS_ftruncate, fd, size, 0, 0);
}

INTERPOSED int ftruncate64(int fd, off64_t size)
{
    return (int)call_run(FAULTS_FTRUNCATE, SYS_ftruncate, fd, size, 0, 0);
}

INTERPOSED int fallocate(int fd, int mode, off_t at, off_t size)
{
    return (int)call_run(FAULTS_FALLOCATE, SYS_fallocate, fd, mode, at, size);
}

INTERPOSED int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return (int)call_run(FAULTS_FALLOCATE, SYS_fallocate, fd, mode, at, size);
}

/* This one answers the error itself. */
INTERPOSED int posix_fallocate(int fd, off_t at, off_t size)
{
    return fallocate(fd, 0, at, size) == 0 ? 0 : errno;
}

INTERPOSED int posix_fallocate64(int fd, off64_t at, off64_t size)
{
    return fallocate(fd, 0, at, size) == 0 ? 0 : errno;
}

INTERPOSED int link(const char *from, const char *to)
{
    return (int)call_run(FAULTS_LINK, SYS_link, (long)from, (long)to, 0, 0);
}
