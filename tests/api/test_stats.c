/* Statistics: facts of the store, counters of the process, and their Prometheus text. */
#include "support/faults.h"
#include "support/fixture.h"
#include "support/holder.h"
#include "support/random.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMITS 3000

static kv_stats stats_now(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats;
}

static void test_store_facts(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("key", "value");
    kv_stats stats = stats_now(fixture);
    kv_ns id;

    assert_int_equal(stats.store_namespaces, 1);
    assert_int_equal(stats.store_keys, 0);
    assert_int_equal(stats.store_sequence, kv_sequence(fixture->db));
    op.metadata = "mm";
    op.metadata_size = 2;
    op.flags = KV_OP_TTL;
    op.ttl_s = 100;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_put(fixture, "b", "");
    assert_status(kv_namespace_create(fixture->db, "second", 6, &id), KV_OK);
    stats = stats_now(fixture);
    assert_int_equal(stats.store_namespaces, 2);
    assert_int_equal(stats.store_keys, 2);
    assert_int_equal(stats.store_key_bytes, 4);
    assert_int_equal(stats.store_value_bytes, 5);
    assert_int_equal(stats.store_metadata_bytes, 2);
    assert_int_equal(stats.store_stored_bytes, 5);
    assert_int_equal(stats.store_expiring, 1);
    assert_int_equal(stats.store_sequence, kv_sequence(fixture->db));
    assert_true(stats.store_map_size_max == KV_MAP_SIZE_DEFAULT);
    assert_true(stats.store_page_size >= 4096);
    assert_true(stats.store_pages_used > 2);
    assert_true(stats.store_file_bytes >= stats.store_pages_used * stats.store_page_size);
    assert_true(stats.store_readers_max >= 126);
    assert_true(stats.store_epoch != 0);
}

static void test_process_counters(void **state)
{
    struct fixture *fixture = *state;
    kv_op bad = op_put("a b", "x");
    kv_stats before = stats_now(fixture), after;

    fixture_put(fixture, "a", "12345");
    assert_status(kv_put(fixture->db, fixture->ns, &bad, NULL), KV_KEY_MALFORMED);
    fixture_expect(fixture, "a", "12345");
    fixture_expect_absent(fixture, "nothing");
    after = stats_now(fixture);
    assert_int_equal(after.process_written - before.process_written, 1);
    assert_int_equal(after.process_failed - before.process_failed, 1);
    assert_int_equal(after.process_batches - before.process_batches, 2);
    assert_int_equal(after.process_commits - before.process_commits, 1);
    assert_int_equal(after.process_bytes_given - before.process_bytes_given, 6);
    assert_int_equal(after.process_gets - before.process_gets, 2);
    assert_int_equal(after.process_hits - before.process_hits, 1);
    assert_int_equal(after.process_bytes_read - before.process_bytes_read, 5);
    assert_true(after.process_snapshots >= 1);
}

/** The counters of batches are the sums of their reports. */
static void test_batch_counters(void **state)
{
    struct fixture *fixture = *state;
    static char text[5000];
    kv_op ops[2] = {op_put("a", ""), op_put("b", "12345")};
    kv_report sum = {0};
    kv_stats before = stats_now(fixture), after;

    memset(text, 't', sizeof(text));
    ops[0].value = text;
    ops[0].value_size = sizeof(text);
    for (int i = 0; i < 20; i++) {
        kv_report report = KV_REPORT_INIT;
        assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, &report), KV_OK);
        sum.bytes_stored += report.bytes_stored;
        sum.prepare_us += report.prepare_us;
        sum.wait_us += report.wait_us;
        sum.apply_us += report.apply_us;
        sum.sync_us += report.sync_us;
    }
    after = stats_now(fixture);
    assert_in_range(sum.bytes_stored, 20 * 6, 20 * 1000);
    assert_int_equal(after.process_bytes_given - before.process_bytes_given, 20 * 5007);
    assert_int_equal(after.process_bytes_stored - before.process_bytes_stored, sum.bytes_stored);
    assert_int_equal(after.process_prepare_us - before.process_prepare_us, sum.prepare_us);
    assert_int_equal(after.process_wait_us - before.process_wait_us, sum.wait_us);
    assert_int_equal(after.process_apply_us - before.process_apply_us, sum.apply_us);
    assert_int_equal(after.process_sync_us - before.process_sync_us, sum.sync_us);
    assert_true(sum.prepare_us + sum.apply_us + sum.sync_us > 0);
}

