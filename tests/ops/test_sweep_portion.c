/* Portions: what bounds one, in rows, in pages of large values and near the cap in pages of the
   file; and what a batch removes beside its own work. */
#include "support/portions.h"

#include "ops/sweep_dropped.h"
#include "ops/sweep_expired.h"
#include "support/inside.h"
#include "support/random.h"

#include <stdio.h>

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
    done = portions_expired(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.has_more);
    done = portions_expired(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.has_more);
    for (int i = 0; i < 8; i++)
        put_large(fixture, i, 0);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = portions_dropped(fixture, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.has_more);
    done = portions_dropped(fixture, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.has_more);
    inside_recount(fixture);
}

/* A batch removes a portion of both without being asked. */
static void test_batches_share(void **state)
{
    struct fixture *fixture = *state;
    kv_report report = KV_REPORT_INIT;
    kv_op op = op_put("new", "value");
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 100; i++) {
        portions_put(fixture, fixture->ns, i, 10);
        portions_put(fixture, other, i, 0);
    }
    assert_status(kv_namespace_drop(fixture->db, other), KV_OK);
    fixture_advance(fixture, 10);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.swept, 16);
    assert_int_equal(portions_key_count(fixture, fixture->ns), 85);
    assert_int_equal(portions_counts(fixture).dropped, 1);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(portions_counts(fixture).dropped, 0); /* 64 rows with each. */
    inside_recount(fixture);
}

/* ---- Near the cap */

/* A row is charged 5 pages. Half of what is above the reserve stays for the batch that the portion
   goes along with, or half of the reserve for the next portion. */
static const struct room_row {
    const char *name;
    uint64_t pages, reserve, handled;
} room_rows[] = {
    {"room: half of the reserve", 256, 256, 25}, {"room: half of what is above", 456, 256, 20},
    {"room: all of the portion", 5000, 256, 30}, {"room: a row's", 5, 256, 1},
    {"room: less than a row's", 4, 256, 0},      {"room: none", 0, 0, 0},
};

static kvi_write_txn *begin_short(struct fixture *fixture, const struct room_row *row)
{
    kvi_write_txn *write = portions_begin(fixture);

    write->room = (kvi_room){.is_short = true,
                             .status = KV_STORE_FULL,
                             .pages = row->pages,
                             .reserve = row->reserve,
                             .trees = {{100, 1000, 1}, {100, 1000, 1}, {100, 1000, 1}}};
    return write;
}

static void test_room(void **state)
{
    struct fixture *fixture = *state;
    const struct room_row *row = fixture->row;
    kvi_reclaimed done = {0};
    kvi_write_txn *write;

    for (int i = 0; i < 50; i++)
        portions_put(fixture, fixture->ns, i, 10);
    fixture_advance(fixture, 10);
    write = begin_short(fixture, row);
    assert_status(kvi_sweep_expired_in(write, fixture->ns, portions_now(fixture), 30, &done),
                  KV_OK);
    assert_int_equal(done.handled, row->handled);
    assert_int_equal(done.rows, row->handled);
    assert_true(done.has_more);
    assert_int_equal(write->is_dirty, row->handled > 0);
    kvi_write_txn_abort(write);

    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = (kvi_reclaimed){0};
    write = begin_short(fixture, row);
    assert_status(kvi_sweep_dropped(write, 30, &done), KV_OK);
    assert_int_equal(done.handled, row->handled);
    assert_true(done.has_more);
    kvi_write_txn_abort(write);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("portion: large values", test_large_values),
        STORE_TEST("portion: a batch's share", test_batches_share),
    };

    run_rows(room_rows, test_room, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("portion");
}
