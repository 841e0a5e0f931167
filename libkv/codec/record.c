#include "codec/record.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/varint.h"

#define FORMAT_AT 4 /* The header checksum covers from here to the end of the metadata. */
#define CODEC_FLAGS_AT 5
#define PAYLOAD_CHECKSUM_AT 6
#define FIELDS_AT 14
#define CODEC_MASK 0x0F
#define FLAGS_KNOWN (KVI_RECORD_EXPIRES | KVI_RECORD_INHERITED | KVI_RECORD_PIECES)

static uint8_t *record_fields_put(const kvi_record *record, uint8_t *out)
{
    out = kvi_varint_put(out, record->sequence);
    out = kvi_varint_put(out, kvi_zigzag(record->updated));
    out = kvi_varint_put(out, record->raw_size);
    out = kvi_varint_put(out, record->metadata.size);
    if (record->codec == KV_CODEC_ZSTD_DICTIONARY)
        out = kvi_varint_put(out, record->dictionary);
    if (record->flags & KVI_RECORD_EXPIRES)
        out = kvi_varint_put(out, kvi_zigzag(record->deadline));
    if (record->flags & KVI_RECORD_INHERITED) {
        out = kvi_varint_put(out, kvi_zigzag(record->index_deadline));
        out = kvi_varint_put(out, record->index_sequence);
    }
    if (record->flags & KVI_RECORD_PIECES) {
        out = kvi_varint_put(out, record->stored_size);
        out = kvi_varint_put(out, record->piece_count);
        out = kvi_varint_put(out, record->piece_sequence);
    }
    return out;
}

/* Bytes that record_fields_put() writes. */
static size_t record_fields_size(const kvi_record *record)
{
    size_t size = kvi_varint_size(record->sequence) + kvi_varint_size(kvi_zigzag(record->updated)) +
                  kvi_varint_size(record->raw_size) + kvi_varint_size(record->metadata.size);

    if (record->codec == KV_CODEC_ZSTD_DICTIONARY)
        size += kvi_varint_size(record->dictionary);
    if (record->flags & KVI_RECORD_EXPIRES)
        size += kvi_varint_size(kvi_zigzag(record->deadline));
    if (record->flags & KVI_RECORD_INHERITED)
        size += kvi_varint_size(kvi_zigzag(record->index_deadline)) +
                kvi_varint_size(record->index_sequence);
    if (record->flags & KVI_RECORD_PIECES)
        size += kvi_varint_size(record->stored_size) + kvi_varint_size(record->piece_count) +
                kvi_varint_size(record->piece_sequence);
    return size;
}

size_t kvi_record_size(const kvi_record *record)
{
    return FIELDS_AT + record_fields_size(record) + record->metadata.size + record->payload.size;
}

static uint32_t record_checksum(const uint8_t *covered, size_t size, kv_slice key)
{
    return (uint32_t)kvi_checksum_seeded(covered, size, kvi_checksum(key.data, key.size));
}

void kvi_record_encode(const kvi_record *record, kv_slice key, uint8_t *out)
{
    uint8_t *p;

    out[FORMAT_AT] = KVI_RECORD_FORMAT;
    out[CODEC_FLAGS_AT] = (uint8_t)(record->codec | record->flags);
    kvi_le64_store(out + PAYLOAD_CHECKSUM_AT, record->payload_checksum);
    p = record_fields_put(record, out + FIELDS_AT);
    if (record->metadata.size > 0)
        memcpy(p, record->metadata.data, record->metadata.size);
    p += record->metadata.size;
    kvi_le32_store(out, record_checksum(out + FORMAT_AT, (size_t)(p - out) - FORMAT_AT, key));
    if (record->payload.data != NULL && record->payload.size > 0)
        memcpy(p, record->payload.data, record->payload.size);
}

static bool record_take_signed(const uint8_t **p, const uint8_t *end, int64_t *out)
{
    uint64_t v;

    if (!kvi_varint_take(p, end, &v))
        return false;
    *out = kvi_unzigzag(v);
    return true;
}

