/* Pulling parts of values, of every stored form: they are those of the whole value, in any order
 * and of any size, and never of two versions. */
#include "support/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "support/memory.h"
#include "support/random.h"

#define BIG_SIZE ((size_t)300000)

enum content { NOISE, TEXT, HALF }; /* HALF: a compressor halves it. */

static const struct row {
    const char *name;
    size_t size;
    enum content content;
    uint32_t codec;
} rows[] = {
    {"range: of an empty value", 0, NOISE, KV_CODEC_RAW},
    {"range: of one byte", 1, NOISE, KV_CODEC_RAW},
    {"range: raw", 1000, NOISE, KV_CODEC_RAW},
    {"range: raw, just whole", 65536, NOISE, KV_CODEC_RAW},
    {"range: raw, just in pieces", 65537, NOISE, KV_CODEC_RAW},
    {"range: raw in pieces", BIG_SIZE, NOISE, KV_CODEC_RAW},
    {"range: raw in pieces that are all full", (size_t)4076 * 20, NOISE, KV_CODEC_RAW},
    {"range: compressed", 2000, TEXT, KV_CODEC_ZSTD},
    {"range: compressed from large to small", BIG_SIZE, TEXT, KV_CODEC_ZSTD},
    {"range: compressed in pieces", BIG_SIZE, HALF, KV_CODEC_ZSTD},
};

static unsigned char *value_make(struct rng *rng, size_t size, enum content content)
{
    unsigned char *value = malloc(size + 1);

    assert_non_null(value);
    if (content == TEXT)
        rng_fill_text(rng, value, size);
    else
        rng_fill(rng, value, size);
    for (size_t i = 0; i < size && content == HALF; i++)
        value[i] &= 0x0F;
    return value;
}

static uint64_t put(struct fixture *fixture, const char *key, const unsigned char *value,
                    size_t size)
{
    kv_op op = op_put(key, "");
    kv_verdict verdict;

    op.value = value;
    op.value_size = size;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    return verdict.version;
}

/** One range of "a"; it must be of `value`, as far as that goes. */
static void expect_range(struct fixture *fixture, kv_snapshot *snapshot, const unsigned char *value,
                         size_t size, uint64_t offset, size_t capacity)
{
    unsigned char *out = malloc(capacity + 1);
    size_t want = offset >= size                     ? 0
                  : size - (size_t)offset < capacity ? size - (size_t)offset
                                                     : capacity;
    size_t got = SIZE_MAX;

    assert_non_null(out);
    out[want] = 0x5A;
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, NULL, offset, out, capacity, &got),
                  KV_OK);
    assert_int_equal(got, want);
    if (want > 0)
        assert_memory_equal(out, value + offset, want);
    assert_int_equal(out[want], 0x5A);
    free(out);
}

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    const size_t steps[] = {row->size / 100 + 1, 4076,          4096,         100000,
                            row->size,           row->size + 1, row->size * 2};
    struct rng rng = {7};
    unsigned char *value = value_make(&rng, row->size, row->content);
    kv_snapshot *snapshot;
    kv_entry entry;

    put(fixture, "a", value, row->size);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, KV_GET_FACTS, NULL, &entry), KV_OK);
    assert_int_equal(entry.codec, row->codec);
    for (size_t i = 0; i < COUNT(steps); i++) /* From front to end, and once behind it. */
        for (size_t at = 0; steps[i] > 0 && at <= row->size + steps[i]; at += steps[i])
            expect_range(fixture, snapshot, value, row->size, at, steps[i]);
    for (size_t at = row->size; at > 0; at -= at < 30001 ? at : 30001) /* Backwards. */
        expect_range(fixture, snapshot, value, row->size, at - 1, 5000);
    for (int i = 0; i < 100; i++)
        expect_range(fixture, snapshot, value, row->size, rng_below(&rng, row->size + 10),
                     (size_t)rng_below(&rng, row->size + 10));
    expect_range(fixture, snapshot, value, row->size, row->size, 10);
    expect_range(fixture, snapshot, value, row->size, UINT64_MAX, 10);
    expect_range(fixture, snapshot, value, row->size, row->size / 2, 0);
    kv_snapshot_end(snapshot);
    free(value);
}

static void test_answers(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("gone", "1");
    uint64_t version = 7;
    kv_snapshot *snapshot;
    char out[4];
    size_t size = 99;

    op.flags = KV_OP_TTL;
    op.ttl_s = 1;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_put(fixture, "a", "123");
    fixture_advance(fixture, 1);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_range(snapshot, fixture->ns, "b", 1, &version, 0, out, 4, &size),
                  KV_NOT_FOUND);
    assert_status(kv_get_range(snapshot, fixture->ns, "gone", 4, &version, 0, out, 4, &size),
                  KV_NOT_FOUND);
    assert_status(kv_get_range(snapshot, fixture->ns, "a b", 3, &version, 0, out, 4, &size),
                  KV_KEY_MALFORMED);
    assert_status(kv_get_range(snapshot, fixture->ns + 1, "a", 1, &version, 0, out, 4, &size),
                  KV_NAMESPACE_NOT_FOUND);
    assert_int_equal(size, 99);
    assert_int_equal(version, 7);
    kv_snapshot_end(snapshot);
}

