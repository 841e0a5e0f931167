/**
 * Checks a data file's two meta pages with pread before LMDB opens it: LMDB crashes on a file that
 * is not its own. Both must be meta pages of the same file, and every field of the newer one, which
 * LMDB uses, must make sense. The size of the map is read here too: LMDB keeps it there.
 */
#ifndef KVI_PREFLIGHT_H
#define KVI_PREFLIGHT_H

#include "kv.h"

#include <stdbool.h>

/** What the meta pages and the system say of a data file. */
typedef struct kvi_preflight_facts {
    uint64_t device, inode; /**< What the file is, under any name. */
    uint64_t map_size;      /**< Bytes. */
    uint64_t page_size;     /**< Bytes. */
    uint64_t last_page;     /**< The highest page ever used. */
    uint64_t transaction;   /**< The newest committed one. */
    uint64_t file_size;     /**< Bytes. */
    bool is_link;           /**< The path is a symbolic link. */
    uint64_t names; /**< Hard links to the file. More than one: there may be other lock files. */
} kvi_preflight_facts;

/** Check a data file. KV_OK; KV_CORRUPT (cut off, damaged or not LMDB's); KV_UNSUPPORTED (of
 * another version of LMDB); KV_IO. */
kv_status kvi_preflight(const char *data_path, kvi_preflight_facts *out, kv_error *error);
/** The same of an open file, without its name and links. KV_OK; KV_CORRUPT; KV_UNSUPPORTED; KV_IO.
 */
kv_status kvi_preflight_metas(int fd, kvi_preflight_facts *out);
/** Whether the file is missing, or holds no more than a creation writes first: nothing is lost if
 * it is removed. */
bool kvi_preflight_is_fresh(const char *data_path);

#endif
