/* Records: what is written reads the same, and nothing else passes for one. */
#include "codec/record.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/run.h"

#include <stdio.h>
#include <string.h>

#define SEED UINT64_C(20240502)
#define ROW_MAX 4000
#define CHECKSUMS 12 /* Bytes of the header's checksum and the payload's. */

#define FORMAT_AT 4 /* The header's checksum covers what begins here. */

static const kv_slice key = {"key", 3};

/* Make the checksum of a header of that size right. */
static void repair(uint8_t *row, size_t size)
{
    kvi_le32_store(row, (uint32_t)kvi_checksum_seeded(row + FORMAT_AT, size - FORMAT_AT,
                                                      kvi_checksum(key.data, key.size)));
}

/* The status of a row whose end is the end of memory. Slices of *out are void afterwards. */
static kv_status decode(const uint8_t *row, size_t size, kvi_record *out)
{
    uint8_t *in = guard_copy(row, size);
    kv_status status = kvi_record_decode(kvi_slice(in, size), key, out);

    guard_free(in, size);
    return status;
}

/* ---- Records that writers make */

static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

#define SOME(size)                                                                                 \
    {                                                                                              \
        text, size                                                                                 \
    }

static const struct row {
    const char *name;
    kvi_record record;
} rows[] = {
    {"record: the smallest", {.sequence = 1}},
    {"record: permanent",
     {.sequence = 300, .updated = 1700000000, .raw_size = 5, .stored_size = 5, .payload = SOME(5)}},
    {"record: metadata",
     {.sequence = 1, .raw_size = 5, .stored_size = 5, .metadata = SOME(9), .payload = SOME(5)}},
    {"record: metadata without a value", {.sequence = 1, .metadata = SOME(36)}},
    {"record: a deadline",
     {.flags = KVI_RECORD_EXPIRES,
      .deadline = 1700000300,
      .raw_size = 1,
      .stored_size = 1,
      .payload = SOME(1)}},
    {"record: a deadline of 0", {.flags = KVI_RECORD_EXPIRES, .deadline = 0}},
    {"record: a deadline before 1970", {.flags = KVI_RECORD_EXPIRES, .deadline = -5}},
    {"record: the last deadline", {.flags = KVI_RECORD_EXPIRES, .deadline = INT64_MAX}},
    {"record: the first deadline", {.flags = KVI_RECORD_EXPIRES, .deadline = INT64_MIN}},
    {"record: an inherited index row",
     {.flags = KVI_RECORD_EXPIRES | KVI_RECORD_INHERITED,
      .deadline = 1700000300,
      .index_deadline = 1700000000,
      .index_sequence = 12}},
    {"record: zstd",
     {.codec = KV_CODEC_ZSTD, .raw_size = 2000, .stored_size = 36, .payload = SOME(36)}},
    {"record: zstd, an empty frame", {.codec = KV_CODEC_ZSTD, .raw_size = 2000}},
    {"record: a dictionary",
     {.codec = KV_CODEC_ZSTD_DICTIONARY,
      .dictionary = UINT32_MAX,
      .raw_size = 100,
      .stored_size = 7,
      .payload = SOME(7)}},
    {"record: pieces",
     {.flags = KVI_RECORD_PIECES,
      .raw_size = 100000,
      .stored_size = 100000,
      .piece_count = 25,
      .piece_sequence = 99}},
    {"record: zstd in pieces",
     {.flags = KVI_RECORD_PIECES,
      .codec = KV_CODEC_ZSTD,
      .raw_size = KV_VALUE_SIZE_CEILING,
      .stored_size = 70000,
      .piece_count = 18,
      .piece_sequence = 1,
      .metadata = SOME(3)}},
    {"record: everything at once",
     {.flags = KVI_RECORD_EXPIRES | KVI_RECORD_INHERITED | KVI_RECORD_PIECES,
      .codec = KV_CODEC_ZSTD_DICTIONARY,
      .sequence = UINT64_MAX,
      .updated = INT64_MIN,
      .raw_size = KV_VALUE_SIZE_CEILING,
      .stored_size = KV_VALUE_SIZE_CEILING,
      .deadline = INT64_MAX,
      .index_deadline = INT64_MIN,
      .index_sequence = UINT64_MAX,
      .piece_count = KV_VALUE_SIZE_CEILING,
      .piece_sequence = UINT64_MAX,
      .dictionary = UINT32_MAX,
      .payload_checksum = UINT64_MAX,
      .metadata = SOME(36)}},
};

