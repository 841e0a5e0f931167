#include "base/fork.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WORD_NONE 0 /* A fresh page, or one that fork wiped. */
#define WORD_BUSY 1 /* A thread is resetting inherited state. */

_Atomic(uint64_t) *kvi_fork_word;

/* Once in a process's life. If several threads are here at once one of them does it. None waits
   for another: in a child that thread may not exist. */
static kv_status fork_page_make(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _Atomic(uint64_t) *none = NULL;

    if (page == MAP_FAILED)
        return KV_NO_MEMORY;
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        (void)munmap(page, size);
        return KV_UNSUPPORTED;
    }
    if (!__atomic_compare_exchange_n(&kvi_fork_word, &none, (_Atomic(uint64_t) *)page, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        (void)munmap(page, size);
    return KV_OK;
}

/* Never 0 or 1, and different in a child of a child. */
static uint64_t fork_word_new(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return ((uint64_t)getpid() << 40) + ((uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec) +
           2;
}

kv_status kvi_fork_enter(void (*reset)(void), uint64_t *word_out)
{
    uint64_t word;

    if (__atomic_load_n(&kvi_fork_word, __ATOMIC_ACQUIRE) == NULL) {
        kv_status status = fork_page_make();
        if (status != KV_OK)
            return status;
    }
    for (;;) {
        word = WORD_NONE;
        if (atomic_compare_exchange_strong(kvi_fork_word, &word, WORD_BUSY)) {
            reset();
            word = fork_word_new();
            atomic_store(kvi_fork_word, word);
        }
        if (word != WORD_BUSY) {
            *word_out = word;
            return KV_OK;
        }
        sched_yield();
    }
}
