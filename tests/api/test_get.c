/* The ways of reading one key or many: what each answers, what it borrows, what it copies. */
#include "support/fixture.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "support/random.h"

#define BIG_SIZE ((size_t)300000)

/** Values that are stored in each of the ways there are. */
static const struct row {
    const char *name;
    size_t size;
    int text; /* 1: compressible. */
    uint32_t codec;
} rows[] = {
    {"get: an empty value", 0, 0, KV_CODEC_RAW},
    {"get: one byte", 1, 0, KV_CODEC_RAW},
    {"get: raw", 1000, 0, KV_CODEC_RAW},
    {"get: below the threshold", 511, 1, KV_CODEC_RAW},
    {"get: at the threshold", 512, 1, KV_CODEC_ZSTD},
    {"get: compressed", 2000, 1, KV_CODEC_ZSTD},
    {"get: raw, just one page", 4096, 0, KV_CODEC_RAW},
    {"get: raw at the size of pieces less one", 65535, 0, KV_CODEC_RAW},
    {"get: raw at the size of pieces", 65536, 0, KV_CODEC_RAW},
    {"get: raw past the size of pieces", 65537, 0, KV_CODEC_RAW},
    {"get: in pieces", BIG_SIZE, 0, KV_CODEC_RAW},
    {"get: compressed from large to small", BIG_SIZE, 1, KV_CODEC_ZSTD},
    {"get: the largest by default", KV_VALUE_SIZE_DEFAULT, 0, KV_CODEC_RAW},
};

static unsigned char *value_make(const struct row *row)
{
    unsigned char *value = malloc(row->size + 1);
    struct rng rng = {7};

    assert_non_null(value);
    if (row->text)
        rng_fill_text(&rng, value, row->size);
    else
        rng_fill(&rng, value, row->size);
    return value;
}

static void put_value(struct fixture *fixture, const unsigned char *value, size_t size)
{
    kv_op op = op_put("key", "");

    op.value = value;
    op.value_size = size;
    op.metadata = "facts";
    op.metadata_size = 5;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

struct gather {
    unsigned char *data;
    size_t size, room;
};

static int gather_chunk(void *ctx, const void *data, size_t size)
{
    struct gather *gather = ctx;

    if (size > gather->room - gather->size)
        return 1;
    if (size > 0)
        memcpy(gather->data + gather->size, data, size);
    gather->size += size;
    return 0;
}

/** What is stored is the value, or its frame if a writer had to compress it. */
static void check_stored(kv_snapshot *snapshot, kv_ns ns, kv_buf *buf, const unsigned char *value,
                         const struct row *row)
{
    unsigned char *back = malloc(row->size + 1);
    kv_entry entry;

    assert_non_null(back);
    assert_status(kv_get_entry(snapshot, ns, "key", 3, KV_GET_STORED, buf, &entry), KV_OK);
    assert_int_equal(entry.codec, row->codec);
    assert_int_equal(entry.dictionary_id, 0);
    assert_int_equal(entry.value_size, row->size);
    assert_int_equal(entry.value.size, entry.stored_size);
    if (entry.codec == KV_CODEC_RAW) {
        assert_int_equal(entry.stored_size, row->size);
        assert_memory_equal(entry.value.data, value, row->size);
    } else {
        assert_true(entry.stored_size < row->size);
        assert_int_equal(ZSTD_decompress(back, row->size, entry.value.data, entry.value.size),
                         row->size);
        assert_memory_equal(back, value, row->size);
    }
    free(back);
}

static void check_all_ways(struct fixture *fixture, const unsigned char *value,
                           const struct row *row)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    size_t size = row->size;
    kv_slice slice, key = {"key", 3};
    struct gather gather = {malloc(size + 1), 0, size};
    size_t got = 0;
    kv_entry entry;

    assert_non_null(gather.data);
    assert_status(kv_get(snapshot, fixture->ns, "key", 3, &fixture->buf, &slice), KV_OK);
    assert_int_equal(slice.size, size);
    assert_memory_equal(slice.data, value, size);

    assert_status(kv_get_into(snapshot, fixture->ns, "key", 3, NULL, 0, &got),
                  size == 0 ? KV_OK : KV_BUFFER_TOO_SMALL);
    assert_int_equal(got, size);
    assert_status(kv_get_into(snapshot, fixture->ns, "key", 3, gather.data, size, &got), KV_OK);
    assert_int_equal(got, size);
    assert_memory_equal(gather.data, value, size);

    memset(gather.data, 0, size);
    assert_status(kv_get_chunks(snapshot, fixture->ns, "key", 3, gather_chunk, &gather), KV_OK);
    assert_int_equal(gather.size, size);
    assert_memory_equal(gather.data, value, size);

    assert_status(kv_get_entry(snapshot, fixture->ns, "key", 3, 0, &fixture->buf, &entry), KV_OK);
    assert_int_equal(entry.value.size, size);
    assert_memory_equal(entry.value.data, value, size);
    assert_int_equal(entry.metadata.size, 5);
    assert_memory_equal(entry.metadata.data, "facts", 5);

    assert_status(kv_get_entry(snapshot, fixture->ns, "key", 3, KV_GET_FACTS, NULL, &entry), KV_OK);
    assert_int_equal(entry.value_size, size);
    assert_int_equal(entry.value.size, 0);
    assert_int_equal(entry.updated_at, FAKE_CLOCK_START);

    assert_status(kv_get_many(snapshot, fixture->ns, &key, 1, 0, &fixture->buf, &entry), KV_OK);
    assert_status(entry.status, KV_OK);
    assert_int_equal(entry.value.size, size);
    assert_memory_equal(entry.value.data, value, size);
    check_stored(snapshot, fixture->ns, &fixture->buf, value, row);
    kv_snapshot_end(snapshot);
    free(gather.data);
}

