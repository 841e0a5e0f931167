/* A process's claim on a generation: seen by a second copy of the library in the process, and by
 * nobody else. */
#include "support/fixture.h"

#include "storage/claim.h"
#include "storage/guard.h"
#include "support/child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A store's directory with GUARD and two generations in it. */
static int setup(void **state)
{
    struct fixture *fixture;
    char path[TEMPDIR_PATH_MAX];
    int guard;

    if (fixture_setup_empty(state) != 0)
        return -1;
    fixture = *state;
    if (kvi_guard_lock(fixture->root, 0600, &guard, NULL) != KV_OK)
        return -1;
    kvi_guard_unlock(guard);
    tempdir_join(path, fixture->root, "g-2");
    return mkdir(fixture->path, 0700) != 0 || mkdir(path, 0700) != 0;
}

static kv_status take(struct fixture *fixture, int *claim)
{
    return kvi_claim_take(fixture->root, fixture->path, claim, NULL);
}

static void test_twice(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    int claim, other = 5;

    assert_status(take(fixture, &claim), KV_OK);
    assert_true(claim >= 0);
    for (int i = 0; i < 3; i++) {
        assert_status(kvi_claim_take(fixture->root, fixture->path, &other, &error),
                      KV_ALREADY_OPEN);
        assert_int_equal(other, -1);
        assert_non_null(strstr(error.message, "another copy"));
    }
    kvi_claim_release(claim);
    assert_status(take(fixture, &other), KV_OK);
    kvi_claim_release(other);
    kvi_claim_release(-1);
}

/* Two generations of a store have locks of their own. */
static void test_two_generations(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    int claim, other;

    tempdir_join(path, fixture->root, "g-2");
    assert_status(take(fixture, &claim), KV_OK);
    assert_status(kvi_claim_take(fixture->root, path, &other, NULL), KV_OK);
    kvi_claim_release(other);
    assert_status(take(fixture, &other), KV_ALREADY_OPEN);
    kvi_claim_release(claim);
}

/* GUARD is never made here, and must be what it is. */
static void test_no_guard(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    int claim = 5;

    tempdir_join(path, fixture->root, "GUARD");
    assert_int_equal(unlink(path), 0);
    assert_status(take(fixture, &claim), KV_IO);
    assert_int_equal(claim, -1);
    assert_false(tempdir_has(fixture->root, "GUARD"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_status(take(fixture, &claim), KV_UNSUPPORTED);
    assert_status(kvi_claim_take(fixture->root, path, &claim, NULL), KV_UNSUPPORTED);
}

static int take_in_child(void *ctx)
{
    struct fixture *fixture = ctx;
    int claim, other;

    if (take(fixture, &claim) != KV_OK)
        return 1;
    if (take(fixture, &other) != KV_ALREADY_OPEN)
        return 2;
    kvi_claim_release(claim);
    return take(fixture, &claim) == KV_OK ? 0 : 3; /* Ends with the child. */
}

/* A child's claim is its own, and nothing that it does ends its parent's. */
static void test_child(void **state)
{
    struct fixture *fixture = *state;
    int claim, other;

    assert_status(take(fixture, &claim), KV_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(child_run(take_in_child, fixture), 0);
    assert_status(take(fixture, &other), KV_ALREADY_OPEN);
    kvi_claim_release(claim);
}

static int take_as_nobody(void *ctx)
{
    const struct fixture *fixture = ctx;
    int skipped = child_become_nobody(fixture->root);

    return skipped != 0 ? skipped : take_in_child(ctx);
}

/* Nobody needs to be able to write to GUARD. */
static void test_read_only_guard(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, fixture->root, "GUARD");
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(fixture->root, 0555), 0);
    assert_int_equal(child_run(take_as_nobody, fixture), 0);
    assert_int_equal(chmod(fixture->root, 0755), 0);
}

/* ---- Two processes of the same number, as two containers have them */

struct spaces {
    struct fixture *fixture;
    int ready[2], end[2];
};

/* In a pid namespace of its own: process 1 there. */
static int take_as_first(void *ctx)
{
    struct spaces *spaces = ctx;
    int claim, status = 0;
    char byte;
    pid_t first;

    if (unshare(CLONE_NEWPID) != 0)
        return child_skip("root may not make process namespaces here");
    first = fork();
    if (first == 0) {
        (void)close(spaces->end[1]);
        if (getpid() != 1 || take(spaces->fixture, &claim) != KV_OK)
            _exit(1);
        if (write(spaces->ready[1], "x", 1) != 1)
            _exit(2);
        _exit(read(spaces->end[0], &byte, 1) == 0 ? 0 : 3); /* Holds it until then. */
    }
    (void)close(spaces->ready[1]);
    (void)close(spaces->end[1]);
    if (first < 0 || waitpid(first, &status, 0) != first || !WIFEXITED(status))
        return 4;
    return WEXITSTATUS(status);
}

static void test_pid_namespaces(void **state)
{
    struct spaces spaces = {.fixture = *state};
    pid_t one, two;
    char bytes[2];
    ssize_t got = 0, more = 1;

    if (geteuid() != 0)
        skip_because("only root can make process namespaces");
    assert_int_equal(pipe(spaces.ready), 0);
    assert_int_equal(pipe(spaces.end), 0);
    one = child_start(take_as_first, &spaces);
    two = child_start(take_as_first, &spaces);
    (void)close(spaces.ready[1]);
    while (got < 2 && more > 0) { /* Both have it at the same time; the end comes if one fails. */
        more = read(spaces.ready[0], bytes, 1);
        got += more > 0;
    }
    (void)close(spaces.end[1]);
    assert_int_equal(child_wait(one), 0);
    assert_int_equal(child_wait(two), 0);
    assert_int_equal(got, 2);
    (void)close(spaces.ready[0]);
    (void)close(spaces.end[0]);
}

/* A program that executes another one loses its descriptors, but has children with the old ones:
   those stand in nobody's way. */
static void test_left_to_child(void **state)
{
    struct fixture *fixture = *state;
    int claim, again, status;
    pid_t child;

    assert_status(take(fixture, &claim), KV_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        for (;;)
            pause();
    }
    assert_int_equal(close(claim), 0); /* As exec does: the lock stays with the child. */
    assert_status(take(fixture, &claim), KV_OK);
    assert_status(take(fixture, &again), KV_ALREADY_OPEN);
    kvi_claim_release(claim);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_status(take(fixture, &claim), KV_OK);
    kvi_claim_release(claim);
}

#define CLAIM_TEST(name, function)                                                                 \
    {                                                                                              \
        name, function, setup, fixture_teardown, NULL                                              \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CLAIM_TEST("claim: twice", test_twice),
        CLAIM_TEST("claim: two generations", test_two_generations),
        CLAIM_TEST("claim: no guard", test_no_guard),
        CLAIM_TEST("claim: in a child", test_child),
        CLAIM_TEST("claim: left to a child", test_left_to_child),
        CLAIM_TEST("claim: a guard that cannot be written", test_read_only_guard),
        CLAIM_TEST("claim: two processes of the same number", test_pid_namespaces),
    };

    run_tests(tests);
    return run_all("claim");
}
