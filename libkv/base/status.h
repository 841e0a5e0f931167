/**
 * The table of statuses: the name and the text of each; and filling in kv_error. A status of kv.h
 * without a row in the table does not compile.
 */
#ifndef KVI_STATUS_H
#define KVI_STATUS_H

#include "kv.h"

/** A row of the table. */
typedef struct kvi_status_row {
    kv_status status;
    const char *name; /**< As in kv.h. Static. */
    const char *text; /**< One clause in English. Static. */
} kvi_status_row;

/** The row of a status; for a number that is no status the row KV_UNKNOWN. Never NULL. */
const kvi_status_row *kvi_status_find(kv_status status);

/**
 * Fill in an error.
 *
 * @param error     NULL: there is none to fill in.
 * @param os_errno  errno of the call that failed; 0: the message mentions none.
 * Returns `status`.
 */
kv_status kvi_error_set(kv_error *error, kv_status status, int os_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
