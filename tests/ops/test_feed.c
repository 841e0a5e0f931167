/* Outcomes of tokens, and following the log where only the tables can make the case. */
#include "support/faults.h"
#include "support/thread.h"

#include "base/slice.h"
#include "ops/feed.h"
#include "ops/snapshot.h"
#include "tables/meta.h"
#include "tables/catalog.h"
#include "tables/tokens.h"
#include "tables/usage.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Leave exactly these tokens, with sequences first..last and equal random halves. */
static void tokens_set(struct fixture *fixture, uint64_t first, uint64_t last)
{
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_delete(txn, KVI_USAGE, kvi_slice("\0\0\0\0\1", 5)), KV_OK);
    for (uint64_t i = first; i <= last; i++)
        assert_status(kvi_tokens_push(txn, (kvi_token){i, i}), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static const struct row {
    const char *name;
    uint64_t first, last; /* In the ring. */
    uint64_t token[2];
    kv_status want;
} rows[] = {
    {"outcome: the newest", 1, 63, {63, 63}, KV_OK},
    {"outcome: the oldest of 63", 1, 63, {1, 1}, KV_OK},
    {"outcome: none like it among 63", 1, 63, {1, 2}, KV_NOT_FOUND},
    {"outcome: older than all of 63", 10, 72, {9, 9}, KV_NOT_FOUND},
    {"outcome: the oldest of 64", 10, 73, {10, 10}, KV_OK},
    {"outcome: as old as the oldest of 64", 10, 73, {10, 11}, KV_COMMIT_UNKNOWN},
    {"outcome: newer than the oldest of 64", 10, 73, {11, 12}, KV_NOT_FOUND},
    {"outcome: older than all of 64", 10, 73, {9, 9}, KV_COMMIT_UNKNOWN},
    {"outcome: newer than all of 64", 10, 73, {74, 74}, KV_NOT_FOUND},
    {"outcome: the other random half", 10, 73, {73, 72}, KV_NOT_FOUND},
    {"outcome: pushed out by the 65th", 10, 74, {10, 10}, KV_COMMIT_UNKNOWN},
    {"outcome: the largest", 10, 74, {UINT64_MAX, UINT64_MAX}, KV_NOT_FOUND},
    {"outcome: zeros", 10, 74, {0, 0}, KV_COMMIT_UNKNOWN},
};

static void test_outcome(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;

    tokens_set(fixture, row->first, row->last);
    assert_status(kvi_feed_outcome(fixture->db, row->token), row->want);
}

/* The ring as real commits fill it: asked after reopening, as one does. */
static void test_outcome_of_commits(void **state)
{
    struct fixture *fixture = *state;
    uint64_t tokens[70][2];
    kv_op op = op_put("key", "value");

    for (size_t i = 0; i < 70; i++) {
        kv_report report = KV_REPORT_INIT;
        assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
        memcpy(tokens[i], report.token, sizeof(report.token));
    }
    fixture_close(fixture);
    fixture_open(fixture);
    for (size_t i = 0; i < 70; i++)
        assert_status(kvi_feed_outcome(fixture->db, tokens[i]), i < 6 ? KV_COMMIT_UNKNOWN : KV_OK);
    tokens[69][1]++;
    assert_status(kvi_feed_outcome(fixture->db, tokens[69]), KV_NOT_FOUND);
}

/* Turn a bit in the changes table's block of that number; how many blocks there are. */
static uint64_t block_damage(struct fixture *fixture, uint64_t number)
{
    kvi_table_facts facts;
    uint8_t copy[8192], key_copy[8];
    kvi_cursor *cursor;
    kv_slice key = {NULL, 0}, row;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_table_facts(txn, KVI_CHANGES, &facts), KV_OK);
    assert_status(kvi_cursor_open(txn, KVI_CHANGES, &cursor), KV_OK);
    for (uint64_t i = 0; i <= number; i++)
        assert_status(kvi_cursor_move(cursor, i == 0 ? KVI_FIRST : KVI_NEXT, &key, &row), KV_OK);
    assert_true(row.size <= sizeof(copy) && key.size == sizeof(key_copy));
    memcpy(copy, row.data, row.size);
    memcpy(key_copy, key.data, key.size);
    kvi_cursor_close(cursor);
    copy[row.size - 1] ^= 1;
    assert_status(kvi_txn_put(txn, KVI_CHANGES, kvi_slice(key_copy, sizeof(key_copy)),
                              kvi_slice(copy, row.size)),
                  KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    return facts.entries;
}

static void test_position(void **state)
{
    struct fixture *fixture = *state;
    kv_position before, after;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kvi_feed_position(snapshot, &before), KV_OK);
    fixture_put(fixture, "a", "1");
    assert_status(kvi_feed_position(snapshot, &after), KV_OK);
    assert_int_equal(after.sequence, before.sequence);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kvi_feed_position(snapshot, &after), KV_OK);
    assert_int_equal(after.sequence, before.sequence + 1);
    assert_int_equal(after.epoch, before.epoch);
    kv_snapshot_end(snapshot);
}

