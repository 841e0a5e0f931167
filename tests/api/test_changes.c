/* The change log: what it holds, how it is read on, when it is trimmed, waiting. */
#include "support/fixture.h"
#include "support/waiter.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TMPFS 0x01021994

static kv_position position_now(struct fixture *fixture)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position position;

    assert_status(kv_snapshot_info(snapshot, &position, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    return position;
}

static kv_status read_changes(struct fixture *fixture, kv_position after, kv_change *changes,
                              size_t room, size_t *count)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_status status = kv_changes_read(snapshot, after, &fixture->buf, changes, room, count);

    kv_snapshot_end(snapshot);
    return status;
}

static void test_every_kind(void **state)
{
    struct fixture *fixture = *state;
    kv_position start = position_now(fixture);
    kv_op put = op_put("a", "value"), touch = op_touch("a");
    kv_settings settings = KV_SETTINGS_INIT;
    kv_change changes[10];
    size_t count = 0;
    kv_ns id;

    put.flags = KV_OP_TTL;
    put.ttl_s = 60;
    assert_status(kv_put(fixture->db, fixture->ns, &put, NULL), KV_OK);
    fixture_advance(fixture, 1);
    assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL), KV_OK);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK); /* Nothing. */
    assert_status(kv_namespace_create(fixture->db, "Other", 5, &id), KV_OK);
    assert_status(kv_namespace_set(fixture->db, id, 12345, NULL, 0), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, id, "Another", 7), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, id), KV_OK);
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_status(read_changes(fixture, start, changes, 10, &count), KV_OK);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(changes[i].sequence, start.sequence + 1 + i);
    assert_int_equal(changes[0].kind, KV_PUT);
    assert_int_equal(changes[0].ns, fixture->ns);
    assert_memory_equal(changes[0].key.data, "a", 1);
    assert_int_equal(changes[0].size, 5);
    assert_int_equal(changes[0].flags, KV_CHANGE_EXPIRES | KV_CHANGE_LAST);
    assert_int_equal(changes[0].expires_at, FAKE_CLOCK_START + 60);
    assert_int_equal(changes[0].time, FAKE_CLOCK_START);
    assert_int_equal(changes[1].kind, KV_TOUCH);
    assert_int_equal(changes[1].flags, KV_CHANGE_LAST);
    assert_int_equal(changes[1].time, FAKE_CLOCK_START + 1);
    assert_int_equal(changes[2].kind, KV_DELETE);
    assert_int_equal(changes[2].key.size, 1);
    assert_int_equal(changes[3].kind, KV_CHANGE_NAMESPACE_CREATE);
    assert_int_equal(changes[3].ns, id);
    assert_int_equal(changes[3].key.size, 5);
    assert_memory_equal(changes[3].key.data, "Other", 5);
    assert_int_equal(changes[4].kind, KV_CHANGE_NAMESPACE_SET);
    assert_int_equal(changes[4].size, 12345);
    assert_int_equal(changes[5].kind, KV_CHANGE_NAMESPACE_RENAME);
    assert_int_equal(changes[5].ns, id);
    assert_int_equal(changes[5].key.size, 7);
    assert_memory_equal(changes[5].key.data, "Another", 7);
    assert_int_equal(changes[6].kind, KV_CHANGE_NAMESPACE_DROP);
    assert_int_equal(changes[7].kind, KV_CHANGE_SETTINGS);
}

/** Thousands of changes, so over many blocks, read in portions of every size. */
static void test_portions(void **state)
{
    struct fixture *fixture = *state;
    kv_position at = position_now(fixture);
    uint64_t start = at.sequence;
    kv_change changes[97];
    size_t count = 1, total = 0, room = 1;
    char key[32];

    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof(key), "some/longer/key/%d", i);
        fixture_put(fixture, key, "x");
    }
    while (count > 0) {
        assert_status(read_changes(fixture, at, changes, room, &count), KV_OK);
        assert_true(count <= room);
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(key, sizeof(key), "some/longer/key/%zu", total);
            assert_int_equal(changes[i].sequence, start + 1 + total);
            assert_int_equal(changes[i].key.size, strlen(key));
            assert_memory_equal(changes[i].key.data, key, strlen(key));
            total++;
        }
        if (count > 0)
            at.sequence = changes[count - 1].sequence;
        room = room % 97 + 1;
    }
    assert_int_equal(total, 3000);
}