/* A writer that stays in its first commit until it is let go on. */
struct held {
    struct fixture *fixture;
    sem_t inside, go_on;
    kv_status status;
};

static void hold(void *ctx)
{
    struct held *held = ctx;

    faults_hook(FAULTS_FDATASYNC, NULL, NULL);
    (void)sem_post(&held->inside);
    while (sem_wait(&held->go_on) != 0)
        continue;
}

static void *write_held(void *ctx)
{
    struct held *held = ctx;
    kv_op op = op_put("held", "1");

    held->status = kv_put(held->fixture->db, held->fixture->ns, &op, NULL);
    return NULL;
}

static void test_busy(void **state)
{
    struct fixture *fixture = *state;
    struct held held = {.fixture = fixture};
    kv_op op = op_put("refused", "1");
    kv_status refused;
    pthread_t thread;

    fixture->options.queue_bytes_max = 1;
    fixture_create(fixture, NULL);
    faults_reset();
    assert_int_equal(stats_now(fixture).process_busy, 0);
    assert_int_equal(sem_init(&held.inside, 0, 0) + sem_init(&held.go_on, 0, 0), 0);
    faults_hook(FAULTS_FDATASYNC, hold, &held);
    assert_int_equal(pthread_create(&thread, NULL, write_held, &held), 0);
    while (sem_wait(&held.inside) != 0)
        continue;
    refused = kv_put(fixture->db, fixture->ns, &op, NULL);
    (void)sem_post(&held.go_on);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_status(refused, KV_BUSY);
    assert_status(held.status, KV_OK);
    assert_int_equal(stats_now(fixture).process_busy, 1);
}

/** As many as there ever were at once, not as many as there are. */
static void test_readers(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshots[5];
    uint64_t most;

    for (size_t i = 0; i < 5; i++)
        snapshots[i] = fixture_snapshot(fixture);
    (void)stats_now(fixture); /* It takes slots itself. */
    most = stats_now(fixture).store_readers;
    assert_in_range(most, 5, 8);
    assert_true(most <= stats_now(fixture).store_readers_max);
    for (size_t i = 0; i < 5; i++)
        kv_snapshot_end(snapshots[i]);
    assert_int_equal(stats_now(fixture).store_readers, most);
}

/** The pages of what was deleted are free once no snapshot sees them. */
static void test_pages_free(void **state)
{
    enum { SIZE = 1000000 };
    struct fixture *fixture = *state;
    static unsigned char noise[SIZE];
    struct rng rng = {3};
    kv_op op = op_put("large", "");
    kv_snapshot *snapshot;
    kv_stats stats;

    rng_fill(&rng, noise, SIZE);
    op.value = noise;
    op.value_size = SIZE;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_delete(fixture->db, fixture->ns, "large", 5, NULL), KV_OK);
    for (int i = 0; i < 3; i++)
        fixture_put(fixture, "a", "1");
    stats = stats_now(fixture);
    assert_true(stats.store_pages_free * stats.store_page_size < SIZE / 2);
    kv_snapshot_end(snapshot);
    fixture_put(fixture, "a", "1");
    stats = stats_now(fixture);
    assert_true(stats.store_pages_free * stats.store_page_size >= SIZE);
    assert_true(stats.store_pages_free < stats.store_pages_used);
}

static void test_reader_lag(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    for (int i = 0; i < 10; i++)
        fixture_put(fixture, "a", "1");
    assert_true(stats_now(fixture).store_reader_lag >= 10);
    kv_snapshot_end(snapshot);
    assert_true(stats_now(fixture).store_reader_lag < 10);
}

