#include "tables/usage.h"

#include "base/bytes.h"
#include "base/number.h"
#include "base/slice.h"
#include "codec/row_envelope.h"
#include "tables/catalog.h"

#define USAGE_SIZE 40
#define STORE_SIZE (USAGE_SIZE + 64)

static const uint8_t store_key[4] = {0, 0, 0, 0};

void kvi_usage_add(kvi_usage *usage, const kvi_usage *more)
{
    usage->keys += more->keys;
    usage->key_bytes += more->key_bytes;
    usage->value_bytes += more->value_bytes;
    usage->metadata_bytes += more->metadata_bytes;
    usage->stored_bytes += more->stored_bytes;
}

kv_status kvi_usage_subtract(kvi_usage *usage, const kvi_usage *less)
{
    if (usage->keys < less->keys || usage->key_bytes < less->key_bytes ||
        usage->value_bytes < less->value_bytes || usage->metadata_bytes < less->metadata_bytes ||
        usage->stored_bytes < less->stored_bytes)
        return KV_CORRUPT;
    usage->keys -= less->keys;
    usage->key_bytes -= less->key_bytes;
    usage->value_bytes -= less->value_bytes;
    usage->metadata_bytes -= less->metadata_bytes;
    usage->stored_bytes -= less->stored_bytes;
    return KV_OK;
}

void kvi_usage_subtract_most(kvi_usage *usage, const kvi_usage *less)
{
    usage->keys = kvi_number_minus(usage->keys, less->keys);
    usage->key_bytes = kvi_number_minus(usage->key_bytes, less->key_bytes);
    usage->value_bytes = kvi_number_minus(usage->value_bytes, less->value_bytes);
    usage->metadata_bytes = kvi_number_minus(usage->metadata_bytes, less->metadata_bytes);
    usage->stored_bytes = kvi_number_minus(usage->stored_bytes, less->stored_bytes);
}

static void usage_load(const uint8_t *p, kvi_usage *out)
{
    out->keys = kvi_le64_load(p);
    out->key_bytes = kvi_le64_load(p + 8);
    out->value_bytes = kvi_le64_load(p + 16);
    out->metadata_bytes = kvi_le64_load(p + 24);
    out->stored_bytes = kvi_le64_load(p + 32);
}

static void usage_store(uint8_t *p, const kvi_usage *usage)
{
    kvi_le64_store(p, usage->keys);
    kvi_le64_store(p + 8, usage->key_bytes);
    kvi_le64_store(p + 16, usage->value_bytes);
    kvi_le64_store(p + 24, usage->metadata_bytes);
    kvi_le64_store(p + 32, usage->stored_bytes);
}

static kvi_envelope_place usage_place(kv_ns ns, uint8_t key[4])
{
    kvi_be32_store(key, ns);
    return (kvi_envelope_place){KVI_USAGE, kvi_slice(key, 4)};
}

/* A namespace's row. KV_NOT_FOUND: there is none. */
static kv_status row_get(kvi_txn *txn, kvi_envelope_place place, size_t known, kvi_envelope *out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_USAGE, place.key, &row);

    *out = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    return status == KV_OK ? kvi_envelope_open(place, row, known, out) : status;
}

/* Whether a row has what this version does not know: it must be kept. */
static bool row_has_more(const kvi_envelope *row, size_t known)
{
    return row->fields.size > known || row->parts.size > 0;
}

