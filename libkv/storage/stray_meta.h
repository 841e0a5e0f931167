/**
 * A stray meta page: LMDB wrote a meta page and the system reported a failure, but the page is in
 * the file; and the page that LMDB then wrote over it is not.
 *
 * As long as a process has the store open, all processes use the transaction before, whose number
 * is in the lock file, and give the failed one's pages to new transactions. When no process has it
 * open any more, the next to open takes the newest meta page: the stray one, whose pages may hold
 * other data by then. So it is withdrawn before any process writes.
 */
#ifndef KVI_STRAY_META_H
#define KVI_STRAY_META_H

#include "kv.h"
#include "storage/env.h"

/**
 * Withdraw a stray meta page, if there is one. Under the write lock.
 *
 * @param transaction  The newest one, as LMDB's lock file says.
 * Returns KV_OK; KV_IO, KV_DISK_FULL: the page is still there, and no process may write.
 */
kv_status kvi_stray_meta_withdraw(kvi_env *env, uint64_t transaction);

#endif