/** The same, with a snapshot of ours and what it keeps. */
static void test_oldest_is_ours(void **state)
{
    enum { SIZE = 1000000 };
    static unsigned char noise[SIZE];
    struct fixture *fixture = *state;
    struct rng rng = {4};
    kv_op op = op_put("large", "");
    kv_snapshot *snapshot;
    kv_stats stats;

    rng_fill(&rng, noise, SIZE);
    op.value = noise;
    op.value_size = SIZE;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_int_equal(stats_now(fixture).store_reader_oldest_pid, 0);
    assert_int_equal(stats_now(fixture).store_pages_held, 0);
    snapshot = fixture_snapshot(fixture);
    assert_int_equal(stats_now(fixture).store_reader_oldest_pid, 0); /* Nothing is newer. */
    assert_status(kv_delete(fixture->db, fixture->ns, "large", 5, NULL), KV_OK);
    fixture_put(fixture, "a", "1");
    stats = stats_now(fixture);
    assert_int_equal(stats.store_reader_oldest_pid, getpid());
    assert_in_range(stats.store_pages_held * stats.store_page_size, SIZE, SIZE * 3 / 2);
    kv_snapshot_end(snapshot);
    stats = stats_now(fixture);
    assert_int_equal(stats.store_reader_oldest_pid, 0);
    assert_int_equal(stats.store_pages_held, 0); /* Only the newest commit's age keeps some. */
}

/** The oldest one's process is named, not that of a newer one of ours. */
static void test_oldest_of_another(void **state)
{
    struct fixture *fixture = *state;
    struct holder holder;
    kv_snapshot *snapshot;

    holder_start(&holder, fixture);
    fixture_put(fixture, "a", "1");
    snapshot = fixture_snapshot(fixture);
    fixture_put(fixture, "a", "2");
    assert_int_equal(stats_now(fixture).store_reader_oldest_pid, holder.child);
    assert_int_equal(stats_now(fixture).store_reader_lag, 2);
    assert_true(stats_now(fixture).store_pages_held > 0);
    holder_end(&holder);
    assert_int_equal(stats_now(fixture).store_reader_oldest_pid, getpid());
    assert_int_equal(stats_now(fixture).store_reader_lag, 1);
    kv_snapshot_end(snapshot);
    assert_int_equal(stats_now(fixture).store_reader_oldest_pid, 0);
}

static _Atomic bool write_is_done;

static void *write_on(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_op op = op_put("a", "1");
    void *failed = NULL;

    for (int i = 0; i < COMMITS; i++)
        if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
            failed = ctx;
    atomic_store(&write_is_done, true);
    return failed;
}

/** Commits between the two looks that a lag is made of never make it wrap. */
static void test_reader_lag_beside_writer(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;
    kv_status status = KV_OK;
    uint64_t worst = 0;
    void *failed = NULL;
    pthread_t thread;

    atomic_store(&write_is_done, false);
    assert_int_equal(pthread_create(&thread, NULL, write_on, fixture), 0);
    while (!atomic_load(&write_is_done)) {
        kv_status got = kv_stats_get(fixture->db, &stats);
        status = got != KV_OK ? got : status;
        worst = stats.store_reader_lag > worst ? stats.store_reader_lag : worst;
    }
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_status(status, KV_OK);
    assert_in_range(worst, 0, COMMITS);
}

