/** Statistics: facts of the store from one snapshot, counters of this process. */
#ifndef KVI_STATS_H
#define KVI_STATS_H

#include "kv.h"
#include "ops/db.h"

/** `out` is of the library's own size. */
kv_status kvi_stats_get(kv_db *db, kv_stats *out);
kv_status kvi_stats_text(const kv_stats *stats, kv_buf *out);

#endif
