/* What stands in a store's directory under the names of its files, and is something else: it is
 * refused, neither followed nor waited for. */
#include "support/fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_link(const char *path, const char *target)
{
    assert_int_equal(symlink(target, path), 0);
}

static void make_dangling(const char *path, const char *target)
{
    (void)target;
    assert_int_equal(symlink("nowhere", path), 0);
}

static void make_fifo(const char *path, const char *target)
{
    (void)target;
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_directory(const char *path, const char *target)
{
    (void)target;
    assert_int_equal(mkdir(path, 0700), 0);
}

static const struct row {
    const char *name, *pattern;
    void (*make)(const char *path, const char *target);
    kv_status want;
} rows[] = {
    {"files: GUARD is a link", "GUARD", make_link, KV_UNSUPPORTED},
    {"files: GUARD is a link to nowhere", "GUARD", make_dangling, KV_UNSUPPORTED},
    {"files: GUARD is a FIFO", "GUARD", make_fifo, KV_UNSUPPORTED},
    {"files: GUARD is a directory", "GUARD", make_directory, KV_UNSUPPORTED},
    {"files: lock.mdb is a link", "*/lock.mdb", make_link, KV_UNSUPPORTED},
    {"files: lock.mdb is a link to nowhere", "*/lock.mdb", make_dangling, KV_UNSUPPORTED},
    {"files: lock.mdb is a FIFO", "*/lock.mdb", make_fifo, KV_UNSUPPORTED},
    {"files: lock.mdb is a directory", "*/lock.mdb", make_directory, KV_UNSUPPORTED},
    {"files: data.mdb is a link", "*/data.mdb", make_link, KV_UNSUPPORTED},
    {"files: data.mdb is a link to nowhere", "*/data.mdb", make_dangling, KV_CORRUPT},
    {"files: data.mdb is a FIFO", "*/data.mdb", make_fifo, KV_CORRUPT},
    {"files: data.mdb is a directory", "*/data.mdb", make_directory, KV_CORRUPT},
};

static kv_status try_open(struct fixture *fixture, uint32_t mode, kv_error *error)
{
    kv_status status;

    *error = (kv_error)KV_ERROR_INIT;
    fixture->options.mode = mode;
    fixture->options.flags = 0;
    status = kv_open(fixture->path, &fixture->options, NULL, &fixture->db, error);
    if (status != KV_OK)
        assert_null(fixture->db);
    return status;
}

static void test_not_a_file(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    char path[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX], nowhere[TEMPDIR_PATH_MAX];
    kv_error error;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    assert_int_equal(tempdir_find(path, fixture->path, row->pattern), 0);
    tempdir_join(aside, fixture->root, "aside");
    assert_int_equal(rename(path, aside), 0);
    row->make(path, aside);
    (void)alarm(20); /* If it waits. */
    for (uint32_t mode = KV_OPEN_READ_WRITE; mode <= KV_OPEN_READ_ONLY; mode++) {
        assert_status(try_open(fixture, mode, &error), row->want);
        assert_non_null(strstr(error.message, strrchr(path, '/') + 1));
    }
    (void)alarm(0);
    (void)snprintf(nowhere, sizeof(nowhere), "%.*s/nowhere", (int)(strrchr(path, '/') - path),
                   path);
    assert_int_equal(access(nowhere, F_OK), -1);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rename(aside, path), 0);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
}

/* ---- A data file with two names: beside the other there may be another lock file */

static void link_data(struct fixture *fixture, char other[TEMPDIR_PATH_MAX])
{
    char path[TEMPDIR_PATH_MAX];

    assert_int_equal(tempdir_find(path, fixture->path, "*/data.mdb"), 0);
    tempdir_join(other, fixture->root, "other");
    assert_int_equal(link(path, other), 0);
}

static void test_hard_link(void **state)
{
    struct fixture *fixture = *state;
    char other[TEMPDIR_PATH_MAX];
    kv_error error;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    link_data(fixture, other);
    for (uint32_t mode = KV_OPEN_READ_WRITE; mode <= KV_OPEN_READ_ONLY; mode++) {
        assert_status(try_open(fixture, mode, &error), KV_UNSUPPORTED);
        assert_non_null(strstr(error.message, "hard link"));
        assert_non_null(strstr(error.message, "copy"));
    }
    assert_int_equal(unlink(other), 0);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
}

/** Nobody writes to a sealed one: links do no harm, and copies of links are how some ship files. */
static void test_sealed_links(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX], other[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX];
    kv_error error;

    fixture_put(fixture, "a", "1");
    assert_status(kv_seal(fixture->db), KV_OK);
    fixture_close(fixture);
    link_data(fixture, other);
    assert_status(try_open(fixture, KV_OPEN_SEALED, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
    fixture_close(fixture);
    assert_int_equal(tempdir_find(path, fixture->path, "*/data.mdb"), 0);
    tempdir_join(aside, fixture->root, "aside");
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(symlink(aside, path), 0);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
}

/** Two creators without the guard could each remove what the other builds. */
static void test_creation_needs_guard(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kv_error error = KV_ERROR_INIT;

    assert_int_equal(mkdir(fixture->path, 0700), 0);
    tempdir_join(path, fixture->path, "GUARD");
    make_dangling(path, NULL);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error),
                  KV_UNSUPPORTED);
    assert_null(fixture->db);
    assert_non_null(strstr(error.message, "GUARD is not a regular file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(fixture->path), 0); /* Nothing was made. */
    fixture_open(fixture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("files: a data file with a hard link", test_hard_link),
        STORE_TEST("files: links to a sealed data file", test_sealed_links),
        EMPTY_TEST("files: a creation needs GUARD", test_creation_needs_guard),
    };

    run_rows(rows, test_not_a_file, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: files");
}
