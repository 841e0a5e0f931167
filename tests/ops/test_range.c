/* Ranges from inside: what a range continues from, and which damage it meets. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/snapshot.h"
#include "support/inside.h"
#include "support/random.h"
#include "tables/catalog.h"
#include "tables/values.h"

#include <stdio.h>
#include <string.h>

#define SIZE 300000
#define PIECE 4076

static uint8_t value[SIZE], out[SIZE];

/* "a", raw in pieces or (is_text) a frame in pieces. */
static void fill(struct fixture *fixture, bool is_text)
{
    struct rng rng = {3};
    kv_op op = op_put("a", "");

    rng_fill(&rng, value, SIZE);
    for (size_t i = 0; i < SIZE && is_text; i++)
        value[i] &= 0x0F;
    op.value = value;
    op.value_size = SIZE;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

static kv_status pull(struct fixture *fixture, kv_snapshot *snapshot, const char *key,
                      uint64_t offset, size_t capacity)
{
    size_t size;
    kv_status status =
        kv_get_range(snapshot, fixture->ns, key, strlen(key), NULL, offset, out, capacity, &size);

    if (status == KV_OK && strcmp(key, "a") == 0) {
        assert_int_equal(size, capacity);
        assert_memory_equal(out, value + offset, size);
    }
    return status;
}

/* ---- What is continued. A state that says that its frame has ended gives no more bytes: a range
 * that fails went on from it, a range that succeeds began anew. */

static const struct step {
    const char *name;
    uint64_t offset; /* Behind a range of [0, 1000). */
    bool is_continued;
} steps[] = {
    {"range: where the last one ended", 1000, true},
    {"range: further on", 5000, true},
    {"range: before the last one's end", 999, false},
    {"range: at the beginning", 0, false},
};

static void test_step(void **state)
{
    struct fixture *fixture = *state;
    const struct step *step = fixture->row;
    kv_snapshot *snapshot;

    fill(fixture, true);
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", 0, 1000), KV_OK);
    assert_int_equal(snapshot->range.raw_at, 1000);
    snapshot->range.has_ended = true;
    assert_status(pull(fixture, snapshot, "a", step->offset, 1000),
                  step->is_continued ? KV_CORRUPT : KV_OK);
    if (step->is_continued)
        assert_null(snapshot->range.decompressor);
    assert_status(pull(fixture, snapshot, "a", step->offset, 1000), KV_OK);
    kv_snapshot_end(snapshot);
}

static void end_renewed(struct fixture *fixture, kv_snapshot *snapshot)
{
    (void)fixture;
    assert_status(kv_snapshot_renew(snapshot), KV_OK); /* And nothing was committed. */
}

static void end_other_key(struct fixture *fixture, kv_snapshot *snapshot)
{
    assert_status(pull(fixture, snapshot, "raw", 0, 1), KV_OK);
}

static const struct ending {
    const char *name;
    void (*end)(struct fixture *fixture, kv_snapshot *snapshot);
} endings[] = {
    {"range: its state ends with a renewal", end_renewed},
    {"range: its state ends with another key", end_other_key},
};

static void test_ending(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;

    fixture_put(fixture, "raw", "1");
    fill(fixture, true);
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", 0, 1000), KV_OK);
    assert_non_null(snapshot->range.decompressor);
    ((const struct ending *)fixture->row)->end(fixture, snapshot);
    assert_null(snapshot->range.decompressor);
    assert_status(pull(fixture, snapshot, "a", 1000, 1000), KV_OK);
    kv_snapshot_end(snapshot);
    /* The same object from the pool: it has nothing left of it. */
    snapshot = fixture_snapshot(fixture);
    assert_null(snapshot->range.decompressor);
    kv_snapshot_end(snapshot);
}

/* A broken snapshot, and one that outlives its handle, give the decompressor back too: a leak
   would show under ASan. */
static void test_ends_late(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;

    fill(fixture, true);
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", 0, 1000), KV_OK);
    snapshot->is_broken = true;
    kv_snapshot_end(snapshot);
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", 0, 1000), KV_OK);
    fixture_close(fixture);
    assert_status(pull(fixture, snapshot, "a", 1000, 1000), KV_REOPEN_NEEDED);
    kv_snapshot_end(snapshot);
}

/* ---- Damage of one piece */

static kvi_record record_of(struct fixture *fixture)
{
    kvi_txn *txn = inside_begin(fixture);
    kvi_record record;

    assert_status(kvi_values_get(txn, inside_values_key(fixture->ns, "a"), &record), KV_OK);
    kvi_txn_abort(txn);
    assert_true(record.flags & KVI_RECORD_PIECES);
    return record;
}

static void piece_flip(struct fixture *fixture, uint32_t number)
{
    uint8_t key[12];

    kvi_be64_store(key, record_of(fixture).piece_sequence);
    kvi_be32_store(key + 8, number);
    inside_flip(fixture, KVI_PIECES, kvi_slice(key, 12), 2000, 1);
}

static void expect_piece_error(kv_snapshot *snapshot, uint32_t number)
{
    kv_error error = KV_ERROR_INIT;
    char says[80];

    (void)snprintf(says, sizeof(says),
                   "values, namespace 1, key \"a\": piece %u: its checksum differs", number);
    assert_status(kv_snapshot_error(snapshot, &error), KV_OK);
    assert_string_equal(error.message, says);
}

/* Piece 20 of a raw value is [81520, 85596), and is met by ranges that touch it alone. */
static const struct touch {
    const char *name;
    uint64_t offset;
    size_t size;
    kv_status want;
} touches[] = {
    {"damage of a piece: before it", 0, PIECE * 20, KV_OK},
    {"damage of a piece: behind it", PIECE * 21, SIZE - PIECE * 21, KV_OK},
    {"damage of a piece: its first byte", PIECE * 20 - 10, 11, KV_CORRUPT},
    {"damage of a piece: up to it", PIECE * 20 - 10, 10, KV_OK},
    {"damage of a piece: its last byte", PIECE * 21 - 1, 1, KV_CORRUPT},
    {"damage of a piece: inside it", PIECE * 20 + 7, 9, KV_CORRUPT},
    {"damage of a piece: across it", PIECE * 19, PIECE * 3, KV_CORRUPT},
    {"damage of a piece: none of it", PIECE * 20 + 7, 0, KV_OK},
    {"damage of a piece: the whole value", 0, SIZE, KV_CORRUPT},
};

static void test_touch(void **state)
{
    struct fixture *fixture = *state;
    const struct touch *touch = fixture->row;
    kv_snapshot *snapshot;

    fill(fixture, false);
    piece_flip(fixture, 20);
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", touch->offset, touch->size), touch->want);
    if (touch->want != KV_OK)
        expect_piece_error(snapshot, 20);
    assert_status(pull(fixture, snapshot, "a", PIECE * 30, 1000), KV_OK);
    kv_snapshot_end(snapshot);
}

/* A frame is read up to the damage, not past it; and what was read is right. */
static void test_damaged_frame(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_status status = KV_OK;
    uint64_t at = 0;

    fill(fixture, true);
    piece_flip(fixture, 20);
    snapshot = fixture_snapshot(fixture);
    while (status == KV_OK && at + 1000 <= SIZE) {
        status = pull(fixture, snapshot, "a", at, 1000);
        at += status == KV_OK ? 1000 : 0;
    }
    assert_status(status, KV_CORRUPT);
    expect_piece_error(snapshot, 20);
    assert_true(at > 0 && at < SIZE);
    assert_status(pull(fixture, snapshot, "a", SIZE - 1, 1), KV_CORRUPT);
    assert_status(pull(fixture, snapshot, "a", 0, at), KV_OK);
    kv_snapshot_end(snapshot);
}

/* A record with a wrong number of pieces may be wrong about where they are, too. */
static void test_piece_count(void **state)
{
    struct fixture *fixture = *state;
    kv_slice key = inside_values_key(fixture->ns, "a");
    kv_error error = KV_ERROR_INIT;
    kv_snapshot *snapshot;
    kvi_record record;
    uint8_t row[200];

    fill(fixture, false);
    record = record_of(fixture);
    record.piece_count--;
    record.metadata = record.payload = kvi_slice(NULL, 0);
    kvi_record_encode(&record, kvi_slice((const uint8_t *)key.data + 4, key.size - 4), row);
    inside_put(fixture, KVI_VALUES, key, row, kvi_record_size(&record));
    snapshot = fixture_snapshot(fixture);
    assert_status(pull(fixture, snapshot, "a", 0, 10), KV_CORRUPT);
    assert_status(kv_snapshot_error(snapshot, &error), KV_OK);
    assert_non_null(strstr(error.message, "no writer makes it"));
    kv_snapshot_end(snapshot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("range: its state ends late", test_ends_late),
        STORE_TEST("damage of a piece: of a frame", test_damaged_frame),
        STORE_TEST("damage of a piece: a wrong number of them", test_piece_count),
    };

    run_rows(steps, test_step, fixture_setup, fixture_teardown);
    run_rows(endings, test_ending, fixture_setup, fixture_teardown);
    run_rows(touches, test_touch, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("range");
}
