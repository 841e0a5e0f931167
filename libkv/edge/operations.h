/**
 * The operations as a table: name, dialect, access level, parameters, and the handler. Layer edge.
 * To add an operation, add a row and its handler (handlers.h); a new parameter is an id and a row
 * in arguments.[ch].
 */
#ifndef KVI_EDGE_OPERATIONS_H
#define KVI_EDGE_OPERATIONS_H

#include "edge/call.h"
#include "edge/policy.h"

/** A row. */
typedef struct kvi_operation {
    const char *name;
    kvi_dialect dialect;
    kvi_access access;
    void (*handle)(kvi_call *call); /**< Fills answer. */
    uint32_t takes, needs;          /**< Sets of 1u << kvi_argument_id. */
} kvi_operation;

/** "2018-01-15" and "PutDcdnKv" to the row. is_version_known_out: false: the version is not known.
 *  NULL: none. */
const kvi_operation *kvi_operation_find(kv_slice version, kv_slice name,
                                        bool *is_version_known_out);
/** All of them, for documents and tests. NULL: no more. */
const kvi_operation *kvi_operation_at(size_t index);
/** "dcdn", "esa", "kv", "openplatform". Static. */
const char *kvi_dialect_product(kvi_dialect dialect);

#endif
