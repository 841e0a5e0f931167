/**
 * The directory of a store and the generations in it: each a directory of LMDB's data and lock
 * file, with a random name. A data file is never renamed over.
 */
#ifndef KVI_GENERATION_H
#define KVI_GENERATION_H

#include "kv.h"

#include <stdbool.h>

#define KVI_GENERATION_NAME_MAX 64

/** Make the store's directory if it is missing. */
kv_status kvi_store_make(const char *store, uint32_t file_mode, kv_error *error);
/** KV_UNSUPPORTED on a file system that machines share: neither locks nor the map can be trusted
 *  there. FUSE is let through: it may be either. */
kv_status kvi_store_check(const char *store, kv_error *error);
/** Make an empty generation with a name of its own (KVI_GENERATION_NAME_MAX). */
kv_status kvi_generation_make(const char *store, uint32_t file_mode, char *name_out,
                              kv_error *error);
/** Whether that is a name that we give generations. */
bool kvi_generation_is_name(const char *name);
/** Give its files that mode whatever the umask, and make them and its name durable. */
kv_status kvi_generation_settle(const char *store, const char *generation, uint32_t file_mode,
                                kv_error *error);
void kvi_generation_remove(const char *store, const char *generation);
/**
 * Remove the generations that creators who died left behind: all there are. Under the guard, and
 * only when there is no CURRENT. KV_OK; KV_CORRUPT: one holds data, so that CURRENT has gone
 * missing, and nothing is removed; KV_IO.
 */
kv_status kvi_generation_sweep(const char *store, uint32_t *removed_out, kv_error *error);
/** store/generation[/file] into path (KVI_PATH_MAX). KV_INVALID: too long. */
kv_status kvi_generation_path(const char *store, const char *generation, const char *file,
                              char *path);

#endif
