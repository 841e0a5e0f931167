/* The checksum: XXH3 as published, whole and streamed. */
#include "codec/checksum.h"

#include "support/random.h"
#include "support/run.h"

#include <string.h>

#define SEED UINT64_C(20240505)
#define INPUT_SIZE 5000

static uint8_t input[INPUT_SIZE];

/* Of the first `size` bytes of input, byte i being 7 i + 3: computed with libxxhash 0.8.1. They are
   on disk: a change here is a change of the format. */
static const struct row {
    const char *name;
    size_t size;
    uint64_t plain, seeded; /* The seed is 42. */
} rows[] = {
    {"checksum: 0 bytes", 0, 0x2D06800538D394C2, 0xB029411FF43D84D2},
    {"checksum: 1 byte", 1, 0x13E608BC156DEFED, 0xD0C83C4BDEED078B},
    {"checksum: 3 bytes", 3, 0xA9088DDA485B481C, 0x3A6EB7A191052C81},
    {"checksum: 8 bytes", 8, 0x60539DB630471163, 0x53A895CA319FAB31},
    {"checksum: 16 bytes", 16, 0xB8C859B0F030B585, 0x6B1B54F65D114C69},
    {"checksum: 17 bytes", 17, 0x714A04408E79B80F, 0x148ADA809B3845DD},
    {"checksum: 128 bytes", 128, 0x67425A03650261BF, 0xEEF663431A9BF01D},
    {"checksum: 129 bytes", 129, 0xC664BF3311C6ABC4, 0x4DF9521149F6F8C5},
    {"checksum: 240 bytes", 240, 0x64556DC6B462A6CF, 0x722964F8A7F16DE3},
    {"checksum: 241 bytes", 241, 0x8BEADD3A8874FE17, 0x59FDC74E63A7AEE7},
    {"checksum: 1,024 bytes", 1024, 0x9B81661C641C72B1, 0x6015BC0DCADBE10D},
    {"checksum: 5,000 bytes", 5000, 0x799AADDD7339581D, 0xAB56BE339593B1CE},
};

static void test_row(void **state)
{
    const struct row *row = *state;

    assert_true(kvi_checksum(input, row->size) == row->plain);
    assert_true(kvi_checksum_seeded(input, row->size, 42) == row->seeded);
    assert_true(kvi_checksum_seeded(input, row->size, 0) == row->plain);
}

/* Any cutting into parts gives the checksum of the whole; a stream is used again after reset. */
static void test_stream(void **state)
{
    kvi_checksum_stream *stream = kvi_checksum_stream_create();
    struct rng rng = {SEED};

    (void)state;
    assert_non_null(stream);
    for (size_t size = 0; size <= INPUT_SIZE; size += 1 + size / 50) {
        kvi_checksum_stream_reset(stream);
        for (size_t at = 0; at < size;) {
            size_t part = rng_below(&rng, rng_percent(&rng, 50) ? 8 : 1000);

            part = part < size - at ? part : size - at;
            kvi_checksum_stream_add(stream, input + at, part);
            at += part;
        }
        if (kvi_checksum_stream_value(stream) != kvi_checksum(input, size))
            fail_msg("%zu bytes of seed %llu", size, (unsigned long long)SEED);
        assert_true(kvi_checksum_stream_value(stream) == kvi_checksum(input, size));
    }
    kvi_checksum_stream_free(stream);
    kvi_checksum_stream_free(NULL);
}

static void test_unaligned(void **state)
{
    uint8_t moved[300 + 16];

    (void)state;
    for (size_t off = 0; off < 16; off++) {
        memcpy(moved + off, input, 300);
        assert_true(kvi_checksum(moved + off, 300) == kvi_checksum(input, 300));
    }
}

/* No flipped bit keeps even the low half, which headers and blocks store. */
static void test_flips(void **state)
{
    static const size_t sizes[] = {1, 9, 60, 200, 1000};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint32_t before = (uint32_t)kvi_checksum(input, sizes[i]);

        for (size_t bit = 0; bit < sizes[i] * 8; bit++) {
            input[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal((uint32_t)kvi_checksum(input, sizes[i]), before);
            input[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("checksum: streamed in parts", test_stream),
        TEST("checksum: any alignment", test_unaligned),
        TEST("checksum: flipped bits", test_flips),
    };

    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = (uint8_t)(i * 7 + 3);
    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("checksum");
}
