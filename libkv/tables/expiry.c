#include "tables/expiry.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/slice.h"
#include "tables/names.h"

#define KEY_SIZE 20
#define SIGN ((uint64_t)1 << 63)

static kv_slice expiry_key(kv_ns ns, kvi_expiry_position at, uint8_t out[KEY_SIZE])
{
    kvi_be32_store(out, ns);
    kvi_be64_store(out + 4, (uint64_t)at.deadline ^ SIGN);
    kvi_be64_store(out + 12, at.sequence);
    return kvi_slice(out, KEY_SIZE);
}

kv_status kvi_expiry_put(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key)
{
    uint8_t key[KEY_SIZE];

    return kvi_txn_put(txn, KVI_EXPIRY, expiry_key(ns, at, key), values_key);
}

kv_status kvi_expiry_remove(kvi_txn *txn, kv_ns ns, kvi_expiry_position at)
{
    uint8_t key[KEY_SIZE];

    return kvi_txn_delete(txn, KVI_EXPIRY, expiry_key(ns, at, key));
}

kv_status kvi_expiry_check(kvi_txn *txn, kv_ns ns, kvi_expiry_position at, kv_slice values_key)
{
    uint8_t key[KEY_SIZE];
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_EXPIRY, expiry_key(ns, at, key), &row);

    return status == KV_OK && !kvi_slice_equal(row, values_key) ? KV_NOT_FOUND : status;
}

kv_status kvi_expiry_next_due(kvi_cursor *cursor, kv_ns ns, int64_t now, kvi_expiry_position *at,
                              uint8_t *key_bytes, kv_slice *key_out)
{
    uint8_t bytes[KEY_SIZE];
    const uint8_t *p;
    kv_slice key = expiry_key(ns, *at, bytes), row;
    kv_status status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);

    if (status != KV_OK)
        return status;
    p = key.data;
    if (key.size != KEY_SIZE || row.size <= 4 || row.size > KVI_VALUES_KEY_MAX)
        return KV_CORRUPT;
    if (kvi_be32_load(p) != ns)
        return KV_NOT_FOUND;
    at->deadline = (int64_t)(kvi_be64_load(p + 4) ^ SIGN);
    at->sequence = kvi_be64_load(p + 12);
    if (!kvi_clock_is_due(at->deadline, now))
        return KV_NOT_FOUND;
    memcpy(key_bytes, row.data, row.size);
    *key_out = kvi_slice(key_bytes, row.size);
    return KV_OK;
}

kv_status kvi_expiry_next_namespace(kvi_txn *txn, kv_ns after, kv_ns *ns_out)
{
    uint8_t bytes[4];
    kv_slice key, row;
    kvi_cursor *cursor;
    kv_status status;

    if (after == UINT32_MAX)
        return KV_NOT_FOUND;
    key = kvi_values_prefix(after + 1, bytes);
    status = kvi_cursor_open(txn, KVI_EXPIRY, &cursor);
    if (status != KV_OK)
        return status;
    status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);
    if (status == KV_OK && key.size != KEY_SIZE)
        status = KV_CORRUPT;
    if (status == KV_OK)
        *ns_out = kvi_be32_load(key.data);
    kvi_cursor_close(cursor);
    return status;
}
