/**
 * `meta`: what the store is. Rows by name, each in an envelope (codec/row_envelope):
 *
 *     "features"  u64 compatible, read_compatible, incompatible (tables/features)
 *     "id"        u8[16], random, made at creation
 *     "epoch"     u64 of the change log, u8 count; part: ancestor[count]
 *                 ancestor = u64 epoch, u64 last; the newest first
 *     "settings"  u64 map_size_max, namespace_capacity_default, changes_bytes_max,
 *                 i64 changes_age_max_s, u32 namespaces_max; both bounds 0: no change log
 *     "state"     u8 sealed; part: u8 size, name of the generation that superseded this one
 *
 * When a row is rewritten, what a newer version put behind the known fields stays. Functions that
 * write return KV_OK, KV_CORRUPT (the row there is damaged) or a failure of LMDB (storage/txn.h);
 * functions that read also return those.
 */
#ifndef KVI_META_H
#define KVI_META_H

#include "kv.h"
#include "storage/generation.h"
#include "storage/txn.h"
#include "tables/features.h"

#define KVI_ANCESTORS_MAX 16 /**< Epochs that a store remembers, besides the present one. */

/** What has become of this generation. */
typedef struct kvi_meta_state {
    bool is_sealed;                              /**< It takes no writes any more. */
    char superseded_by[KVI_GENERATION_NAME_MAX]; /**< Its successor; "": it is the newest. */
} kvi_meta_state;

/** Write all rows of a new store, with an id and epoch of its own. */
kv_status kvi_meta_create(kvi_txn *txn, const kv_settings *settings);
/** Whether this version may work on the store, as kvi_features_check() says. KV_OK; KV_UNSUPPORTED
 *  (with `why`); KV_CORRUPT. */
kv_status kvi_meta_check(kvi_txn *txn, bool may_write, char why[KVI_FEATURES_WHY_MAX]);
/** Read the settings. KV_OK; KV_CORRUPT. */
kv_status kvi_meta_settings_get(kvi_txn *txn, kv_settings *out);
/** Write the settings. */
kv_status kvi_meta_settings_put(kvi_txn *txn, const kv_settings *settings);

/** Read the present epoch of the change log. KV_OK; KV_CORRUPT. */
kv_status kvi_meta_epoch_get(kvi_txn *txn, uint64_t *epoch_out);
/** The newest sequence of an epoch that is part of this history; UINT64_MAX for the present epoch.
 *  KV_OK; KV_NOT_FOUND (the epoch is not ours, or forgotten); KV_CORRUPT. */
kv_status kvi_meta_epoch_last(kvi_txn *txn, uint64_t epoch, uint64_t *last_out);
/** Begin a new epoch with a history of its own: positions of older epochs are not valid in it. */
kv_status kvi_meta_epoch_begin(kvi_txn *txn);
/** Begin a new epoch that continues the present one. last: the newest sequence of the present epoch
 *  that is still there; its positions up to that one stay valid. */
kv_status kvi_meta_epoch_renew(kvi_txn *txn, uint64_t last);

/** Read the state. KV_OK; KV_CORRUPT. */
kv_status kvi_meta_state_get(kvi_txn *txn, kvi_meta_state *out);
/** Write the state. */
kv_status kvi_meta_state_put(kvi_txn *txn, const kvi_meta_state *state);

#endif
