/* A write transaction of the store: its room, its length, the readers that died. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/snapshot.h"
#include "ops/write.h"
#include "storage/preflight.h"
#include "support/log_tape.h"
#include "support/random.h"
#include "tables/names.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Room near the cap */

/* Room for 100 pages: 40 of them in the free list, 60 at the end; 20 more for deletes. */
#define ROOM                                                                                       \
    {                                                                                              \
        .is_short = true, .status = KV_STORE_FULL, .pages = 100, .tail = 60, .reserve = 20,        \
        .copies = 30                                                                               \
    }

static const struct row {
    const char *name;
    kvi_charge charge;
    kv_status want;
    uint64_t pages, tail, reserve, copies; /* Left. */
} rows[] = {
    {"room: nothing", {.copies = 0}, KV_OK, 100, 60, 20, 30},
    {"room: copies", {.copies = 12}, KV_OK, 88, 60, 20, 18},
    {"room: no more copies than pages", {.copies = 500}, KV_OK, 70, 60, 20, 0},
    {"room: fresh pages", {.fresh = 100}, KV_OK, 0, 60, 20, 30},
    {"room: one fresh page too many", {.fresh = 101}, KV_STORE_FULL, 100, 60, 20, 30},
    {"room: copies count as well", {.copies = 12, .fresh = 89}, KV_STORE_FULL, 100, 60, 20, 30},
    {"room: a run at the end", {.run = 60}, KV_OK, 40, 0, 20, 30},
    {"room: a run that the free list may not have", {.run = 61}, KV_STORE_FULL, 100, 60, 20, 30},
    {"room: all at once", {.copies = 12, .fresh = 28, .run = 60}, KV_OK, 0, 0, 20, 18},
    {"room: a delete", {.copies = 12, .fresh = 1, .is_delete = true}, KV_OK, 87, 60, 20, 18},
    {"room: a delete from the reserve", {.fresh = 110, .is_delete = true}, KV_OK, 0, 60, 10, 30},
    {"room: a delete takes all", {.fresh = 120, .is_delete = true}, KV_OK, 0, 60, 0, 30},
    {"room: a delete too large", {.fresh = 121, .is_delete = true}, KV_STORE_FULL, 100, 60, 20, 30},
    {"room: a put past the cap", {.fresh = UINT64_C(1) << 40}, KV_STORE_FULL, 100, 60, 20, 30},
};

static void test_charge(void **state)
{
    const struct row *row = *state;
    kvi_write write = {.room = ROOM};

    assert_status(kvi_write_charge(&write, row->charge), row->want);
    assert_int_equal(write.room.pages, row->pages);
    assert_int_equal(write.room.tail, row->tail);
    assert_int_equal(write.room.reserve, row->reserve);
    assert_int_equal(write.room.copies, row->copies);
    write.room = (kvi_room)ROOM; /* Far from the cap nothing is counted. */
    write.room.is_short = false;
    assert_status(kvi_write_charge(&write, row->charge), KV_OK);
    assert_int_equal(write.room.pages, 100);
}

/* The reserve is used once, and puts never come to it. */
static void test_charge_in_turn(void **state)
{
    const kvi_charge delete = {.fresh = 10, .is_delete = true}, put = {.fresh = 1};
    kvi_write write = {.room = ROOM};

    (void)state;
    write.room.status = KV_DISK_FULL;
    for (int i = 0; i < 12; i++)
        assert_status(kvi_write_charge(&write, delete), KV_OK);
    assert_status(kvi_write_charge(&write, put), KV_DISK_FULL);
    assert_status(kvi_write_charge(&write, delete), KV_DISK_FULL);
    assert_int_equal(write.room.reserve, 0);
}

/* Splits by bytes: a page for each 100, whichever rows they come from, and never more than at
   worst. What others take of the room, and who may not, is as ever. */
