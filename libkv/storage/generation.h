/**
 * The files of a store: CURRENT, the generations beside it, and the guard.
 *
 * CURRENT is text: "libkv 1", "generation NAME", "sealed yes|no", a line each. It is only ever
 * replaced whole: linked into place by the first creator, renamed over by every later change, the
 * directory synced after. A generation is a directory of LMDB's data and lock file; its data file
 * is never renamed over. GUARD is an empty file whose flock orders creation and opening.
 */
#ifndef KVI_GENERATION_H
#define KVI_GENERATION_H

#include "kv.h"

#include <stdbool.h>

#define KVI_GENERATION_NAME_MAX 64
#define KVI_PATH_MAX 4096

typedef struct kvi_current {
    char generation[KVI_GENERATION_NAME_MAX];
    bool sealed;
} kvi_current;

/** KV_OK; KV_NOT_FOUND (no CURRENT); KV_CORRUPT; KV_UNSUPPORTED (newer); KV_IO. */
kv_status kvi_current_read(const char *store, kvi_current *out, kv_error *error);
/** Put the first CURRENT in place. KV_NOT_FOUND: another creator was first; nothing is changed. */
kv_status kvi_current_create(const char *store, const kvi_current *current, uint32_t file_mode,
                             kv_error *error);
/** Replace CURRENT. */
kv_status kvi_current_replace(const char *store, const kvi_current *current, uint32_t file_mode,
                              kv_error *error);
/** A number that changes when CURRENT does; 0: there is none. One stat(). */
uint64_t kvi_current_mark(const char *store);

/** Take the guard; *fd_out -1: there is none and we may not make one (read-only media). */
kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error);
void kvi_guard_unlock(int fd);

/** Make the store's directory if it is missing. */
kv_status kvi_store_make(const char *store, uint32_t file_mode, kv_error *error);
/** KV_UNSUPPORTED on a network file system, where neither locks nor the map can be trusted. */
kv_status kvi_store_check(const char *store, kv_error *error);
/** Make an empty generation with a name of its own. */
kv_status kvi_generation_make(const char *store, uint32_t file_mode, kvi_current *current_out,
                              kv_error *error);
/** Whether that is a name that we give generations. */
bool kvi_generation_is_name(const char *name);
/** Give its files that mode whatever the umask, and make them and its name durable. */
kv_status kvi_generation_settle(const char *store, const char *generation, uint32_t file_mode,
                                kv_error *error);
void kvi_generation_remove(const char *store, const char *generation);
/** Remove what creators that died left behind: all generations but `keep` (may be NULL). Under the
 *  guard, and only when no CURRENT names another. */
void kvi_generation_sweep(const char *store, const char *keep);
/** store/generation[/file] into path (KVI_PATH_MAX). KV_INVALID: too long. */
kv_status kvi_generation_path(const char *store, const char *generation, const char *file,
                              char *path);

#endif
