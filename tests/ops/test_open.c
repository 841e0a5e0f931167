/* Opening after a crash, from inside: what two processes do who open at once. */
#include "support/fixture.h"

#include "ops/db.h"
#include "storage/txn.h"
#include "support/child.h"
#include "support/lmdb_faults.h"
#include "support/log_tape.h"
#include "tables/usage.h"

#include <string.h>
#include <sys/mman.h>

/* Make it look as if the machine had stopped after lazy commits: they are another boot's. */
static void lazy_mark_set(struct fixture *fixture, uint64_t boot)
{
    kvi_usage_store store;
    uint8_t block[4096];
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    memcpy(block, store.open_block.data, store.open_block.size); /* The row is written anew. */
    store.open_block.data = block;
    store.lazy_boot = boot;
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static uint64_t epoch_of(kv_db *db)
{
    kv_snapshot *snapshot = NULL;
    kv_position position = {0, 0};

    kv_status status = kv_snapshot_begin(db, &snapshot);

    if (status == KV_OK)
        status = kv_snapshot_info(snapshot, &position, NULL);
    kv_snapshot_end(snapshot);
    return status == KV_OK ? position.epoch : 0;
}

/* What the first of the two tells the other. */
struct first {
    struct fixture *fixture;
    uint64_t *epoch;
    uint32_t sync;
    int answer;
};

static int open_first(void *ctx)
{
    struct first *first = ctx;
    struct fixture *fixture = first->fixture;
    kv_op op = op_put("first", "1");
    kv_db *db = NULL;

    fixture->options.sync = first->sync;
    fixture->options.log = NULL;
    if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK)
        return 1;
    *first->epoch = epoch_of(db);
    for (int i = 0; i < 3; i++)
        if (kv_put(db, fixture->ns, &op, NULL) != KV_OK)
            return 2;
    kv_close(db);
    return 0;
}

/* When the second has seen that commits may be lost, and is about to write so. */
static void first_comes_between(void *ctx)
{
    struct first *first = ctx;

    first->answer = child_run(open_first, first);
}

/** The one that comes later finds the epoch begun, and its first commits in it. */
static void two_openers(struct fixture *fixture, uint32_t sync_of_first)
{
    static struct log_tape tape;
    struct first first = {.fixture = fixture, .sync = sync_of_first, .answer = -1};
    uint64_t before = epoch_of(fixture->db);

    first.epoch =
        mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(first.epoch != MAP_FAILED);
    fixture_put(fixture, "a", "1");
    lazy_mark_set(fixture, fixture->db->boot ^ 2);
    fixture_close(fixture);
    memset(&tape, 0, sizeof(tape));
    log_tape_attach(&tape, &fixture->options);
    lmdb_faults_reset();
    lmdb_faults_begin_hook(first_comes_between, &first);
    fixture_open(fixture);
    assert_int_equal(first.answer, 0);
    assert_int_not_equal(*first.epoch, before);
    assert_int_equal(epoch_of(fixture->db), *first.epoch);
    assert_int_equal(tape.count, 0);
    fixture_expect(fixture, "first", "1");
    fixture_put(fixture, "a", "2");
    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(epoch_of(fixture->db), *first.epoch);
    (void)munmap(first.epoch, sizeof(uint64_t));
}

static void test_two_openers(void **state)
{
    two_openers(*state, KV_SYNC_FULL);
}

/** The first one's lazy commits are of this boot: nothing of them is lost. */
static void test_two_openers_lazy(void **state)
{
    two_openers(*state, KV_SYNC_LAZY);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("open: two after a crash", test_two_openers),
        STORE_TEST("open: two after a crash, the first lazy", test_two_openers_lazy),
    };

    run_tests(tests);
    return run_all("open");
}
