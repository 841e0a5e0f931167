/** Making a store where there is none: built aside, synced, then linked into place. */
#ifndef KVI_CREATE_H
#define KVI_CREATE_H

#include "kv.h"

/**
 * `settings` are complete. KV_OK: there is a store now, of this creator or of one that was first.
 * On failure nothing is left that a later creator would not remove; but if only the last sync
 * failed the store is there, and `error` says so. KV_CORRUPT: there is data, but no CURRENT.
 * *leftovers_out: what creators that died left and this one removed; set in any case.
 */
kv_status kvi_create(const char *path, uint32_t file_mode, const kv_settings *settings,
                     uint32_t *leftovers_out, kv_error *error);

#endif
