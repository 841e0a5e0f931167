#include "tables/tokens.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/row_envelope.h"
#include "tables/catalog.h"

#define TOKENS_SIZE 8 /* Their sum; they are a part. */
#define TOKEN_SIZE 16

static const uint8_t tokens_key[5] = {0, 0, 0, 0, 1};

static const kvi_envelope_place tokens_place = {KVI_USAGE, {tokens_key, sizeof(tokens_key)}};

/* What a token adds to their sum: another number for each token. */
static uint64_t token_hash(const uint8_t *p)
{
    return (kvi_le64_load(p) * 0x9E3779B97F4A7C15u + kvi_le64_load(p + 8)) * 0xBF58476D1CE4E5B9u;
}

static uint64_t tokens_sum(kv_slice tokens)
{
    uint64_t sum = 0;

    for (size_t at = 0; at < tokens.size; at += TOKEN_SIZE)
        sum += token_hash((const uint8_t *)tokens.data + at);
    return sum;
}

/* *tokens_out: as they are stored; none if there is no row. The envelope's checksum covers their
   sum alone: hashing 1 KiB twice for each commit would be the most expensive part of a
   small one. */
static kv_status tokens_open(kvi_txn *txn, kvi_envelope *row, kv_slice *tokens_out)
{
    kv_slice first, stored;
    size_t count;
    kv_status status = kvi_txn_get(txn, KVI_USAGE, tokens_place.key, &stored);

    *tokens_out = kvi_slice(NULL, 0);
    *row = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    if (status == KV_OK)
        status = kvi_envelope_open_fields(tokens_place, stored, TOKENS_SIZE, row);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_OK : status;
    if (!kvi_envelope_take(&row->parts, 1, &first))
        return KV_CORRUPT;
    count = *(const uint8_t *)first.data;
    if (count > KVI_TOKENS_MAX || !kvi_envelope_take(&row->parts, count * TOKEN_SIZE, tokens_out))
        return KV_CORRUPT;
    if (tokens_sum(*tokens_out) == kvi_le64_load(row->fields.data))
        return KV_OK;
    *tokens_out = kvi_slice(NULL, 0);
    return KV_CORRUPT;
}

kv_status kvi_tokens_get(kvi_txn *txn, kvi_token out[KVI_TOKENS_MAX], size_t *count_out)
{
    kvi_envelope row;
    kv_slice tokens;
    kv_status status = tokens_open(txn, &row, &tokens);

    *count_out = tokens.size / TOKEN_SIZE;
    for (size_t i = 0; i < *count_out; i++) {
        const uint8_t *p = (const uint8_t *)tokens.data + i * TOKEN_SIZE;
        out[i] = (kvi_token){kvi_le64_load(p), kvi_le64_load(p + 8)};
    }
    return status;
}

/* What replaces tokens that are lost: the newest one in every place. So the outcome of older
   transactions is unknown, and not "was not applied". */
static kv_slice tokens_fill(const uint8_t *token, uint8_t out[KVI_TOKENS_MAX * TOKEN_SIZE])
{
    for (size_t i = 0; i < KVI_TOKENS_MAX; i++)
        memcpy(out + i * TOKEN_SIZE, token, TOKEN_SIZE);
    return kvi_slice(out, KVI_TOKENS_MAX * TOKEN_SIZE);
}

kv_status kvi_tokens_push(kvi_txn *txn, kvi_token token)
{
    uint8_t head[1 + TOKEN_SIZE], filled[KVI_TOKENS_MAX * TOKEN_SIZE];
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_slice tokens, row;
    uint64_t sum;
    kv_status status = tokens_open(txn, &old, &tokens);

    if (status != KV_OK && status != KV_CORRUPT)
        return status;
    kvi_le64_store(head + 1, token.sequence);
    kvi_le64_store(head + 9, token.random);
    if (status == KV_CORRUPT)
        tokens = tokens_fill(head + 1, filled);
    sum = status == KV_CORRUPT || tokens.size == 0 ? tokens_sum(tokens)
                                                   : kvi_le64_load(old.fields.data);
    if (tokens.size == KVI_TOKENS_MAX * TOKEN_SIZE) {
        tokens.size -= TOKEN_SIZE;
        sum -= token_hash((const uint8_t *)tokens.data + tokens.size);
    }
    head[0] = (uint8_t)(tokens.size / TOKEN_SIZE + 1);
    kvi_envelope_begin(&writer, TOKENS_SIZE, &old);
    kvi_le64_store(writer.fields, sum + token_hash(head + 1));
    kvi_envelope_add(&writer, head, sizeof(head));
    kvi_envelope_add(&writer, tokens.data, tokens.size);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    status = kvi_envelope_end_fields(&writer, tokens_place, &row);
    return status == KV_OK ? kvi_txn_put(txn, KVI_USAGE, tokens_place.key, row) : status;
}
