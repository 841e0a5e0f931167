/** Namespaces: created, changed and dropped in transactions of their own, each logged. */
#ifndef KVI_NAMESPACE_H
#define KVI_NAMESPACE_H

#include "kv.h"
#include "ops/db.h"

/** As kv_namespace_create(); the name is checked here. */
kv_status kvi_namespace_create(kv_db *db, kv_slice name, kv_ns *id_out);
/** As kv_namespace_set(). capacity in bytes, 0: it stays; description NULL: it stays. Both have
 * been checked. */
kv_status kvi_namespace_set(kv_db *db, kv_ns id, uint64_t capacity, const char *description,
                            size_t description_size);
/** As kv_namespace_rename(); the name is checked here. */
kv_status kvi_namespace_rename(kv_db *db, kv_ns id, kv_slice name);
/** As kv_namespace_drop(). */
kv_status kvi_namespace_drop(kv_db *db, kv_ns id);
/** As kv_namespace_find(); the name is checked here. */
kv_status kvi_namespace_find(kv_snapshot *snapshot, kv_slice name, kv_ns *id_out);
/** As kv_namespace_id(); the name is checked here. */
kv_status kvi_namespace_id(kv_db *db, kv_slice name, kv_ns *id_out);
/** As kv_namespace_describe(). `out` is of the library's own size. */
kv_status kvi_namespace_describe(kv_snapshot *snapshot, kv_ns id, kv_namespace_info *out);
/** As kv_namespace_next(): the live namespace with the lowest id above `after`. `out` is of the
 *  library's own size. */
kv_status kvi_namespace_next(kv_snapshot *snapshot, kv_ns after, kv_namespace_info *out);

#endif
