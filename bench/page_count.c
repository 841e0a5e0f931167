/* Counts the pages that LMDB writes. Its shared library's calls resolve to the definitions here. */
#include "page_count.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Everything is compiled with hidden symbols; these must be seen by other shared libraries. */
#define INTERPOSED __attribute__((visibility("default"), used))

static _Atomic uint64_t pages;

/* A meta page's write is shorter than a page and counts as one. */
static ssize_t count(long written)
{
    uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE); /* LMDB's pages are the system's. */

    if (written > 0)
        atomic_fetch_add_explicit(&pages, ((uint64_t)written + page_size - 1) / page_size,
                                  memory_order_relaxed);
    return written;
}

INTERPOSED ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return count(syscall(SYS_pwrite64, fd, data, size, at));
}

INTERPOSED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return count(syscall(SYS_pwrite64, fd, data, size, at));
}

INTERPOSED ssize_t writev(int fd, const struct iovec *parts, int parts_count)
{
    return count(syscall(SYS_writev, fd, parts, parts_count));
}

INTERPOSED ssize_t pwritev(int fd, const struct iovec *parts, int parts_count, off_t at)
{
    /* The position's upper half is a fifth argument; on 64-bit systems nothing looks at it. */
    return count(syscall(SYS_pwritev, fd, parts, parts_count, at, 0));
}

uint64_t bench_pages_written(void)
{
    return atomic_load_explicit(&pages, memory_order_relaxed);
}
