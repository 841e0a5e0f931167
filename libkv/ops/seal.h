/** Sealing a store: first the mark in the data is committed, then CURRENT is replaced. ops/switch
 *  finishes a seal that was interrupted in between. */
#ifndef KVI_SEAL_H
#define KVI_SEAL_H

#include "kv.h"
#include "ops/db.h"

/**
 * Seal the store, or continue a seal that was interrupted. Once the mark is committed nobody can
 * write, also if this returns a failure.
 *
 * Returns KV_OK, also if the store was sealed before; otherwise as kvi_commit_write() and
 * kvi_current_replace().
 */
kv_status kvi_seal(kv_db *db);

#endif
