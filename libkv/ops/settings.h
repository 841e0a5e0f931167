/** What is written about the store as a whole: settings, that it is hardened, that it is sealed. */
#ifndef KVI_SETTINGS_H
#define KVI_SETTINGS_H

#include "kv.h"
#include "ops/db.h"

/** `settings` are complete. */
kv_status kvi_settings_set(kv_db *db, const kv_settings *settings);
/** Harden earlier lazy commits. */
kv_status kvi_settings_harden(kv_db *db);
/** Seal the store, or go on with a seal that was interrupted. A sealed one: KV_OK. */
kv_status kvi_settings_seal(kv_db *db);

#endif
