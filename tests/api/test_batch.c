/* kv_batch(): a verdict for each operation, request faults, duplicates, the report. */
#include "support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char long_key[KV_KEY_SIZE_MAX + 1];
static char long_value[KV_VALUE_SIZE_DEFAULT + 1];
static char long_metadata[KV_METADATA_SIZE_MAX + 1];

/** The batch of every fault: ten good pairs among one of each kind of bad one. */
static size_t mixed_batch(kv_op *ops, kv_status *want, uint64_t stale_version)
{
    static const struct mixed {
        const char *key;
        kv_status want;
    } plan[] = {
        {"good-1", KV_OK},
        {NULL, KV_KEY_TOO_LONG},
        {"good-2", KV_OK},
        {"has space", KV_KEY_MALFORMED},
        {"bad-\xC3\x28", KV_KEY_MALFORMED},
        {"", KV_KEY_MALFORMED},
        {"value-too-long", KV_VALUE_TOO_LONG},
        {"good-3", KV_OK},
        {"past-deadline", KV_EXPIRY_INVALID},
        {"negative-ttl", KV_EXPIRY_INVALID},
        {"zero-ttl", KV_EXPIRY_INVALID},
        {"metadata-too-long", KV_METADATA_TOO_LONG},
        {"twice", KV_OK},
        {"versioned", KV_VERSION_MISMATCH},
        {"twice", KV_OK},
        {"fills-up", KV_NAMESPACE_FULL},
        {"good-4", KV_OK},
    };
    size_t count = COUNT(plan);

    for (size_t i = 0; i < count; i++) {
        ops[i] = op_put(plan[i].key != NULL ? plan[i].key : "", "value");
        want[i] = plan[i].want;
    }
    ops[1].key = long_key;
    ops[1].key_size = sizeof(long_key);
    ops[6].value = long_value;
    ops[6].value_size = sizeof(long_value);
    ops[8].flags = KV_OP_EXPIRES_AT;
    ops[8].expires_at = FAKE_CLOCK_START - 1;
    ops[9].flags = KV_OP_TTL;
    ops[9].ttl_s = -5;
    ops[10].flags = KV_OP_TTL;
    ops[11].metadata = long_metadata;
    ops[11].metadata_size = sizeof(long_metadata);
    ops[13].flags = KV_OP_IF_VERSION;
    ops[13].if_version = stale_version;
    ops[15].value = long_value;
    ops[15].value_size = 100000;
    return count;
}

static void test_every_fault(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[20];
    kv_status want[20];
    kv_verdict verdicts[20];
    kv_report report = KV_REPORT_INIT;
    uint64_t old_version, version, failed = 0;
    size_t count;

    memset(long_key, 'k', sizeof(long_key));
    old_version = fixture_put(fixture, "versioned", "1");
    version = fixture_put(fixture, "versioned", "2");
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 50000, NULL, 0), KV_OK);
    count = mixed_batch(ops, want, old_version);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, count, NULL, verdicts, &report), KV_OK);
    for (size_t i = 0; i < count; i++) {
        if (verdicts[i].status != want[i])
            print_message("operation %zu\n", i);
        assert_status(verdicts[i].status, want[i]);
        failed += want[i] != KV_OK;
    }
    assert_int_equal(report.written, count - failed);
    assert_int_equal(report.failed, failed);
    assert_int_equal(report.first_failed, 1);
    assert_int_equal(report.sequence_last - report.sequence_first + 1, 5);
    assert_int_equal(verdicts[12].flags & KV_SUPERSEDED, KV_SUPERSEDED);
    assert_int_equal(verdicts[14].flags & KV_SUPERSEDED, 0);
    assert_int_equal(verdicts[12].version, verdicts[14].version);
    assert_int_equal(verdicts[13].version, version);
    fixture_expect(fixture, "good-1", "value");
    fixture_expect(fixture, "good-2", "value");
    fixture_expect(fixture, "good-3", "value");
    fixture_expect(fixture, "good-4", "value");
    fixture_expect(fixture, "twice", "value");
    fixture_expect(fixture, "versioned", "2");
    fixture_expect_absent(fixture, "fills-up");
    fixture_expect_absent(fixture, "past-deadline");
}

