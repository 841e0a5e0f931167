/**
 * A stray meta page: one that reached the file although LMDB was answered that it did not, while
 * what LMDB wrote over it then did not.
 *
 * As long as another process has the store open, all go by the transaction before, whose number is
 * in the lock file, and use the pages of the failed one. Once nobody has, the next to open goes by
 * the meta pages: by the stray one, whose pages may be others' by then. So it is withdrawn before
 * anybody writes.
 */
#ifndef KVI_STRAY_META_H
#define KVI_STRAY_META_H

#include "kv.h"
#include "storage/env.h"

/**
 * Withdraw a stray meta page, if there is one. Under the write lock.
 *
 * @param transaction  The newest one by LMDB's lock file.
 * Returns KV_OK; KV_IO or KV_DISK_FULL: it is there still, and nobody may write.
 */
kv_status kvi_stray_meta_withdraw(kvi_env *env, uint64_t transaction);

#endif
