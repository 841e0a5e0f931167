/* Deadlines: gone if and only if now >= deadline, in every call; sweeping; touching. */
#include "support/fixture.h"

#include "support/random.h"

#include <stdio.h>
#include <unistd.h>

#define STEP 256 /* Rows of one transaction of kv_sweep(). */

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

/** Keys "k0", "k1", ... with a TTL of a second, in a batch. */
static void put_dying(struct fixture *fixture, kv_ns ns, size_t count)
{
    static char keys[3000][24];
    static kv_op ops[3000];
    kv_report report = KV_REPORT_INIT;

    assert_true(count <= COUNT(ops));
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        ops[i] = op_put(keys[i], "value");
        ops[i].flags = KV_OP_TTL;
        ops[i].ttl_s = 1;
    }
    assert_status(kv_batch(fixture->db, ns, ops, count, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.written, count);
}

static uint64_t key_count(struct fixture *fixture, kv_ns ns)
{
    return fixture_describe(fixture, ns).key_count;
}

static void test_sweep(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    uint64_t usage;
    char key[32];

    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(put_at(fixture, key, KV_OP_TTL, 1 + i % 50, 0, NULL), KV_OK);
    }
    fixture_put(fixture, "stays", "x");
    fixture_advance(fixture, 25);
    usage = fixture_usage(fixture, fixture->ns);
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(work.items_done, 250);
    assert_int_equal(work.bytes_done, usage - fixture_usage(fixture, fixture->ns));
    assert_int_equal(key_count(fixture, fixture->ns), 251);
    fixture_advance(fixture, 100);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(key_count(fixture, fixture->ns), 1);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 6);
}

static void test_sweep_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;

    put_dying(fixture, fixture->ns, 300);
    fixture_advance(fixture, 1);
    work.items_max = 50;
    for (uint64_t left = 300; left > 0;) {
        left -= 50;
        assert_status(kv_sweep(fixture->db, &work), KV_OK);
        assert_int_equal(work.items_done, 50);
        assert_int_equal(work.finished, 0);
        assert_int_equal(key_count(fixture, fixture->ns), left);
    }
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.items_done, 0);
    assert_int_equal(work.finished, 1);
}

/** The bound is on both together: rows that are due and rows of dropped namespaces. */
static void test_sweep_bound(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    uint64_t total = 0;
    kv_ns gone;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    put_dying(fixture, fixture->ns, 230);
    put_dying(fixture, gone, 230);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    work.items_max = 100;
    do {
        assert_status(kv_sweep(fixture->db, &work), KV_OK);
        assert_true(work.items_done <= 100);
        total += work.items_done;
        fixture_advance(fixture, 1);
    } while (!work.finished && total < 1000);
    assert_int_equal(total, 460);
}

/** Many short transactions, not one long one. */
static void test_sweep_steps(void **state)
{
    struct fixture *fixture = *state;
    kv_stats before = KV_STATS_INIT, after = KV_STATS_INIT;

    put_dying(fixture, fixture->ns, 3000);
    fixture_advance(fixture, 1);
    assert_status(kv_stats_get(fixture->db, &before), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_stats_get(fixture->db, &after), KV_OK);
    assert_int_equal(after.process_commits - before.process_commits, (3000 + STEP - 1) / STEP);
    assert_int_equal(after.process_swept - before.process_swept, 3000);
}

/** No namespace waits until another's backlog is gone. */
static void test_sweep_rotates(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    kv_ns ns[3] = {fixture->ns, 0, 0};

    assert_status(kv_namespace_create(fixture->db, "second", 6, &ns[1]), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "third", 5, &ns[2]), KV_OK);
    for (size_t i = 0; i < 3; i++)
        put_dying(fixture, ns[i], 1000);
    fixture_advance(fixture, 1);
    work.items_max = (uint64_t)6 * STEP;
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(key_count(fixture, ns[i]), 1000 - 2 * STEP);
}

static int take_time(void *ctx, const kv_work *work)
{
    (void)work;
    ++*(int *)ctx;
    (void)usleep(2000);
    return 0;
}

static void test_sweep_time(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;
    int calls = 0;

    put_dying(fixture, fixture->ns, 1000);
    fixture_advance(fixture, 1);
    work.time_max_ms = 1;
    work.progress = take_time;
    work.ctx = &calls;
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(work.items_done, STEP);
    assert_int_equal(work.finished, 0);
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
    int calls = 0;

    put_dying(fixture, fixture->ns, 3000);
    fixture_advance(fixture, 1);
    work.progress = stop_at_once;
    work.ctx = &calls;
    assert_status(kv_sweep(fixture->db, &work), KV_CANCELLED);
    assert_int_equal(calls, 1);
    assert_int_equal(work.items_done, STEP);
    assert_int_equal(work.finished, 0);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(key_count(fixture, fixture->ns), 0);
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
    assert_int_equal(key_count(fixture, fixture->ns), 1); /* The last one, which no write met. */
}

/** As many rows as a batch has operations, but 16 at least. */
static void test_writes_share(void **state)
{
    static const size_t counts[] = {1, 15, 16, 17, 200};
    struct fixture *fixture = *state;
    kv_op ops[200];
    uint64_t left = 1000;

    put_dying(fixture, fixture->ns, left);
    fixture_advance(fixture, 1);
    for (size_t i = 0; i < 200; i++)
        ops[i] = op_put("same", "value");
    for (size_t i = 0; i < COUNT(counts); i++) {
        kv_report report = KV_REPORT_INIT;
        size_t share = counts[i] < 16 ? 16 : counts[i];

        assert_status(kv_batch(fixture->db, fixture->ns, ops, counts[i], NULL, NULL, &report),
                      KV_OK);
        assert_int_equal(report.swept, share);
        left -= share;
        assert_int_equal(key_count(fixture, fixture->ns), left + 1);
    }
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
    struct rng rng = {1};

    rng_fill(&rng, large, sizeof(large));
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
    STORE_TEST("sweep: bounded over all that it does", test_sweep_bound),
    STORE_TEST("sweep: short transactions", test_sweep_steps),
    STORE_TEST("sweep: namespaces in turn", test_sweep_rotates),
    STORE_TEST("sweep: bounded in time", test_sweep_time),
    STORE_TEST("sweep: cancelled", test_sweep_cancelled),
    STORE_TEST("sweep: writes do a share", test_writes_sweep),
    STORE_TEST("sweep: how large a share", test_writes_share),
    STORE_TEST("expiry: refreshed, brought forward, cleared", test_refreshed_ttl),
    STORE_TEST("touch: a new deadline, the old value", test_touch),
    STORE_TEST("touch: a large value", test_touch_large),
    STORE_TEST("expiry: the clock goes back", test_clock_back),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: expiry");
}
