/** Which file systems a store may lie on. */
#ifndef KVI_FILE_SYSTEM_H
#define KVI_FILE_SYSTEM_H

#include "kv.h"

/** Check the file system of a store. KV_OK, also on FUSE, which may be of any kind; KV_UNSUPPORTED:
 *  machines share it, and neither locks nor the map can be trusted; KV_READ_ONLY; KV_NO_MEMORY;
 *  KV_IO. */
kv_status kvi_file_system_check(const char *store, kv_error *error);

#endif
