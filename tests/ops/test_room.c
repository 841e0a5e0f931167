/* Large batches near the cap: they estimate that their rows share pages, and when that is too low
 * they are run again as at worst. */
#include "support/fixture.h"

#include "ops/write.h"
#include "support/inside.h"
#include "support/lmdb_faults.h"
#include "support/random.h"
#include "tables/names.h"

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

/* The pages at the end that are kept for deletes are there. */
static void expect_reserve(struct fixture *fixture)
{
    kvi_env_facts facts;

    assert_status(kvi_env_facts_get(fixture->db->env, &facts), KV_OK);
    assert_true(facts.pages_used + KVI_RESERVE_PAGES <= facts.map_size / facts.page_size);
}

static uint64_t commits_of(struct fixture *fixture)
{
    return kvi_counter_get(&fixture->db->counters.commits);
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
    return facts.pages;
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

static void delete_all(struct fixture *fixture, struct batch *batch)
{
    uint64_t left = fixture_describe(fixture, fixture->ns).key_count;

    for (int letter = 'a'; letter < 'a' + LETTERS; letter++) {
        do {
            batch_fill(batch, (char)letter, LARGE);
            for (size_t i = 0; i < batch->count; i++)
                batch->ops[i] = op_delete(batch->keys[i]);
            batch_run(fixture, batch);
            assert_true(batch->report.failed == 0 ||
                        fixture_describe(fixture, fixture->ns).key_count < left);
            left = fixture_describe(fixture, fixture->ns).key_count;
        } while (batch->report.failed > 0);
    }
    assert_int_equal(left, 0);
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
        ROOM_TEST("room: a full map while hoping", test_full_while_hoping),
        ROOM_TEST("room: a full map all the same", test_full_all_the_same),
        ROOM_TEST("room: a full map while hoping in company", test_full_in_company),
    };

    run_tests(tests);
    run_rows(pairs_rows, test_descending_pairs, setup, fixture_teardown);
    run_rows(random_rows, test_random, setup, fixture_teardown);
    return run_all("room");
}