static void assert_same(const kvi_record *want, const kvi_record *got)
{
    assert_true(got->sequence == want->sequence && got->updated == want->updated);
    assert_true(got->raw_size == want->raw_size && got->stored_size == want->stored_size);
    assert_true(got->payload_checksum == want->payload_checksum);
    assert_int_equal(got->codec, want->codec);
    assert_int_equal(got->flags, want->flags);
    if (want->codec == KV_CODEC_ZSTD_DICTIONARY)
        assert_int_equal(got->dictionary, want->dictionary);
    if (want->flags & KVI_RECORD_EXPIRES)
        assert_true(got->deadline == want->deadline);
    if (want->flags & KVI_RECORD_INHERITED)
        assert_true(got->index_deadline == want->index_deadline &&
                    got->index_sequence == want->index_sequence);
    if (want->flags & KVI_RECORD_PIECES)
        assert_true(got->piece_count == want->piece_count &&
                    got->piece_sequence == want->piece_sequence);
    assert_true(kvi_slice_equal(got->metadata, want->metadata));
    assert_true(kvi_slice_equal(got->payload, want->payload));
}

static size_t encode(const kvi_record *record, uint8_t *out)
{
    size_t size = kvi_record_size(record);

    assert_true(size <= ROW_MAX);
    kvi_record_encode(record, key, out);
    return size;
}

static void check_round_trip(const kvi_record *record)
{
    size_t size = kvi_record_size(record);
    uint8_t *row = guard_take(size); /* One byte more would fault. */
    kvi_record got;

    kvi_record_encode(record, key, row);
    assert_int_equal(kvi_record_decode(kvi_slice(row, size), key, &got), KV_OK);
    assert_same(record, &got);
    assert_true(size - record->metadata.size - record->payload.size <= KVI_RECORD_HEADER_MAX);
    guard_free(row, size);
}

