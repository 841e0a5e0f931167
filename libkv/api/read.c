#include "ops/read.h"

#include "base/buf.h"
#include "ops/read_value.h"

static kv_status read_check(const kv_snapshot *snapshot, const void *key, size_t key_size)
{
    if (snapshot == NULL || (key == NULL && key_size > 0))
        return KV_INVALID;
    return kvi_snapshot_check(snapshot);
}

/* Find a key's live record, arguments checked. */
static kv_status read_record(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size,
                             bool is_value_wanted, kvi_record *record)
{
    kv_slice slice = {key, key_size};
    kv_status status = read_check(snapshot, key, key_size);

    return status == KV_OK ? kvi_read_find(snapshot, ns, slice, is_value_wanted, record) : status;
}

/* A value that lies at the start of the caller's buffer, or in the map. */
static kv_status read_value(kv_snapshot *snapshot, const kvi_record *record, bool is_stored,
                            kv_buf *buf, kv_slice *value_out)
{
    kv_slice value;
    kv_status status;

    if (buf != NULL)
        buf->size = 0;
    status = kvi_read_value(snapshot, record, is_stored, buf, &value);
    if (status != KV_OK)
        return status;
    if (value.data == NULL && buf != NULL)
        value.data = buf->data;
    *value_out = value;
    return KV_OK;
}

kv_status kv_get(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size, kv_buf *buf,
                 kv_slice *value_out)
{
    kvi_record record;
    kv_status status;

    if (value_out == NULL)
        return KV_INVALID;
    status = read_record(snapshot, ns, key, key_size, true, &record);
    return status == KV_OK ? read_value(snapshot, &record, false, buf, value_out) : status;
}

kv_status kv_get_into(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size, void *out,
                      size_t capacity, size_t *size_out)
{
    kvi_record record;
    kv_status status;

    if (size_out == NULL || (out == NULL && capacity > 0))
        return KV_INVALID;
    status = read_record(snapshot, ns, key, key_size, true, &record);
    if (status != KV_OK)
        return status;
    *size_out = (size_t)record.raw_size;
    if (record.raw_size > capacity)
        return KV_BUFFER_TOO_SMALL;
    return kvi_read_value_into(snapshot, &record, out);
}

kv_status kv_get_entry(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size,
                       uint32_t flags, kv_buf *buf, kv_entry *out)
{
    kvi_record record;
    kv_slice value = {NULL, 0};
    kv_status status;

    if (out == NULL || (flags != 0 && flags != KV_GET_FACTS && flags != KV_GET_STORED))
        return KV_INVALID;
    status = read_record(snapshot, ns, key, key_size, !(flags & KV_GET_FACTS), &record);
    if (status == KV_OK && !(flags & KV_GET_FACTS))
        status = read_value(snapshot, &record, (flags & KV_GET_STORED) != 0, buf, &value);
    if (status != KV_OK)
        return status;
    out->key.data = key;
    out->key.size = key_size;
    out->value = value;
    kvi_read_facts(&record, out);
    return KV_OK;
}

kv_status kv_get_now(kv_db *db, kv_ns ns, const void *key, size_t key_size, kv_buf *buf,
                     kv_slice *value_out)
{
    kv_slice slice = {key, key_size};
    kv_status status;

    if (db == NULL || buf == NULL || value_out == NULL || (key == NULL && key_size > 0))
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_read_now(db, ns, slice, buf, value_out) : status;
}

kv_status kv_get_many(kv_snapshot *snapshot, kv_ns ns, const kv_slice *keys, size_t count,
                      size_t bytes_max, kv_buf *buf, kv_entry *entries)
{
    kv_status status;

    if (snapshot == NULL || buf == NULL || (count > 0 && (keys == NULL || entries == NULL)))
        return KV_INVALID;
    if (count > KV_BATCH_COUNT_CEILING)
        return KV_TOO_MANY_KEYS;
    for (size_t i = 0; i < count; i++)
        if (keys[i].data == NULL && keys[i].size > 0)
            return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    return status == KV_OK ? kvi_read_many(snapshot, ns, keys, count, bytes_max, buf, entries)
                           : status;
}

kv_status kv_get_chunks(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size,
                        int (*chunk)(void *ctx, const void *data, size_t size), void *ctx)
{
    kvi_record record;
    kv_status status;

    if (chunk == NULL)
        return KV_INVALID;
    status = read_record(snapshot, ns, key, key_size, true, &record);
    return status == KV_OK ? kvi_read_value_chunks(snapshot, &record, chunk, ctx) : status;
}

kv_status kv_get_range(kv_snapshot *snapshot, kv_ns ns, const void *key, size_t key_size,
                       uint64_t *version, uint64_t offset, void *out, size_t capacity,
                       size_t *size_out)
{
    kvi_record record;
    kv_status status;

    if (size_out == NULL || (out == NULL && capacity > 0))
        return KV_INVALID;
    status = read_record(snapshot, ns, key, key_size, true, &record);
    if (status != KV_OK)
        return status;
    if (version != NULL && *version != 0 && *version != record.sequence)
        return KV_VERSION_MISMATCH;
    status = kvi_read_value_range(snapshot, &record, offset, out, capacity, size_out);
    if (status == KV_OK && version != NULL)
        *version = record.sequence;
    return status;
}

void kv_buf_free(kv_buf *buf)
{
    kvi_buf_free(buf);
}
