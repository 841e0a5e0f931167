/**
 * Snapshots: pooled read transactions. Beginning one takes an idle transaction and renews it, which
 * takes no lock. One thread at a time uses a snapshot.
 *
 * A namespace that was found alive is not looked up again while the snapshot sees the same
 * transaction.
 */
#ifndef KVI_SNAPSHOT_H
#define KVI_SNAPSHOT_H

#include "kv.h"
#include "ops/db.h"
#include "ops/range.h"
#include "ops/read_error.h"
#include "storage/txn.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#define KVI_SNAPSHOT_SEEN 8 /**< Namespaces that are remembered; a power of two. */

/** A snapshot: in use, or idle in the pool. */
struct kv_snapshot {
    kv_db *db;               /**< Held by it. */
    kvi_txn *txn;            /**< A reader. */
    kvi_snapshot_slot *slot; /**< Its counters. */
    uint64_t transaction;    /**< The commit that it sees. */
    int64_t now;             /**< Unix seconds: what has expired by then is absent. */
    bool is_broken;          /**< A renew failed: it can only be ended. */
    struct {
        kv_ns ns;
        uint64_t transaction;
    } seen[KVI_SNAPSHOT_SEEN]; /**< Namespaces found alive at a transaction. */
    kv_ns at_ns;               /**< The key that the call at hand reads, borrowed for that call: */
    kv_slice at_key;           /**< what a failure is noted with. */
    kvi_range range;           /**< The value that kv_get_range() reads; ends with the view. */
    kvi_read_error error;      /**< The last failure since it began or was renewed. */
};

/** Begin one, of a usable handle. KV_OK; KV_BUSY (snapshots_max, or the reader table is full);
 *  KV_REOPEN_NEEDED; KV_NO_MEMORY; KV_IO. On failure *snapshot_out is NULL. */
kv_status kvi_snapshot_begin(kv_db *db, kv_snapshot **snapshot_out);
/** Move a snapshot to the newest commit and to the present time, once kvi_snapshot_check() has
 *  answered KV_OK. As kvi_snapshot_begin(). On failure it is broken. */
kv_status kvi_snapshot_renew(kv_snapshot *snapshot);
/** End it. It goes back to the pool, or is released if it is broken or the handle is closed. */
void kvi_snapshot_end(kv_snapshot *snapshot);
/** The store's settings that the snapshot sees. KV_OK; KV_CORRUPT. */
kv_status kvi_snapshot_settings(kv_snapshot *snapshot, kv_settings *out);
/** At close: release the idle ones of a handle. */
void kvi_snapshots_drain(kv_db *db);
/** The look-up behind kvi_snapshot_namespace(), and the same answers. */
kv_status kvi_snapshot_namespace_look(kv_snapshot *snapshot, kv_ns ns);

/** Whether the snapshot is usable; every call on one asks first. KV_OK; KV_FORKED;
 * KV_REOPEN_NEEDED. */
static inline kv_status kvi_snapshot_check(const kv_snapshot *snapshot)
{
    kv_status status = kvi_db_check(snapshot->db);

    return status == KV_OK && snapshot->is_broken ? KV_REOPEN_NEEDED : status;
}

/** Note that a read of a table failed, in a namespace or (0) in none. Returns `status`. */
static inline kv_status kvi_snapshot_failed(kv_snapshot *snapshot, kv_status status, unsigned table,
                                            kv_ns ns, kvi_fault_kind fault)
{
    kv_slice none = {NULL, 0};

    return kvi_read_error_note(&snapshot->error, status, table, ns, none, (kvi_fault){fault, 0});
}

/** Note that a read of the key at hand failed. Returns `status`. */
static inline kv_status kvi_snapshot_key_failed(kv_snapshot *snapshot, kv_status status,
                                                kvi_fault fault)
{
    return kvi_read_error_note(&snapshot->error, status, KVI_VALUES, snapshot->at_ns,
                               snapshot->at_key, fault);
}

/** Whether a namespace is live. KV_OK; KV_NAMESPACE_NOT_FOUND; a failure of LMDB (storage/txn.h).
 */
static inline kv_status kvi_snapshot_namespace(kv_snapshot *snapshot, kv_ns ns)
{
    size_t at = ns % KVI_SNAPSHOT_SEEN;

    if (snapshot->seen[at].ns == ns && snapshot->seen[at].transaction == snapshot->transaction)
        return KV_OK;
    return kvi_snapshot_namespace_look(snapshot, ns);
}

#endif
