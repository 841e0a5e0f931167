/* Snapshot objects: what becomes of a broken one, and that their counters outlive them. */
#include "support/fixture.h"

#include "ops/snapshot.h"

#include <pthread.h>

#define THREADS 2
#define ROUNDS 2000

static kv_stats stats_now(struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    return stats;
}

/* A renew that failed cannot be mended by another one. */
static void test_broken(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_slice value;

    fixture_put(fixture, "a", "1");
    snapshot->is_broken = true;
    assert_status(kv_snapshot_renew(snapshot), KV_REOPEN_NEEDED);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_REOPEN_NEEDED);
    assert_status(kv_snapshot_info(snapshot, NULL, NULL), KV_REOPEN_NEEDED);
    kv_snapshot_end(snapshot);
    fixture_expect(fixture, "a", "1");
}

/* A broken one is freed when it ends, any other goes back to the pool: the places stay as many. */
static void test_places(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *first, *second, *none = NULL;

    fixture->options.snapshots_max = 2;
    fixture_create(fixture, NULL);
    for (int i = 0; i < 5; i++) {
        first = fixture_snapshot(fixture);
        second = fixture_snapshot(fixture);
        assert_status(kv_snapshot_begin(fixture->db, &none), KV_BUSY);
        assert_null(none);
        first->is_broken = i % 2 == 0;
        kv_snapshot_end(first);
        kv_snapshot_end(second);
        assert_int_equal(stats_now(fixture).process_snapshots, i % 2 == 0 ? 1 : 2);
    }
}

struct readers {
    struct fixture *fixture;
    _Atomic(int) running;
};

/* Begin, read and end; each end frees the object. */
static void *read_and_break(void *ctx)
{
    struct readers *readers = ctx;
    struct fixture *fixture = readers->fixture;
    kv_buf buf = {NULL, 0, 0};
    int failed = 0;

    for (int i = 0; i < ROUNDS; i++) {
        kv_snapshot *snapshot;
        kv_slice value;
        if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK) {
            failed++;
            continue;
        }
        failed += kv_get(snapshot, fixture->ns, "a", 1, &buf, &value) != KV_OK;
        snapshot->is_broken = true;
        kv_snapshot_end(snapshot);
    }
    kv_buf_free(&buf);
    atomic_fetch_sub(&readers->running, 1);
    return failed == 0 ? NULL : ctx;
}

/* Totals never step back, whoever frees snapshots meanwhile. */
static void test_counters_stay(void **state)
{
    struct fixture *fixture = *state;
    struct readers readers = {fixture, THREADS};
    pthread_t threads[THREADS];
    kv_stats before, now;
    int steps_back = 0;

    fixture_put(fixture, "a", "12345");
    before = stats_now(fixture);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_and_break, &readers), 0);
    for (now = before; atomic_load(&readers.running) > 0;) {
        kv_stats next = KV_STATS_INIT;
        steps_back += kv_stats_get(fixture->db, &next) != KV_OK;
        steps_back += next.process_gets < now.process_gets ||
                      next.process_hits < now.process_hits ||
                      next.process_bytes_read < now.process_bytes_read;
        now = next;
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(steps_back, 0);
    now = stats_now(fixture);
    assert_int_equal(now.process_gets - before.process_gets, THREADS * ROUNDS);
    assert_int_equal(now.process_hits - before.process_hits, THREADS * ROUNDS);
    assert_int_equal(now.process_bytes_read - before.process_bytes_read, 5 * THREADS * ROUNDS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("snapshot: broken, it can only be ended", test_broken),
        EMPTY_TEST("snapshot: as many as there are places", test_places),
        STORE_TEST("snapshot: its counters outlive it", test_counters_stay),
    };

    run_tests(tests);
    return run_all("snapshot");
}
