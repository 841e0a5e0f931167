/**
 * Giving space back inside a write transaction, in bounded portions: rows that are due, and the
 * rows of dropped namespaces. Batches do a share of both; ops/sweep does the rest.
 *
 * A portion is bounded in rows, in pieces of large values and, near the cap, in pages: each row is
 * charged as a delete, and half of the room is left to whom the portion goes along with.
 */
#ifndef KVI_RECLAIM_H
#define KVI_RECLAIM_H

#include "kv.h"
#include "ops/row.h"

typedef struct kvi_reclaimed {
    uint64_t rows;    /**< Removed. */
    uint64_t bytes;   /**< Key, value and metadata of them, as far as they could be read. */
    uint64_t handled; /**< Rows removed, and rows of the index moved or dropped. */
    bool has_more;    /**< The portion ended before the work did. Nothing handled: no room. */
} kvi_reclaimed;

/**
 * Handle rows of one namespace that are due, oldest first; adds to *done. Of a damaged record the
 * row of the index goes. KV_CORRUPT (the sums lack what goes) and any other failure: abort the
 * transaction.
 */
kv_status kvi_reclaim_due(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done);
/** The same for a namespace, live or not, whose rows are not begun. */
kv_status kvi_reclaim_namespace_due(kvi_write_txn *write, kv_ns ns, int64_t now, uint64_t rows_max,
                                    kvi_reclaimed *done);
/** Remove rows of the oldest dropped namespace, and it with its last row; adds to *done. Damage
 *  stops nobody: what cannot be read is removed, or stays out of sight. */
kv_status kvi_reclaim_dropped(kvi_write_txn *write, uint64_t rows_max, kvi_reclaimed *done);

#endif
