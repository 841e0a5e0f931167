/* kv_count(): live keys under a prefix, by a scan that can be bounded. */
#include "support/fixture.h"

#include <stdio.h>
#include <string.h>

static void fill(struct fixture *fixture)
{
    char key[32];

    for (int i = 0; i < 30; i++) {
        (void)snprintf(key, sizeof(key), "%c/%d", "abc"[i % 3], i);
        fixture_put(fixture, key, "x");
    }
    for (int i = 0; i < 10; i++) {
        kv_op op;

        (void)snprintf(key, sizeof(key), "a/dead%d", i);
        op = op_put(key, "x");
        op.flags = KV_OP_TTL;
        op.ttl_s = 1;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    fixture_advance(fixture, 1);
}

static void expect_count(struct fixture *fixture, const char *prefix, uint64_t want)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    uint64_t count = 0;
    int complete = -1;

    assert_status(
        kv_count(snapshot, fixture->ns, (kv_slice){prefix, strlen(prefix)}, 0, &count, &complete),
        KV_OK);
    assert_int_equal(count, want);
    assert_int_equal(complete, 1);
    kv_snapshot_end(snapshot);
}

static void test_prefixes(void **state)
{
    struct fixture *fixture = *state;

    expect_count(fixture, "", 0);
    fill(fixture);
    expect_count(fixture, "", 30);
    expect_count(fixture, "a/", 10);
    expect_count(fixture, "c", 10);
    expect_count(fixture, "d", 0);
    expect_count(fixture, "a/dead", 0);
}

static void test_bounded(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_slice all = {NULL, 0};
    uint64_t count = 0;
    int complete = -1;

    fill(fixture);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_count(snapshot, fixture->ns, all, 5, &count, &complete), KV_OK);
    assert_true(count <= 5);
    assert_int_equal(complete, 0);
    assert_status(kv_count(snapshot, fixture->ns, all, 1000, &count, &complete), KV_OK);
    assert_int_equal(count, 30);
    assert_int_equal(complete, 1);
    assert_status(kv_count(snapshot, fixture->ns, all, 5, &count, NULL), KV_OK);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){"a b", 3}, 0, &count, NULL),
                  KV_KEY_MALFORMED);
    kv_snapshot_end(snapshot);
}

/** A bound on rows that is met exactly: the count is whole, but whether it is nobody looked. */
static void test_bound_met(void **state)
{
    static const struct {
        uint64_t examine_max, count;
        int complete;
    } bounds[] = {{39, 29, 0}, {40, 30, 0}, {41, 30, 1}, {UINT64_MAX, 30, 1}};
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;

    fill(fixture); /* 40 rows, 10 of them expired; the last is live. */
    snapshot = fixture_snapshot(fixture);
    for (size_t i = 0; i < COUNT(bounds); i++) {
        uint64_t count = 0;
        int complete = -1;
        assert_status(kv_count(snapshot, fixture->ns, (kv_slice){NULL, 0}, bounds[i].examine_max,
                               &count, &complete),
                      KV_OK);
        assert_int_equal(count, bounds[i].count);
        assert_int_equal(complete, bounds[i].complete);
    }
    kv_snapshot_end(snapshot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("count: prefixes", test_prefixes),
        STORE_TEST("count: bounded", test_bounded),
        STORE_TEST("count: a bound that is met exactly", test_bound_met),
    };

    run_tests(tests);
    return run_all("api: count");
}
