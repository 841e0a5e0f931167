/* Units of several batches on the ladder: in company, spoiled, torn. What single batches meet
 * there: test_commit.c. */
#include "support/faults.h"
#include "support/fixture.h"
#include "support/inside.h"
#include "support/lmdb_faults.h"

#include "ops/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BATCHES 4
#define DUE 100

/* "a" is a unit, "b" and "c" are one of two, "d" is one: a group of three, run as the queue would.
 */
struct group {
    kv_op ops[BATCHES];
    kv_verdict verdicts[BATCHES];
    kv_prepared *batches[BATCHES];
};

static const char *const keys[BATCHES] = {"a", "b", "c", "d"};

static void group_prepare(struct fixture *fixture, struct group *group, const kv_ns ns[BATCHES])
{
    for (size_t i = 0; i < BATCHES; i++) {
        group->ops[i] = op_put(keys[i], "value");
        assert_status(kv_prepare(fixture->db, ns != NULL ? ns[i] : fixture->ns, &group->ops[i], 1,
                                 NULL, &group->verdicts[i], &group->batches[i]),
                      KV_OK);
    }
    group->batches[1]->next = group->batches[2];
    group->batches[0]->entry.next = &group->batches[1]->entry;
    group->batches[1]->entry.next = &group->batches[3]->entry;
}

static kv_stats stats_of(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats;
}

/* Run it; how many transactions were committed. */
static uint64_t group_run(struct fixture *fixture, struct group *group)
{
    uint64_t before = stats_of(fixture).process_commits;

    kvi_group_run(fixture->db, &group->batches[0]->entry);
    if (kv_health(fixture->db) != KV_OK)
        return 0;
    return stats_of(fixture).process_commits - before;
}

static bool is_there(struct fixture *fixture, kv_ns ns, const char *key)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_slice value;
    kv_status status = kv_get(snapshot, ns, key, strlen(key), &fixture->buf, &value);

    kv_snapshot_end(snapshot);
    assert_true(status == KV_OK || status == KV_NOT_FOUND || status == KV_NAMESPACE_NOT_FOUND);
    return status == KV_OK;
}

/* The two single batches are written, the unit has that outcome. Frees them. */
static void expect_unit(struct fixture *fixture, struct group *group, kv_status want)
{
    for (size_t i = 0; i < BATCHES; i++) {
        kv_prepared *p = group->batches[i];
        kv_status status = i == 1 || i == 2 ? want : KV_OK;

        assert_status(p->status, status);
        assert_int_equal(is_there(fixture, p->plan.ns, keys[i]), status == KV_OK);
        if (status == KV_OK)
            assert_status(group->verdicts[i].status, KV_OK);
        kv_prepared_free(p);
    }
    inside_recount(fixture);
}

static void test_company(void **state)
{
    struct fixture *fixture = *state;
    struct group group;

    group_prepare(fixture, &group, NULL);
    assert_int_equal(group_run(fixture, &group), 1);
    expect_unit(fixture, &group, KV_OK);
}

/* ---- Spoiled: each unit runs once more, alone, but whole. */

static const struct spoiled_row {
    const char *name, *key; /* Of the put that fails... */
    unsigned times;         /* ...so often. */
    uint64_t commits;
    kv_status want; /* Of the unit. */
} spoiled_rows[] = {
    {"spoiled: by a single batch", "d", 1, 3, KV_OK},
    {"spoiled: by the first of the unit", "b", 1, 3, KV_OK},
    {"spoiled: by the last of the unit", "c", 1, 3, KV_OK},
    {"spoiled: by the first, alone too", "b", 2, 2, KV_STORE_FULL},
    {"spoiled: by the last, alone too", "c", 2, 2, KV_STORE_FULL},
};

static void test_spoiled(void **state)
{
    struct fixture *fixture = *state;
    const struct spoiled_row *row = fixture->row;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_put(row->key, 1, MDB_MAP_FULL, row->times);
    assert_int_equal(group_run(fixture, &group), row->commits);
    assert_int_equal(lmdb_faults_fired(), row->times);
    expect_unit(fixture, &group, row->want);
}

