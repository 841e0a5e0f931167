/* Room: what operations are charged near the cap, and large batches there, which estimate that
 * their rows share pages, and are run again as at worst if that was too low. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/commit.h"
#include "support/free_pages.h"
#include "support/inside.h"
#include "support/lmdb_faults.h"
#include "support/random.h"
#include "tables/catalog.h"

#include <stdio.h>
#include <string.h>

#define LARGE 5000
#define SMALL 2
#define GAP_S 100000
#define LETTERS 8

/* A batch whose keys are a letter and a number. */
struct batch {
    char keys[LARGE][32];
    kv_op ops[LARGE];
    kv_verdict verdicts[LARGE];
    size_t count;
    kv_report report;
    kv_prepared *prepared;
};

/* Puts of nothing, for good. */
static void batch_fill(struct batch *batch, char letter, size_t count)
{
    memset(batch, 0, sizeof(*batch));
    batch->report = (kv_report)KV_REPORT_INIT;
    batch->count = count;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(batch->keys[i], sizeof(batch->keys[i]), "%c%05zu", letter, i);
        batch->ops[i] = op_put(batch->keys[i], "");
    }
}

static void batch_run(struct fixture *fixture, struct batch *batch)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;

    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    assert_status(kv_batch(fixture->db, fixture->ns, batch->ops, batch->count, &options,
                           batch->verdicts, &batch->report),
                  KV_OK);
}

/* The first ones went in, so many that the report says; the others are told, and are not there. */
static void expect_verdicts(struct fixture *fixture, const struct batch *batch)
{
    size_t written = batch->report.written;

    for (size_t i = 0; i < batch->count; i++) {
        assert_status(batch->verdicts[i].status, i < written ? KV_OK : KV_STORE_FULL);
        if (i < written)
            fixture_expect(fixture, batch->keys[i], "");
        else
            fixture_expect_absent(fixture, batch->keys[i]);
    }
}

/* The next transaction finds what is kept for deletes. */
static void expect_reserve(struct fixture *fixture)
{
    kvi_env_facts facts;
    uint64_t cap;

    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    cap = facts.map_size / facts.page_size;
    assert_true(free_pages_listed(fixture->db->env) + cap - 1 - facts.pages_used >=
                kvi_room_reserve(cap));
    free_pages_check(fixture->db->env);
}

static uint64_t commits_of(struct fixture *fixture)
{
    return kvi_counter_get(&fixture->db->counters.commits);
}

/* ---- Charges */

/* Room for 100 pages, of which the last 60 lie together, and 20 are kept from puts. Trees of three
   levels: values and expiry of 10 leaves, pieces of 100. */
#define ROOM                                                                                       \
    {                                                                                              \
        .is_short = true, .status = KV_STORE_FULL, .pages = 100, .tail = 60, .reserve = 20,        \
        .split_size = 100, .trees = {                                                              \
            {3, 10, 3},                                                                            \
            {3, 10, 3},                                                                            \
            {5, 100, 3}                                                                            \
        }                                                                                          \
    }

static const struct charge_row {
    const char *name;
    kvi_charge charge;
    uint64_t kept;
    kv_status want;
    uint64_t taken, run; /* Of the room. */
} charge_rows[] = {
    {"charge: nothing", {.fresh = 0}, 20, KV_OK, 0, 0},
    {"charge: a leaf and its path", {.leaves = {1}}, 20, KV_OK, 3, 0},
    {"charge: a leaf in each tree", {.leaves = {1, 1, 1}}, 20, KV_OK, 9, 0},
    {"charge: leaves side by side share a path", {.leaves = {0, 0, 30}}, 20, KV_OK, 32, 0},
    {"charge: so many that they do not", {.leaves = {0, 0, 70}}, 20, KV_OK, 74, 0},
    {"charge: no more leaves than there are", {.leaves = {500}}, 20, KV_OK, 13, 0},
    {"charge: fresh pages", {.fresh = 80}, 20, KV_OK, 80, 0},
    {"charge: one fresh page too many", {.fresh = 81}, 20, KV_STORE_FULL, 0, 0},
    {"charge: copies count as well", {.leaves = {1}, .fresh = 78}, 20, KV_STORE_FULL, 0, 0},
    {"charge: a run at the end", {.run = 40}, 20, KV_OK, 40, 40},
    {"charge: a run that the free list may not have", {.run = 41}, 20, KV_STORE_FULL, 0, 0},
    {"charge: splits as at worst", {.splits = 3, .size = 50}, 20, KV_OK, 3, 0},
    {"charge: what removes leaves a part", {.fresh = 90}, 10, KV_OK, 90, 0},
    {"charge: and no more than that", {.fresh = 91}, 10, KV_STORE_FULL, 0, 0},
    {"charge: a single delete takes all", {.fresh = 100}, 0, KV_OK, 100, 0},
    {"charge: more than there is", {.fresh = 101}, 0, KV_STORE_FULL, 0, 0},
    {"charge: far past the cap", {.fresh = UINT64_C(1) << 40}, 20, KV_STORE_FULL, 0, 0},
};

