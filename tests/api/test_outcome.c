/* A commit that fails at any of its system calls, in any way: the store opens afterwards, it holds
 * the old state or the new one, and kv_batch_outcome() knows which. */
#include "support/fixture.h"
#include "support/child.h"
#include "support/faults.h"
#include "support/random.h"
#include "support/recount.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SITES_MAX 12 /* Calls of one kind in a commit of these sizes, at most. */

/* Values that are one page's part, a page, a run of pages, pieces. */
static const size_t sizes[] = {9, 700, 3000, 9000, 40000, 70000, 300000, 700000};
static char noise[700000];

enum { NOT_WRITTEN, WRITTEN, SHORT };

static const struct row {
    const char *name;
    enum faults_call call;
    int how;        /* What the failing call did with its bytes. */
    int os_errno;   /* Or the bytes that a short write wrote. */
    bool is_lazy;   /* The meta page goes by an ordinary pwrite. */
    bool no_repair; /* What LMDB writes over a failed meta page fails too. */
    bool may_apply;
} rows[] = {
    {"outcome: EIO in pwrite", FAULTS_PWRITE, NOT_WRITTEN, EIO, false, false, false},
    {"outcome: ENOSPC in pwrite", FAULTS_PWRITE, NOT_WRITTEN, ENOSPC, false, false, false},
    {"outcome: a short pwrite", FAULTS_PWRITE, SHORT, 100, false, false, false},
    {"outcome: EIO in pwritev", FAULTS_WRITEV, NOT_WRITTEN, EIO, false, false, false},
    {"outcome: ENOSPC in pwritev", FAULTS_WRITEV, NOT_WRITTEN, ENOSPC, false, false, false},
    {"outcome: EIO after pwritev wrote", FAULTS_WRITEV, WRITTEN, EIO, false, false, false},
    {"outcome: a short pwritev", FAULTS_WRITEV, SHORT, 5000, false, false, false},
    {"outcome: EIO in fdatasync", FAULTS_FDATASYNC, NOT_WRITTEN, EIO, false, false, false},
    {"outcome: ENOSPC in fdatasync", FAULTS_FDATASYNC, NOT_WRITTEN, ENOSPC, false, false, false},
    {"outcome: EIO for the meta page", FAULTS_META, NOT_WRITTEN, EIO, false, false, false},
    {"outcome: ENOSPC for the meta page", FAULTS_META, NOT_WRITTEN, ENOSPC, false, false, false},
    {"outcome: a meta page cut after 1 byte", FAULTS_META, SHORT, 1, false, false, false},
    {"outcome: a meta page cut after 60 bytes", FAULTS_META, SHORT, 60, false, false, false},
    {"outcome: a meta page cut before its number", FAULTS_META, SHORT, 112, false, false, false},
    {"outcome: a meta page cut at its last byte", FAULTS_META, SHORT, 119, false, false, false},
    {"outcome: EIO after the meta page was written", FAULTS_META, WRITTEN, EIO, false, false,
     false},
    {"outcome: the same, and no repair", FAULTS_META, WRITTEN, EIO, false, true, true},
    {"outcome: cut at its last byte, and no repair", FAULTS_META, SHORT, 119, false, true, true},
    {"outcome: cut before its number, and no repair", FAULTS_META, SHORT, 112, false, true, false},
    {"outcome: cut after 60 bytes, and no repair", FAULTS_META, SHORT, 60, false, true, false},
    {"outcome, lazy: EIO in pwrite", FAULTS_PWRITE, NOT_WRITTEN, EIO, true, false, false},
    {"outcome, lazy: a short pwrite", FAULTS_PWRITE, SHORT, 60, true, false, false},
    {"outcome, lazy: EIO after pwrite wrote", FAULTS_PWRITE, WRITTEN, EIO, true, false, false},
    {"outcome, lazy: EIO in fdatasync", FAULTS_FDATASYNC, NOT_WRITTEN, EIO, true, false, false},
};

