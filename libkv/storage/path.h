/** Paths of a store's files, and what the system says about them in our statuses. */
#ifndef KVI_PATH_H
#define KVI_PATH_H

#include "kv.h"

#define KVI_PATH_MAX 4096

/** a/b[/c] into path (KVI_PATH_MAX); c may be NULL. KV_INVALID: too long. */
kv_status kvi_path_join(const char *a, const char *b, const char *c, char *path);
/** Fill in an error for a failed call: KV_READ_ONLY, KV_DISK_FULL, KV_NO_MEMORY or KV_IO. */
kv_status kvi_path_error(kv_error *error, int os_errno, const char *what, const char *path);
/**
 * Open one of a store's own small files; with O_CREAT among the flags one that is missing is made,
 * with file_mode whatever the umask. Not through a symbolic link, and without waiting for what
 * stands there.
 *
 * @param fd_out  Owned. -1 on failure.
 * Returns KV_OK; KV_UNSUPPORTED (it is no regular file); KV_READ_ONLY; KV_DISK_FULL; KV_IO.
 */
kv_status kvi_path_open(const char *path, int flags, uint32_t file_mode, int *fd_out,
                        kv_error *error);
/** Make a file, or a directory's names, durable. */
kv_status kvi_path_sync(const char *path, kv_error *error);

#endif
