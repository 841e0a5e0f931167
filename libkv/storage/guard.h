/**
 * The guard: an empty file, GUARD, whose flock orders creation, opening and every change of CURRENT
 * between processes.
 */
#ifndef KVI_GUARD_H
#define KVI_GUARD_H

#include "kv.h"

#define KVI_GUARD "GUARD" /**< Its name in the store's directory. */

/**
 * Take the guard; a missing file is made. It is enough if the file can be read. Waits until no
 * other thread or process has the guard. The thread must not be cancelled while it has it.
 *
 * @param fd_out  Owned: give it to kvi_guard_unlock(). -1 on failure.
 * Returns KV_OK; KV_READ_ONLY (it may not be read, or is missing and may not be made);
 * KV_UNSUPPORTED (it is no regular file); KV_DISK_FULL; KV_INVALID (too long a path); KV_IO.
 */
kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error);
/** Give it back. -1: does nothing. */
void kvi_guard_unlock(int fd);

#endif
