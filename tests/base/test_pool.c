/* The pool: what is left is found again, by one taker each, from any thread. */
#include "base/pool.h"

#include "support/run.h"

#include <pthread.h>
#include <stdatomic.h>

#define SLOTS 8
#define THREADS 4
#define TURNS 20000

static void test_single(void **state)
{
    kvi_pool *pool = kvi_pool_create(SLOTS);
    int objects[SLOTS + 1];
    int seen[SLOTS] = {0};

    (void)state;
    assert_non_null(pool);
    assert_null(kvi_pool_take(pool));
    for (size_t i = 0; i < SLOTS; i++)
        assert_true(kvi_pool_leave(pool, &objects[i]));
    assert_false(kvi_pool_leave(pool, &objects[SLOTS])); /* Full: it stays ours. */
    for (size_t i = 0; i < SLOTS; i++) {
        int *object = kvi_pool_take(pool);

        assert_non_null(object);
        assert_in_range(object - objects, 0, SLOTS - 1);
        assert_int_equal(seen[object - objects]++, 0);
    }
    assert_null(kvi_pool_take(pool));
    assert_true(kvi_pool_leave(pool, &objects[SLOTS]));
    assert_ptr_equal(kvi_pool_take(pool), &objects[SLOTS]);
    kvi_pool_free(pool);
    kvi_pool_free(NULL);
}

static void test_one_slot(void **state)
{
    kvi_pool *pool = kvi_pool_create(1);
    int a, b;

    (void)state;
    assert_non_null(pool);
    assert_true(kvi_pool_leave(pool, &a));
    assert_false(kvi_pool_leave(pool, &b));
    assert_ptr_equal(kvi_pool_take(pool), &a);
    assert_null(kvi_pool_take(pool));
    kvi_pool_free(pool);
}

/* ---- Threads */

struct object {
    _Atomic int holders;
    _Atomic unsigned taken;
};

struct shared {
    kvi_pool *pool;
    _Atomic int faults;
};

static void *take_and_leave(void *arg)
{
    struct shared *shared = arg;

    for (int i = 0; i < TURNS; i++) {
        struct object *object = kvi_pool_take(shared->pool);

        if (object == NULL)
            continue;
        if (atomic_fetch_add(&object->holders, 1) != 0)
            atomic_fetch_add(&shared->faults, 1);
        atomic_fetch_add(&object->taken, 1);
        atomic_fetch_sub(&object->holders, 1);
        /* As many slots as objects, but others move while we look for one: look again. */
        while (!kvi_pool_leave(shared->pool, object))
            continue;
    }
    return NULL;
}

/* Fewer objects than threads: each is held by one at a time, and none gets lost. */
static void test_threads(void **state)
{
    struct shared shared = {.pool = kvi_pool_create(THREADS - 1)};
    struct object objects[THREADS - 1] = {0};
    pthread_t threads[THREADS];
    unsigned taken = 0;

    (void)state;
    assert_non_null(shared.pool);
    for (size_t i = 0; i < THREADS - 1; i++)
        assert_true(kvi_pool_leave(shared.pool, &objects[i]));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_leave, &shared), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&shared.faults), 0);
    for (size_t i = 0; i < THREADS - 1; i++)
        taken += atomic_load(&objects[i].taken);
    assert_true(taken > TURNS / 2);
    for (size_t i = 0; i < THREADS - 1; i++)
        assert_non_null(kvi_pool_take(shared.pool));
    assert_null(kvi_pool_take(shared.pool));
    kvi_pool_free(shared.pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("pool: leave and take", test_single),
        TEST("pool: one slot", test_one_slot),
        TEST("pool: threads", test_threads),
    };

    run_tests(tests);
    return run_all("pool");
}
