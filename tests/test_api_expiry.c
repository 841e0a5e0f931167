/* Deadlines: gone if and only if now >= deadline, in every call; sweeping; touching. */
#include "support/fixture.h"

#include <stdio.h>
#include <string.h>

static kv_status put_at(struct fixture *fixture, const char *key, uint32_t flags, int64_t ttl,
                        int64_t at, kv_verdict *verdict)
{
    kv_op op = op_put(key, "value");

    op.flags = flags;
    op.ttl_s = ttl;
    op.expires_at = at;
    return kv_put(fixture->db, fixture->ns, &op, verdict);
}

static const struct row {
    const char *name;
    uint32_t flags;
    int64_t ttl, after_now; /* expires_at = now + after_now */
    kv_status want;
    int64_t lives; /* Seconds until it is gone; -1: for ever. */
} rows[] = {
    {"expiry: none", 0, 0, 0, KV_OK, -1},
    {"expiry: none, though fields are set", 0, 5, 5, KV_OK, -1},
    {"expiry: a TTL of 1", KV_OP_TTL, 1, 0, KV_OK, 1},
    {"expiry: a TTL of 100", KV_OP_TTL, 100, 0, KV_OK, 100},
    {"expiry: a TTL of 0", KV_OP_TTL, 0, 0, KV_EXPIRY_INVALID, 0},
    {"expiry: a negative TTL", KV_OP_TTL, -1, 0, KV_EXPIRY_INVALID, 0},
    {"expiry: the smallest TTL", KV_OP_TTL, INT64_MIN, 0, KV_EXPIRY_INVALID, 0},
    {"expiry: the largest TTL saturates", KV_OP_TTL, INT64_MAX, 0, KV_OK, -1},
    {"expiry: a deadline", KV_OP_EXPIRES_AT, 0, 7, KV_OK, 7},
    {"expiry: a deadline of now is gone at once", KV_OP_EXPIRES_AT, 0, 0, KV_OK, 0},
    {"expiry: a deadline in the past", KV_OP_EXPIRES_AT, 0, -1, KV_EXPIRY_INVALID, 0},
    {"expiry: TTL wins", KV_OP_TTL | KV_OP_EXPIRES_AT, 3, -50, KV_OK, 3},
    {"expiry: a bad TTL wins too", KV_OP_TTL | KV_OP_EXPIRES_AT, 0, 50, KV_EXPIRY_INVALID, 0},
};

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_verdict verdict;

    assert_status(
        put_at(fixture, "key", row->flags, row->ttl, FAKE_CLOCK_START + row->after_now, &verdict),
        row->want);
    if (row->want != KV_OK || row->lives == 0) {
        fixture_expect_absent(fixture, "key");
    } else if (row->lives < 0) {
        fixture_advance(fixture, INT64_C(1) << 40);
        fixture_expect(fixture, "key", "value");
    } else {
        assert_int_equal(verdict.expires_at, FAKE_CLOCK_START + row->lives);
        fixture_advance(fixture, row->lives - 1);
        fixture_expect(fixture, "key", "value");
        fixture_advance(fixture, 1);
        fixture_expect_absent(fixture, "key");
    }
}

static void test_gone_for_every_call(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot, *old;
    kv_slice value, key = {"a", 1};
    kv_list *list;
    kv_entry entry;
    uint64_t count = 9;
    size_t size;

    assert_status(put_at(fixture, "a", KV_OP_TTL, 5, 0, NULL), KV_OK);
    fixture_put(fixture, "b", "stays");
    old = fixture_snapshot(fixture);
    fixture_advance(fixture, 5);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_NOT_FOUND);
    assert_status(kv_get_into(snapshot, fixture->ns, "a", 1, NULL, 0, &size), KV_NOT_FOUND);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, KV_GET_FACTS, NULL, &entry),
                  KV_NOT_FOUND);
    assert_status(kv_get_many(snapshot, fixture->ns, &key, 1, 0, &fixture->buf, &entry), KV_OK);
    assert_status(entry.status, KV_NOT_FOUND);
    assert_status(kv_list_begin(snapshot, fixture->ns, NULL, &list), KV_OK);
    assert_status(kv_list_next(list, &entry), KV_OK);
    assert_memory_equal(entry.key.data, "b", 1);
    assert_status(kv_list_next(list, &entry), KV_NOT_FOUND);
    kv_list_end(list);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){NULL, 0}, 0, &count, NULL), KV_OK);
    assert_int_equal(count, 1);
    kv_snapshot_end(snapshot);
    /* In a snapshot taken before, it stays. */
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_get(old, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    kv_snapshot_end(old);
}