static void test_charge(void **state)
{
    const struct charge_row *row = *state;
    kvi_room room = ROOM;

    assert_status(kvi_room_charge(&room, &row->charge, row->kept), row->want);
    assert_int_equal(100 - room.pages, row->taken);
    assert_int_equal(60 - room.tail, row->run);
    room = (kvi_room)ROOM; /* Far from the cap nothing is counted. */
    room.is_short = false;
    assert_status(kvi_room_charge(&room, &row->charge, row->kept), KV_OK);
    assert_int_equal(room.pages, 100);
}

/* A transaction copies a page once: branches that were charged are charged to nobody else. */
static void test_charge_in_turn(void **state)
{
    const kvi_charge one = {.leaves = {1}};
    kvi_room room = ROOM;

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_status(kvi_room_charge(&room, &one, 20), KV_OK);
    assert_int_equal(100 - room.pages, 13);
}

/* Splits by bytes: a page for each 100, whichever rows they come from, and never more than at
   worst. */
static void test_charge_by_bytes(void **state)
{
    const kvi_charge small = {.splits = 2, .size = 40}, large = {.splits = 2, .size = 1000};
    const kvi_charge rest = {.fresh = 72};
    kvi_room room = ROOM;

    (void)state;
    assert_status(kvi_room_charge(&room, &small, 20), KV_OK);
    assert_int_equal(room.pages, 98);
    room.is_estimated = true;
    for (int i = 0; i < 10; i++)
        assert_status(kvi_room_charge(&room, &small, 20), KV_OK);
    assert_int_equal(room.pages, 94);
    assert_status(kvi_room_charge(&room, &large, 20), KV_OK);
    assert_int_equal(room.pages, 92);
    assert_int_equal(room.splits, 6);
    assert_status(kvi_room_charge(&room, &rest, 20), KV_OK);
    assert_status(kvi_room_charge(&room, &large, 20), KV_STORE_FULL);
    assert_int_equal(room.splits, 6);
    assert_status(kvi_room_charge(&room, &small, 20), KV_OK); /* It shares a page. */
}

/* What removing leaves to the next transaction: half of the reserve, or of what is left of it. */
static void test_half(void **state)
{
    kvi_room room = ROOM;

    (void)state;
    assert_int_equal(kvi_room_half(&room), 10);
    room.pages = 8;
    assert_int_equal(kvi_room_half(&room), 4);
}

static void test_reserve(void **state)
{
    (void)state;
    assert_int_equal(kvi_room_reserve(0), 256);
    assert_int_equal(kvi_room_reserve(KV_MAP_SIZE_MIN / 4096), 256);
    assert_int_equal(kvi_room_reserve(16 * 300), 300);
    assert_int_equal(kvi_room_reserve(KV_MAP_SIZE_DEFAULT / 4096), 32768);
}

/* ---- The room of a transaction */

static kvi_write_txn *begin(struct fixture *fixture, kvi_need need)
{
    kvi_write_txn *write;

    assert_status(kvi_write_txn_begin(fixture->db, need, true, &write, NULL), KV_OK);
    return write;
}

