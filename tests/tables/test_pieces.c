/* Large stored values in pieces of a page. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "support/inside.h"
#include "support/random.h"
#include "tables/catalog.h"
#include "tables/pieces.h"

#include <stdio.h>
#include <string.h>

#define PAGE 4096
#define PIECE (PAGE - 20)
#define SIZE (3 * PIECE + 100) /* Four pieces. */

static uint8_t value[SIZE];

static kv_slice piece_key(uint64_t sequence, uint32_t number, uint8_t out[12])
{
    kvi_be64_store(out, sequence);
    kvi_be32_store(out + 8, number);
    return kvi_slice(out, 12);
}

static kvi_record record_of(uint64_t sequence)
{
    return (kvi_record){.piece_sequence = sequence,
                        .piece_count = kvi_pieces_count(SIZE, PAGE),
                        .stored_size = SIZE};
}

static kv_status collect(void *ctx, kv_slice bytes)
{
    kv_buf *out = ctx;

    assert_true(out->size + bytes.size <= out->capacity);
    memcpy((uint8_t *)out->data + out->size, bytes.data, bytes.size);
    out->size += bytes.size;
    return KV_OK;
}

static kv_status read_back(kvi_txn *txn, const kvi_record *record)
{
    static uint8_t bytes[SIZE];
    kv_buf out = {bytes, 0, sizeof(bytes)};
    kv_status status = kvi_pieces_each(txn, record, true, collect, &out, NULL);

    if (status == KV_OK) {
        assert_int_equal(out.size, SIZE);
        assert_memory_equal(bytes, value, SIZE);
    }
    return status;
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(kvi_pieces_count(1, PAGE), 1);
    assert_int_equal(kvi_pieces_count(PIECE, PAGE), 1);
    assert_int_equal(kvi_pieces_count(PIECE + 1, PAGE), 2);
    assert_int_equal(kvi_pieces_count(2 * PIECE, PAGE), 2);
    assert_int_equal(kvi_pieces_count(KV_VALUE_SIZE_CEILING, PAGE), 6432);
}