static void test_all_fail(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_put("a b", "1"), op_put("", "2")};
    kv_verdict verdicts[2];
    kv_report report = KV_REPORT_INIT;
    uint64_t sequence = kv_sequence(fixture->db);

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, &report), KV_OK);
    assert_status(verdicts[0].status, KV_KEY_MALFORMED);
    assert_int_equal(report.written, 0);
    assert_int_equal(report.failed, 2);
    assert_int_equal(report.first_failed, 0);
    assert_int_equal(report.sequence_first, 0);
    assert_int_equal(report.sequence_last, 0);
    assert_int_equal(kv_sequence(fixture->db), sequence);
}

/** One batch that must be refused whole. */
static void refuse(struct fixture *fixture, kv_ns ns, const kv_op *ops, size_t count,
                   const kv_write_options *options, kv_status want)
{
    kv_verdict *verdicts = calloc(count + 1, sizeof(*verdicts));
    kv_report report = KV_REPORT_INIT;
    uint64_t sequence = kv_sequence(fixture->db);

    assert_non_null(verdicts);
    assert_status(kv_batch(fixture->db, ns, ops, count, options, verdicts, &report), want);
    for (size_t i = 0; i < count; i++)
        assert_status(verdicts[i].status, want);
    assert_status(report.error.status, want);
    assert_int_equal(report.written, 0);
    assert_int_equal(kv_sequence(fixture->db), sequence);
    free(verdicts);
}

static void test_request_faults(void **state)
{
    struct fixture *fixture = *state;
    size_t many = KV_BATCH_COUNT_DEFAULT + 1;
    kv_op *ops = calloc(many, sizeof(*ops));
    kv_write_options options = KV_WRITE_OPTIONS_INIT;

    assert_non_null(ops);
    for (size_t i = 0; i < many; i++)
        ops[i] = op_put("a", "1");
    refuse(fixture, fixture->ns, ops, 0, NULL, KV_INVALID);
    refuse(fixture, fixture->ns, ops, many, NULL, KV_TOO_MANY_KEYS);
    refuse(fixture, 99, ops, 2, NULL, KV_NAMESPACE_NOT_FOUND);
    refuse(fixture, 0, ops, 2, NULL, KV_NAMESPACE_NOT_FOUND);
    options.limits.batch_count_max = 1;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_TOO_MANY_KEYS);
    options.limits.batch_count_max = 0;
    options.limits.batch_size_max = 3;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_BATCH_TOO_LARGE);
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING + 1;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_INVALID);
    options.limits.batch_size_max = 0;
    options.limits.batch_count_max = KV_BATCH_COUNT_CEILING + 1;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_INVALID);
    options.limits.batch_count_max = 0;
    options.limits.value_size_max = KV_VALUE_SIZE_CEILING + 1;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_INVALID);
    options.limits.value_size_max = 0;
    options.flags = 1u << 31;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_INVALID);
    fixture_expect_absent(fixture, "a");
    free(ops);
}

/** The bound is on the bytes of the pairs that pass their own checks. */
static void test_size_bound_exact(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_put("a", "123"), op_put("b", "456"), op_put("a b", "not counted")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdicts[3];
    kv_report report = KV_REPORT_INIT;

    ops[0].metadata = "m";
    ops[0].metadata_size = 1;
    options.limits.batch_size_max = 9;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, &options, verdicts, &report), KV_OK);
    assert_int_equal(report.bytes_given, 9);
    assert_status(verdicts[2].status, KV_KEY_MALFORMED);
    options.limits.batch_size_max = 8;
    refuse(fixture, fixture->ns, ops, 2, &options, KV_BATCH_TOO_LARGE);
}

static void test_limits_of_the_handle(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_put("a", "1234"), op_put("b", "123")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdicts[2];

    fixture->options.limits.value_size_max = 3;
    fixture->options.limits.batch_count_max = 2;
    fixture_create(fixture, NULL);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_VALUE_TOO_LONG);
    assert_status(verdicts[1].status, KV_OK);
    options.limits.value_size_max = 4; /* A call may raise it. */
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, &options, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
}

