#include "ops/prepare.h"

#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/compress.h"
#include "codec/decimal.h"
#include "tables/values.h"

#include <stdlib.h>

#define OP_FLAGS (KV_OP_EXPIRES_AT | KV_OP_TTL | KV_OP_IF_VERSION | KV_OP_IF_ABSENT)

static bool op_is_valid(const kv_op *op)
{
    if (op->kind > KV_ADD || (op->flags & ~(uint32_t)OP_FLAGS) != 0 || op->reserved != 0 ||
        (op->addend != 0 && op->kind != KV_ADD))
        return false;
    if ((op->key == NULL && op->key_size > 0) || (op->value == NULL && op->value_size > 0) ||
        (op->metadata == NULL && op->metadata_size > 0))
        return false;
    if ((op->flags & KV_OP_IF_ABSENT) && (op->kind != KV_PUT || (op->flags & KV_OP_IF_VERSION)))
        return false;
    if (op->kind == KV_DELETE && (op->flags & (KV_OP_EXPIRES_AT | KV_OP_TTL)))
        return false;
    return op->kind == KV_PUT || (op->value_size == 0 && op->metadata_size == 0);
}

static kv_status op_deadline(const kv_op *op, int64_t now, kvi_item *item)
{
    item->has_deadline = (op->flags & (KV_OP_TTL | KV_OP_EXPIRES_AT)) != 0;
    item->deadline = 0;
    if (op->flags & KV_OP_TTL) {
        if (op->ttl_s < 1)
            return KV_EXPIRY_INVALID;
        item->deadline = kvi_clock_deadline(now, op->ttl_s);
    } else if (op->flags & KV_OP_EXPIRES_AT) {
        if (op->expires_at < now)
            return KV_EXPIRY_INVALID;
        item->deadline = op->expires_at;
    }
    return KV_OK;
}

static kv_status op_check(const kv_op *op, const kv_limits *limits, int64_t now, kvi_item *item)
{
    kv_status status;

    if (!op_is_valid(op))
        return KV_INVALID;
    status = kvi_key_check(op->key, op->key_size);
    if (status != KV_OK)
        return status;
    if (op->metadata_size > KV_METADATA_SIZE_MAX)
        return KV_METADATA_TOO_LONG;
    if (op->value_size > limits->value_size_max)
        return KV_VALUE_TOO_LONG;
    return op_deadline(op, now, item);
}

static kv_status item_key(kvi_plan *p, kvi_item *item, const kv_op *op)
{
    size_t room = 4 + (op->key_size < KVI_KEY_PLAIN_SIZE ? op->key_size : KVI_KEY_ENCODED_MAX);
    uint8_t *key = kvi_arena_take(&p->arena, room);

    if (key == NULL)
        return KV_NO_MEMORY;
    item->values_key = kvi_values_key(p->ns, op->key, op->key_size, key);
    return KV_OK;
}

/* Compress into the arena; what it does not use goes back. The first one takes the compressor. */
static kv_status item_compress(kvi_plan *p, kv_db *db, kvi_item *item, const kv_op *op,
                               kvi_compressor **compressor)
{
    size_t room = kvi_compress_bound(op->value_size), used;
    void *out = kvi_arena_take(&p->arena, room);
    kv_status status;

    if (*compressor == NULL)
        *compressor = kvi_codecs_take_compressor(&db->codecs);
    if (out == NULL || *compressor == NULL)
        return KV_NO_MEMORY;
    status = kvi_compress(*compressor, op->value, op->value_size, out, room, &used);
    kvi_arena_trim(&p->arena, room, used);
    if (status == KV_OK && used > 0) {
        item->stored = kvi_slice(out, used);
        item->codec = KV_CODEC_ZSTD;
    }
    return status;
}

