/** The logical half of kv_check(): what the rows of a store say, and whether the tables agree. */
#ifndef KVI_CHECK_ROWS_H
#define KVI_CHECK_ROWS_H

#include "kv.h"
#include "storage/txn.h"

/** What to check, and what to call. */
typedef struct kvi_row_check {
    kvi_txn *txn; /**< A reader, on a file whose pages are sound. */
    /** Called for each fault. Non-zero stops. */
    int (*found)(void *ctx, const kv_fault *fault);
    /** Called for each row of `values`. Non-zero stops. */
    int (*progress)(void *ctx, uint64_t bytes);
    void *ctx;
} kvi_row_check;

/**
 * Check every record with its checksums, and the other tables against the records: sums, rows of
 * expiry, pieces, namespaces, the change log.
 *
 * Returns KV_OK: nothing is wrong; KV_CORRUPT: `found` was called; KV_CANCELLED: one of the two
 * stopped it; KV_NO_MEMORY; a failure of LMDB (storage/txn.h).
 */
kv_status kvi_row_check_run(const kvi_row_check *check);

#endif
