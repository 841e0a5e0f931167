/** The free pages of a store, and those among them that readers pin: no write may use them yet. */
#ifndef KVI_FREE_PAGES_H
#define KVI_FREE_PAGES_H

#include "kv.h"
#include "storage/env.h"

/** Free pages that readers keep from being used, as last counted; start with {0}. While the oldest
 *  reader lasts, the rows of the free list behind it stay as they are, so only newer rows are read.
 */
typedef struct kvi_pinned {
    uint64_t oldest;  /**< The oldest reader's transaction. */
    uint64_t process; /**< That reader's. 0: none is behind, only their age keeps the pages. */
    uint64_t upto;    /**< The newest transaction whose row was counted. */
    uint64_t pages;   /**< The count. */
} kvi_pinned;

/**
 * Count the pages on LMDB's free list that the next write transaction may use. They follow from the
 * sizes of all trees; of the list only the rows that readers pin are read.
 *
 * @param pinned  What the last count of pinned pages found, which this one replaces, of one thread
 *                at a time; NULL: none.
 * Returns KV_OK; and as kvi_txn_begin_read().
 */
kv_status kvi_free_pages_count(kvi_env *env, kvi_pinned *pinned, uint64_t *pages_out);

#endif
