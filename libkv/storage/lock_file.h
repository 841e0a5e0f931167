/** LMDB's lock file. It has the table of readers and the mutexes, and every process that has the
 *  store open maps it. */
#ifndef KVI_LOCK_FILE_H
#define KVI_LOCK_FILE_H

#include "kv.h"

/** Which file it is. */
typedef struct kvi_lock_file {
    uint64_t device, inode; /**< inode 0: there is none. */
} kvi_lock_file;

/**
 * Make the file if it is missing, and allocate all of its blocks. LMDB leaves holes in it, and on a
 * full disk the first access to a hole ends the process. What the file holds stays.
 *
 * The caller holds the guard. This process must not have the store open: closing any descriptor of
 * this file gives up the process's LMDB locks.
 *
 * @param readers  Reader slots, for all processes.
 * Returns KV_OK; KV_READ_ONLY (it may not be written to, or made); KV_UNSUPPORTED (it is no regular
 * file); KV_DISK_FULL; KV_IO.
 */
kv_status kvi_lock_file_prepare(const char *path, uint32_t file_mode, uint32_t readers,
                                kv_error *error);
/** Note which file LMDB has opened. 0, or an errno: EROFS: it has opened without one, as it does on
 *  read-only media. */
int kvi_lock_file_remember(const char *path, kvi_lock_file *out);
/** Whether the file at the path is still that one: otherwise it was replaced, and LMDB's locks
 *  are in a file that other processes do not see. KV_OK; KV_LOCK_LOST. Costs one stat(). */
kv_status kvi_lock_file_check(const char *path, const kvi_lock_file *file);

#endif