static bool record_fields_take(const uint8_t **p, const uint8_t *end, kvi_record *out)
{
    uint64_t metadata_size, dictionary = 0;

    if (!kvi_varint_take(p, end, &out->sequence) || !record_take_signed(p, end, &out->updated) ||
        !kvi_varint_take(p, end, &out->raw_size) || !kvi_varint_take(p, end, &metadata_size))
        return false;
    if (out->codec == KV_CODEC_ZSTD_DICTIONARY &&
        (!kvi_varint_take(p, end, &dictionary) || dictionary > UINT32_MAX))
        return false;
    if ((out->flags & KVI_RECORD_EXPIRES) && !record_take_signed(p, end, &out->deadline))
        return false;
    if ((out->flags & KVI_RECORD_INHERITED) && (!record_take_signed(p, end, &out->index_deadline) ||
                                                !kvi_varint_take(p, end, &out->index_sequence)))
        return false;
    if ((out->flags & KVI_RECORD_PIECES) && (!kvi_varint_take(p, end, &out->stored_size) ||
                                             !kvi_varint_take(p, end, &out->piece_count) ||
                                             !kvi_varint_take(p, end, &out->piece_sequence)))
        return false;
    if (metadata_size > KV_METADATA_SIZE_MAX || metadata_size > (size_t)(end - *p))
        return false;
    out->dictionary = (uint32_t)dictionary;
    out->metadata = kvi_slice(*p, (size_t)metadata_size);
    *p += metadata_size;
    return true;
}

/* What no writer makes, although the checksum fits. */
static bool record_is_sane(const kvi_record *record)
{
    if (record->raw_size > KV_VALUE_SIZE_CEILING || record->stored_size > KV_VALUE_SIZE_CEILING)
        return false;
    if (record->codec == KV_CODEC_RAW && record->stored_size != record->raw_size)
        return false;
    if ((record->flags & KVI_RECORD_INHERITED) && !(record->flags & KVI_RECORD_EXPIRES))
        return false;
    if (record->flags & KVI_RECORD_PIECES)
        return record->payload.size == 0 && record->piece_count > 0 &&
               record->piece_count <= record->stored_size;
    return true;
}

static kv_status record_fault(kvi_record *out, kvi_fault_kind fault)
{
    out->fault = fault;
    return KV_CORRUPT;
}

kv_status kvi_record_decode(kv_slice row, kv_slice key, kvi_record *out)
{
    const uint8_t *start = row.data, *end = start + row.size, *p;

    if (row.size < FIELDS_AT)
        return record_fault(out, KVI_FAULT_RECORD_SIZE);
    if (start[FORMAT_AT] != KVI_RECORD_FORMAT)
        return record_fault(out, KVI_FAULT_RECORD_FORMAT);
    p = start + FIELDS_AT;
    out->codec = start[CODEC_FLAGS_AT] & CODEC_MASK;
    out->flags = start[CODEC_FLAGS_AT] & (uint8_t)~CODEC_MASK;
    if (out->codec > KV_CODEC_ZSTD_DICTIONARY || (out->flags & ~FLAGS_KNOWN) != 0)
        return record_fault(out, KVI_FAULT_RECORD_CODEC);
    if (!record_fields_take(&p, end, out))
        return record_fault(out, KVI_FAULT_RECORD_FIELDS);
    if (kvi_le32_load(start) !=
        record_checksum(start + FORMAT_AT, (size_t)(p - start) - FORMAT_AT, key))
        return record_fault(out, KVI_FAULT_RECORD_CHECKSUM);
    out->payload_checksum = kvi_le64_load(start + PAYLOAD_CHECKSUM_AT);
    out->payload = kvi_slice(p, (size_t)(end - p));
    if (!(out->flags & KVI_RECORD_PIECES))
        out->stored_size = out->payload.size;
    return record_is_sane(out) ? KV_OK : record_fault(out, KVI_FAULT_RECORD_NONSENSE);
}

kv_status kvi_record_check_stored(const kvi_record *record, kv_slice stored, kvi_fault *fault)
{
    if (kvi_checksum(stored.data, stored.size) == record->payload_checksum)
        return KV_OK;
    return kvi_fault_set(fault, KVI_FAULT_PAYLOAD_CHECKSUM, 0);
}

/* The format has room for dictionaries; this version makes none. */
kv_status kvi_record_check_codec(const kvi_record *record, kvi_fault *fault)
{
    if (record->codec != KV_CODEC_ZSTD_DICTIONARY)
        return KV_OK;
    (void)kvi_fault_set(fault, KVI_FAULT_DICTIONARY, 0);
    return KV_UNSUPPORTED;
}

bool kvi_record_is_live(const kvi_record *record, int64_t now)
{
    return !(record->flags & KVI_RECORD_EXPIRES) || !kvi_clock_is_due(record->deadline, now);
}
