/* Waking sleepers: none that slept is left asleep, none falls asleep behind an event. */
#include "support/run.h"
#include "support/thread.h"

#include "base/wakeup.h"

#include <pthread.h>
#include <sched.h>

#define HOUR_US UINT64_C(3600000000)

/* It would sleep for an hour. */
static void test_event_before_the_sleep(void **state)
{
    kvi_wakeup wakeup = {0};
    uint32_t events = kvi_wakeup_events(&wakeup);

    (void)state;
    kvi_wakeup_enter(&wakeup);
    kvi_wakeup_all(&wakeup);
    kvi_wakeup_sleep(&wakeup, events, HOUR_US);
    assert_int_equal(kvi_wakeup_events(&wakeup), events + 1);
    kvi_wakeup_leave(&wakeup);
}

/* Nobody announced a sleep, so nobody is woken, but the event counts. */
static void test_nobody_sleeps(void **state)
{
    kvi_wakeup wakeup = {0};

    (void)state;
    kvi_wakeup_all(&wakeup);
    assert_int_equal(kvi_wakeup_events(&wakeup), 1);
    kvi_wakeup_sleep(&wakeup, 0, HOUR_US);
}

static void test_time_passes(void **state)
{
    kvi_wakeup wakeup = {0};

    (void)state;
    kvi_wakeup_enter(&wakeup);
    kvi_wakeup_sleep(&wakeup, 0, 1000);
    kvi_wakeup_leave(&wakeup);
    assert_int_equal(kvi_wakeup_events(&wakeup), 0);
}

/* Several threads that follow a number, which one raises. */
enum { THREADS = 3, RAISES = 2000 };

struct number {
    kvi_wakeup wakeup;
    _Atomic uint32_t value;
    _Atomic uint32_t seen[THREADS];
    _Atomic long threads[THREADS];
    _Atomic int next;
};

static void *follow(void *ctx)
{
    struct number *number = ctx;
    int self = atomic_fetch_add(&number->next, 1);
    uint32_t value = 0;

    kvi_wakeup_enter(&number->wakeup);
    atomic_store(&number->threads[self], thread_number());
    while (value < RAISES) {
        uint32_t events = kvi_wakeup_events(&number->wakeup);
        uint32_t now = atomic_load(&number->value);
        if (now == value)
            kvi_wakeup_sleep(&number->wakeup, events, HOUR_US);
        value = now;
        atomic_store(&number->seen[self], value);
    }
    kvi_wakeup_leave(&number->wakeup);
    return NULL;
}

static void test_threads(void **state)
{
    struct number number = {0};
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, follow, &number), 0);
    for (size_t i = 0; i < THREADS; i++) { /* The first event meets all asleep. */
        while (atomic_load(&number.threads[i]) == 0)
            (void)sched_yield();
        assert_true(thread_falls_asleep(atomic_load(&number.threads[i])));
    }
    for (uint32_t value = 1; value <= RAISES; value++) {
        atomic_store(&number.value, value);
        kvi_wakeup_all(&number.wakeup);
        for (size_t i = 0; i < THREADS; i++) /* One left asleep stays so for an hour. */
            while (atomic_load(&number.seen[i]) < value)
                (void)sched_yield();
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("wakeup: an event before the sleep", test_event_before_the_sleep),
        TEST("wakeup: nobody sleeps", test_nobody_sleeps),
        TEST("wakeup: the time passes", test_time_passes),
        TEST("wakeup: threads", test_threads),
    };

    run_tests(tests);
    return run_all("wakeup");
}
