#include "ops/read.h"

#include "base/buf.h"
#include "base/slice.h"
#include "ops/read_value.h"
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
    snapshot->at_ns = ns;
    snapshot->at_key = key;
    values_key = kvi_values_key(ns, key.data, key.size, bytes);
    status = is_value_wanted ? kvi_values_get_whole(snapshot->txn, values_key, out)
                             : kvi_values_get(snapshot->txn, values_key, out);
    if (status != KV_OK)
        return kvi_snapshot_key_failed(snapshot, status, (kvi_fault){out->fault, 0});
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
