#include "ops/feed.h"
#include "ops/snapshot.h"

kv_status kv_changes_read(kv_snapshot *snapshot, kv_position after, kv_buf *buf, kv_change *out,
                          size_t capacity, size_t *count_out)
{
    kv_status status;

    if (snapshot == NULL || buf == NULL || out == NULL || capacity == 0 || count_out == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    return status == KV_OK ? kvi_feed_read(snapshot, after, buf, out, capacity, count_out) : status;
}

kv_status kv_changes_wait(kv_db *db, kv_position after, int32_t timeout_ms)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_feed_wait(db, after, timeout_ms) : status;
}

uint64_t kv_sequence(kv_db *db)
{
    return db != NULL && kvi_db_check(db) == KV_OK ? kvi_feed_sequence(db) : 0;
}

kv_status kv_batch_outcome(kv_db *db, const uint64_t token[2])
{
    kv_status status;

    if (db == NULL || token == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_feed_outcome(db, token) : status;
}
