#include "tables/expiry.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/slice.h"
#include "tables/catalog.h"

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

/* Whether a row is of the namespace and has the form of one. *is_of_out: it is of
   the namespace, so another one may follow. */
static bool expiry_is_row(kv_slice key, kv_ns ns, bool *is_of_out)
{
    *is_of_out = key.size >= 4 && kvi_be32_load(key.data) == ns;
    return *is_of_out && key.size == KEY_SIZE;
}

kv_status kvi_expiry_next_due(kvi_cursor *cursor, kv_ns ns, int64_t now, kvi_expiry_position *at,
                              uint8_t *key_bytes, kv_slice *key_out)
{
    uint8_t bytes[KEY_SIZE];
    bool is_of = true;
    kv_slice key = expiry_key(ns, *at, bytes), row;
    kv_status status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);

    while (status == KV_OK && !expiry_is_row(key, ns, &is_of) && is_of)
        status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row); /* Of no form: not ours. */
    if (status != KV_OK)
        return status;
    if (!is_of)
        return KV_NOT_FOUND;
    at->deadline = (int64_t)(kvi_be64_load((const uint8_t *)key.data + 4) ^ SIGN);
    at->sequence = kvi_be64_load((const uint8_t *)key.data + 12);
    if (!kvi_clock_is_due(at->deadline, now))
        return KV_NOT_FOUND;
    *key_out = kvi_slice(key_bytes, row.size <= KVI_VALUES_KEY_MAX ? row.size : 0);
    if (key_out->size > 0)
        memcpy(key_bytes, row.data, key_out->size);
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
    if (status == KV_OK && key.size < 4)
        status = KV_CORRUPT;
    if (status == KV_OK)
        *ns_out = kvi_be32_load(key.data);
    kvi_cursor_close(cursor);
    return status;
}
