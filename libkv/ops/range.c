#include "ops/range.h"

#include "base/number.h"
#include "base/slice.h"
#include "codec/compress.h"
#include "tables/pieces.h"

/* One read at work. */
typedef struct reading {
    kvi_range *range;
    const kvi_range_source *source;
    const kvi_record *record;
    uint8_t *out;    /* NULL: what comes out is dropped. */
    uint64_t wanted; /* Bytes still to come. */
    kvi_fault *fault;
} reading;

void kvi_range_end(kvi_range *range, kvi_codecs *codecs)
{
    kvi_codecs_leave_decompressor(codecs, range->decompressor);
    *range = (kvi_range){0};
}

static bool range_is_of(const kvi_range *range, const kvi_record *record)
{
    return range->version == record->sequence && range->raw_size == record->raw_size &&
           range->stored_size == record->stored_size &&
           range->payload_checksum == record->payload_checksum;
}

/* ---- Raw values */

/* KV_CANCELLED: it has all. */
static kv_status raw_piece(void *ctx, kv_slice bytes)
{
    reading *r = ctx;
    size_t size = kvi_number_least(bytes.size, r->wanted);

    memcpy(r->out, bytes.data, size);
    r->out += size;
    r->wanted -= size;
    return r->wanted > 0 ? KV_OK : KV_CANCELLED;
}

static kv_status raw_read(reading *r, uint64_t offset)
{
    const kvi_record *record = r->record;
    kv_status status;

    if (record->flags & KVI_RECORD_PIECES) {
        status = kvi_pieces_range(r->source->txn, record, r->source->page_size, offset, raw_piece,
                                  r, r->fault);
        return status == KV_CANCELLED ? KV_OK : status;
    }
    status = kvi_record_check_stored(record, record->payload, r->fault);
    if (status == KV_OK)
        memcpy(r->out, (const uint8_t *)record->payload.data + offset, r->wanted);
    return status;
}

/* ---- Compressed values */

static kv_status frame_begin(reading *r)
{
    kvi_range *range = r->range;
    const kvi_record *record = r->record;
    kvi_decompressor *d = range->decompressor;
    kv_status status = KV_OK;

    if (d == NULL)
        d = kvi_codecs_take_decompressor(r->source->codecs);
    if (d == NULL)
        return KV_NO_MEMORY;
    *range = (kvi_range){.decompressor = d,
                         .version = record->sequence,
                         .payload_checksum = record->payload_checksum,
                         .raw_size = record->raw_size,
                         .stored_size = record->stored_size};
    if (!(record->flags & KVI_RECORD_PIECES)) /* Else each piece is verified when it is met. */
        status = kvi_record_check_stored(record, record->payload, r->fault);
    return status == KV_OK ? kvi_decompress_begin(d) : status;
}

/* KV_CANCELLED: all that is wanted has come out, or nothing more can. */
static kv_status frame_piece(void *ctx, kv_slice bytes)
{
    reading *r = ctx;
    kvi_range *range = r->range;
    kv_slice left = bytes;
    size_t got;
    kv_status status =
        kvi_decompress_pull(range->decompressor, &left, r->out, r->wanted, &got, &range->has_ended);

    if (status != KV_OK)
        return status == KV_CORRUPT ? kvi_fault_set(r->fault, KVI_FAULT_FRAME, 0) : status;
    range->stored_at += bytes.size - left.size;
    range->raw_at += got;
    r->wanted -= got;
    if (r->out != NULL)
        r->out += got;
    return r->wanted == 0 || range->has_ended ? KV_CANCELLED : KV_OK;
}

/* Let `wanted` bytes come out, or as many as there are. */
static kv_status frame_pull(reading *r)
{
    const kvi_record *record = r->record;
    uint64_t at = r->range->stored_at;
    kv_status status;

    if (at == record->stored_size) /* The decompressor may still hold bytes. */
        status = frame_piece(r, kvi_slice("", 0));
    else if (record->flags & KVI_RECORD_PIECES)
        status = kvi_pieces_range(r->source->txn, record, r->source->page_size, at, frame_piece, r,
                                  r->fault);
    else
        status = frame_piece(r, kvi_slice((const uint8_t *)record->payload.data + at,
                                          (size_t)(record->stored_size - at)));
    return status == KV_CANCELLED ? KV_OK : status;
}

/* At the value's end: the frame has ended there too, and nothing is stored behind it. */
static kv_status frame_check_end(reading *r)
{
    kvi_range *range = r->range;
    kv_status status = KV_OK;

    if (!range->has_ended) {
        r->out = NULL;
        r->wanted = 1;
        status = frame_pull(r);
        if (status == KV_OK && r->wanted == 0)
            return kvi_fault_set(r->fault, KVI_FAULT_FRAME_SIZE, 0);
    }
    if (status == KV_OK && (!range->has_ended || range->stored_at != range->stored_size))
        return kvi_fault_set(r->fault, KVI_FAULT_FRAME, 0);
    return status;
}

/* Let exactly `size` bytes come out; `out` NULL: and drop them. */
static kv_status frame_take(reading *r, uint8_t *out, uint64_t size)
{
    kv_status status;

    r->out = out;
    r->wanted = size;
    status = frame_pull(r);
    if (status == KV_OK && r->wanted > 0)
        return kvi_fault_set(r->fault, r->range->has_ended ? KVI_FAULT_FRAME_SIZE : KVI_FAULT_FRAME,
                             0);
    return status;
}

static kv_status frame_read(reading *r, uint64_t offset)
{
    kvi_range *range = r->range;
    uint8_t *out = r->out;
    uint64_t wanted = r->wanted;
    kv_status status = KV_OK;

    if (range->decompressor == NULL || offset < range->raw_at)
        status = frame_begin(r);
    if (status == KV_OK && offset > range->raw_at)
        status = frame_take(r, NULL, offset - range->raw_at);
    if (status == KV_OK)
        status = frame_take(r, out, wanted);
    return status == KV_OK && range->raw_at == range->raw_size ? frame_check_end(r) : status;
}

kv_status kvi_range_read(kvi_range *range, const kvi_range_source *source, const kvi_record *record,
                         uint64_t offset, void *out, size_t capacity, size_t *size_out,
                         kvi_fault *fault)
{
    uint64_t wanted = kvi_number_least(capacity, kvi_number_minus(record->raw_size, offset));
    reading r = {range, source, record, out, wanted, fault};
    kv_status status = kvi_record_check_codec(record, fault);

    *size_out = 0;
    if (range->decompressor != NULL && !range_is_of(range, record))
        kvi_range_end(range, source->codecs);
    if (status != KV_OK || wanted == 0)
        return status;
    status = record->codec == KV_CODEC_RAW ? raw_read(&r, offset) : frame_read(&r, offset);
    if (status == KV_OK)
        *size_out = (size_t)wanted;
    else
        kvi_range_end(range, source->codecs);
    return status;
}
