/* The stores that a process has open. */
#include "support/fixture.h"

#include "base/fork.h"
#include "ops/open_stores.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static kvi_open_store dbs[3];

static void test_find(void **state)
{
    uint64_t word;

    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        dbs[i].device = 1 + i / 2;
        dbs[i].inode = 10 + i % 2;
    }
    assert_status(kvi_open_stores_lock(&word), KV_OK);
    assert_int_not_equal(word, 0);
    assert_null(kvi_open_stores_find(1, 10));
    for (size_t i = 0; i < 3; i++)
        kvi_open_stores_add(&dbs[i]);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(kvi_open_stores_find(dbs[i].device, dbs[i].inode), &dbs[i]);
    assert_null(kvi_open_stores_find(2, 11));
    assert_null(kvi_open_stores_find(3, 10));
    kvi_open_stores_remove(&dbs[1]); /* From the middle. */
    assert_null(kvi_open_stores_find(1, 11));
    assert_non_null(kvi_open_stores_find(1, 10));
    kvi_open_stores_remove(&dbs[1]); /* Not being in it is fine. */
    kvi_open_stores_remove(&dbs[2]);
    kvi_open_stores_remove(&dbs[0]);
    assert_null(kvi_open_stores_find(1, 10));
    assert_null(kvi_open_stores_find(2, 10));
    kvi_open_stores_unlock();
}

static void test_word_stays(void **state)
{
    uint64_t first, second;

    (void)state;
    assert_status(kvi_open_stores_lock(&first), KV_OK);
    kvi_open_stores_unlock();
    assert_status(kvi_open_stores_lock(&second), KV_OK);
    kvi_open_stores_unlock();
    assert_int_equal(first, second);
    assert_true(kvi_fork_is_ours(first));
    assert_false(kvi_fork_is_ours(first + 1));
}

/* A child forked while another thread was inside: the lock is free and nothing is in it. */
static void test_child_forgets(void **state)
{
    uint64_t word, own;
    int status;
    pid_t child;

    (void)state;
    assert_status(kvi_open_stores_lock(&word), KV_OK);
    kvi_open_stores_add(&dbs[0]);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int failed = kvi_fork_is_ours(word);
        alarm(20);
        failed |= kvi_open_stores_lock(&own) != KV_OK || own == word || own == 0;
        failed |= kvi_open_stores_find(dbs[0].device, dbs[0].inode) != NULL;
        kvi_open_stores_unlock();
        _exit(failed);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ptr_equal(kvi_open_stores_find(dbs[0].device, dbs[0].inode), &dbs[0]);
    kvi_open_stores_remove(&dbs[0]);
    kvi_open_stores_unlock();
}

/* Cancelled inside, a thread would keep the lock for ever. */
static void *cancelled_inside(void *arg)
{
    int *state = arg;
    uint64_t word;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    (void)pthread_cancel(pthread_self());
    if (kvi_open_stores_lock(&word) != KV_OK)
        return NULL;
    pthread_testcancel();
    *state = 1; /* It got here. */
    kvi_open_stores_unlock();
    pthread_testcancel();
    *state = 2;
    return NULL;
}

static void test_cancelled(void **state)
{
    pthread_t thread;
    uint64_t word;
    int got = 0;
    void *result;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, cancelled_inside, &got), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(got, 1);
    (void)alarm(20);
    assert_status(kvi_open_stores_lock(&word), KV_OK);
    kvi_open_stores_unlock();
    (void)alarm(0);
}

/* Whoever had cancellation disabled before has it disabled after. */
static void test_cancel_state_stays(void **state)
{
    uint64_t word;
    int before;

    (void)state;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    assert_status(kvi_open_stores_lock(&word), KV_OK);
    kvi_open_stores_unlock();
    (void)pthread_setcancelstate(before, &before);
    assert_int_equal(before, PTHREAD_CANCEL_DISABLE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("open_stores: find", test_find),
        TEST("open_stores: word stays", test_word_stays),
        TEST("open_stores: child forgets", test_child_forgets),
        TEST("open_stores: cancelled", test_cancelled),
        TEST("open_stores: cancel state stays", test_cancel_state_stays),
    };

    run_tests(tests);
    return run_all("registry");
}