static void test_one_large_batch(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 2000 };
    static char keys[COUNT][8];
    static kv_op ops[COUNT];
    static kv_change changes[COUNT + 1];
    kv_position start = position_now(fixture);
    size_t count;

    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%05zu", i);
        ops[i] = op_put(keys[i], "x");
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT, NULL, NULL, NULL), KV_OK);
    assert_status(read_changes(fixture, start, changes, COUNT + 1, &count), KV_OK);
    assert_int_equal(count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_memory_equal(changes[i].key.data, keys[i], 6);
        assert_int_equal(changes[i].flags, i + 1 == COUNT ? KV_CHANGE_LAST : 0);
    }
}

/** The values read in the same snapshot are those the changes speak of. */
static void test_values_fit(void **state)
{
    struct fixture *fixture = *state;
    kv_position start = position_now(fixture);
    kv_snapshot *snapshot;
    kv_change changes[4];
    kv_buf keys = {NULL, 0, 0};
    kv_slice value;
    size_t count;

    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    snapshot = fixture_snapshot(fixture);
    fixture_put(fixture, "a", "later");
    assert_status(kv_changes_read(snapshot, start, &keys, changes, 4, &count), KV_OK);
    assert_int_equal(count, 2);
    assert_status(kv_get(snapshot, fixture->ns, changes[0].key.data, changes[0].key.size,
                         &fixture->buf, &value),
                  KV_OK);
    assert_memory_equal(value.data, "1", 1);
    kv_snapshot_end(snapshot);
    kv_buf_free(&keys);
}

static void test_unknown_positions(void **state)
{
    struct fixture *fixture = *state;
    kv_position now, other;
    kv_change changes[4];
    size_t count = 9;

    fixture_put(fixture, "a", "1");
    now = position_now(fixture);
    assert_status(read_changes(fixture, now, changes, 4, &count), KV_OK);
    assert_int_equal(count, 0);
    other = now;
    other.sequence++;
    assert_status(read_changes(fixture, other, changes, 4, &count), KV_CHANGES_TRIMMED);
    other.sequence = UINT64_MAX;
    assert_status(read_changes(fixture, other, changes, 4, &count), KV_CHANGES_TRIMMED);
    other = now;
    other.epoch++;
    assert_status(read_changes(fixture, other, changes, 4, &count), KV_CHANGES_TRIMMED);
    assert_status(kv_changes_wait(fixture->db, other, 0), KV_CHANGES_TRIMMED);
    assert_status(read_changes(fixture, (kv_position){0, 0}, changes, 4, &count),
                  KV_CHANGES_TRIMMED);
}

static void test_trimmed_by_bytes(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_position start, at;
    kv_change changes[64];
    kv_stats stats = KV_STATS_INIT;
    size_t count;

    settings.changes_bytes_max = 20000;
    fixture_create(fixture, &settings);
    start = position_now(fixture);
    for (int i = 0; i < 5000; i++)
        fixture_put(fixture, "key", "x");
    assert_status(read_changes(fixture, start, changes, 64, &count), KV_CHANGES_TRIMMED);
    assert_status(kv_changes_wait(fixture->db, start, 0), KV_CHANGES_TRIMMED);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_true(stats.store_changes_first > start.sequence + 1);
    assert_true(stats.store_changes_bytes <= 3 * 20000);
    at = (kv_position){start.epoch, stats.store_changes_first - 1};
    assert_status(read_changes(fixture, at, changes, 64, &count), KV_OK);
    assert_true(count > 0);
    assert_int_equal(changes[0].sequence, stats.store_changes_first);
    if (at.sequence > 0) {
        at.sequence--;
        assert_status(read_changes(fixture, at, changes, 64, &count), KV_CHANGES_TRIMMED);
    }
}

