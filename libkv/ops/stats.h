/** Statistics: facts of the store from one snapshot, counters of this process. */
#ifndef KVI_STATS_H
#define KVI_STATS_H

#include "kv.h"
#include "ops/db.h"

/** As kv_stats_get(). `out` is of the library's own size. */
kv_status kvi_stats_get(kv_db *db, kv_stats *out);
/** As kv_stats_text(): append them as Prometheus text. KV_OK; KV_NO_MEMORY. */
kv_status kvi_stats_text(const kv_stats *stats, kv_buf *out);

#endif
