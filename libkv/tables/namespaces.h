/**
 * `namespaces`: names and what belongs to them. Each row is in an envelope (codec/row_envelope):
 *
 *     folded name       -> u32 id
 *     0x00 id:u32 BE    -> u8 status, i64 created, u64 capacity; parts: u8 size, name;
 *                          u16 size, description
 *     0x00              -> u32 next id, live, dropped
 *
 * A name has no byte 0x00, so the kinds of row cannot meet. Ids are never re-used. A dropped
 * namespace loses its name at once; its row stays until all its rows elsewhere are gone.
 *
 * Beside the statuses that are named, each function may return KV_CORRUPT (a damaged row) or
 * another failure of LMDB (storage/txn.h).
 */
#ifndef KVI_NAMESPACES_H
#define KVI_NAMESPACES_H

#include "base/slice.h"
#include "kv.h"
#include "storage/txn.h"

/** Statuses of a namespace. On disk: do not renumber. */
enum { KVI_NAMESPACE_LIVE = 0, KVI_NAMESPACE_DROPPED = 1 };

/** A row. What was read points into the map, and is valid until the transaction ends or writes. */
typedef struct kvi_namespace {
    kv_ns id;
    uint8_t status;       /**< KVI_NAMESPACE_... */
    kv_slice name;        /**< As it was given, not folded. */
    kv_slice description; /**< Any bytes. */
    int64_t created;      /**< Unix seconds. */
    uint64_t capacity;    /**< Bytes, as the quota counts them. */
} kvi_namespace;

/** The row of counts. */
typedef struct kvi_namespace_counts {
    kv_ns next_id;          /**< The id of the next namespace. */
    uint32_t live, dropped; /**< How many there are. */
} kvi_namespace_counts;

/** Whether a name is valid. KV_OK; KV_NAMESPACE_MALFORMED. */
kv_status kvi_namespaces_name_check(const char *name, size_t size);
/** Find a live namespace by its name, which has been checked. KV_OK; KV_NAMESPACE_NOT_FOUND. */
kv_status kvi_namespaces_find(kvi_txn *txn, kv_slice name, kv_ns *id_out);
/** Read the row of a live namespace. KV_OK; KV_NAMESPACE_NOT_FOUND, also if it is dropped. */
kv_status kvi_namespaces_get_live(kvi_txn *txn, kv_ns id, kvi_namespace *out);
/** Read the first row of that status with an id above `after`. A search for dropped namespaces
 * skips damaged rows. KV_OK; KV_NOT_FOUND. */
kv_status kvi_namespaces_next(kvi_txn *txn, kv_ns after, uint8_t status, kvi_namespace *out);
/** Read the counts. KV_OK. */
kv_status kvi_namespaces_counts(kvi_txn *txn, kvi_namespace_counts *out);

/** Write the rows of an empty store. KV_OK. */
kv_status kvi_namespaces_init(kvi_txn *txn);
/** Add a namespace under the next id, which is set in *row. max: how many live ones there may be.
 *  KV_OK; KV_NAMESPACE_EXISTS: row->id is the id of the one that is there; KV_NAMESPACES_FULL. */
kv_status kvi_namespaces_create(kvi_txn *txn, kvi_namespace *row, uint32_t max);
/** Rewrite a row's capacity and description. Its slices must not point into the map. KV_OK. */
kv_status kvi_namespaces_update(kvi_txn *txn, const kvi_namespace *row);
/** Give a live namespace another name, which has been checked. It may be its own in other case.
 *  KV_OK; KV_NAMESPACE_NOT_FOUND; KV_NAMESPACE_EXISTS: another namespace has it. */
kv_status kvi_namespaces_rename(kvi_txn *txn, kv_ns id, kv_slice name);
/** Mark a live namespace as dropped, and remove its name. KV_OK; KV_NAMESPACE_NOT_FOUND. */
kv_status kvi_namespaces_drop(kvi_txn *txn, kv_ns id);
/** Remove the row of a dropped namespace, none of whose rows are left. KV_OK. */
kv_status kvi_namespaces_remove(kvi_txn *txn, kv_ns id);

#endif