/* It is short only where the cap is near. */
static void test_begin(void **state)
{
    struct fixture *fixture = *state;
    kvi_write_txn *write = begin(fixture, (kvi_need){.operations = 1});
    kvi_env_facts facts;

    assert_false(write->room.is_short);
    kvi_write_txn_abort(write);
    write = begin(fixture, (kvi_need){.operations = 1000});
    assert_true(write->room.is_short);
    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    assert_true(write->room.status == KV_STORE_FULL);
    assert_int_equal(write->room.reserve, kvi_room_reserve(facts.map_size / facts.page_size));
    assert_true(write->room.tail <= facts.map_size / facts.page_size - facts.pages_used);
    assert_true(write->room.tail + 100 >= facts.map_size / facts.page_size - facts.pages_used);
    kvi_write_txn_abort(write);
    write = begin(fixture, (kvi_need){.operations = 1, .payload_bytes = 4 << 20});
    assert_true(write->room.is_short);
    kvi_write_txn_abort(write);
}

static void put_numbered(kvi_write_txn *write, unsigned table, uint64_t number, size_t size)
{
    static uint8_t value[KVI_CHANGES_BUFFER_SIZE];
    uint8_t key[8];

    kvi_be64_store(key, number);
    assert_status(kvi_txn_put(write->txn, table, kvi_slice(key, 8), kvi_slice(value, size)), KV_OK);
}

/* Pages of the tree. */
static uint64_t pages_of(kvi_write_txn *write, unsigned table)
{
    kvi_table_facts facts;

    assert_status(kvi_txn_table_facts(write->txn, table, &facts), KV_OK);
    return facts.branches + facts.leaves;
}

static kv_status count_splits(kvi_write_txn *write)
{
    return kvi_room_count(&write->room, write->txn);
}

/* What splits took is counted against what they were charged, then against the room of puts. */
static void test_count(void **state)
{
    struct fixture *fixture = *state;
    uint64_t key = 0, grown, most;
    kvi_write_txn *write = begin(fixture, (kvi_need){.operations = 1000});

    assert_true(write->room.is_short);
    write->room.pages = 1000;
    write->room.reserve = 900;
    write->room.splits = 5;
    while (pages_of(write, KVI_EXPIRY) < 8)
        put_numbered(write, KVI_EXPIRY, key++, 1000);
    assert_status(count_splits(write), KV_OK);
    assert_int_equal(write->room.pages, 997);
    assert_int_equal(write->room.splits, 0);
    put_numbered(write, KVI_CHANGES, 1, KVI_CHANGES_BUFFER_SIZE); /* A leaf, and a page for it. */
    put_numbered(write, KVI_VALUES, 1, 3000);                     /* Of its page it is charged. */
    assert_status(count_splits(write), KV_OK);
    assert_int_equal(write->room.pages, 994);
    while (key > 0) {
        uint8_t bytes[8];

        kvi_be64_store(bytes, --key);
        assert_status(kvi_txn_delete(write->txn, KVI_EXPIRY, kvi_slice(bytes, 8)), KV_OK);
    }
    put_numbered(write, KVI_VALUES, 2, 2000);
    put_numbered(write, KVI_VALUES, 3, 2000);
    put_numbered(write, KVI_VALUES, 4, 2000);
    grown = pages_of(write, KVI_VALUES) - 1;
    assert_status(count_splits(write), KV_OK); /* What shrank gives nothing back. */
    assert_int_equal(write->room.pages, 994 - grown);
    most = 94 - grown;
    while (pages_of(write, KVI_EXPIRY) <= most)
        put_numbered(write, KVI_EXPIRY, key++, 1000);
    assert_status(count_splits(write), KV_STORE_FULL); /* The reserve is not theirs. */
    write->room.is_estimated = false;
    assert_status(count_splits(write), KV_OK);
    kvi_write_txn_abort(write);
}

/* ---- LMDB says that the map is full while a batch goes by its estimate */

