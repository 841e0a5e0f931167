/* The tables of statuses: every one has a name, a text and an answer of the service's. */
#include "support/fixture.h"

#include <string.h>

static const struct row {
    const char *name;
    kv_status status;
    int32_t http;     /* 0: any failure. */
    const char *code; /* NULL: any. */
} rows[] = {
    {"KV_OK", KV_OK, 200, NULL},
    {"KV_NOT_FOUND", KV_NOT_FOUND, 404, "InvalidKey.NotFound"},
    {"KV_INVALID", KV_INVALID, 400, "Invalid.Parameter"},
    {"KV_KEY_MALFORMED", KV_KEY_MALFORMED, 400, "InvalidKey.Malformed"},
    {"KV_KEY_TOO_LONG", KV_KEY_TOO_LONG, 400, "InvalidKey.ExceedsMaximum"},
    {"KV_VALUE_TOO_LONG", KV_VALUE_TOO_LONG, 400, "InvalidValue.ExceedsMaximum"},
    {"KV_METADATA_TOO_LONG", KV_METADATA_TOO_LONG, 400, "Invalid.Parameter"},
    {"KV_EXPIRY_INVALID", KV_EXPIRY_INVALID, 400, "Invalid.Parameter"},
    {"KV_TOO_MANY_KEYS", KV_TOO_MANY_KEYS, 400, "InvalidKey.TooManyKeys"},
    {"KV_BATCH_TOO_LARGE", KV_BATCH_TOO_LARGE, 400, "Invalid.Parameter"},
    {"KV_VERSION_MISMATCH", KV_VERSION_MISMATCH, 412, NULL},
    {"KV_NAMESPACE_MALFORMED", KV_NAMESPACE_MALFORMED, 400, "InvalidNameSpace.Malformed"},
    {"KV_NAMESPACE_NOT_FOUND", KV_NAMESPACE_NOT_FOUND, 404, "InvalidNameSpace.NotFound"},
    {"KV_NAMESPACE_EXISTS", KV_NAMESPACE_EXISTS, 406, "InvalidNameSpace.Duplicate"},
    {"KV_NAMESPACE_FULL", KV_NAMESPACE_FULL, 403, "InvalidKey.ExceedsCapacity"},
    {"KV_NAMESPACES_FULL", KV_NAMESPACES_FULL, 406, "InvalidNameSpace.QuotaFull"},
    {"KV_STORE_FULL", KV_STORE_FULL, 507, NULL},
    {"KV_DISK_FULL", KV_DISK_FULL, 507, NULL},
    {"KV_BUSY", KV_BUSY, 503, NULL},
    {"KV_TIMEOUT", KV_TIMEOUT, 503, NULL},
    {"KV_MOVED", KV_MOVED, 503, NULL},
    {"KV_READ_ONLY", KV_READ_ONLY, 500, NULL},
    {"KV_FORKED", KV_FORKED, 500, NULL},
    {"KV_ALREADY_OPEN", KV_ALREADY_OPEN, 500, NULL},
    {"KV_REOPEN_NEEDED", KV_REOPEN_NEEDED, 500, NULL},
    {"KV_LOCK_LOST", KV_LOCK_LOST, 500, NULL},
    {"KV_TOO_LARGE", KV_TOO_LARGE, 0, NULL},
    {"KV_UNSUPPORTED", KV_UNSUPPORTED, 500, NULL},
    {"KV_CHANGES_TRIMMED", KV_CHANGES_TRIMMED, 0, NULL},
    {"KV_BUFFER_TOO_SMALL", KV_BUFFER_TOO_SMALL, 500, NULL},
    {"KV_CANCELLED", KV_CANCELLED, 0, NULL},
    {"KV_CORRUPT", KV_CORRUPT, 500, NULL},
    {"KV_IO", KV_IO, 500, NULL},
    {"KV_NO_MEMORY", KV_NO_MEMORY, 500, NULL},
    {"KV_COMMIT_UNKNOWN", KV_COMMIT_UNKNOWN, 500, NULL},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    kv_edge_status edge = kv_status_edge(row->status);

    assert_string_equal(kv_status_name(row->status), row->name);
    assert_true(strlen(kv_strerror(row->status)) > 1);
    assert_true(kv_strerror(row->status)[strlen(kv_strerror(row->status)) - 1] != '.');
    if (row->http != 0)
        assert_int_equal(edge.http, row->http);
    assert_true(row->status == KV_OK || edge.http >= 400);
    assert_non_null(edge.code);
    assert_non_null(edge.message);
    if (edge.http == 503)
        assert_int_equal(edge.retry, 1);
    if (row->code != NULL)
        assert_string_equal(edge.code, row->code);
}

static void test_unknown(void **state)
{
    static const kv_status unknown[] = {-1, KVI_STATUS_END, 1000, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_string_equal(kv_status_name(unknown[i]), "KV_UNKNOWN");
        assert_non_null(kv_strerror(unknown[i]));
        assert_int_equal(kv_status_edge(unknown[i]).http, 500);
        assert_string_equal(kv_status_edge(unknown[i]).code, "InternalError");
    }
}

/** A row of each, in order. */
static void test_all(void **state)
{
    (void)state;
    assert_int_equal(COUNT(rows), KVI_STATUS_END);
    for (kv_status i = 0; i < KVI_STATUS_END; i++)
        assert_int_equal(rows[i].status, i);
}

static void test_version(void **state)
{
    (void)state;
    assert_int_equal(kv_version(), KV_VERSION);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("status: unknown", test_unknown),
        TEST("kv_version", test_version),
        TEST("status: all of them", test_all),
    };

    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("api: status");
}
