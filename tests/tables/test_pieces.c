/* Large stored values in pieces of a page. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "support/inside.h"
#include "support/random.h"
#include "tables/names.h"
#include "tables/pieces.h"

#include <string.h>

#define PAGE 4096
#define PIECE (PAGE - 16)
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
    kv_status status = kvi_pieces_each(txn, record, collect, &out);

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
    assert_int_equal(kvi_pieces_count(KV_VALUE_SIZE_CEILING, PAGE), 6426);
}

/* A piece fills one overflow page: so do the tables' sums say. */
static void test_round_trip(void **state)
{
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
    assert_status(kvi_pieces_remove(txn, &first), KV_OK);
    assert_status(read_back(txn, &first), KV_CORRUPT);
    assert_status(read_back(txn, &second), KV_OK);
    assert_status(kvi_pieces_remove(txn, &first), KV_OK);
    assert_status(kvi_pieces_remove(txn, &second), KV_OK);
    assert_status(kvi_txn_table_facts(txn, KVI_PIECES, &facts), KV_OK);
    assert_int_equal(facts.entries, 0);
    kvi_txn_abort(txn);
}

/* Sequences rise: an older one behind a newer is refused, not put in between. */
static void test_append_only(void **state)
{
    kvi_txn *txn = inside_begin(*state);

    assert_status(kvi_pieces_append(txn, 5, kvi_slice(value, SIZE), PAGE), KV_OK);
    assert_status(kvi_pieces_append(txn, 4, kvi_slice(value, SIZE), PAGE), KV_CORRUPT);
    kvi_txn_abort(txn);
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
    assert_status(kvi_pieces_each(txn, &record, stop, &calls), KV_CANCELLED);
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
} rows[] = {
    {"pieces: the first is missing", lose_first},
    {"pieces: one in the middle is missing", lose_middle},
    {"pieces: the last is missing", lose_last},
    {"pieces: one is too short", shorten},
    {"pieces: one is too long", lengthen},
    {"pieces: one is empty", empty},
    {"pieces: one too many", superfluous},
    {"pieces: a count too low", count_low},
    {"pieces: a count too high", count_high},
    {"pieces: a count without bound", count_huge},
    {"pieces: a size too low", size_low},
    {"pieces: a size too high", size_high},
    {"pieces: of nobody", other_sequence},
    {"pieces: a key of another size", odd_key},
};

static void test_damage(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kvi_txn *txn = inside_begin(fixture);
    kvi_record record = record_of(5), before = record_of(4), after = record_of(6);

    for (uint64_t sequence = 4; sequence <= 6; sequence++)
        assert_status(kvi_pieces_append(txn, sequence, kvi_slice(value, SIZE), PAGE), KV_OK);
    row->damage(txn, &record);
    assert_status(read_back(txn, &record), KV_CORRUPT);
    assert_status(read_back(txn, &before), KV_OK);
    assert_status(read_back(txn, &after), KV_OK);
    /* Who removes it is not told, and takes nothing of its neighbours. */
    assert_status(kvi_pieces_remove(txn, &record), KV_OK);
    assert_status(read_back(txn, &before), KV_OK);
    assert_status(read_back(txn, &after), KV_OK);
    kvi_txn_abort(txn);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("pieces: count", test_count),
        STORE_TEST("pieces: round trip", test_round_trip),
        STORE_TEST("pieces: append only", test_append_only),
        STORE_TEST("pieces: the reader stops", test_each_stops),
    };
    struct rng rng = {3};

    rng_fill(&rng, value, sizeof(value));
    run_rows(rows, test_damage, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("pieces");
}
