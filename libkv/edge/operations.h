/*
 * The operations as a table: name, dialect, access level, parameters, and who does it. Layer edge.
 * To add an operation, add a row and its handler (handlers.h); a new parameter is an id and a row
 * in call.[ch].
 */
#ifndef KVI_EDGE_OPERATIONS_H
#define KVI_EDGE_OPERATIONS_H

#include "edge/call.h"
#include "edge/policy.h"

/* Products and versions that say the same in other words. */
typedef enum kvi_dialect {
    KVI_DCDN, /* dcdn, 2018-01-15. */
    KVI_ESA,  /* esa, 2024-09-10. */
    KVI_OWN,  /* kv, 2026-11-24: what the console needs beyond the service. */
    KVI_OPEN  /* openplatform, 2019-12-19: AuthorizeFileUpload alone. */
} kvi_dialect;

typedef struct kvi_operation {
    const char *name;
    kvi_dialect dialect;
    kvi_access access;
    void (*handle)(kvi_call *call); /* Fills answer. */
    uint32_t takes, needs;          /* Sets of 1u << kvi_argument_id. */
} kvi_operation;

/* "2018-01-15" and "PutDcdnKv" to the row. version_known_out tells which of the two is not. NULL:
   none. */
const kvi_operation *kvi_operation_find(kv_slice version, kv_slice name, bool *version_known_out);
/* All of them, for documents and tests. NULL: no more. */
const kvi_operation *kvi_operation_at(size_t index);
/* "dcdn", "esa", "kv", "openplatform". */
const char *kvi_dialect_product(kvi_dialect dialect);

#endif
