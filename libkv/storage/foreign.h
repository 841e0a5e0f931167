/** Foreign files: what is in a directory and not part of a store. */
#ifndef KVI_FOREIGN_H
#define KVI_FOREIGN_H

#include "kv.h"

/**
 * Check that a store may be created in a directory: all that is there is what creations leave
 * behind, or "lost+found" of a fresh file system. Creators that are at work do not matter.
 *
 * Returns KV_OK; KV_INVALID (something else is there: the message names the first); KV_READ_ONLY;
 * KV_NO_MEMORY; KV_IO.
 */
kv_status kvi_foreign_check(const char *store, kv_error *error);

#endif
