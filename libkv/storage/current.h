/**
 * CURRENT: the file that names a store's generation and says whether it is sealed.
 *
 * It is text: "libkv 2" on the first line, then "generation NAME" and "sealed yes|no", a line each.
 * Lines that begin otherwise belong to a newer version: they are skipped, and kept. The file is
 * only replaced as a whole: the first creator links it into place, every later change renames over
 * it, and then the directory is synced.
 */
#ifndef KVI_CURRENT_H
#define KVI_CURRENT_H

#include "kv.h"
#include "storage/generation.h"

#include <stdbool.h>

#define KVI_CURRENT_FORMAT 2 /**< The number on the first line. */

/** What CURRENT says. */
typedef struct kvi_current {
    char generation[KVI_GENERATION_NAME_MAX]; /**< Its name. */
    bool is_sealed;                           /**< The store is only read. */
    char others[2048]; /**< The lines that are not known, with their ends. More is KV_CORRUPT. */
} kvi_current;

/** Read CURRENT in the directory `store`. KV_OK; KV_NOT_FOUND (there is none); KV_CORRUPT;
 *  KV_UNSUPPORTED (another format); KV_INVALID (too long a path); KV_NO_MEMORY; KV_IO, also
 *  if it may not be opened. */
kv_status kvi_current_read(const char *store, kvi_current *out, kv_error *error);
/**
 * Put the first CURRENT in place. Under the guard.
 *
 * @param is_first_out  False: there was a CURRENT already, and nothing has changed. True although
 *                      the call failed: it is in place, but its name is not synced.
 * Returns KV_OK; KV_UNSUPPORTED (a file system without hard links); KV_READ_ONLY; KV_DISK_FULL;
 * KV_INVALID (too long a path); KV_NO_MEMORY; KV_IO.
 */
kv_status kvi_current_create(const char *store, const kvi_current *current, uint32_t file_mode,
                             bool *is_first_out, kv_error *error);
/**
 * Replace CURRENT by `next` if it says `was`. Its mode, its owner and the lines that are not known
 * stay. Takes the guard for the time of the call.
 *
 * Returns KV_OK, also if it says `next` already; KV_MOVED (it says something else, or is gone, and
 * nothing has changed); KV_READ_ONLY; KV_DISK_FULL; KV_CORRUPT; KV_UNSUPPORTED; KV_INVALID (too
 * long a path); KV_NO_MEMORY; KV_IO.
 */
kv_status kvi_current_replace(const char *store, const kvi_current *was, const kvi_current *next,
                              kv_error *error);
/** A number that changes when CURRENT is replaced; 0: there is none. Costs one stat(). */
uint64_t kvi_current_mark(const char *store);
/** Whether a name in the directory is CURRENT, or a file that was to become it. */
bool kvi_current_is_name(const char *name);
/** Remove files that were to become CURRENT when their writers died. Under the guard. Returns how
 *  many. */
uint32_t kvi_current_sweep(const char *store);

#endif
