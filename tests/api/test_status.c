/* The table of statuses: every one has a name and a text. */
#include "support/fixture.h"

#include <string.h>

static const struct row {
    const char *name;
    kv_status status;
} rows[] = {
    {"KV_OK", KV_OK},
    {"KV_NOT_FOUND", KV_NOT_FOUND},
    {"KV_INVALID", KV_INVALID},
    {"KV_KEY_MALFORMED", KV_KEY_MALFORMED},
    {"KV_KEY_TOO_LONG", KV_KEY_TOO_LONG},
    {"KV_VALUE_TOO_LONG", KV_VALUE_TOO_LONG},
    {"KV_METADATA_TOO_LONG", KV_METADATA_TOO_LONG},
    {"KV_EXPIRY_INVALID", KV_EXPIRY_INVALID},
    {"KV_TOO_MANY_KEYS", KV_TOO_MANY_KEYS},
    {"KV_BATCH_TOO_LARGE", KV_BATCH_TOO_LARGE},
    {"KV_VERSION_MISMATCH", KV_VERSION_MISMATCH},
    {"KV_NAMESPACE_MALFORMED", KV_NAMESPACE_MALFORMED},
    {"KV_NAMESPACE_NOT_FOUND", KV_NAMESPACE_NOT_FOUND},
    {"KV_NAMESPACE_EXISTS", KV_NAMESPACE_EXISTS},
    {"KV_NAMESPACE_FULL", KV_NAMESPACE_FULL},
    {"KV_NAMESPACES_FULL", KV_NAMESPACES_FULL},
    {"KV_STORE_FULL", KV_STORE_FULL},
    {"KV_DISK_FULL", KV_DISK_FULL},
    {"KV_BUSY", KV_BUSY},
    {"KV_TIMEOUT", KV_TIMEOUT},
    {"KV_MOVED", KV_MOVED},
    {"KV_READ_ONLY", KV_READ_ONLY},
    {"KV_FORKED", KV_FORKED},
    {"KV_ALREADY_OPEN", KV_ALREADY_OPEN},
    {"KV_REOPEN_NEEDED", KV_REOPEN_NEEDED},
    {"KV_LOCK_LOST", KV_LOCK_LOST},
    {"KV_TOO_LARGE", KV_TOO_LARGE},
    {"KV_UNSUPPORTED", KV_UNSUPPORTED},
    {"KV_CHANGES_TRIMMED", KV_CHANGES_TRIMMED},
    {"KV_BUFFER_TOO_SMALL", KV_BUFFER_TOO_SMALL},
    {"KV_CANCELLED", KV_CANCELLED},
    {"KV_CORRUPT", KV_CORRUPT},
    {"KV_IO", KV_IO},
    {"KV_NO_MEMORY", KV_NO_MEMORY},
    {"KV_COMMIT_UNKNOWN", KV_COMMIT_UNKNOWN},
    {"KV_NOT_A_NUMBER", KV_NOT_A_NUMBER},
    {"KV_KEY_EXISTS", KV_KEY_EXISTS},
};

static void test_row(void **state)
{
    const struct row *row = *state;

    assert_string_equal(kv_status_name(row->status), row->name);
    assert_true(strlen(kv_strerror(row->status)) > 1);
    assert_true(kv_strerror(row->status)[strlen(kv_strerror(row->status)) - 1] != '.');
}

static void test_unknown(void **state)
{
    static const kv_status unknown[] = {-1, COUNT(rows), 1000, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_string_equal(kv_status_name(unknown[i]), "KV_UNKNOWN");
        assert_non_null(kv_strerror(unknown[i]));
    }
}

/** A row of each, in order. */
static void test_all(void **state)
{
    (void)state;
    for (kv_status i = 0; i < (kv_status)COUNT(rows); i++)
        assert_int_equal(rows[i].status, i);
    assert_string_equal(kv_status_name(sizeof(rows) / sizeof(rows[0])), "KV_UNKNOWN");
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
