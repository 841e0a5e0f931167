/* The ceilings: values of 25 MiB and batches of 100 MiB work when the options allow them. */
#include "support/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "support/random.h"

#define VALUE_MAX ((size_t)KV_VALUE_SIZE_CEILING)

static unsigned char *noise(size_t size)
{
    struct rng rng = {11};
    unsigned char *data = malloc(size);

    assert_non_null(data);
    rng_fill(&rng, data, size);
    return data;
}

static int compare_chunk(void *ctx, const void *data, size_t size)
{
    const unsigned char **at = ctx;

    if (memcmp(*at, data, size) != 0)
        return 1;
    *at += size;
    return 0;
}

static void expect_bytes(struct fixture *fixture, const char *key, const unsigned char *value,
                         size_t size)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    const unsigned char *at = value;
    kv_slice got;

    assert_status(kv_get(snapshot, fixture->ns, key, strlen(key), &fixture->buf, &got), KV_OK);
    assert_int_equal(got.size, size);
    assert_memory_equal(got.data, value, size);
    assert_status(kv_get_chunks(snapshot, fixture->ns, key, strlen(key), compare_chunk, &at),
                  KV_OK);
    assert_ptr_equal(at, value + size);
    kv_snapshot_end(snapshot);
}

static void test_largest_value(void **state)
{
    struct fixture *fixture = *state;
    unsigned char *value = noise(VALUE_MAX + 1);
    kv_op op = op_put("large", "");
    kv_verdict verdict;

    fixture->options.limits.value_size_max = VALUE_MAX;
    fixture_create(fixture, NULL);
    op.value = value;
    op.value_size = VALUE_MAX + 1;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_VALUE_TOO_LONG);
    op.value_size = VALUE_MAX;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    expect_bytes(fixture, "large", value, VALUE_MAX);
    memset(value, 'x', VALUE_MAX); /* The same in its compressed form. */
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    expect_bytes(fixture, "large", value, VALUE_MAX);
    assert_true(fixture_describe(fixture, fixture->ns).stored_bytes < VALUE_MAX / 100);
    assert_status(kv_delete(fixture->db, fixture->ns, "large", 5, NULL), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    free(value);
}

static void test_largest_batch(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 4 };
    static const char *const keys[COUNT] = {"a", "b", "c", "d"};
    unsigned char *value = noise(VALUE_MAX);
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op ops[COUNT];
    kv_verdict verdicts[COUNT];
    kv_report report = KV_REPORT_INIT;

    options.limits.value_size_max = VALUE_MAX;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    for (size_t i = 0; i < COUNT; i++) {
        ops[i] = op_put(keys[i], "");
        ops[i].value = value;
        ops[i].value_size = VALUE_MAX - (i == 0 ? COUNT : 0); /* The keys count too. */
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT, &options, verdicts, &report),
                  KV_OK);
    assert_int_equal(report.written, COUNT);
    assert_int_equal(report.bytes_given, KV_BATCH_SIZE_CEILING);
    for (size_t i = 0; i < COUNT; i++)
        expect_bytes(fixture, keys[i], value, ops[i].value_size);
    ops[0].value_size++;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT, &options, verdicts, &report),
                  KV_BATCH_TOO_LARGE);
    free(value);
}

static void test_many_operations(void **state)
{
    struct fixture *fixture = *state;
    const size_t count = 120000;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op *ops = calloc(count, sizeof(*ops));
    char(*keys)[12] = calloc(count, sizeof(*keys));
    kv_report report = KV_REPORT_INIT;

    assert_non_null(ops);
    assert_non_null(keys);
    options.limits.batch_count_max = KV_BATCH_COUNT_CEILING;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    for (size_t i = 0; i < count; i++) {
        for (size_t digit = 0, rest = i * 7919 % count; digit < 6; digit++, rest /= 10)
            keys[i][5 - digit] = (char)('0' + rest % 10);
        ops[i] = op_put(keys[i], "value");
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, count, &options, NULL, &report), KV_OK);
    assert_int_equal(report.written, count);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, count);
    assert_int_equal(report.sequence_last - report.sequence_first + 1, count);
    free(ops);
    free(keys);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("large: a value of 25 MiB", test_largest_value),
        STORE_TEST("large: a batch of 100 MiB", test_largest_batch),
        STORE_TEST("large: 120,000 operations in a batch", test_many_operations),
    };

    run_tests(tests);
    return run_all("api: large");
}