static void test_exactly_at_the_limits(void **state)
{
    struct fixture *fixture = *state;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op op = op_put("", "");
    kv_verdict verdict;

    memset(long_key, 'k', sizeof(long_key));
    op.key = long_key;
    op.key_size = KV_KEY_SIZE_MAX;
    op.value = long_value;
    op.value_size = KV_VALUE_SIZE_DEFAULT;
    op.metadata = long_metadata;
    op.metadata_size = KV_METADATA_SIZE_MAX;
    refuse(fixture, fixture->ns, &op, 1, NULL, KV_BATCH_TOO_LARGE); /* With key and metadata. */
    options.limits.batch_size_max = KV_VALUE_SIZE_DEFAULT + KV_KEY_SIZE_MAX + KV_METADATA_SIZE_MAX;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, &options, &verdict, NULL), KV_OK);
    assert_status(verdict.status, KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), options.limits.batch_size_max);
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK); /* No such bound here. */
}

static void test_duplicates(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[5] = {op_put("a", "1"), op_put("b", "x"), op_put("a", "22"), op_delete("b"),
                    op_put("a", "333")};
    kv_verdict verdicts[5];
    kv_report report = KV_REPORT_INIT;
    uint64_t sequence = kv_sequence(fixture->db);

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 5, NULL, verdicts, &report), KV_OK);
    for (size_t i = 0; i < 5; i++)
        assert_status(verdicts[i].status, KV_OK);
    assert_int_equal(verdicts[0].flags & KV_SUPERSEDED, KV_SUPERSEDED);
    assert_int_equal(verdicts[1].flags & KV_SUPERSEDED, KV_SUPERSEDED);
    assert_int_equal(verdicts[2].flags & KV_SUPERSEDED, KV_SUPERSEDED);
    assert_int_equal(verdicts[4].flags & KV_SUPERSEDED, 0);
    assert_int_equal(verdicts[4].version, sequence + 1);
    assert_int_equal(verdicts[0].version, verdicts[4].version);
    assert_int_equal(report.written, 5);
    /* "b" was absent before and is absent after: nothing happened to it. */
    assert_int_equal(report.sequence_last, sequence + 1);
    assert_int_equal(kv_sequence(fixture->db), sequence + 1);
    fixture_expect(fixture, "a", "333");
    fixture_expect_absent(fixture, "b");
    assert_int_equal(fixture_usage(fixture, fixture->ns), 4);
}

static void test_delete_then_put(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_delete("a"), op_put("a", "new")};
    kv_verdict verdicts[2];
    uint64_t sequence;

    fixture_put(fixture, "a", "old");
    sequence = kv_sequence(fixture->db);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_OK);
    assert_int_equal(kv_sequence(fixture->db), sequence + 1);
    fixture_expect(fixture, "a", "new");
}

static void test_deletes(void **state)
{
    struct fixture *fixture = *state;
    kv_verdict verdict;
    uint64_t sequence;

    fixture_put(fixture, "a", "1");
    sequence = kv_sequence(fixture->db);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, &verdict), KV_OK);
    assert_int_equal(verdict.flags, 0);
    assert_int_equal(verdict.version, sequence + 1);
    fixture_expect_absent(fixture, "a");
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, &verdict), KV_OK);
    assert_int_equal(verdict.flags, KV_WAS_ABSENT);
    assert_int_equal(verdict.version, 0);
    assert_int_equal(kv_sequence(fixture->db), sequence + 1);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    assert_status(kv_delete(fixture->db, fixture->ns, "a b", 3, &verdict), KV_KEY_MALFORMED);
}

static void test_created_and_replaced(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_verdict verdict;

    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    assert_int_equal(verdict.flags, KV_CREATED);
    assert_int_equal(verdict.version, kv_sequence(fixture->db));
    op.flags = KV_OP_TTL;
    op.ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    assert_int_equal(verdict.flags, KV_REPLACED | KV_EXPIRES);
    assert_int_equal(verdict.expires_at, FAKE_CLOCK_START + 10);
    fixture_advance(fixture, 10);
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    assert_int_equal(verdict.flags, KV_CREATED | KV_EXPIRES); /* An expired one is absent. */
}

