/**
 * What each status is called and says, in one table; and the filling in of kv_error. Owns the
 * table: a status of kv.h without a row does not compile.
 */
#ifndef KVI_STATUS_H
#define KVI_STATUS_H

#include "kv.h"

/** A status, its name in kv.h, and one clause on it; both static. */
typedef struct kvi_status_row {
    kv_status status;
    const char *name, *text;
} kvi_status_row;

/** The row of a status; for a number that is no status the row KV_UNKNOWN. Never NULL. */
const kvi_status_row *kvi_status_find(kv_status status);

/** Fill in an optional error and hand the status through. os_errno 0: none is mentioned. */
kv_status kvi_error_set(kv_error *error, kv_status status, int os_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