static void test_charge_by_bytes(void **state)
{
    const kvi_charge small = {.splits = 2, .size = 40}, large = {.splits = 2, .size = 1000};
    kvi_write write = {.room = ROOM, .estimate = {.share = 100}};

    (void)state;
    assert_status(kvi_write_charge(&write, small), KV_OK);
    assert_int_equal(write.room.pages, 98);
    write.estimate.is_on = true;
    for (int i = 0; i < 10; i++)
        assert_status(kvi_write_charge(&write, small), KV_OK);
    assert_int_equal(write.room.pages, 94);
    assert_status(kvi_write_charge(&write, large), KV_OK);
    assert_int_equal(write.room.pages, 92);
    assert_int_equal(write.estimate.pages, 6);
    assert_status(kvi_write_charge(&write, (kvi_charge){.fresh = 92}), KV_OK);
    assert_status(kvi_write_charge(&write, large), KV_STORE_FULL);
    assert_int_equal(write.estimate.pages, 6);
    assert_status(kvi_write_charge(&write, small), KV_OK); /* It shares a page. */
    assert_int_equal(write.room.reserve, 20);
}

/* What a begin reckons: short only where the cap is near. */
static void test_begin_room(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kvi_env_facts facts;
    kvi_write *write;

    settings.map_size_max = KV_MAP_SIZE_MIN;
    fixture_create(fixture, &settings);
    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 1}, &write, NULL), KV_OK);
    assert_false(write->room.is_short);
    kvi_write_abort(write);
    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 100}, &write, NULL), KV_OK);
    assert_true(write->room.is_short);
    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    assert_true(write->room.status == KV_STORE_FULL);
    assert_int_equal(write->room.reserve, KVI_RESERVE_PAGES);
    assert_int_equal(write->room.tail,
                     KV_MAP_SIZE_MIN / facts.page_size - facts.pages_used - KVI_RESERVE_PAGES);
    kvi_write_abort(write);
    assert_status(kvi_write_begin(fixture->db,
                                  (kvi_need){.operations = 1, .payload_bytes = 4 << 20}, &write,
                                  NULL),
                  KV_OK);
    assert_true(write->room.is_short);
    kvi_write_abort(write);
}

static void put_numbered(kvi_write *write, unsigned table, uint64_t number, size_t size)
{
    static const char value[KVI_CHANGES_BUFFER_SIZE];
    uint8_t key[8];

    kvi_be64_store(key, number);
    assert_status(kvi_txn_put(write->txn, table, kvi_slice(key, 8), kvi_slice(value, size)), KV_OK);
    write->is_dirty = true;
}

static uint64_t pages_of(kvi_write *write, unsigned table)
{
    kvi_table_facts facts;

    assert_status(kvi_txn_table_facts(write->txn, table, &facts), KV_OK);
    return facts.pages;
}

/* What splits took is counted against what they were charged, then against the room of puts. */
static void test_count(void **state)
{
    struct fixture *fixture = *state;
    uint64_t key = 0, grown;
    kvi_write *write;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 1}, &write, NULL), KV_OK);
    write->room = (kvi_room)ROOM;
    assert_status(kvi_write_estimate_count(write), KV_OK); /* There is none. */
    assert_status(kvi_write_estimate_begin(write), KV_OK);
    write->estimate.pages = 5;
    while (pages_of(write, KVI_EXPIRY) < 8)
        put_numbered(write, KVI_EXPIRY, key++, 1000);
    assert_status(kvi_write_estimate_count(write), KV_OK);
    assert_int_equal(write->room.pages, 97);
    assert_int_equal(write->estimate.pages, 0);
    put_numbered(write, KVI_CHANGES, 1, KVI_CHANGES_BUFFER_SIZE); /* A leaf, and a page for it. */
    put_numbered(write, KVI_VALUES, 1, 3000);                     /* Of its page it is charged. */
    assert_status(kvi_write_estimate_count(write), KV_OK);
    assert_int_equal(write->room.pages, 94);
    while (key > 0) {
        uint8_t bytes[8];

        kvi_be64_store(bytes, --key);
        assert_status(kvi_txn_delete(write->txn, KVI_EXPIRY, kvi_slice(bytes, 8)), KV_OK);
    }
    put_numbered(write, KVI_VALUES, 2, 2000);
    put_numbered(write, KVI_VALUES, 3, 2000);
    put_numbered(write, KVI_VALUES, 4, 2000);
    grown = pages_of(write, KVI_VALUES) - 1;
    assert_status(kvi_write_estimate_count(write), KV_OK); /* What shrank gives nothing back. */
    assert_int_equal(write->room.pages, 94 - grown);
    while (pages_of(write, KVI_EXPIRY) <= 94 - grown)
        put_numbered(write, KVI_EXPIRY, key++, 1000);
    assert_status(kvi_write_estimate_count(write), KV_STORE_FULL); /* The reserve is not theirs. */
    kvi_write_abort(write);
}

