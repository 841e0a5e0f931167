/* Stores where nothing can be written, or little: each way to open says so, and none reads without
 * the lock that it needs. */
#include "support/fixture.h"
#include "support/child.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void lock_file_of(const struct fixture *fixture, char path[TEMPDIR_PATH_MAX])
{
    assert_int_equal(tempdir_find(path, fixture->path, "*/lock.mdb"), 0);
}

/** All three ways to open, and a new store, in a place where nothing can be written. */
static int expect_read_only(struct fixture *fixture)
{
    kv_options options = fixture->options;
    kv_error error = KV_ERROR_INIT;
    kv_db *db = NULL;
    char other[TEMPDIR_PATH_MAX];

    if (kv_open(fixture->path, &options, NULL, &db, NULL) != KV_READ_ONLY)
        return 1;
    options.mode = KV_OPEN_READ_ONLY; /* Needs the lock file, so it is refused too. */
    options.flags = 0;
    if (kv_open(fixture->path, &options, NULL, &db, &error) != KV_READ_ONLY)
        return 2;
    if (strstr(error.message, "lock.mdb must be writable") == NULL)
        return 3;
    options.mode = KV_OPEN_SEALED;
    if (kv_open(fixture->path, &options, NULL, &db, NULL) != KV_INVALID)
        return 4;
    tempdir_join(other, fixture->root, "other");
    if (kv_open(other, &fixture->options, NULL, &db, NULL) != KV_READ_ONLY)
        return 5;
    return db == NULL ? 0 : 6;
}

static int on_read_only_media(void *ctx)
{
    struct fixture *fixture = ctx;

    return child_mount_read_only(fixture->root) ? expect_read_only(fixture) : child_skip_mount();
}

static int in_read_only_directory(void *ctx)
{
    const struct fixture *fixture = ctx;
    int skipped = child_become_nobody(fixture->root);

    return skipped != 0 ? skipped : expect_read_only(ctx);
}

static void test_read_only_media(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    assert_int_equal(child_run(on_read_only_media, fixture), 0);
}

/** LMDB would read such a store without any lock. */
static void test_read_only_media_without_lock_file(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    lock_file_of(fixture, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(child_run(on_read_only_media, fixture), 0);
}

static void set_mode(const struct fixture *fixture, const char *pattern, mode_t mode)
{
    char path[TEMPDIR_PATH_MAX];

    if (tempdir_find(path, fixture->path, pattern) == 0) /* The lock file may be gone. */
        assert_int_equal(chmod(path, mode), 0);
}

/** Take the right to write to the store's directories and files. */
static void make_read_only(const struct fixture *fixture)
{
    set_mode(fixture, "CURRENT", 0444);
    set_mode(fixture, "GUARD", 0444);
    set_mode(fixture, "g-*/data.mdb", 0444);
    set_mode(fixture, "g-*/lock.mdb", 0444);
    set_mode(fixture, "g-*", 0555);
    assert_int_equal(chmod(fixture->path, 0555), 0);
    assert_int_equal(chmod(fixture->root, 0555), 0);
}

/** Give it back to directories, so that they can be removed. */
static void make_writable(const struct fixture *fixture)
{
    assert_int_equal(chmod(fixture->root, 0755), 0);
    assert_int_equal(chmod(fixture->path, 0755), 0);
    set_mode(fixture, "g-*", 0755);
}

static void test_read_only_directory(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    int with_lock_file, without;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    make_read_only(fixture);
    with_lock_file = child_run(in_read_only_directory, fixture);
    make_writable(fixture);
    lock_file_of(fixture, path);
    assert_int_equal(unlink(path), 0);
    make_read_only(fixture);
    without = child_run(in_read_only_directory, fixture);
    make_writable(fixture);
    assert_int_equal(with_lock_file, 0);
    assert_int_equal(without, 0);
}

/** The lock file alone must be writable to read. */
static int read_as_nobody(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_snapshot *snapshot = NULL;
    kv_slice value;
    int skipped = child_become_nobody(fixture->root);

    if (skipped != 0)
        return skipped;
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_READ_ONLY)
        return 1;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 2;
    if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK ||
        kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value) != KV_OK)
        return 3;
    return kv_health(fixture->db) == KV_OK ? 0 : 4;
}

static void test_read_only_but_lock_file(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    int answer;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    make_read_only(fixture);
    lock_file_of(fixture, path);
    assert_int_equal(chmod(path, 0666), 0);
    answer = child_run(read_as_nobody, fixture);
    make_writable(fixture);
    assert_int_equal(answer, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("read-only: media", test_read_only_media),
        STORE_TEST("read-only: media, no lock file", test_read_only_media_without_lock_file),
        STORE_TEST("read-only: a directory", test_read_only_directory),
        STORE_TEST("read-only: nothing writable but the lock file", test_read_only_but_lock_file),
    };

    run_tests(tests);
    return run_all("api: read-only");
}
