/**
 * The hook that tells the embedder what the library did by itself. Never called under a lock or in
 * a write transaction, but it may be by the thread whose turn it is to write: while it runs, the
 * other writers of this process wait.
 */
#ifndef KVI_LOG_H
#define KVI_LOG_H

#include "kv.h"

typedef struct kvi_log {
    kv_log_fn fn; /**< NULL: silent. */
    void *ctx;
} kvi_log;

void kvi_log_emit(const kvi_log *log, int level, kv_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
