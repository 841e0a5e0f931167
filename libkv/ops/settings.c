#include "ops/settings.h"

#include "ops/commit.h"
#include "tables/meta.h"

static kv_status settings_fill(kvi_write_txn *write, void *ctx)
{
    kv_change change = {.kind = KV_CHANGE_SETTINGS, .time = write->now};
    kv_settings *fresh = ctx;
    kv_status status;

    if (fresh->map_size_max != 0 && fresh->map_size_max != write->settings.map_size_max)
        return KV_INVALID;
    fresh->map_size_max = write->settings.map_size_max;
    status = kvi_write_txn_log(write, &change);
    if (status == KV_OK)
        status = kvi_meta_settings_put(write->txn, fresh);
    write->settings = *fresh;
    if ((fresh->flags & KV_SETTINGS_NO_CHANGES) != 0)
        kvi_changes_forget(&write->log);
    return status;
}

kv_status kvi_settings_set(kv_db *db, const kv_settings *settings)
{
    kvi_need need = {.operations = 1};
    kv_settings fresh = *settings;

    return kvi_commit_write(db, need, settings_fill, &fresh);
}
