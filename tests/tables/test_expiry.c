/* The index of deadlines: its order, and what is due. */
#include "support/fixture.h"

#include "base/slice.h"
#include "support/inside.h"
#include "tables/expiry.h"
#include "tables/catalog.h"

static void put(kvi_txn *txn, kv_ns ns, int64_t deadline, uint64_t sequence)
{
    uint8_t bytes[KVI_VALUES_KEY_MAX];

    assert_status(kvi_expiry_put(txn, ns, (kvi_expiry_position){deadline, sequence},
                                 kvi_values_key(ns, "key", 3, bytes)),
                  KV_OK);
}

/* The positions of a namespace that are due, passing over each one met. */
static size_t due(kvi_txn *txn, kv_ns ns, int64_t now, kvi_expiry_position *out, size_t capacity)
{
    kvi_expiry_position at = KVI_EXPIRY_START;
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kvi_cursor *cursor;
    size_t count = 0;
    kv_slice key;
    kv_status status;

    assert_status(kvi_cursor_open(txn, KVI_EXPIRY, &cursor), KV_OK);
    while ((status = kvi_expiry_next_due(cursor, ns, now, &at, bytes, &key)) == KV_OK) {
        assert_true(kvi_values_is_of(key, ns));
        assert_true(count < capacity);
        out[count++] = at;
        at.sequence++;
    }
    assert_status(status, KV_NOT_FOUND);
    kvi_cursor_close(cursor);
    return count;
}

/* Oldest first, negative times before positive ones, then by sequence. */
static void test_order(void **state)
{
    static const kvi_expiry_position order[] = {
        {INT64_MIN, 1}, {-2, 9},       {-1, 1},  {0, 0},          {1, 3},
        {1, 4},         {255, 1},      {256, 1}, {1700000000, 7}, {1700000000, 256},
        {INT64_MAX, 1}, {INT64_MAX, 2}};
    kvi_expiry_position got[COUNT(order)];
    kvi_txn *txn = inside_begin(*state);

    for (size_t i = 0; i < COUNT(order); i++) {
        size_t mixed = i * 5 % COUNT(order);
        put(txn, 7, order[mixed].deadline, order[mixed].sequence);
    }
    put(txn, 6, INT64_MAX, 1);
    put(txn, 8, INT64_MIN, 1);
    assert_int_equal(due(txn, 7, INT64_MAX, got, COUNT(order)), COUNT(order));
    assert_memory_equal(got, order, sizeof(order));
    assert_int_equal(due(txn, 7, INT64_MIN, got, COUNT(order)), 1);
    assert_int_equal(due(txn, 7, 0, got, COUNT(order)), 4); /* Due at its very second. */
    assert_int_equal(due(txn, 7, 254, got, COUNT(order)), 6);
    assert_int_equal(due(txn, 7, 255, got, COUNT(order)), 7);
    assert_int_equal(due(txn, 6, INT64_MAX - 1, got, COUNT(order)), 0);
    assert_int_equal(due(txn, 9, INT64_MAX, got, COUNT(order)), 0);
    kvi_txn_abort(txn);
}

static void test_put_check_remove(void **state)
{
    const kvi_expiry_position at = {100, 5}, near = {100, 6};
    uint8_t one[KVI_VALUES_KEY_MAX], two[KVI_VALUES_KEY_MAX];
    kv_slice key = kvi_values_key(3, "one", 3, one), other = kvi_values_key(3, "two", 3, two);
    kvi_txn *txn = inside_begin(*state);

    assert_status(kvi_expiry_check(txn, 3, at, key), KV_NOT_FOUND);
    assert_status(kvi_expiry_remove(txn, 3, at), KV_NOT_FOUND);
    assert_status(kvi_expiry_put(txn, 3, at, key), KV_OK);
    assert_status(kvi_expiry_check(txn, 3, at, key), KV_OK);
    assert_status(kvi_expiry_check(txn, 3, at, other), KV_NOT_FOUND); /* Another's row. */
    assert_status(kvi_expiry_check(txn, 3, near, key), KV_NOT_FOUND);
    assert_status(kvi_expiry_check(txn, 4, at, key), KV_NOT_FOUND);
    assert_status(kvi_expiry_remove(txn, 4, at), KV_NOT_FOUND);
    assert_status(kvi_expiry_remove(txn, 3, at), KV_OK);
    assert_status(kvi_expiry_check(txn, 3, at, key), KV_NOT_FOUND);
    kvi_txn_abort(txn);
}

static void test_next_namespace(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kv_ns ns;

    assert_status(kvi_expiry_next_namespace(txn, 0, &ns), KV_NOT_FOUND);
    put(txn, 1, 5, 1);
    put(txn, 1, 6, 1);
    put(txn, 300, INT64_MIN, 1);
    put(txn, UINT32_MAX, 5, 1);
    assert_status(kvi_expiry_next_namespace(txn, 0, &ns), KV_OK);
    assert_int_equal(ns, 1);
    assert_status(kvi_expiry_next_namespace(txn, 1, &ns), KV_OK);
    assert_int_equal(ns, 300);
    assert_status(kvi_expiry_next_namespace(txn, 300, &ns), KV_OK);
    assert_int_equal(ns, UINT32_MAX);
    assert_status(kvi_expiry_next_namespace(txn, UINT32_MAX, &ns), KV_NOT_FOUND);
    kvi_txn_abort(txn);
}

/* ---- Damage */

static const struct row {
    const char *name;
    size_t key_size, row_size;
    kv_status want;
    size_t want_size; /* Of the key that is handed out; at most 4: none of this namespace's. */
} rows[] = {
    {"expiry: a key too short", 19, 8, KV_NOT_FOUND, 0},
    {"expiry: a key too long", 21, 8, KV_NOT_FOUND, 0},
    {"expiry: an empty row", 20, 0, KV_OK, 0},
    {"expiry: a row that names no key", 20, 4, KV_OK, 4},
    {"expiry: a row too long", 20, KVI_VALUES_KEY_MAX + 1, KV_OK, 0},
};

static void test_damaged_row(void **state)
{
    static const uint8_t key[21] = {0, 0, 0, 7, 0x80}, bytes[KVI_VALUES_KEY_MAX + 1] = {0, 0, 0, 7};
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kvi_expiry_position at = KVI_EXPIRY_START;
    uint8_t out[KVI_VALUES_KEY_MAX];
    kvi_txn *txn = inside_begin(fixture);
    kvi_cursor *cursor;
    kv_slice got;

    assert_status(kvi_txn_put(txn, KVI_EXPIRY, kvi_slice(key, row->key_size),
                              kvi_slice(bytes, row->row_size)),
                  KV_OK);
    assert_status(kvi_cursor_open(txn, KVI_EXPIRY, &cursor), KV_OK);
    assert_status(kvi_expiry_next_due(cursor, 7, INT64_MAX, &at, out, &got), row->want);
    if (row->want == KV_OK)
        assert_int_equal(got.size, row->want_size);
    kvi_cursor_close(cursor);
    kvi_txn_abort(txn);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("expiry: order", test_order),
        STORE_TEST("expiry: put, check, remove", test_put_check_remove),
        STORE_TEST("expiry: the next namespace", test_next_namespace),
    };

    run_rows(rows, test_damaged_row, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("expiry");
}
