/** Paths of a store's files, and what the system says about them in our statuses. */
#ifndef KVI_PATH_H
#define KVI_PATH_H

#include "kv.h"

#define KVI_PATH_MAX 4096 /**< Bytes of a path, with its end. */

/** Write a/b, or a/b/c unless c is NULL, to path (KVI_PATH_MAX bytes). KV_OK; KV_INVALID: too long.
 */
kv_status kvi_path_join(const char *a, const char *b, const char *c, char *path);
/** Fill in an error for a system call that failed: "WHAT PATH". Returns KV_READ_ONLY,
 *  KV_DISK_FULL, KV_NO_MEMORY or KV_IO, as os_errno says. */
kv_status kvi_path_error(kv_error *error, int os_errno, const char *what, const char *path);
/**
 * Open one of a store's own small files. With O_CREAT among the flags a missing file is made, with
 * file_mode, without regard to the umask. Follows no symbolic link, and does not wait for a FIFO.
 *
 * @param fd_out  Owned. -1 on failure.
 * Returns KV_OK; KV_UNSUPPORTED (it is no regular file); KV_READ_ONLY; KV_DISK_FULL; KV_IO.
 */
kv_status kvi_path_open(const char *path, int flags, uint32_t file_mode, int *fd_out,
                        kv_error *error);
/**
 * Call `each` with every name in a directory but "." and "..", until it fails.
 *
 * Returns KV_OK; what `each` returned; KV_READ_ONLY; KV_NO_MEMORY; KV_IO (the directory cannot be
 * read).
 */
kv_status kvi_path_each(const char *directory,
                        kv_status (*each)(const char *directory, const char *name, void *ctx,
                                          kv_error *error),
                        void *ctx, kv_error *error);
/** Sync a file, or the names in a directory. KV_OK; KV_READ_ONLY; KV_DISK_FULL; KV_NO_MEMORY;
 *  KV_IO. */
kv_status kvi_path_sync(const char *path, kv_error *error);

#endif
