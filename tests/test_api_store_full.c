/* The map cap: a verdict for each key in input order, deletes that still work, room that comes
 * back. */
#include "support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SIZE ((size_t)3000)
#define BATCH 100

static char noise[VALUE_SIZE];

static int setup(void **state)
{
    kv_settings settings = KV_SETTINGS_INIT;
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof(noise); i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (char)(seed >> 24);
    }
    if (fixture_setup_empty(state) != 0)
        return -1;
    settings.map_size_max = KV_MAP_SIZE_MIN;
    settings.changes_bytes_max = 100000;
    fixture_create(*state, &settings);
    return 0;
}

/** Put BATCH keys from `first` on; how many were written. They must be the first ones. */
static size_t put_batch(struct fixture *fixture, size_t first)
{
    char keys[BATCH][32];
    kv_op ops[BATCH];
    kv_verdict verdicts[BATCH];
    kv_report report = KV_REPORT_INIT;
    size_t written = 0;

    for (size_t i = 0; i < BATCH; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", first + i);
        ops[i] = op_put(keys[i], "");
        ops[i].value = noise;
        ops[i].value_size = VALUE_SIZE;
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, BATCH, NULL, verdicts, &report), KV_OK);
    while (written < BATCH && verdicts[written].status == KV_OK)
        written++;
    for (size_t i = written; i < BATCH; i++)
        assert_status(verdicts[i].status, KV_STORE_FULL);
    assert_int_equal(report.written, written);
    assert_int_equal(report.first_failed, written);
    return written;
}

/** Until nothing more goes in; how many keys there are. */
static size_t fill(struct fixture *fixture)
{
    size_t total = 0, written;

    do {
        written = put_batch(fixture, total);
        total += written;
    } while (written == BATCH && total < 20000);
    return total;
}

static void delete_keys(struct fixture *fixture, size_t first, size_t count)
{
    char key[32];

    for (size_t i = 0; i < count; i++) {
        int size = snprintf(key, sizeof(key), "k%zu", first + i);

        assert_status(kv_delete(fixture->db, fixture->ns, key, (size_t)size, NULL), KV_OK);
    }
}

static void test_in_input_order(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    assert_true(total * VALUE_SIZE > KV_MAP_SIZE_MIN / 3); /* Most of the cap was of use. */
    assert_true(total * VALUE_SIZE < KV_MAP_SIZE_MIN);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, total);
}

static void test_deletes_work(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    delete_keys(fixture, 0, total);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    fixture_put(fixture, "after", "1");
    fixture_expect(fixture, "after", "1");
}

static void test_room_comes_back(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture), again;

    for (int round = 0; round < 5; round++) {
        delete_keys(fixture, 0, total);
        again = fill(fixture);
        assert_true(again > total / 2);
        total = again;
    }
}

static void test_one_batch_of_deletes(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);
    char(*keys)[32] = calloc(total, sizeof(*keys));
    kv_op *ops = calloc(total, sizeof(*ops));
    kv_report report = KV_REPORT_INIT;
    size_t done = 0;

    assert_non_null(keys);
    assert_non_null(ops);
    for (size_t i = 0; i < total; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        ops[i] = op_delete(keys[i]);
    }
    /* The reserve covers a bounded step: what it does not cover is named, and goes next time. */
    for (int round = 0; round < 1000 && done < total; round++) {
        assert_status(kv_batch(fixture->db, fixture->ns, ops, total, NULL, NULL, &report), KV_OK);
        done = total - fixture_describe(fixture, fixture->ns).key_count;
        assert_true(report.written > 0);
    }
    assert_int_equal(done, total);
    free(keys);
    free(ops);
}

static void test_dropped_namespace(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "next", 4, &fixture->ns), KV_OK);
    assert_true(fill(fixture) > total / 2);
}

static void test_reopened(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, total);
    assert_true(put_batch(fixture, total) < BATCH);
    delete_keys(fixture, 0, total / 2);
    assert_int_equal(put_batch(fixture, total), BATCH);
}

/** A value larger than what is left is refused alone; smaller ones behind it go in. */
static void test_large_value(void **state)
{
    struct fixture *fixture = *state;
    static char large[9 << 20];
    kv_op ops[2] = {op_put("large", ""), op_put("small", "1")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdicts[2];
    uint32_t seed = 3;

    for (size_t i = 0; i < sizeof(large); i++) {
        seed = seed * 1664525 + 1013904223;
        large[i] = (char)(seed >> 24);
    }
    options.limits.value_size_max = sizeof(large);
    options.limits.batch_size_max = 2 * sizeof(large);
    ops[0].value = large;
    ops[0].value_size = sizeof(large);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, &options, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_STORE_FULL);
    assert_status(verdicts[1].status, KV_OK);
    fixture_expect(fixture, "small", "1");
    fixture_expect_absent(fixture, "large");
}

#define FULL_TEST(name, function)                                                                  \
    {                                                                                              \
        name, function, setup, fixture_teardown, NULL                                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        FULL_TEST("store full: verdicts in input order", test_in_input_order),
        FULL_TEST("store full: deletes still work", test_deletes_work),
        FULL_TEST("store full: room comes back", test_room_comes_back),
        FULL_TEST("store full: one batch of deletes", test_one_batch_of_deletes),
        FULL_TEST("store full: a dropped namespace gives room", test_dropped_namespace),
        FULL_TEST("store full: after reopening", test_reopened),
        FULL_TEST("store full: a value too large for what is left", test_large_value),
    };

    return cmocka_run_group_tests_name("api: store full", tests, NULL, NULL);
}