static void test_value(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    unsigned char *value = value_make(row);

    put_value(fixture, value, row->size);
    check_all_ways(fixture, value, row);
    fixture_close(fixture);
    fixture_open(fixture);
    check_all_ways(fixture, value, row);
    free(value);
}

static void test_absent(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    char long_key[KV_KEY_SIZE_MAX + 1];
    kv_slice value;
    kv_entry entry;
    size_t size;

    memset(long_key, 'k', sizeof(long_key));
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, NULL, &value), KV_NOT_FOUND);
    assert_status(kv_get_into(snapshot, fixture->ns, "a", 1, NULL, 0, &size), KV_NOT_FOUND);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, KV_GET_FACTS, NULL, &entry),
                  KV_NOT_FOUND);
    assert_status(kv_get(snapshot, fixture->ns, "a b", 3, NULL, &value), KV_KEY_MALFORMED);
    assert_status(kv_get(snapshot, fixture->ns, "", 0, NULL, &value), KV_KEY_MALFORMED);
    assert_status(kv_get(snapshot, fixture->ns, long_key, sizeof(long_key), NULL, &value),
                  KV_KEY_TOO_LONG);
    assert_status(kv_get(snapshot, fixture->ns, long_key, KV_KEY_SIZE_MAX, NULL, &value),
                  KV_NOT_FOUND);
    assert_status(kv_get(snapshot, 77, "a", 1, NULL, &value), KV_NAMESPACE_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

static void test_borrowed_or_copied(void **state)
{
    struct fixture *fixture = *state;
    static const struct row text = {"", 5000, 1, 0}, noise = {"", 5000, 0, 0};
    unsigned char *value = value_make(&text);
    kv_snapshot *snapshot;
    kv_slice slice;

    put_value(fixture, value, text.size);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "key", 3, NULL, &slice), KV_BUFFER_TOO_SMALL);
    kv_snapshot_end(snapshot);
    free(value);

    value = value_make(&noise);
    put_value(fixture, value, noise.size);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "key", 3, NULL, &slice), KV_OK);
    assert_memory_equal(slice.data, value, noise.size);
    kv_snapshot_end(snapshot);
    free(value);
}

