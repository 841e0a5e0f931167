/* KV_TOGETHER: all batches of a kv_commit() in one transaction, or none of them. The ladder behind
 * it: tests/ops/test_group.c; readers beside it: test_threads.c, test_processes.c. */
#include "support/fixture.h"
#include "support/random.h"

#include <stdlib.h>
#include <string.h>

#define BATCHES 3

/* Batches of two keys each, in namespaces of their own. */
struct unit {
    kv_ns ns[BATCHES];
    kv_op ops[BATCHES][2];
    kv_verdict verdicts[BATCHES][2];
    kv_prepared *batches[BATCHES];
    kv_report reports[BATCHES];
};

static kv_prepared *prepare(struct fixture *fixture, kv_ns ns, const kv_op *ops, size_t count,
                            uint32_t flags, kv_verdict *verdicts)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_prepared *prepared = NULL;

    options.flags = flags;
    options.limits.value_size_max = KV_VALUE_SIZE_CEILING;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    options.limits.batch_count_max = KV_BATCH_COUNT_CEILING;
    assert_status(kv_prepare(fixture->db, ns, ops, count, &options, verdicts, &prepared), KV_OK);
    return prepared;
}

static void unit_begin(struct fixture *fixture, struct unit *unit)
{
    static const char *const names[BATCHES] = {"first", "second", "third"};

    memset(unit, 0, sizeof(*unit));
    for (size_t i = 0; i < BATCHES; i++) {
        assert_status(kv_namespace_create(fixture->db, names[i], strlen(names[i]), &unit->ns[i]),
                      KV_OK);
        unit->ops[i][0] = op_put("key", "value");
        unit->ops[i][1] = op_put("other", "value");
        unit->reports[i] = (kv_report)KV_REPORT_INIT;
    }
}

static kv_status unit_commit(struct fixture *fixture, struct unit *unit)
{
    kv_status status;

    for (size_t i = 0; i < BATCHES; i++)
        if (unit->batches[i] == NULL)
            unit->batches[i] =
                prepare(fixture, unit->ns[i], unit->ops[i], 2, KV_TOGETHER, unit->verdicts[i]);
    status = kv_commit(fixture->db, unit->batches, BATCHES, unit->reports);
    assert_status(kv_commit(fixture->db, unit->batches, BATCHES, NULL), KV_INVALID);
    for (size_t i = 0; i < BATCHES; i++)
        kv_prepared_free(unit->batches[i]);
    return status;
}

/* Nothing was written, for that reason. */
static void expect_none(const struct unit *unit, kv_status want)
{
    for (size_t i = 0; i < BATCHES; i++) {
        assert_status(unit->reports[i].error.status, want);
        assert_int_equal(unit->reports[i].written, 0);
        assert_int_equal(unit->reports[i].failed, 2);
        assert_int_equal(unit->reports[i].sequence_first, 0);
        assert_int_equal(unit->reports[i].token[0], 0);
        for (size_t j = 0; j < 2; j++)
            assert_status(unit->verdicts[i][j].status, want);
    }
}

static uint64_t commits(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats.process_commits;
}

/* ---- One transaction */

static void test_one_transaction(void **state)
{
    struct fixture *fixture = *state;
    kv_change changes[3 * BATCHES];
    kv_snapshot *snapshot;
    struct unit unit;
    kv_position at;
    uint64_t before;
    size_t count;

    unit_begin(fixture, &unit);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    before = commits(fixture);
    assert_status(unit_commit(fixture, &unit), KV_OK);
    assert_int_equal(commits(fixture) - before, 1);
    for (size_t i = 0; i < BATCHES; i++) {
        assert_int_equal(unit.reports[i].sequence_first, at.sequence + 2 * i + 1);
        assert_int_equal(unit.reports[i].sequence_last, at.sequence + 2 * i + 2);
        assert_memory_equal(unit.reports[i].token, unit.reports[0].token,
                            sizeof(unit.reports[0].token));
    }
    assert_status(kv_batch_outcome(fixture->db, unit.reports[0].token), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, COUNT(changes), &count),
                  KV_OK);
    kv_snapshot_end(snapshot);
    assert_int_equal(count, 2 * BATCHES);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(changes[i].ns, unit.ns[i / 2]);
        assert_int_equal(changes[i].flags, i + 1 == count ? KV_CHANGE_LAST : 0);
    }
}