/* Between commits the sequence is remembered: no snapshot is begun for it. */
static void test_sequence(void **state)
{
    struct fixture *fixture = *state;
    uint64_t first = kvi_feed_sequence(fixture->db);
    uint64_t seen = atomic_load(&fixture->db->seen_transaction);

    assert_int_equal(seen, kvi_env_transaction(fixture->db->env));
    atomic_store(&fixture->db->seen_sequence, 12345);
    assert_int_equal(kvi_feed_sequence(fixture->db), 12345);
    atomic_store(&fixture->db->seen_sequence, first);
    fixture_put(fixture, "a", "1");
    assert_int_equal(kvi_feed_sequence(fixture->db), first + 1);
    assert_int_equal(atomic_load(&fixture->db->seen_transaction), seen + 1);
}

/* Without a snapshot to look with it is the newest that was seen, not none. */
static void test_sequence_without_snapshot(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    uint64_t first;

    fixture->options.snapshots_max = 1;
    fixture_create(fixture, NULL);
    first = kvi_feed_sequence(fixture->db);
    assert_true(first > 0);
    snapshot = fixture_snapshot(fixture);
    fixture_put(fixture, "a", "1");
    assert_int_equal(kvi_feed_sequence(fixture->db), first);
    kv_snapshot_end(snapshot);
    assert_int_equal(kvi_feed_sequence(fixture->db), first + 1);
}

/* What comes before a damaged block is given; the block is met by who asks for more. */
static void test_damaged_block(void **state)
{
    struct fixture *fixture = *state;
    const kv_changes_filter nobody = {.size = sizeof(nobody), .ns = 999};
    kv_change changes[600];
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    uint64_t blocks, skipped, looked;
    kv_position at;
    size_t count;

    assert_status(kvi_feed_position(snapshot, &at), KV_OK);
    for (int i = 0; i < 500; i++)
        fixture_put(fixture, "some/longer/key", "value");
    blocks = block_damage(fixture, 1);
    assert_true(blocks > 2);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, 600, &count), KV_OK);
    assert_in_range(count, 1, 499);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(changes[i].sequence, at.sequence + 1 + i);
        assert_memory_equal(changes[i].key.data, "some/longer/key", changes[i].key.size);
    }
    skipped = count;
    at.sequence += count;
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, 600, &count), KV_CORRUPT);
    assert_int_equal(count, 0);
    /* One that skips gets on to the damage too, although it is given nothing. */
    at.sequence -= skipped;
    assert_status(
        kv_changes_select(snapshot, &nobody, at, &fixture->buf, changes, 600, &count, &looked),
        KV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(looked, at.sequence + skipped);
    at.sequence = looked;
    assert_status(
        kv_changes_select(snapshot, &nobody, at, &fixture->buf, changes, 600, &count, &looked),
        KV_CORRUPT);
    assert_int_equal(looked, at.sequence);
    kv_snapshot_end(snapshot);
}

/* Changes without a key, into a buffer that has no memory yet. */
static void test_no_keys(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change changes[2];
    kv_position at;
    size_t count;

    assert_status(kvi_feed_position(snapshot, &at), KV_OK);
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_null(fixture->buf.data);
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, 2, &count), KV_OK);
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].kind, KV_CHANGE_SETTINGS);
    assert_int_equal(changes[0].key.size, 0);
    assert_null(changes[0].key.data);
    kv_snapshot_end(snapshot);
}

