#include "ops/stored_number.h"

#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/decimal.h"

/* Even such a short value may be compressed, if kv_options.compress_min is small. */
static kv_status number_decompress(kvi_codecs *codecs, const kvi_record *record, char *out)
{
    kvi_decompressor *d;
    kv_status status;

    if (record->codec == KV_CODEC_ZSTD_DICTIONARY)
        return KV_UNSUPPORTED;
    d = kvi_codecs_take_decompressor(codecs);
    if (d == NULL)
        return KV_NO_MEMORY;
    status = kvi_decompress(d, record->payload.data, record->payload.size, out, record->raw_size);
    kvi_codecs_leave_decompressor(codecs, d);
    return status;
}

kv_status kvi_stored_number_read(kvi_codecs *codecs, const kvi_record *record, int64_t *number_out)
{
    kv_slice stored = record->payload;
    char text[KVI_DECIMAL_MAX];
    kv_status status;

    if (record->raw_size > KVI_DECIMAL_MAX)
        return KV_NOT_A_NUMBER;
    /* No writer puts so few bytes into pieces. */
    if ((record->flags & KVI_RECORD_PIECES) != 0 ||
        kvi_checksum(stored.data, stored.size) != record->payload_checksum)
        return KV_CORRUPT;
    if (record->codec == KV_CODEC_RAW)
        return kvi_decimal_parse(stored, number_out);
    status = number_decompress(codecs, record, text);
    return status == KV_OK ? kvi_decimal_parse(kvi_slice(text, record->raw_size), number_out)
                           : status;
}