kv_status kvi_usage_get(kvi_txn *txn, kv_ns ns, kvi_usage *out, bool *has_more_out)
{
    uint8_t key[4];
    kvi_envelope row;
    kv_status status = row_get(txn, usage_place(ns, key), USAGE_SIZE, &row);

    *out = (kvi_usage){0};
    if (status == KV_OK)
        usage_load(row.fields.data, out);
    if (has_more_out != NULL)
        *has_more_out = row_has_more(&row, USAGE_SIZE);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_usage_put(kvi_txn *txn, kv_ns ns, const kvi_usage *usage, bool has_more)
{
    uint8_t key[4];
    kvi_envelope_place place = usage_place(ns, key);
    kvi_envelope_writer writer;
    kvi_envelope old = {{NULL, 0}, {NULL, 0}};
    kv_slice row;
    kv_status status = has_more ? row_get(txn, place, USAGE_SIZE, &old) : KV_OK;

    if (status != KV_OK && status != KV_NOT_FOUND && status != KV_CORRUPT)
        return status;
    kvi_envelope_begin(&writer, USAGE_SIZE, &old);
    usage_store(writer.fields, usage);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    status = kvi_envelope_end(&writer, place, &row);
    return status == KV_OK ? kvi_txn_put(txn, KVI_USAGE, place.key, row) : status;
}

kv_status kvi_usage_remove(kvi_txn *txn, kv_ns ns)
{
    uint8_t key[4];
    kv_status status;

    kvi_be32_store(key, ns);
    status = kvi_txn_delete(txn, KVI_USAGE, kvi_slice(key, 4));
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_usage_sum(kvi_txn *txn, kvi_usage *out)
{
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;
    kvi_envelope open;
    kvi_usage one;
    kv_status status = kvi_cursor_open(txn, KVI_USAGE, &cursor);

    *out = (kvi_usage){0};
    if (status != KV_OK)
        return status;
    while ((status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row)) == KV_OK) {
        if (key.size != 4 || kvi_be32_load(key.data) == 0)
            continue; /* The store's own. */
        status = kvi_envelope_open((kvi_envelope_place){KVI_USAGE, key}, row, USAGE_SIZE, &open);
        if (status != KV_OK)
            break;
        usage_load(open.fields.data, &one);
        kvi_usage_add(out, &one);
    }
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

/* ---- Row 0 */

static const kvi_envelope_place store_place = {KVI_USAGE, {store_key, sizeof(store_key)}};

static kv_status store_open(kvi_txn *txn, kvi_envelope *out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_USAGE, store_place.key, &row);

    *out = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    return kvi_envelope_open_fields(store_place, row, STORE_SIZE, out);
}

/* Take the open block from the parts. One that is cut short is taken as it is: it does not verify,
   which does no other harm. */
static kv_slice store_open_block(kv_slice *parts)
{
    kv_slice size, block;
    bool is_whole = kvi_envelope_take(parts, 2, &size) &&
                    kvi_envelope_take(parts, kvi_le16_load(size.data), &block);

    if (!is_whole) {
        block = *parts;
        *parts = kvi_slice(NULL, 0);
    }
    return block;
}

kv_status kvi_usage_store_get(kvi_txn *txn, kvi_usage_store *out)
{
    kvi_envelope row;
    const uint8_t *p;
    kv_status status = store_open(txn, &row);

    if (status != KV_OK)
        return status;
    p = row.fields.data;
    usage_load(p, &out->total);
    p += USAGE_SIZE;
    out->sequence = kvi_le64_load(p);
    out->lazy_boot = kvi_le64_load(p + 8);
    out->changes_first = kvi_le64_load(p + 16);
    out->changes_bytes = kvi_le64_load(p + 24);
    out->changes_time = (int64_t)kvi_le64_load(p + 32);
    out->log_segment = kvi_le64_load(p + 40);
    out->log_offset = kvi_le64_load(p + 48);
    out->log_sequence = kvi_le64_load(p + 56);
    out->open_block = store_open_block(&row.parts);
    out->has_more = row_has_more(&row, STORE_SIZE);
    return KV_OK;
}

kv_status kvi_usage_store_put(kvi_txn *txn, const kvi_usage_store *store)
{
    kvi_envelope_writer writer;
    kvi_envelope old = {{NULL, 0}, {NULL, 0}};
    uint8_t *p, size[2];
    kv_slice row;
    kv_status status = store->has_more ? store_open(txn, &old) : KV_OK;

    if (status != KV_OK && status != KV_CORRUPT)
        return status;
    if (store->has_more)
        (void)store_open_block(&old.parts);
    kvi_envelope_begin(&writer, STORE_SIZE, &old);
    usage_store(writer.fields, &store->total);
    p = writer.fields + USAGE_SIZE;
    kvi_le64_store(p, store->sequence);
    kvi_le64_store(p + 8, store->lazy_boot);
    kvi_le64_store(p + 16, store->changes_first);
    kvi_le64_store(p + 24, store->changes_bytes);
    kvi_le64_store(p + 32, (uint64_t)store->changes_time);
    kvi_le64_store(p + 40, store->log_segment);
    kvi_le64_store(p + 48, store->log_offset);
    kvi_le64_store(p + 56, store->log_sequence);
    kvi_le16_store(size, (uint16_t)store->open_block.size);
    kvi_envelope_add(&writer, size, sizeof(size));
    kvi_envelope_add(&writer, store->open_block.data, store->open_block.size);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    status = kvi_envelope_end_fields(&writer, store_place, &row);
    return status == KV_OK ? kvi_txn_put(txn, KVI_USAGE, store_place.key, row) : status;
}
