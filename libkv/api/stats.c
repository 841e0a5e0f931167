#include "api/structs.h"
#include "ops/stats.h"

#define STATS_SIZE_MIN 320

_Static_assert(offsetof(kv_stats, store_reader_oldest_pid) == STATS_SIZE_MIN, "as 0.1 shipped it");

kv_status kv_stats_get(kv_db *db, kv_stats *out)
{
    kv_stats own;
    kv_status status;

    if (db == NULL || kvi_struct_check(out, STATS_SIZE_MIN) != KV_OK)
        return KV_INVALID;
    status = kvi_db_check(db);
    if (status == KV_OK)
        status = kvi_stats_get(db, &own);
    if (status == KV_OK)
        kvi_struct_give(out, &own, sizeof(own));
    return status;
}

kv_status kv_stats_text(const kv_stats *stats, kv_buf *out)
{
    kv_stats own;
    kv_status status;

    if (stats == NULL || out == NULL)
        return KV_INVALID;
    status = kvi_struct_take(&own, sizeof(own), stats, STATS_SIZE_MIN);
    return status == KV_OK ? kvi_stats_text(&own, out) : status;
}

kv_status kv_stats_init(kv_stats *out, size_t size)
{
    return kvi_struct_init(out, size, STATS_SIZE_MIN);
}
