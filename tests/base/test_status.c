/* The table of statuses, whole and consistent; and the filling in of kv_error. */
#include "base/status.h"

#include "support/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The numbers and names are ABI: written down a second time on purpose. */
static const struct row {
    int number;
    const char *name;
} rows[] = {
    {0, "KV_OK"},
    {1, "KV_NOT_FOUND"},
    {2, "KV_INVALID"},
    {3, "KV_KEY_MALFORMED"},
    {4, "KV_KEY_TOO_LONG"},
    {5, "KV_VALUE_TOO_LONG"},
    {6, "KV_METADATA_TOO_LONG"},
    {7, "KV_EXPIRY_INVALID"},
    {8, "KV_TOO_MANY_KEYS"},
    {9, "KV_BATCH_TOO_LARGE"},
    {10, "KV_VERSION_MISMATCH"},
    {11, "KV_NAMESPACE_MALFORMED"},
    {12, "KV_NAMESPACE_NOT_FOUND"},
    {13, "KV_NAMESPACE_EXISTS"},
    {14, "KV_NAMESPACE_FULL"},
    {15, "KV_NAMESPACES_FULL"},
    {16, "KV_STORE_FULL"},
    {17, "KV_DISK_FULL"},
    {18, "KV_BUSY"},
    {19, "KV_TIMEOUT"},
    {20, "KV_MOVED"},
    {21, "KV_READ_ONLY"},
    {22, "KV_FORKED"},
    {23, "KV_ALREADY_OPEN"},
    {24, "KV_REOPEN_NEEDED"},
    {25, "KV_LOCK_LOST"},
    {26, "KV_TOO_LARGE"},
    {27, "KV_UNSUPPORTED"},
    {28, "KV_CHANGES_TRIMMED"},
    {29, "KV_BUFFER_TOO_SMALL"},
    {30, "KV_CANCELLED"},
    {31, "KV_CORRUPT"},
    {32, "KV_IO"},
    {33, "KV_NO_MEMORY"},
    {34, "KV_COMMIT_UNKNOWN"},
    {35, "KV_NOT_A_NUMBER"},
    {36, "KV_KEY_EXISTS"},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    const kvi_status_row *found = kvi_status_find(row->number);

    assert_int_equal(found->status, row->number);
    assert_string_equal(found->name, row->name);
    assert_true(strlen(found->text) > 0 && found->text[strlen(found->text) - 1] != '.');
}

/* Texts that must fit every case of their status, and promise nothing. */
static const struct text_row {
    const char *name;
    kv_status status;
    const char *says[3], *says_not;
} text_rows[] = {
    {"status text: open already", KV_ALREADY_OPEN, {"other options", "another copy", "closed"}, ""},
    {"status text: store full", KV_STORE_FULL, {"no room", "size cap"}, "reached"},
    {"status text: disk full", KV_DISK_FULL, {"no room", "quota", "limit"}, "is full"},
    {"status text: moved", KV_MOVED, {"another store"}, "newer data"},
    {"status text: read-only", KV_READ_ONLY, {"handle", "store", "files"}, "takes"},
    {"status text: a condition", KV_VERSION_MISMATCH, {"condition"}, "version"},
    {"status text: no number", KV_NOT_A_NUMBER, {"value", "sum"}, ""},
    {"status text: reopen", KV_REOPEN_NEEDED, {"snapshot"}, "open anew"},
    {"status text: too large", KV_TOO_LARGE, {"limit"}, "answer"},
};

static void test_text(void **state)
{
    const struct text_row *row = *state;
    const char *text = kvi_status_find(row->status)->text;

    for (size_t i = 0; i < COUNT(row->says) && row->says[i] != NULL; i++)
        assert_non_null(strstr(text, row->says[i]));
    assert_true(*row->says_not == '\0' || strstr(text, row->says_not) == NULL);
    assert_true(strlen(text) < 100);
}

static void test_names_differ(void **state)
{
    (void)state;
    assert_string_equal(kvi_status_find(COUNT(rows))->name, "KV_UNKNOWN"); /* A row of each. */
    for (int a = 0; a < (int)COUNT(rows); a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(kvi_status_find(a)->name, kvi_status_find(b)->name);
}

static void test_unknown(void **state)
{
    static const kv_status numbers[] = {-1, COUNT(rows), 64, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const kvi_status_row *found = kvi_status_find(numbers[i]);

        assert_string_equal(found->name, "KV_UNKNOWN");
        assert_string_equal(found->text, "unknown status");
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
    run_rows(text_rows, test_text, NULL, NULL);
    run_tests(tests);
    return run_all("status");
}