struct sweep {
    struct fixture *fixture;
    const struct row *row;
    kv_ns other;
    int round, unknown, applied, written;
};

static void fail_repair(void *ctx)
{
    (void)ctx;
    faults_fail(FAULTS_PWRITE, EIO, 0, FAULTS_FOR_EVER);
}

static void plan_make(const struct row *row, uint64_t site)
{
    faults_reset();
    if (row->how == SHORT)
        faults_short(row->call, (size_t)row->os_errno, site);
    else if (row->how == WRITTEN)
        faults_fail_after(row->call, row->os_errno, site, 1);
    else
        faults_fail(row->call, row->os_errno, site, 1);
    if (row->no_repair)
        faults_hook(FAULTS_META, fail_repair, NULL);
}

static bool is_there(struct fixture *fixture, const char *key, size_t size)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_slice value = {NULL, 0};
    kv_status status = kv_get(snapshot, fixture->ns, key, strlen(key), &fixture->buf, &value);
    bool is_found = status == KV_OK;

    if (is_found) {
        assert_int_equal(value.size, size);
        assert_memory_equal(value.data, noise, size);
    } else {
        assert_status(status, KV_NOT_FOUND);
    }
    kv_snapshot_end(snapshot);
    return is_found;
}

/* The commit failed: what became of it must be known, now or after the store is opened anew, and
   must stay so. */
static void outcome_check(struct sweep *sweep, kv_status status, const char *key, size_t size,
                          const uint64_t token[2])
{
    struct fixture *fixture = sweep->fixture;
    kv_status outcome;

    if (status == KV_COMMIT_UNKNOWN) {
        sweep->unknown++;
        fixture_close(fixture);
        assert_int_equal(support_recount(fixture->path), 0);
        fixture_open(fixture);
    } else {
        assert_true(status == KV_IO || status == KV_DISK_FULL);
    }
    outcome = kv_batch_outcome(fixture->db, token);
    if (status != KV_COMMIT_UNKNOWN)
        assert_status(outcome, KV_NOT_FOUND);
    else
        assert_true(outcome == KV_OK || outcome == KV_NOT_FOUND);
    assert_int_equal(is_there(fixture, key, size), outcome == KV_OK);
    sweep->applied += outcome == KV_OK;
    fixture_put(fixture, "after", key);
    assert_status(kv_batch_outcome(fixture->db, token), outcome);
    assert_int_equal(is_there(fixture, key, size), outcome == KV_OK);
}

/* In one transaction: put a value of that size, and count in the other namespace. */
static kv_status put_and_count(struct sweep *sweep, const kv_op *put, uint64_t token[2])
{
    struct fixture *fixture = sweep->fixture;
    kv_op count = op_add("count", 1);
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report reports[2] = {KV_REPORT_INIT, KV_REPORT_INIT};
    kv_prepared *batches[2];
    kv_status status;

    options.flags = KV_TOGETHER;
    assert_status(kv_prepare(fixture->db, fixture->ns, put, 1, &options, NULL, &batches[0]), KV_OK);
    assert_status(kv_prepare(fixture->db, sweep->other, &count, 1, &options, NULL, &batches[1]),
                  KV_OK);
    status = kv_commit(fixture->db, batches, 2, reports);
    for (size_t i = 0; i < 2; i++) {
        assert_status(reports[i].error.status, status);
        assert_memory_equal(reports[i].token, reports[0].token, sizeof(reports[0].token));
        kv_prepared_free(batches[i]);
    }
    memcpy(token, reports[0].token, sizeof(reports[0].token));
    return status;
}

/* The other namespace has counted what is in the first. */
static void expect_counted(struct sweep *sweep)
{
    kv_snapshot *snapshot = fixture_snapshot(sweep->fixture);
    char text[24] = "0", want[24];
    size_t size = 1;
    kv_status status = kv_get_into(snapshot, sweep->other, "count", 5, text, sizeof(text), &size);

    kv_snapshot_end(snapshot);
    assert_true(status == KV_OK || status == KV_NOT_FOUND);
    text[size] = '\0';
    (void)snprintf(want, sizeof(want), "%d", sweep->written);
    assert_string_equal(text, want);
}