/** The version that was read first is asked for from then on, across renewals. */
static void test_version(void **state)
{
    struct fixture *fixture = *state;
    struct rng rng = {8};
    unsigned char *value = value_make(&rng, BIG_SIZE, HALF), out[1000];
    uint64_t first = put(fixture, "a", value, BIG_SIZE), version = 0;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_op touch = op_touch("a");
    size_t size;

    for (size_t at = 0; at < 5000; at += 1000) {
        assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, &version, at, out, 1000, &size),
                      KV_OK);
        assert_true(version == first);
        assert_memory_equal(out, value + at, 1000);
        fixture_put(fixture, "other", "x"); /* The store goes on, the value stays. */
        if (at % 2000 == 0)
            assert_status(kv_snapshot_renew(snapshot), KV_OK);
    }
    value[5500] ^= 1;
    put(fixture, "a", value, BIG_SIZE);
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, &version, 5000, out, 1000, &size),
                  KV_OK); /* The snapshot still sees the first. */
    assert_int_equal(out[500], value[5500] ^ 1);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, &version, 6000, out, 1000, &size),
                  KV_VERSION_MISMATCH);
    assert_true(version == first);
    version = 0;
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, &version, 5000, out, 1000, &size),
                  KV_OK);
    assert_true(version > first);
    assert_memory_equal(out, value + 5000, 1000);
    assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL),
                  KV_OK); /* A version of its own. */
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, &version, 0, out, 0, &size),
                  KV_VERSION_MISMATCH);
    kv_snapshot_end(snapshot);
    free(value);
}

/** Several values at once, on one snapshot and on two, some of them also read whole. */
static void test_interleaved(void **state)
{
    struct fixture *fixture = *state;
    struct rng rng = {9};
    const char *const keys[] = {"text", "half", "noise"};
    unsigned char *values[3], out[7000];
    kv_snapshot *snapshots[2];
    kv_slice whole;
    size_t size;

    for (int i = 0; i < 3; i++) {
        values[i] = value_make(&rng, BIG_SIZE, i == 0 ? TEXT : i == 1 ? HALF : NOISE);
        put(fixture, keys[i], values[i], BIG_SIZE);
    }
    snapshots[0] = fixture_snapshot(fixture);
    snapshots[1] = fixture_snapshot(fixture);
    for (size_t at = 0; at + sizeof(out) <= BIG_SIZE; at += sizeof(out))
        for (size_t i = 0; i < 6; i++) {
            const char *key = keys[i % 3];

            assert_status(kv_get_range(snapshots[i / 3], fixture->ns, key, strlen(key), NULL, at,
                                       out, sizeof(out), &size),
                          KV_OK);
            assert_memory_equal(out, values[i % 3] + at, sizeof(out));
            assert_status(kv_get(snapshots[i / 3], fixture->ns, "text", 4, &fixture->buf, &whole),
                          KV_OK);
            assert_memory_equal(whole.data, values[0], BIG_SIZE);
        }
    kv_snapshot_end(snapshots[0]);
    kv_snapshot_end(snapshots[1]);
    for (int i = 0; i < 3; i++)
        free(values[i]);
}

static int no_chunk(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return 0;
}

/** Each allocation fails once; the next call reads on from the beginning. */
static void test_memory(void **state)
{
    struct fixture *fixture = *state;
    struct rng rng = {10};
    unsigned char *value, out[3000];
    int64_t runs = 0;
    kv_status status;
    size_t size;

    skip_without_memory_faults();
    value = value_make(&rng, BIG_SIZE, HALF);
    put(fixture, "a", value, BIG_SIZE);
    do {
        kv_snapshot *snapshot;
        kv_error error = KV_ERROR_INIT;

        fixture_close(fixture); /* So that nothing is warm. */
        fixture_open(fixture);
        snapshot = fixture_snapshot(fixture);
        memory_fail_after(runs++);
        status = kv_get_range(snapshot, fixture->ns, "a", 1, NULL, 0, out, sizeof(out), &size);
        if (status == KV_OK)
            status = kv_get_range(snapshot, fixture->ns, "a", 1, NULL, sizeof(out), out,
                                  sizeof(out), &size);
        if (status == KV_OK)
            status = kv_get_chunks(snapshot, fixture->ns, "a", 1, no_chunk, NULL);
        memory_fail_after(-1);
        if (status != KV_OK) {
            assert_status(status, KV_NO_MEMORY);
            assert_status(kv_snapshot_error(snapshot, &error), KV_OK);
            assert_status(error.status, KV_NO_MEMORY);
        }
        expect_range(fixture, snapshot, value, BIG_SIZE, sizeof(out), sizeof(out));
        kv_snapshot_end(snapshot);
    } while (status != KV_OK && runs < 1000);
    assert_status(status, KV_OK);
    assert_true(runs > 3);
    free(value);
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("range: absent, malformed, no namespace", test_answers),
    STORE_TEST("range: of one version", test_version),
    STORE_TEST("range: several values at once", test_interleaved),
    STORE_TEST("range: each allocation fails once", test_memory),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: range");
}
