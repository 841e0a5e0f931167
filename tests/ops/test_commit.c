/* Transactions of groups that fail, and what each batch of them is told. kv_commit() makes a group
 * of what it is given, in one thread. */
#include "support/faults.h"
#include "support/fixture.h"
#include "support/inside.h"
#include "support/lmdb_faults.h"

#include "base/bytes.h"
#include "tables/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BATCHES 3
#define KEYS 2
#define DUE 100

/* Batches of KEYS puts each: "a0", "a1", "b0", ... */
struct group {
    char keys[BATCHES][KEYS][3];
    kv_op ops[BATCHES][KEYS];
    kv_verdict verdicts[BATCHES][KEYS];
    kv_prepared *batches[BATCHES];
    kv_report reports[BATCHES];
};

static void group_prepare(struct fixture *fixture, struct group *group, const kv_ns *ns)
{
    memset(group, 0, sizeof(*group));
    for (size_t i = 0; i < BATCHES; i++) {
        group->reports[i] = (kv_report)KV_REPORT_INIT;
        for (size_t j = 0; j < KEYS; j++) {
            char *key = group->keys[i][j];

            key[0] = (char)('a' + i);
            key[1] = (char)('0' + j);
            key[2] = '\0';
            group->ops[i][j] = op_put(key, "value");
        }
        assert_status(kv_prepare(fixture->db, ns != NULL ? ns[i] : fixture->ns, group->ops[i], KEYS,
                                 NULL, group->verdicts[i], &group->batches[i]),
                      KV_OK);
    }
}

static kv_status group_commit(struct fixture *fixture, struct group *group)
{
    kv_status status = kv_commit(fixture->db, group->batches, BATCHES, group->reports);

    for (size_t i = 0; i < BATCHES; i++)
        kv_prepared_free(group->batches[i]);
    return status;
}

/* One batch's status in all places, and whether its keys are there. */
static void expect_batch(struct fixture *fixture, const struct group *group, size_t i,
                         kv_status want)
{
    assert_status(group->reports[i].error.status, want);
    assert_int_equal(group->reports[i].written, want == KV_OK ? KEYS : 0);
    for (size_t j = 0; j < KEYS; j++) {
        assert_status(group->verdicts[i][j].status, want);
        if (want == KV_OK)
            fixture_expect(fixture, group->keys[i][j], "value");
    }
    if (want == KV_OK)
        assert_string_equal(group->reports[i].error.message, "");
}

static kv_stats stats_of(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats;
}

/* ---- What is logged of a group: one transaction, so one mark */

static void test_mark_of_a_group(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change changes[2 * BATCHES * KEYS];
    struct group group;
    kv_position at;
    size_t count;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    group_prepare(fixture, &group, NULL);
    assert_status(group_commit(fixture, &group), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, COUNT(changes), &count),
                  KV_OK);
    kv_snapshot_end(snapshot);
    assert_int_equal(count, BATCHES * KEYS);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(changes[i].flags, i + 1 == count ? KV_CHANGE_LAST : 0);
}

/* ---- The map is full although it was reckoned otherwise */

static void test_full_in_company(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = stats_of(fixture).process_commits;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_put("b1", 2, MDB_MAP_FULL, 1);
    assert_status(group_commit(fixture, &group), KV_OK);
    assert_int_equal(lmdb_faults_fired(), 1);
    for (size_t i = 0; i < BATCHES; i++)
        expect_batch(fixture, &group, i, KV_OK);
    /* Nothing of the group's transaction, then each alone. */
    assert_int_equal(stats_of(fixture).process_commits - before, BATCHES);
    assert_int_equal(group.reports[0].sequence_first, 2);
    inside_recount(fixture);
}

static void test_full_alone_too(void **state)
{
    struct fixture *fixture = *state;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_put("b1", 2, MDB_MAP_FULL, 2);
    assert_status(group_commit(fixture, &group), KV_STORE_FULL);
    assert_int_equal(lmdb_faults_fired(), 2); /* Once in company, once alone, not again. */
    expect_batch(fixture, &group, 0, KV_OK);
    expect_batch(fixture, &group, 1, KV_STORE_FULL);
    expect_batch(fixture, &group, 2, KV_OK);
    fixture_expect_absent(fixture, "b0");
    fixture_expect_absent(fixture, "b1");
    inside_recount(fixture);
}

