#include "codec/row_envelope.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"

#define SIZE_AT 4 /* The checksum covers from here. */

static uint32_t envelope_checksum(kvi_envelope_place place, const uint8_t *row, size_t end)
{
    uint64_t seed = kvi_checksum_seeded(place.key.data, place.key.size, place.table);

    return (uint32_t)kvi_checksum_seeded(row + SIZE_AT, end - SIZE_AT, seed);
}

static kv_status envelope_open(kvi_envelope_place place, kv_slice row, size_t known, bool has_parts,
                               kvi_envelope *out)
{
    const uint8_t *p = row.data;
    size_t size, end;

    *out = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    if (row.size < KVI_ROW_ENVELOPE_HEADER || row.size > KVI_ENVELOPE_ROW_MAX)
        return KV_CORRUPT;
    size = kvi_le16_load(p + SIZE_AT);
    end = KVI_ROW_ENVELOPE_HEADER + size;
    if (size < known || end > row.size ||
        kvi_le32_load(p) != envelope_checksum(place, p, has_parts ? row.size : end))
        return KV_CORRUPT;
    out->fields = kvi_slice(p + KVI_ROW_ENVELOPE_HEADER, size);
    out->parts = kvi_slice(p + end, row.size - end);
    return KV_OK;
}

kv_status kvi_envelope_open(kvi_envelope_place place, kv_slice row, size_t known, kvi_envelope *out)
{
    return envelope_open(place, row, known, true, out);
}

kv_status kvi_envelope_open_fields(kvi_envelope_place place, kv_slice row, size_t known,
                                   kvi_envelope *out)
{
    return envelope_open(place, row, known, false, out);
}

void kvi_envelope_begin(kvi_envelope_writer *writer, size_t known, const kvi_envelope *old)
{
    writer->fields = writer->bytes + KVI_ROW_ENVELOPE_HEADER;
    writer->size = KVI_ROW_ENVELOPE_HEADER + known;
    writer->is_full = false;
    memset(writer->fields, 0, known);
    if (old->fields.size > known)
        kvi_envelope_add(writer, (const uint8_t *)old->fields.data + known,
                         old->fields.size - known);
    kvi_le16_store(writer->bytes + SIZE_AT, (uint16_t)(writer->size - KVI_ROW_ENVELOPE_HEADER));
}

void kvi_envelope_add(kvi_envelope_writer *writer, const void *bytes, size_t size)
{
    if (size > sizeof(writer->bytes) - writer->size)
        writer->is_full = true;
    if (size == 0 || writer->is_full)
        return;
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
}

static kv_status envelope_end(kvi_envelope_writer *writer, kvi_envelope_place place, size_t end,
                              kv_slice *row_out)
{
    if (writer->is_full)
        return KV_CORRUPT;
    kvi_le32_store(writer->bytes, envelope_checksum(place, writer->bytes, end));
    *row_out = kvi_slice(writer->bytes, writer->size);
    return KV_OK;
}

kv_status kvi_envelope_end(kvi_envelope_writer *writer, kvi_envelope_place place, kv_slice *row_out)
{
    return envelope_end(writer, place, writer->size, row_out);
}

kv_status kvi_envelope_end_fields(kvi_envelope_writer *writer, kvi_envelope_place place,
                                  kv_slice *row_out)
{
    size_t end = KVI_ROW_ENVELOPE_HEADER + kvi_le16_load(writer->bytes + SIZE_AT);

    return envelope_end(writer, place, end, row_out);
}

bool kvi_envelope_take(kv_slice *parts, size_t size, kv_slice *out)
{
    if (size > parts->size)
        return false;
    *out = kvi_slice(parts->data, size);
    *parts = kvi_slice((const uint8_t *)parts->data + size, parts->size - size);
    return true;
}
