/**
 * The log hook: tells the embedder what the library did without being asked. It is never called
 * under a lock or in a write transaction. But the thread whose turn it is to write may call it:
 * while it runs, the other writers of this process wait.
 */
#ifndef KVI_LOG_H
#define KVI_LOG_H

#include "kv.h"

/** The hook of a handle: kv_options.log. Several threads may call it at once. */
typedef struct kvi_log {
    kv_log_fn fn; /**< NULL: silent. */
    void *ctx;    /**< Given to fn. */
} kvi_log;

/** Call the hook with a message, of at most 255 bytes. level: KV_LOG_...; status: KV_OK if the
 *  message is not about a failure. */
void kvi_log_emit(const kvi_log *log, int level, kv_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
