/* Keys and rows of `values`. */
#include "support/fixture.h"

#include "base/slice.h"
#include "support/inside.h"
#include "tables/catalog.h"
#include "tables/values.h"

#include <string.h>

/* Namespaces do not mix, however long their keys are. */
static void test_keys(void **state)
{
    static const kv_ns ids[] = {1, 2, 255, 256, 65536, UINT32_MAX - 1, UINT32_MAX};
    static const size_t sizes[] = {1, 2, 371, 372, 373, 399, 400, 401, 511, 512};
    uint8_t bytes[KVI_VALUES_KEY_MAX], last[KVI_VALUES_KEY_MAX], prefix[4];
    uint8_t scratch[KV_KEY_SIZE_MAX];
    char key[KV_KEY_SIZE_MAX];
    kv_slice made, before = {NULL, 0}, split;
    kv_ns ns;

    (void)state;
    memset(key, 'k', sizeof(key));
    for (size_t i = 0; i < COUNT(ids); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            made = kvi_values_key(ids[i], key, sizes[j], bytes);
            assert_true(made.size <= KVI_VALUES_KEY_MAX);
            assert_true(before.size == 0 || kvi_slice_compare(before, made) < 0);
            assert_memory_equal(made.data, kvi_values_prefix(ids[i], prefix).data, 4);
            assert_true(kvi_values_is_of(made, ids[i]));
            assert_false(kvi_values_is_of(made, ids[i] - 1));
            assert_status(kvi_values_key_split(made, scratch, &ns, &split), KV_OK);
            assert_int_equal(ns, ids[i]);
            assert_int_equal(split.size, sizes[j]);
            assert_memory_equal(split.data, key, sizes[j]);
            memcpy(last, bytes, made.size);
            before = kvi_slice(last, made.size);
        }
}

static void test_keys_odd(void **state)
{
    static const uint8_t bytes[4 + KVI_KEY_ENCODED_MAX] = {0, 0, 0, 1};
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kvi_record record;
    kv_slice key;
    kv_ns ns;

    (void)state;
    for (size_t size = 0; size <= 4; size++) {
        assert_status(kvi_values_key_split(kvi_slice(bytes, size), scratch, &ns, &key), KV_CORRUPT);
        assert_status(kvi_values_decode(kvi_slice(bytes, size), kvi_slice(bytes, 5), &record),
                      KV_CORRUPT);
        assert_false(kvi_values_is_of(kvi_slice(bytes, size), 1));
    }
    /* Behind the plain part only whole blocks may follow. */
    assert_status(
        kvi_values_key_split(kvi_slice(bytes, 4 + KVI_KEY_PLAIN_SIZE + 1), scratch, &ns, &key),
        KV_CORRUPT);
}

static void test_rows(void **state)
{
    kvi_record record = {.sequence = 7, .raw_size = 3, .payload = {"abc", 3}}, got;
    uint8_t bytes[KVI_VALUES_KEY_MAX], other[KVI_VALUES_KEY_MAX];
    kv_slice key = kvi_values_key(9, "key", 3, bytes), row;
    kvi_txn *txn = inside_begin(*state);
    kvi_cursor *cursor;

    assert_status(kvi_cursor_open(txn, KVI_VALUES, &cursor), KV_OK);
    assert_status(kvi_values_seek(cursor, key, &got), KV_NOT_FOUND);
    assert_status(kvi_values_get(txn, key, &got), KV_NOT_FOUND);
    assert_status(kvi_values_put(cursor, key, &record), KV_OK);
    assert_status(kvi_values_get(txn, key, &got), KV_OK);
    assert_int_equal(got.sequence, 7);
    assert_memory_equal(got.payload.data, "abc", 3);
    assert_status(kvi_values_seek(cursor, key, &got), KV_OK);
    /* A record is its key's: moved to another one it is damaged. */
    assert_status(kvi_txn_get(txn, KVI_VALUES, key, &row), KV_OK);
    assert_status(kvi_values_decode(kvi_values_key(9, "kez", 3, other), row, &got), KV_CORRUPT);
    /* But not its namespace's. */
    assert_status(kvi_values_decode(kvi_values_key(8, "key", 3, other), row, &got), KV_OK);
    kvi_cursor_close(cursor);
    assert_status(kvi_values_delete(txn, key), KV_OK);
    assert_status(kvi_values_delete(txn, key), KV_NOT_FOUND);
    kvi_txn_abort(txn);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("values: keys", test_keys),
        TEST("values: keys odd", test_keys_odd),
        STORE_TEST("values: rows", test_rows),
    };

    run_tests(tests);
    return run_all("values");
}
