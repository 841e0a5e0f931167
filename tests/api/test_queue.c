/* The queue of writers: batches that wait share the next commit, the queue is bounded, waits can
 * end early. The first fdatasync is held until the others are known to wait. */
#include "support/fixture.h"
#include "support/faults.h"
#include "support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WRITERS 8
#define KEYS 5
#define HOLD_US 20000

struct gate {
    _Atomic bool closed; /* The next fdatasync waits. */
    sem_t held, open;    /* Posted when one waits; it goes on when posted. */
};

struct writer {
    struct fixture *fixture;
    unsigned number;
    size_t value_size;
    pthread_t thread;
    _Atomic long tid; /* Set just before the call. */
    kv_status status;
    kv_report report;
};

static char value_bytes[100000];
static char unit_bytes[9000000]; /* Two do not fit a shared transaction. */

static void hold_first(void *ctx)
{
    struct gate *gate = ctx;

    if (!atomic_exchange(&gate->closed, false))
        return;
    (void)sem_post(&gate->held);
    while (sem_wait(&gate->open) != 0)
        continue;
}

static void gate_close(struct gate *gate)
{
    assert_int_equal(sem_init(&gate->held, 0, 0), 0);
    assert_int_equal(sem_init(&gate->open, 0, 0), 0);
    atomic_store(&gate->closed, true);
    faults_reset();
    faults_hook(FAULTS_FDATASYNC, hold_first, gate);
}

static void *write_batch(void *ctx)
{
    struct writer *writer = ctx;
    kv_op ops[KEYS];
    char keys[KEYS][24];

    for (unsigned i = 0; i < KEYS; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "w%u/k%u", writer->number, i);
        ops[i] = op_put(keys[i], "");
        ops[i].value = value_bytes;
        ops[i].value_size = writer->value_size;
    }
    writer->report = (kv_report)KV_REPORT_INIT;
    atomic_store(&writer->tid, syscall(SYS_gettid));
    writer->status =
        kv_batch(writer->fixture->db, writer->fixture->ns, ops, KEYS, NULL, NULL, &writer->report);
    return NULL;
}

static void writer_start(struct writer *writer, struct fixture *fixture, unsigned number)
{
    memset(writer, 0, sizeof(*writer));
    writer->fixture = fixture;
    writer->number = number;
    writer->value_size = 10;
    assert_int_equal(pthread_create(&writer->thread, NULL, write_batch, writer), 0);
}

/** Whether the thread sleeps in the kernel. */
static bool thread_sleeps(long tid)
{
    char path[64], text[256], state = '?';
    ssize_t size;
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (size <= 0)
        return false;
    text[size] = '\0';
    if (strrchr(text, ')') != NULL)
        state = strrchr(text, ')')[2];
    return state == 'S';
}

/** Until it is inside its call and has been asleep for several looks. */
static void wait_until_queued(_Atomic long *number)
{
    for (int asleep = 0; asleep < 5;) {
        long tid = atomic_load(number);

        asleep = tid != 0 && thread_sleeps(tid) ? asleep + 1 : 0;
        (void)usleep(1000);
    }
}

static kv_stats stats_of(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats;
}

static uint64_t commits(struct fixture *fixture)
{
    return stats_of(fixture).process_commits;
}

/** One writer, held in its fdatasync, and the others waiting behind it. */
static void writers_start(struct writer *writers, struct fixture *fixture, struct gate *gate)
{
    gate_close(gate);
    writer_start(&writers[0], fixture, 0);
    assert_int_equal(sem_wait(&gate->held), 0);
    for (unsigned i = 1; i < WRITERS; i++)
        writer_start(&writers[i], fixture, i);
    for (unsigned i = 1; i < WRITERS; i++)
        wait_until_queued(&writers[i].tid);
}

static void writers_end(struct writer *writers, struct gate *gate)
{
    (void)sem_post(&gate->open);
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
}

static void expect_keys(const struct writer *writer)
{
    for (unsigned i = 0; i < KEYS; i++) {
        char key[24];
        kv_snapshot *snapshot = fixture_snapshot(writer->fixture);
        kv_slice value;

        (void)snprintf(key, sizeof(key), "w%u/k%u", writer->number, i);
        assert_status(
            kv_get(snapshot, writer->fixture->ns, key, strlen(key), &writer->fixture->buf, &value),
            KV_OK);
        kv_snapshot_end(snapshot);
    }
}

static void expect_written(const struct writer *writer)
{
    assert_status(writer->status, KV_OK);
    assert_int_equal(writer->report.written, KEYS);
    assert_int_equal(writer->report.sequence_last - writer->report.sequence_first + 1, KEYS);
    expect_keys(writer);
}