static void test_trimmed_by_age(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_position start, middle;
    kv_change changes[64];
    size_t count;
    char key[600];

    settings.changes_age_max_s = 100;
    fixture_create(fixture, &settings);
    start = position_now(fixture);
    memset(key, 'k', sizeof(key));
    key[400] = '\0';
    for (int i = 0; i < 200; i++)
        fixture_put(fixture, key, "x");
    fixture_advance(fixture, 90);
    middle = position_now(fixture);
    for (int i = 0; i < 20; i++)
        fixture_put(fixture, key, "x");
    assert_status(read_changes(fixture, start, changes, 64, &count), KV_OK);
    fixture_advance(fixture, 50);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(read_changes(fixture, start, changes, 64, &count), KV_CHANGES_TRIMMED);
    assert_status(read_changes(fixture, middle, changes, 64, &count), KV_OK);
    assert_int_equal(count, 20);
}

static void test_off(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_position start, now;
    kv_change changes[4];
    size_t count;

    settings.flags = KV_SETTINGS_NO_CHANGES;
    fixture_create(fixture, &settings);
    start = position_now(fixture);
    fixture_put(fixture, "a", "1");
    now = position_now(fixture);
    assert_int_equal(now.sequence, start.sequence + 1); /* Sequences go on. */
    assert_status(read_changes(fixture, start, changes, 4, &count), KV_CHANGES_TRIMMED);
    settings.flags = 0;
    settings.changes_bytes_max = 10000;
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    now = position_now(fixture);
    fixture_put(fixture, "b", "2");
    assert_status(read_changes(fixture, now, changes, 4, &count), KV_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(changes[0].key.data, "b", 1);
}

static void test_survive_reopening(void **state)
{
    struct fixture *fixture = *state;
    kv_position start = position_now(fixture);
    kv_change changes[4];
    size_t count;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    fixture->options.sync = KV_SYNC_LAZY;
    fixture_open(fixture);
    fixture_put(fixture, "b", "2");
    assert_status(kv_sync(fixture->db), KV_OK);
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(position_now(fixture).epoch, start.epoch);
    assert_status(read_changes(fixture, start, changes, 4, &count), KV_OK);
    assert_int_equal(count, 2);
    assert_int_equal(kv_sequence(fixture->db), start.sequence + 2);
}

static uint64_t now_us(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void test_wait_times_out(void **state)
{
    struct fixture *fixture = *state;
    kv_position now = position_now(fixture);
    uint64_t began_us = now_us();

    assert_status(kv_changes_wait(fixture->db, now, 0), KV_TIMEOUT);
    assert_status(kv_changes_wait(fixture->db, now, 20), KV_TIMEOUT); /* Not less than that: */
    assert_true(now_us() - began_us >= 20000);
    fixture_put(fixture, "a", "1");
    assert_status(kv_changes_wait(fixture->db, now, 0), KV_OK);
    assert_status(kv_changes_wait(fixture->db, now, -1), KV_OK);
}

static void test_wait_for_a_thread(void **state)
{
    struct fixture *fixture = *state;
    struct waiter waiter;
    bool has_waited = waiter_start(&waiter, fixture->db, position_now(fixture));
    kv_op op = op_put("late", "1");
    kv_status status = kv_put(fixture->db, fixture->ns, &op, NULL);

    assert_status(waiter_join(&waiter), KV_OK);
    assert_true(has_waited);
    assert_status(status, KV_OK);
}

/* In the child: once told to. */
static int put_from_child(struct fixture *fixture, int told)
{
    kv_op op = op_put("child", "1");
    kv_db *db = NULL;
    char byte;

    kv_close(fixture->db);
    if (read(told, &byte, 1) != 1)
        return 3;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    if (kv_put(db, fixture->ns, &op, NULL) != KV_OK)
        return 2;
    kv_close(db);
    return 0;
}

static void test_wait_for_a_process(void **state)
{
    struct fixture *fixture = *state;
    struct waiter waiter;
    kv_change changes[2];
    bool has_waited;
    int told[2], status = 0;
    size_t count;
    pid_t child;

    assert_int_equal(pipe(told), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(put_from_child(fixture, told[0]));
    has_waited = waiter_start(&waiter, fixture->db, position_now(fixture));
    assert_int_equal(write(told[1], "", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_status(waiter_join(&waiter), KV_OK);
    (void)close(told[0]);
    (void)close(told[1]);
    assert_true(has_waited);
    assert_int_equal(kv_sequence(fixture->db), waiter.after.sequence + 1);
    assert_status(read_changes(fixture, waiter.after, changes, 2, &count), KV_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(changes[0].key.data, "child", 5);
}

/* Where the tree is built, whatever the other tests use: syncs take their time there. */
static int setup_on_disk(void **state)
{
    const char *was = getenv("KV_TEST_DIR"), *build = getenv("BUILD");
    char *kept = was != NULL ? strdup(was) : NULL;
    int rc = setenv("KV_TEST_DIR", build != NULL ? build : "build", 1);

    if (rc == 0)
        rc = fixture_setup(state);
    (void)(kept != NULL ? setenv("KV_TEST_DIR", kept, 1) : unsetenv("KV_TEST_DIR"));
    free(kept);
    return rc;
}

#define PUTS 300
#define PUT_WAIT_MS 20000 /* Far more than a wake takes. */

struct follower {
    struct fixture *fixture;
    kv_position after;
    _Atomic uint64_t seen; /* Sequence of the newest change it was woken for. */
    kv_status status;
};

static void *follow(void *ctx)
{
    struct follower *follower = ctx;
    uint64_t last = follower->after.sequence + PUTS;

    while (follower->status == KV_OK && follower->after.sequence < last) {
        follower->status = kv_changes_wait(follower->fixture->db, follower->after, PUT_WAIT_MS);
        follower->after.sequence += follower->status == KV_OK;
        atomic_store(&follower->seen, follower->after.sequence);
    }
    atomic_store(&follower->seen, UINT64_MAX); /* Nobody waits for it any more. */
    return NULL;
}

/** Each put waits for the follower: a commit that does not wake it leaves it asleep. */
static void test_wait_misses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct follower follower = {.fixture = fixture, .after = position_now(fixture)};
    uint64_t begin = follower.after.sequence;
    struct statfs file_system;
    pthread_t thread;

    assert_int_equal(statfs(fixture->path, &file_system), 0);
    if (file_system.f_type == TMPFS)
        skip_because("stores are made in memory, where a sync takes no time: set KV_TEST_DIR");
    atomic_store(&follower.seen, begin);
    assert_int_equal(pthread_create(&thread, NULL, follow, &follower), 0);
    for (uint64_t i = 1; i <= PUTS; i++) {
        kv_op op = op_put("key", "value");
        if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
            break;
        while (atomic_load(&follower.seen) < begin + i)
            (void)sched_yield();
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_status(follower.status, KV_OK);
    assert_int_equal(follower.after.sequence, begin + PUTS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("changes: every kind", test_every_kind),
        STORE_TEST("changes: read in portions", test_portions),
        STORE_TEST("changes: one large batch", test_one_large_batch),
        STORE_TEST("changes: values of the same snapshot fit", test_values_fit),
        STORE_TEST("changes: unknown positions", test_unknown_positions),
        EMPTY_TEST("changes: trimmed by bytes", test_trimmed_by_bytes),
        EMPTY_TEST("changes: trimmed by age", test_trimmed_by_age),
        EMPTY_TEST("changes: off and on", test_off),
        STORE_TEST("changes: survive reopening", test_survive_reopening),
        STORE_TEST("wait: times out", test_wait_times_out),
        STORE_TEST("wait: for a thread", test_wait_for_a_thread),
        STORE_TEST("wait: for a process", test_wait_for_a_process),
        {"wait: misses no commit", test_wait_misses_nothing, setup_on_disk, fixture_teardown, NULL},
    };

    run_tests(tests);
    return run_all("api: changes");
}
