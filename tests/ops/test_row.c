/* One record across its tables: where its expiry row stands, and its sums, after every step. */
#include "support/fixture.h"

#include "base/slice.h"
#include "ops/db.h"
#include "support/inside.h"
#include "support/random.h"
#include "support/recount.h"
#include "tables/expiry.h"
#include "tables/catalog.h"
#include "tables/values.h"

#include <stdio.h>
#include <string.h>

static void put_for(struct fixture *fixture, const char *key, int64_t ttl)
{
    kv_op op = op_put(key, "value");

    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

static void touch_for(struct fixture *fixture, const char *key, int64_t ttl)
{
    kv_op op = op_touch(key);

    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

/* A record, and the deadline of its one expiry row: 0 for none, both relative to the start. */
static void expect_row(struct fixture *fixture, const char *key, int64_t deadline, int64_t row_at)
{
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kv_slice values_key = kvi_values_key(fixture->ns, key, strlen(key), bytes);
    kvi_expiry_position own, inherited;
    kvi_table_facts facts;
    kvi_record record;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_table_facts(txn, KVI_EXPIRY, &facts), KV_OK);
    assert_int_equal(facts.entries, row_at != 0);
    assert_status(kvi_values_get(txn, values_key, &record), KV_OK);
    assert_int_equal((record.flags & KVI_RECORD_EXPIRES) != 0, deadline != 0);
    if (deadline != 0)
        assert_int_equal(record.deadline, FAKE_CLOCK_START + deadline);
    own = (kvi_expiry_position){record.deadline, record.sequence};
    inherited = (kvi_expiry_position){record.index_deadline, record.index_sequence};
    if (row_at != 0 && row_at == deadline)
        assert_status(kvi_expiry_check(txn, fixture->ns, own, values_key), KV_OK);
    if (row_at != 0 && row_at != deadline) {
        assert_true(record.flags & KVI_RECORD_INHERITED);
        assert_int_equal(record.index_deadline, FAKE_CLOCK_START + row_at);
        assert_status(kvi_expiry_check(txn, fixture->ns, inherited, values_key), KV_OK);
    }
    kvi_txn_abort(txn);
}

static void expect_rows(struct fixture *fixture, uint64_t count)
{
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), count);
}

static void sweep(struct fixture *fixture)
{
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
}

/* Later deadlines leave the row where it is; that costs the index no write. */
static void test_inherit(void **state)
{
    struct fixture *fixture = *state;

    put_for(fixture, "key", 100);
    expect_row(fixture, "key", 100, 100);
    put_for(fixture, "key", 200);
    expect_row(fixture, "key", 200, 100);
    put_for(fixture, "key", 300);
    expect_row(fixture, "key", 300, 100);
    touch_for(fixture, "key", 400);
    expect_row(fixture, "key", 400, 100);
    put_for(fixture, "key", 150); /* Earlier than before, but not than the row. */
    expect_row(fixture, "key", 150, 100);
    touch_for(fixture, "key", 99);
    expect_row(fixture, "key", 99, 99);
}

static void test_same_deadline(void **state)
{
    struct fixture *fixture = *state;
    kvi_expiry_position first;
    kvi_record record;
    kvi_txn *txn;
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kv_slice key = kvi_values_key(fixture->ns, "key", 3, bytes);

    put_for(fixture, "key", 100);
    put_for(fixture, "key", 100);
    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_values_get(txn, key, &record), KV_OK);
    assert_true(record.flags & KVI_RECORD_INHERITED);
    first = (kvi_expiry_position){record.deadline, record.sequence - 1};
    assert_status(kvi_expiry_check(txn, fixture->ns, first, key), KV_OK);
    kvi_txn_abort(txn);
    expect_rows(fixture, 1);
}