/* Put a value of that size while the call of that number fails. false: there is no such call. */
static bool site_try(struct sweep *sweep, size_t size, uint64_t site)
{
    struct fixture *fixture = sweep->fixture;
    bool is_fired;
    kv_status status;
    uint64_t token[2];
    char key[32];
    kv_op op;

    (void)snprintf(key, sizeof(key), "k%d", sweep->round++);
    op = op_put(key, "");
    op.value = noise;
    op.value_size = size;
    plan_make(sweep->row, site);
    status = put_and_count(sweep, &op, token);
    is_fired = faults_fired(sweep->row->call) > 0;
    faults_reset();
    if (status == KV_OK)
        assert_true(is_there(fixture, key, size));
    else
        outcome_check(sweep, status, key, size, token);
    sweep->written += is_there(fixture, key, size);
    expect_counted(sweep);
    return is_fired;
}

static void test_sweep(void **state)
{
    struct fixture *fixture = *state;
    struct sweep sweep = {.fixture = fixture, .row = fixture->row};
    int fired = 0;

    fixture->options.sync = sweep.row->is_lazy ? KV_SYNC_LAZY : KV_SYNC_FULL;
    fixture_create(fixture, NULL);
    fixture_put(fixture, "kept", "1");
    assert_status(kv_namespace_create(fixture->db, "other", 5, &sweep.other), KV_OK);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t site = 0;
        while (site < SITES_MAX && site_try(&sweep, sizes[i], site))
            site++;
        fired += (int)site;
    }
    fixture_expect(fixture, "kept", "1");
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
    assert_true(fired > 0);
    if (sweep.row->call == FAULTS_META)
        assert_int_equal(sweep.unknown, fired);
    assert_int_equal(sweep.applied > 0, sweep.row->may_apply);
}

/* ---- With another process that has the store open, and does not know of the failure */

static const struct company {
    const char *name;
    bool other_writes; /* The other process, before this one opens it anew. */
    bool write_fails;  /* This one's first write afterwards, when its pages are written. */
    bool is_killed;    /* The other does not close. */
} companies[] = {
    {"outcome, in company: nobody writes", false, false, false},
    {"outcome, in company: the other writes", true, false, false},
    {"outcome, in company: a write fails", false, true, false},
    {"outcome, in company: a write fails, the other is killed", false, true, true},
    {"outcome, in company: the other writes, a write fails", true, true, false},
};

struct other {
    struct fixture *fixture;
    int orders[2], answers[2]; /* Pipes. */
};

/* Opens it, then puts a key for each byte, until the orders end. */
static int other_process(void *ctx)
{
    struct other *other = ctx;
    struct fixture *fixture = other->fixture;
    kv_op op = op_put("other", "");
    kv_db *db = NULL;
    char byte = 'x';

    (void)close(other->orders[1]);
    op.value = noise;
    op.value_size = 9000;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    do {
        if (write(other->answers[1], &byte, 1) != 1)
            return 2;
        if (read(other->orders[0], &byte, 1) != 1)
            break;
    } while (kv_put(db, fixture->ns, &op, NULL) == KV_OK);
    kv_close(db);
    return 0;
}

static void answer_await(const struct other *other)
{
    char byte;

    assert_int_equal(read(other->answers[0], &byte, 1), 1);
}

/* A put of which the meta page was written, but neither told so nor taken back. */
static void put_unknown(struct fixture *fixture, uint64_t token[2])
{
    static const struct row written = {"", FAULTS_META, WRITTEN, EIO, false, true, true};
    kv_report report = KV_REPORT_INIT;
    kv_op op = op_put("unsure", "");

    op.value = noise;
    op.value_size = 9000;
    plan_make(&written, 0);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report),
                  KV_COMMIT_UNKNOWN);
    faults_reset();
    memcpy(token, report.token, sizeof(report.token));
}

