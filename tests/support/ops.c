#include "support/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/count.h"

#define ARENA_SIZE ((size_t)8 << 20)
#define KEYS_SIZE ((size_t)1 << 20) /* Of it, left to keys. */
#define MEBIBYTE ((size_t)1 << 20)

void ops_begin(struct ops *ops, struct subject *subject, uint64_t seed)
{
    *ops = (struct ops){.subject = subject, .rng = {seed}, .arena = malloc(ARENA_SIZE)};
    if (ops->arena == NULL)
        abort();
    memset(ops->arena, 'a', ARENA_SIZE);
}

void ops_end(struct ops *ops)
{
    free(ops->arena);
    ops->arena = NULL;
}

static void *take(struct ops *ops, size_t size)
{
    void *at = ops->arena + ops->used;

    if (size > ARENA_SIZE - ops->used)
        abort(); /* More operations than anyone wants at once. */
    ops->used += size;
    return at;
}

/* NULL when there is no room but for keys. */
static void *take_value(struct ops *ops, size_t size)
{
    return ops->used + size <= ARENA_SIZE - KEYS_SIZE ? take(ops, size) : NULL;
}

/* A key of exactly `size` bytes that differs from its like only near the end. */
static kv_slice key_long(struct ops *ops, size_t size)
{
    static const char *const tails[] = {"a", "z", "\x7E", "\xC2\x80", "\xF4\x8F\xBF\xBF",
                                        "!", "aa"};
    const char *tail = tails[rng_below(&ops->rng, COUNT(tails))];
    size_t tail_size = strlen(tail);
    unsigned char *key = take(ops, size);

    memset(key, 'x', size);
    memcpy(key + size - tail_size, tail, tail_size);
    return (kv_slice){key, size};
}

static kv_slice key_text(struct ops *ops, const char *form, uint64_t number)
{
    char *key = take(ops, 64);

    return (kv_slice){key, (size_t)snprintf(key, 64, form, (unsigned)number)};
}

kv_slice ops_key_good(struct ops *ops)
{
    switch (rng_below(&ops->rng, 10)) {
    case 0:
        return key_long(ops, (size_t)rng_between(&ops->rng, 368, 376));
    case 1:
        return key_long(ops, (size_t)rng_between(&ops->rng, 505, 512));
    case 2:
        return key_text(ops, "site/%u/index.html", rng_below(&ops->rng, 40));
    case 3:
        return key_text(ops, "site/\xC3\xA9t\xC3\xA9/%u", rng_below(&ops->rng, 20));
    case 4:
        return key_text(ops, "\xF0\x9F\x98\x80%u", rng_below(&ops->rng, 8));
    default:
        return key_text(ops, "k%u", rng_below(&ops->rng, 90));
    }
}

static kv_slice key_bad(struct ops *ops)
{
    static const kv_slice bad[] = {
        {"", 0},
        {"a b", 3},
        {"a\0b", 3},
        {"tab\t", 4},
        {"del\x7F", 4},
        {"\xC0\xAF", 2},         /* Overlong. */
        {"\xED\xA0\x80", 3},     /* A surrogate. */
        {"\xF4\x90\x80\x80", 4}, /* Past the last character. */
        {"k\xE2\x82", 3},        /* Cut short. */
        {"\x80", 1},
    };
    uint64_t which = rng_below(&ops->rng, COUNT(bad) + 2);

    if (which < COUNT(bad))
        return bad[which];
    return key_long(ops, KV_KEY_SIZE_MAX + 1);
}

kv_slice ops_key_any(struct ops *ops)
{
    return rng_percent(&ops->rng, 97) ? ops_key_good(ops) : key_bad(ops);
}

static size_t value_size(struct ops *ops)
{
    uint64_t dice = rng_below(&ops->rng, 1000);

    if (dice < 100)
        return 0;
    if (dice < 700)
        return (size_t)rng_between(&ops->rng, 1, 100);
    if (dice < 900)
        return (size_t)rng_between(&ops->rng, 100, 2000);
    if (dice < 965)
        return (size_t)rng_between(&ops->rng, 2000, 9000);
    if (dice < 980)
        return (size_t)rng_between(&ops->rng, 65536 - 3, 65536 + 3);
    if (dice < 997)
        return (size_t)rng_between(&ops->rng, 65536, 300000);
    return (size_t)rng_between(&ops->rng, MEBIBYTE, MEBIBYTE + 700000);
}

static void op_value(struct ops *ops, kv_op *op)
{
    uint64_t longest = ops->subject->options.limits.value_size_max;
    unsigned char *value;

    if (rng_below(&ops->rng, 400) == 0) {
        op->value = ops->arena; /* Too long: nobody looks at it. */
        op->value_size = (size_t)(longest != 0 ? longest : KV_VALUE_SIZE_DEFAULT) + 1;
        return;
    }
    op->value_size = value_size(ops);
    value = take_value(ops, op->value_size);
    if (value == NULL) {
        op->value_size = 0;
        return;
    }
    op->value = value;
    if (rng_percent(&ops->rng, 50))
        rng_fill(&ops->rng, value, op->value_size);
    else
        rng_fill_text(&ops->rng, value, op->value_size);
}

