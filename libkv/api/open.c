#include "api/structs.h"
#include "base/buf.h"
#include "base/status.h"
#include "ops/feed.h"
#include "ops/open.h"
#include "ops/settings.h"
#include "ops/snapshot.h"
#include "ops/stats.h"

#include <stddef.h>
#include <string.h>

/* Sizes as 0.1 shipped them. */
#define ERROR_SIZE_MIN 256
#define SETTINGS_SIZE_MIN 48
#define STATS_SIZE_MIN 320

_Static_assert(sizeof(kv_error) == ERROR_SIZE_MIN, "ends at its last field");
_Static_assert(sizeof(kv_stats) == STATS_SIZE_MIN, "ends at its last field");

/* The map: whole pages of any size that LMDB uses, and within the address space. */
static kv_status map_size_take(kv_settings *settings)
{
    const uint64_t page = 65536, most = UINT64_C(1) << 46;

    if (settings->map_size_max == 0)
        settings->map_size_max = KV_MAP_SIZE_DEFAULT;
    if (settings->map_size_max < KV_MAP_SIZE_MIN || settings->map_size_max > most)
        return KV_INVALID;
    settings->map_size_max = (settings->map_size_max + page - 1) / page * page;
    return KV_OK;
}

kv_status kv_open(const char *path, const kv_options *options, const kv_settings *create_with,
                  kv_db **db_out, kv_error *error)
{
    kv_error detail = KV_ERROR_INIT;
    kv_options own;
    kv_settings settings;
    kv_status status;

    if (error != NULL && kvi_struct_check(error, ERROR_SIZE_MIN) != KV_OK)
        error = NULL;
    if (db_out != NULL)
        *db_out = NULL;
    if (path == NULL || path[0] == '\0' || db_out == NULL)
        status = kvi_error_set(&detail, KV_INVALID, 0, "kv_open: no path, or nowhere to answer");
    else if ((status = kvi_options_take(&own, options)) != KV_OK)
        (void)kvi_error_set(&detail, status, 0, "kv_open: an option is out of range or not known");
    else if ((status = kvi_settings_take(&settings, create_with)) != KV_OK ||
             (status = map_size_take(&settings)) != KV_OK)
        (void)kvi_error_set(&detail, status, 0, "kv_open: a setting is out of range or not known");
    else
        status = kvi_open(path, &own, &settings, db_out, &detail);
    detail.status = status;
    if (status == KV_OK)
        detail.message[0] = '\0';
    if (error != NULL)
        kvi_struct_give(error, &detail, sizeof(detail));
    return status;
}

void kv_close(kv_db *db)
{
    if (db != NULL)
        kvi_close(db);
}

kv_status kv_health(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_db_health(db) : status;
}

kv_status kv_sync(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_settings_harden(db) : status;
}

kv_status kv_seal(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_settings_seal(db) : status;
}

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
    status = kvi_db_check(snapshot->db);
    return status == KV_OK ? kvi_snapshot_renew(snapshot) : status;
}

void kv_snapshot_end(kv_snapshot *snapshot)
{
    if (snapshot != NULL)
        kvi_snapshot_end(snapshot);
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

kv_status kv_settings_get(kv_snapshot *snapshot, kv_settings *out)
{
    kv_settings own;
    kv_status status;

    if (snapshot == NULL || kvi_struct_check(out, SETTINGS_SIZE_MIN) != KV_OK)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = kvi_snapshot_settings(snapshot, &own);
    if (status == KV_OK)
        kvi_struct_give(out, &own, sizeof(own));
    return status;
}

kv_status kv_settings_set(kv_db *db, const kv_settings *settings)
{
    kv_settings own;
    kv_status status;

    if (db == NULL || settings == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    if (status == KV_OK)
        status = kvi_settings_take(&own, settings);
    return status == KV_OK ? kvi_settings_set(db, &own) : status;
}

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

void kv_buf_free(kv_buf *buf)
{
    kvi_buf_free(buf);
}
