#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROW(id, http, retry, code, message, text)                                                  \
    [KV_##id] = {KV_##id, "KV_" #id, text, {http, retry, code, message}}

#define PARAMETER_ROW(id, text)                                                                    \
    ROW(id, 400, 0, "Invalid.Parameter", "The specified parameter is invalid.", text)

/* By status. */
static const kvi_status_row rows[] = {
    ROW(OK, 200, 0, "OK", "The request succeeded.", "success"),
    ROW(NOT_FOUND, 404, 0, "InvalidKey.NotFound", "The specified key does not exist.", "not found"),
    PARAMETER_ROW(INVALID, "an argument is invalid"),
    ROW(KEY_MALFORMED, 400, 0, "InvalidKey.Malformed", "The specified key is invalid.",
        "the key is empty, not UTF-8, or has a space or control character"),
    ROW(KEY_TOO_LONG, 400, 0, "InvalidKey.ExceedsMaximum",
        "The size of the key cannot exceed 512 bytes.", "the key is longer than 512 bytes"),
    ROW(VALUE_TOO_LONG, 400, 0, "InvalidValue.ExceedsMaximum",
        "The size of the value cannot exceed 2,000,000 bytes.",
        "the value is longer than the limit"),
    PARAMETER_ROW(METADATA_TOO_LONG, "the metadata is longer than 1,024 bytes"),
    PARAMETER_ROW(EXPIRY_INVALID, "the TTL is below 1 or the deadline is in the past"),
    ROW(TOO_MANY_KEYS, 400, 0, "InvalidKey.TooManyKeys", "request contains too many keys.",
        "the batch has too many operations"),
    PARAMETER_ROW(BATCH_TOO_LARGE, "the batch has too many bytes"),
    ROW(VERSION_MISMATCH, 412, 0, "InvalidVersion.Mismatch",
        "The specified condition does not hold.", "the key's version is not the one asked for"),
    ROW(NAMESPACE_MALFORMED, 400, 0, "InvalidNameSpace.Malformed",
        "The specified namespace is invalid.",
        "a namespace's name is 1 to 64 letters, digits, '-' or '_'"),
    ROW(NAMESPACE_NOT_FOUND, 404, 0, "InvalidNameSpace.NotFound",
        "The specified namespace does not exist.", "there is no such namespace"),
    ROW(NAMESPACE_EXISTS, 406, 0, "InvalidNameSpace.Duplicate",
        "The specified namespace already exists.", "there is a namespace of that name already"),
    ROW(NAMESPACE_FULL, 403, 0, "InvalidKey.ExceedsCapacity",
        "The maximum capacity of a single namespace cannot exceed 1 GB.",
        "the pair would exceed the namespace's capacity"),
    ROW(NAMESPACES_FULL, 406, 0, "InvalidNameSpace.QuotaFull",
        "The maximum number of namespaces is reached.",
        "the store holds its maximum of namespaces"),
    ROW(STORE_FULL, 507, 0, "StoreFull", "The store is full.",
        "the store has reached its size cap; deletes still work"),
    ROW(DISK_FULL, 507, 1, "DiskFull", "The disk is full.",
        "the file system is full; deletes still work"),
    ROW(BUSY, 503, 1, "ServiceBusy", "The service is busy. Try again.",
        "busy: nothing was done, try again"),
    ROW(TIMEOUT, 503, 1, "ServiceTimeout", "The service did not answer in time. Try again.",
        "the wait ended first; nothing was done"),
    ROW(MOVED, 503, 1, "StoreMoved", "The store is being replaced. Try again.",
        "the path now names newer data; open it again"),
    ROW(READ_ONLY, 500, 0, "StoreReadOnly", "The store does not take writes.",
        "the store does not take writes"),
    ROW(FORKED, 500, 0, "StoreForked", "The service must reopen its store.",
        "the handle was opened before fork(); open anew"),
    ROW(ALREADY_OPEN, 500, 0, "StoreAlreadyOpen", "The store is open already.",
        "the store is open in this process with other options"),
    ROW(REOPEN_NEEDED, 500, 1, "StoreReopenNeeded", "The service must reopen its store.",
        "the handle is unusable; close it and open anew"),
    ROW(LOCK_LOST, 500, 0, "StoreLockLost", "The store's lock file was replaced.",
        "the lock file was replaced or removed under us; close all handles and open anew"),
    ROW(TOO_LARGE, 500, 0, "AnswerTooLarge", "The answer exceeds the limit given.",
        "the answer exceeds the limit given"),
    ROW(UNSUPPORTED, 500, 0, "StoreUnsupported", "The store needs a newer library.",
        "this version of libkv does not support that"),
    ROW(CHANGES_TRIMMED, 500, 0, "ChangesTrimmed", "The change log does not reach back that far.",
        "the change log does not reach that position; start from a snapshot"),
    ROW(BUFFER_TOO_SMALL, 500, 0, "BufferTooSmall", "The buffer is too small.",
        "the buffer is too small"),
    ROW(CANCELLED, 500, 0, "Cancelled", "The request was cancelled.", "cancelled by the caller"),
    ROW(CORRUPT, 500, 0, "StoreCorrupt", "Stored data is damaged.", "stored data is damaged"),
    ROW(IO, 500, 0, "StoreIo", "The system reported an error.", "the system reported an error"),
    ROW(NO_MEMORY, 500, 1, "OutOfMemory", "The service is out of memory.", "out of memory"),
    ROW(COMMIT_UNKNOWN, 500, 0, "CommitUnknown", "The outcome of the write is not known.",
        "the commit's outcome is unknown; reopen and ask for it"),
};

static const kvi_status_row unknown = {
    -1, "KV_UNKNOWN", "unknown status", {500, 0, "InternalError", "An internal error occurred."}};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == KVI_STATUS_END, "the newest status has its row");

const kvi_status_row *kvi_status_find(kv_status status)
{
    if (status < 0 || (size_t)status >= sizeof(rows) / sizeof(rows[0]))
        return &unknown;
    return &rows[status];
}

kv_status kvi_error_set(kv_error *error, kv_status status, int os_errno, const char *format, ...)
{
    size_t used;
    va_list args;

    if (error == NULL)
        return status;
    error->status = status;
    error->os_errno = os_errno;
    va_start(args, format);
    (void)vsnprintf(error->message, sizeof(error->message), format, args);
    va_end(args);
    used = strlen(error->message);
    if (os_errno != 0 && used < sizeof(error->message)) {
        char text[96];
        /* The GNU strerror_r: answers a string that may not be in text. */
        const char *said = strerror_r(os_errno, text, sizeof(text));
        (void)snprintf(error->message + used, sizeof(error->message) - used, ": %s", said);
    }
    return status;
}
