/**
 * `meta`: what the store is. Rows by name:
 *
 *     "format"   u32      KVI_FORMAT; a newer one is refused
 *     "id"       u8[16]   random, made at creation
 *     "epoch"    u64      of the change log
 *     "settings" u64 map_size_max, namespace_capacity_default, changes_bytes_max,
 *                i64 changes_age_max_s, u32 namespaces_max
 *     "state"    u8 sealed, then the name of the generation that superseded this one, or nothing
 */
#ifndef KVI_META_H
#define KVI_META_H

#include "kv.h"
#include "storage/generation.h"
#include "storage/txn.h"

#define KVI_FORMAT 1

typedef struct kvi_meta_state {
    bool sealed;
    char superseded_by[KVI_GENERATION_NAME_MAX]; /**< "": this is the newest. */
} kvi_meta_state;

/** Write all rows of a new store, with an id and epoch of its own. */
kv_status kvi_meta_create(kvi_txn *txn, const kv_settings *settings);
/** KV_OK; KV_UNSUPPORTED (a newer format); KV_CORRUPT. */
kv_status kvi_meta_check(kvi_txn *txn);
kv_status kvi_meta_settings_get(kvi_txn *txn, kv_settings *out);
kv_status kvi_meta_settings_put(kvi_txn *txn, const kv_settings *settings);
kv_status kvi_meta_epoch_get(kvi_txn *txn, uint64_t *epoch_out);
/** Begin another epoch. */
kv_status kvi_meta_epoch_renew(kvi_txn *txn);
kv_status kvi_meta_state_get(kvi_txn *txn, kvi_meta_state *out);
kv_status kvi_meta_state_put(kvi_txn *txn, const kvi_meta_state *state);

#endif
