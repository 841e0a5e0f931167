/**
 * Telling a forked child from the process that opened a handle, for the price of one load.
 *
 * One page of memory is marked so that the kernel zeroes it in a child (MADV_WIPEONFORK). A handle
 * keeps the word it saw at open. In a child the word is 0, and after the child opens a store of its
 * own it differs from the parent's. getpid() would cost a system call on each use.
 */
#ifndef KVI_FORK_H
#define KVI_FORK_H

#include "kv.h"

#include <stdbool.h>
#include <stdint.h>

/** The word of this process, at the address of the page; 0 in a child. NULL before the first
 *  kvi_fork_enter(). */
extern _Atomic(uint64_t) *kvi_fork_word;

/**
 * Make sure that this process has a word. Any thread may call it.
 *
 * @param reset     Called, with no other thread inside, if the process is a child that inherited
 *                  state from its parent: forgets that state.
 * @param word_out  The word of this process.
 * Returns KV_OK; KV_UNSUPPORTED (a kernel before 4.14); KV_NO_MEMORY.
 */
kv_status kvi_fork_enter(void (*reset)(void), uint64_t *word_out);

/** Whether a handle that was opened under that word belongs to this process. One load. */
static inline bool kvi_fork_is_ours(uint64_t word)
{
    return __atomic_load_n((uint64_t *)kvi_fork_word, __ATOMIC_RELAXED) == word;
}

#endif
