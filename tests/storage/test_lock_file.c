/* LMDB's lock file before LMDB opens it: as long as LMDB makes it, and without holes. */
#include "support/fixture.h"
#include "support/faults.h"

#include "storage/env.h"
#include "storage/handles.h"
#include "storage/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void path_of(const struct fixture *fixture, char path[TEMPDIR_PATH_MAX])
{
    tempdir_join(path, fixture->root, "lock.mdb");
}

static struct stat stat_of(const struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    path_of(fixture, path);
    assert_int_equal(stat(path, &file), 0);
    return file;
}

static MDB_env *lmdb_open(const struct fixture *fixture)
{
    MDB_env *env;

    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxreaders(env, KVI_READERS_MAX), 0);
    assert_int_equal(mdb_env_open(env, fixture->root, MDB_NOTLS, 0600), 0);
    return env;
}

static void expect_whole(const struct fixture *fixture)
{
    struct stat file = stat_of(fixture);

    assert_true(file.st_blocks * 512 >= file.st_size);
}

static void test_size(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    MDB_envinfo info;
    MDB_env *env = lmdb_open(fixture);
    struct stat theirs = stat_of(fixture);

    mdb_env_close(env);
    assert_true(theirs.st_blocks * 512 < theirs.st_size); /* What this is about. */
    path_of(fixture, path);
    assert_int_equal(unlink(path), 0);
    assert_status(kvi_lock_file_prepare(path, 0640, KVI_READERS_MAX, NULL), KV_OK);
    assert_int_equal(stat_of(fixture).st_size, theirs.st_size);
    assert_int_equal(tempdir_mode(path), 0640);
    expect_whole(fixture);
    env = lmdb_open(fixture);
    assert_int_equal(mdb_env_info(env, &info), 0);
    assert_int_equal(info.me_maxreaders, KVI_READERS_MAX);
    assert_int_equal(stat_of(fixture).st_size, theirs.st_size);
    mdb_env_close(env);
}

/* The file of an earlier version, with holes, keeps what is in it. */
static void test_with_holes(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    uint8_t *before, *after;
    size_t size;
    int fd;

    mdb_env_close(lmdb_open(fixture));
    path_of(fixture, path);
    size = (size_t)stat_of(fixture).st_size;
    before = malloc(size);
    after = malloc(size);
    assert_non_null(before);
    assert_non_null(after);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, before, size), size);
    (void)close(fd);
    assert_status(kvi_lock_file_prepare(path, 0600, KVI_READERS_MAX, NULL), KV_OK);
    expect_whole(fixture);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, after, size), size);
    (void)close(fd);
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
}

static void test_failures(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    char path[TEMPDIR_PATH_MAX];

    path_of(fixture, path);
    faults_fail(FAULTS_FALLOCATE, ENOSPC, 0, 1);
    assert_status(kvi_lock_file_prepare(path, 0600, KVI_READERS_MAX, &error), KV_DISK_FULL);
    assert_int_equal(error.os_errno, ENOSPC);
    assert_non_null(strstr(error.message, path));
    faults_fail(FAULTS_FALLOCATE, EIO, 0, 1);
    assert_status(kvi_lock_file_prepare(path, 0600, KVI_READERS_MAX, &error), KV_IO);
    faults_fail(FAULTS_FALLOCATE, EINTR, 0, 3);
    assert_status(kvi_lock_file_prepare(path, 0600, KVI_READERS_MAX, &error), KV_OK);
    expect_whole(fixture);
}

/* A file system that gives nothing ahead gets LMDB's file with holes. */
static void test_no_fallocate(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    path_of(fixture, path);
    faults_fail(FAULTS_FALLOCATE, EOPNOTSUPP, 0, 1);
    assert_status(kvi_lock_file_prepare(path, 0600, KVI_READERS_MAX, NULL), KV_OK);
    mdb_env_close(lmdb_open(fixture));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FAULTS_EMPTY_TEST("lock file: its size", test_size),
        FAULTS_EMPTY_TEST("lock file: one with holes", test_with_holes),
        FAULTS_EMPTY_TEST("lock file: failures", test_failures),
        FAULTS_EMPTY_TEST("lock file: no fallocate()", test_no_fallocate),
    };

    run_tests(tests);
    return run_all("lock file");
}
