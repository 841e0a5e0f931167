#include "ops/settings.h"

#include "ops/commit.h"
#include "ops/snapshot.h"
#include "tables/meta.h"

static kv_status sync_fill(kvi_write_txn *write, void *ctx)
{
    (void)ctx;
    write->is_dirty = write->was_lazy;
    return KV_OK;
}

static kv_status settings_state(kv_db *db, kvi_usage_store *store, kvi_meta_state *state)
{
    kv_snapshot *snapshot;
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    status = kvi_usage_store_get(snapshot->txn, store);
    if (status == KV_OK)
        status = kvi_meta_state_get(snapshot->txn, state);
    store->open_block = (kv_slice){NULL, 0}; /* Borrowed from the snapshot. */
    kvi_snapshot_end(snapshot);
    return status;
}

/* Whether a write must look: commits that are not hardened, or a store that takes no writes and
   should say so. Without an answer: yes. */
static bool settings_wants_write(kv_db *db)
{
    kvi_usage_store store = {0};
    kvi_meta_state state = {0};

    return settings_state(db, &store, &state) != KV_OK || store.lazy_boot != 0 || state.is_sealed ||
           state.superseded_by[0] != '\0';
}

kv_status kvi_settings_harden(kv_db *db)
{
    kvi_need need = {.operations = 1, .is_hardened = true};

    /* Nothing to harden is the usual case, and needs no turn. */
    if (db->options.mode == KV_OPEN_READ_WRITE && !settings_wants_write(db))
        return KV_OK;
    return kvi_commit_write(db, need, sync_fill, NULL);
}

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
    if (fresh->changes_bytes_max == 0 && fresh->changes_age_max_s == 0)
        kvi_changes_forget(&write->log);
    return status;
}

kv_status kvi_settings_set(kv_db *db, const kv_settings *settings)
{
    kvi_need need = {.operations = 1};
    kv_settings fresh = *settings;

    return kvi_commit_write(db, need, settings_fill, &fresh);
}
