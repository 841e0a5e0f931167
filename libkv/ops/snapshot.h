/**
 * Read transactions, pooled: begin takes an idle one and renews it, which touches no lock.
 *
 * A namespace's id is trusted while the snapshot's transaction is the one at its last check.
 */
#ifndef KVI_SNAPSHOT_H
#define KVI_SNAPSHOT_H

#include "kv.h"
#include "ops/db.h"
#include "storage/txn.h"
#include "tables/usage.h"

#define KVI_SNAPSHOT_SEEN 8 /* Namespaces remembered, a power of two. */

struct kv_snapshot {
    kv_db *db;
    kvi_txn *txn;
    kvi_snapshot_slot *slot;
    uint64_t transaction;
    int64_t now;
    bool is_broken; /**< A renew failed: it can only be ended. */
    struct {
        kv_ns ns;
        uint64_t transaction;
    } seen[KVI_SNAPSHOT_SEEN];
};

kv_status kvi_snapshot_begin(kv_db *db, kv_snapshot **snapshot_out);
/** Of one that kvi_snapshot_check() lets pass. On failure it is broken. */
kv_status kvi_snapshot_renew(kv_snapshot *snapshot);
void kvi_snapshot_end(kv_snapshot *snapshot);
/** The store's settings as of the snapshot. */
kv_status kvi_snapshot_settings(kv_snapshot *snapshot, kv_settings *out);
/** At close: release the idle ones. */
void kvi_snapshots_drain(kv_db *db);
/** The descent behind kvi_snapshot_namespace(). */
kv_status kvi_snapshot_namespace_look(kv_snapshot *snapshot, kv_ns ns);

/** The check at the head of every call on a snapshot. */
static inline kv_status kvi_snapshot_check(const kv_snapshot *snapshot)
{
    kv_status status = kvi_db_check(snapshot->db);

    return status == KV_OK && snapshot->is_broken ? KV_REOPEN_NEEDED : status;
}

/** KV_OK: the namespace is live; KV_NAMESPACE_NOT_FOUND. */
static inline kv_status kvi_snapshot_namespace(kv_snapshot *snapshot, kv_ns ns)
{
    size_t at = ns % KVI_SNAPSHOT_SEEN;

    if (snapshot->seen[at].ns == ns && snapshot->seen[at].transaction == snapshot->transaction)
        return KV_OK;
    return kvi_snapshot_namespace_look(snapshot, ns);
}

#endif
