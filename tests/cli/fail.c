/* A library for LD_PRELOAD, by what the environment says. KV_FAIL_MALLOC: the allocation of that
 * number (from 0) fails, once; at the end the number of allocations goes to descriptor 9, if that
 * is open. KV_FAIL_META: the first write of LMDB's synced meta page fails, "before" its bytes are
 * in the file or "after". KV_FAIL_RENAME, KV_FAIL_CHMOD: the first such call fails.
 * KV_STEP_TIME: each look at the clock that the library tells the time by finds it so many seconds
 * further on. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic long made;
static long to_fail = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("KV_FAIL_MALLOC");

    to_fail = number == NULL ? -1 : atol(number);
    atomic_store(&made, 0);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "%ld\n", atomic_load(&made));

    if (write(9, text, (size_t)size) < 0)
        return;
}

static int must_fail(void)
{
    if (atomic_fetch_add(&made, 1) != to_fail)
        return 0;
    errno = ENOMEM;
    return 1;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static _Atomic long looks;
    const char *step = clock == CLOCK_REALTIME_COARSE ? getenv("KV_STEP_TIME") : NULL;
    int code = (int)syscall(SYS_clock_gettime, clock, out);

    if (step != NULL)
        out->tv_sec += atol(step) * (atomic_fetch_add(&looks, 1) + 1);
    return code;
}

int rename(const char *from, const char *to)
{
    static _Atomic int failed;

    if (getenv("KV_FAIL_RENAME") == NULL || atomic_exchange(&failed, 1) != 0)
        return (int)syscall(SYS_rename, from, to);
    errno = EIO;
    return -1;
}

int chmod(const char *path, mode_t mode)
{
    static _Atomic int failed;

    if (getenv("KV_FAIL_CHMOD") == NULL || atomic_exchange(&failed, 1) != 0)
        return (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
    errno = EPERM;
    return -1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    static _Atomic int failed;
    const char *when = getenv("KV_FAIL_META");
    int flags = fcntl(fd, F_GETFL);

    if (when == NULL || flags < 0 || (flags & O_DSYNC) == 0 || atomic_exchange(&failed, 1) != 0)
        return syscall(SYS_pwrite64, fd, data, size, at);
    if (strcmp(when, "after") == 0)
        (void)syscall(SYS_pwrite64, fd, data, size, at);
    errno = EIO;
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at)
{
    return pwrite(fd, data, size, at);
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return must_fail() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = must_fail() ? NULL : __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}
