/** Removing the rows of dropped namespaces inside a write transaction, a portion
 * (ops/sweep_portion) at a time. */
#ifndef KVI_SWEEP_DROPPED_H
#define KVI_SWEEP_DROPPED_H

#include "kv.h"
#include "ops/sweep_portion.h"

/**
 * Remove rows of the dropped namespace with the lowest id; with its last row the namespace goes.
 * Damage does not stop it: a row that cannot be read is removed too, sums that are wrong are added
 * up anew, and a namespace that damage hides is left alone.
 *
 * @param rows_max  Rows to remove at most.
 * @param done      Is added to; has_more also if another dropped namespace is left.
 * Returns KV_OK, also if no namespace is dropped; KV_CORRUPT; KV_NO_MEMORY; KV_IO. On failure abort
 * the transaction.
 */
kv_status kvi_sweep_dropped(kvi_write_txn *write, uint64_t rows_max, kvi_reclaimed *done);

#endif