/* Additions count what was committed, not what was tried. */
static void test_adds_are_tried_again(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[BATCHES][KEYS];
    kv_verdict verdicts[BATCHES][KEYS];
    kv_prepared *batches[BATCHES];

    fixture_put(fixture, "sum", "40");
    for (size_t i = 0; i < BATCHES; i++) {
        ops[i][0] = op_add("sum", 1);
        ops[i][1] = op_add("zzz", 10);
        assert_status(
            kv_prepare(fixture->db, fixture->ns, ops[i], KEYS, NULL, verdicts[i], &batches[i]),
            KV_OK);
    }
    lmdb_faults_put("zzz", 3, MDB_MAP_FULL, 2);
    assert_status(kv_commit(fixture->db, batches, BATCHES, NULL), KV_STORE_FULL);
    assert_int_equal(lmdb_faults_fired(), 2); /* In company, and the first one alone. */
    for (size_t i = 0; i < BATCHES; i++) {
        assert_status(verdicts[i][0].status, i == 0 ? KV_STORE_FULL : KV_OK);
        assert_int_equal(verdicts[i][0].number, i == 0 ? 0 : 40 + i);
        assert_int_equal(verdicts[i][1].number, 10 * i);
        kv_prepared_free(batches[i]);
    }
    fixture_expect(fixture, "sum", "42");
    inside_recount(fixture);
}

/* ---- A transaction that does not begin */

/* The text tells of a failure that is no more. */
static void test_begin_fails_in_company(void **state)
{
    struct fixture *fixture = *state;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_begin(ENOMEM, 0, 1);
    assert_status(group_commit(fixture, &group), KV_OK);
    assert_int_equal(lmdb_faults_fired(), 1);
    for (size_t i = 0; i < BATCHES; i++)
        expect_batch(fixture, &group, i, KV_OK);
}

/* The first was part of the group's transaction, but of none since: it carries no token. */
static void test_begin_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_put("b1", 2, MDB_MAP_FULL, 1);
    lmdb_faults_begin(ENOMEM, 1, 1);
    assert_status(group_commit(fixture, &group), KV_NO_MEMORY);
    assert_int_equal(lmdb_faults_fired(), 2);
    expect_batch(fixture, &group, 0, KV_NO_MEMORY);
    assert_string_not_equal(group.reports[0].error.message, "");
    assert_int_equal(group.reports[0].token[0], 0);
    expect_batch(fixture, &group, 1, KV_OK);
    expect_batch(fixture, &group, 2, KV_OK);
}

/* ---- Batches that want a sweep first */

/* A namespace that is full of dead rows, more than one batch's share. */
static kv_ns full_namespace(struct fixture *fixture)
{
    kv_ns ns;

    assert_status(kv_namespace_create(fixture->db, "full", 4, &ns), KV_OK);
    for (int i = 0; i < DUE; i++) {
        char key[16];
        kv_op op;

        (void)snprintf(key, sizeof(key), "due-%03d", i);
        op = op_put(key, "0123456789");
        op.flags = KV_OP_TTL;
        op.ttl_s = 10;
        assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
    }
    assert_status(kv_namespace_set(fixture->db, ns, DUE * 17, NULL, 0), KV_OK);
    fixture_advance(fixture, 10);
    return ns;
}

static void test_sweep_in_company(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture), ns[BATCHES] = {fixture->ns, full, fixture->ns};
    struct group group;

    assert_status(kv_namespace_set(fixture->db, full, 20, NULL, 0), KV_OK);
    group_prepare(fixture, &group, ns);
    assert_status(group_commit(fixture, &group), KV_OK);
    assert_int_equal(group.reports[0].swept, 0);
    assert_int_equal(group.reports[1].swept, DUE);
    assert_int_equal(stats_of(fixture).process_swept, DUE);
    assert_int_equal(fixture_describe(fixture, full).key_count, KEYS);
    for (size_t i = 1; i < BATCHES; i++) /* The one behind it has waited for it. */
        assert_in_range(group.reports[i].sequence_first, group.reports[i - 1].sequence_last + 1,
                        UINT32_MAX);
    inside_recount(fixture);
}

/* The sums of a batch that wants a sweep are not stored: its transaction cannot go on. */
static void test_sweep_and_sums_fail(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture), ns[BATCHES] = {fixture->ns, full, fixture->ns};
    struct group group;
    uint8_t key[4];

    assert_status(kv_namespace_set(fixture->db, full, 20, NULL, 0), KV_OK);
    group_prepare(fixture, &group, ns);
    kvi_be32_store(key, full);
    lmdb_faults_put(key, sizeof(key), MDB_MAP_FULL, 1);
    assert_status(group_commit(fixture, &group), KV_OK);
    assert_int_equal(lmdb_faults_fired(), 1);
    assert_int_equal(group.reports[1].swept, DUE);
    assert_int_equal(fixture_describe(fixture, full).key_count, KEYS);
    inside_recount(fixture);
}

