/** What is written about the store as a whole: its settings, and that it is hardened. */
#ifndef KVI_SETTINGS_H
#define KVI_SETTINGS_H

#include "kv.h"
#include "ops/db.h"

/** Write settings, which are complete; a map_size_max of 0 stays. Returns as kvi_commit_write();
 * also KV_INVALID: the map's size cannot be changed. */
kv_status kvi_settings_set(kv_db *db, const kv_settings *settings);
/** As kv_sync(): harden earlier lazy commits. Takes the turn to write only if there are any.
 * Returns as kvi_commit_write(). */
kv_status kvi_settings_harden(kv_db *db);

#endif
