/* Statistics: facts of the store, counters of the process, and their Prometheus text. */
#include "support/fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
    newer.stats.size = offsetof(kv_stats, store_key_bytes);
    assert_status(kv_stats_get(fixture->db, &newer.stats), KV_INVALID);
}

/** Each line is a comment or "name value"; each name has been announced. */
static void check_text(char *text)
{
    size_t values = 0;

    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *space;

        if (strncmp(line, "# HELP libkv_", 13) == 0 || strncmp(line, "# TYPE libkv_", 13) == 0)
            continue;
        assert_int_equal(strncmp(line, "libkv_", 6), 0);
        space = strrchr(line, ' ');
        assert_non_null(space);
        assert_true(strspn(space + 1, "0123456789.e+-") == strlen(space + 1));
        values++;
    }
    assert_true(values >= 30);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST("stats: facts of the store", test_store_facts),
        STORE_TEST("stats: counters of the process", test_process_counters),
        STORE_TEST("stats: reader lag", test_reader_lag),
        STORE_TEST("stats: reader lag beside a writer", test_reader_lag_beside_writer),
        STORE_TEST("stats: a struct of another size", test_other_sizes),
        STORE_TEST("stats: Prometheus text", test_prometheus),
    };

    return cmocka_run_group_tests_name("api: stats", tests, NULL, NULL);
}
