/* The number in a record: raw or compressed, and records that hold none. */
#include "ops/stored_number.h"

#include "base/slice.h"
#include "codec/checksum.h"
#include "support/fixture.h"

#define ONES "1111111111111111111"

static const struct row {
    const char *name, *value;
    uint8_t codec, flags;
    uint64_t raw_size;       /* 0: the value's. */
    uint64_t checksum_wrong; /* Bits that are flipped in it. */
    kv_status want;
    int64_t number;
} rows[] = {
    {"stored number: raw", "-12", KV_CODEC_RAW, 0, 0, 0, KV_OK, -12},
    {"stored number: empty", "", KV_CODEC_RAW, 0, 0, 0, KV_NOT_A_NUMBER, 0},
    {"stored number: text", "twelve", KV_CODEC_RAW, 0, 0, 0, KV_NOT_A_NUMBER, 0},
    {"stored number: compressed", ONES, KV_CODEC_ZSTD, 0, 0, 0, KV_OK, 1111111111111111111},
    {"stored number: compressed, not its size", ONES, KV_CODEC_ZSTD, 0, 18, 0, KV_CORRUPT, 0},
    {"stored number: a damaged value", "12", KV_CODEC_RAW, 0, 0, 1, KV_CORRUPT, 0},
    {"stored number: a damaged frame", ONES, KV_CODEC_ZSTD, 0, 0, 1, KV_CORRUPT, 0},
    {"stored number: a dictionary", "12", KV_CODEC_ZSTD_DICTIONARY, 0, 0, 0, KV_UNSUPPORTED, 0},
    {"stored number: a few bytes in pieces", "", KV_CODEC_RAW, KVI_RECORD_PIECES, 2, 0, KV_CORRUPT,
     0},
    /* It is not looked at, so the damage is not met. */
    {"stored number: too long", "12", KV_CODEC_RAW, 0, 21, 1, KV_NOT_A_NUMBER, 0},
};

static void test_read(void **state)
{
    const struct row *row = *state;
    kvi_record record = {.codec = row->codec, .flags = row->flags};
    kvi_codecs codecs;
    uint8_t frame[200];
    size_t size = strlen(row->value);
    int64_t number = 77;

    assert_status(kvi_codecs_init(&codecs, 3), KV_OK);
    record.payload = kvi_slice(row->value, size);
    record.raw_size = row->raw_size != 0 ? row->raw_size : size;
    if (row->codec == KV_CODEC_ZSTD) {
        kvi_compressor *compressor = kvi_codecs_take_compressor(&codecs);

        assert_non_null(compressor);
        assert_true(kvi_compress_bound(size) <= sizeof(frame));
        assert_status(
            kvi_compress(compressor, row->value, size, frame, sizeof(frame), &record.payload.size),
            KV_OK);
        assert_true(record.payload.size > 0);
        record.payload.data = frame;
        kvi_codecs_leave_compressor(&codecs, compressor);
    }
    record.payload_checksum =
        kvi_checksum(record.payload.data, record.payload.size) ^ row->checksum_wrong;
    assert_status(kvi_stored_number_read(&codecs, &record, &number), row->want);
    if (row->want == KV_OK)
        assert_true(number == row->number);
    kvi_codecs_free(&codecs);
}

int main(void)
{
    run_rows(rows, test_read, NULL, NULL);
    return run_all("stored number");
}