/** Sequences within a batch follow the order of the keys. */
static void test_sequence_order(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_put("c", "1"), op_put("a", "2"), op_put("b", "3")};
    kv_verdict verdicts[3];
    kv_report report = KV_REPORT_INIT;

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, verdicts, &report), KV_OK);
    assert_int_equal(verdicts[1].version, report.sequence_first);
    assert_int_equal(verdicts[2].version, report.sequence_first + 1);
    assert_int_equal(verdicts[0].version, report.sequence_first + 2);
    assert_int_equal(verdicts[0].version, report.sequence_last);
}

static void test_no_verdicts_asked(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_put("a", "1"), op_put("a b", "2")};
    kv_report report = KV_REPORT_INIT;

    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.written, 1);
    assert_int_equal(report.failed, 1);
    assert_int_equal(report.first_failed, 1);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, NULL), KV_OK);
}

/** A newer caller's report is longer: filled as far as this library knows, left alone behind. */
static void test_newer_report(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    struct {
        kv_report report;
        uint64_t tail[4];
    } newer;

    memset(&newer, 0x5A, sizeof(newer));
    newer.report.size = sizeof(newer);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &newer.report), KV_OK);
    assert_int_equal(newer.report.written, 1);
    assert_true(newer.tail[0] == UINT64_C(0x5A5A5A5A5A5A5A5A));
    newer.report.size = offsetof(kv_report, token); /* No version had one so short. */
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &newer.report),
                  KV_INVALID);
}

static void test_outcome(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_report report = KV_REPORT_INIT;
    uint64_t first[2];

    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    memcpy(first, report.token, sizeof(first));
    assert_status(kv_batch_outcome(fixture->db, first), KV_OK);
    first[1] ^= 1;
    assert_status(kv_batch_outcome(fixture->db, first), KV_NOT_FOUND);
    first[1] ^= 1;
    fixture_close(fixture);
    fixture_open(fixture);
    assert_status(kv_batch_outcome(fixture->db, first), KV_OK);
    for (int i = 0; i < 65; i++)
        fixture_put(fixture, "b", "2");
    assert_status(kv_batch_outcome(fixture->db, first), KV_COMMIT_UNKNOWN);
}

/* A transaction that turned out to change nothing is not committed, and nobody can ask for it. */
static void test_no_token(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_delete("absent");
    kv_report report = KV_REPORT_INIT;
    kv_verdict verdict;

    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, &verdict, &report), KV_OK);
    assert_int_equal(verdict.flags, KV_WAS_ABSENT);
    assert_int_equal(report.token[0], 0);
    assert_int_equal(report.token[1], 0);
    op = op_put("present", "1");
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, &verdict, &report), KV_OK);
    assert_status(kv_batch_outcome(fixture->db, report.token), KV_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("batch: nothing changed, no token", test_no_token),
        STORE_TEST("batch: every fault of a key, the good ones written", test_every_fault),
        STORE_TEST("batch: all fail", test_all_fail),
        STORE_TEST("batch: request faults write nothing", test_request_faults),
        STORE_TEST("batch: batch_size_max to the byte", test_size_bound_exact),
        EMPTY_TEST("batch: limits of the handle and of the call", test_limits_of_the_handle),
        STORE_TEST("batch: exactly at the limits", test_exactly_at_the_limits),
        STORE_TEST("batch: duplicates", test_duplicates),
        STORE_TEST("batch: delete, then put", test_delete_then_put),
        STORE_TEST("batch: deletes", test_deletes),
        STORE_TEST("batch: created and replaced", test_created_and_replaced),
        STORE_TEST("batch: sequences follow the keys", test_sequence_order),
        STORE_TEST("batch: without verdicts", test_no_verdicts_asked),
        STORE_TEST("batch: a newer caller's report", test_newer_report),
        STORE_TEST("batch: outcome", test_outcome),
    };

    run_tests(tests);
    return run_all("api: batch");
}
