/* kv_health(), and writes: whether the path and the files behind it are still those that were
 * opened. */
#include "support/fixture.h"
#include "support/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void lock_file_of(const struct fixture *fixture, char path[TEMPDIR_PATH_MAX])
{
    assert_int_equal(tempdir_find(path, fixture->path, "*/lock.mdb"), 0);
}

/** What kv_health() comes to answer: it looks now and then only. */
static void expect_health(struct fixture *fixture, kv_status want)
{
    for (int i = 0; i < 500 && kv_health(fixture->db) != want; i++)
        (void)usleep(10000);
    assert_status(kv_health(fixture->db), want);
}

static void expect_writes(struct fixture *fixture, kv_status want)
{
    kv_op op = op_put("late", "1");
    kv_verdict verdict;

    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), want);
    assert_status(verdict.status, want);
}

static void test_lock_file_replaced(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX];

    fixture_put(fixture, "a", "1");
    lock_file_of(fixture, path);
    tempdir_join(aside, fixture->root, "aside");
    assert_int_equal(rename(path, aside), 0);
    expect_writes(fixture, KV_LOCK_LOST);
    expect_health(fixture, KV_LOCK_LOST);
    fixture_expect(fixture, "a", "1");
    assert_int_equal(rename(aside, path), 0);
    expect_writes(fixture, KV_OK);
    expect_health(fixture, KV_OK);
}

/** Another store beside ours, at root/NAME. */
static void other_store(struct fixture *fixture, char path[TEMPDIR_PATH_MAX], const char *name)
{
    kv_db *db = NULL;

    tempdir_join(path, fixture->root, name);
    assert_status(kv_open(path, &fixture->options, NULL, &db, NULL), KV_OK);
    kv_close(db);
}

static void test_directory_replaced(void **state)
{
    struct fixture *fixture = *state;
    char other[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX];

    fixture_put(fixture, "a", "1");
    other_store(fixture, other, "other");
    tempdir_join(aside, fixture->root, "aside");
    assert_int_equal(rename(fixture->path, aside), 0);
    expect_writes(fixture, KV_MOVED); /* The path names nothing. */
    expect_health(fixture, KV_MOVED);
    assert_int_equal(rename(other, fixture->path), 0);
    expect_writes(fixture, KV_MOVED);
    expect_health(fixture, KV_MOVED);
    fixture_expect(fixture, "a", "1");
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(kv_sequence(fixture->db), 0); /* The other one. */
}

/** A copy has the same names inside, and is another store. */
static void test_directory_replaced_by_copy(void **state)
{
    struct fixture *fixture = *state;
    char command[TEMPDIR_PATH_MAX + 100];

    fixture_put(fixture, "a", "1");
    (void)snprintf(command, sizeof(command),
                   "cd '%s' && cp -r store copy && mv store aside && mv copy store", fixture->root);
    assert_int_equal(system(command), 0);
    expect_writes(fixture, KV_MOVED);
    expect_health(fixture, KV_MOVED);
}

/** Opened by a link that leads elsewhere later. */
static void test_link_replaced(void **state)
{
    struct fixture *fixture = *state;
    char other[TEMPDIR_PATH_MAX], first[TEMPDIR_PATH_MAX], second[TEMPDIR_PATH_MAX];

    other_store(fixture, other, "other");
    fixture_close(fixture);
    tempdir_join(first, fixture->root, "link");
    tempdir_join(second, fixture->root, "link2");
    assert_int_equal(symlink(fixture->path, first), 0);
    assert_int_equal(symlink(other, second), 0);
    assert_status(kv_open(first, &fixture->options, NULL, &fixture->db, NULL), KV_OK);
    fixture_put(fixture, "a", "1");
    expect_health(fixture, KV_OK);
    assert_int_equal(rename(second, first), 0);
    expect_writes(fixture, KV_MOVED);
    expect_health(fixture, KV_MOVED);
    fixture_expect(fixture, "a", "1");
}

/** A relative path stays what it was when the process goes elsewhere. */
static int open_relative(void *ctx)
{
    struct fixture *fixture = ctx;
    char current[TEMPDIR_PATH_MAX];
    kv_op op = op_put("b", "2");

    if (chdir(fixture->root) != 0 ||
        kv_open("store", &fixture->options, NULL, &fixture->db, NULL) != KV_OK || chdir("/") != 0)
        return 1;
    tempdir_join(current, fixture->path, "CURRENT");
    if (chmod(current, 0640) != 0) /* It has to look anew. */
        return 2;
    if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
        return 3;
    return kv_health(fixture->db) == KV_OK ? 0 : 4;
}

static void test_relative_path(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    assert_int_equal(child_run(open_relative, fixture), 0);
}

/** No answer is no bad news: without a descriptor CURRENT cannot be read. */
static int look_without_descriptors(void *ctx)
{
    struct fixture *fixture = ctx;
    struct rlimit none = {0, 0}, before;
    char current[TEMPDIR_PATH_MAX];
    kv_op op = op_put("b", "2");

    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    tempdir_join(current, fixture->path, "CURRENT");
    if (chmod(current, 0640) != 0 || getrlimit(RLIMIT_NOFILE, &before) != 0)
        return 2;
    none.rlim_max = before.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &none) != 0 || open("/", O_RDONLY | O_CLOEXEC) != -1)
        return child_skip("the number of open files cannot be bounded here");
    (void)usleep(120000); /* Past the interval between looks. */
    if (kv_health(fixture->db) != KV_OK)
        return 3;
    if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
        return 4;
    if (setrlimit(RLIMIT_NOFILE, &before) != 0 || unlink(current) != 0)
        return 5;
    (void)usleep(120000);
    return kv_health(fixture->db) == KV_MOVED ? 0 : 6;
}

static void test_health_without_descriptors(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    assert_int_equal(child_run(look_without_descriptors, fixture), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("health: the lock file replaced", test_lock_file_replaced),
        STORE_TEST("health: the directory replaced", test_directory_replaced),
        STORE_TEST("health: the directory replaced by a copy", test_directory_replaced_by_copy),
        STORE_TEST("health: the link replaced", test_link_replaced),
        STORE_TEST("health: a relative path", test_relative_path),
        STORE_TEST("health: no descriptors left", test_health_without_descriptors),
    };

    run_tests(tests);
    return run_all("api: health");
}
