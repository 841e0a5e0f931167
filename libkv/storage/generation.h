/**
 * The directory of a store and the generations in it: each a directory of LMDB's data and lock
 * file, with a random name. A data file is never renamed over.
 */
#ifndef KVI_GENERATION_H
#define KVI_GENERATION_H

#include "kv.h"

#include <stdbool.h>

#define KVI_GENERATION_NAME_MAX 64 /**< Bytes of a name, with its end. */

/** Make the store's directory if it is missing; file_mode says who may enter. KV_OK; KV_READ_ONLY;
 *  KV_DISK_FULL; KV_INVALID (too long a path); KV_NO_MEMORY; KV_IO. */
kv_status kvi_store_make(const char *store, uint32_t file_mode, kv_error *error);
/** Make the directory of an empty generation. name_out: KVI_GENERATION_NAME_MAX bytes. KV_OK;
 *  KV_READ_ONLY; KV_DISK_FULL; KV_INVALID (too long a path); KV_NO_MEMORY; KV_IO. */
kv_status kvi_generation_make(const char *store, uint32_t file_mode, char *name_out,
                              kv_error *error);
/** Whether a generation can have this name. */
bool kvi_generation_is_name(const char *name);
/** Give its files that mode, without regard to the umask, and sync them and their names. Returns as
 *  kvi_generation_make(). */
kv_status kvi_generation_settle(const char *store, const char *generation, uint32_t file_mode,
                                kv_error *error);
/** Give the store's directory, its own files and those of a generation that mode, directories with
 * x where r is, without regard to the umask. GUARD and the lock file may be missing. Where it fails
 *  some may have it. Returns as kvi_generation_make(). */
kv_status kvi_store_mode_set(const char *store, const char *generation, uint32_t file_mode,
                             kv_error *error);
/** Remove a generation's files and directory. What cannot be removed is left for
 *  kvi_generation_sweep(). */
void kvi_generation_remove(const char *store, const char *generation);
/**
 * Remove all generations: without a CURRENT they are what dead creators left behind. Under the
 * guard, and only if there is no CURRENT.
 *
 * @param removed_out  How many; set in any case.
 * Returns KV_OK; KV_CORRUPT (one holds data, so CURRENT has been lost, and nothing is removed);
 * KV_READ_ONLY; KV_INVALID (too long a path); KV_NO_MEMORY; KV_IO.
 */
kv_status kvi_generation_sweep(const char *store, uint32_t *removed_out, kv_error *error);
/** Write store/generation, or store/generation/file unless `file` is NULL, to path (KVI_PATH_MAX
 *  bytes). KV_OK; KV_INVALID: too long. */
kv_status kvi_generation_path(const char *store, const char *generation, const char *file,
                              char *path);

#endif