static void test_group_commit(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    struct gate gate;
    uint64_t before = commits(fixture);

    writers_start(writers, fixture, &gate);
    writers_end(writers, &gate);
    assert_int_equal(commits(fixture) - before, 2); /* The first, and all that waited. */
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 2);
    assert_int_equal(faults_count(FAULTS_META), 2);
    faults_reset();
    for (unsigned i = 0; i < WRITERS; i++)
        expect_written(&writers[i]);
    for (unsigned i = 1; i < WRITERS; i++) /* Each has its own sequences, all in a row. */
        assert_true(writers[i].report.sequence_first > writers[0].report.sequence_last);
}

/** A shared transaction that fails is run again, batch by batch: nobody pays for another. */
static void test_group_fails(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    struct gate gate;

    writers_start(writers, fixture, &gate);
    faults_fail(FAULTS_FDATASYNC, EIO, 1, 1); /* Not the held one: the group's. */
    writers_end(writers, &gate);
    assert_int_equal(faults_fired(FAULTS_FDATASYNC), 1);
    faults_reset();
    for (unsigned i = 0; i < WRITERS; i++)
        expect_written(&writers[i]);
    fixture_put(fixture, "after", "1");
    fixture_expect(fixture, "after", "1");
}

/** Where the time of a commit goes: the leader's into its sync, the others' into their wait. */
static void test_stages(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    struct gate gate;
    kv_stats before = stats_of(fixture), after;
    uint64_t prepare_us = 0, wait_us = 0;

    writers_start(writers, fixture, &gate);
    (void)usleep(HOLD_US);
    writers_end(writers, &gate);
    faults_reset();
    after = stats_of(fixture);
    for (unsigned i = 0; i < WRITERS; i++) {
        const kv_report *report = &writers[i].report;

        expect_written(&writers[i]);
        prepare_us += report->prepare_us;
        wait_us += report->wait_us;
        if (i > 0)
            assert_true(report->wait_us >= HOLD_US);
    }
    assert_true(writers[0].report.sync_us >= HOLD_US);
    assert_int_equal(after.process_prepare_us - before.process_prepare_us, prepare_us);
    assert_int_equal(after.process_wait_us - before.process_wait_us, wait_us);
    /* Of a group each report says what all of it took, the process's sums count it once. */
    assert_int_equal(after.process_sync_us - before.process_sync_us,
                     writers[0].report.sync_us + writers[1].report.sync_us);
    assert_int_equal(after.process_apply_us - before.process_apply_us,
                     writers[0].report.apply_us + writers[1].report.apply_us);
}

/** Nobody is cancelled inside, neither who leads nor who waits: the others would wait for ever. */
static void test_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    struct gate gate;
    kv_op op = op_put("after", "1");

    writers_start(writers, fixture, &gate);
    for (unsigned i = 0; i < WRITERS; i += 3)
        assert_int_equal(pthread_cancel(writers[i].thread), 0);
    writers_end(writers, &gate);
    faults_reset();
    for (unsigned i = 0; i < WRITERS; i++) {
        expect_keys(&writers[i]);
        if (i % 3 != 0)
            expect_written(&writers[i]);
    }
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

/** A batch of far more than the bound, whatever it is reckoned to weigh. */
static void expect_busy(struct fixture *fixture, const kv_op *op)
{
    enum { COUNT = 10 };
    kv_op ops[COUNT];
    kv_verdict verdicts[COUNT];
    kv_report report = KV_REPORT_INIT;

    for (size_t i = 0; i < COUNT; i++)
        ops[i] = *op;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT, NULL, verdicts, &report), KV_BUSY);
    for (size_t i = 0; i < COUNT; i++)
        assert_status(verdicts[i].status, KV_BUSY);
    assert_status(report.error.status, KV_BUSY);
}

static void test_busy(void **state)
{
    struct fixture *fixture = *state;
    struct writer first, second;
    struct gate gate;
    kv_op op = op_put("refused", "");
    kv_verdict verdict;
    struct rng rng = {2};

    rng_fill(&rng, value_bytes, sizeof(value_bytes));
    fixture->options.queue_bytes_max = 300000;
    fixture_create(fixture, NULL);
    gate_close(&gate);
    writer_start(&first, fixture, 0);
    assert_int_equal(sem_wait(&gate.held), 0);
    writer_start(&second, fixture, 1);
    wait_until_queued(&second.tid);
    op.value = value_bytes;
    op.value_size = sizeof(value_bytes);
    expect_busy(fixture, &op);
    (void)sem_post(&gate.open);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    assert_int_equal(pthread_join(second.thread, NULL), 0);
    faults_reset();
    expect_written(&first);
    expect_written(&second);
    fixture_expect_absent(fixture, "refused");
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
}