static void test_moved_by_sweep(void **state)
{
    struct fixture *fixture = *state;

    put_for(fixture, "key", 100);
    put_for(fixture, "key", 200);
    fixture_advance(fixture, 100);
    sweep(fixture);
    expect_row(fixture, "key", 200, 200); /* The record still says "inherited"; it looks twice. */
    touch_for(fixture, "key", 250);       /* After 350 seconds. */
    expect_row(fixture, "key", 350, 200);
    fixture_advance(fixture, 100);
    sweep(fixture);
    expect_row(fixture, "key", 350, 350);
    fixture_advance(fixture, 150);
    sweep(fixture);
    expect_rows(fixture, 0);
    fixture_expect_absent(fixture, "key");
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

/* The row goes with the record, or with its deadline, from either place. */
static const struct row {
    const char *name;
    bool is_inherited, is_moved;
    int how; /* 0: delete; 1: a permanent put; 2: a permanent touch; 3: an earlier deadline. */
} rows[] = {
    {"removed: own, delete", false, false, 0},      {"removed: own, put", false, false, 1},
    {"removed: own, touch", false, false, 2},       {"removed: own, earlier", false, false, 3},
    {"removed: inherited, delete", true, false, 0}, {"removed: inherited, put", true, false, 1},
    {"removed: inherited, touch", true, false, 2},  {"removed: inherited, earlier", true, false, 3},
    {"removed: moved, delete", true, true, 0},      {"removed: moved, put", true, true, 1},
    {"removed: moved, touch", true, true, 2},       {"removed: moved, earlier", true, true, 3},
};

static void test_removed(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;

    put_for(fixture, "key", 100);
    if (row->is_inherited)
        put_for(fixture, "key", 200);
    if (row->is_moved) {
        fixture_advance(fixture, 100);
        sweep(fixture);
    }
    expect_rows(fixture, 1);
    if (row->how == 0)
        assert_status(kv_delete(fixture->db, fixture->ns, "key", 3, NULL), KV_OK);
    else if (row->how == 1)
        put_for(fixture, "key", 0);
    else if (row->how == 2)
        touch_for(fixture, "key", 0);
    else
        put_for(fixture, "key", 5);
    expect_rows(fixture, row->how == 3);
    if (row->how == 3)
        expect_row(fixture, "key", row->is_moved ? 105 : 5, row->is_moved ? 105 : 5);
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
}

/* ---- Random sequences */

/* Records with a deadline, and a row for each: the recount tells whether the right ones. */
static void expect_one_row_each(struct fixture *fixture, uint64_t seed, int step)
{
    uint64_t expiring = 0;
    kv_slice key = {NULL, 0}, bytes;
    kvi_table_facts facts;
    kvi_record record;
    kvi_cursor *cursor;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_cursor_open(txn, KVI_VALUES, &cursor), KV_OK);
    while (kvi_cursor_move(cursor, KVI_NEXT, &key, &bytes) == KV_OK) {
        kvi_expiry_position own, inherited;
        bool has_row;
        assert_status(kvi_values_decode(key, bytes, &record), KV_OK);
        if (!(record.flags & KVI_RECORD_EXPIRES))
            continue;
        expiring++;
        own = (kvi_expiry_position){record.deadline, record.sequence};
        inherited = (kvi_expiry_position){record.index_deadline, record.index_sequence};
        has_row = kvi_expiry_check(txn, fixture->ns, own, key) == KV_OK;
        if (record.flags & KVI_RECORD_INHERITED)
            has_row = has_row != (kvi_expiry_check(txn, fixture->ns, inherited, key) == KV_OK);
        if (!has_row)
            fail_msg("seed %d, step %d: none or two rows", (int)seed, step);
    }
    assert_status(kvi_txn_table_facts(txn, KVI_EXPIRY, &facts), KV_OK);
    if (facts.entries != expiring)
        fail_msg("seed %d, step %d: %d rows for %d records", (int)seed, step, (int)facts.entries,
                 (int)expiring);
    kvi_cursor_close(cursor);
    kvi_txn_abort(txn);
}

static void random_batch(struct fixture *fixture, struct rng *rng)
{
    static uint8_t value[70000];
    char keys[6][8];
    kv_op ops[6];
    size_t count = (size_t)rng_between(rng, 1, 6);

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "key-%d", (int)rng_below(rng, 8));
        ops[i] = op_put(keys[i], "");
        ops[i].value = value; /* Now and then in pieces. */
        ops[i].value_size = rng_percent(rng, 10) ? sizeof(value) : (size_t)rng_below(rng, 20);
        if (rng_percent(rng, 20))
            ops[i] = op_delete(keys[i]);
        else if (rng_percent(rng, 30))
            ops[i] = op_touch(keys[i]);
        if (ops[i].kind == KV_DELETE || rng_percent(rng, 25))
            continue;
        ops[i].flags = rng_percent(rng, 10) ? KV_OP_EXPIRES_AT : KV_OP_TTL;
        ops[i].expires_at = atomic_load(&fixture->clock.now); /* Gone at once. */
        ops[i].ttl_s = (int64_t)rng_between(rng, 1, 30);
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, count, NULL, NULL, NULL), KV_OK);
}

static void test_random(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t *seed = fixture->row;
    struct rng rng = {*seed};

    for (int step = 0; step < 400; step++) {
        uint64_t what = rng_below(&rng, 10);
        if (what == 0)
            fixture_advance(fixture, (int64_t)rng_below(&rng, 15));
        else if (what == 1)
            sweep(fixture);
        else
            random_batch(fixture, &rng);
        expect_one_row_each(fixture, *seed, step);
        if (step % 40 == 39) {
            fixture_close(fixture);
            if (support_recount(fixture->path) != 0)
                fail_msg("seed %d, step %d", (int)*seed, step);
            fixture_open(fixture);
        }
    }
}

int main(void)
{
    static uint64_t seeds[10];
    static const struct CMUnitTest tests[] = {
        STORE_TEST("row: a later deadline inherits", test_inherit),
        STORE_TEST("row: the same deadline", test_same_deadline),
        STORE_TEST("row: moved by a sweep", test_moved_by_sweep),
    };

    run_rows(rows, test_removed, fixture_setup, fixture_teardown);
    for (size_t i = 0; i < COUNT(seeds); i++) {
        seeds[i] = 100 + i;
        run_row(run_name("row: a random sequence, seed %d", (int)seeds[i]), test_random,
                fixture_setup, fixture_teardown, &seeds[i]);
    }
    run_tests(tests);
    return run_all("row");
}
