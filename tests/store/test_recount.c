/* The recount (support/recount.h) finds each kind of difference: a store is made, one row behind
 * its back, and the recount must say so. What it prints here is meant to be printed. */
#include "support/fixture.h"
#include "support/recount.h"

#include "base/slice.h"
#include "ops/db.h"
#include "storage/txn.h"
#include "tables/expiry.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#define GONE 2 /* The id of a namespace that was dropped and reclaimed. */

static char large[200000];

/* "main" has a large value and one with a deadline; "gone" is gone; "empty" had a key. */
static void make(struct fixture *fixture)
{
    kv_op op = op_put("large", "");
    kv_ns gone, empty;

    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)(i * i >> 7 ^ i); /* Does not shrink below a piece. */
    op.value = large;
    op.value_size = sizeof(large);
    fixture->options.compress_min = sizeof(large) + 1;
    fixture_create(fixture, NULL);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    op = op_put("expires", "value");
    op.flags = KV_OP_TTL;
    op.ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    for (int i = 0; i < 60; i++) /* More than the log's open block holds. */
        fixture_put(fixture, "a-key-of-some-length", "value");
    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_int_equal(gone, GONE);
    assert_status(kv_namespace_create(fixture->db, "empty", 5, &empty), KV_OK);
    op = op_put("key", "value");
    assert_status(kv_put(fixture->db, gone, &op, NULL), KV_OK);
    assert_status(kv_put(fixture->db, empty, &op, NULL), KV_OK);
    assert_status(kv_delete(fixture->db, empty, "key", 3, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
}

static void test_nothing_differs(void **state)
{
    struct fixture *fixture = *state;

    make(fixture);
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
}

/* ---- Each of these puts one thing wrong */

static kv_status stale_usage(kvi_txn *txn, kv_ns ns)
{
    static const kvi_usage stale = {1, 3, 5, 0, 5};

    return kvi_usage_put(txn, ns, &stale, true);
}

static kv_status empty_usage(kvi_txn *txn, kv_ns ns)
{
    static const kvi_usage zeros;

    return kvi_usage_put(txn, ns, &zeros, true);
}

static kv_status no_usage(kvi_txn *txn, kv_ns ns)
{
    return kvi_usage_remove(txn, ns);
}

static kv_status other_total(kvi_txn *txn, kv_ns ns)
{
    kvi_usage_store store;
    kv_status status = kvi_usage_store_get(txn, &store);

    (void)ns;
    store.total.stored_bytes++;
    return status == KV_OK ? kvi_usage_store_put(txn, &store) : status;
}

static kv_status other_log_bytes(kvi_txn *txn, kv_ns ns)
{
    kvi_usage_store store;
    kv_status status = kvi_usage_store_get(txn, &store);

    (void)ns;
    store.changes_bytes++;
    return status == KV_OK ? kvi_usage_store_put(txn, &store) : status;
}

static kv_status other_log_time(kvi_txn *txn, kv_ns ns)
{
    kvi_usage_store store;
    kv_status status = kvi_usage_store_get(txn, &store);

    (void)ns;
    store.changes_time++;
    return status == KV_OK ? kvi_usage_store_put(txn, &store) : status;
}

static kv_status log_without_newest(kvi_txn *txn, kv_ns ns)
{
    kvi_usage_store store;
    kv_status status = kvi_usage_store_get(txn, &store);

    (void)ns;
    store.open_block.size = 0;
    return status == KV_OK ? kvi_usage_store_put(txn, &store) : status;
}

static kv_status more_expiry(kvi_txn *txn, kv_ns ns)
{
    uint8_t key[KVI_VALUES_KEY_MAX];

    return kvi_expiry_put(txn, ns, (kvi_expiry_position){FAKE_CLOCK_START + 5, 1},
                          kvi_values_key(ns, "large", 5, key));
}

static kv_status fewer_pieces(kvi_txn *txn, kv_ns ns)
{
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    (void)ns;
    if (status == KV_OK)
        status = kvi_cursor_move(cursor, KVI_LAST, &key, &row);
    if (status == KV_OK)
        status = kvi_cursor_delete(cursor);
    kvi_cursor_close(cursor);
    return status;
}

static kv_status no_name(kvi_txn *txn, kv_ns ns)
{
    (void)ns;
    return kvi_txn_delete(txn, KVI_NAMESPACES, kvi_slice("main", 4));
}

static const struct row {
    const char *name;
    kv_status (*damage)(kvi_txn *txn, kv_ns ns);
    kv_ns ns;
} rows[] = {
    {"recount: sums that are not the values'", stale_usage, 1},
    {"recount: values without sums", no_usage, 1},
    {"recount: sums of an emptied namespace", stale_usage, GONE + 1},
    {"recount: sums of a namespace that is gone", stale_usage, GONE},
    {"recount: zeros of a namespace that is gone", empty_usage, GONE},
    {"recount: the store's sums", other_total, 1},
    {"recount: the change log's bytes", other_log_bytes, 1},
    {"recount: the time of the oldest block", other_log_time, 1},
    {"recount: changes that the log lost", log_without_newest, 1},
    {"recount: an expiry row too many", more_expiry, 1},
    {"recount: a piece too few", fewer_pieces, 1},
    {"recount: a name too few", no_name, 1},
};

static void test_difference(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kvi_txn *txn;

    make(fixture);
    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(row->damage(txn, row->ns), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    fixture_close(fixture);
    assert_true(support_recount(fixture->path) > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("recount: nothing differs", test_nothing_differs),
    };

    run_tests(tests);
    run_rows(rows, test_difference, fixture_setup_empty, fixture_teardown);
    return run_all("recount");
}
