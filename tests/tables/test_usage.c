/* Sums and row 0. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "support/inside.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#include <string.h>

static void test_add_subtract(void **state)
{
    const kvi_usage one = {1, 2, 3, 4, 5};
    kvi_usage sum = {0};

    (void)state;
    kvi_usage_add(&sum, &one);
    kvi_usage_add(&sum, &one);
    assert_int_equal(sum.keys, 2);
    assert_int_equal(sum.stored_bytes, 10);
    assert_int_equal(kvi_usage_bytes(&sum), 18);
    assert_status(kvi_usage_subtract(&sum, &one), KV_OK);
    assert_memory_equal(&sum, &one, sizeof(sum));
    assert_status(kvi_usage_subtract(&sum, &one), KV_OK);
    assert_status(kvi_usage_subtract(&sum, &one), KV_CORRUPT);
}

/* Whichever counter would wrap, none is changed. */
static void test_underflow(void **state)
{
    const kvi_usage start = {10, 10, 10, 10, 10};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        kvi_usage sum = start, less = {1, 1, 1, 1, 1};
        ((uint64_t *)&less)[i] = 11;
        assert_status(kvi_usage_subtract(&sum, &less), KV_CORRUPT);
        assert_memory_equal(&sum, &start, sizeof(sum));
    }
}

static void test_subtract_most(void **state)
{
    kvi_usage sum = {5, 5, 5, 5, 5};
    const kvi_usage less = {1, 5, 6, UINT64_MAX, 0}, want = {4, 0, 0, 0, 5};

    (void)state;
    kvi_usage_subtract_most(&sum, &less);
    assert_memory_equal(&sum, &want, sizeof(sum));
}

/* Over the namespaces' rows, and not row 0 nor the tokens. */
static void test_sum(void **state)
{
    const kvi_usage one = {1, 2, 3, 4, 5}, want = {2, 4, 6, 8, 10};
    kvi_txn *txn = inside_begin(*state);
    kvi_usage got;

    assert_status(kvi_usage_sum(txn, &got), KV_OK);
    assert_int_equal(got.keys, 0);
    assert_status(kvi_usage_put(txn, 1, &one, true), KV_OK);
    assert_status(kvi_usage_put(txn, UINT32_MAX, &one, true), KV_OK);
    assert_status(kvi_usage_sum(txn, &got), KV_OK);
    assert_memory_equal(&got, &want, sizeof(got));
    assert_status(kvi_txn_put(txn, KVI_USAGE, kvi_slice("\0\0\0\x9", 4), kvi_slice("odd", 3)),
                  KV_OK);
    assert_status(kvi_usage_sum(txn, &got), KV_CORRUPT);
    kvi_txn_abort(txn);
}

static void test_rows(void **state)
{
    const kvi_usage usage = {1, UINT64_MAX, 3, 4, 5}, none = {0};
    kvi_txn *txn = inside_begin(*state);
    kvi_usage got;

    assert_status(kvi_usage_get(txn, 9, &got, NULL), KV_OK);
    assert_memory_equal(&got, &none, sizeof(got));
    assert_status(kvi_usage_put(txn, 9, &usage, true), KV_OK);
    assert_status(kvi_usage_get(txn, 9, &got, NULL), KV_OK);
    assert_memory_equal(&got, &usage, sizeof(got));
    assert_status(kvi_usage_remove(txn, 9), KV_OK);
    assert_status(kvi_usage_remove(txn, 9), KV_OK);
    assert_status(kvi_usage_get(txn, 9, &got, NULL), KV_OK);
    assert_int_equal(got.keys, 0);
    kvi_txn_abort(txn);
}

static const uint8_t zeros[200];

/* Fields of another size than the sums': longer ones are a newer version's. */
static void test_odd_rows(void **state)
{
    static const uint8_t key[4] = {0, 0, 0, 9};
    struct fixture *fixture = *state;
    kvi_usage got;
    kvi_txn *txn;

    for (size_t size = 0; size <= 48; size++) {
        inside_put_row(fixture, KVI_USAGE, kvi_slice(key, 4), kvi_slice(zeros, size),
                       kvi_slice(NULL, 0));
        txn = inside_begin(fixture);
        assert_status(kvi_usage_get(txn, 9, &got, NULL), size >= 40 ? KV_OK : KV_CORRUPT);
        assert_int_equal(got.keys, 0);
        assert_status(kvi_txn_put(txn, KVI_USAGE, kvi_slice(key, 4), kvi_slice(zeros, size)),
                      KV_OK);
        assert_status(kvi_usage_get(txn, 9, &got, NULL), KV_CORRUPT); /* No envelope. */
        kvi_txn_abort(txn);
    }
}

