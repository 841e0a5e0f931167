/* The service's answer for each status of kv.h: total, with the codes that clients know. */
#include "kv_edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/run.h"
#include "support/count.h"

/* Clients tell codes apart: written down a second time on purpose. */
static const struct row {
    const char *name;
    kv_status status;
    int32_t http;
    uint32_t retry;
    const char *code;
} rows[] = {
    {"KV_OK", KV_OK, 200, 0, "OK"},
    {"KV_NOT_FOUND", KV_NOT_FOUND, 404, 0, "InvalidKey.NotFound"},
    {"KV_INVALID", KV_INVALID, 400, 0, "Invalid.Parameter"},
    {"KV_KEY_MALFORMED", KV_KEY_MALFORMED, 400, 0, "InvalidKey.Malformed"},
    {"KV_KEY_TOO_LONG", KV_KEY_TOO_LONG, 400, 0, "InvalidKey.ExceedsMaximum"},
    {"KV_VALUE_TOO_LONG", KV_VALUE_TOO_LONG, 400, 0, "InvalidValue.ExceedsMaximum"},
    {"KV_METADATA_TOO_LONG", KV_METADATA_TOO_LONG, 400, 0, "Invalid.Parameter"},
    {"KV_EXPIRY_INVALID", KV_EXPIRY_INVALID, 400, 0, "Invalid.Parameter"},
    {"KV_TOO_MANY_KEYS", KV_TOO_MANY_KEYS, 400, 0, "InvalidKey.TooManyKeys"},
    {"KV_BATCH_TOO_LARGE", KV_BATCH_TOO_LARGE, 400, 0, "Invalid.Parameter"},
    {"KV_VERSION_MISMATCH", KV_VERSION_MISMATCH, 412, 0, "InvalidVersion.Mismatch"},
    {"KV_NAMESPACE_MALFORMED", KV_NAMESPACE_MALFORMED, 400, 0, "InvalidNameSpace.Malformed"},
    {"KV_NAMESPACE_NOT_FOUND", KV_NAMESPACE_NOT_FOUND, 404, 0, "InvalidNameSpace.NotFound"},
    {"KV_NAMESPACE_EXISTS", KV_NAMESPACE_EXISTS, 406, 0, "InvalidNameSpace.Duplicate"},
    {"KV_NAMESPACE_FULL", KV_NAMESPACE_FULL, 403, 0, "InvalidKey.ExceedsCapacity"},
    {"KV_NAMESPACES_FULL", KV_NAMESPACES_FULL, 406, 0, "InvalidNameSpace.QuotaFull"},
    {"KV_STORE_FULL", KV_STORE_FULL, 507, 0, "StoreFull"},
    {"KV_DISK_FULL", KV_DISK_FULL, 507, 1, "DiskFull"},
    {"KV_BUSY", KV_BUSY, 503, 1, "ServiceBusy"},
    {"KV_TIMEOUT", KV_TIMEOUT, 503, 1, "ServiceTimeout"},
    {"KV_MOVED", KV_MOVED, 503, 1, "StoreMoved"},
    {"KV_READ_ONLY", KV_READ_ONLY, 500, 0, "StoreReadOnly"},
    {"KV_FORKED", KV_FORKED, 500, 0, "StoreForked"},
    {"KV_ALREADY_OPEN", KV_ALREADY_OPEN, 500, 0, "StoreAlreadyOpen"},
    {"KV_REOPEN_NEEDED", KV_REOPEN_NEEDED, 500, 1, "StoreReopenNeeded"},
    {"KV_LOCK_LOST", KV_LOCK_LOST, 500, 0, "StoreLockLost"},
    {"KV_TOO_LARGE", KV_TOO_LARGE, 500, 0, "AnswerTooLarge"},
    {"KV_UNSUPPORTED", KV_UNSUPPORTED, 500, 0, "StoreUnsupported"},
    {"KV_CHANGES_TRIMMED", KV_CHANGES_TRIMMED, 500, 0, "ChangesTrimmed"},
    {"KV_BUFFER_TOO_SMALL", KV_BUFFER_TOO_SMALL, 500, 0, "BufferTooSmall"},
    {"KV_CANCELLED", KV_CANCELLED, 500, 0, "Cancelled"},
    {"KV_CORRUPT", KV_CORRUPT, 500, 0, "StoreCorrupt"},
    {"KV_IO", KV_IO, 500, 0, "StoreIo"},
    {"KV_NO_MEMORY", KV_NO_MEMORY, 500, 1, "OutOfMemory"},
    {"KV_COMMIT_UNKNOWN", KV_COMMIT_UNKNOWN, 500, 0, "CommitUnknown"},
    {"KV_NOT_A_NUMBER", KV_NOT_A_NUMBER, 400, 0, "InvalidValue.NotANumber"},
    {"KV_KEY_EXISTS", KV_KEY_EXISTS, 412, 0, "InvalidKey.Exists"},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    kv_edge_status edge = kv_status_edge(row->status);

    assert_int_equal(edge.http, row->http);
    assert_int_equal(edge.retry, row->retry);
    assert_string_equal(edge.code, row->code);
    assert_true(edge.message[strlen(edge.message) - 1] == '.');
    if (edge.http == 503)
        assert_int_equal(edge.retry, 1);
}

/* A row of each status that the core has, in order. */
static void test_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(rows[i].status, i);
        assert_string_equal(kv_status_name(rows[i].status), rows[i].name);
    }
    assert_string_equal(kv_status_name(COUNT(rows)), "KV_UNKNOWN");
}

static void test_unknown(void **state)
{
    static const kv_status numbers[] = {-1, COUNT(rows), 64, 1000, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        kv_edge_status edge = kv_status_edge(numbers[i]);

        assert_int_equal(edge.http, 500);
        assert_int_equal(edge.retry, 0);
        assert_string_equal(edge.code, "InternalError");
        assert_true(strlen(edge.message) > 0);
    }
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        {"edge status: every one of the core's", test_all, NULL, NULL, NULL},
        {"edge status: numbers that are none", test_unknown, NULL, NULL, NULL},
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(single)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    for (size_t i = 0; i < COUNT(single); i++)
        tests[count++] = single[i];
    run_tests(tests);
    return run_all("edge_status");
}
