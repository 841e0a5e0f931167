/**
 * A look at a data file's two meta pages with pread, before LMDB sees it: LMDB crashes on a file
 * that is not its own. Both must be meta pages of the same file; the newest, which is the one that
 * LMDB takes, must make sense as a whole. Also where the map cap is read from, since LMDB keeps it
 * there.
 */
#ifndef KVI_PREFLIGHT_H
#define KVI_PREFLIGHT_H

#include "kv.h"

#include <stdbool.h>

#define KVI_PREFLIGHT_TRANSACTION 144 /**< Bytes into a meta page: its transaction, u64. */

typedef struct kvi_preflight_facts {
    uint64_t device, inode; /**< What the file is, under any name. */
    uint64_t map_size, page_size, last_page, transaction, file_size;
    bool is_link;   /**< The path is a symbolic link. */
    uint64_t names; /**< Hard links to the file. More than one: there may be other lock files. */
} kvi_preflight_facts;

/** KV_OK; KV_CORRUPT (truncated or foreign); KV_UNSUPPORTED (another version of LMDB); KV_IO. */
kv_status kvi_preflight(const char *data_path, kvi_preflight_facts *out, kv_error *error);
/** Whether the file is missing, or holds no more than a creation makes or begins to: then nothing
 *  is lost with it. */
bool kvi_preflight_is_fresh(const char *data_path);

#endif