/* A piece fills one overflow page: so do the tables' sums say. */
static void test_round_trip(void **state)
{
    bool has_more;
    kvi_txn *txn = inside_begin(*state);
    kvi_record first = record_of(5), second = record_of(6);
    kvi_table_facts facts;

    assert_status(kvi_pieces_append(txn, 5, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(kvi_pieces_append(txn, 6, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(kvi_txn_table_facts(txn, KVI_PIECES, &facts), KV_OK);
    assert_int_equal(facts.entries, 8);
    assert_int_equal(facts.branches + facts.leaves, 1);
    assert_status(read_back(txn, &first), KV_OK);
    assert_status(read_back(txn, &second), KV_OK);
    assert_status(kvi_pieces_remove(txn, &first, UINT64_MAX, &has_more), KV_OK);
    assert_status(read_back(txn, &first), KV_CORRUPT);
    assert_status(read_back(txn, &second), KV_OK);
    assert_status(kvi_pieces_remove(txn, &first, UINT64_MAX, &has_more), KV_OK);
    assert_status(kvi_pieces_remove(txn, &second, UINT64_MAX, &has_more), KV_OK);
    assert_status(kvi_txn_table_facts(txn, KVI_PIECES, &facts), KV_OK);
    assert_int_equal(facts.entries, 0);
    kvi_txn_abort(txn);
}

/* ---- Stray rows, which stop no writer */

static const struct stray {
    const char *name;
    const char *key;
    size_t key_size;
} strays[] = {
    {"pieces: a stray row with the largest number",
     "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12},
    {"pieces: a stray row of the next sequence", "\0\0\0\0\0\0\0\6\0\0\0\0", 12},
    {"pieces: a stray row of the same sequence", "\0\0\0\0\0\0\0\5\0\0\0\2", 12},
    {"pieces: a stray row behind the same sequence", "\0\0\0\0\0\0\0\5\0\0\0\4", 12},
    {"pieces: a stray row with a longer key", "\0\0\0\0\0\0\0\5\0\0\0\0\0", 13},
    {"pieces: a stray row of another form", "stray", 5},
};

static void test_stray(void **state)
{
    bool has_more;
    struct fixture *fixture = *state;
    const struct stray *stray = fixture->row;
    kvi_txn *txn = inside_begin(fixture);
    kvi_record first = record_of(4), second = record_of(5);

    assert_status(kvi_pieces_append(txn, 4, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(
        kvi_txn_put(txn, KVI_PIECES, kvi_slice(stray->key, stray->key_size), kvi_slice(value, 9)),
        KV_OK);
    assert_status(kvi_pieces_append(txn, 5, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(read_back(txn, &first), KV_OK);
    assert_status(read_back(txn, &second), KV_OK);
    assert_status(kvi_pieces_remove(txn, &second, UINT64_MAX, &has_more), KV_OK);
    assert_status(read_back(txn, &first), KV_OK);
    kvi_txn_abort(txn);
}

/* As a user meets it: every later write of a large value. */
static void test_stray_stops_no_put(void **state)
{
    struct fixture *fixture = *state;
    static char large[200000], key[12];
    kv_op op = op_put(key, "");
    struct rng rng = {5};

    rng_fill(&rng, large, sizeof(large));
    op.value = large;
    op.value_size = sizeof(large);
    inside_put(fixture, KVI_PIECES, kvi_slice("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0", 12), "x",
               1);
    for (int i = 0; i < 3; i++) {
        kv_slice got;
        kv_snapshot *snapshot;
        (void)snprintf(key, sizeof(key), "%d", i);
        op.key_size = strlen(key);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        snapshot = fixture_snapshot(fixture);
        assert_status(kv_get(snapshot, fixture->ns, key, op.key_size, &fixture->buf, &got), KV_OK);
        assert_int_equal(got.size, sizeof(large));
        assert_memory_equal(got.data, large, sizeof(large));
        kv_snapshot_end(snapshot);
    }
}

static kv_status stop(void *ctx, kv_slice bytes)
{
    (void)bytes;
    return ++*(int *)ctx == 2 ? KV_CANCELLED : KV_OK;
}

static void test_each_stops(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kvi_record record = record_of(5);
    int calls = 0;

    assert_status(kvi_pieces_append(txn, 5, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(kvi_pieces_each(txn, &record, true, stop, &calls, NULL), KV_CANCELLED);
    assert_int_equal(calls, 2);
    kvi_txn_abort(txn);
}

/* Who verifies the whole need not have each piece verified. */
static void test_unverified(void **state)
{
    static uint8_t copy[PAGE];
    kvi_txn *txn = inside_begin(*state);
    kvi_record record = record_of(5);
    uint8_t key[12];
    kv_slice row;
    int calls = 0;

    assert_status(kvi_pieces_append(txn, 5, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(kvi_txn_get(txn, KVI_PIECES, piece_key(5, 0, key), &row), KV_OK);
    memcpy(copy, row.data, row.size);
    copy[row.size - 1] ^= 1;
    assert_status(kvi_txn_put(txn, KVI_PIECES, piece_key(5, 0, key), kvi_slice(copy, row.size)),
                  KV_OK);
    assert_status(kvi_pieces_each(txn, &record, true, stop, &calls, NULL), KV_CORRUPT);
    assert_int_equal(calls, 0);
    assert_status(kvi_pieces_each(txn, &record, false, stop, &calls, NULL), KV_CANCELLED);
    assert_int_equal(calls, 2);
    kvi_txn_abort(txn);
}

static kv_status ignore(void *ctx, kv_slice bytes)
{
    (void)ctx;
    (void)bytes;
    return KV_OK;
}

/* All from an offset on. */
static kv_status range_back(kvi_txn *txn, const kvi_record *record, uint64_t offset)
{
    static uint8_t bytes[SIZE];
    kv_buf out = {bytes, 0, sizeof(bytes)};
    kv_status status = kvi_pieces_range(txn, record, PAGE, offset, collect, &out, NULL);

    if (status == KV_OK) {
        assert_int_equal(out.size, SIZE - offset);
        assert_memory_equal(bytes, value + offset, out.size);
    }
    return status;
}

static void test_range(void **state)
{
    static const uint64_t offsets[] = {0,         1,         PIECE - 1,     PIECE,   PIECE + 1,
                                       2 * PIECE, 3 * PIECE, 3 * PIECE + 1, SIZE - 1};
    kvi_txn *txn = inside_begin(*state);
    kvi_record record = record_of(5);
    int calls = 0;

    for (uint64_t sequence = 4; sequence <= 6; sequence++)
        assert_status(kvi_pieces_append(txn, sequence, kvi_slice(value, SIZE), PAGE), KV_OK);
    for (size_t i = 0; i < COUNT(offsets); i++)
        assert_status(range_back(txn, &record, offsets[i]), KV_OK);
    assert_status(kvi_pieces_range(txn, &record, PAGE, PIECE + 1, stop, &calls, NULL),
                  KV_CANCELLED);
    assert_int_equal(calls, 2);
    kvi_txn_abort(txn);
}

/* ---- Damage: one of sequence 5 between whole ones of 4 and 6 */

static void lose(kvi_txn *txn, uint32_t number)
{
    uint8_t key[12];

    assert_status(kvi_txn_delete(txn, KVI_PIECES, piece_key(5, number, key)), KV_OK);
}

static void resize(kvi_txn *txn, uint32_t number, size_t size)
{
    uint8_t key[12];

    assert_status(kvi_txn_put(txn, KVI_PIECES, piece_key(5, number, key), kvi_slice(value, size)),
                  KV_OK);
}

static void lose_first(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    lose(txn, 0);
}

static void lose_middle(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    lose(txn, 1);
}

static void lose_last(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    lose(txn, 3);
}

static void shorten(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    resize(txn, 2, PIECE - 1);
}

static void lengthen(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    resize(txn, 3, PIECE);
}

static void empty(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    resize(txn, 0, 0);
}

static void superfluous(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    resize(txn, 4, 1);
}

/* A bit, and the piece of another place: either has its own checksum. */
static void flip(kvi_txn *txn, kvi_record *record)
{
    static uint8_t copy[PAGE];
    uint8_t key[12];
    kv_slice row;

    (void)record;
    assert_status(kvi_txn_get(txn, KVI_PIECES, piece_key(5, 2, key), &row), KV_OK);
    memcpy(copy, row.data, row.size);
    copy[row.size / 2] ^= 1;
    assert_status(kvi_txn_put(txn, KVI_PIECES, piece_key(5, 2, key), kvi_slice(copy, row.size)),
                  KV_OK);
}

static void swap(kvi_txn *txn, uint64_t sequence, uint32_t number)
{
    static uint8_t copy[PAGE];
    uint8_t key[12];
    kv_slice row;

    assert_status(kvi_txn_get(txn, KVI_PIECES, piece_key(sequence, number, key), &row), KV_OK);
    memcpy(copy, row.data, row.size);
    assert_status(kvi_txn_put(txn, KVI_PIECES, piece_key(5, 2, key), kvi_slice(copy, row.size)),
                  KV_OK);
}

static void other_number(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    swap(txn, 5, 1);
}

static void other_value(kvi_txn *txn, kvi_record *record)
{
    (void)record;
    swap(txn, 4, 2);
}

static void count_low(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->piece_count--;
}

static void count_high(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->piece_count++;
}

static void count_huge(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->piece_count = UINT64_MAX;
}

static void size_low(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->stored_size--;
}

static void size_high(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->stored_size++;
}

static void other_sequence(kvi_txn *txn, kvi_record *record)
{
    (void)txn;
    record->piece_sequence = 7;
}

static void odd_key(kvi_txn *txn, kvi_record *record)
{
    uint8_t key[12];

    (void)record;
    lose(txn, 1);
    assert_status(kvi_txn_put(txn, KVI_PIECES, kvi_slice(piece_key(5, 1, key).data, 11),
                              kvi_slice(value, PIECE)),
                  KV_OK);
}

static const struct row {
    const char *name;
    void (*damage)(kvi_txn *txn, kvi_record *record);
    kvi_fault fault;
    bool is_in_last; /* The last piece alone shows it. */
} rows[] = {
    {"pieces: the first is missing", lose_first, {KVI_FAULT_PIECE_MISSING, 0}, false},
    {"pieces: one in the middle is missing", lose_middle, {KVI_FAULT_PIECE_MISSING, 1}, false},
    {"pieces: the last is missing", lose_last, {KVI_FAULT_PIECE_MISSING, 3}, true},
    {"pieces: one is too short", shorten, {KVI_FAULT_PIECE_CHECKSUM, 2}, false},
    {"pieces: one is too long", lengthen, {KVI_FAULT_PIECE_CHECKSUM, 3}, true},
    {"pieces: one is empty", empty, {KVI_FAULT_PIECE_SIZE, 0}, false},
    {"pieces: one too many", superfluous, {KVI_FAULT_PIECE_EXTRA, 4}, false},
    {"pieces: a bit of one", flip, {KVI_FAULT_PIECE_CHECKSUM, 2}, false},
    {"pieces: one in the place of another", other_number, {KVI_FAULT_PIECE_CHECKSUM, 2}, false},
    {"pieces: one of another value", other_value, {KVI_FAULT_PIECE_CHECKSUM, 2}, false},
    {"pieces: a count too low", count_low, {KVI_FAULT_PIECE_SIZE, 2}, true},
    {"pieces: a count too high", count_high, {KVI_FAULT_PIECE_MISSING, 4}, true},
    {"pieces: a count without bound", count_huge, {KVI_FAULT_PIECE_MISSING, 4}, true},
    {"pieces: a size too low", size_low, {KVI_FAULT_PIECE_SIZE, 3}, true},
    {"pieces: a size too high", size_high, {KVI_FAULT_PIECE_SIZE, 3}, true},
    {"pieces: of nobody", other_sequence, {KVI_FAULT_PIECE_MISSING, 0}, true},
    {"pieces: a key of another size", odd_key, {KVI_FAULT_PIECE_MISSING, 1}, false},
};

static void test_damage(void **state)
{
    bool has_more;
    kvi_fault fault = {KVI_FAULT_NONE, 0};
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kvi_txn *txn = inside_begin(fixture);
    kvi_record record = record_of(5), before = record_of(4), after = record_of(6);

    for (uint64_t sequence = 4; sequence <= 6; sequence++)
        assert_status(kvi_pieces_append(txn, sequence, kvi_slice(value, SIZE), PAGE), KV_OK);
    row->damage(txn, &record);
    assert_status(read_back(txn, &record), KV_CORRUPT);
    assert_status(kvi_pieces_each(txn, &record, true, ignore, NULL, &fault), KV_CORRUPT);
    assert_int_equal(fault.kind, row->fault.kind);
    assert_int_equal(fault.number, row->fault.number);
    assert_status(range_back(txn, &record, 0), row->damage == superfluous ? KV_OK : KV_CORRUPT);
    assert_status(range_back(txn, &record, 3 * PIECE + 50), row->is_in_last ? KV_CORRUPT : KV_OK);
    assert_status(read_back(txn, &before), KV_OK);
    assert_status(read_back(txn, &after), KV_OK);
    /* Who removes it is not told, and takes nothing of its neighbours. */
    assert_status(kvi_pieces_remove(txn, &record, UINT64_MAX, &has_more), KV_OK);
    assert_status(read_back(txn, &before), KV_OK);
    assert_status(read_back(txn, &after), KV_OK);
    kvi_txn_abort(txn);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("pieces: count", test_count),
        STORE_TEST("pieces: round trip", test_round_trip),
        STORE_TEST("pieces: a stray row stops no put", test_stray_stops_no_put),
        STORE_TEST("pieces: the reader stops", test_each_stops),
        STORE_TEST("pieces: the caller verifies", test_unverified),
        STORE_TEST("pieces: from an offset on", test_range),
    };
    struct rng rng = {3};

    rng_fill(&rng, value, sizeof(value));
    run_rows(rows, test_damage, fixture_setup, fixture_teardown);
    run_rows(strays, test_stray, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("pieces");
}
