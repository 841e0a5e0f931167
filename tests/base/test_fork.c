/* The fork guard: a child's word is not its parent's, and state is reset once in each. */
#include "base/fork.h"

#include "support/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8

static _Atomic int resets;

static void reset(void)
{
    atomic_fetch_add(&resets, 1);
}

/* What a child found, as its exit status: 0, or the line that failed. */
#define CHILD_REQUIRE(good)                                                                        \
    do {                                                                                           \
        if (!(good))                                                                               \
            _exit(__LINE__ & 0xFF ? __LINE__ & 0xFF : 1);                                          \
    } while (0)

static void expect_child(pid_t child)
{
    int status;

    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0)
        fail_msg("the child failed at line %d", WEXITSTATUS(status));
}

/* ---- A fork while another thread makes the first word. madvise() is the last step of it. */

static void (*in_madvise)(void);

__attribute__((visibility("default"), used)) int madvise(void *address, size_t size, int advice)
{
    void (*hook)(void) = in_madvise;

    in_madvise = NULL;
    if (hook != NULL)
        hook();
    return (int)syscall(SYS_madvise, address, size, advice);
}

static int grandchild_status = -1;

/* What fork() in another thread would give: a child in which the one that makes the word is not. */
static void fork_meanwhile(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        uint64_t word;
        (void)alarm(10);
        CHILD_REQUIRE(kvi_fork_enter(reset, &word) == KV_OK);
        CHILD_REQUIRE(kvi_fork_is_ours(word));
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &grandchild_status, 0) != pid)
        grandchild_status = -1;
}

/* In a child, so that the tests after it find no word either. */
static void test_fork_meanwhile(void **state)
{
    pid_t pid;

    (void)state;
    assert_null(kvi_fork_word);
    pid = fork();
    if (pid == 0) {
        uint64_t word;
        in_madvise = fork_meanwhile;
        CHILD_REQUIRE(kvi_fork_enter(reset, &word) == KV_OK);
        CHILD_REQUIRE(in_madvise == NULL);
        CHILD_REQUIRE(WIFEXITED(grandchild_status) && WEXITSTATUS(grandchild_status) == 0);
        CHILD_REQUIRE(kvi_fork_is_ours(word));
        _exit(0);
    }
    expect_child(pid);
}

/* The process has no word yet, and all threads want one. */
static uint64_t words[THREADS];

static void *enter(void *arg)
{
    uint64_t *word = arg;

    return kvi_fork_enter(reset, word) == KV_OK ? word : NULL;
}

static void test_first(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    assert_null(kvi_fork_word);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, enter, &words[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *good;

        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(words[i] == words[0] && words[i] > 1);
        assert_true(kvi_fork_is_ours(words[i]));
    }
    assert_int_equal(atomic_load(&resets), 1);
}

static void test_again(void **state)
{
    uint64_t first, second;
    int before;

    (void)state;
    assert_int_equal(kvi_fork_enter(reset, &first), KV_OK);
    before = atomic_load(&resets);
    assert_int_equal(kvi_fork_enter(reset, &second), KV_OK);
    assert_true(first == second);
    assert_int_equal(atomic_load(&resets), before); /* Only once in a process. */
    assert_false(kvi_fork_is_ours(first + 1));
    assert_false(kvi_fork_is_ours(0));
}

static void grandchild(uint64_t parents, uint64_t childs)
{
    uint64_t word;

    CHILD_REQUIRE(!kvi_fork_is_ours(parents) && !kvi_fork_is_ours(childs));
    CHILD_REQUIRE(kvi_fork_enter(reset, &word) == KV_OK);
    CHILD_REQUIRE(word != parents && word != childs && kvi_fork_is_ours(word));
    _exit(0);
}

static void child(uint64_t parents, int resets_before)
{
    uint64_t own;
    pid_t next;
    int status;

    CHILD_REQUIRE(!kvi_fork_is_ours(parents));
    CHILD_REQUIRE(kvi_fork_enter(reset, &own) == KV_OK);
    CHILD_REQUIRE(atomic_load(&resets) == resets_before + 1);
    CHILD_REQUIRE(own > 1 && own != parents);
    CHILD_REQUIRE(kvi_fork_is_ours(own) && !kvi_fork_is_ours(parents));
    next = fork();
    CHILD_REQUIRE(next >= 0);
    if (next == 0)
        grandchild(parents, own);
    CHILD_REQUIRE(waitpid(next, &status, 0) == next);
    CHILD_REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHILD_REQUIRE(kvi_fork_is_ours(own));
    _exit(0);
}

static void test_children(void **state)
{
    uint64_t word;

    (void)state;
    assert_int_equal(kvi_fork_enter(reset, &word), KV_OK);
    for (int i = 0; i < 3; i++) {
        int before = atomic_load(&resets);
        pid_t pid = fork();

        if (pid == 0)
            child(word, before);
        expect_child(pid);
        assert_true(kvi_fork_is_ours(word)); /* The parent goes on. */
        assert_int_equal(atomic_load(&resets), before);
    }
}

/* A child that never enters has no word, and none that a handle could hold. */
static void test_child_without(void **state)
{
    uint64_t word;
    pid_t pid;

    (void)state;
    assert_int_equal(kvi_fork_enter(reset, &word), KV_OK);
    pid = fork();
    if (pid == 0) {
        CHILD_REQUIRE(!kvi_fork_is_ours(word));
        CHILD_REQUIRE(kvi_fork_is_ours(0)); /* 0 is no process's word. */
        _exit(0);
    }
    expect_child(pid);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("fork: a fork while the first word is made", test_fork_meanwhile),
        TEST("fork: the first word, wanted by many threads", test_first),
        TEST("fork: the same word again", test_again),
        TEST("fork: children and theirs", test_children),
        TEST("fork: a child that does not enter", test_child_without),
    };

    run_tests(tests);
    return run_all("fork");
}
