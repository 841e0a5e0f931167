/* kv_commit() that does not get as far as the queue: what the verdicts and reports then say, and
 * reports of a caller with another header. */
#include "support/fixture.h"
#include "support/faults.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCHES 3

/* Batches of one put each, prepared, with reports that say nothing yet. */
struct batches {
    kv_op ops[BATCHES];
    kv_verdict verdicts[BATCHES];
    kv_prepared *prepared[BATCHES];
    kv_report reports[BATCHES];
};

static void prepare(struct batches *b, struct fixture *fixture)
{
    static const char *const keys[BATCHES] = {"a", "b", "c"};

    memset(b->reports, 0x5A, sizeof(b->reports));
    for (size_t i = 0; i < BATCHES; i++) {
        b->ops[i] = op_put(keys[i], "1");
        b->reports[i].size = sizeof(b->reports[i]);
        assert_status(kv_prepare(fixture->db, fixture->ns, &b->ops[i], 1, NULL, &b->verdicts[i],
                                 &b->prepared[i]),
                      KV_OK);
        assert_status(b->verdicts[i].status, KV_OK);
    }
}

static void release(struct batches *b)
{
    for (size_t i = 0; i < BATCHES; i++)
        kv_prepared_free(b->prepared[i]);
}

static bool says(const struct batches *b, size_t i, kv_status status)
{
    return b->verdicts[i].status == status && b->reports[i].size == sizeof(b->reports[i]) &&
           b->reports[i].error.status == status && b->reports[i].written == 0 &&
           b->reports[i].failed == 1 && b->reports[i].first_failed == 0 &&
           b->reports[i].sequence_last == 0;
}

static void test_reopen_needed(void **state)
{
    struct fixture *fixture = *state;
    struct batches b;
    kv_op op = op_put("unsure", "1");

    prepare(&b, fixture);
    faults_reset();
    faults_fail(FAULTS_META, EIO, 0, 1);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_COMMIT_UNKNOWN);
    faults_reset();
    assert_status(kv_commit(fixture->db, b.prepared, BATCHES, b.reports), KV_REOPEN_NEEDED);
    for (size_t i = 0; i < BATCHES; i++)
        assert_true(says(&b, i, KV_REOPEN_NEEDED));
    release(&b);
}

static void test_forked(void **state)
{
    struct fixture *fixture = *state;
    struct batches b;
    pid_t child;
    int status = 0;

    prepare(&b, fixture);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool ok = kv_commit(fixture->db, b.prepared, BATCHES, b.reports) == KV_FORKED;
        for (size_t i = 0; i < BATCHES; i++)
            ok = ok && says(&b, i, KV_FORKED);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_status(kv_commit(fixture->db, b.prepared, BATCHES, b.reports), KV_OK);
    fixture_expect(fixture, "c", "1");
    release(&b);
}

/* Each row makes a list of three that holds one batch it must not. */
static void spoil_null(kv_prepared **list)
{
    list[1] = NULL;
}
static void spoil_twice(kv_prepared **list)
{
    list[2] = list[0];
}

static const struct row {
    const char *name;
    void (*spoil)(kv_prepared **list);
} rows[] = {
    {"commit: a list with NULL", spoil_null},
    {"commit: a list with one batch twice", spoil_twice},
};

static void test_bad_list(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_prepared *list[BATCHES];
    struct batches b;

    prepare(&b, fixture);
    memcpy(list, b.prepared, sizeof(list));
    row->spoil(list);
    assert_status(kv_commit(fixture->db, list, BATCHES, b.reports), KV_INVALID);
    for (size_t i = 0; i < BATCHES; i++) {
        assert_status(b.reports[i].error.status, KV_INVALID);
        assert_int_equal(b.reports[i].written, 0);
        assert_int_equal(b.reports[i].failed, list[i] != NULL);
        if (list[i] == b.prepared[i]) {
            assert_status(b.verdicts[i].status, KV_INVALID);
            /* It had its commit: its verdicts said that nothing was written. */
            assert_status(kv_commit(fixture->db, &list[i], 1, NULL), KV_INVALID);
        } else {
            assert_status(b.verdicts[i].status, KV_OK); /* Not in the list. */
        }
    }
    fixture_expect_absent(fixture, "a");
    release(&b);
}

/** What was written keeps its verdicts, though the batch is given once more. */
static void test_committed_before(void **state)
{
    struct fixture *fixture = *state;
    struct batches b;

    prepare(&b, fixture);
    assert_status(kv_commit(fixture->db, &b.prepared[1], 1, &b.reports[1]), KV_OK);
    assert_status(kv_commit(fixture->db, b.prepared, BATCHES, b.reports), KV_INVALID);
    assert_true(says(&b, 0, KV_INVALID));
    assert_true(says(&b, 2, KV_INVALID));
    assert_status(b.verdicts[1].status, KV_OK);
    assert_status(b.reports[1].error.status, KV_INVALID);
    fixture_expect(fixture, "b", "1");
    fixture_expect_absent(fixture, "a");
    release(&b);
}