static void test_full_while_hoping(void **state)
{
    static struct batch batch;
    struct fixture *fixture = *state;
    uint64_t before = commits_of(fixture);

    batch_fill(&batch, 'a', LARGE);
    lmdb_faults_put("a00009", 6, MDB_MAP_FULL, 1);
    batch_run(fixture, &batch);
    assert_int_equal(lmdb_faults_fired(), 1);
    assert_int_equal(commits_of(fixture) - before, 1);
    assert_true(batch.report.written > 9 && batch.report.written < LARGE / 2);
    expect_verdicts(fixture, &batch);
    batch_run(fixture, &batch); /* Nothing of it lasts. */
    assert_int_equal(batch.report.written, LARGE);
    expect_verdicts(fixture, &batch);
    inside_recount(fixture);
}

/* What is not written in either run is told so. */
static void test_full_all_the_same(void **state)
{
    static struct batch batch;
    struct fixture *fixture = *state;

    batch_fill(&batch, 'a', LARGE);
    lmdb_faults_put("a00009", 6, MDB_MAP_FULL, 2);
    assert_status(
        kv_batch(fixture->db, fixture->ns, batch.ops, LARGE, NULL, batch.verdicts, &batch.report),
        KV_STORE_FULL);
    assert_int_equal(lmdb_faults_fired(), 2);
    assert_int_equal(batch.report.written, 0);
    expect_verdicts(fixture, &batch);
    inside_recount(fixture);
}

/* All of the group is run again, in one transaction. */
static void test_full_in_company(void **state)
{
    static struct batch batches[3];
    kv_prepared *prepared[3];
    kv_report reports[3] = {KV_REPORT_INIT, KV_REPORT_INIT, KV_REPORT_INIT};
    struct fixture *fixture = *state;
    uint64_t before = commits_of(fixture);

    for (size_t i = 0; i < 3; i++) {
        batch_fill(&batches[i], (char)('a' + i), i == 1 ? LARGE : SMALL);
        assert_status(kv_prepare(fixture->db, fixture->ns, batches[i].ops, batches[i].count, NULL,
                                 batches[i].verdicts, &prepared[i]),
                      KV_OK);
    }
    lmdb_faults_put("b00009", 6, MDB_MAP_FULL, 1);
    assert_status(kv_commit(fixture->db, prepared, 3, reports), KV_OK);
    assert_int_equal(commits_of(fixture) - before, 1);
    for (size_t i = 0; i < 3; i++) {
        batches[i].report = reports[i];
        expect_verdicts(fixture, &batches[i]);
        assert_memory_equal(reports[i].token, reports[0].token, sizeof(reports[0].token));
        kv_prepared_free(prepared[i]);
    }
    assert_int_equal(reports[0].written, SMALL);
    assert_true(reports[1].written > 9 && reports[1].written < LARGE / 2);
    inside_recount(fixture);
}

/* ---- Rows that do not share pages */

static uint64_t expiry_pages(struct fixture *fixture)
{
    kvi_table_facts facts;
    kvi_txn *txn = inside_begin(fixture);

    assert_status(kvi_txn_table_facts(txn, KVI_EXPIRY, &facts), KV_OK);
    kvi_txn_abort(txn);
    return facts.branches + facts.leaves;
}

/* Rows of `expiry`, each behind the last and GAP_S apart, until LMDB splits their leaf: the last
   two are in another, and there is room for one in theirs. */