/** The other process goes by the state before. So the new one is withdrawn before a page of it is
 *  written to, and what was answered once stays so. */
static void test_in_company(void **state)
{
    struct fixture *fixture = *state;
    const struct company *company = fixture->row;
    struct other other = {.fixture = fixture};
    uint64_t token[2];
    kv_status outcome;
    pid_t child;

    fixture_put(fixture, "kept", "1");
    fixture_close(fixture);
    assert_int_equal(pipe(other.orders), 0);
    assert_int_equal(pipe(other.answers), 0);
    child = child_start(other_process, &other);
    answer_await(&other);
    fixture_open(fixture);
    put_unknown(fixture, token);
    if (company->other_writes) {
        assert_int_equal(write(other.orders[1], "p", 1), 1);
        answer_await(&other);
    }
    fixture_close(fixture);
    fixture_open(fixture);
    outcome = kv_batch_outcome(fixture->db, token);
    assert_true(outcome == KV_OK || outcome == KV_NOT_FOUND);
    assert_int_equal(is_there(fixture, "unsure", 9000), outcome == KV_OK);
    if (company->write_fails) {
        kv_op op = op_put("failing", "");
        op.value = noise;
        op.value_size = 40000;
        faults_fail(FAULTS_FDATASYNC, EIO, 0, 1);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_IO);
        faults_reset();
    }
    if (company->is_killed)
        (void)kill(child, SIGKILL);
    (void)close(other.orders[1]);
    if (company->is_killed)
        assert_int_equal(waitpid(child, NULL, 0), child);
    else
        assert_int_equal(child_wait(child), 0);
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
    fixture_open(fixture);
    assert_status(kv_batch_outcome(fixture->db, token), outcome);
    assert_int_equal(is_there(fixture, "unsure", 9000), outcome == KV_OK);
    fixture_expect_absent(fixture, "failing"); /* KV_IO: nothing of it. */
    fixture_expect(fixture, "kept", "1");
    fixture_put(fixture, "after", "2");
    (void)close(other.orders[0]);
    (void)close(other.answers[0]);
    (void)close(other.answers[1]);
}

/** Until it is withdrawn nobody writes; who opens to write is refused. */
static void test_not_withdrawn(void **state)
{
    static const enum faults_call calls[] = {FAULTS_PWRITE, FAULTS_FDATASYNC};
    struct fixture *fixture = *state;
    struct other other = {.fixture = fixture};
    uint64_t token[2];
    pid_t child;

    fixture_put(fixture, "kept", "1");
    fixture_close(fixture);
    assert_int_equal(pipe(other.orders), 0);
    assert_int_equal(pipe(other.answers), 0);
    child = child_start(other_process, &other);
    answer_await(&other);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        fixture_open(fixture);
        put_unknown(fixture, token);
        fixture_close(fixture);
        faults_fail(calls[i], EIO, 0, 1);
        assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL), KV_IO);
        assert_int_equal(faults_fired(calls[i]), 1);
        faults_reset();
        fixture_open(fixture);
        assert_status(kv_batch_outcome(fixture->db, token), KV_NOT_FOUND);
        fixture_put(fixture, "kept", "1");
        fixture_close(fixture);
    }
    (void)close(other.orders[1]);
    assert_int_equal(child_wait(child), 0);
    assert_int_equal(support_recount(fixture->path), 0);
    (void)close(other.orders[0]);
    (void)close(other.answers[0]);
    (void)close(other.answers[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FAULTS_STORE_TEST("outcome, in company: it cannot be taken back", test_not_withdrawn),
    };
    struct rng rng = {31};

    rng_fill(&rng, noise, sizeof(noise));
    run_rows(rows, test_sweep, faults_setup_empty, fixture_teardown);
    run_rows(companies, test_in_company, faults_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: outcome");
}
