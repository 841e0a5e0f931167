/** LMDB's lock file, before LMDB opens it: the table of readers and the mutexes, mapped by every
 *  process that has the store open. */
#ifndef KVI_LOCK_FILE_H
#define KVI_LOCK_FILE_H

#include "kv.h"

/**
 * Make the file if it is missing, and give it all of its blocks. LMDB leaves holes in it, and on a
 * full disk the first access to one ends the process. One that is in use stays as it is.
 *
 * The caller holds the guard, and this process must not have the store open: to close any
 * descriptor of this file gives up LMDB's locks of the process.
 *
 * @param readers  Slots for readers, of all processes.
 * Returns KV_OK; KV_READ_ONLY (it may not be written to, or made); KV_UNSUPPORTED (it is no regular
 * file); KV_DISK_FULL; KV_IO.
 */
kv_status kvi_lock_file_prepare(const char *path, uint32_t file_mode, uint32_t readers,
                                kv_error *error);

#endif