/* Round trip; no proper prefix passes; no bit of the header can be another. */
static void test_row(void **state)
{
    const kvi_record *record = &((const struct row *)*state)->record;
    uint8_t bytes[ROW_MAX];
    size_t size = encode(record, bytes), header = size - record->payload.size;
    kvi_record got;

    check_round_trip(record);
    for (size_t cut = 0; cut < size; cut++) {
        kv_status status = decode(bytes, cut, &got);

        /* A cut frame is found by the payload's checksum; here its size tells. */
        if (cut < header || record->codec == KV_CODEC_RAW)
            assert_int_equal(status, KV_CORRUPT);
        else
            assert_true(status == KV_OK && got.stored_size < record->stored_size);
    }
    for (size_t bit = 0; bit < header * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decode(bytes, size, &got), KV_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(decode(bytes, size, &got), KV_OK);
    assert_int_equal(kvi_record_decode(kvi_slice(bytes, size), kvi_slice("kex", 3), &got),
                     KV_CORRUPT);
}

/* ---- Records that no writer makes, though their checksum fits */

static const struct insane {
    const char *name;
    kvi_record record;
} insane[] = {
    {"insane: a value above the ceiling",
     {.codec = KV_CODEC_ZSTD,
      .raw_size = KV_VALUE_SIZE_CEILING + 1,
      .stored_size = 5,
      .payload = SOME(5)}},
    {"insane: a value of all sizes",
     {.codec = KV_CODEC_ZSTD, .raw_size = UINT64_MAX, .stored_size = 5, .payload = SOME(5)}},
    {"insane: raw, but larger than stored", {.raw_size = 6, .stored_size = 5, .payload = SOME(5)}},
    {"insane: raw, but smaller than stored", {.raw_size = 4, .stored_size = 5, .payload = SOME(5)}},
    {"insane: inherits without a deadline", {.flags = KVI_RECORD_INHERITED}},
    {"insane: pieces and a payload",
     {.flags = KVI_RECORD_PIECES,
      .raw_size = 5,
      .stored_size = 5,
      .piece_count = 1,
      .payload = SOME(5)}},
    {"insane: pieces, but none",
     {.flags = KVI_RECORD_PIECES, .raw_size = 5, .stored_size = 5, .piece_count = 0}},
    {"insane: more pieces than bytes",
     {.flags = KVI_RECORD_PIECES, .raw_size = 5, .stored_size = 5, .piece_count = 6}},
    {"insane: stored above the ceiling",
     {.flags = KVI_RECORD_PIECES,
      .codec = KV_CODEC_ZSTD,
      .raw_size = 5,
      .stored_size = KV_VALUE_SIZE_CEILING + 1,
      .piece_count = 1}},
    {"insane: an unknown codec", {.codec = 3}},
    {"insane: the last codec", {.codec = 15}},
    {"insane: an unknown flag", {.flags = 0x80}},
};

static void test_insane(void **state)
{
    const struct insane *row = *state;
    uint8_t bytes[ROW_MAX];
    kvi_record got;
    size_t size = encode(&row->record, bytes);

    assert_int_equal(decode(bytes, size, &got), KV_CORRUPT);
}

static void test_metadata_size(void **state)
{
    char metadata[KV_METADATA_SIZE_MAX + 1];
    kvi_record record = {.metadata = {metadata, KV_METADATA_SIZE_MAX}}, got;
    uint8_t bytes[ROW_MAX];

    (void)state;
    memset(metadata, 'm', sizeof(metadata));
    check_round_trip(&record);
    record.metadata.size++;
    assert_int_equal(decode(bytes, encode(&record, bytes), &got), KV_CORRUPT);
}

/* A dictionary's id of more than 32 bits, which no struct can hold, with its checksum right. */
static void test_dictionary_size(void **state)
{
    kvi_record record = {.codec = KV_CODEC_ZSTD_DICTIONARY, .dictionary = UINT32_MAX}, got;
    uint8_t bytes[ROW_MAX];
    size_t size;

    (void)state;
    size = encode(&record, bytes);
    assert_int_equal(decode(bytes, size, &got), KV_OK);
    assert_int_equal(bytes[size - 1], 0x0F);
    bytes[size - 1] = 0x1F;
    repair(bytes, size);
    assert_int_equal(decode(bytes, size, &got), KV_CORRUPT);
}

/* No store that this library opens has a record of another format: what it needs is a feature's to
   say. */
static void test_format(void **state)
{
    kvi_record record = {.sequence = 1}, got;
    uint8_t bytes[ROW_MAX];
    size_t size;

    (void)state;
    size = encode(&record, bytes);
    for (int format = 0; format < 256; format++) {
        bytes[FORMAT_AT] = (uint8_t)format;
        repair(bytes, size);
        assert_int_equal(decode(bytes, size, &got),
                         format == KVI_RECORD_FORMAT ? KV_OK : KV_CORRUPT);
    }
}

/* ---- Properties */

static void check_numbers(uint64_t number)
{
    bool sane = number <= KV_VALUE_SIZE_CEILING;
    kvi_record record = {.sequence = number,
                         .updated = (int64_t)number,
                         .payload_checksum = number,
                         .flags = KVI_RECORD_EXPIRES | KVI_RECORD_INHERITED,
                         .deadline = (int64_t)number,
                         .index_deadline = (int64_t)~number,
                         .index_sequence = number,
                         .codec = KV_CODEC_ZSTD_DICTIONARY,
                         .dictionary = (uint32_t)number,
                         .raw_size = sane ? number : 0,
                         .stored_size = 3,
                         .payload = SOME(3)};

    check_round_trip(&record);
    record = (kvi_record){.flags = KVI_RECORD_PIECES,
                          .raw_size = sane ? number : 1,
                          .stored_size = sane ? number : 1,
                          .piece_count = 1,
                          .piece_sequence = number};
    if (number > 0)
        check_round_trip(&record);
}

/* Metadata and payload of every size, one beside the other. */
static void test_sizes(void **state)
{
    (void)state;
    for (size_t metadata = 0; metadata < sizeof(text); metadata++)
        for (size_t payload = 0; payload < sizeof(text); payload++) {
            kvi_record record = {.metadata = SOME(metadata),
                                 .raw_size = payload,
                                 .stored_size = payload,
                                 .payload = SOME(payload)};
            check_round_trip(&record);
        }
}

static void test_powers(void **state)
{
    (void)state;
    check_numbers(0);
    check_numbers(UINT64_MAX);
    for (unsigned bit = 0; bit < 64; bit++) {
        check_numbers((UINT64_C(1) << bit) - 1);
        check_numbers(UINT64_C(1) << bit);
        check_numbers((UINT64_C(1) << bit) + 1);
    }
}

/* Random bytes behind a right checksum: refused, or what they decode to encodes to them. */
static void test_random(void **state)
{
    struct rng rng = {SEED};
    size_t good = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64], again[64];
        size_t size = 14 + rng_below(&rng, 50);
        kvi_record record;

        rng_fill(&rng, bytes, size);
        for (size_t at = 14; at < size; at++)
            bytes[at] &= rng_percent(&rng, 80) ? 0x0F : 0xFF;
        bytes[FORMAT_AT] = KVI_RECORD_FORMAT;
        bytes[5] &= 0x73;
        /* The header ends somewhere: try each place as the one that the checksum is right for. */
        for (size_t end = 14; end <= size; end++) {
            repair(bytes, end);
            if (kvi_record_decode(kvi_slice(bytes, size), key, &record) != KV_OK)
                continue;
            good++;
            if (kvi_record_size(&record) != size)
                fail_msg("input %d of seed %llu: another size", i, (unsigned long long)SEED);
            kvi_record_encode(&record, key, again);
            if (memcmp(again, bytes, size) != 0)
                fail_msg("input %d of seed %llu: other bytes", i, (unsigned long long)SEED);
        }
    }
    assert_true(good > 100);
}

