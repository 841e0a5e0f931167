/* kv_wake(): what it ends, what it leaves alone, and in which order. */
#include "support/child.h"
#include "support/fixture.h"
#include "support/waiter.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

static kv_position position_now(struct fixture *fixture)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position position;

    assert_status(kv_snapshot_info(snapshot, &position, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    return position;
}

static void test_one_waiter(void **state)
{
    struct fixture *fixture = *state;
    struct waiter waiter;

    for (int round = 0; round < 20; round++) { /* The wakes of before are of no account. */
        assert_true(waiter_start(&waiter, fixture->db, position_now(fixture)));
        kv_wake(fixture->db);
        assert_status(waiter_join(&waiter), KV_CANCELLED);
    }
}

static void test_wake_before_the_wait(void **state)
{
    struct fixture *fixture = *state;
    kv_position now = position_now(fixture);
    struct waiter waiter;

    for (int i = 0; i < 3; i++)
        kv_wake(fixture->db);
    assert_status(kv_changes_wait(fixture->db, now, 0), KV_TIMEOUT);
    assert_status(kv_changes_wait(fixture->db, now, 30), KV_TIMEOUT);
    assert_true(waiter_start(&waiter, fixture->db, now));
    assert_false(atomic_load(&waiter.is_back));
    fixture_put(fixture, "a", "1");
    assert_status(waiter_join(&waiter), KV_OK);
}

static void test_several_waiters(void **state)
{
    struct fixture *fixture = *state;
    kv_position now = position_now(fixture);
    struct waiter waiters[3], late;
    kv_db *second;

    /* One of them through another open of the store: the handle is the same. */
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &second, NULL), KV_OK);
    for (size_t i = 0; i < COUNT(waiters); i++)
        assert_true(waiter_start(&waiters[i], i == 0 ? second : fixture->db, now));
    kv_wake(fixture->db);
    assert_true(waiter_start(&late, fixture->db, now));
    for (size_t i = 0; i < COUNT(waiters); i++)
        assert_status(waiter_join(&waiters[i]), KV_CANCELLED);
    assert_false(atomic_load(&late.is_back));
    kv_wake(second);
    assert_status(waiter_join(&late), KV_CANCELLED);
    kv_close(second);
}

/** As the header says: a thread that is about to wait is stopped by waking until it has ended,
 * wherever on its way the wakes meet it. */
static void test_wake_until_it_ends(void **state)
{
    struct fixture *fixture = *state;
    kv_position now = position_now(fixture);

    for (int round = 0; round < 200; round++) {
        struct waiter waiter;
        waiter_begin(&waiter, fixture->db, now);
        while (!atomic_load(&waiter.is_back)) {
            kv_wake(fixture->db);
            (void)sched_yield();
        }
        assert_status(waiter_join(&waiter), KV_CANCELLED);
    }
}

/* A wait that a change and a wake meet at once. */
static void test_wake_and_commit(void **state)
{
    struct fixture *fixture = *state;

    for (int round = 0; round < 60; round++) {
        kv_position before = position_now(fixture);
        kv_op op = op_put("a", "1");
        struct waiter waiter;
        kv_status status;
        waiter_begin(&waiter, fixture->db, before);
        if (round % 2 == 0)
            kv_wake(fixture->db);
        status = kv_put(fixture->db, fixture->ns, &op, NULL);
        if (round % 2 == 1)
            kv_wake(fixture->db);
        (void)waiter_join(&waiter);
        assert_status(status, KV_OK);
        assert_true(waiter.status == KV_OK || waiter.status == KV_CANCELLED);
        /* The change is there for the next wait, cancelled or not. */
        assert_status(kv_changes_wait(fixture->db, before, -1), KV_OK);
    }
}

#define PUTS 500

struct follower {
    kv_db *db;
    kv_position after;
    uint64_t cancelled;
    kv_status status;
};

static void *follow(void *ctx)
{
    struct follower *follower = ctx;
    uint64_t last = follower->after.sequence + PUTS;

    while (follower->after.sequence < last) {
        follower->status = kv_changes_wait(follower->db, follower->after, -1);
        if (follower->status == KV_OK)
            follower->after.sequence++;
        else if (follower->status == KV_CANCELLED)
            follower->cancelled++;
        else
            return NULL;
    }
    return NULL;
}

static void *wake_often(void *ctx)
{
    kv_db *db = ctx;

    for (int i = 0; i < 4 * PUTS; i++) {
        kv_wake(db);
        (void)sched_yield();
    }
    return NULL;
}

/** Two follow, one writes, one wakes: nobody misses a change. */
static void test_many_wakes(void **state)
{
    struct fixture *fixture = *state;
    struct follower followers[2];
    pthread_t threads[2], waker;
    kv_status status = KV_OK;
    kv_op op = op_put("a", "1");

    for (size_t i = 0; i < COUNT(followers); i++) {
        followers[i] = (struct follower){.db = fixture->db, .after = position_now(fixture)};
        assert_int_equal(pthread_create(&threads[i], NULL, follow, &followers[i]), 0);
    }
    assert_int_equal(pthread_create(&waker, NULL, wake_often, fixture->db), 0);
    for (int i = 0; i < PUTS && status == KV_OK; i++)
        status = kv_put(fixture->db, fixture->ns, &op, NULL);
    assert_status(status, KV_OK);
    assert_int_equal(pthread_join(waker, NULL), 0);
    for (size_t i = 0; i < COUNT(followers); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_status(followers[i].status, KV_OK);
    }
}

static kv_db *signalled;

static void wake_in_handler(int number)
{
    (void)number;
    kv_wake(signalled);
}

/** From a signal handler, in the very thread that waits. */
static void test_signal(void **state)
{
    struct fixture *fixture = *state;
    struct sigaction action = {.sa_handler = wake_in_handler}, before;
    struct waiter waiter;

    signalled = fixture->db;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_true(waiter_start(&waiter, fixture->db, position_now(fixture)));
    assert_int_equal(pthread_kill(waiter.thread, SIGUSR1), 0);
    assert_status(waiter_join(&waiter), KV_CANCELLED);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static int wake_inherited(void *ctx)
{
    kv_wake(ctx);
    return 0;
}

/** A child's wake of the handle that it inherited is nothing to the parent. */
static void test_child(void **state)
{
    struct fixture *fixture = *state;
    struct waiter waiter;

    assert_true(waiter_start(&waiter, fixture->db, position_now(fixture)));
    assert_int_equal(child_run(wake_inherited, fixture->db), 0);
    fixture_put(fixture, "a", "1");
    assert_status(waiter_join(&waiter), KV_OK);
}

static void test_null(void **state)
{
    (void)state;
    kv_wake(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("wake: one waiter", test_one_waiter),
        STORE_TEST("wake: before the wait", test_wake_before_the_wait),
        STORE_TEST("wake: several waiters, and one that begins later", test_several_waiters),
        STORE_TEST("wake: until the thread has ended", test_wake_until_it_ends),
        STORE_TEST("wake: together with a commit", test_wake_and_commit),
        STORE_TEST("wake: many, with followers and a writer", test_many_wakes),
        STORE_TEST("wake: from a signal handler", test_signal),
        STORE_TEST("wake: in a forked child", test_child),
        TEST("wake: NULL", test_null),
    };

    run_tests(tests);
    return run_all("api: wake");
}
