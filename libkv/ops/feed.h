/** Following the change log: reading, waiting, the newest sequence, a token's outcome. */
#ifndef KVI_FEED_H
#define KVI_FEED_H

#include "kv.h"
#include "ops/db.h"

/** The position of the newest change that the snapshot sees. KV_OK; KV_CORRUPT. */
kv_status kvi_feed_position(kv_snapshot *snapshot, kv_position *out);
/** As kv_changes_select(). `filter` is checked; one of zeros takes all. A position of an earlier
 * epoch is valid as far as that epoch is part of this store's history. */
kv_status kvi_feed_select(kv_snapshot *snapshot, const kv_changes_filter *filter, kv_position after,
                          kv_buf *buf, kv_change *out, size_t capacity, size_t *count_out,
                          uint64_t *sequence_out);
/** As kv_changes_wait(). */
kv_status kvi_feed_wait(kv_db *db, kv_position after, int32_t timeout_ms);
/** As kv_wake(). */
void kvi_feed_wake(kv_db *db);
/** As kv_sequence(), of a usable handle. */
uint64_t kvi_feed_sequence(kv_db *db);
/** As kv_batch_outcome(). */
kv_status kvi_feed_outcome(kv_db *db, const uint64_t token[2]);

#endif
