/**
 * The stores that this process has open, by device and inode of the data file: opening one file
 * twice in a process would destroy LMDB's locks. Whoever opens or finally closes holds the lock
 * from beginning to end.
 */
#ifndef KVI_REGISTRY_H
#define KVI_REGISTRY_H

#include "kv.h"

#include <stdint.h>

/** Part of an open store's handle. */
typedef struct kvi_registry_entry {
    uint64_t device, inode; /**< Of the data file. */
    struct kvi_registry_entry *next;
} kvi_registry_entry;

/** Enter, with this process's fork word. In a forked child the inherited entries are forgotten.
 * Until the unlock the thread is not cancelled. KV_OK; KV_UNSUPPORTED; KV_NO_MEMORY, then the lock
 * is not held. */
kv_status kvi_registry_lock(uint64_t *fork_word_out);
void kvi_registry_unlock(void);
/** The rest under the lock. */
kvi_registry_entry *kvi_registry_find(uint64_t device, uint64_t inode);
void kvi_registry_add(kvi_registry_entry *entry);
/** Not being in it is fine. */
void kvi_registry_remove(kvi_registry_entry *entry);

#endif
