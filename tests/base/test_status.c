/* The table of statuses, whole and consistent; and the filling in of kv_error. */
#include "base/status.h"

#include "support/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The numbers are ABI, the codes the service's: written down a second time on purpose. */
static const struct row {
    int number;
    const char *name;
    int http;
    const char *code;
} rows[] = {
    {0, "KV_OK", 200, "OK"},
    {1, "KV_NOT_FOUND", 404, "InvalidKey.NotFound"},
    {2, "KV_INVALID", 400, "Invalid.Parameter"},
    {3, "KV_KEY_MALFORMED", 400, "InvalidKey.Malformed"},
    {4, "KV_KEY_TOO_LONG", 400, "InvalidKey.ExceedsMaximum"},
    {5, "KV_VALUE_TOO_LONG", 400, "InvalidValue.ExceedsMaximum"},
    {6, "KV_METADATA_TOO_LONG", 400, "Invalid.Parameter"},
    {7, "KV_EXPIRY_INVALID", 400, "Invalid.Parameter"},
    {8, "KV_TOO_MANY_KEYS", 400, "InvalidKey.TooManyKeys"},
    {9, "KV_BATCH_TOO_LARGE", 400, "Invalid.Parameter"},
    {10, "KV_VERSION_MISMATCH", 412, NULL},
    {11, "KV_NAMESPACE_MALFORMED", 400, "InvalidNameSpace.Malformed"},
    {12, "KV_NAMESPACE_NOT_FOUND", 404, "InvalidNameSpace.NotFound"},
    {13, "KV_NAMESPACE_EXISTS", 406, "InvalidNameSpace.Duplicate"},
    {14, "KV_NAMESPACE_FULL", 403, "InvalidKey.ExceedsCapacity"},
    {15, "KV_NAMESPACES_FULL", 406, "InvalidNameSpace.QuotaFull"},
    {16, "KV_STORE_FULL", 507, NULL},
    {17, "KV_DISK_FULL", 507, NULL},
    {18, "KV_BUSY", 503, NULL},
    {19, "KV_TIMEOUT", 503, NULL},
    {20, "KV_MOVED", 503, NULL},
    {21, "KV_READ_ONLY", 0, NULL},
    {22, "KV_FORKED", 0, NULL},
    {23, "KV_ALREADY_OPEN", 0, NULL},
    {24, "KV_REOPEN_NEEDED", 0, NULL},
    {25, "KV_LOCK_LOST", 0, NULL},
    {26, "KV_TOO_LARGE", 0, NULL},
    {27, "KV_UNSUPPORTED", 0, NULL},
    {28, "KV_CHANGES_TRIMMED", 0, NULL},
    {29, "KV_BUFFER_TOO_SMALL", 0, NULL},
    {30, "KV_CANCELLED", 0, NULL},
    {31, "KV_CORRUPT", 0, NULL},
    {32, "KV_IO", 0, NULL},
    {33, "KV_NO_MEMORY", 0, NULL},
    {34, "KV_COMMIT_UNKNOWN", 0, NULL},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    const kvi_status_row *found = kvi_status_find(row->number);

    assert_int_equal(found->status, row->number);
    assert_string_equal(found->name, row->name);
    assert_true(strlen(found->text) > 0 && found->text[strlen(found->text) - 1] != '.');
    assert_in_range(found->edge.http, 200, 599);
    assert_in_range(found->edge.retry, 0, 1);
    assert_true(strlen(found->edge.code) > 0 && strlen(found->edge.message) > 0);
    if (row->http != 0)
        assert_int_equal(found->edge.http, row->http);
    if (row->code != NULL)
        assert_string_equal(found->edge.code, row->code);
}

static void test_names_differ(void **state)
{
    (void)state;
    assert_int_equal(COUNT(rows), KVI_STATUS_END);
    for (int a = 0; a < (int)COUNT(rows); a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(kvi_status_find(a)->name, kvi_status_find(b)->name);
}

static void test_unknown(void **state)
{
    static const kv_status numbers[] = {-1, KVI_STATUS_END, 64, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const kvi_status_row *found = kvi_status_find(numbers[i]);

        assert_string_equal(found->name, "KV_UNKNOWN");
        assert_string_equal(found->text, "unknown status");
        assert_int_equal(found->edge.http, 500);
    }
}

/* ---- kv_error */

static void test_error(void **state)
{
    kv_error error = KV_ERROR_INIT;

    (void)state;
    assert_int_equal(kvi_error_set(&error, KV_IO, ENOENT, "open %s", "/srv/store"), KV_IO);
    assert_int_equal(error.status, KV_IO);
    assert_int_equal(error.os_errno, ENOENT);
    assert_string_equal(error.message, "open /srv/store: No such file or directory");
    assert_int_equal(kvi_error_set(&error, KV_BUSY, 0, "%d left", 3), KV_BUSY);
    assert_int_equal(error.os_errno, 0);
    assert_string_equal(error.message, "3 left");
    assert_int_equal(error.size, sizeof(error));
    assert_int_equal(kvi_error_set(NULL, KV_IO, ENOENT, "%s", "nobody looks"), KV_IO);
}

/* Every length of message up to and beyond the room, with and without the system's words. */
static void test_error_long(void **state)
{
    char text[400];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (int size = 200; size < (int)sizeof(text); size++) {
        struct {
            kv_error error;
            char behind[8];
        } guarded = {.error = KV_ERROR_INIT, .behind = "behind"};
        size_t room = sizeof(guarded.error.message) - 1;

        (void)kvi_error_set(&guarded.error, KV_IO, ENOSPC, "%.*s", size, text);
        assert_in_range(strlen(guarded.error.message), (size_t)size < room ? (size_t)size : room,
                        room);
        (void)kvi_error_set(&guarded.error, KV_IO, 0, "%.*s", size, text);
        assert_int_equal(strlen(guarded.error.message), (size_t)size < room ? (size_t)size : room);
        assert_string_equal(guarded.behind, "behind");
    }
}

static void test_error_unknown_errno(void **state)
{
    kv_error error = KV_ERROR_INIT;

    (void)state;
    (void)kvi_error_set(&error, KV_IO, 99999, "odd");
    assert_memory_equal(error.message, "odd: ", 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("status: names differ", test_names_differ),
        TEST("status: numbers that are none", test_unknown),
        TEST("error: filled in", test_error),
        TEST("error: cut to its room", test_error_long),
        TEST("error: an errno nobody knows", test_error_unknown_errno),
    };

    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("status");
}
