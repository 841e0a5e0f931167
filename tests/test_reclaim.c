/* Space given back in portions: rows that are due, and dropped namespaces. */
#include "support/fixture.h"

#include "ops/reclaim.h"
#include "ops/write.h"
#include "support/random.h"
#include "support/recount.h"
#include "tables/namespaces.h"

#include <stdio.h>
#include <string.h>

static kvi_write *begin(struct fixture *fixture)
{
    kvi_write *write;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 100}, &write, NULL), KV_OK);
    return write;
}

static int64_t now(struct fixture *fixture)
{
    return atomic_load(&fixture->clock.now);
}

static void put_for(struct fixture *fixture, kv_ns ns, int number, int64_t ttl)
{
    char key[16];
    kv_op op;

    (void)snprintf(key, sizeof(key), "key-%03d", number);
    op = op_put(key, "value");
    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

static kvi_reclaimed due(struct fixture *fixture, kv_ns ns, uint64_t rows_max)
{
    kvi_write *write = begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_reclaim_namespace_due(write, ns, now(fixture), rows_max, &done), KV_OK);
    assert_status(kvi_write_commit(write, NULL), KV_OK);
    return done;
}

static kvi_reclaimed dropped(struct fixture *fixture, uint64_t rows_max)
{
    kvi_write *write = begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_reclaim_dropped(write, rows_max, &done), KV_OK);
    assert_status(kvi_write_commit(write, NULL), KV_OK);
    return done;
}

static uint64_t key_count(struct fixture *fixture, kv_ns ns)
{
    return fixture_describe(fixture, ns).key_count;
}

static void expect_recount(struct fixture *fixture)
{
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
    fixture_open(fixture);
}

static void test_due_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 50; i++) {
        put_for(fixture, fixture->ns, i, 100 - i); /* The last put is due first. */
        put_for(fixture, other, i, 10);
    }
    fixture_advance(fixture, 90);
    done = due(fixture, fixture->ns, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.more);
    done = due(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 30);
    assert_int_equal(done.bytes, 30 * 12);
    assert_true(done.more);
    assert_int_equal(key_count(fixture, fixture->ns), 20);
    done = due(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 10); /* Those due at 90 and before. */
    assert_false(done.more);
    fixture_advance(fixture, 1);
    assert_int_equal(due(fixture, fixture->ns, 30).rows, 1);
    assert_int_equal(key_count(fixture, other), 50); /* Another's is another's. */
    expect_recount(fixture);
    fixture_expect(fixture, "key-000", "value");
    fixture_expect_absent(fixture, "key-009");
    fixture_expect(fixture, "key-008", "value");
}

/* A portion that is just what there is says that nothing is left. */
static void test_due_exactly(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++)
        put_for(fixture, fixture->ns, i, 10);
    fixture_advance(fixture, 10);
    done = due(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 10);
    assert_false(done.more);
    done = due(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 0);
    assert_false(done.more);
}

/* Moving the row of a refreshed record is work too, and counts against the portion. */
static void test_due_moves(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++) {
        put_for(fixture, fixture->ns, i, 10);
        put_for(fixture, fixture->ns, i, 100);
    }
    fixture_advance(fixture, 50);
    done = due(fixture, fixture->ns, 4);
    assert_int_equal(done.rows, 0);
    assert_true(done.more);
    done = due(fixture, fixture->ns, 6);
    assert_int_equal(done.rows, 0);
    assert_false(done.more);
    assert_int_equal(key_count(fixture, fixture->ns), 10);
    expect_recount(fixture);
}

static void put_large(struct fixture *fixture, int number, int64_t ttl)
{
    static uint8_t value[1900000]; /* Some 465 pieces. */
    struct rng rng = {8};
    char key[16];
    kv_op op;

    (void)snprintf(key, sizeof(key), "large-%d", number);
    rng_fill(&rng, value, sizeof(value));
    op = op_put(key, "");
    op.value = value;
    op.value_size = sizeof(value);
    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

/* Large values make a portion smaller: their pages are what a transaction has to copy. */
static void test_large_values(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 8; i++)
        put_large(fixture, i, 10);
    fixture_advance(fixture, 10);
    done = due(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.more);
    done = due(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.more);
    for (int i = 0; i < 8; i++)
        put_large(fixture, i, 0);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.more);
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.more);
    expect_recount(fixture);
}

static kvi_namespace_counts counts(struct fixture *fixture)
{
    kvi_namespace_counts got;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_namespaces_counts(txn, &got), KV_OK);
    kvi_txn_abort(txn);
    return got;
}

static void test_dropped_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other, empty;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "empty", 5, &empty), KV_OK);
    for (int i = 0; i < 20; i++) {
        put_for(fixture, fixture->ns, i, i % 2 != 0 ? 1000 : 0);
        put_for(fixture, other, i, 0);
    }
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 0);
    assert_false(done.more); /* None is dropped. */
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = dropped(fixture, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.more);
    done = dropped(fixture, 12);
    assert_int_equal(done.rows, 12);
    assert_int_equal(done.bytes, 12 * 12);
    assert_true(done.more);
    assert_int_equal(counts(fixture).dropped, 1);
    done = dropped(fixture, 8);
    assert_int_equal(done.rows, 8);
    assert_false(done.more); /* With its last row it went itself. */
    assert_int_equal(counts(fixture).dropped, 0);
    assert_int_equal(counts(fixture).live, 2);
    assert_int_equal(key_count(fixture, other), 20);
    expect_recount(fixture);
}

static void test_dropped_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    kv_ns ids[3];
    char name[2] = "a";

    for (size_t i = 0; i < 3; i++, name[0]++) {
        assert_status(kv_namespace_create(fixture->db, name, 1, &ids[i]), KV_OK);
        assert_status(kv_namespace_drop(fixture->db, ids[i]), KV_OK);
    }
    assert_int_equal(counts(fixture).dropped, 3);
    assert_true(dropped(fixture, 10).more);
    assert_true(dropped(fixture, 10).more);
    assert_false(dropped(fixture, 10).more);
    assert_int_equal(counts(fixture).dropped, 0);
    assert_int_equal(counts(fixture).next_id, ids[2] + 1);
}

/* A batch does a share of both by itself. */
static void test_batches_share(void **state)
{
    struct fixture *fixture = *state;
    kv_report report = KV_REPORT_INIT;
    kv_op op = op_put("new", "value");
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 100; i++) {
        put_for(fixture, fixture->ns, i, 10);
        put_for(fixture, other, i, 0);
    }
    assert_status(kv_namespace_drop(fixture->db, other), KV_OK);
    fixture_advance(fixture, 10);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.swept, 16);
    assert_int_equal(key_count(fixture, fixture->ns), 85);
    assert_int_equal(counts(fixture).dropped, 1);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(counts(fixture).dropped, 0); /* 64 rows with each. */
    expect_recount(fixture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("reclaim: due rows in portions", test_due_in_portions),
        STORE_TEST("reclaim: just the portion", test_due_exactly),
        STORE_TEST("reclaim: rows that move", test_due_moves),
        STORE_TEST("reclaim: large values", test_large_values),
        STORE_TEST("reclaim: a dropped namespace in portions", test_dropped_in_portions),
        STORE_TEST("reclaim: dropped namespaces one by one", test_dropped_one_by_one),
        STORE_TEST("reclaim: a batch's share", test_batches_share),
    };

    return cmocka_run_group_tests_name("reclaim", tests, NULL, NULL);
}