/* ---- Begin and commit */

static void test_nothing_dirty(void **state)
{
    struct fixture *fixture = *state;
    uint64_t transaction = kvi_env_transaction(fixture->db->env), sync_us = 0;
    kvi_write *write;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 1}, &write, NULL), KV_OK);
    assert_status(kvi_write_commit(write, &sync_us), KV_OK);
    assert_int_equal(kvi_env_transaction(fixture->db->env), transaction);
}

static void test_tokens_differ(void **state)
{
    struct fixture *fixture = *state;
    kvi_write *write;
    kvi_token first;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){0}, &write, NULL), KV_OK);
    first = write->token;
    assert_int_equal(first.sequence, write->store.sequence + 1);
    kvi_write_abort(write);
    assert_status(kvi_write_begin(fixture->db, (kvi_need){0}, &write, NULL), KV_OK);
    assert_int_equal(write->token.sequence, first.sequence);
    assert_int_not_equal(write->token.random, first.random);
    kvi_write_abort(write);
}

static void test_last_sequence(void **state)
{
    struct fixture *fixture = *state;
    kv_change change = {.kind = KV_DELETE};
    kvi_write *write;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){0}, &write, NULL), KV_OK);
    kvi_changes_forget(&write->log);
    write->store.sequence = UINT64_MAX - 1;
    assert_status(kvi_write_log(write, &change), KV_OK);
    assert_int_equal(change.sequence, UINT64_MAX);
    assert_status(kvi_write_log(write, &change), KV_CORRUPT);
    kvi_write_abort(write);
}

static void test_read_only_handle(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kvi_write *write;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    assert_status(kvi_write_begin(fixture->db, (kvi_need){0}, &write, &error), KV_READ_ONLY);
    assert_null(write);
    assert_true(error.message[0] != '\0');
}

/* ---- The file's length covers every page after each commit, but such as are free: so the
 * preflight can trust it, whenever the writer is killed. */

static void expect_good_length(struct fixture *fixture)
{
    char data[KVI_PATH_MAX];
    kvi_preflight_facts facts;

    assert_status(
        kvi_generation_path(fixture->path, fixture->db->current.generation, "data.mdb", data),
        KV_OK);
    assert_status(kvi_preflight(data, &facts, NULL), KV_OK);
}

static void test_length(void **state)
{
    static uint8_t value[1500000];
    static const size_t sizes[] = {0, 100, 3000, 5000, 60000, 70000, 1500000};
    struct fixture *fixture = *state;
    struct rng rng = {5};

    rng_fill(&rng, value, sizeof(value));
    for (uint64_t i = 0; i < 300; i++) {
        char key[32];
        kv_op op;
        (void)snprintf(key, sizeof(key), "key-%d", (int)rng_below(&rng, 60));
        op = op_put(key, "");
        op.value = value;
        op.value_size = sizes[rng_below(&rng, 7)];
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        expect_good_length(fixture);
        if (i % 40 == 0) {
            fixture_close(fixture);
            fixture_open(fixture);
        }
    }
}