/** What does not fit a shared transaction of 16 MB is one all the same. */
static void test_large(void **state)
{
    struct fixture *fixture = *state;
    static char value[9000000];
    struct rng rng = {3};
    struct unit unit;
    uint64_t before;

    unit_begin(fixture, &unit);
    rng_fill(&rng, value, sizeof(value));
    for (size_t i = 0; i < BATCHES; i++) {
        unit.ops[i][1].value = value;
        unit.ops[i][1].value_size = sizeof(value);
    }
    before = commits(fixture);
    assert_status(unit_commit(fixture, &unit), KV_OK);
    assert_int_equal(commits(fixture) - before, 1);
    for (size_t i = 0; i < BATCHES; i++)
        assert_int_equal(fixture_usage(fixture, unit.ns[i]), 3 + 5 + 5 + sizeof(value));
}

/** Later batches see what earlier ones did. */
static void test_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct unit unit;

    unit_begin(fixture, &unit);
    for (size_t i = 0; i < BATCHES; i++) {
        unit.ns[i] = fixture->ns;
        unit.ops[i][0] = op_add("sum", 1);
        unit.ops[i][1].flags = KV_OP_IF_ABSENT;
    }
    assert_status(unit_commit(fixture, &unit), KV_OK);
    for (size_t i = 0; i < BATCHES; i++) {
        assert_int_equal(unit.verdicts[i][0].number, i + 1);
        assert_status(unit.verdicts[i][1].status, i == 0 ? KV_OK : KV_KEY_EXISTS);
        assert_int_equal(unit.reports[i].written, i == 0 ? 2 : 1);
    }
    fixture_expect(fixture, "sum", "3");
}

/** A fault of one key is its own affair. */
static void test_key_refused(void **state)
{
    struct fixture *fixture = *state;
    struct unit unit;

    unit_begin(fixture, &unit);
    unit.ops[0][0] = op_put("a b", "value");
    unit.ops[1][1] = op_touch("absent");
    assert_status(kv_namespace_set(fixture->db, unit.ns[2], 9, NULL, 0), KV_OK);
    assert_status(unit_commit(fixture, &unit), KV_OK);
    assert_status(unit.verdicts[0][0].status, KV_KEY_MALFORMED);
    assert_status(unit.verdicts[0][1].status, KV_OK);
    assert_status(unit.verdicts[1][0].status, KV_OK);
    assert_status(unit.verdicts[1][1].status, KV_NOT_FOUND);
    assert_status(unit.verdicts[2][0].status, KV_OK);
    assert_status(unit.verdicts[2][1].status, KV_NAMESPACE_FULL);
    for (size_t i = 0; i < BATCHES; i++)
        assert_int_equal(fixture_describe(fixture, unit.ns[i]).key_count, 1);
}

/* ---- None */

static const struct gone_row {
    const char *name;
    size_t gone; /* The batch whose namespace is dropped before the commit. */
} gone_rows[] = {
    {"together: no namespace for the first", 0},
    {"together: no namespace for the second", 1},
    {"together: no namespace for the last", 2},
};

static void test_gone(void **state)
{
    struct fixture *fixture = *state;
    const struct gone_row *row = fixture->row;
    struct unit unit;
    uint64_t before;

    unit_begin(fixture, &unit);
    assert_status(kv_namespace_drop(fixture->db, unit.ns[row->gone]), KV_OK);
    before = kv_sequence(fixture->db);
    assert_status(unit_commit(fixture, &unit), KV_NAMESPACE_NOT_FOUND);
    expect_none(&unit, KV_NAMESPACE_NOT_FOUND);
    assert_int_equal(kv_sequence(fixture->db), before);
    for (size_t i = 0; i < BATCHES; i++)
        if (i != row->gone)
            assert_int_equal(fixture_usage(fixture, unit.ns[i]), 0);
}

/** Some with the flag, and some without. */
static void test_mixed(void **state)
{
    struct fixture *fixture = *state;

    for (size_t without = 0; without < BATCHES; without++) {
        struct unit unit;

        unit_begin(fixture, &unit);
        unit.batches[without] =
            prepare(fixture, unit.ns[without], unit.ops[without], 2, 0, unit.verdicts[without]);
        assert_status(unit_commit(fixture, &unit), KV_INVALID);
        expect_none(&unit, KV_INVALID);
        for (size_t i = 0; i < BATCHES; i++) {
            assert_int_equal(fixture_usage(fixture, unit.ns[i]), 0);
            assert_status(kv_namespace_drop(fixture->db, unit.ns[i]), KV_OK);
        }
    }
}

