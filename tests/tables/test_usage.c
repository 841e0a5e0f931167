/* Sums, row 0 and the ring of tokens. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "support/inside.h"
#include "tables/names.h"
#include "tables/usage.h"

#include <string.h>

static void raw_put(kvi_txn *txn, size_t key_size, size_t size)
{
    static const uint8_t key[5] = {0, 0, 0, 0, 1}, row[5000];

    assert_status(kvi_txn_put(txn, KVI_USAGE, kvi_slice(key, key_size), kvi_slice(row, size)),
                  KV_OK);
}

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
    assert_status(kvi_usage_put(txn, 1, &one), KV_OK);
    assert_status(kvi_usage_put(txn, UINT32_MAX, &one), KV_OK);
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

    assert_status(kvi_usage_get(txn, 9, &got), KV_OK);
    assert_memory_equal(&got, &none, sizeof(got));
    assert_status(kvi_usage_put(txn, 9, &usage), KV_OK);
    assert_status(kvi_usage_get(txn, 9, &got), KV_OK);
    assert_memory_equal(&got, &usage, sizeof(got));
    assert_status(kvi_usage_remove(txn, 9), KV_OK);
    assert_status(kvi_usage_remove(txn, 9), KV_OK);
    assert_status(kvi_usage_get(txn, 9, &got), KV_OK);
    assert_int_equal(got.keys, 0);
    kvi_txn_abort(txn);
}

static void test_odd_rows(void **state)
{
    static const uint8_t key[4] = {0, 0, 0, 9}, row[41];
    kvi_txn *txn = inside_begin(*state);
    kvi_usage got;

    for (size_t size = 0; size <= sizeof(row); size++) {
        assert_status(kvi_txn_put(txn, KVI_USAGE, kvi_slice(key, 4), kvi_slice(row, size)), KV_OK);
        assert_status(kvi_usage_get(txn, 9, &got), size == 40 ? KV_OK : KV_CORRUPT);
        assert_int_equal(got.keys, 0);
    }
    kvi_txn_abort(txn);
}

static void test_store_row(void **state)
{
    static uint8_t block[4096];
    const kvi_usage_store store = {{1, 2, 3, 4, 5}, 6, 7, 8, 9, {block, 4000}};
    kvi_usage_store got, large = store;
    kvi_txn *txn = inside_begin(*state);

    memset(block, 'b', sizeof(block));
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_usage_store_get(txn, &got), KV_OK);
    assert_memory_equal(&got.total, &store.total, sizeof(got.total));
    assert_int_equal(got.sequence, 6);
    assert_int_equal(got.lazy_boot, 7);
    assert_int_equal(got.changes_first, 8);
    assert_int_equal(got.changes_bytes, 9);
    assert_true(kvi_slice_equal(got.open_block, store.open_block));
    large.open_block.size = 4096 - 72;
    assert_status(kvi_usage_store_put(txn, &large), KV_OK);
    large.open_block.size++;
    assert_status(kvi_usage_store_put(txn, &large), KV_CORRUPT);
    raw_put(txn, 4, 71);
    assert_status(kvi_usage_store_get(txn, &got), KV_CORRUPT);
    raw_put(txn, 4, 72);
    assert_status(kvi_usage_store_get(txn, &got), KV_OK);
    assert_int_equal(got.open_block.size, 0);
    raw_put(txn, 4, 4097);
    assert_status(kvi_usage_store_get(txn, &got), KV_CORRUPT);
    assert_status(kvi_txn_delete(txn, KVI_USAGE, kvi_slice("\0\0\0\0", 4)), KV_OK);
    assert_status(kvi_usage_store_get(txn, &got), KV_CORRUPT);
    kvi_txn_abort(txn);
}

/* ---- Tokens */

/* The newest `count` of `pushed` tokens, newest first. */
static void expect_tokens(kvi_txn *txn, uint64_t pushed, size_t want)
{
    kvi_token tokens[KVI_TOKENS_MAX];
    size_t count;

    assert_status(kvi_usage_tokens_get(txn, tokens, &count), KV_OK);
    assert_int_equal(count, want);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tokens[i].sequence, pushed - i);
        assert_int_equal(tokens[i].random, (pushed - i) * 3);
    }
}

static void test_ring(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kv_status status = kvi_txn_delete(txn, KVI_USAGE, kvi_slice("\0\0\0\0\1", 5));

    assert_status(status, KV_OK); /* Creating the namespace left one. */
    expect_tokens(txn, 0, 0);
    for (uint64_t i = 1; i <= 200; i++) {
        assert_status(kvi_usage_tokens_push(txn, (kvi_token){i, i * 3}), KV_OK);
        if (i == 1 || (i >= 63 && i <= 66) || i == 200)
            expect_tokens(txn, i, i < KVI_TOKENS_MAX ? i : KVI_TOKENS_MAX);
    }
    kvi_txn_abort(txn);
}

static void test_odd_ring(void **state)
{
    static const size_t odd[] = {1, 15, 17, 65 * 16};
    kvi_token tokens[KVI_TOKENS_MAX];
    kvi_txn *txn = inside_begin(*state);
    size_t count;

    for (size_t i = 0; i < COUNT(odd); i++) {
        raw_put(txn, 5, odd[i]);
        assert_status(kvi_usage_tokens_get(txn, tokens, &count), KV_CORRUPT);
        assert_int_equal(count, 0);
        assert_status(kvi_usage_tokens_push(txn, (kvi_token){1, 1}), KV_CORRUPT);
    }
    raw_put(txn, 5, 64 * 16);
    assert_status(kvi_usage_tokens_get(txn, tokens, &count), KV_OK);
    assert_int_equal(count, 64);
    kvi_txn_abort(txn);
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
        STORE_TEST("usage: row 0", test_store_row),
        STORE_TEST("tokens: the ring", test_ring),
        STORE_TEST("tokens: a ring of an odd size", test_odd_ring),
    };

    run_tests(tests);
    return run_all("usage");
}
