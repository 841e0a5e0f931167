#include "tables/usage.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "tables/names.h"

#define USAGE_SIZE 40
#define STORE_FIXED (USAGE_SIZE + 32)
#define STORE_MAX 4096 /* The open block is smaller than a page. */
#define TOKEN_SIZE 16

static const uint8_t store_key[4] = {0, 0, 0, 0};
static const uint8_t tokens_key[5] = {0, 0, 0, 0, 1};

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

static uint64_t at_least_zero(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

void kvi_usage_subtract_most(kvi_usage *usage, const kvi_usage *less)
{
    usage->keys = at_least_zero(usage->keys, less->keys);
    usage->key_bytes = at_least_zero(usage->key_bytes, less->key_bytes);
    usage->value_bytes = at_least_zero(usage->value_bytes, less->value_bytes);
    usage->metadata_bytes = at_least_zero(usage->metadata_bytes, less->metadata_bytes);
    usage->stored_bytes = at_least_zero(usage->stored_bytes, less->stored_bytes);
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

kv_status kvi_usage_get(kvi_txn *txn, kv_ns ns, kvi_usage *out)
{
    uint8_t key[4];
    kv_slice row;
    kv_status status;

    *out = (kvi_usage){0};
    kvi_be32_store(key, ns);
    status = kvi_txn_get(txn, KVI_USAGE, kvi_slice(key, 4), &row);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_OK : status;
    if (row.size != USAGE_SIZE)
        return KV_CORRUPT;
    usage_load(row.data, out);
    return KV_OK;
}

kv_status kvi_usage_put(kvi_txn *txn, kv_ns ns, const kvi_usage *usage)
{
    uint8_t key[4], row[USAGE_SIZE];

    kvi_be32_store(key, ns);
    usage_store(row, usage);
    return kvi_txn_put(txn, KVI_USAGE, kvi_slice(key, 4), kvi_slice(row, sizeof(row)));
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
    kvi_usage one;
    kv_status status = kvi_cursor_open(txn, KVI_USAGE, &cursor);

    *out = (kvi_usage){0};
    if (status != KV_OK)
        return status;
    while ((status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row)) == KV_OK) {
        if (key.size != 4 || kvi_be32_load(key.data) == 0)
            continue; /* The store's own. */
        if (row.size != USAGE_SIZE) {
            status = KV_CORRUPT;
            break;
        }
        usage_load(row.data, &one);
        kvi_usage_add(out, &one);
    }
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_usage_store_get(kvi_txn *txn, kvi_usage_store *out)
{
    kv_slice row;
    const uint8_t *p;
    kv_status status = kvi_txn_get(txn, KVI_USAGE, kvi_slice(store_key, 4), &row);

    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    if (row.size < STORE_FIXED || row.size > STORE_MAX)
        return KV_CORRUPT;
    p = row.data;
    usage_load(p, &out->total);
    out->sequence = kvi_le64_load(p + USAGE_SIZE);
    out->lazy_boot = kvi_le64_load(p + USAGE_SIZE + 8);
    out->changes_first = kvi_le64_load(p + USAGE_SIZE + 16);
    out->changes_bytes = kvi_le64_load(p + USAGE_SIZE + 24);
    out->open_block = kvi_slice(p + STORE_FIXED, row.size - STORE_FIXED);
    return KV_OK;
}

kv_status kvi_usage_store_put(kvi_txn *txn, const kvi_usage_store *store)
{
    uint8_t row[STORE_MAX];

    if (store->open_block.size > STORE_MAX - STORE_FIXED)
        return KV_CORRUPT;
    usage_store(row, &store->total);
    kvi_le64_store(row + USAGE_SIZE, store->sequence);
    kvi_le64_store(row + USAGE_SIZE + 8, store->lazy_boot);
    kvi_le64_store(row + USAGE_SIZE + 16, store->changes_first);
    kvi_le64_store(row + USAGE_SIZE + 24, store->changes_bytes);
    if (store->open_block.size > 0)
        memcpy(row + STORE_FIXED, store->open_block.data, store->open_block.size);
    return kvi_txn_put(txn, KVI_USAGE, kvi_slice(store_key, 4),
                       kvi_slice(row, STORE_FIXED + store->open_block.size));
}

kv_status kvi_usage_tokens_get(kvi_txn *txn, kvi_token out[KVI_TOKENS_MAX], size_t *count_out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_USAGE, kvi_slice(tokens_key, sizeof(tokens_key)), &row);

    *count_out = 0;
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_OK : status;
    if (row.size % TOKEN_SIZE != 0 || row.size / TOKEN_SIZE > KVI_TOKENS_MAX)
        return KV_CORRUPT;
    *count_out = row.size / TOKEN_SIZE;
    for (size_t i = 0; i < *count_out; i++) {
        const uint8_t *p = (const uint8_t *)row.data + i * TOKEN_SIZE;
        out[i] = (kvi_token){kvi_le64_load(p), kvi_le64_load(p + 8)};
    }
    return KV_OK;
}

kv_status kvi_usage_tokens_push(kvi_txn *txn, kvi_token token)
{
    uint8_t row[KVI_TOKENS_MAX * TOKEN_SIZE];
    kvi_token tokens[KVI_TOKENS_MAX];
    size_t count;
    kv_status status = kvi_usage_tokens_get(txn, tokens, &count);

    if (status != KV_OK)
        return status;
    if (count == KVI_TOKENS_MAX)
        count--;
    kvi_le64_store(row, token.sequence);
    kvi_le64_store(row + 8, token.random);
    for (size_t i = 0; i < count; i++) {
        kvi_le64_store(row + (i + 1) * TOKEN_SIZE, tokens[i].sequence);
        kvi_le64_store(row + (i + 1) * TOKEN_SIZE + 8, tokens[i].random);
    }
    return kvi_txn_put(txn, KVI_USAGE, kvi_slice(tokens_key, sizeof(tokens_key)),
                       kvi_slice(row, (count + 1) * TOKEN_SIZE));
}
