/**
 * The stores that this process has open, by device and inode of the data file: opening one file
 * twice in a process would destroy LMDB's locks. Whoever opens or finally closes holds the lock
 * from beginning to end.
 */
#ifndef KVI_REGISTRY_H
#define KVI_REGISTRY_H

#include "ops/db.h"

/** Enter, with this process's fork word. In a forked child the inherited entries are forgotten.
 *  KV_OK; KV_UNSUPPORTED; KV_NO_MEMORY, then the lock is not held. */
kv_status kvi_registry_lock(uint64_t *fork_word_out);
void kvi_registry_unlock(void);
/** The rest under the lock. */
kv_db *kvi_registry_find(uint64_t device, uint64_t inode);
void kvi_registry_add(kv_db *db);
/** Not being in it is fine. */
void kvi_registry_remove(kv_db *db);

#endif
