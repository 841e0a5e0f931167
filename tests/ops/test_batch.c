/* Applying a batch: what its operations are charged near the cap. The rest is seen from outside, in
 * tests/api: test_batch, test_conditions and test_quota. */
#include "support/fixture.h"
#include "support/inside.h"
#include "support/random.h"

#include "ops/batch.h"

#include <stdio.h>

#define PAGES 1000

static uint8_t noise[200000];

static kvi_write *begin_short(struct fixture *fixture, kvi_room room)
{
    kvi_write *write;

    assert_status(kvi_write_begin(fixture->db, (kvi_need){.operations = 100}, &write, NULL), KV_OK);
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
    {"charge: a quarter of a leaf", KV_PUT, false, 1100, 0, 3, 0},
    {"charge: one page", KV_PUT, false, 4000, 0, 3, 0},
    {"charge: one page and its metadata", KV_PUT, false, 4000, 1024, 2, 2},
    {"charge: metadata and a small value", KV_PUT, false, 10, 1024, 3, 0},
    {"charge: two pages", KV_PUT, false, 4097, 0, 2, 2},
    {"charge: the largest in one piece", KV_PUT, false, 65536, 0, 2, 17},
    {"charge: in pieces", KV_PUT, false, 65537, 0, 20, 0},
    {"charge: a touch of a small value", KV_TOUCH, true, 10, 0, 3, 0},
    {"charge: a touch rewrites the row", KV_TOUCH, true, 4000, 1024, 3, 2},
    {"charge: a touch leaves pieces alone", KV_TOUCH, true, 65537, 0, 3, 0},
    {"charge: a delete", KV_DELETE, false, 4000, 1024, 1, 0},
};

static void test_charge(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_op put = op_put("key", ""), op;
    kv_prepared *prepared;
    kvi_write *write;

    put.value = noise;
    put.value_size = row->value;
    put.metadata = noise;
    put.metadata_size = row->metadata;
    assert_status(kv_put(fixture->db, fixture->ns, &put, NULL), KV_OK);
    op = row->kind == KV_PUT ? put : row->kind == KV_TOUCH ? op_touch("key") : op_delete("key");
    op.flags = row->expires ? KV_OP_TTL : 0;
    op.ttl_s = 10;
    prepared = prepare(fixture, &op, 1);
    write = begin_short(fixture, (kvi_room){.pages = PAGES, .tail = PAGES});
    assert_status(kvi_batch_apply(write, prepared), KV_OK);
    assert_status(prepared->verdicts[0].status, KV_OK);
    assert_int_equal(PAGES - write->room.tail, row->run);
    assert_int_equal(PAGES - write->room.pages, row->fresh + row->run);
    kvi_write_abort(write);
    kv_prepared_free(prepared);
}

/* A batch that finds no room while more is due wants a sweep; the others get what it does not take.
 */
static void test_wants_sweep(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[] = {op_put("a", "1"), op_put("b", "2")};
    kv_prepared *prepared;
    kvi_write *write;

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
    /* 13 pages for a dead row, half of the room for the batch, 14 for a put. */
    write = begin_short(fixture, (kvi_room){.pages = 40, .tail = 40, .copies = PAGES});
    assert_status(kvi_batch_apply(write, prepared), KV_BUSY);
    assert_true(prepared->wants_sweep);
    assert_int_equal(prepared->sweeping, 2);
    assert_int_equal(write->room.pages, 14);
    prepared->is_swept = true; /* Then it is answered. */
    write->room.pages = 14;
    write->room.reserve = 0;
    assert_status(kvi_batch_apply(write, prepared), KV_OK);
    assert_false(prepared->wants_sweep);
    kvi_write_abort(write);
    kv_prepared_free(prepared);
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
    };

    run_rows(rows, test_charge, setup, fixture_teardown);
    run_tests(tests);
    return run_all("batch");
}
