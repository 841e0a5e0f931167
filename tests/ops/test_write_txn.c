/* A write transaction of the store: begin and commit, the file's length, the readers that died. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/snapshot.h"
#include "ops/write_txn.h"
#include "storage/preflight.h"
#include "storage/readers.h"
#include "support/log_tape.h"
#include "support/random.h"
#include "tables/catalog.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Begin and commit */

static void test_nothing_dirty(void **state)
{
    struct fixture *fixture = *state;
    uint64_t transaction = kvi_env_transaction(fixture->db->env), sync_us = 0;
    kvi_write_txn *write;

    assert_status(
        kvi_write_txn_begin(fixture->db, (kvi_need){.operations = 1}, false, &write, NULL), KV_OK);
    assert_status(kvi_write_txn_commit(write, &sync_us), KV_OK);
    assert_int_equal(kvi_env_transaction(fixture->db->env), transaction);
}

static void test_tokens_differ(void **state)
{
    struct fixture *fixture = *state;
    kvi_write_txn *write;
    kvi_token first;

    assert_status(kvi_write_txn_begin(fixture->db, (kvi_need){0}, false, &write, NULL), KV_OK);
    first = write->token;
    assert_int_equal(first.sequence, write->store.sequence + 1);
    kvi_write_txn_abort(write);
    assert_status(kvi_write_txn_begin(fixture->db, (kvi_need){0}, false, &write, NULL), KV_OK);
    assert_int_equal(write->token.sequence, first.sequence);
    assert_int_not_equal(write->token.random, first.random);
    kvi_write_txn_abort(write);
}

static void test_last_sequence(void **state)
{
    struct fixture *fixture = *state;
    kv_change change = {.kind = KV_DELETE};
    kvi_write_txn *write;

    assert_status(kvi_write_txn_begin(fixture->db, (kvi_need){0}, false, &write, NULL), KV_OK);
    kvi_changes_forget(&write->log);
    write->store.sequence = UINT64_MAX - 1;
    assert_status(kvi_write_txn_log(write, &change), KV_OK);
    assert_int_equal(change.sequence, UINT64_MAX);
    assert_status(kvi_write_txn_log(write, &change), KV_CORRUPT);
    kvi_write_txn_abort(write);
}

static void test_read_only_handle(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kvi_write_txn *write;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    assert_status(kvi_write_txn_begin(fixture->db, (kvi_need){0}, false, &write, &error),
                  KV_READ_ONLY);
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
    kvi_write_txn *write;

    fixture_put(fixture, "a", "1");
    assert_status(kvi_write_txn_begin(fixture->db, (kvi_need){0}, false, &write, NULL), KV_OK);
    assert_status(kvi_txn_put(write->txn, KVI_PIECES, key, kvi_slice(large, sizeof(large))), KV_OK);
    assert_status(kvi_txn_delete(write->txn, KVI_PIECES, key), KV_OK);
    write->is_dirty = true;
    assert_status(kvi_write_txn_commit(write, NULL), KV_OK);
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
    before = kvi_readers_oldest(fixture->db->env).transaction;
    commits(fixture, 300);
    assert_int_equal(kvi_readers_oldest(fixture->db->env).transaction, before);
    assert_int_equal(kvi_counter_get(&fixture->db->counters.readers_cleared), 0);
    assert_int_equal(tape.count, 0);

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    commits(fixture, 257);
    assert_int_equal(kvi_counter_get(&fixture->db->counters.readers_cleared), 1);
    assert_true(kvi_readers_oldest(fixture->db->env).transaction > before + 300);
    assert_int_equal(tape.count, 1);
    assert_int_equal(log_tape_count(&tape, KV_LOG_INFO, KV_OK, "slots of 1 dead"), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("write: nothing dirty", test_nothing_dirty),
        STORE_TEST("write: tokens differ", test_tokens_differ),
        STORE_TEST("write: the last sequence", test_last_sequence),
        STORE_TEST("write: a read-only handle", test_read_only_handle),
        STORE_TEST("write: the file's length", test_length),
        STORE_TEST("write: the file's length, batches", test_length_of_batches),
        STORE_TEST("write: the file's length past the estimate", test_length_past_estimate),
        STORE_TEST("write: a dead reader", test_dead_reader),
    };

    run_tests(tests);
    return run_all("write");
}