/* Rows swept in a transaction that failed are still there. */
static void test_swept_is_committed(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture);
    kv_op op = op_put("new", "1");
    kv_report report = KV_REPORT_INIT;

    assert_status(kv_namespace_set(fixture->db, full, KV_CAPACITY_UNLIMITED, NULL, 0), KV_OK);
    faults_fail(FAULTS_FDATASYNC, EIO, 0, 1);
    assert_status(kv_batch(fixture->db, full, &op, 1, NULL, NULL, &report), KV_IO);
    assert_int_equal(report.swept, 0);
    assert_int_equal(stats_of(fixture).process_swept, 0);
    assert_status(kv_batch(fixture->db, full, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.swept, 16);
    assert_int_equal(stats_of(fixture).process_swept, 16);
    /* Its sweep was committed, the batch itself was not. */
    assert_status(kv_namespace_set(fixture->db, full, 40, NULL, 0), KV_OK);
    faults_fail(FAULTS_FDATASYNC, EIO, 2, 1);
    assert_status(kv_batch(fixture->db, full, &op, 1, NULL, NULL, &report), KV_IO);
    assert_int_equal(report.swept, DUE - 16);
    assert_int_equal(stats_of(fixture).process_swept, DUE);
}

/* ---- An outcome that is not known */

static void reopen(struct fixture *fixture)
{
    faults_reset();
    fixture_close(fixture);
    fixture_open(fixture);
}

/* In the sweep for a batch: of the batch it is known that nothing was written. */
static void test_unknown_in_sweep(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture);
    kv_op op = op_put("new", "1");
    kv_verdict verdict;
    kv_report report = KV_REPORT_INIT;

    assert_status(kv_namespace_set(fixture->db, full, 20, NULL, 0), KV_OK);
    faults_fail(FAULTS_META, EIO, 1, 1);
    assert_status(kv_batch(fixture->db, full, &op, 1, NULL, &verdict, &report), KV_REOPEN_NEEDED);
    assert_int_equal(faults_fired(FAULTS_META), 1);
    assert_status(verdict.status, KV_REOPEN_NEEDED);
    assert_int_equal(report.token[0], 0);
    assert_int_equal(report.token[1], 0);
    reopen(fixture);
    assert_status(kv_put(fixture->db, full, &op, NULL), KV_OK);
}

/* Of a group: a batch that was not in the transaction is not told to ask for its outcome. */
static void test_unknown_in_company(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture), gone, ns[BATCHES];
    struct group group;

    assert_status(kv_namespace_set(fixture->db, full, 20, NULL, 0), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    ns[0] = fixture->ns;
    ns[1] = gone;
    ns[2] = full;
    group_prepare(fixture, &group, ns);
    faults_fail(FAULTS_META, EIO, 0, 1);
    assert_status(group_commit(fixture, &group), KV_COMMIT_UNKNOWN);
    expect_batch(fixture, &group, 0, KV_COMMIT_UNKNOWN);
    expect_batch(fixture, &group, 1, KV_NAMESPACE_NOT_FOUND);
    expect_batch(fixture, &group, 2, KV_REOPEN_NEEDED);
    assert_true(group.reports[0].token[0] != 0);
    assert_int_equal(group.reports[1].token[0], 0);
    assert_int_equal(group.reports[2].token[0], 0);
    reopen(fixture);
    assert_status(kv_batch_outcome(fixture->db, group.reports[0].token), KV_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("log: one mark for a group", test_mark_of_a_group),
        LMDB_FAULTS_STORE_TEST("full map: in company", test_full_in_company),
        LMDB_FAULTS_STORE_TEST("full map: alone too", test_full_alone_too),
        LMDB_FAULTS_STORE_TEST("full map: additions are tried again", test_adds_are_tried_again),
        LMDB_FAULTS_STORE_TEST("begin: fails in company", test_begin_fails_in_company),
        LMDB_FAULTS_STORE_TEST("begin: fails for one that is alone", test_begin_fails_alone),
        LMDB_FAULTS_STORE_TEST("sweep: for a batch in company", test_sweep_in_company),
        LMDB_FAULTS_STORE_TEST("sweep: the sums are not stored", test_sweep_and_sums_fail),
        LMDB_FAULTS_STORE_TEST("sweep: told once it is committed", test_swept_is_committed),
        LMDB_FAULTS_STORE_TEST("unknown: in the sweep for a batch", test_unknown_in_sweep),
        LMDB_FAULTS_STORE_TEST("unknown: in company", test_unknown_in_company),
    };

    run_tests(tests);
    return run_all("commit");
}
