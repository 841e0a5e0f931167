/* kv_prepare() and kv_commit(): the two halves of a batch, for event loops. */
#include "support/fixture.h"
#include "support/random.h"

#include <string.h>

static uint64_t commits(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats.process_commits;
}

static kv_prepared *prepare(struct fixture *fixture, kv_ns ns, const kv_op *ops, size_t count,
                            kv_verdict *verdicts)
{
    kv_prepared *prepared = NULL;

    assert_status(kv_prepare(fixture->db, ns, ops, count, NULL, verdicts, &prepared), KV_OK);
    assert_non_null(prepared);
    return prepared;
}

static void test_together(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_put("a", "1"), op_put("b", "2"), op_put("a b", "3")};
    kv_verdict verdicts[3];
    kv_prepared *batches[3];
    kv_report reports[3];
    uint64_t before;

    memset(reports, 0x5A, sizeof(reports));
    for (size_t i = 0; i < 3; i++)
        reports[i].size = sizeof(reports[i]);
    for (size_t i = 0; i < 3; i++)
        batches[i] = prepare(fixture, fixture->ns, &ops[i], 1, &verdicts[i]);
    assert_status(verdicts[2].status, KV_KEY_MALFORMED);
    fixture_expect_absent(fixture, "a");
    before = commits(fixture);
    assert_status(kv_commit(fixture->db, batches, 3, reports), KV_OK);
    assert_int_equal(commits(fixture) - before, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_status(reports[i].error.status, KV_OK);
        assert_int_equal(reports[i].written, i < 2);
        assert_int_equal(reports[i].failed, i == 2);
        kv_prepared_free(batches[i]);
    }
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_OK);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "b", "2");
}

/** Later ones see what earlier ones did. */
static void test_in_order(void **state)
{
    struct fixture *fixture = *state;
    kv_op first = op_put("a", "1"), second = op_put("a", "2");
    kv_verdict verdicts[2];
    kv_prepared *batches[2];

    second.flags = KV_OP_IF_ABSENT;
    batches[0] = prepare(fixture, fixture->ns, &first, 1, &verdicts[0]);
    batches[1] = prepare(fixture, fixture->ns, &second, 1, &verdicts[1]);
    assert_status(kv_commit(fixture->db, batches, 2, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_KEY_EXISTS);
    assert_int_equal(verdicts[1].version, verdicts[0].version);
    fixture_expect(fixture, "a", "1");
    kv_prepared_free(batches[0]);
    kv_prepared_free(batches[1]);
}

/** One whose namespace is gone fails alone. */
static void test_one_fails(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_put("a", "1"), op_put("b", "2"), op_put("c", "3")};
    kv_verdict verdicts[3];
    kv_prepared *batches[3];
    kv_report reports[3] = {KV_REPORT_INIT, KV_REPORT_INIT, KV_REPORT_INIT};
    kv_ns gone;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    for (size_t i = 0; i < 3; i++)
        batches[i] = prepare(fixture, i == 1 ? gone : fixture->ns, &ops[i], 1, &verdicts[i]);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    assert_status(kv_commit(fixture->db, batches, 3, reports), KV_NAMESPACE_NOT_FOUND);
    assert_status(reports[0].error.status, KV_OK);
    assert_status(reports[1].error.status, KV_NAMESPACE_NOT_FOUND);
    assert_status(reports[2].error.status, KV_OK);
    assert_status(verdicts[1].status, KV_NAMESPACE_NOT_FOUND);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "c", "3");
    for (size_t i = 0; i < 3; i++)
        kv_prepared_free(batches[i]);
}

static void test_committed_once(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_verdict verdict;
    kv_prepared *batch = prepare(fixture, fixture->ns, &op, 1, &verdict);
    kv_prepared *twice[2];

    assert_status(kv_commit(fixture->db, &batch, 1, NULL), KV_OK);
    assert_status(kv_commit(fixture->db, &batch, 1, NULL), KV_INVALID);
    kv_prepared_free(batch);
    twice[0] = twice[1] = prepare(fixture, fixture->ns, &op, 1, &verdict);
    assert_status(kv_commit(fixture->db, twice, 2, NULL), KV_INVALID);
    kv_prepared_free(twice[0]);
}

static void test_free_uncommitted(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_verdict verdict;

    kv_prepared_free(prepare(fixture, fixture->ns, &op, 1, &verdict));
    fixture_expect_absent(fixture, "a");
}

static void test_faults(void **state)
{
    struct fixture *fixture = *state;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op ops[2] = {op_put("a", "1"), op_put("b", "2")};
    kv_verdict verdicts[2];
    kv_prepared *prepared = NULL;

    options.limits.batch_count_max = 1;
    assert_status(kv_prepare(fixture->db, fixture->ns, ops, 2, &options, verdicts, &prepared),
                  KV_TOO_MANY_KEYS);
    assert_null(prepared);
    assert_status(verdicts[1].status, KV_TOO_MANY_KEYS);
    options.limits.batch_count_max = 0;
    options.limits.batch_size_max = 3;
    assert_status(kv_prepare(fixture->db, fixture->ns, ops, 2, &options, verdicts, &prepared),
                  KV_BATCH_TOO_LARGE);
    assert_null(prepared);
    assert_status(verdicts[1].status, KV_BATCH_TOO_LARGE);
}