static void test_into_too_small_writes_nothing(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    char out[4] = "....";
    size_t size = 0;

    fixture_put(fixture, "a", "12345");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_into(snapshot, fixture->ns, "a", 1, out, 4, &size), KV_BUFFER_TOO_SMALL);
    assert_int_equal(size, 5);
    assert_memory_equal(out, "....", 4);
    kv_snapshot_end(snapshot);
}

static int stop_at_once(void *ctx, const void *data, size_t size)
{
    (void)data;
    (void)size;
    ++*(int *)ctx;
    return 1;
}

static void test_chunks_cancelled(void **state)
{
    struct fixture *fixture = *state;
    static const struct row noise = {"", BIG_SIZE, 0, 0};
    unsigned char *value = value_make(&noise);
    kv_snapshot *snapshot;
    int calls = 0;

    put_value(fixture, value, BIG_SIZE);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_chunks(snapshot, fixture->ns, "key", 3, stop_at_once, &calls),
                  KV_CANCELLED);
    assert_int_equal(calls, 1);
    kv_snapshot_end(snapshot);
    free(value);
}

static void test_many(void **state)
{
    struct fixture *fixture = *state;
    const kv_slice keys[] = {{"b", 1}, {"missing", 7}, {"a", 1}, {"a b", 3}, {"b", 1}};
    kv_entry entries[5];
    kv_snapshot *snapshot;

    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "22");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_many(snapshot, fixture->ns, keys, 5, 0, &fixture->buf, entries), KV_OK);
    assert_status(entries[0].status, KV_OK);
    assert_status(entries[1].status, KV_NOT_FOUND);
    assert_status(entries[2].status, KV_OK);
    assert_status(entries[3].status, KV_KEY_MALFORMED);
    assert_status(entries[4].status, KV_OK);
    assert_memory_equal(entries[0].value.data, "22", 2);
    assert_memory_equal(entries[2].value.data, "1", 1);
    assert_memory_equal(entries[4].value.data, "22", 2);
    assert_int_equal(entries[1].key.size, 7);
    assert_status(kv_get_many(snapshot, fixture->ns, keys, 0, 0, &fixture->buf, entries), KV_OK);
    kv_snapshot_end(snapshot);
}

/** Many compressed values in one buffer: growing it must not pull earlier slices away. */
static void test_many_in_one_buffer(void **state)
{
    struct fixture *fixture = *state;
    enum { COUNT = 40, SIZE = 5000 };
    unsigned char *values = malloc((size_t)COUNT * SIZE);
    char names[COUNT][4];
    kv_slice keys[COUNT];
    kv_entry entries[COUNT];
    kv_snapshot *snapshot;

    assert_non_null(values);
    for (size_t i = 0; i < COUNT; i++) {
        struct rng rng = {i};
        kv_op op;

        rng_fill_text(&rng, values + i * SIZE, SIZE);
        names[i][0] = (char)('a' + i / 10);
        names[i][1] = (char)('0' + i % 10);
        names[i][2] = '\0';
        keys[i] = (kv_slice){names[i], 2};
        op = op_put(names[i], "");
        op.value = values + i * SIZE;
        op.value_size = SIZE;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_many(snapshot, fixture->ns, keys, COUNT, 0, &fixture->buf, entries),
                  KV_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_status(entries[i].status, KV_OK);
        assert_int_equal(entries[i].value.size, SIZE);
        assert_memory_equal(entries[i].value.data, values + i * SIZE, SIZE);
    }
    /* A bound on the buffer: what fits is there, the rest says so. */
    assert_status(kv_get_many(snapshot, fixture->ns, keys, COUNT, 3 * SIZE, &fixture->buf, entries),
                  KV_OK);
    assert_status(entries[0].status, KV_OK);
    assert_memory_equal(entries[0].value.data, values, SIZE);
    assert_status(entries[COUNT - 1].status, KV_TOO_LARGE);
    kv_snapshot_end(snapshot);
    free(values);
}

