/** Sealing a store: the mark is committed first, then CURRENT says so. ops/switch finishes a seal
 *  that was interrupted in between. */
#ifndef KVI_SEAL_H
#define KVI_SEAL_H

#include "kv.h"
#include "ops/db.h"

/**
 * Seal the store, or continue a seal that was interrupted. KV_OK, also for a store that is sealed
 * already; and as every write. Once the mark is committed nobody writes, whatever comes back.
 */
kv_status kvi_seal(kv_db *db);

#endif
