/** The hook that tells the embedder what the library did by itself. Never called under a lock. */
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