/* Give the unit so many bytes of keys and values in all. */
static void unit_fill(struct unit *unit, const void *value, uint64_t bytes)
{
    kv_op *last = &unit->ops[BATCHES - 1][1];

    for (size_t i = 0; i < BATCHES; i++) {
        unit->batches[i] = NULL;
        for (size_t j = 0; j < 2; j++) {
            kv_op *op = &unit->ops[i][j];

            op->value = value;
            op->value_size = bytes / (2 * BATCHES) - op->key_size;
        }
    }
    last->value_size += bytes % (2 * BATCHES);
}

/** Each within the bounds of a batch, but not together. */
static void test_too_large(void **state)
{
    struct fixture *fixture = *state;
    char *value = calloc(1, KV_VALUE_SIZE_CEILING);
    struct unit unit;

    assert_non_null(value);
    fixture->options.compress_min = UINT32_MAX;
    fixture_create(fixture, NULL);
    unit_begin(fixture, &unit);
    unit_fill(&unit, value, KV_BATCH_SIZE_CEILING + 1);
    assert_status(unit_commit(fixture, &unit), KV_BATCH_TOO_LARGE);
    expect_none(&unit, KV_BATCH_TOO_LARGE);
    unit_fill(&unit, value, KV_BATCH_SIZE_CEILING);
    assert_status(unit_commit(fixture, &unit), KV_OK);
    free(value);
}

static void test_too_many(void **state)
{
    struct fixture *fixture = *state;
    size_t count = KV_BATCH_COUNT_CEILING / 2 + 1;
    kv_op *ops = calloc(count, sizeof(*ops)); /* Without a key, so each is at fault. */
    kv_report reports[2] = {KV_REPORT_INIT, KV_REPORT_INIT};
    kv_prepared *batches[2];

    assert_non_null(ops);
    for (size_t i = 0; i < 2; i++)
        batches[i] = prepare(fixture, fixture->ns, ops, count - i, KV_TOGETHER, NULL);
    assert_status(kv_commit(fixture->db, batches, 2, reports), KV_TOO_MANY_KEYS);
    for (size_t i = 0; i < 2; i++) {
        assert_status(reports[i].error.status, KV_TOO_MANY_KEYS);
        kv_prepared_free(batches[i]);
        batches[i] = prepare(fixture, fixture->ns, ops, count - 1, KV_TOGETHER, NULL);
    }
    assert_status(kv_commit(fixture->db, batches, 2, NULL), KV_OK); /* Just as many as may be. */
    for (size_t i = 0; i < 2; i++)
        kv_prepared_free(batches[i]);
    free(ops);
}

/* ---- Alone */

static void test_one_batch(void **state)
{
    struct fixture *fixture = *state;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_op op = op_add("sum", 1);
    kv_prepared *batch = prepare(fixture, fixture->ns, &op, 1, KV_TOGETHER, NULL);

    assert_status(kv_commit(fixture->db, &batch, 1, NULL), KV_OK);
    kv_prepared_free(batch);
    options.flags = KV_TOGETHER;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, &options, NULL, NULL), KV_OK);
    fixture_expect(fixture, "sum", "2");
    options.flags = KV_TOGETHER << 1;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, &options, NULL, NULL), KV_INVALID);
    options.flags = UINT32_MAX;
    assert_status(kv_prepare(fixture->db, fixture->ns, &op, 1, &options, NULL, &batch), KV_INVALID);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("together: one transaction", test_one_transaction),
        STORE_TEST("together: more than others share", test_large),
        STORE_TEST("together: in order", test_in_order),
        STORE_TEST("together: a key that is refused", test_key_refused),
        STORE_TEST("together: not all with the flag", test_mixed),
        EMPTY_TEST("together: too many bytes", test_too_large),
        STORE_TEST("together: too many operations", test_too_many),
        STORE_TEST("together: one batch", test_one_batch),
    };

    run_rows(gone_rows, test_gone, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: together");
}