/* Pages of one entry each, in order, whole. */
static void test_read_pages(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_position at;
    kv_change change;
    size_t count;
    char key[16];

    snapshot = fixture_snapshot(fixture);
    assert_status(kvi_feed_position(snapshot, &at), KV_OK);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        fixture_put(fixture, key, "value");
    }
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        assert_status(kv_changes_read(snapshot, at, &fixture->buf, &change, 1, &count), KV_OK);
        assert_int_equal(count, 1);
        assert_int_equal(change.sequence, at.sequence + 1);
        assert_int_equal(change.key.size, strlen(key));
        assert_memory_equal(change.key.data, key, change.key.size);
        at.sequence++;
    }
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, &change, 1, &count), KV_OK);
    assert_int_equal(count, 0);
    at.sequence++;
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, &change, 1, &count),
                  KV_CHANGES_TRIMMED);
    at.sequence = UINT64_MAX;
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, &change, 1, &count),
                  KV_CHANGES_TRIMMED);
    at.epoch++;
    at.sequence = 1;
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, &change, 1, &count),
                  KV_CHANGES_TRIMMED);
    kv_snapshot_end(snapshot);
}

/* ---- Positions of epochs that ended when lazy commits may have been lost */

/* The machine stopped: what is there now is what was hardened. Opens the store again. */
static kv_position crash(struct fixture *fixture)
{
    uint64_t boot = fixture->db->boot ^ 2;
    uint8_t block[4096];
    kvi_usage_store store;
    kv_position last;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kvi_txn *txn;

    assert_status(kvi_feed_position(snapshot, &last), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    memcpy(block, store.open_block.data, store.open_block.size);
    store.open_block.data = block;
    store.lazy_boot = boot;
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    fixture_close(fixture);
    fixture_open(fixture);
    return last;
}

/* All changes behind a position, without a gap. */
static void expect_follows(struct fixture *fixture, kv_position after)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change changes[200];
    kv_position now;
    size_t count;

    assert_status(kvi_feed_position(snapshot, &now), KV_OK);
    assert_true(now.epoch != after.epoch);
    assert_status(kv_changes_read(snapshot, after, &fixture->buf, changes, 200, &count), KV_OK);
    assert_int_equal(count, now.sequence - after.sequence);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(changes[i].sequence, after.sequence + 1 + i);
    kv_snapshot_end(snapshot);
    assert_status(kvi_feed_wait(fixture->db, after, 0), count > 0 ? KV_OK : KV_TIMEOUT);
}

static void expect_undone(struct fixture *fixture, kv_position after)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change change;
    size_t count;

    assert_status(kv_changes_read(snapshot, after, &fixture->buf, &change, 1, &count),
                  KV_CHANGES_TRIMMED);
    kv_snapshot_end(snapshot);
    assert_status(kvi_feed_wait(fixture->db, after, 0), KV_CHANGES_TRIMMED);
}

/* Behind, at and ahead of what was hardened; through several stops, and with new changes that took
   the numbers of those that were undone. */
static void test_epochs(void **state)
{
    enum { STOPS = 3 };
    struct fixture *fixture = *state;
    kv_position ends[STOPS];

    for (size_t i = 0; i < STOPS; i++) {
        for (int j = 0; j < 5; j++)
            fixture_put(fixture, "key", "value");
        ends[i] = crash(fixture);
        for (int written = 0; written < 2; written++) {
            for (size_t j = 0; j <= i; j++) {
                kv_position at = ends[j];
                expect_follows(fixture, at);
                at.sequence -= 3;
                expect_follows(fixture, at);
                at.sequence += 4;
                expect_undone(fixture, at);
                at.sequence = UINT64_MAX;
                expect_undone(fixture, at);
            }
            for (int j = 0; j < 4 && written == 0; j++)
                fixture_put(fixture, "key", "another");
        }
    }
    ends[0].epoch ^= 1; /* Nobody's. */
    expect_undone(fixture, ends[0]);
}

/* A history that was cut: nothing of the old epochs holds any more. */
static void test_epoch_cut(void **state)
{
    struct fixture *fixture = *state;
    kv_position end = crash(fixture);
    kvi_txn *txn;

    expect_follows(fixture, end);
    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_meta_epoch_begin(txn), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    expect_undone(fixture, end);
}

/* ---- A commit whose meta page is written, and at which no reader can begin yet */

#define WAIT_MS 20000 /* Far more than a wake takes. */

