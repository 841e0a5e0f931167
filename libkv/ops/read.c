#include "ops/read.h"

#include "base/buf.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/compress.h"
#include "tables/pieces.h"
#include "tables/values.h"

kv_status kvi_read_find(kv_snapshot *snapshot, kv_ns ns, kv_slice key, bool is_value_wanted,
                        kvi_record *out)
{
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kv_slice values_key;
    kv_status status = kvi_key_check(key.data, key.size);

    if (status == KV_OK)
        status = kvi_snapshot_namespace(snapshot, ns);
    if (status != KV_OK)
        return status;
    kvi_counter_add_alone(&snapshot->slot->gets, 1);
    values_key = kvi_values_key(ns, key.data, key.size, bytes);
    status = is_value_wanted ? kvi_values_get_whole(snapshot->txn, values_key, out)
                             : kvi_values_get(snapshot->txn, values_key, out);
    if (status != KV_OK)
        return status;
    if (!kvi_record_is_live(out, snapshot->now))
        return KV_NOT_FOUND;
    kvi_counter_add_alone(&snapshot->slot->hits, 1);
    return KV_OK;
}

void kvi_read_facts(const kvi_record *record, kv_entry *out)
{
    bool has_deadline = (record->flags & KVI_RECORD_EXPIRES) != 0;

    out->metadata = record->metadata;
    out->version = record->sequence;
    out->value_size = record->raw_size;
    out->stored_size = record->stored_size;
    out->expires_at = has_deadline ? record->deadline : 0;
    out->updated_at = record->updated;
    out->status = KV_OK;
    out->flags = has_deadline ? KV_ENTRY_EXPIRES : 0;
    out->codec = record->codec;
    out->dictionary_id = record->codec == KV_CODEC_ZSTD_DICTIONARY ? record->dictionary : 0;
    out->reserved[0] = out->reserved[1] = 0;
}

static kv_status payload_check(const kvi_record *record, kv_slice stored)
{
    return kvi_checksum(stored.data, stored.size) == record->payload_checksum ? KV_OK : KV_CORRUPT;
}

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
static kv_status stored_into(kv_snapshot *snapshot, const kvi_record *record, uint8_t *out)
{
    gather g = {out};
    kv_status status;

    if (!(record->flags & KVI_RECORD_PIECES)) {
        if (record->payload.size > 0)
            memcpy(out, record->payload.data, record->payload.size);
        return payload_check(record, kvi_slice(out, record->payload.size));
    }
    status = kvi_pieces_each(snapshot->txn, record, false, gather_piece, &g);
    return status == KV_OK ? payload_check(record, kvi_slice(out, record->stored_size)) : status;
}

static kv_status value_decompress(kv_snapshot *snapshot, const kvi_record *record, kv_slice stored,
                                  void *out)
{
    kvi_decompressor *d;
    kv_status status;

    if (record->codec == KV_CODEC_ZSTD_DICTIONARY)
        return KV_UNSUPPORTED; /* The format has room for them; this version makes none. */
    d = kvi_codecs_take_decompressor(&snapshot->db->codecs);
    if (d == NULL)
        return KV_NO_MEMORY;
    status = kvi_decompress(d, stored.data, stored.size, out, record->raw_size);
    kvi_codecs_leave_decompressor(&snapshot->db->codecs, d);
    return status;
}

/* The value decompressed at the end of buf, with the stored form behind it if that is in pieces. */
static kv_status value_append(kv_snapshot *snapshot, const kvi_record *record, kv_buf *buf)
{
    bool is_split = (record->flags & KVI_RECORD_PIECES) != 0;
    size_t scratch = is_split ? record->stored_size : 0;
    kv_slice stored = record->payload;
    kv_status status = kvi_buf_reserve(buf, buf->size + record->raw_size + scratch);
    uint8_t *out = (uint8_t *)buf->data + buf->size;

    if (status == KV_OK && is_split) {
        stored = kvi_slice(out + record->raw_size, record->stored_size);
        status = stored_into(snapshot, record, out + record->raw_size);
    } else if (status == KV_OK) {
        status = payload_check(record, stored);
    }
    if (status == KV_OK)
        status = value_decompress(snapshot, record, stored, out);
    if (status == KV_OK)
        buf->size += record->raw_size;
    return status;
}

static kv_status stored_append(kv_snapshot *snapshot, const kvi_record *record, kv_buf *buf)
{
    kv_status status = kvi_buf_reserve(buf, buf->size + record->stored_size);

    if (status == KV_OK)
        status = stored_into(snapshot, record, (uint8_t *)buf->data + buf->size);
    if (status == KV_OK)
        buf->size += record->stored_size;
    return status;
}

kv_status kvi_read_value(kv_snapshot *snapshot, const kvi_record *record, bool is_stored,
                         kv_buf *buf, kv_slice *value_out)
{
    bool is_plain = is_stored || record->codec == KV_CODEC_RAW;

    kvi_counter_add_alone(&snapshot->slot->bytes_read,
                          is_stored ? record->stored_size : record->raw_size);
    if (is_plain && !(record->flags & KVI_RECORD_PIECES)) {
        *value_out = record->payload;
        return payload_check(record, record->payload);
    }
    if (buf == NULL)
        return KV_BUFFER_TOO_SMALL;
    *value_out = kvi_slice(NULL, is_stored ? record->stored_size : record->raw_size);
    return is_plain ? stored_append(snapshot, record, buf) : value_append(snapshot, record, buf);
}

