#include "support/guard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t guard_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of the pages before the one that faults. */
static size_t guard_used(size_t size)
{
    return (size + guard_page() - 1) / guard_page() * guard_page();
}

uint8_t *guard_take(size_t size)
{
    size_t used = guard_used(size);
    uint8_t *map =
        mmap(NULL, used + guard_page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + used, guard_page(), PROT_NONE) != 0)
        abort();
    return map + used - size;
}

uint8_t *guard_copy(const void *data, size_t size)
{
    uint8_t *memory = guard_take(size);

    if (size > 0)
        memcpy(memory, data, size);
    return memory;
}

void guard_free(const uint8_t *memory, size_t size)
{
    size_t used = guard_used(size);

    if (munmap((void *)(uintptr_t)(memory + size - used), used + guard_page()) != 0)
        abort();
}
