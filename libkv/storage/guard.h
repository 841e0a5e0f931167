/**
 * The guard: an empty file, GUARD, whose flock orders creation, opening and every change of CURRENT
 * between processes.
 */
#ifndef KVI_GUARD_H
#define KVI_GUARD_H

#include "kv.h"

/** Take the guard; *fd_out -1: there is none and we may not make one (read-only media). The thread
 *  must not be cancelled while it holds it. */
kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error);
/** -1 is fine. */
void kvi_guard_unlock(int fd);

#endif
