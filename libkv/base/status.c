#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Every status of kv.h: its name and what it says. */
#define STATUSES(ROW)                                                                              \
    ROW(OK, "success")                                                                             \
    ROW(NOT_FOUND, "not found")                                                                    \
    ROW(INVALID, "an argument is invalid")                                                         \
    ROW(KEY_MALFORMED, "the key is empty, not UTF-8, or has a space or control character")         \
    ROW(KEY_TOO_LONG, "the key is longer than 512 bytes")                                          \
    ROW(VALUE_TOO_LONG, "the value is longer than the limit")                                      \
    ROW(METADATA_TOO_LONG, "the metadata is longer than 1,024 bytes")                              \
    ROW(EXPIRY_INVALID, "the TTL is below 1 or the deadline is in the past")                       \
    ROW(TOO_MANY_KEYS, "the batch has too many operations")                                        \
    ROW(BATCH_TOO_LARGE, "the batch has too many bytes")                                           \
    ROW(VERSION_MISMATCH, "the condition on the key does not hold")                                \
    ROW(NAMESPACE_MALFORMED, "a namespace's name is 1 to 64 letters, digits, '-' or '_'")          \
    ROW(NAMESPACE_NOT_FOUND, "there is no such namespace")                                         \
    ROW(NAMESPACE_EXISTS, "there is a namespace of that name already")                             \
    ROW(NAMESPACE_FULL, "the pair would exceed the namespace's capacity")                          \
    ROW(NAMESPACES_FULL, "the store holds its maximum of namespaces")                              \
    ROW(STORE_FULL, "the store's size cap leaves no room for that")                                \
    ROW(DISK_FULL, "the disk, a quota or a limit on file sizes leaves no room for that")           \
    ROW(BUSY, "busy: nothing was done, try again")                                                 \
    ROW(TIMEOUT, "the wait ended first; nothing was done")                                         \
    ROW(MOVED, "the path now names another store or generation; open it again")                    \
    ROW(READ_ONLY, "the handle, the store or its files do not allow writing")                      \
    ROW(FORKED, "the handle was opened before fork(); open anew")                                  \
    ROW(ALREADY_OPEN, "this process has the store open: with other options, by another copy of "   \
                      "libkv, or not wholly closed")                                               \
    ROW(REOPEN_NEEDED, "the handle or snapshot is unusable; close it and begin anew")              \
    ROW(LOCK_LOST, "the lock file was replaced or removed; close all handles and open anew")       \
    ROW(TOO_LARGE, "what was asked for exceeds the limit given")                                   \
    ROW(UNSUPPORTED, "this version of libkv does not support that")                                \
    ROW(CHANGES_TRIMMED, "the change log does not reach that position; start from a snapshot")     \
    ROW(BUFFER_TOO_SMALL, "the buffer is too small")                                               \
    ROW(CANCELLED, "cancelled by the caller")                                                      \
    ROW(CORRUPT, "stored data is damaged")                                                         \
    ROW(IO, "the system reported an error")                                                        \
    ROW(NO_MEMORY, "out of memory")                                                                \
    ROW(COMMIT_UNKNOWN, "the commit's outcome is unknown; reopen and ask for it")                  \
    ROW(NOT_A_NUMBER, "the value or the sum is not a 64-bit decimal number")                       \
    ROW(KEY_EXISTS, "the key is there already")

#define AS_ROW(id, text) [KV_##id] = {KV_##id, "KV_" #id, text},
#define AS_CASE(id, text) case KV_##id:

/* By status. */
static const kvi_status_row rows[] = {STATUSES(AS_ROW)};

static const kvi_status_row unknown = {-1, "KV_UNKNOWN", "unknown status"};

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

const kvi_status_row *kvi_status_find(kv_status status)
{
    return status_has_row((enum kv_status_code)status) ? &rows[status] : &unknown;
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
