/* The guard: one process at a time, and no longer than it is held. */
#include "support/fixture.h"

#include "storage/guard.h"
#include "storage/path.h"
#include "support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_guard_excludes(void **state)
{
    struct fixture *fixture = *state;
    struct pollfd told = {.events = POLLIN};
    int guard, pipes[2], status;
    pid_t child;

    assert_status(kvi_guard_lock(fixture->root, 0600, &guard, NULL), KV_OK);
    assert_true(guard >= 0);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int own;
        bool failed;
        alarm(20);
        (void)close(guard); /* The inherited descriptor shares the parent's lock. */
        failed = kvi_guard_lock(fixture->root, 0600, &own, NULL) != KV_OK || own < 0;
        failed = write(pipes[1], "x", 1) != 1 || failed;
        kvi_guard_unlock(own);
        _exit(failed);
    }
    told.fd = pipes[0];
    assert_int_equal(poll(&told, 1, 100), 0); /* It waits. */
    kvi_guard_unlock(guard);
    assert_int_equal(poll(&told, 1, 20000), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(pipes[1]);
}

/* There is no going without it. */
static void test_guard_without_directory(void **state)
{
    struct fixture *fixture = *state;
    int guard = 5;

    assert_status(kvi_guard_lock(fixture->path, 0600, &guard, NULL), KV_IO);
    assert_int_equal(guard, -1);
    kvi_guard_unlock(guard);
}

/* 0: as it must be. */
static int lock_as_nobody(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_error error = KV_ERROR_INIT;
    int guard = 5, skipped = child_become_nobody(fixture->root);

    if (skipped != 0)
        return skipped;
    if (kvi_guard_lock(fixture->root, 0600, &guard, &error) != KV_READ_ONLY || guard != -1)
        return 1;
    return strstr(error.message, "GUARD") != NULL ? 0 : 2;
}

/* It may not be made, and then it may not be read. */
static void test_guard_unusable(void **state)
{
    struct fixture *fixture = *state;
    int guard;

    if (geteuid() != 0)
        skip_because("only root can open what another user may not");
    assert_int_equal(chmod(fixture->root, 0555), 0);
    assert_int_equal(child_run(lock_as_nobody, fixture), 0);
    assert_status(kvi_guard_lock(fixture->root, 0600, &guard, NULL), KV_OK);
    kvi_guard_unlock(guard);
    assert_int_equal(child_run(lock_as_nobody, fixture), 0);
}

static void test_guard_path_too_long(void **state)
{
    static char store[KVI_PATH_MAX];
    int fd = 5;

    (void)state;
    memset(store, 'x', sizeof(store) - 1);
    assert_status(kvi_guard_lock(store, 0600, &fd, NULL), KV_INVALID);
    assert_int_equal(fd, -1);
}

/* A child that was forked while it was held has the descriptor too, but not the lock for good. */
static void test_guard_ends_despite_child(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX], byte;
    int guard, fd, pipes[2], status;
    pid_t child;

    assert_status(kvi_guard_lock(fixture->root, 0600, &guard, NULL), KV_OK);
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(pipes[1]);
        _exit(read(pipes[0], &byte, 1) != 0); /* Lives until the parent closes its end. */
    }
    kvi_guard_unlock(guard);
    tempdir_join(path, fixture->root, "GUARD");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    (void)close(fd);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("guard: excludes", test_guard_excludes),
        EMPTY_TEST("guard: no directory", test_guard_without_directory),
        EMPTY_TEST("guard: may not be made, or read", test_guard_unusable),
        EMPTY_TEST("guard: a path too long", test_guard_path_too_long),
        EMPTY_TEST("guard: ends with its holder", test_guard_ends_despite_child),
    };

    run_tests(tests);
    return run_all("guard");
}
