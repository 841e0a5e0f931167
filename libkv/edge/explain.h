/**
 * Filling in a caller's kv_error. Layer edge: libkv has one of its own, which a library on top of
 * it does not see.
 */
#ifndef KVI_EDGE_EXPLAIN_H
#define KVI_EDGE_EXPLAIN_H

#include "kv.h"

/** Returns status. error may be NULL. os_errno 0: the system had no part in it; else its text is
 *  put behind the message. */
kv_status kvi_edge_explain(kv_error *error, kv_status status, int os_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
