#include "kv_edge.h"

#include <stdbool.h>

/* The service does not say what is wrong with a parameter. */
#define PARAMETER_ROW(ROW, id)                                                                     \
    ROW(id, 400, 0, "Invalid.Parameter", "The specified parameter is invalid.")

/* Every status of kv.h: HTTP status, whether the same request may succeed later, code, message. The
 * codes and messages are the service's own where it has one. */
#define STATUSES(ROW)                                                                              \
    ROW(OK, 200, 0, "OK", "The request succeeded.")                                                \
    ROW(NOT_FOUND, 404, 0, "InvalidKey.NotFound", "The specified key does not exist.")             \
    PARAMETER_ROW(ROW, INVALID)                                                                    \
    ROW(KEY_MALFORMED, 400, 0, "InvalidKey.Malformed", "The specified key is invalid.")            \
    ROW(KEY_TOO_LONG, 400, 0, "InvalidKey.ExceedsMaximum",                                         \
        "The size of the key cannot exceed 512 bytes.")                                            \
    ROW(VALUE_TOO_LONG, 400, 0, "InvalidValue.ExceedsMaximum",                                     \
        "The size of the value cannot exceed 2,000,000 bytes.")                                    \
    PARAMETER_ROW(ROW, METADATA_TOO_LONG)                                                          \
    PARAMETER_ROW(ROW, EXPIRY_INVALID)                                                             \
    ROW(TOO_MANY_KEYS, 400, 0, "InvalidKey.TooManyKeys", "request contains too many keys.")        \
    PARAMETER_ROW(ROW, BATCH_TOO_LARGE)                                                            \
    ROW(VERSION_MISMATCH, 412, 0, "InvalidVersion.Mismatch",                                       \
        "The specified condition does not hold.")                                                  \
    ROW(NAMESPACE_MALFORMED, 400, 0, "InvalidNameSpace.Malformed",                                 \
        "The specified namespace is invalid.")                                                     \
    ROW(NAMESPACE_NOT_FOUND, 404, 0, "InvalidNameSpace.NotFound",                                  \
        "The specified namespace does not exist.")                                                 \
    ROW(NAMESPACE_EXISTS, 406, 0, "InvalidNameSpace.Duplicate",                                    \
        "The specified namespace already exists.")                                                 \
    ROW(NAMESPACE_FULL, 403, 0, "InvalidKey.ExceedsCapacity",                                      \
        "The maximum capacity of a single namespace cannot exceed 1 GB.")                          \
    ROW(NAMESPACES_FULL, 406, 0, "InvalidNameSpace.QuotaFull",                                     \
        "The maximum number of namespaces is reached.")                                            \
    ROW(STORE_FULL, 507, 0, "StoreFull", "The store is full.")                                     \
    ROW(DISK_FULL, 507, 1, "DiskFull", "The disk is full.")                                        \
    ROW(BUSY, 503, 1, "ServiceBusy", "The service is busy. Try again.")                            \
    ROW(TIMEOUT, 503, 1, "ServiceTimeout", "The service did not answer in time. Try again.")       \
    ROW(MOVED, 503, 1, "StoreMoved", "The store is being replaced. Try again.")                    \
    ROW(READ_ONLY, 500, 0, "StoreReadOnly", "The store does not take writes.")                     \
    ROW(FORKED, 500, 0, "StoreForked", "The service must reopen its store.")                       \
    ROW(ALREADY_OPEN, 500, 0, "StoreAlreadyOpen", "The store is open already.")                    \
    ROW(REOPEN_NEEDED, 500, 1, "StoreReopenNeeded", "The service must reopen its store.")          \
    ROW(LOCK_LOST, 500, 0, "StoreLockLost", "The store's lock file was replaced.")                 \
    ROW(TOO_LARGE, 500, 0, "AnswerTooLarge", "The answer exceeds the limit given.")                \
    ROW(UNSUPPORTED, 500, 0, "StoreUnsupported", "The library does not support that.")             \
    ROW(CHANGES_TRIMMED, 500, 0, "ChangesTrimmed", "The change log does not reach back that far.") \
    ROW(BUFFER_TOO_SMALL, 500, 0, "BufferTooSmall", "The buffer is too small.")                    \
    ROW(CANCELLED, 500, 0, "Cancelled", "The request was cancelled.")                              \
    ROW(CORRUPT, 500, 0, "StoreCorrupt", "Stored data is damaged.")                                \
    ROW(IO, 500, 0, "StoreIo", "The system reported an error.")                                    \
    ROW(NO_MEMORY, 500, 1, "OutOfMemory", "The service is out of memory.")                         \
    ROW(COMMIT_UNKNOWN, 500, 0, "CommitUnknown", "The outcome of the write is not known.")         \
    ROW(NOT_A_NUMBER, 400, 0, "InvalidValue.NotANumber", "The value is not a number.")             \
    ROW(KEY_EXISTS, 412, 0, "InvalidKey.Exists", "The specified key already exists.")

#define AS_ROW(id, http, retry, code, message) [KV_##id] = {http, retry, code, message},
#define AS_CASE(id, http, retry, code, message) case KV_##id:

/* By status. */
static const kv_edge_status rows[] = {STATUSES(AS_ROW)};

static const kv_edge_status unknown = {500, 0, "InternalError", "An internal error occurred."};

/* A status of kv.h that has no row does not compile. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"
static bool status_has_row(enum kv_status_code status)
{
    switch (status) {
        STATUSES(AS_CASE)
        return true;
    }
    return false;
}
#pragma GCC diagnostic pop

kv_edge_status kv_status_edge(kv_status status)
{
    return status_has_row((enum kv_status_code)status) ? rows[status] : unknown;
}
