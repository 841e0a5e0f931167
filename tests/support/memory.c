#include "support/memory.h"

#include "support/run.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define CAN_FAIL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CAN_FAIL 0
#endif
#endif

static _Atomic int64_t left = -1;
static _Atomic uint64_t made, failed;

#ifndef CAN_FAIL
#define CAN_FAIL 1
#define INTERPOSED __attribute__((visibility("default"), used))

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool must_fail(void)
{
    int64_t now = atomic_load(&left);

    atomic_fetch_add(&made, 1);
    if (now < 0)
        return false;
    atomic_store(&left, now - 1);
    if (now > 0)
        return false;
    atomic_fetch_add(&failed, 1);
    errno = ENOMEM;
    return true;
}

INTERPOSED void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

INTERPOSED void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(count, size);
}

INTERPOSED void *realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(old, size);
}

INTERPOSED void *aligned_alloc(size_t alignment, size_t size)
{
    return must_fail() ? NULL : __libc_memalign(alignment, size);
}

INTERPOSED int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = must_fail() ? NULL : __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}
#endif

void skip_without_memory_faults(void)
{
    if (CAN_FAIL == 0)
        skip_because("a sanitizer has malloc() itself");
}

uint64_t memory_made(void)
{
    return atomic_load(&made);
}

void memory_fail_after(int64_t skip)
{
    if (skip >= 0)
        atomic_store(&failed, 0);
    atomic_store(&left, skip);
}

uint64_t memory_failed(void)
{
    return atomic_load(&failed);
}
