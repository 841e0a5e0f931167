/**
 * LMDB's list of free pages as it is in the file, read with pread: LMDB writes no page that a
 * transaction added and freed again, so a file may end before its last page if what is missing is
 * on the list. Nothing reads such a page before it is written.
 */
#ifndef KVI_FREE_LIST_H
#define KVI_FREE_LIST_H

#include "kv.h"

/** Where the list is in a data file. */
typedef struct kvi_free_list {
    int fd;             /**< Of the data file; borrowed. */
    uint64_t root;      /**< Page of the tree's root, or UINT64_MAX: an empty list. */
    unsigned depth;     /**< Levels of the tree. */
    uint64_t page_size; /**< Bytes of a page. */
    uint64_t pages;     /**< Whole pages in the file. */
} kvi_free_list;

/**
 * Whether all pages from `first` to `last` are on the list. KV_OK: they are; KV_CORRUPT: they are
 * not, or this is no list, or a writer changed it meanwhile; KV_IO.
 */
kv_status kvi_free_list_covers(const kvi_free_list *list, uint64_t first, uint64_t last);

#endif