static void test_snapshot_is_one_view(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_slice value;
    int64_t now;

    fixture_put(fixture, "a", "old");
    snapshot = fixture_snapshot(fixture);
    fixture_put(fixture, "a", "new");
    fixture_put(fixture, "b", "new");
    fixture_advance(fixture, 100);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_memory_equal(value.data, "old", 3);
    assert_status(kv_get(snapshot, fixture->ns, "b", 1, &fixture->buf, &value), KV_NOT_FOUND);
    assert_status(kv_snapshot_info(snapshot, NULL, &now), KV_OK);
    assert_int_equal(now, FAKE_CLOCK_START);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_snapshot_info(snapshot, NULL, &now), KV_OK);
    assert_int_equal(now, FAKE_CLOCK_START + 100);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_memory_equal(value.data, "new", 3);
    kv_snapshot_end(snapshot);
}

/** Where nothing was committed since, a renewed snapshot keeps its view, but not its time. */
static void test_renew_without_commit(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_snapshot *snapshot;
    kv_slice value;
    int64_t now;

    op.flags = KV_OP_TTL;
    op.ttl_s = 50;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    for (int i = 1; i <= 2; i++) {
        kv_status want = i == 1 ? KV_OK : KV_NOT_FOUND;

        fixture_advance(fixture, 30);
        assert_status(kv_snapshot_renew(snapshot), KV_OK);
        assert_status(kv_snapshot_info(snapshot, NULL, &now), KV_OK);
        assert_int_equal(now, FAKE_CLOCK_START + 30 * i);
        assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), want);
    }
    kv_snapshot_end(snapshot);
}

/** The copy stays as it was read, whatever becomes of the store. */
static void test_now(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_slice value = {NULL, 7};

    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value),
                  KV_NOT_FOUND);
    assert_status(kv_get_now(fixture->db, fixture->ns, "a b", 3, &fixture->buf, &value),
                  KV_KEY_MALFORMED);
    assert_status(kv_get_now(fixture->db, fixture->ns + 1, "a", 1, &fixture->buf, &value),
                  KV_NAMESPACE_NOT_FOUND);
    assert_int_equal(value.size, 7); /* Untouched by failures. */
    op.flags = KV_OP_TTL;
    op.ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_ptr_equal(value.data, fixture->buf.data);
    fixture_put(fixture, "a", "2");
    fixture_put(fixture, "b", "3");
    assert_int_equal(value.size, 1);
    assert_memory_equal(value.data, "1", 1);
    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_memory_equal(value.data, "2", 1);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_advance(fixture, 10);
    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value),
                  KV_NOT_FOUND);
}

static void test_snapshots_max(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *out[4] = {NULL};
    kv_slice value;
    kv_ns id;

    fixture->options.snapshots_max = 3;
    fixture_create(fixture, NULL);
    for (size_t i = 0; i < 3; i++)
        out[i] = fixture_snapshot(fixture);
    assert_status(kv_snapshot_begin(fixture->db, &out[3]), KV_BUSY);
    /* So with what begins one of its own. */
    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value), KV_BUSY);
    assert_status(kv_namespace_id(fixture->db, "main", 4, &id), KV_BUSY);
    assert_null(out[3]);
    kv_snapshot_end(out[1]);
    out[1] = fixture_snapshot(fixture);
    for (size_t i = 0; i < 3; i++)
        kv_snapshot_end(out[i]);
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("get: absent, malformed, too long, no namespace", test_absent),
    STORE_TEST("get: raw is borrowed, compressed needs a buffer", test_borrowed_or_copied),
    STORE_TEST("get_now: a copy of what is there now", test_now),
    STORE_TEST("get_into: too small writes nothing", test_into_too_small_writes_nothing),
    STORE_TEST("get_chunks: cancelled", test_chunks_cancelled),
    STORE_TEST("get_many: a status for each", test_many),
    STORE_TEST("get_many: one buffer, bytes_max", test_many_in_one_buffer),
    STORE_TEST("snapshot: one view and one time", test_snapshot_is_one_view),
    STORE_TEST("snapshot: renewed, and nothing was committed", test_renew_without_commit),
    EMPTY_TEST("snapshot: snapshots_max", test_snapshots_max),
};

int main(void)
{
    run_rows(rows, test_value, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: get");
}
