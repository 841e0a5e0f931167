/* Applying a batch: what its operations are charged near the cap. The rest is seen from outside, in
 * tests/api: test_batch, test_conditions and test_quota. */
#include "support/fixture.h"
#include "support/inside.h"
#include "support/random.h"

#include "ops/commit.h"

#include <stdio.h>

#define PAGES 1000
/* Large enough to be no bound, with the paths of a tree of one level. */
#define TREES                                                                                      \
    {                                                                                              \
        {100, 1000, 1}, {100, 1000, 1},                                                            \
        {                                                                                          \
            100, 1000, 1                                                                           \
        }                                                                                          \
    }

static uint8_t noise[200000];

static kvi_write_txn *begin_short(struct fixture *fixture, kvi_room room)
{
    kvi_write_txn *write;

    assert_status(
        kvi_write_txn_begin(fixture->db, (kvi_need){.operations = 100}, false, &write, NULL),
        KV_OK);
    room.is_short = true;
    room.status = KV_STORE_FULL;
    write->room = room;
    return write;
}

static kv_prepared *prepare(struct fixture *fixture, const kv_op *ops, size_t count)
{
    kv_prepared *prepared;

    assert_status(kv_prepare(fixture->db, fixture->ns, ops, count, NULL, NULL, &prepared), KV_OK);
    return prepared;
}

static void apply(kvi_write_txn *write, kv_prepared *p, kvi_applied answer, kv_status status)
{
    p->attempt = kvi_batch_apply(write, &p->plan, p->keys, p->verdicts, p->is_swept);
    assert_int_equal(p->attempt.answer, answer);
    assert_status(p->attempt.status, status);
}

/* Pages of 4,096 bytes, 16 of them LMDB's; a row has some 30 bytes besides metadata and value. */
static const struct row {
    const char *name;
    uint32_t kind;
    bool expires;
    size_t value, metadata;
    uint64_t fresh, run; /* A run is of pages that lie together: the free list may have none. */
} rows[] = {
    {"charge: a small value", KV_PUT, false, 10, 0, 2, 0},
    {"charge: with a deadline", KV_PUT, true, 10, 0, 3, 0},
    {"charge: a quarter of a leaf", KV_PUT, false, 1100, 0, 2, 0},
    {"charge: more than half of a leaf", KV_PUT, false, 2100, 0, 3, 0},
    {"charge: one page", KV_PUT, false, 4000, 0, 3, 0},
    {"charge: one page and its metadata", KV_PUT, false, 4000, 1024, 2, 2},
    {"charge: metadata and a small value", KV_PUT, false, 10, 1024, 2, 0},
    {"charge: two pages", KV_PUT, false, 4097, 0, 2, 2},
    {"charge: the largest in one piece", KV_PUT, false, 65536, 0, 2, 17},
    {"charge: in pieces", KV_PUT, false, 65537, 0, 21, 0},
    {"charge: a touch of a small value", KV_TOUCH, true, 10, 0, 3, 0},
    {"charge: a touch rewrites the row", KV_TOUCH, true, 4000, 1024, 3, 2},
    {"charge: a touch leaves pieces alone", KV_TOUCH, true, 65537, 0, 3, 0},
    {"charge: an addition", KV_ADD, false, 1, 0, 2, 0},
    {"charge: an addition with a deadline", KV_ADD, true, 1, 1024, 3, 0},
    {"charge: a delete", KV_DELETE, false, 4000, 1024, 1, 0},
};

static void test_charge(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_op put = op_put("key", ""), op;
    kv_prepared *prepared;
    kvi_write_txn *write;

    put.value = row->kind == KV_ADD ? (const void *)"7" : noise;
    put.value_size = row->value;
    put.metadata = noise;
    put.metadata_size = row->metadata;
    assert_status(kv_put(fixture->db, fixture->ns, &put, NULL), KV_OK);
    op = row->kind == KV_PUT     ? put
         : row->kind == KV_TOUCH ? op_touch("key")
         : row->kind == KV_ADD   ? op_add("key", 1)
                                 : op_delete("key");
    op.flags = row->expires ? KV_OP_TTL : 0;
    op.ttl_s = 10;
    prepared = prepare(fixture, &op, 1);
    write = begin_short(fixture, (kvi_room){.pages = PAGES, .tail = PAGES});
    apply(write, prepared, KVI_APPLIED, KV_OK);
    assert_status(prepared->verdicts[0].status, KV_OK);
    assert_int_equal(PAGES - write->room.tail, row->run);
    assert_int_equal(PAGES - write->room.pages, row->fresh + row->run);
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
}

/* A batch that finds no room while more is due wants a sweep; the others get what it does not take.
 */
