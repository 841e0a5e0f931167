#include "ops/snapshot.h"

#include "tables/meta.h"
#include "tables/namespaces.h"

#include <stdlib.h>

/* NULL: there are snapshots_max already. */
static kvi_snapshot_slot *slot_take(kv_db *db)
{
    for (uint32_t i = 0; i < db->options.snapshots_max; i++) {
        kvi_snapshot_slot *slot = &db->snapshot_slots[i];
        if (atomic_load_explicit(&slot->is_taken, memory_order_relaxed) == 0 &&
            atomic_exchange(&slot->is_taken, 1) == 0)
            return slot;
    }
    return NULL;
}

static void slot_leave(kvi_snapshot_slot *slot)
{
    atomic_store(&slot->is_taken, 0);
}

static void snapshot_free(kv_snapshot *snapshot)
{
    kv_db *db = snapshot->db;

    if (kvi_fork_is_ours(db->fork_word))
        kvi_txn_abort(snapshot->txn);
    else
        kvi_txn_forget(snapshot->txn);
    slot_leave(snapshot->slot);
    free(snapshot);
    kvi_db_release(db);
}

static kv_status snapshot_create(kv_db *db, kv_snapshot **snapshot_out)
{
    kv_snapshot *snapshot = calloc(1, sizeof(*snapshot));
    kv_status status;

    if (snapshot == NULL)
        return KV_NO_MEMORY;
    snapshot->db = db;
    snapshot->slot = slot_take(db);
    status = snapshot->slot != NULL ? kvi_txn_begin_read(db->env, &snapshot->txn) : KV_BUSY;
    if (status != KV_OK) {
        if (snapshot->slot != NULL)
            slot_leave(snapshot->slot);
        free(snapshot);
        return status;
    }
    kvi_db_hold(db);
    *snapshot_out = snapshot;
    return KV_OK;
}

kv_status kvi_snapshot_begin(kv_db *db, kv_snapshot **snapshot_out)
{
    int64_t now = kvi_clock_now(&db->clock);
    kv_snapshot *snapshot = kvi_pool_take(db->snapshots);
    kv_status status = KV_OK;

    *snapshot_out = NULL;
    if (snapshot == NULL)
        status = snapshot_create(db, &snapshot);
    else if ((status = kvi_txn_renew(snapshot->txn)) != KV_OK)
        snapshot_free(snapshot);
    if (status != KV_OK)
        return status;
    snapshot->now = now;
    snapshot->transaction = kvi_txn_id(snapshot->txn);
    snapshot->error.status = KV_OK;
    *snapshot_out = snapshot;
    return KV_OK;
}

kv_status kvi_snapshot_renew(kv_snapshot *snapshot)
{
    int64_t now = kvi_clock_now(&snapshot->db->clock);
    kv_status status;

    snapshot->error.status = KV_OK;
    kvi_range_end(&snapshot->range, &snapshot->db->codecs);
    /* Where nothing was committed since, the view is the newest already. LMDB would look up each
       table anew in a renewed transaction. */
    if (kvi_env_transaction(snapshot->db->env) != snapshot->transaction) {
        kvi_txn_reset(snapshot->txn);
        status = kvi_txn_renew(snapshot->txn);
        snapshot->is_broken = status != KV_OK;
        if (status != KV_OK)
            return status;
        snapshot->transaction = kvi_txn_id(snapshot->txn);
    }
    snapshot->now = now;
    return KV_OK;
}

void kvi_snapshots_drain(kv_db *db)
{
    kv_snapshot *snapshot;

    while ((snapshot = kvi_pool_take(db->snapshots)) != NULL)
        snapshot_free(snapshot);
}

void kvi_snapshot_end(kv_snapshot *snapshot)
{
    kv_db *db = snapshot->db;

    kvi_range_end(&snapshot->range, &db->codecs);
    if (snapshot->is_broken || kvi_db_check(db) != KV_OK) {
        snapshot_free(snapshot);
        return;
    }
    kvi_txn_reset(snapshot->txn);
    if (!kvi_pool_leave(db->snapshots, snapshot))
        snapshot_free(snapshot);
}

kv_status kvi_snapshot_settings(kv_snapshot *snapshot, kv_settings *out)
{
    kv_status status = kvi_meta_settings_get(snapshot->txn, out);

    return kvi_snapshot_failed(snapshot, status, KVI_META, 0, KVI_FAULT_ROW);
}

kv_status kvi_snapshot_namespace_look(kv_snapshot *snapshot, kv_ns ns)
{
    size_t at = ns % KVI_SNAPSHOT_SEEN;
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(snapshot->txn, ns, &row);

    if (status == KV_OK) {
        snapshot->seen[at].ns = ns;
        snapshot->seen[at].transaction = snapshot->transaction;
    }
    return kvi_snapshot_failed(snapshot, status, KVI_NAMESPACES, ns, KVI_FAULT_ROW);
}