static size_t split_leaf(struct fixture *fixture)
{
    size_t count = 0;

    while (expiry_pages(fixture) <= 1) {
        char key[32];
        kv_op op;

        (void)snprintf(key, sizeof(key), "a%05zu", count++);
        op = op_put(key, "");
        op.flags = KV_OP_TTL;
        op.ttl_s = (int64_t)count * GAP_S;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    return count;
}

/* Where a row comes behind the last of a full leaf, LMDB moves these two to a leaf of their own.
   The next two, if they belong between the others and the moved ones, do it again. */
static const struct pairs_row {
    const char *name;
    size_t count;
} pairs_rows[] = {
    {"room: pairs that descend, as many as fit", 3000},
    {"room: pairs that descend, as many as fit with the reserve", 3500},
    {"room: pairs that descend, a few more", 3700},
    {"room: pairs that descend, many more", LARGE},
};

static void test_descending_pairs(void **state)
{
    static struct batch batch;
    struct fixture *fixture = *state;
    const struct pairs_row *row = fixture->row;
    size_t before = split_leaf(fixture);
    int64_t moved = (int64_t)(before - 1) * GAP_S;

    batch_fill(&batch, 'b', row->count);
    for (size_t i = 0; i < row->count; i++) {
        batch.ops[i].flags = KV_OP_TTL;
        batch.ops[i].ttl_s = moved - 1 - (int64_t)(i ^ 1);
    }
    batch_run(fixture, &batch);
    expect_reserve(fixture);
    assert_true(expiry_pages(fixture) > batch.report.written / 2);
    if (row != &pairs_rows[0])
        assert_true(batch.report.written > 0 && batch.report.written < row->count / 2);
    else
        assert_int_equal(batch.report.written, row->count);
    expect_verdicts(fixture, &batch);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count,
                     before + batch.report.written);
    inside_recount(fixture);
}

/* ---- Touches write a row anew with all that it holds */

#define ROW_SIZE 65000 /* Of a value that stays in its row: 16 pages. */

/* So many that they take more than other operations of that number at worst. */
static const struct touches_row {
    const char *name;
    size_t count;
} touches_rows[] = {
    {"room: touches of large rows leave the reserve", 250},
    {"room: touches of large rows that do not all fit", 256},
};

static void test_touches(void **state)
{
    static uint8_t noise[ROW_SIZE];
    static struct batch batch;
    struct fixture *fixture = *state;
    const struct touches_row *row = fixture->row;
    struct rng rng = {.state = 1};
    kv_settings settings = KV_SETTINGS_INIT;

    settings.map_size_max = UINT64_C(32) << 20;
    fixture_create(fixture, &settings);
    rng_fill(&rng, noise, sizeof(noise));
    batch_fill(&batch, 'a', row->count);
    for (size_t i = 0; i < row->count; i++) {
        batch.ops[i].value = noise;
        batch.ops[i].value_size = sizeof(noise);
        assert_status(kv_put(fixture->db, fixture->ns, &batch.ops[i], NULL), KV_OK);
        batch.ops[i] = op_touch(batch.keys[i]);
    }
    batch_run(fixture, &batch);
    assert_true(batch.report.written > 0 && batch.report.written < row->count);
    for (size_t i = 0; i < row->count; i++)
        assert_status(batch.verdicts[i].status, i < batch.report.written ? KV_OK : KV_STORE_FULL);
    expect_reserve(fixture);
    inside_recount(fixture);
}

/* ---- Free pages that lie apart: no two of them are contiguous, and the end of the file is used */

#define APART_PAGES 8192
#define APART_LARGE 9 /* Values of LARGE_SIZE: at once they would free more than a page lists. */
#define LARGE_SIZE 1000000
#define HUGE_SIZE 2000000

/* Rows of `pieces` that belong to no value, of so many pages each, in one transaction. */
static bool put_strays(struct fixture *fixture, uint64_t first, uint64_t count, size_t pages)
{
    static uint8_t row[8 * 4096];
    kvi_txn *txn = inside_begin(fixture);
    kv_status status = KV_OK;

    for (uint64_t i = 0; i < count && status == KV_OK; i++) {
        uint8_t key[8];

        kvi_be64_store(key, first + i);
        status = kvi_txn_put(txn, KVI_PIECES, kvi_slice(key, 8), kvi_slice(row, pages * 4096 - 16));
    }
    if (status == KV_OK)
        return kvi_txn_commit(txn) == KV_OK;
    kvi_txn_abort(txn);
    return false;
}

/* Every other one goes, a hundred in a transaction. */
static void delete_strays(struct fixture *fixture, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i += 200) {
        kvi_txn *txn = inside_begin(fixture);

        for (uint64_t j = i; j < i + 200; j += 2) {
            uint8_t key[8];

            kvi_be64_store(key, first + j);
            assert_status(kvi_txn_delete(txn, KVI_PIECES, kvi_slice(key, 8)), KV_OK);
        }
        assert_status(kvi_txn_commit(txn), KV_OK);
    }
}