static void test_wants_sweep(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[] = {op_put("a", "1"), op_put("b", "2")};
    kv_prepared *prepared;
    kvi_write_txn *write;

    for (int i = 0; i < 50; i++) {
        char key[16];
        kv_op op;

        (void)snprintf(key, sizeof(key), "due-%d", i);
        op = op_put(key, "value");
        op.flags = KV_OP_TTL;
        op.ttl_s = 10;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    fixture_advance(fixture, 10);
    prepared = prepare(fixture, ops, 2);
    write =
        begin_short(fixture, (kvi_room){.pages = 40, .tail = 40, .reserve = 40, .trees = TREES});
    apply(write, prepared, KVI_WANTS_ROOM, KV_OK);
    assert_true(prepared->attempt.swept > 0 && prepared->attempt.swept < 50);
    assert_true(write->room.pages >= 20); /* Half is left. */
    prepared->is_swept = true;            /* Then it is answered. */
    write->room = (kvi_room){.is_short = true, .status = KV_STORE_FULL, .reserve = 40, .pages = 41};
    apply(write, prepared, KVI_APPLIED, KV_OK);
    assert_status(prepared->verdicts[0].status, KV_STORE_FULL);
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
}

/* Keys in one leaf are charged its copy once; keys far apart each their own. */
static void test_leaves_are_shared(void **state)
{
    struct fixture *fixture = *state;
    static char keys[5000][16];
    static kv_op ops[5000];
    kv_prepared *prepared;
    kvi_write_txn *write;
    uint64_t near, far;

    for (size_t i = 0; i < COUNT(ops); i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "key-%05zu", i);
        ops[i] = op_put(keys[i], "a value of a few bytes");
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, COUNT(ops), NULL, NULL, NULL), KV_OK);
    for (size_t i = 0; i < 40; i++)
        ops[i] = op_delete(keys[i]);
    prepared = prepare(fixture, ops, 40);
    write = begin_short(fixture, (kvi_room){.pages = PAGES, .trees = TREES});
    apply(write, prepared, KVI_APPLIED, KV_OK);
    near = PAGES - write->room.pages;
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
    for (size_t i = 0; i < 40; i++)
        ops[i] = op_delete(keys[i * 125]);
    prepared = prepare(fixture, ops, 40);
    write = begin_short(fixture, (kvi_room){.pages = PAGES, .trees = TREES});
    apply(write, prepared, KVI_APPLIED, KV_OK);
    far = PAGES - write->room.pages;
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
    assert_true(near < 60);  /* 40 entries of the log at worst, one or two leaves. */
    assert_true(far >= 100); /* 40 leaves besides. */
}

/* Deletes of a batch that lack room are refused together, a single one is not. */
static void test_deletes_lack_room(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[] = {op_delete("a"), op_put("c", "1"), op_delete("b")};
    kv_prepared *prepared;
    kvi_write_txn *write;
    kvi_room room = {.pages = 6, .reserve = 6, .trees = TREES};

    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    prepared = prepare(fixture, ops, 3);
    write = begin_short(fixture, room);
    apply(write, prepared, KVI_REFUSED, KV_STORE_FULL);
    assert_int_equal(prepared->attempt.deletes_fit, 1);
    assert_int_equal(write->room.pages, 6); /* What it was charged it gave back. */
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
    prepared = prepare(fixture, ops, 1);
    write = begin_short(fixture, room);
    apply(write, prepared, KVI_APPLIED, KV_OK);
    assert_status(prepared->verdicts[0].status, KV_OK);
    kvi_write_txn_abort(write);
    kv_prepared_free(prepared);
}

/* Liveness and quota go by the transaction's time, deadlines by that of the preparation. */
static void test_time_of_transaction(void **state)
{
    struct fixture *fixture = *state;
    kv_op old = op_put("key", "old"), fresh = op_put("key", "new");
    kv_verdict verdict;
    kv_prepared *batches[1];

    old.flags = KV_OP_TTL;
    old.ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &old, NULL), KV_OK);
    fresh.flags = KV_OP_IF_ABSENT | KV_OP_TTL;
    fresh.ttl_s = 100;
    assert_status(kv_prepare(fixture->db, fixture->ns, &fresh, 1, NULL, &verdict, batches), KV_OK);
    fixture_advance(fixture, 10); /* While the batch waits the old value expires. */
    assert_status(kv_commit(fixture->db, batches, 1, NULL), KV_OK);
    assert_status(verdict.status, KV_OK);
    assert_int_equal(verdict.flags, KV_CREATED | KV_EXPIRES);
    assert_int_equal(verdict.expires_at, atomic_load(&fixture->clock.now) - 10 + 100);
    kv_prepared_free(batches[0]);
}

static int setup(void **state)
{
    struct rng rng = {6};

    rng_fill(&rng, noise, sizeof(noise));
    return fixture_setup(state);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("room: a batch that wants a sweep", test_wants_sweep),
        STORE_TEST("room: keys of a leaf share its copy", test_leaves_are_shared),
        STORE_TEST("room: deletes that lack it", test_deletes_lack_room),
        STORE_TEST("time: that of the transaction", test_time_of_transaction),
    };

    run_rows(rows, test_charge, setup, fixture_teardown);
    run_tests(tests);
    return run_all("batch");
}