/* At most 24 bytes besides the checksums, whatever a permanent key's sequence and value. */
static void test_header_size(void **state)
{
    kvi_record record = {.sequence = UINT64_MAX,
                         .updated = INT64_C(1) << 33,
                         .codec = KV_CODEC_ZSTD,
                         .raw_size = KV_VALUE_SIZE_CEILING};
    char metadata[KV_METADATA_SIZE_MAX] = {0};

    (void)state;
    record.metadata = kvi_slice(metadata, sizeof(metadata));
    assert_in_range(kvi_record_size(&record) - sizeof(metadata) - CHECKSUMS, 1, 24);
}

/* Room for the payload, which the caller writes. */
static void test_room(void **state)
{
    kvi_record record = {.raw_size = 5, .stored_size = 5, .payload = {NULL, 5}}, got;
    uint8_t bytes[ROW_MAX];
    size_t size;

    (void)state;
    size = kvi_record_size(&record);
    memset(bytes, 0xEE, sizeof(bytes));
    kvi_record_encode(&record, key, bytes);
    assert_memory_equal(bytes + size - 5, "\xEE\xEE\xEE\xEE\xEE", 5);
    memcpy(bytes + size - 5, "value", 5);
    assert_int_equal(kvi_record_decode(kvi_slice(bytes, size), key, &got), KV_OK);
    assert_true(kvi_slice_equal(got.payload, kvi_slice("value", 5)));
}

/* ---- Whether it is there */

static const struct life {
    const char *name;
    uint8_t flags;
    int64_t deadline, now;
    bool live;
} lives[] = {
    {"live: permanent", 0, 0, INT64_MAX, true},
    {"live: permanent, a number in the field", 0, 5, 6, true},
    {"live: the second before", KVI_RECORD_EXPIRES, 100, 99, true},
    {"live: the very second", KVI_RECORD_EXPIRES, 100, 100, false},
    {"live: the second after", KVI_RECORD_EXPIRES, 100, 101, false},
    {"live: a deadline of 0", KVI_RECORD_EXPIRES, 0, 0, false},
    {"live: before 1970", KVI_RECORD_EXPIRES, -1, -2, true},
    {"live: the last deadline", KVI_RECORD_EXPIRES, INT64_MAX, INT64_MAX - 1, true},
    {"live: the end of time", KVI_RECORD_EXPIRES, INT64_MAX, INT64_MAX, false},
};

static void test_live(void **state)
{
    const struct life *life = *state;
    kvi_record record = {.flags = life->flags, .deadline = life->deadline};

    assert_int_equal(kvi_record_is_live(&record, life->now), life->live);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("record: metadata up to its limit", test_metadata_size),
        TEST("record: a dictionary id of 33 bits", test_dictionary_size),
        TEST("record: formats", test_format),
        TEST("record: numbers around powers of two", test_powers),
        TEST("record: metadata and payload of every size", test_sizes),
        TEST("record: random fields with a right checksum", test_random),
        TEST("record: the header's size", test_header_size),
        TEST("record: room for the payload", test_room),
    };

    run_rows(rows, test_row, NULL, NULL);
    run_rows(insane, test_insane, NULL, NULL);
    run_rows(lives, test_live, NULL, NULL);
    run_tests(tests);
    return run_all("record");
}
