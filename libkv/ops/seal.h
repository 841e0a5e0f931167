/** Sealing a store: first the mark in the data is committed, then the data file is cut to its used
 *  pages, then CURRENT is replaced. ops/finish_switch does the last two, also for a seal that was
 *  interrupted in between. */
#ifndef KVI_SEAL_H
#define KVI_SEAL_H

#include "kv.h"
#include "ops/db.h"

/**
 * Seal the store, or continue a seal that was interrupted. Once the mark is committed no process
 * can write, also if this returns a failure.
 *
 * Returns KV_OK, also if the store was sealed before; otherwise as kvi_commit_write() and
 * kvi_finish_switch_seal().
 */
kv_status kvi_seal(kv_db *db);

#endif