static void test_begin_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    struct group group;

    group_prepare(fixture, &group, NULL);
    lmdb_faults_put("a", 1, MDB_MAP_FULL, 1);
    lmdb_faults_begin(ENOMEM, 2, 1);
    assert_int_equal(group_run(fixture, &group), 2);
    assert_string_equal(group.batches[1]->report.error.message,
                        group.batches[2]->report.error.message);
    expect_unit(fixture, &group, KV_NO_MEMORY);
}

/* ---- Torn: one of the unit is refused. */

static const struct refused_row {
    const char *name;
    size_t which; /* The batch whose namespace is gone. */
    uint64_t commits;
} refused_rows[] = {
    /* Nothing of the unit was in the transaction, so the others' stands. */
    {"refused: the first of the unit", 1, 1},
    {"refused: the last of the unit", 2, 2},
};

static void test_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct refused_row *row = fixture->row;
    kv_ns ns[BATCHES] = {fixture->ns, fixture->ns, fixture->ns, fixture->ns};
    struct group group;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &ns[row->which]), KV_OK);
    group_prepare(fixture, &group, ns);
    assert_status(kv_namespace_drop(fixture->db, ns[row->which]), KV_OK);
    assert_int_equal(group_run(fixture, &group), row->commits);
    expect_unit(fixture, &group, KV_NAMESPACE_NOT_FOUND);
}

/* ---- A unit that wants a sweep first */

/* A namespace full of dead rows, with room for one key when they are gone. */
static kv_ns full_namespace(struct fixture *fixture, const char *name)
{
    kv_ns ns;

    assert_status(kv_namespace_create(fixture->db, name, strlen(name), &ns), KV_OK);
    for (int i = 0; i < DUE; i++) {
        char key[16];
        kv_op op;

        (void)snprintf(key, sizeof(key), "due-%03d", i);
        op = op_put(key, "0123456789");
        op.flags = KV_OP_TTL;
        op.ttl_s = 10;
        assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
    }
    assert_status(kv_namespace_set(fixture->db, ns, 6, NULL, 0), KV_OK);
    return ns;
}

static const struct sweep_row {
    const char *name;
    bool is_full[BATCHES]; /* Of the unit's two: its namespace is full of dead rows. */
    uint64_t swept[BATCHES];
    uint64_t commits;
} sweep_rows[] = {
    /* The first batch, a sweep, the unit, the batch behind it. */
    {"sweep: for the first of the unit", {false, true, false, false}, {0, DUE, 0, 0}, 4},
    /* Torn, so the single batches go alone. */
    {"sweep: for the last of the unit", {false, false, true, false}, {0, 0, DUE, 0}, 4},
    {"sweep: for both", {false, true, true, false}, {0, DUE, DUE, 0}, 5},
};

static void test_sweep(void **state)
{
    struct fixture *fixture = *state;
    const struct sweep_row *row = fixture->row;
    kv_ns ns[BATCHES] = {fixture->ns, fixture->ns, fixture->ns, fixture->ns};
    struct group group;
    uint64_t swept = 0;

    if (row->is_full[1])
        ns[1] = full_namespace(fixture, "first");
    if (row->is_full[2])
        ns[2] = full_namespace(fixture, "last");
    fixture_advance(fixture, 10);
    group_prepare(fixture, &group, ns);
    assert_int_equal(group_run(fixture, &group), row->commits);
    for (size_t i = 0; i < BATCHES; i++) {
        assert_int_equal(group.batches[i]->swept, row->swept[i]);
        swept += row->swept[i];
    }
    for (size_t i = 1; i <= 2; i++)
        if (row->is_full[i])
            assert_int_equal(fixture_describe(fixture, ns[i]).key_count, 1);
    assert_true(swept > 0);
    assert_int_equal(group.batches[1]->report.token[0], group.batches[2]->report.token[0]);
    assert_int_equal(group.batches[1]->report.token[1], group.batches[2]->report.token[1]);
    expect_unit(fixture, &group, KV_OK);
}

