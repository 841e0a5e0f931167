#include "ops/feed.h"
#include "ops/snapshot.h"

kv_status kv_snapshot_begin(kv_db *db, kv_snapshot **snapshot_out)
{
    kv_status status;

    if (snapshot_out != NULL)
        *snapshot_out = NULL;
    if (db == NULL || snapshot_out == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_snapshot_begin(db, snapshot_out) : status;
}

kv_status kv_snapshot_renew(kv_snapshot *snapshot)
{
    kv_status status;

    if (snapshot == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    return status == KV_OK ? kvi_snapshot_renew(snapshot) : status;
}

void kv_snapshot_end(kv_snapshot *snapshot)
{
    if (snapshot != NULL)
        kvi_snapshot_end(snapshot);
}

kv_status kv_snapshot_error(kv_snapshot *snapshot, kv_error *error)
{
    kv_status status;

    if (snapshot == NULL || error == NULL || error->size != sizeof(*error))
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    return status == KV_OK ? kvi_read_error_tell(&snapshot->error, error) : status;
}

kv_status kv_snapshot_info(kv_snapshot *snapshot, kv_position *position_out, int64_t *now_out)
{
    kv_status status;

    if (snapshot == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK && position_out != NULL)
        status = kvi_feed_position(snapshot, position_out);
    if (status == KV_OK && now_out != NULL)
        *now_out = snapshot->now;
    return status;
}
