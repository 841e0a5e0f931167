/** kv_sync(): makes earlier lazy commits durable. */
#ifndef KVI_HARDEN_H
#define KVI_HARDEN_H

#include "kv.h"
#include "ops/db.h"

/** As kv_sync(). Takes the turn to write only if there are commits to harden. Returns as
 * kvi_commit_write(). */
kv_status kvi_harden(kv_db *db);

#endif
