/*
 * kvi_record_size, kvi_record_encode, kvi_record_decode, kvi_decompress, kvi_decompress_feed,
 * kvi_decompress_pull.
 *
 * Any row is refused or decodes to what encodes to the same bytes, with slices inside the row. Any
 * frame is refused or decompresses to exactly the size asked for; in two parts it gives the same,
 * pushed or pulled. The last byte chooses: bits 0-1 the row as it is, the row with its checksum
 * repaired, or a bare frame; bits 2-7 where a frame is parted. The two bytes before are a bare
 * frame's raw size.
 */
#include "input.h"

#include "base/bytes.h"
#include "codec/checksum.h"
#include "codec/compress.h"
#include "codec/record.h"
#include "codec/varint.h"

#define RAW_SIZE_MAX ((size_t)1 << 20)
#define COVERED_AT 4
#define FLAGS_AT 5
#define FIELDS_AT 14

static const kv_slice row_key = {"key", 3};

/* Make the header's checksum fit, if its fields can be read. */
static void repair(uint8_t *row, size_t size)
{
    const uint8_t *p = row + FIELDS_AT, *end = row + size;
    uint64_t fields[11] = {0};
    int count = 4;

    if (size < FIELDS_AT)
        return;
    count += (row[FLAGS_AT] & 0x0F) == KV_CODEC_ZSTD_DICTIONARY;
    count += (row[FLAGS_AT] & KVI_RECORD_EXPIRES) ? 1 : 0;
    count += (row[FLAGS_AT] & KVI_RECORD_INHERITED) ? 2 : 0;
    count += (row[FLAGS_AT] & KVI_RECORD_PIECES) ? 3 : 0;
    for (int i = 0; i < count; i++)
        if (!kvi_varint_take(&p, end, &fields[i]))
            return;
    if (fields[3] > (uint64_t)(end - p))
        return;
    p += fields[3];
    kvi_le32_store(row,
                   (uint32_t)kvi_checksum_seeded(row + COVERED_AT, (size_t)(p - row) - COVERED_AT,
                                                 kvi_checksum(row_key.data, row_key.size)));
}

struct collected {
    uint8_t *data;
    size_t size, capacity;
};

static int collect(void *ctx, const void *data, size_t size)
{
    struct collected *collected = ctx;

    if (size > collected->capacity - collected->size)
        return 1;
    memcpy(collected->data + collected->size, data, size);
    collected->size += size;
    return 0;
}

static void feed_parts(kvi_decompressor *d, const uint8_t *frame, size_t size, size_t cut,
                       const uint8_t *whole, size_t raw_size)
{
    struct collected collected = {take_exact(raw_size), 0, raw_size};
    bool has_ended = false;
    kv_status status = kvi_decompress_begin(d);

    require(status == KV_OK);
    status = kvi_decompress_feed(d, frame, cut, collect, &collected, &has_ended);
    if (status == KV_OK)
        status = kvi_decompress_feed(d, frame + cut, size - cut, collect, &collected, &has_ended);
    require(status == KV_OK || status == KV_CORRUPT || status == KV_CANCELLED);
    /* What fits at once may be refused in parts, for its window; never the other way round. */
    if (whole != NULL && status == KV_OK && has_ended)
        require(collected.size == raw_size && memcmp(collected.data, whole, raw_size) == 0);
    free(collected.data);
}

static void pull_parts(kvi_decompressor *d, const uint8_t *frame, size_t size, size_t cut,
                       const uint8_t *whole, size_t raw_size)
{
    const kv_slice parts[2] = {{frame, cut}, {frame + cut, size - cut}};
    uint8_t *out = take_exact(raw_size);
    size_t total = 0, room = raw_size / 3 + 1;
    bool has_ended = false;
    kv_status status = kvi_decompress_begin(d);

    require(status == KV_OK);
    for (size_t i = 0; i < 2 && status == KV_OK; i++) {
        kv_slice left = parts[i];
        size_t got = room;
        while (status == KV_OK && got == room && !has_ended && total < raw_size) {
            size_t capacity = raw_size - total < room ? raw_size - total : room;
            status = kvi_decompress_pull(d, &left, out + total, capacity, &got, &has_ended);
            require(got <= capacity && left.size <= parts[i].size);
            total += got;
        }
    }
    require(status == KV_OK || status == KV_CORRUPT);
    if (whole != NULL && status == KV_OK)
        require(memcmp(out, whole, total) == 0);
    free(out);
}

static void try_frame(kv_slice frame, size_t raw_size, size_t cut)
{
    uint8_t *own = copy_exact(frame.data, frame.size), *out = take_exact(raw_size);
    kvi_decompressor *d = kvi_decompressor_create();
    kv_status status;

    require(d != NULL);
    status = kvi_decompress(d, own, frame.size, out, raw_size);
    require(status == KV_OK || status == KV_CORRUPT);
    feed_parts(d, own, frame.size, cut % (frame.size + 1), status == KV_OK ? out : NULL, raw_size);
    pull_parts(d, own, frame.size, cut % (frame.size + 1), status == KV_OK ? out : NULL, raw_size);
    kvi_decompressor_free(d);
    free(own);
    free(out);
}

static int is_inside(kv_slice part, const uint8_t *row, size_t size)
{
    const uint8_t *at = part.data;

    return at >= row && part.size <= size && at + part.size <= row + size;
}

static void try_row(const uint8_t *row, size_t size, size_t cut)
{
    kvi_record record = {0};
    kv_status status = kvi_record_decode((kv_slice){row, size}, row_key, &record);
    uint8_t *again;

    require(status == KV_OK || status == KV_CORRUPT);
    if (status != KV_OK)
        return;
    require(is_inside(record.metadata, row, size) && is_inside(record.payload, row, size));
    require(record.raw_size <= KV_VALUE_SIZE_CEILING);
    require(kvi_record_size(&record) == size);
    again = take_exact(size);
    kvi_record_encode(&record, row_key, again);
    require(memcmp(again, row, size) == 0);
    free(again);
    if (record.codec == KV_CODEC_ZSTD && record.raw_size <= RAW_SIZE_MAX)
        try_frame(record.payload, (size_t)record.raw_size, cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = cut_choice(data, &size);
    uint8_t *row;

    if ((choice & 3) == 2 && size >= 2) {
        size_t raw_size = (size_t)data[size - 1] << 8 | data[size - 2];

        try_frame((kv_slice){data, size - 2}, raw_size, choice >> 2);
        return 0;
    }
    row = copy_exact(data, size);
    if ((choice & 3) != 0)
        repair(row, size);
    try_row(row, size, choice >> 2);
    free(row);
    return 0;
}