/** At most 16 MiB go into a shared transaction: 8 batches of 1.9 MB, then the other 4. */
static void test_more_than_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 12 };
    static char value[1900000];
    kv_op ops[COUNT];
    char keys[COUNT][2];
    kv_verdict verdicts[COUNT];
    kv_prepared *batches[COUNT];
    struct rng rng = {1};
    uint64_t before = commits(fixture);

    rng_fill(&rng, value, sizeof(value));
    for (size_t i = 0; i < COUNT; i++) {
        keys[i][0] = (char)('a' + i);
        keys[i][1] = '\0';
        ops[i] = op_put(keys[i], "");
        ops[i].value = value;
        ops[i].value_size = sizeof(value);
        batches[i] = prepare(fixture, fixture->ns, &ops[i], 1, &verdicts[i]);
    }
    assert_status(kv_commit(fixture->db, batches, COUNT, NULL), KV_OK);
    assert_int_equal(commits(fixture) - before, 2);
    for (size_t i = 0; i < COUNT; i++) {
        assert_status(verdicts[i].status, KV_OK);
        kv_prepared_free(batches[i]);
    }
    assert_int_equal(fixture_usage(fixture, fixture->ns), COUNT * (sizeof(value) + 1));
}

/* ---- Compression */

static void put_text(struct fixture *fixture, const char *key, size_t size, kv_report *report)
{
    static char text[100000];
    kv_op op = op_put(key, "");
    struct rng rng = {7};

    assert_true(size <= sizeof(text));
    rng_fill_text(&rng, text, sizeof(text));
    op.value = text;
    op.value_size = size;
    *report = (kv_report)KV_REPORT_INIT;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, report), KV_OK);
}

static kv_entry facts(struct fixture *fixture, const char *key)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_entry entry;

    assert_status(kv_get_entry(snapshot, fixture->ns, key, strlen(key), KV_GET_FACTS, NULL, &entry),
                  KV_OK);
    kv_snapshot_end(snapshot);
    return entry;
}

/** From which size on values are compressed. */
static const struct row {
    const char *name;
    uint32_t compress_min, first; /* kv_options, and what holds. */
} rows[] = {
    {"compress_min: the default", 0, 512},
    {"compress_min: lower", 100, 100},
    {"compress_min: higher", 5000, 5000},
};

static void test_compress_min(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_report report;

    fixture->options.compress_min = row->compress_min;
    fixture_create(fixture, NULL);
    put_text(fixture, "below", row->first - 1, &report);
    assert_int_equal(facts(fixture, "below").codec, KV_CODEC_RAW);
    assert_int_equal(report.bytes_stored, row->first - 1);
    put_text(fixture, "at", row->first, &report);
    assert_int_equal(facts(fixture, "at").codec, KV_CODEC_ZSTD);
    assert_true(report.bytes_stored < row->first);
}

/** What the report and the statistics say of a value that shrinks. */
static void test_bytes_stored(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;
    kv_report report;
    kv_entry entry;

    put_text(fixture, "text", 100000, &report);
    entry = facts(fixture, "text");
    assert_int_equal(entry.value_size, 100000);
    assert_true(entry.stored_size < 50000);
    assert_int_equal(report.bytes_given, 100004);
    assert_int_equal(report.bytes_stored, entry.stored_size);
    assert_int_equal(fixture_describe(fixture, fixture->ns).stored_bytes, entry.stored_size);
    assert_true(report.prepare_us > 0);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_int_equal(stats.process_bytes_given, 100004);
    assert_int_equal(stats.process_bytes_stored, entry.stored_size);
    assert_int_equal(stats.process_prepare_us, report.prepare_us);
}

static void test_compress_level(void **state)
{
    struct fixture *fixture = *state;
    kv_report fast, small;

    fixture->options.compress_level = 1;
    fixture_create(fixture, NULL);
    put_text(fixture, "fast", 100000, &fast);
    fixture_close(fixture);
    fixture->options.compress_level = 19;
    fixture_open(fixture);
    put_text(fixture, "small", 100000, &small);
    assert_true(small.bytes_stored < fast.bytes_stored);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("commit: several in one transaction", test_together),
        STORE_TEST("commit: in order", test_in_order),
        STORE_TEST("commit: one fails alone", test_one_fails),
        STORE_TEST("commit: once", test_committed_once),
        STORE_TEST("prepare: freed without a commit", test_free_uncommitted),
        STORE_TEST("prepare: request faults", test_faults),
        STORE_TEST("commit: more than one transaction holds", test_more_than_one_transaction),
        STORE_TEST("compressed: the bytes that are stored", test_bytes_stored),
        EMPTY_TEST("compressed: the level", test_compress_level),
    };

    run_tests(tests);
    run_rows(rows, test_compress_min, fixture_setup_empty, fixture_teardown);
    return run_all("api: prepare");
}