static void test_sweep(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    char key[32];

    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(put_at(fixture, key, KV_OP_TTL, 1 + i % 50, 0, NULL), KV_OK);
    }
    fixture_put(fixture, "stays", "x");
    fixture_advance(fixture, 25);
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 251);
    fixture_advance(fixture, 100);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 1);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 6);
}

static void test_sweep_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    char key[32];
    int rounds = 0;

    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(put_at(fixture, key, KV_OP_TTL, 1, 0, NULL), KV_OK);
    }
    fixture_advance(fixture, 1);
    work.items_max = 50;
    do {
        uint64_t before = fixture_describe(fixture, fixture->ns).key_count;

        assert_status(kv_sweep(fixture->db, &work), KV_OK);
        assert_true(work.items_done <= 50);
        assert_true(before - fixture_describe(fixture, fixture->ns).key_count <= 50);
    } while (!work.finished && ++rounds < 100);
    assert_true(rounds >= 5 && rounds < 100);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

static int stop_at_once(void *ctx, const kv_work *work)
{
    (void)work;
    ++*(int *)ctx;
    return 1;
}

static void test_sweep_cancelled(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    char key[32];
    int calls = 0;

    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(put_at(fixture, key, KV_OP_TTL, 1, 0, NULL), KV_OK);
    }
    fixture_advance(fixture, 1);
    work.progress = stop_at_once;
    work.ctx = &calls;
    assert_status(kv_sweep(fixture->db, &work), KV_CANCELLED);
    assert_int_equal(calls, 1);
    assert_int_equal(work.finished, 0);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

/** Writes sweep along: a busy store needs no sweeper. */
static void test_writes_sweep(void **state)
{
    struct fixture *fixture = *state;
    char key[32];

    for (int i = 0; i < 400; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(put_at(fixture, key, KV_OP_TTL, 1, 0, NULL), KV_OK);
        fixture_advance(fixture, 1);
    }
    assert_true(fixture_describe(fixture, fixture->ns).key_count <= 17);
}

static void test_refreshed_ttl(void **state)
{
    struct fixture *fixture = *state;

    /* Later deadlines leave the index row where it was; the sweep must not be misled. */
    for (int i = 0; i < 50; i++) {
        assert_status(put_at(fixture, "a", KV_OP_TTL, 10, 0, NULL), KV_OK);
        fixture_advance(fixture, 9);
        assert_status(kv_sweep(fixture->db, NULL), KV_OK);
        fixture_expect(fixture, "a", "value");
    }
    /* An earlier deadline, then none, then a deadline again. */
    assert_status(put_at(fixture, "a", KV_OP_TTL, 2, 0, NULL), KV_OK);
    assert_status(put_at(fixture, "b", KV_OP_TTL, 100, 0, NULL), KV_OK);
    assert_status(put_at(fixture, "b", 0, 0, 0, NULL), KV_OK);
    fixture_advance(fixture, 2);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect_absent(fixture, "a");
    fixture_advance(fixture, 1000);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect(fixture, "b", "value");
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 1);
}

