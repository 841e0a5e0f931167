/** Removing expired rows inside a write transaction, a portion (ops/sweep_portion) at a time. */
#ifndef KVI_SWEEP_EXPIRED_H
#define KVI_SWEEP_EXPIRED_H

#include "kv.h"
#include "ops/sweep_portion.h"

/**
 * Remove expired rows of one namespace, the earliest deadline first. If a record is damaged, only
 * its row of `expiry` is removed; a reader of the record then gets KV_CORRUPT.
 *
 * @param now       Unix seconds: rows whose deadline is not later have expired.
 * @param rows_max  Rows to handle at most.
 * @param done      Is added to.
 * Returns KV_OK, also if nothing had expired; KV_CORRUPT (the sums lack what is removed, or
 * `expiry` shows rows that it does not find); KV_NO_MEMORY; KV_IO. On failure abort the
 * transaction.
 */
kv_status kvi_sweep_expired(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done);
/** The same for a namespace, live or dropped, whose rows are not begun; begins and ends them. Also
 *  KV_CORRUPT if a live namespace's sums cannot be read. */
kv_status kvi_sweep_expired_in(kvi_write_txn *write, kv_ns ns, int64_t now, uint64_t rows_max,
                               kvi_reclaimed *done);

#endif
