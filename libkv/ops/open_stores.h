/**
 * The stores that this process has open, by device and inode of the data file: if a process opened
 * one file twice, closing it would destroy LMDB's locks. A thread that opens a store, or closes it
 * for good, has the lock of the open stores from beginning to end.
 */
#ifndef KVI_OPEN_STORES_H
#define KVI_OPEN_STORES_H

#include "kv.h"

#include <stdint.h>

/** Part of an open store's handle, which owns it. */
typedef struct kvi_open_store {
    uint64_t device, inode;      /**< Of the data file. */
    struct kvi_open_store *next; /**< In the list. */
} kvi_open_store;

/** Take the lock, and get this process's fork word (base/fork). In a forked child the inherited
 *  entries are forgotten. Until the unlock the thread cannot be cancelled. KV_OK; KV_UNSUPPORTED or
 *  KV_NO_MEMORY: the lock was not taken. */
kv_status kvi_open_stores_lock(uint64_t *fork_word_out);
/** Give the lock back. */
void kvi_open_stores_unlock(void);
/** The entry of that data file; NULL: the process does not have it open. Under the lock. */
kvi_open_store *kvi_open_stores_find(uint64_t device, uint64_t inode);
/** Add an entry. Under the lock. */
void kvi_open_stores_add(kvi_open_store *entry);
/** Remove an entry; it does not matter if it is not there. Under the lock. */
void kvi_open_stores_remove(kvi_open_store *entry);

#endif
