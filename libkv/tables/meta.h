/**
 * `meta`: what the store is. Rows by name, each in an envelope (codec/envelope):
 *
 *     "features"  u64 compatible, read_compatible, incompatible (tables/features)
 *     "id"        u8[16], random, made at creation
 *     "epoch"     u64 of the change log, u8 count; part: ancestor[count]
 *                 ancestor = u64 epoch, u64 last; the newest first
 *     "settings"  u64 map_size_max, namespace_capacity_default, changes_bytes_max,
 *                 i64 changes_age_max_s, u32 namespaces_max
 *     "state"     u8 sealed; part: u8 size, name of the generation that superseded this one
 *
 * A row is rewritten with all that a newer version put behind what is known here.
 */
#ifndef KVI_META_H
#define KVI_META_H

#include "kv.h"
#include "storage/generation.h"
#include "storage/txn.h"
#include "tables/features.h"

#define KVI_ANCESTORS_MAX 16

typedef struct kvi_meta_state {
    bool is_sealed;
    char superseded_by[KVI_GENERATION_NAME_MAX]; /**< "": this is the newest. */
} kvi_meta_state;

/** Write all rows of a new store, with an id and epoch of its own. */
kv_status kvi_meta_create(kvi_txn *txn, const kv_settings *settings);
/** Whether this version may work on the store, as kvi_features_check() says. KV_OK; KV_UNSUPPORTED
 *  (with `why`); KV_CORRUPT. */
kv_status kvi_meta_check(kvi_txn *txn, bool may_write, char why[KVI_FEATURES_WHY_MAX]);
/** KV_OK; KV_CORRUPT. */
kv_status kvi_meta_settings_get(kvi_txn *txn, kv_settings *out);
kv_status kvi_meta_settings_put(kvi_txn *txn, const kv_settings *settings);

/** KV_OK; KV_CORRUPT. */
kv_status kvi_meta_epoch_get(kvi_txn *txn, uint64_t *epoch_out);
/** The newest sequence of an epoch that is part of this history: UINT64_MAX for the present one.
 *  KV_OK; KV_NOT_FOUND (not one of ours, or forgotten); KV_CORRUPT. */
kv_status kvi_meta_epoch_last(kvi_txn *txn, uint64_t epoch, uint64_t *last_out);
/** Begin another epoch with a history of its own: no position of an older one holds in it. */
kv_status kvi_meta_epoch_begin(kvi_txn *txn);
/** Begin another epoch that continues the present one: `last` is the newest sequence of it that is
 *  left. */
kv_status kvi_meta_epoch_renew(kvi_txn *txn, uint64_t last);

/** KV_OK; KV_CORRUPT. */
kv_status kvi_meta_state_get(kvi_txn *txn, kvi_meta_state *out);
kv_status kvi_meta_state_put(kvi_txn *txn, const kvi_meta_state *state);

#endif
