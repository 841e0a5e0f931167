/* Deadlines and clocks. */
#include "base/clock.h"

#include "support/clock.h"
#include "support/run.h"

#include <time.h>

static const struct due {
    const char *name;
    int64_t deadline, now;
    bool due;
} dues[] = {
    {"due: the second before", 100, 99, false},
    {"due: the very second", 100, 100, true},
    {"due: the second after", 100, 101, true},
    {"due: a deadline of 0", 0, 0, true},
    {"due: before 1970", -10, -11, false},
    {"due: never before the end", INT64_MAX, INT64_MAX - 1, false},
    {"due: at the end", INT64_MAX, INT64_MAX, true},
    {"due: the first deadline", INT64_MIN, INT64_MIN, true},
};

static void test_due(void **state)
{
    const struct due *due = *state;

    assert_int_equal(kvi_clock_is_due(due->deadline, due->now), due->due);
}

static const struct sum {
    const char *name;
    int64_t now, ttl_s, want;
} sums[] = {
    {"deadline: a second", 100, 1, 101},
    {"deadline: a year", 1700000000, 31536000, 1731536000},
    {"deadline: the last that fits", INT64_MAX - 5, 5, INT64_MAX},
    {"deadline: one more saturates", INT64_MAX - 5, 6, INT64_MAX},
    {"deadline: the largest TTL", 1700000000, INT64_MAX, INT64_MAX},
    {"deadline: both at their largest", INT64_MAX, INT64_MAX, INT64_MAX},
    {"deadline: a clock before 1970", -100, 30, -70},
    {"deadline: the first clock, the largest TTL", INT64_MIN, INT64_MAX, -1},
};

static void test_sum(void **state)
{
    const struct sum *sum = *state;

    assert_true(kvi_clock_deadline(sum->now, sum->ttl_s) == sum->want);
}

static void test_injected(void **state)
{
    struct fake_clock fake = {12345};
    kvi_clock clock = {fake_clock_read, &fake};

    (void)state;
    assert_int_equal(kvi_clock_now(&clock), 12345);
    atomic_store(&fake.now, -7);
    assert_int_equal(kvi_clock_now(&clock), -7);
}

static void test_real(void **state)
{
    kvi_clock clock = {NULL, NULL};
    time_t before = time(NULL);
    int64_t now = kvi_clock_now(&clock);

    (void)state;
    /* time() may lag by a tick of the coarse clock. */
    assert_in_range(now, before, (int64_t)time(NULL) + 1);
}

static void test_steady(void **state)
{
    uint64_t us = kvi_clock_us(), coarse_ms = kvi_clock_coarse_ms();

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t next_us = kvi_clock_us(), next_ms = kvi_clock_coarse_ms();

        assert_true(next_us >= us && next_ms >= coarse_ms);
        us = next_us;
        coarse_ms = next_ms;
    }
    /* The same clock, to a few milliseconds; a loaded machine may pause us between the two. */
    assert_true(kvi_clock_us() / 1000 + 1 >= coarse_ms);
}

static uint64_t machine_us(clockid_t id)
{
    struct timespec t;

    assert_int_equal(clock_gettime(id, &t), 0);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Each lies between two readings of the machine's clock that it stands for. */
static void test_units(void **state)
{
    uint64_t before, got;

    (void)state;
    before = machine_us(CLOCK_MONOTONIC);
    got = kvi_clock_us();
    assert_in_range(got, before, machine_us(CLOCK_MONOTONIC));
    before = machine_us(CLOCK_MONOTONIC_COARSE) / 1000;
    got = kvi_clock_coarse_ms();
    assert_in_range(got, before, machine_us(CLOCK_MONOTONIC_COARSE) / 1000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("clock: injected", test_injected),
        TEST("clock: the system's", test_real),
        TEST("clock: never back", test_steady),
        TEST("clock: microseconds and milliseconds", test_units),
    };

    run_rows(dues, test_due, NULL, NULL);
    run_rows(sums, test_sum, NULL, NULL);
    run_tests(tests);
    return run_all("clock");
}