/* What a newer version put behind the sums stays, and so does what it put into row 0. */
static void test_rows_grown(void **state)
{
    static const uint8_t keys[2][4] = {{0, 0, 0, 0}, {0, 0, 0, 9}};
    static const size_t known[2] = {104, 40};
    struct fixture *fixture = *state;
    uint8_t fields[200], parts[400];
    kvi_usage_store store;
    kvi_txn *txn;

    txn = inside_begin(fixture);
    assert_status(kvi_usage_put(txn, 9, &(kvi_usage){1, 2, 3, 4, 5}, true), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    for (size_t i = 0; i < 2; i++) {
        kvi_envelope row = inside_row(fixture, KVI_USAGE, kvi_slice(keys[i], 4));
        assert_int_equal(row.fields.size, known[i]);
        memcpy(fields, row.fields.data, row.fields.size);
        memcpy(fields + row.fields.size, "more", 4);
        memcpy(parts, row.parts.data, row.parts.size);
        memcpy(parts + row.parts.size, "part", 4);
        inside_put_row(fixture, KVI_USAGE, kvi_slice(keys[i], 4),
                       kvi_slice(fields, row.fields.size + 4),
                       kvi_slice(parts, row.parts.size + 4));
    }
    fixture_put(fixture, "key", "value"); /* Row 0, with the open block longer. */
    txn = inside_begin(fixture);
    assert_status(kvi_usage_put(txn, 9, &(kvi_usage){6, 7, 8, 9, 10}, true), KV_OK);
    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    assert_true(store.open_block.size > 40);
    assert_status(kvi_txn_commit(txn), KV_OK);
    for (size_t i = 0; i < 2; i++) {
        kvi_envelope row = inside_row(fixture, KVI_USAGE, kvi_slice(keys[i], 4));
        assert_int_equal(row.fields.size, known[i] + 4);
        assert_memory_equal((const uint8_t *)row.fields.data + known[i], "more", 4);
        assert_true(row.parts.size >= 4);
        assert_memory_equal((const uint8_t *)row.parts.data + row.parts.size - 4, "part", 4);
    }
}

static void test_store_row(void **state)
{
    static uint8_t block[4096];
    const kvi_usage_store store = {.total = {1, 2, 3, 4, 5},
                                   .sequence = 6,
                                   .lazy_boot = 7,
                                   .changes_first = 8,
                                   .changes_bytes = 9,
                                   .changes_time = -10,
                                   .log_segment = 11,
                                   .log_offset = 12,
                                   .log_sequence = 13,
                                   .open_block = {block, 3000}};
    kvi_usage_store got, large = store;
    kvi_txn *txn = inside_begin(*state);

    memset(block, 'b', sizeof(block));
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_usage_store_get(txn, &got), KV_OK);
    assert_memory_equal(&got, &store, offsetof(kvi_usage_store, open_block));
    assert_true(kvi_slice_equal(got.open_block, store.open_block));
    large.open_block.size = KVI_ENVELOPE_ROW_MAX - KVI_ROW_ENVELOPE_HEADER - 104 - 2;
    assert_status(kvi_usage_store_put(txn, &large), KV_OK);
    large.open_block.size++;
    assert_status(kvi_usage_store_put(txn, &large), KV_CORRUPT);
    assert_status(kvi_txn_put(txn, KVI_USAGE, kvi_slice(zeros, 4), kvi_slice(zeros, 120)), KV_OK);
    assert_status(kvi_usage_store_get(txn, &got), KV_CORRUPT);
    assert_status(kvi_txn_delete(txn, KVI_USAGE, kvi_slice(zeros, 4)), KV_OK);
    assert_status(kvi_usage_store_get(txn, &got), KV_CORRUPT);
    kvi_txn_abort(txn);
}

/* Damage of the open block, and of its size, leaves the rest of row 0 readable. */
static void test_store_open_block(void **state)
{
    static const uint8_t cut[3][3] = {{1}, {200, 0, 'x'}, {255, 255, 'x'}};
    static const size_t sizes[] = {1, 3, 3};
    struct fixture *fixture = *state;
    kvi_usage_store store;

    fixture_put(fixture, "key", "value");
    for (size_t i = 0; i < COUNT(cut); i++) {
        kvi_envelope row = inside_row(fixture, KVI_USAGE, kvi_slice(zeros, 4));
        kvi_txn *txn;
        inside_put_row(fixture, KVI_USAGE, kvi_slice(zeros, 4), row.fields,
                       kvi_slice(cut[i], sizes[i]));
        txn = inside_begin(fixture);
        assert_status(kvi_usage_store_get(txn, &store), KV_OK);
        assert_int_equal(store.total.keys, 1 + i);
        assert_true(store.open_block.size > 0); /* It does not verify. */
        kvi_txn_abort(txn);
        fixture_put(fixture, (const char *[]){"a", "b", "c"}[i], "value"); /* It stops no writer. */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("usage: add subtract", test_add_subtract),
        TEST("usage: underflow", test_underflow),
        TEST("usage: subtract most", test_subtract_most),
        STORE_TEST("usage: the sum of all", test_sum),
        STORE_TEST("usage: rows", test_rows),
        STORE_TEST("usage: rows of an odd size", test_odd_rows),
        STORE_TEST("usage: rows that a newer version made longer", test_rows_grown),
        STORE_TEST("usage: row 0", test_store_row),
        STORE_TEST("usage: an open block cut short", test_store_open_block),
    };

    run_tests(tests);
    return run_all("usage");
}