static void test_other_sizes(void **state)
{
    struct fixture *fixture = *state;
    struct {
        kv_stats stats;
        uint64_t tail[4];
    } newer;

    memset(&newer, 0x5A, sizeof(newer));
    newer.stats.size = sizeof(newer);
    assert_status(kv_stats_get(fixture->db, &newer.stats), KV_OK);
    assert_int_equal(newer.stats.store_namespaces, 1);
    assert_true(newer.tail[0] == UINT64_C(0x5A5A5A5A5A5A5A5A));
    /* As 0.1 shipped it: the fields since then are left alone. */
    newer.stats.size = offsetof(kv_stats, store_reader_oldest_pid);
    newer.stats.store_reader_oldest_pid = newer.stats.store_pages_held = 7;
    assert_status(kv_stats_get(fixture->db, &newer.stats), KV_OK);
    assert_int_equal(newer.stats.store_reader_oldest_pid, 7);
    assert_int_equal(newer.stats.store_pages_held, 7);
    newer.stats.size = offsetof(kv_stats, store_key_bytes);
    assert_status(kv_stats_get(fixture->db, &newer.stats), KV_INVALID);
}

/* The name at the start of a line, up to its first space, and what follows that. */
static const char *take_word(char **line)
{
    return strsep(line, " ");
}

/** HELP, TYPE and value of each, in that order; a counter's name says that it is one. */
static void check_text(char *text)
{
    size_t values = 0;

    for (char *line = strsep(&text, "\n"); *line != '\0'; line = strsep(&text, "\n")) {
        const char *name, *type;
        bool is_total;

        assert_string_equal(take_word(&line), "#");
        assert_string_equal(take_word(&line), "HELP");
        name = take_word(&line);
        assert_int_equal(strncmp(name, "libkv_", 6), 0);
        assert_true(strlen(line) > 5 && line[strlen(line) - 1] == '.');
        line = strsep(&text, "\n");
        assert_string_equal(take_word(&line), "#");
        assert_string_equal(take_word(&line), "TYPE");
        assert_string_equal(take_word(&line), name);
        type = line;
        line = strsep(&text, "\n");
        assert_string_equal(take_word(&line), name);
        assert_true(*line != '\0' && strspn(line, "0123456789") == strlen(line));
        is_total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
        assert_string_equal(type, is_total ? "counter" : "gauge");
        values++;
    }
    assert_int_equal(values, (sizeof(kv_stats) - sizeof(size_t)) / sizeof(uint64_t));
}

static void test_prometheus(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats;

    fixture_put(fixture, "a", "1");
    stats = stats_now(fixture);
    assert_status(kv_stats_text(&stats, &fixture->buf), KV_OK);
    assert_non_null(memchr(fixture->buf.data, '\0', fixture->buf.capacity));
    assert_non_null(strstr(fixture->buf.data, "libkv_store_keys 1\n"));
    assert_non_null(strstr(fixture->buf.data, "# TYPE libkv_store_keys gauge\n"));
    check_text(fixture->buf.data);
}

/** An older caller's text ends where its struct does: it says nothing of what was not asked. */
static void test_prometheus_older(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = stats_now(fixture);

    stats.size = offsetof(kv_stats, store_reader_oldest_pid);
    assert_status(kv_stats_text(&stats, &fixture->buf), KV_OK);
    assert_non_null(strstr(fixture->buf.data, "libkv_process_sync_us_total "));
    assert_null(strstr(fixture->buf.data, "libkv_store_reader_oldest_pid"));
    assert_null(strstr(fixture->buf.data, "libkv_store_pages_held"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("stats: facts of the store", test_store_facts),
        STORE_TEST("stats: counters of the process", test_process_counters),
        STORE_TEST("stats: counters of batches", test_batch_counters),
        EMPTY_TEST("stats: batches refused", test_busy),
        STORE_TEST("stats: readers", test_readers),
        STORE_TEST("stats: free pages", test_pages_free),
        STORE_TEST("stats: reader lag", test_reader_lag),
        STORE_TEST("stats: reader lag beside a writer", test_reader_lag_beside_writer),
        STORE_TEST("stats: the oldest reader is ours", test_oldest_is_ours),
        STORE_TEST("stats: the oldest reader is another process", test_oldest_of_another),
        STORE_TEST("stats: a struct of another size", test_other_sizes),
        STORE_TEST("stats: Prometheus text", test_prometheus),
        STORE_TEST("stats: Prometheus text of an older struct", test_prometheus_older),
    };

    run_tests(tests);
    return run_all("api: stats");
}