kv_status kvi_read_into(kv_snapshot *snapshot, const kvi_record *record, void *out)
{
    kv_buf scratch = {0};
    kv_status status;

    kvi_counter_add_alone(&snapshot->slot->bytes_read, record->raw_size);
    if (record->codec == KV_CODEC_RAW)
        return stored_into(snapshot, record, out);
    if (!(record->flags & KVI_RECORD_PIECES)) {
        status = payload_check(record, record->payload);
        return status == KV_OK ? value_decompress(snapshot, record, record->payload, out) : status;
    }
    status = stored_append(snapshot, record, &scratch);
    if (status == KV_OK)
        status = value_decompress(snapshot, record, kvi_slice(scratch.data, scratch.size), out);
    kvi_buf_free(&scratch);
    return status;
}

kv_status kvi_read_now(kv_db *db, kv_ns ns, kv_slice key, kv_buf *buf, kv_slice *value_out)
{
    kv_snapshot *snapshot;
    kvi_record record;
    kv_slice value = {NULL, 0};
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    buf->size = 0;
    status = kvi_read_find(snapshot, ns, key, true, &record);
    if (status == KV_OK)
        status = kvi_read_value(snapshot, &record, false, buf, &value);
    if (status == KV_OK && value.data != NULL) /* It lies in the map, which we let go. */
        status = kvi_buf_append(buf, value.data, value.size);
    kvi_snapshot_end(snapshot);
    if (status == KV_OK)
        *value_out = kvi_slice(buf->data, buf->size);
    return status;
}

/* ---- Many keys */

static void many_one(kv_snapshot *snapshot, kv_ns ns, kv_slice key, size_t bytes_max, kv_buf *buf,
                     kv_entry *entry)
{
    bool is_copied;
    kvi_record record;
    kv_status status = kvi_read_find(snapshot, ns, key, true, &record);

    *entry = (kv_entry){.key = key};
    if (status != KV_OK) {
        entry->status = status;
        return;
    }
    kvi_read_facts(&record, entry);
    is_copied = record.codec != KV_CODEC_RAW || (record.flags & KVI_RECORD_PIECES);
    if (is_copied && bytes_max != 0 && record.raw_size > bytes_max - buf->size)
        entry->status = KV_TOO_LARGE;
    else
        entry->status = kvi_read_value(snapshot, &record, false, buf, &entry->value);
    if (entry->status != KV_OK)
        entry->value = kvi_slice(NULL, 0);
}

kv_status kvi_read_many(kv_snapshot *snapshot, kv_ns ns, const kv_slice *keys, size_t count,
                        size_t bytes_max, kv_buf *buf, kv_entry *entries)
{
    kv_status status = kvi_snapshot_namespace(snapshot, ns);
    size_t at = 0;

    buf->size = 0;
    for (size_t i = 0; i < count && status == KV_OK; i++) {
        many_one(snapshot, ns, keys[i], bytes_max, buf, &entries[i]);
        if (entries[i].status == KV_NO_MEMORY)
            status = KV_NO_MEMORY;
    }
    if (status != KV_OK)
        return status;
    /* buf has stopped moving: point into it the values that were appended, in order. */
    for (size_t i = 0; i < count; i++)
        if (entries[i].status == KV_OK && entries[i].value.data == NULL &&
            entries[i].value.size > 0) {
            entries[i].value.data = (const uint8_t *)buf->data + at;
            at += entries[i].value.size;
        }
    return KV_OK;
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
    return s->is_overrun ? KV_CORRUPT : status;
}

static kv_status stream_run(kv_snapshot *snapshot, const kvi_record *record, stream *s)
{
    kv_status status = KV_OK;

    kvi_checksum_stream_reset(s->checksum);
    if (s->decompressor != NULL)
        status = kvi_decompress_begin(s->decompressor);
    if (status == KV_OK)
        status = record->flags & KVI_RECORD_PIECES
                     ? kvi_pieces_each(snapshot->txn, record, true, stream_piece, s)
                     : stream_piece(s, record->payload);
    if (status != KV_OK)
        return status;
    if (kvi_checksum_stream_value(s->checksum) != record->payload_checksum ||
        s->given != record->raw_size || (s->decompressor != NULL && !s->has_ended))
        return KV_CORRUPT;
    return KV_OK;
}

kv_status kvi_read_chunks(kv_snapshot *snapshot, const kvi_record *record,
                          int (*chunk)(void *ctx, const void *data, size_t size), void *ctx)
{
    stream s = {.chunk = chunk, .ctx = ctx, .raw_size = record->raw_size};
    kv_status status = KV_NO_MEMORY;

    if (record->codec == KV_CODEC_ZSTD_DICTIONARY)
        return KV_UNSUPPORTED;
    kvi_counter_add_alone(&snapshot->slot->bytes_read, record->raw_size);
    s.checksum = kvi_checksum_stream_create();
    if (record->codec == KV_CODEC_ZSTD)
        s.decompressor = kvi_codecs_take_decompressor(&snapshot->db->codecs);
    if (s.checksum != NULL && (s.decompressor != NULL || record->codec == KV_CODEC_RAW))
        status = stream_run(snapshot, record, &s);
    kvi_checksum_stream_free(s.checksum);
    kvi_codecs_leave_decompressor(&snapshot->db->codecs, s.decompressor);
    return status;
}
