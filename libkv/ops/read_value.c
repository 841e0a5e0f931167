#include "ops/read_value.h"

#include "base/buf.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/compress.h"
#include "tables/pieces.h"

typedef struct gather {
    uint8_t *at;
} gather;

static kv_status gather_piece(void *ctx, kv_slice bytes)
{
    gather *g = ctx;

    memcpy(g->at, bytes.data, bytes.size);
    g->at += bytes.size;
    return KV_OK;
}

/* The stored form at `out`, stored_size bytes, verified. */
static kv_status stored_into(kv_snapshot *snapshot, const kvi_record *record, uint8_t *out,
                             kvi_fault *fault)
{
    gather g = {out};
    kv_status status;

    if (!(record->flags & KVI_RECORD_PIECES)) {
        if (record->payload.size > 0)
            memcpy(out, record->payload.data, record->payload.size);
        return kvi_record_check_stored(record, kvi_slice(out, record->payload.size), fault);
    }
    status = kvi_pieces_each(snapshot->txn, record, false, gather_piece, &g, fault);
    if (status == KV_OK)
        status = kvi_record_check_stored(record, kvi_slice(out, record->stored_size), fault);
    if (status == KV_CORRUPT) { /* Now it matters which piece it is, if it is one. */
        g.at = out;
        (void)kvi_pieces_each(snapshot->txn, record, true, gather_piece, &g, fault);
    }
    return status;
}

static kv_status value_decompress(kv_snapshot *snapshot, const kvi_record *record, kv_slice stored,
                                  void *out, kvi_fault *fault)
{
    kvi_decompressor *d;
    kv_status status = kvi_record_check_codec(record, fault);

    if (status != KV_OK)
        return status;
    d = kvi_codecs_take_decompressor(&snapshot->db->codecs);
    if (d == NULL)
        return KV_NO_MEMORY;
    status = kvi_decompress(d, stored.data, stored.size, out, record->raw_size);
    kvi_codecs_leave_decompressor(&snapshot->db->codecs, d);
    if (status == KV_CORRUPT)
        fault->kind = kvi_decompress_fault(stored.data, stored.size, record->raw_size);
    return status;
}

/* The value decompressed at the end of buf, with the stored form behind it if that is in pieces. */
static kv_status value_append(kv_snapshot *snapshot, const kvi_record *record, kv_buf *buf,
                              kvi_fault *fault)
{
    bool is_split = (record->flags & KVI_RECORD_PIECES) != 0;
    size_t scratch = is_split ? record->stored_size : 0;
    kv_slice stored = record->payload;
    kv_status status = kvi_buf_reserve(buf, buf->size + record->raw_size + scratch);
    uint8_t *out = (uint8_t *)buf->data + buf->size;

    if (status == KV_OK && is_split) {
        stored = kvi_slice(out + record->raw_size, record->stored_size);
        status = stored_into(snapshot, record, out + record->raw_size, fault);
    } else if (status == KV_OK) {
        status = kvi_record_check_stored(record, stored, fault);
    }
    if (status == KV_OK)
        status = value_decompress(snapshot, record, stored, out, fault);
    if (status == KV_OK)
        buf->size += record->raw_size;
    return status;
}

static kv_status stored_append(kv_snapshot *snapshot, const kvi_record *record, kv_buf *buf,
                               kvi_fault *fault)
{
    kv_status status = kvi_buf_reserve(buf, buf->size + record->stored_size);

    if (status == KV_OK)
        status = stored_into(snapshot, record, (uint8_t *)buf->data + buf->size, fault);
    if (status == KV_OK)
        buf->size += record->stored_size;
    return status;
}

kv_status kvi_read_value(kv_snapshot *snapshot, const kvi_record *record, bool is_stored,
                         kv_buf *buf, kv_slice *value_out)
{
    bool is_plain = is_stored || record->codec == KV_CODEC_RAW;
    kvi_fault fault = {KVI_FAULT_NONE, 0};
    kv_status status;

    kvi_counter_add_alone(&snapshot->slot->bytes_read,
                          is_stored ? record->stored_size : record->raw_size);
    if (is_plain && !(record->flags & KVI_RECORD_PIECES)) {
        *value_out = record->payload;
        status = kvi_record_check_stored(record, record->payload, &fault);
        return status == KV_OK ? KV_OK : kvi_snapshot_key_failed(snapshot, status, fault);
    }
    if (buf == NULL)
        return KV_BUFFER_TOO_SMALL;
    *value_out = kvi_slice(NULL, is_stored ? record->stored_size : record->raw_size);
    status = is_plain ? stored_append(snapshot, record, buf, &fault)
                      : value_append(snapshot, record, buf, &fault);
    return status == KV_OK ? KV_OK : kvi_snapshot_key_failed(snapshot, status, fault);
}

/* As kvi_read_value_into(), but the failure is not noted. */
static kv_status value_into(kv_snapshot *snapshot, const kvi_record *record, void *out,
                            kvi_fault *fault)
{
    kv_buf scratch = {0};
    kv_status status;

    if (record->codec == KV_CODEC_RAW)
        return stored_into(snapshot, record, out, fault);
    if (!(record->flags & KVI_RECORD_PIECES)) {
        status = kvi_record_check_stored(record, record->payload, fault);
        return status == KV_OK ? value_decompress(snapshot, record, record->payload, out, fault)
                               : status;
    }
    status = stored_append(snapshot, record, &scratch, fault);
    if (status == KV_OK)
        status =
            value_decompress(snapshot, record, kvi_slice(scratch.data, scratch.size), out, fault);
    kvi_buf_free(&scratch);
    return status;
}

