#include "api/structs.h"
#include "ops/feed.h"
#include "ops/list.h"
#include "ops/snapshot.h"

#define FILTER_SIZE_MIN 32

_Static_assert(sizeof(kv_changes_filter) == FILTER_SIZE_MIN, "as 0.2 shipped it");

kv_status kv_changes_read(kv_snapshot *snapshot, kv_position after, kv_buf *buf, kv_change *out,
                          size_t capacity, size_t *count_out)
{
    uint64_t sequence;

    return kv_changes_select(snapshot, NULL, after, buf, out, capacity, count_out, &sequence);
}

static kv_status filter_take(kv_changes_filter *own, const kv_changes_filter *given)
{
    kv_status status = kvi_struct_take(own, sizeof(*own), given, FILTER_SIZE_MIN);

    if (status != KV_OK)
        return status;
    if (own->reserved != 0 || (own->prefix.data == NULL && own->prefix.size > 0))
        return KV_INVALID;
    return kvi_list_part_check(own->prefix);
}

kv_status kv_changes_select(kv_snapshot *snapshot, const kv_changes_filter *filter,
                            kv_position after, kv_buf *buf, kv_change *out, size_t capacity,
                            size_t *count_out, uint64_t *sequence_out)
{
    kv_changes_filter own;
    kv_status status;

    if (snapshot == NULL || buf == NULL || out == NULL || capacity == 0 || count_out == NULL ||
        sequence_out == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = filter_take(&own, filter);
    if (status != KV_OK)
        return status;
    return kvi_feed_select(snapshot, &own, after, buf, out, capacity, count_out, sequence_out);
}

kv_status kv_changes_wait(kv_db *db, kv_position after, int32_t timeout_ms)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_feed_wait(db, after, timeout_ms) : status;
}

void kv_wake(kv_db *db)
{
    if (db != NULL)
        kvi_feed_wake(db);
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

kv_status kv_changes_filter_init(kv_changes_filter *out, size_t size)
{
    return kvi_struct_init(out, size, FILTER_SIZE_MIN);
}
