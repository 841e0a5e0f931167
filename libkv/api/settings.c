#include "api/structs.h"
#include "ops/settings.h"
#include "ops/snapshot.h"

kv_status kv_settings_get(kv_snapshot *snapshot, kv_settings *out)
{
    kv_settings own;
    kv_status status;

    if (snapshot == NULL || kvi_struct_check(out, KVI_SETTINGS_SIZE_MIN) != KV_OK)
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

kv_status kv_settings_init(kv_settings *out, size_t size)
{
    return kvi_struct_init(out, size, KVI_SETTINGS_SIZE_MIN);
}