kv_status kvi_read_value_into(kv_snapshot *snapshot, const kvi_record *record, void *out)
{
    kvi_fault fault = {KVI_FAULT_NONE, 0};
    kv_status status;

    kvi_counter_add_alone(&snapshot->slot->bytes_read, record->raw_size);
    status = value_into(snapshot, record, out, &fault);
    return status == KV_OK ? KV_OK : kvi_snapshot_key_failed(snapshot, status, fault);
}

/* ---- Streaming */

typedef struct stream {
    int (*chunk)(void *ctx, const void *data, size_t size);
    void *ctx;
    kvi_checksum_stream *checksum;
    kvi_decompressor *decompressor; /* NULL: raw. */
    uint64_t given;                 /* Bytes to the caller. */
    uint64_t raw_size;
    bool is_overrun; /* More came out than the record says. */
    bool has_ended;  /* The frame is complete. */
    kvi_fault fault; /* The check that failed. */
} stream;

static int stream_give(void *ctx, const void *data, size_t size)
{
    stream *s = ctx;

    s->is_overrun = size > s->raw_size - s->given;
    if (s->is_overrun)
        return 1;
    s->given += size;
    return size > 0 ? s->chunk(s->ctx, data, size) : 0;
}

static kv_status stream_piece(void *ctx, kv_slice bytes)
{
    stream *s = ctx;
    kv_status status;

    kvi_checksum_stream_add(s->checksum, bytes.data, bytes.size);
    if (s->decompressor != NULL)
        status = kvi_decompress_feed(s->decompressor, bytes.data, bytes.size, stream_give, s,
                                     &s->has_ended);
    else
        status = stream_give(s, bytes.data, bytes.size) == 0 ? KV_OK : KV_CANCELLED;
    if (s->is_overrun)
        return kvi_fault_set(&s->fault, KVI_FAULT_FRAME_SIZE, 0);
    return status == KV_CORRUPT ? kvi_fault_set(&s->fault, KVI_FAULT_FRAME, 0) : status;
}

/* What is known only once all was given. */
static kv_status stream_end(stream *s, const kvi_record *record)
{
    if (kvi_checksum_stream_value(s->checksum) != record->payload_checksum)
        return kvi_fault_set(&s->fault, KVI_FAULT_PAYLOAD_CHECKSUM, 0);
    if (s->decompressor != NULL && !s->has_ended)
        return kvi_fault_set(&s->fault, KVI_FAULT_FRAME, 0);
    return s->given == record->raw_size ? KV_OK : kvi_fault_set(&s->fault, KVI_FAULT_FRAME_SIZE, 0);
}

static kv_status stream_run(kv_snapshot *snapshot, const kvi_record *record, stream *s)
{
    kv_status status = KV_OK;

    kvi_checksum_stream_reset(s->checksum);
    if (s->decompressor != NULL)
        status = kvi_decompress_begin(s->decompressor);
    if (status == KV_OK)
        status = record->flags & KVI_RECORD_PIECES
                     ? kvi_pieces_each(snapshot->txn, record, true, stream_piece, s, &s->fault)
                     : stream_piece(s, record->payload);
    return status == KV_OK ? stream_end(s, record) : status;
}

kv_status kvi_read_value_chunks(kv_snapshot *snapshot, const kvi_record *record,
                                int (*chunk)(void *ctx, const void *data, size_t size), void *ctx)
{
    stream s = {.chunk = chunk, .ctx = ctx, .raw_size = record->raw_size};
    kv_status status = kvi_record_check_codec(record, &s.fault);

    if (status != KV_OK)
        return kvi_snapshot_key_failed(snapshot, status, s.fault);
    kvi_counter_add_alone(&snapshot->slot->bytes_read, record->raw_size);
    s.checksum = kvi_checksum_stream_create();
    if (record->codec == KV_CODEC_ZSTD)
        s.decompressor = kvi_codecs_take_decompressor(&snapshot->db->codecs);
    status = KV_NO_MEMORY;
    if (s.checksum != NULL && (s.decompressor != NULL || record->codec == KV_CODEC_RAW))
        status = stream_run(snapshot, record, &s);
    kvi_checksum_stream_free(s.checksum);
    kvi_codecs_leave_decompressor(&snapshot->db->codecs, s.decompressor);
    return status == KV_OK ? KV_OK : kvi_snapshot_key_failed(snapshot, status, s.fault);
}

/* ---- A part */

kv_status kvi_read_value_range(kv_snapshot *snapshot, const kvi_record *record, uint64_t offset,
                               void *out, size_t capacity, size_t *size_out)
{
    kvi_range_source source = {snapshot->txn, &snapshot->db->codecs,
                               kvi_env_page_size(snapshot->db->env)};
    kvi_fault fault = {KVI_FAULT_NONE, 0};
    kv_status status =
        kvi_range_read(&snapshot->range, &source, record, offset, out, capacity, size_out, &fault);

    kvi_counter_add_alone(&snapshot->slot->bytes_read, *size_out);
    return status == KV_OK ? KV_OK : kvi_snapshot_key_failed(snapshot, status, fault);
}