static kv_status item_prepare(kvi_plan *p, kv_db *db, kvi_item *item, const kv_op *op,
                              kvi_compressor **compressor)
{
    kv_status status = item_key(p, item, op);

    item->stored = kvi_slice(op->value, op->value_size);
    item->codec = KV_CODEC_RAW;
    if (status == KV_OK && op->value_size >= db->options.compress_min)
        status = item_compress(p, db, item, op, compressor);
    item->payload_checksum = kvi_checksum(item->stored.data, item->stored.size);
    p->stored_bytes += item->stored.size;
    return status;
}

/* Check every operation; the good ones become items. */
static kv_status plan_check(kvi_plan *p, const kv_limits *limits, kv_verdict *verdicts)
{
    for (size_t i = 0; i < p->count; i++) {
        const kv_op *op = &p->ops[i];
        kvi_item *item = &p->items[p->item_count];
        kv_status status = op_check(op, limits, p->now, item);

        verdicts[i] = (kv_verdict){.status = status};
        if (status != KV_OK)
            continue;
        item->index = (uint32_t)i;
        item->bytes = op->key_size + op->value_size + op->metadata_size;
        p->bytes += item->bytes; /* Cannot wrap: count and sizes are bounded. */
        if (op->kind == KV_ADD)
            p->bytes += KVI_DECIMAL_MAX;
        if (op->kind == KV_PUT || op->kind == KV_ADD)
            p->given_bytes += item->bytes;
        p->touches += op->kind == KV_TOUCH;
        p->item_count++;
    }
    return p->given_bytes > limits->batch_size_max ? KV_BATCH_TOO_LARGE : KV_OK;
}

static kv_status plan_encode(kvi_plan *p, kv_db *db)
{
    kvi_compressor *compressor = NULL;
    kv_status status = KV_OK;

    for (size_t i = 0; i < p->item_count && status == KV_OK; i++)
        status = item_prepare(p, db, &p->items[i], &p->ops[p->items[i].index], &compressor);
    kvi_codecs_leave_compressor(&db->codecs, compressor);
    return status;
}

static int item_compare(const void *a, const void *b, void *ctx)
{
    const kvi_item *items = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = kvi_slice_compare(items[i].values_key, items[j].values_key);

    return order != 0 ? order : (i > j) - (i < j);
}

/* Bring the operations on each key together, in key order. */
static kv_status plan_keys(kvi_plan *p)
{
    p->sorted = kvi_arena_take(&p->arena, p->item_count * sizeof(*p->sorted));
    p->keys = kvi_arena_take(&p->arena, p->item_count * sizeof(*p->keys));
    if (p->sorted == NULL || p->keys == NULL)
        return KV_NO_MEMORY;
    for (size_t i = 0; i < p->item_count; i++)
        p->sorted[i] = (uint32_t)i;
    qsort_r(p->sorted, p->item_count, sizeof(*p->sorted), item_compare, p->items);
    for (size_t i = 0; i < p->item_count; i++) {
        kvi_item *item = &p->items[p->sorted[i]];
        if (i == 0 || !kvi_slice_equal(item->values_key, p->items[p->sorted[i - 1]].values_key)) {
            p->keys[p->key_count] = (kvi_key_ops){.first = (uint32_t)i};
            p->key_count++;
        }
        item->key_index = (uint32_t)(p->key_count - 1);
        p->keys[item->key_index].count++;
        p->keys[item->key_index].has_add |= p->ops[item->index].kind == KV_ADD;
    }
    return KV_OK;
}

kv_status kvi_plan_make(kvi_plan *plan, kv_db *db, const kv_limits *limits, kv_verdict *verdicts)
{
    kv_status status;

    plan->now = kvi_clock_now(&db->clock);
    plan->items = kvi_arena_take(&plan->arena, plan->count * sizeof(*plan->items));
    if (plan->items == NULL)
        return KV_NO_MEMORY;
    status = plan_check(plan, limits, verdicts);
    if (status == KV_OK)
        status = plan_encode(plan, db);
    return status == KV_OK ? plan_keys(plan) : status;
}

void kvi_plan_free(kvi_plan *plan)
{
    kvi_arena_free(&plan->arena);
}