/* A value that is a number, or nearly. */
static void op_number(struct ops *ops, kv_op *op)
{
    static const char *const near[] = {"-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "0x1",
                                       "",
                                       "9223372036854775808",
                                       "000000000000000000001",
                                       "00000000000000000001",
                                       "-0",
                                       "-9223372036854775808",
                                       "9223372036854775807"};
    char *text = take_value(ops, 32);

    if (text == NULL)
        return;
    if (rng_percent(&ops->rng, 30))
        (void)snprintf(text, 32, "%s", near[rng_below(&ops->rng, COUNT(near))]);
    else
        (void)snprintf(text, 32, "%d", (int)rng_below(&ops->rng, 200) - 100);
    op->value = text;
    op->value_size = strlen(text);
}

static int64_t addend_any(struct ops *ops)
{
    static const int64_t extreme[] = {INT64_MAX, INT64_MIN, INT64_MAX - 50, INT64_MIN + 50};

    if (rng_percent(&ops->rng, 10))
        return extreme[rng_below(&ops->rng, COUNT(extreme))];
    return (int64_t)rng_below(&ops->rng, 2000) - 1000;
}

static void op_metadata(struct ops *ops, kv_op *op)
{
    static const size_t sizes[] = {
        1, 7, 40, 127, 128, KV_METADATA_SIZE_MAX, KV_METADATA_SIZE_MAX + 1};
    unsigned char *metadata;

    if (rng_percent(&ops->rng, 75))
        return;
    op->metadata_size = sizes[rng_below(&ops->rng, rng_percent(&ops->rng, 95) ? 5 : 7)];
    metadata = take_value(ops, op->metadata_size);
    if (metadata == NULL) {
        op->metadata_size = 0;
        return;
    }
    op->metadata = metadata;
    rng_fill(&ops->rng, metadata, op->metadata_size);
}

static void op_expiry(struct ops *ops, kv_op *op)
{
    int64_t now = subject_now(ops->subject);

    if (rng_percent(&ops->rng, 20)) {
        op->flags |= KV_OP_TTL;
        op->ttl_s = (int64_t)rng_between(&ops->rng, 1, 40);
        if (rng_percent(&ops->rng, 3))
            op->ttl_s = INT64_MAX - (int64_t)rng_below(&ops->rng, 3);
        if (rng_percent(&ops->rng, 3))
            op->ttl_s = -(int64_t)rng_below(&ops->rng, 3);
    }
    if (rng_percent(&ops->rng, 20)) {
        op->flags |= KV_OP_EXPIRES_AT;
        op->expires_at = now + (int64_t)rng_below(&ops->rng, 50);
        if (rng_percent(&ops->rng, 4))
            op->expires_at = now;
        if (rng_percent(&ops->rng, 3))
            op->expires_at = now - 1 - (int64_t)rng_below(&ops->rng, 3);
        if (rng_percent(&ops->rng, 3))
            op->expires_at = rng_percent(&ops->rng, 50) ? INT64_MAX : INT64_MIN;
    }
}

static void op_condition(struct ops *ops, kv_ns ns, kv_op *op)
{
    const struct model_namespace *space = model_find(&ops->subject->model, ns);
    const struct model_row *row = NULL;

    if (space != NULL && op->key != NULL)
        row = model_get(space, op->key, op->key_size, subject_now(ops->subject));
    if (rng_percent(&ops->rng, 8)) {
        op->flags |= KV_OP_IF_VERSION;
        if (rng_percent(&ops->rng, 60))
            op->if_version = row != NULL ? row->version : 0;
        else
            op->if_version = rng_below(&ops->rng, ops->subject->model.sequence);
    } else if (op->kind == KV_PUT && rng_percent(&ops->rng, 8)) {
        op->flags |= KV_OP_IF_ABSENT;
    }
}

static void op_spoil(struct ops *ops, kv_op *op)
{
    switch (rng_below(&ops->rng, 8)) {
    case 0:
        op->kind = 4 + (uint32_t)rng_below(&ops->rng, 1000);
        break;
    case 1:
        op->flags |= 1u << rng_between(&ops->rng, 4, 31);
        break;
    case 2:
        op->kind = KV_PUT;
        if (rng_percent(&ops->rng, 50))
            op->addend = 1;
        else
            op->reserved = 1;
        break;
    case 3:
        op->key = NULL;
        op->key_size = 3;
        break;
    case 4:
        op->value = NULL;
        op->value_size = 1;
        break;
    case 5:
        op->kind = (uint32_t)rng_between(&ops->rng, KV_DELETE, KV_ADD);
        op->flags |= KV_OP_IF_ABSENT;
        break;
    case 6:
        op->kind = KV_DELETE;
        op->flags |= KV_OP_TTL;
        break;
    default:
        op->kind = KV_PUT;
        op->flags |= KV_OP_IF_ABSENT | KV_OP_IF_VERSION;
        break;
    }
}

kv_op ops_any(struct ops *ops, kv_ns ns)
{
    kv_op op = {.kind = KV_PUT};
    kv_slice key = ops_key_any(ops);
    uint64_t dice = rng_below(&ops->rng, 100);

    op.key = key.data;
    op.key_size = key.size;
    if (dice < 18)
        op.kind = KV_DELETE;
    else if (dice < 28)
        op.kind = KV_TOUCH;
    else if (dice < 40)
        op.kind = KV_ADD;
    if (op.kind == KV_PUT) {
        if (rng_percent(&ops->rng, 15))
            op_number(ops, &op);
        else
            op_value(ops, &op);
        op_metadata(ops, &op);
    }
    if (op.kind == KV_ADD)
        op.addend = addend_any(ops);
    if (op.kind != KV_DELETE)
        op_expiry(ops, &op);
    op_condition(ops, ns, &op);
    if (rng_percent(&ops->rng, 1))
        op_spoil(ops, &op);
    return op;
}
