/* A directory in which a store may be created holds nothing of others. */
#include "support/fixture.h"

#include "storage/foreign.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct row {
    const char *name;
    const char *files[4]; /* Those that end in '/' are directories. */
    const char *named;    /* What the message names; NULL: the check passes. */
} rows[] = {
    {"foreign: nothing", {NULL}, NULL},
    {"foreign: what creations leave",
     {"GUARD", "CURRENT.0123456789abcdef", "g-0123456789abcdef/", NULL},
     NULL},
    {"foreign: CURRENT, which another creator made meanwhile", {"CURRENT", "GUARD", NULL}, NULL},
    {"foreign: a fresh file system", {"lost+found/", NULL}, NULL},
    {"foreign: a file", {"notes.txt", NULL}, "notes.txt"},
    {"foreign: a file beside ours", {"GUARD", "g-1/", "notes.txt", NULL}, "notes.txt"},
    {"foreign: a hidden file", {".profile", NULL}, ".profile"},
    {"foreign: a directory", {"photos/", NULL}, "photos"},
    {"foreign: LMDB's own files", {"data.mdb", NULL}, "data.mdb"},
    {"foreign: names that only begin as ours", {"GUARDS", NULL}, "GUARDS"},
    {"foreign: CURRENT with more behind it", {"CURRENTLY", NULL}, "CURRENTLY"},
    {"foreign: no name of a generation", {"g-Photos/", NULL}, "g-Photos"},
};

static void make_files(const char *directory, const char *const *files)
{
    for (; *files != NULL; files++) {
        char path[TEMPDIR_PATH_MAX];
        size_t size = strlen(*files);
        if ((*files)[size - 1] == '/') {
            tempdir_join(path, directory, *files);
            assert_int_equal(mkdir(path, 0700), 0);
        } else {
            tempdir_write(directory, *files, "x", 1);
        }
    }
}

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_error error = KV_ERROR_INIT;

    make_files(fixture->root, row->files);
    assert_status(kvi_foreign_check(fixture->root, &error),
                  row->named == NULL ? KV_OK : KV_INVALID);
    if (row->named != NULL)
        assert_non_null(strstr(error.message, row->named));
}

static void test_no_directory(void **state)
{
    struct fixture *fixture = *state;

    assert_status(kvi_foreign_check(fixture->path, NULL), KV_IO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("foreign: no directory", test_no_directory),
    };

    run_rows(rows, test_row, fixture_setup_empty, fixture_teardown);
    run_tests(tests);
    return run_all("foreign");
}
