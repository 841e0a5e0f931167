#include "ops/harden.h"

#include "ops/commit.h"
#include "ops/snapshot.h"
#include "tables/meta.h"

static kv_status harden_fill(kvi_write_txn *write, void *ctx)
{
    (void)ctx;
    write->is_dirty = write->was_lazy;
    return KV_OK;
}

static kv_status harden_state(kv_db *db, kvi_usage_store *store, kvi_meta_state *state)
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
static bool is_write_wanted(kv_db *db)
{
    kvi_usage_store store = {0};
    kvi_meta_state state = {0};

    return harden_state(db, &store, &state) != KV_OK || store.lazy_boot != 0 || state.is_sealed ||
           state.superseded_by[0] != '\0';
}

kv_status kvi_harden(kv_db *db)
{
    kvi_need need = {.operations = 1, .is_hardened = true};

    /* Nothing to harden is the usual case, and needs no turn. */
    if (db->options.mode == KV_OPEN_READ_WRITE && !is_write_wanted(db))
        return KV_OK;
    return kvi_commit_write(db, need, harden_fill, NULL);
}