static void test_of_another_store(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    kv_db *ours = fixture->db, *other = NULL;
    struct batches b;

    tempdir_join(path, fixture->root, "other");
    assert_status(kv_open(path, &fixture->options, NULL, &other, NULL), KV_OK);
    prepare(&b, fixture);
    assert_status(kv_commit(other, b.prepared, BATCHES, b.reports), KV_INVALID);
    assert_status(b.reports[0].error.status, KV_INVALID);
    assert_status(b.verdicts[0].status, KV_OK); /* Nothing became of it. */
    assert_status(kv_commit(ours, b.prepared, BATCHES, b.reports), KV_OK);
    release(&b);
    kv_close(other);
}

/* ---- Reports of a caller with a newer header: larger items */

struct newer {
    kv_report report;
    uint64_t later[3];
};

static void test_newer_reports(void **state)
{
    struct fixture *fixture = *state;
    struct newer reports[BATCHES];
    struct batches b;

    prepare(&b, fixture);
    memset(reports, 0x5A, sizeof(reports));
    for (size_t i = 0; i < BATCHES; i++)
        reports[i].report.size = sizeof(reports[i]);
    assert_status(kv_commit(fixture->db, b.prepared, BATCHES, &reports[0].report), KV_OK);
    for (size_t i = 0; i < BATCHES; i++) {
        assert_int_equal(reports[i].report.size, sizeof(reports[i]));
        assert_int_equal(reports[i].report.written, 1);
        assert_status(reports[i].report.error.status, KV_OK);
        assert_true(reports[i].later[0] == UINT64_C(0x5A5A5A5A5A5A5A5A));
    }
    release(&b);
}

static const struct size {
    const char *name;
    size_t first, last; /* Sizes that the first and the last report carry. */
} sizes[] = {
    {"reports: size 0", 0, 0},
    {"reports: one byte less than 0.1 shipped", sizeof(kv_report) - 1, sizeof(kv_report) - 1},
    {"reports: a size that no array can have", sizeof(kv_report) + 1, sizeof(kv_report) + 1},
    {"reports: SIZE_MAX", SIZE_MAX, SIZE_MAX},
    {"reports: the last has another size", sizeof(kv_report), sizeof(kv_report) + 8},
    {"reports: the last has none", sizeof(kv_report), 0},
};

static void test_report_sizes(void **state)
{
    struct fixture *fixture = *state;
    const struct size *row = fixture->row;
    struct batches b;

    prepare(&b, fixture);
    b.reports[0].size = row->first;
    b.reports[BATCHES - 1].size = row->last;
    assert_status(kv_commit(fixture->db, b.prepared, BATCHES, b.reports), KV_INVALID);
    for (size_t i = 0; i < BATCHES; i++)
        assert_status(b.verdicts[i].status, KV_INVALID);
    assert_int_equal((unsigned char)b.reports[1].error.message[0], 0x5A); /* Not touched. */
    fixture_expect_absent(fixture, "a");
    release(&b);
}

/* ---- Counts that no array has */

static const struct count {
    const char *name;
    size_t count;
} counts[] = {
    {"count: one more than the ceiling", KV_BATCH_COUNT_CEILING + 1},
    {"count: of operations that fill the memory", SIZE_MAX / sizeof(kv_op) + 2},
    {"count: of pointers that fill the memory", SIZE_MAX / sizeof(void *) + 2},
    {"count: SIZE_MAX", SIZE_MAX},
};

static void test_counts(void **state)
{
    struct fixture *fixture = *state;
    const struct count *row = fixture->row;
    kv_op op = op_put("a", "1");
    kv_verdict verdict = {.status = KV_CANCELLED};
    kv_report report = KV_REPORT_INIT;
    kv_prepared *prepared = NULL;
    kv_slice key = {"a", 1};
    kv_entry entry = {.status = KV_CANCELLED};
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kv_batch(fixture->db, fixture->ns, &op, row->count, NULL, &verdict, &report),
                  KV_TOO_MANY_KEYS);
    assert_status(report.error.status, KV_TOO_MANY_KEYS);
    assert_status(kv_prepare(fixture->db, fixture->ns, &op, row->count, NULL, &verdict, &prepared),
                  KV_TOO_MANY_KEYS);
    assert_null(prepared);
    assert_status(verdict.status, KV_CANCELLED); /* Not touched. */
    assert_status(kv_get_many(snapshot, fixture->ns, &key, row->count, 0, &fixture->buf, &entry),
                  KV_TOO_MANY_KEYS);
    assert_status(entry.status, KV_CANCELLED);
    kv_snapshot_end(snapshot);
    assert_status(kv_prepare(fixture->db, fixture->ns, &op, 1, NULL, &verdict, &prepared), KV_OK);
    report.written = 77;
    assert_status(kv_commit(fixture->db, &prepared, row->count, &report), KV_INVALID);
    assert_int_equal(report.written, 77); /* Not touched: */
    assert_status(kv_commit(fixture->db, &prepared, 1, &report), KV_OK);
    kv_prepared_free(prepared);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("commit: on a handle that is unusable", test_reopen_needed),
        STORE_TEST("commit: in a forked child", test_forked),
        STORE_TEST("commit: a list with one that was committed", test_committed_before),
        STORE_TEST("commit: a list of another store's", test_of_another_store),
        STORE_TEST("reports: of a newer header", test_newer_reports),
    };

    run_rows(rows, test_bad_list, fixture_setup, fixture_teardown);
    run_rows(sizes, test_report_sizes, fixture_setup, fixture_teardown);
    run_rows(counts, test_counts, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: commit");
}
