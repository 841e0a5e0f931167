/** LMDB's lock file, before LMDB opens it. It has the table of readers and the mutexes, and every
 *  process that has the store open maps it. */
#ifndef KVI_LOCK_FILE_H
#define KVI_LOCK_FILE_H

#include "kv.h"

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

#endif