struct follower {
    kv_db *db;
    kv_position after;
    pthread_t thread;
    _Atomic long number;
    bool has_begun, has_slept;
    kv_status status;
};

static void *follower_wait(void *ctx)
{
    struct follower *follower = ctx;

    atomic_store(&follower->number, thread_number());
    follower->status = kvi_feed_wait(follower->db, follower->after, WAIT_MS);
    return NULL;
}

/* In the writer, between the write of the meta page and the end of the commit. */
static void follower_begin(void *ctx)
{
    struct follower *follower = ctx;

    if (follower->has_begun)
        return;
    follower->has_begun = pthread_create(&follower->thread, NULL, follower_wait, follower) == 0;
    while (follower->has_begun && atomic_load(&follower->number) == 0)
        (void)sched_yield();
    follower->has_slept = thread_falls_asleep(atomic_load(&follower->number));
}

static void test_wait_within_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct follower follower = {.db = fixture->db};
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kvi_feed_position(snapshot, &follower.after), KV_OK);
    kv_snapshot_end(snapshot);
    faults_hook_after(FAULTS_META, follower_begin, &follower);
    fixture_put(fixture, "a", "1");
    faults_reset();
    assert_true(follower.has_begun);
    assert_int_equal(pthread_join(follower.thread, NULL), 0);
    assert_true(follower.has_slept);
    assert_status(follower.status, KV_OK);
}

/* What wakes a wait at once: each commit, and nothing that commits nothing. */
static void test_events(void **state)
{
    struct fixture *fixture = *state;
    kv_op refused = op_put("a b", "1");
    uint32_t before = kvi_wakeup_events(&fixture->db->changed);

    assert_status(kv_put(fixture->db, fixture->ns, &refused, NULL), KV_KEY_MALFORMED);
    assert_status(kv_delete(fixture->db, fixture->ns, "absent", 6, NULL), KV_OK);
    assert_int_equal(kvi_wakeup_events(&fixture->db->changed), before);
    fixture_put(fixture, "a", "1");
    assert_int_equal(kvi_wakeup_events(&fixture->db->changed), before + 1);
    kvi_feed_wake(fixture->db);
    assert_int_equal(kvi_wakeup_events(&fixture->db->changed), before + 2);
}

struct looker {
    struct fixture *fixture;
    kv_snapshot *snapshot;
    uint64_t sequence;
    kv_status status;
};

static void look_within(void *ctx)
{
    struct looker *looker = ctx;

    looker->sequence = kvi_feed_sequence(looker->fixture->db);
    looker->status = kv_snapshot_renew(looker->snapshot);
}

/* Nor does who looked meanwhile take the commit for seen. */
static void test_looks_within_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct looker looker = {fixture, fixture_snapshot(fixture), 0, KV_IO};
    uint64_t before = kvi_feed_sequence(fixture->db);
    kv_position at;

    faults_hook_after(FAULTS_META, look_within, &looker);
    fixture_put(fixture, "a", "1");
    faults_reset();
    assert_status(looker.status, KV_OK);
    assert_int_equal(looker.sequence, before);
    assert_int_equal(kvi_feed_sequence(fixture->db), before + 1);
    assert_status(kv_snapshot_renew(looker.snapshot), KV_OK);
    assert_status(kvi_feed_position(looker.snapshot, &at), KV_OK);
    assert_int_equal(at.sequence, before + 1);
    kv_snapshot_end(looker.snapshot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("outcome: of commits", test_outcome_of_commits),
        STORE_TEST("feed: position", test_position),
        STORE_TEST("feed: sequence", test_sequence),
        EMPTY_TEST("feed: sequence, no snapshot to be had", test_sequence_without_snapshot),
        STORE_TEST("feed: a damaged block behind good ones", test_damaged_block),
        STORE_TEST("feed: changes without keys", test_no_keys),
        STORE_TEST("feed: pages of one", test_read_pages),
        STORE_TEST("feed: epochs that a stop of the machine ended", test_epochs),
        STORE_TEST("feed: an epoch with a history of its own", test_epoch_cut),
        FAULTS_STORE_TEST("feed: a wait that begins within a commit", test_wait_within_a_commit),
        FAULTS_STORE_TEST("feed: looks within a commit", test_looks_within_a_commit),
        STORE_TEST("feed: what wakes a wait", test_events),
    };

    run_rows(rows, test_outcome, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("feed");
}
