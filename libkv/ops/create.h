/** Making a store where there is none: it is built aside, synced, then linked into place. */
#ifndef KVI_CREATE_H
#define KVI_CREATE_H

#include "kv.h"

/**
 * Make a store. If two processes create it at once, both find the same store afterwards.
 *
 * @param path           The store's directory, which is made if it is missing.
 * @param settings       Complete.
 * @param leftovers_out  Things that dead creators left and this one removed; set in any case.
 * Returns KV_OK; KV_CORRUPT (there is data, but no CURRENT); KV_READ_ONLY; KV_UNSUPPORTED (the file
 * system); KV_DISK_FULL; KV_STORE_FULL; KV_INVALID (too long a path, or
 * the directory holds what is no part of a store: then nothing is made); KV_NO_MEMORY; KV_IO; any
 * other that opening LMDB gives. What a failure leaves, a later creator removes; but if only the
 * last sync failed there is a store, and `error` says so.
 */
kv_status kvi_create(const char *path, uint32_t file_mode, const kv_settings *settings,
                     uint32_t *leftovers_out, kv_error *error);

#endif
