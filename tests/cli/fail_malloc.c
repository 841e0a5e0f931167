/* A library for LD_PRELOAD: the allocation whose number is in KV_FAIL_MALLOC (from 0) fails, once.
 * At the end the number of allocations goes to descriptor 9, if that is open. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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