static void test_touch(void **state)
{
    struct fixture *fixture = *state;
    kv_op put = op_put("a", "value"), touch = op_touch("a");
    kv_entry entry;
    kv_snapshot *snapshot;
    kv_verdict verdict;
    uint64_t version;

    put.metadata = "meta";
    put.metadata_size = 4;
    assert_status(kv_put(fixture->db, fixture->ns, &put, &verdict), KV_OK);
    version = verdict.version;
    touch.flags = KV_OP_TTL;
    touch.ttl_s = 60;
    assert_status(kv_put(fixture->db, fixture->ns, &touch, &verdict), KV_OK);
    assert_true(verdict.version > version);
    assert_int_equal(verdict.flags & KV_EXPIRES, KV_EXPIRES);
    assert_int_equal(verdict.expires_at, FAKE_CLOCK_START + 60);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, 0, &fixture->buf, &entry), KV_OK);
    assert_int_equal(entry.version, verdict.version);
    assert_int_equal(entry.flags, KV_ENTRY_EXPIRES);
    assert_int_equal(entry.expires_at, FAKE_CLOCK_START + 60);
    assert_memory_equal(entry.value.data, "value", 5);
    assert_memory_equal(entry.metadata.data, "meta", 4);
    kv_snapshot_end(snapshot);
    touch.flags = 0; /* No deadline: permanent. */
    assert_status(kv_put(fixture->db, fixture->ns, &touch, &verdict), KV_OK);
    assert_int_equal(verdict.flags & KV_EXPIRES, 0);
    fixture_advance(fixture, 1000);
    fixture_expect(fixture, "a", "value");
}

/** A touched value that stands in pieces keeps them. */
static void test_touch_large(void **state)
{
    struct fixture *fixture = *state;
    static char large[300000];
    kv_op put = op_put("a", ""), touch = op_touch("a");
    kv_snapshot *snapshot;
    kv_slice value;
    uint32_t noise = 1;

    for (size_t i = 0; i < sizeof(large); i++) {
        noise = noise * 1664525 + 1013904223;
        large[i] = (char)(noise >> 24);
    }
    put.value = large;
    put.value_size = sizeof(large);
    assert_status(kv_put(fixture->db, fixture->ns, &put, NULL), KV_OK);
    touch.flags = KV_OP_TTL;
    touch.ttl_s = 60;
    for (int i = 0; i < 3; i++)
        assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_int_equal(value.size, sizeof(large));
    assert_memory_equal(value.data, large, sizeof(large));
    kv_snapshot_end(snapshot);
    fixture_advance(fixture, 60);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
}

static void test_clock_back(void **state)
{
    struct fixture *fixture = *state;

    assert_status(put_at(fixture, "a", KV_OP_TTL, 5, 0, NULL), KV_OK);
    fixture_advance(fixture, -1000);
    fixture_expect(fixture, "a", "value");
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect(fixture, "a", "value");
    fixture_advance(fixture, 1005);
    fixture_expect_absent(fixture, "a");
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("expiry: gone for every call", test_gone_for_every_call),
    STORE_TEST("sweep: removes what is due", test_sweep),
    STORE_TEST("sweep: in portions", test_sweep_in_portions),
    STORE_TEST("sweep: cancelled", test_sweep_cancelled),
    STORE_TEST("sweep: writes do a share", test_writes_sweep),
    STORE_TEST("expiry: refreshed, brought forward, cleared", test_refreshed_ttl),
    STORE_TEST("touch: a new deadline, the old value", test_touch),
    STORE_TEST("touch: a large value", test_touch_large),
    STORE_TEST("expiry: the clock goes back", test_clock_back),
};

int main(void)
{
    enum {
        ROWS = sizeof(rows) / sizeof(rows[0]),
        PLAIN = sizeof(plain_tests) / sizeof(plain_tests[0])
    };
    struct CMUnitTest tests[ROWS + PLAIN];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = STORE_ROW(&rows[i], test_row);
    memcpy(tests + ROWS, plain_tests, sizeof(plain_tests));
    return cmocka_run_group_tests_name("api: expiry", tests, NULL, NULL);
}