/* A reader keeps what is freed, until the end of the file is used up. Then what lies together
   goes. */
static void set_apart(struct fixture *fixture)
{
    uint64_t key = UINT64_C(1) << 40, first = key;
    kvi_env_facts facts;
    kvi_txn *reader;

    do {
        assert_true(put_strays(fixture, key, 100, 1));
        key += 100;
        assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    } while (facts.pages_used + 500 < APART_PAGES);
    assert_status(kvi_txn_begin_read(fixture->db->env, &reader), KV_OK);
    delete_strays(fixture, first, 1400);
    for (uint64_t count = 32; count > 0; count /= 2)
        while (put_strays(fixture, key, count, 1))
            key += count;
    kvi_txn_abort(reader);
    for (size_t pages = 8; pages > 1; pages--)
        while (put_strays(fixture, key, 1, pages))
            key++;
}

static void put_large(struct fixture *fixture, kv_ns ns, int64_t ttl_s)
{
    static uint8_t noise[LARGE_SIZE];
    struct rng rng = {.state = 1};

    rng_fill(&rng, noise, sizeof(noise));
    for (int i = 0; i < APART_LARGE; i++) {
        const char key[] = {'l', (char)('0' + i), 0};
        kv_op op = op_put(key, "");

        op.value = noise;
        op.value_size = sizeof(noise);
        op.flags = ttl_s != 0 ? KV_OP_TTL : 0;
        op.ttl_s = ttl_s;
        assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
    }
}