static void test_timeout(void **state)
{
    struct fixture *fixture = *state;
    struct writer first;
    struct gate gate;
    kv_op op = op_put("late", "1");
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdict;
    kv_report report = KV_REPORT_INIT;

    gate_close(&gate);
    writer_start(&first, fixture, 0);
    assert_int_equal(sem_wait(&gate.held), 0);
    options.write_wait_ms = 5;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, &options, &verdict, &report),
                  KV_TIMEOUT);
    assert_status(verdict.status, KV_TIMEOUT);
    assert_int_equal(report.written, 0);
    (void)sem_post(&gate.open);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    faults_reset();
    expect_written(&first);
    fixture_expect_absent(fixture, "late");
    options.write_wait_ms = 60000;
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, &options, &verdict, NULL), KV_OK);
    fixture_expect(fixture, "late", "1");
}

/** A unit waits as its first batch was told to, and is late as a whole. */
static void test_timeout_together(void **state)
{
    struct fixture *fixture = *state;
    struct writer first;
    struct gate gate;
    kv_op ops[2] = {op_put("late-1", "1"), op_put("late-2", "1")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report reports[2] = {KV_REPORT_INIT, KV_REPORT_INIT};
    kv_prepared *batches[2];
    kv_verdict verdicts[2];

    gate_close(&gate);
    writer_start(&first, fixture, 0);
    assert_int_equal(sem_wait(&gate.held), 0);
    options.flags = KV_TOGETHER;
    for (size_t i = 0; i < 2; i++) {
        options.write_wait_ms = i == 0 ? 5 : 0;
        assert_status(
            kv_prepare(fixture->db, fixture->ns, &ops[i], 1, &options, &verdicts[i], &batches[i]),
            KV_OK);
    }
    assert_status(kv_commit(fixture->db, batches, 2, reports), KV_TIMEOUT);
    (void)sem_post(&gate.open);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    faults_reset();
    expect_written(&first);
    for (size_t i = 0; i < 2; i++) {
        assert_status(verdicts[i].status, KV_TIMEOUT);
        assert_status(reports[i].error.status, KV_TIMEOUT);
        fixture_expect_absent(fixture, i == 0 ? "late-1" : "late-2");
        kv_prepared_free(batches[i]);
    }
}

/* A unit that comes to a queue where others wait. */
struct unit_writer {
    struct fixture *fixture;
    kv_status status;
    _Atomic long tid;
};

static void *write_unit(void *ctx)
{
    struct unit_writer *writer = ctx;
    kv_op ops[2] = {op_put("unit-1", ""), op_put("unit-2", "")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_prepared *batches[2] = {NULL, NULL};

    options.flags = KV_TOGETHER;
    options.limits.value_size_max = options.limits.batch_size_max = (uint64_t)20 << 20;
    for (size_t i = 0; i < 2; i++) {
        ops[i].value = unit_bytes;
        ops[i].value_size = sizeof(unit_bytes);
        if (kv_prepare(writer->fixture->db, writer->fixture->ns, &ops[i], 1, &options, NULL,
                       &batches[i]) != KV_OK)
            return NULL;
    }
    atomic_store(&writer->tid, syscall(SYS_gettid));
    writer->status = kv_commit(writer->fixture->db, batches, 2, NULL);
    for (size_t i = 0; i < 2; i++)
        kv_prepared_free(batches[i]);
    return NULL;
}

/** A unit goes whole into a shared transaction, or, where it is too large, into one of its own. */
static void test_unit_in_company(void **state)
{
    struct fixture *fixture = *state;
    struct unit_writer unit = {.fixture = fixture, .status = KV_INVALID};
    struct writer first, second;
    struct gate gate;
    struct rng rng = {4};
    uint64_t before = commits(fixture);
    pthread_t thread;

    rng_fill(&rng, unit_bytes, sizeof(unit_bytes));
    gate_close(&gate);
    writer_start(&first, fixture, 0);
    assert_int_equal(sem_wait(&gate.held), 0);
    writer_start(&second, fixture, 1);
    wait_until_queued(&second.tid);
    assert_int_equal(pthread_create(&thread, NULL, write_unit, &unit), 0);
    wait_until_queued(&unit.tid);
    (void)sem_post(&gate.open);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    assert_int_equal(pthread_join(second.thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    faults_reset();
    assert_status(unit.status, KV_OK);
    expect_written(&second);
    assert_int_equal(commits(fixture) - before, 3); /* Together they have 18 MB. */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FAULTS_STORE_TEST("queue: batches that wait share a commit", test_group_commit),
        FAULTS_STORE_TEST("queue: a shared transaction that fails", test_group_fails),
        FAULTS_STORE_TEST("queue: the stages of a commit", test_stages),
        FAULTS_STORE_TEST("queue: threads that are cancelled", test_cancelled),
        FAULTS_EMPTY_TEST("queue: bounded in bytes", test_busy),
        FAULTS_STORE_TEST("queue: a wait that ends", test_timeout),
        FAULTS_STORE_TEST("queue: a unit's wait that ends", test_timeout_together),
        FAULTS_STORE_TEST("queue: a large unit behind others", test_unit_in_company),
    };

    run_tests(tests);
    return run_all("api: queue");
}