/* Many small operations at once: the estimate must hold for trees that split everywhere. */
static void test_length_of_batches(void **state)
{
    enum { COUNT = 5000 };
    static char keys[COUNT][24];
    static kv_op ops[COUNT];
    struct fixture *fixture = *state;
    struct rng rng = {6};

    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%016llx", (unsigned long long)rng_next(&rng));
            ops[i] = op_put(keys[i], "a short value");
            ops[i].flags = KV_OP_TTL;
            ops[i].ttl_s = (int64_t)rng_between(&rng, 1000, 100000);
        }
        assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT, NULL, NULL, NULL), KV_OK);
        expect_good_length(fixture);
    }
}

/* More than was reckoned with, and the last of it freed again before anybody wrote it. */
static void test_length_past_estimate(void **state)
{
    static uint8_t large[20 << 20];
    struct fixture *fixture = *state;
    const kv_slice key = {"key", 3};
    kvi_env_facts facts;
    kvi_write *write;

    fixture_put(fixture, "a", "1");
    assert_status(kvi_write_begin(fixture->db, (kvi_need){0}, &write, NULL), KV_OK);
    assert_status(kvi_txn_put(write->txn, KVI_PIECES, key, kvi_slice(large, sizeof(large))), KV_OK);
    assert_status(kvi_txn_delete(write->txn, KVI_PIECES, key), KV_OK);
    write->is_dirty = true;
    assert_status(kvi_write_commit(write, NULL), KV_OK);
    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    assert_true(facts.pages_used * facts.page_size > facts.file_size); /* It is too short. */
    expect_good_length(fixture);
    fixture_close(fixture); /* As if killed: nothing was mended since. */
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    assert_true(facts.pages_used * facts.page_size <= facts.file_size);
}

/* ---- Readers that died */

static void commits(struct fixture *fixture, int count)
{
    for (int i = 0; i < count; i++)
        fixture_put(fixture, "key", "value");
}

static void test_dead_reader(void **state)
{
    struct fixture *fixture = *state;
    static struct log_tape tape;
    int pipes[2], status;
    uint64_t before;
    pid_t child;
    char byte;

    fixture_close(fixture);
    fixture->options.sync = KV_SYNC_LAZY; /* Only the commits count here. */
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kv_db *db;
        kv_snapshot *snapshot;
        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            kv_snapshot_begin(db, &snapshot) != KV_OK || write(pipes[1], "x", 1) != 1)
            _exit(1);
        alarm(60);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    close(pipes[0]);
    close(pipes[1]);
    log_tape_attach(&tape, &fixture->options);
    fixture_open(fixture); /* Looks for dead readers, and meets a live one. */
    before = kvi_env_oldest_reader(fixture->db->env);
    commits(fixture, 300);
    assert_int_equal(kvi_env_oldest_reader(fixture->db->env), before);
    assert_int_equal(kvi_counter_get(&fixture->db->counters.readers_cleared), 0);
    assert_int_equal(tape.count, 0);

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    commits(fixture, 257);
    assert_int_equal(kvi_counter_get(&fixture->db->counters.readers_cleared), 1);
    assert_true(kvi_env_oldest_reader(fixture->db->env) > before + 300);
    assert_int_equal(tape.count, 1);
    assert_int_equal(log_tape_count(&tape, KV_LOG_INFO, KV_OK, "slots of 1 dead"), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("write: charge in turn", test_charge_in_turn),
        TEST("write: charge by bytes", test_charge_by_bytes),
        EMPTY_TEST("write: room at begin", test_begin_room),
        STORE_TEST("write: splits are counted", test_count),
        STORE_TEST("write: nothing dirty", test_nothing_dirty),
        STORE_TEST("write: tokens differ", test_tokens_differ),
        STORE_TEST("write: the last sequence", test_last_sequence),
        STORE_TEST("write: a read-only handle", test_read_only_handle),
        STORE_TEST("write: the file's length", test_length),
        STORE_TEST("write: the file's length, batches", test_length_of_batches),
        STORE_TEST("write: the file's length past the estimate", test_length_past_estimate),
        STORE_TEST("write: a dead reader", test_dead_reader),
    };

    run_rows(rows, test_charge, NULL, NULL);
    run_tests(tests);
    return run_all("write");
}
