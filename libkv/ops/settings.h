/** What is written about the store as a whole: its settings, and that it is hardened. */
#ifndef KVI_SETTINGS_H
#define KVI_SETTINGS_H

#include "kv.h"
#include "ops/db.h"

/** `settings` are complete. */
kv_status kvi_settings_set(kv_db *db, const kv_settings *settings);
/** Harden earlier lazy commits. */
kv_status kvi_settings_harden(kv_db *db);

#endif