/* One namespace that two batches of the unit share is swept for once. */
static void test_sweep_once(void **state)
{
    struct fixture *fixture = *state;
    kv_ns full = full_namespace(fixture, "full");
    kv_ns ns[BATCHES] = {fixture->ns, full, full, fixture->ns};
    struct group group;

    assert_status(kv_namespace_set(fixture->db, full, 12, NULL, 0), KV_OK);
    fixture_advance(fixture, 10);
    group_prepare(fixture, &group, ns);
    lmdb_faults_begin(ENOMEM, 4, 1); /* A batch, the sweep, the unit, a batch; no more. */
    assert_int_equal(group_run(fixture, &group), 4);
    assert_int_equal(lmdb_faults_fired(), 0);
    lmdb_faults_reset();
    assert_int_equal(group.batches[1]->swept, DUE);
    assert_int_equal(group.batches[2]->swept, 0);
    expect_unit(fixture, &group, KV_OK);
}

/* The sweep for the second namespace fails: nothing of the unit is written, all are told why. */
static void test_sweep_fails(void **state)
{
    struct fixture *fixture = *state;
    kv_ns ns[BATCHES] = {fixture->ns, full_namespace(fixture, "first"),
                         full_namespace(fixture, "last"), fixture->ns};
    struct group group;

    fixture_advance(fixture, 10);
    group_prepare(fixture, &group, ns);
    lmdb_faults_begin(ENOMEM, 2, 1); /* Behind the shared one, and the sweep of the first. */
    (void)group_run(fixture, &group);
    assert_int_equal(lmdb_faults_fired(), 1);
    assert_string_not_equal(group.batches[1]->report.error.message, "");
    assert_string_equal(group.batches[1]->report.error.message,
                        group.batches[2]->report.error.message);
    expect_unit(fixture, &group, KV_NO_MEMORY);
}

/* ---- An outcome that is not known is that of all. */

static void test_unknown(void **state)
{
    struct fixture *fixture = *state;
    struct group group;
    uint64_t token[2];

    group_prepare(fixture, &group, NULL);
    faults_fail(FAULTS_META, EIO, 0, 1);
    (void)group_run(fixture, &group);
    faults_reset();
    memcpy(token, group.batches[0]->report.token, sizeof(token));
    for (size_t i = 0; i < BATCHES; i++) {
        assert_status(group.batches[i]->status, KV_COMMIT_UNKNOWN);
        assert_memory_equal(group.batches[i]->report.token, token, sizeof(token));
        kv_prepared_free(group.batches[i]);
    }
    fixture_close(fixture);
    fixture_open(fixture);
    assert_status(kv_batch_outcome(fixture->db, token), KV_NOT_FOUND);
    for (size_t i = 0; i < BATCHES; i++)
        assert_false(is_there(fixture, fixture->ns, keys[i]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        LMDB_FAULTS_STORE_TEST("unit: in company", test_company),
        LMDB_FAULTS_STORE_TEST("unit: its transaction does not begin", test_begin_fails_alone),
        LMDB_FAULTS_STORE_TEST("sweep: once for a namespace", test_sweep_once),
        LMDB_FAULTS_STORE_TEST("sweep: fails for a unit", test_sweep_fails),
        LMDB_FAULTS_STORE_TEST("unit: outcome unknown", test_unknown),
    };

    run_rows(spoiled_rows, test_spoiled, lmdb_faults_setup, fixture_teardown);
    run_rows(refused_rows, test_refused, lmdb_faults_setup, fixture_teardown);
    run_rows(sweep_rows, test_sweep, lmdb_faults_setup, fixture_teardown);
    run_tests(tests);
    return run_all("group");
}
