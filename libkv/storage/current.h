/**
 * CURRENT: the file that names a store's generation and says whether it is sealed.
 *
 * It is text: "libkv 2" on the first line, then "generation NAME" and "sealed yes|no", a line each.
 * Lines that begin otherwise are a newer version's: skipped, and kept. It is only ever replaced
 * whole: linked into place by the first creator, renamed over by every later change, the directory
 * synced after.
 */
#ifndef KVI_CURRENT_H
#define KVI_CURRENT_H

#include "kv.h"
#include "storage/generation.h"

#include <stdbool.h>

#define KVI_CURRENT_FORMAT 2

typedef struct kvi_current {
    char generation[KVI_GENERATION_NAME_MAX];
    bool is_sealed;
    char others[2048]; /**< The lines that are not known, each with its end. More: damage. */
} kvi_current;

/** KV_OK; KV_NOT_FOUND (no CURRENT); KV_CORRUPT; KV_UNSUPPORTED (another format); KV_IO. */
kv_status kvi_current_read(const char *store, kvi_current *out, kv_error *error);
/**
 * Put the first CURRENT in place. Under the guard. *is_first_out false: there was one already, and
 * nothing is changed. True with a failure: it is in place, but its name is not synced. KV_OK;
 * KV_UNSUPPORTED (a file system without hard links); KV_READ_ONLY; KV_DISK_FULL; KV_IO.
 */
kv_status kvi_current_create(const char *store, const kvi_current *current, uint32_t file_mode,
                             bool *is_first_out, kv_error *error);
/**
 * Replace CURRENT by `next` if it says `was`; its mode, its owner and the lines that are not known
 * stay as they are there. Takes the guard. KV_OK, also when it says `next` already; KV_MOVED (it
 * says something else, or is gone: nothing is changed); KV_READ_ONLY; KV_DISK_FULL; KV_CORRUPT;
 * KV_UNSUPPORTED; KV_IO.
 */
kv_status kvi_current_replace(const char *store, const kvi_current *was, const kvi_current *next,
                              kv_error *error);
/** A number that changes when CURRENT does; 0: there is none. One stat(). */
uint64_t kvi_current_mark(const char *store);
/** Remove what was to become CURRENT when its writer died. Under the guard. Their number. */
uint32_t kvi_current_sweep(const char *store);

#endif