/* A value of more pages than LMDB lists in one. */
static void put_huge(struct fixture *fixture, kv_ns ns, const char *key, int64_t ttl_s)
{
    static uint8_t noise[HUGE_SIZE];
    struct rng rng = {.state = 2};
    kv_op op = op_put(key, "");

    rng_fill(&rng, noise, sizeof(noise));
    op.value = noise;
    op.value_size = sizeof(noise);
    op.flags = ttl_s != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl_s;
    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

/* Deleted, expired or dropped: a value of so many pages goes in parts, and whatever the clock says
   it is gone at once. */
static void test_apart_huge(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_ns other;

    settings.map_size_max = (uint64_t)APART_PAGES * 4096;
    fixture_create(fixture, &settings);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    put_huge(fixture, fixture->ns, "deleted", 0);
    put_huge(fixture, fixture->ns, "expired", 10);
    put_huge(fixture, other, "dropped", 0);
    fixture_put(fixture, "a", "1");
    set_apart(fixture);
    assert_status(kv_delete(fixture->db, fixture->ns, "deleted", 7, NULL), KV_OK);
    fixture_expect_absent(fixture, "deleted");
    fixture_advance(fixture, 10);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    fixture_advance(fixture, -100);
    fixture_expect_absent(fixture, "deleted");
    fixture_advance(fixture, 200);
    assert_status(kv_namespace_drop(fixture->db, other), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

/* What is due or dropped goes in portions that LMDB can list; and if not, it stops nobody. */
static void test_apart(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_ns other;

    settings.map_size_max = (uint64_t)APART_PAGES * 4096;
    fixture_create(fixture, &settings);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    put_large(fixture, fixture->ns, 10);
    put_large(fixture, other, 0);
    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    set_apart(fixture);
    fixture_advance(fixture, 10);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, other), KV_OK);
    assert_status(kv_delete(fixture->db, fixture->ns, "b", 1, NULL), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

/* ---- Whatever comes, the reserve stays, and deletes work */

static const struct random_row {
    const char *name;
    uint64_t seed;
    size_t size_max; /* Of values. */
} random_rows[] = {
    {"room: random batches, seed 1", 1, 50},   {"room: random batches, seed 2", 2, 200},
    {"room: random batches, seed 3", 3, 400},  {"room: random batches, seed 4", 4, 800},
    {"room: random batches, seed 5", 5, 1500}, {"room: random batches, seed 6", 6, 3000},
};

static void random_fill(struct rng *rng, struct batch *batch, int64_t number, size_t size_max)
{
    static char noise[3000];
    uint64_t kind = rng_below(rng, 4);

    rng_fill(rng, noise, sizeof(noise));
    batch_fill(batch, (char)('a' + rng_below(rng, LETTERS)), LARGE / rng_between(rng, 1, 4));
    for (size_t i = 0; i < batch->count; i++) {
        kv_op *op = &batch->ops[i];

        op->value = noise;
        op->value_size = rng_below(rng, size_max + 1);
        op->flags = kind != 0 ? KV_OP_TTL : 0;
        if (kind != 0)
            op->ttl_s = kind == 1 ? 1000 : 1000000;
        if (kind == 2)
            op->ttl_s += number * LARGE + (int64_t)i;
        if (kind == 3)
            op->ttl_s -= number * LARGE + (int64_t)i;
    }
}

/* Of a letter, in batches as large as the store takes: what is refused is refused as a whole. */
static void delete_letter(struct fixture *fixture, struct batch *batch, char letter)
{
    size_t most = LARGE;

    for (size_t first = 0; first < LARGE;) {
        size_t count = LARGE - first < most ? LARGE - first : most;
        kv_status status;

        batch_fill(batch, letter, LARGE);
        for (size_t i = 0; i < count; i++)
            batch->ops[i] = op_delete(batch->keys[first + i]);
        status = kv_batch(fixture->db, fixture->ns, batch->ops, count, NULL, batch->verdicts,
                          &batch->report);
        if (status == KV_OK) {
            assert_int_equal(batch->report.failed, 0);
            first += count;
            continue;
        }
        assert_status(status, KV_STORE_FULL);
        assert_int_equal(batch->report.written, 0);
        assert_non_null(strstr(batch->report.error.message, "delete"));
        assert_true(count > 1);
        most = count / 2;
    }
}

static void delete_all(struct fixture *fixture, struct batch *batch)
{
    for (int letter = 'a'; letter < 'a' + LETTERS; letter++)
        delete_letter(fixture, batch, (char)letter);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

static void test_random(void **state)
{
    static struct batch batch;
    struct fixture *fixture = *state;
    const struct random_row *row = fixture->row;
    struct rng rng = {row->seed};
    size_t refused = 0;

    for (int i = 0; i < 40; i++) {
        random_fill(&rng, &batch, i, row->size_max);
        batch_run(fixture, &batch);
        expect_reserve(fixture);
        refused += batch.report.failed;
    }
    assert_true(refused > 0);
    inside_recount(fixture);
    delete_all(fixture, &batch);
    inside_recount(fixture);
}

/* ---- */

static int setup(void **state)
{
    kv_settings settings = KV_SETTINGS_INIT;

    lmdb_faults_reset(); /* A test that failed may have left its plans behind. */
    if (fixture_setup_empty(state) != 0)
        return -1;
    settings.map_size_max = KV_MAP_SIZE_MIN;
    settings.changes_bytes_max = 100000;
    fixture_create(*state, &settings);
    return 0;
}

#define ROOM_TEST(name, function) TEST_WITHIN(name, function, setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("charge: in turn", test_charge_in_turn),
        TEST("charge: by bytes", test_charge_by_bytes),
        TEST("charge: what removing leaves", test_half),
        TEST("charge: the reserve", test_reserve),
        ROOM_TEST("room: of a transaction", test_begin),
        ROOM_TEST("room: splits are counted", test_count),
        ROOM_TEST("room: a full map while hoping", test_full_while_hoping),
        ROOM_TEST("room: a full map all the same", test_full_all_the_same),
        ROOM_TEST("room: a full map while hoping in company", test_full_in_company),
        EMPTY_TEST("room: free pages that lie apart", test_apart),
        EMPTY_TEST("room: free pages that lie apart, values of many pages", test_apart_huge),
    };

    run_rows(charge_rows, test_charge, NULL, NULL);
    run_tests(tests);
    run_rows(pairs_rows, test_descending_pairs, setup, fixture_teardown);
    run_rows(touches_rows, test_touches, fixture_setup_empty, fixture_teardown);
    run_rows(random_rows, test_random, setup, fixture_teardown);
    return run_all("room");
}
