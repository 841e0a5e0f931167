/**
 * Giving space back inside a write transaction, in bounded portions: rows that are due, and the
 * rows of dropped namespaces. Batches do a share of both; ops/sweep does the rest.
 */
#ifndef KVI_RECLAIM_H
#define KVI_RECLAIM_H

#include "kv.h"
#include "ops/row.h"

typedef struct kvi_reclaimed {
    uint64_t rows;  /**< Removed. */
    uint64_t bytes; /**< Key, value and metadata of them. */
    bool more;      /**< The portion ended before the work did. */
} kvi_reclaimed;

/** Remove rows of one namespace that are due, oldest first. Adds to *done. */
kv_status kvi_reclaim_due(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done);
/** The same for a namespace whose rows are not begun. */
kv_status kvi_reclaim_namespace_due(kvi_write *write, kv_ns ns, int64_t now, uint64_t rows_max,
                                    kvi_reclaimed *done);
/** Remove rows of the oldest dropped namespace, and it with its last row. Adds to *done. */
kv_status kvi_reclaim_dropped(kvi_write *write, uint64_t rows_max, kvi_reclaimed *done);

#endif
