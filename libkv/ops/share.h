/** A second open of a store in one process: it shares the handle that is there. Under the lock of
 * the open stores. */
#ifndef KVI_SHARE_H
#define KVI_SHARE_H

#include "kv.h"
#include "ops/db.h"

#include <stdbool.h>

/** The open store that has the data of db->path and db->current; NULL: none. */
kv_db *kvi_share_find(const kv_db *db);
/** Share a handle. is_guest: whatever its options are. KV_OK; KV_ALREADY_OPEN; KV_REOPEN_NEEDED. */
kv_status kvi_share(kv_db *db, const kv_options *options, bool is_guest, kv_error *error);

#endif
