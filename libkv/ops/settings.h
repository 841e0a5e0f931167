/** Changing the settings of a store. */
#ifndef KVI_SETTINGS_H
#define KVI_SETTINGS_H

#include "kv.h"
#include "ops/db.h"

/** Write settings, which are complete; a map_size_max of 0 stays. Returns as kvi_commit_write();
 * also KV_INVALID: the map's size cannot be changed. */
kv_status kvi_settings_set(kv_db *db, const kv_settings *settings);

#endif
