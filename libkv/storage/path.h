/** Paths of a store's files, and what the system says about them in our statuses. */
#ifndef KVI_PATH_H
#define KVI_PATH_H

#include "kv.h"

#define KVI_PATH_MAX 4096

/** a/b[/c] into path (KVI_PATH_MAX); c may be NULL. KV_INVALID: too long. */
kv_status kvi_path_join(const char *a, const char *b, const char *c, char *path);
/** Fill in an error for a failed call: KV_READ_ONLY, KV_DISK_FULL, KV_NO_MEMORY or KV_IO. */
kv_status kvi_path_error(kv_error *error, int os_errno, const char *what, const char *path);
/** Make a file, or a directory's names, durable. */
kv_status kvi_path_sync(const char *path, kv_error *error);

#endif
