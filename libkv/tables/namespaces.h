/**
 * `namespaces`: names and what belongs to them. Each row is in an envelope (codec/envelope):
 *
 *     folded name       -> u32 id
 *     0x00 id:u32 BE    -> u8 status, i64 created, u64 capacity; parts: u8 size, name;
 *                          u16 size, description
 *     0x00              -> u32 next id, live, dropped
 *
 * A name has no byte 0x00, so the kinds of row cannot meet. Ids are never re-used. A dropped
 * namespace loses its name at once; its row stays until all its rows elsewhere are gone.
 */
#ifndef KVI_NAMESPACES_H
#define KVI_NAMESPACES_H

#include "base/slice.h"
#include "kv.h"
#include "storage/txn.h"

/** On disk: do not renumber. */
enum { KVI_NAMESPACE_LIVE = 0, KVI_NAMESPACE_DROPPED = 1 };

typedef struct kvi_namespace {
    kv_ns id;
    uint8_t status;
    kv_slice name;        /**< Read: into the map. */
    kv_slice description; /**< Read: into the map. */
    int64_t created;
    uint64_t capacity;
} kvi_namespace;

typedef struct kvi_namespace_counts {
    kv_ns next_id;
    uint32_t live, dropped;
} kvi_namespace_counts;

/** KV_OK or KV_NAMESPACE_MALFORMED. */
kv_status kvi_namespaces_name_check(const char *name, size_t size);
/** KV_OK or KV_NAMESPACE_NOT_FOUND. The name has been checked. */
kv_status kvi_namespaces_find(kvi_txn *txn, kv_slice name, kv_ns *id_out);
/** The row of an id. KV_OK or KV_NAMESPACE_NOT_FOUND (a dropped one too). */
kv_status kvi_namespaces_get_live(kvi_txn *txn, kv_ns id, kvi_namespace *out);
/** The first row of that status with an id above `after`; who looks for dropped ones is led past
 *  damaged rows. KV_OK or KV_NOT_FOUND. */
kv_status kvi_namespaces_next(kvi_txn *txn, kv_ns after, uint8_t status, kvi_namespace *out);
kv_status kvi_namespaces_counts(kvi_txn *txn, kvi_namespace_counts *out);

/** Write the rows of an empty store. */
kv_status kvi_namespaces_init(kvi_txn *txn);
/** Add one under the next id, set in row. KV_OK; KV_NAMESPACE_EXISTS; KV_NAMESPACES_FULL. */
kv_status kvi_namespaces_create(kvi_txn *txn, kvi_namespace *row, uint32_t max);
/** Rewrite a row's capacity and description. Its slices must not point into the map. */
kv_status kvi_namespaces_update(kvi_txn *txn, const kvi_namespace *row);
kv_status kvi_namespaces_drop(kvi_txn *txn, kv_ns id);
/** Remove a dropped one for good. */
kv_status kvi_namespaces_remove(kvi_txn *txn, kv_ns id);

#endif
