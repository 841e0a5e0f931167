/**
 * Opening and closing a store, in this order: the lock of the open stores, CURRENT, the options
 * against the store's state, the preflight, LMDB under the guard, what an earlier process left
 * unfinished.
 */
#ifndef KVI_OPEN_H
#define KVI_OPEN_H

#include "kv.h"
#include "ops/db.h"

/**
 * As kv_open(). Takes the lock of the open stores and the guard for the time of the call. Calls the
 * log hook once both are released.
 *
 * @param options, create_with  Complete.
 * @param check                 Check the pages of the file first, and report faults to it. A store
 *                              that is open already is shared whatever its options are. NULL: as
 *                              kv_open() does.
 * Returns as kv_open(); also KV_CANCELLED, by the check.
 */
kv_status kvi_open(const char *path, const kv_options *options, const kv_settings *create_with,
                   const kvi_page_check *check, kv_db **db_out, kv_error *error);
/** As kv_close(), of a handle that is not NULL. Works in a forked child too. */
void kvi_close(kv_db *db);

#endif
