#include "edge/handlers.h"

#include "edge/base64.h"
#include "edge/utf8.h"
#include "edge/write_keys.h"

#include <stdlib.h>

static kv_slice key_argument(const kvi_call *call)
{
    return call->arguments[KVI_ARG_KEY].text;
}

/* ---- Put */

/* The bytes to store: Value's own, or what they are the base64 of. */
static bool key_value(kvi_call *call, kv_slice *value)
{
    *value = call->arguments[KVI_ARG_VALUE].text;
    if (!kvi_utf8_is_valid(*value)) {
        kvi_answer_invalid(call->answer, "Value is not UTF-8 text.");
        return false;
    }
    if (call->arguments[KVI_ARG_BASE64].integer == 0)
        return true;
    call->buf.capacity = value->size / 4 * 3 + 1;
    call->buf.data = malloc(call->buf.capacity);
    if (call->buf.data == NULL) {
        call->buf.capacity = 0;
        kvi_answer_status(call->answer, KV_NO_MEMORY);
        return false;
    }
    if (kvi_base64_decode(value->data, value->size, call->buf.data, &call->buf.size) != KV_OK) {
        kvi_answer_invalid(call->answer, "Value is not base64.");
        return false;
    }
    *value = (kv_slice){call->buf.data, call->buf.size};
    return true;
}

static kv_op key_put_op(const kvi_call *call, kv_slice value)
{
    const kvi_argument *ttl = &call->arguments[KVI_ARG_EXPIRATION_TTL];
    const kvi_argument *expiration = &call->arguments[KVI_ARG_EXPIRATION];
    kv_slice key = key_argument(call);
    kv_op op = {.kind = KV_PUT,
                .key = key.data,
                .key_size = key.size,
                .value = value.data,
                .value_size = value.size};

    if (ttl->is_given) {
        op.flags = KV_OP_TTL;
        op.ttl_s = ttl->integer;
    } else if (expiration->is_given) {
        op.flags = KV_OP_EXPIRES_AT;
        op.expires_at = expiration->integer;
    }
    return op;
}

void kvi_handle_key_put(kvi_call *call)
{
    kv_slice value;
    kv_op op;

    if (!key_value(call, &value))
        return;
    op = key_put_op(call, value);
    if (!kvi_call_find_namespace(call) || !kvi_write_keys_one(call, &op, &kvi_write_keys_small))
        return;
    kvi_write_keys_tell_put(call, value.size, call->arguments[KVI_ARG_VALUE].text);
}

/* ---- Get */

static bool key_read(kvi_call *call, uint32_t flags, kv_entry *entry)
{
    kv_slice key = key_argument(call);

    if (!kvi_call_view_namespace(call))
        return false;
    kvi_call_enter(call);
    return kvi_call_done(
        call, kv_get_entry(call->snapshot, call->ns, key.data, key.size, flags, &call->buf, entry));
}

/* The service's texts are UTF-8; a value stored through another door need not be. */
static void key_write_value(kvi_call *call, kv_slice value)
{
    if (call->arguments[KVI_ARG_BASE64].integer != 0)
        kvi_answer_base64(call->answer, "Value", value);
    else if (kvi_utf8_is_valid(value))
        kvi_answer_text(call->answer, "Value", value);
    else
        kvi_answer_fault(call->answer, 400, "InvalidValue.NotText",
                         "The value is not UTF-8 text: only GetKv with Base64 can return it.");
}

void kvi_handle_key_get(kvi_call *call)
{
    kv_slice key = key_argument(call);
    kv_slice value = {NULL, 0};

    if (!kvi_call_view_namespace(call))
        return;
    kvi_call_enter(call);
    if (kvi_call_done(call,
                      kv_get(call->snapshot, call->ns, key.data, key.size, &call->buf, &value)))
        key_write_value(call, value);
}

void kvi_handle_key_detail(kvi_call *call)
{
    kv_entry entry;
    int64_t now = 0;
    kv_status status;

    if (!key_read(call, 0, &entry))
        return;
    key_write_value(call, entry.value);
    if ((entry.flags & KV_ENTRY_EXPIRES) == 0)
        return;
    kvi_call_enter(call);
    status = kv_snapshot_info(call->snapshot, NULL, &now);
    if (!kvi_call_done(call, status))
        return;
    /* Live means now < expires_at, so this is at least 1. */
    kvi_answer_digits(call->answer, "ExpirationTtl", (uint64_t)entry.expires_at - (uint64_t)now);
}

void kvi_handle_key_status(kvi_call *call)
{
    kv_entry entry;

    if (!key_read(call, KV_GET_FACTS, &entry))
        return;
    /* There is one store, so what is written is in force everywhere. */
    kvi_answer_boolean(call->answer, "Complete", true);
    if ((entry.flags & KV_ENTRY_EXPIRES) != 0)
        kvi_answer_time_china(call->answer, "Expire", entry.expires_at);
}

/* ---- Delete */

void kvi_handle_key_delete(kvi_call *call)
{
    kv_slice key = key_argument(call);

    if (!kvi_call_find_namespace(call))
        return;
    kvi_call_enter(call);
    (void)kvi_call_done(call, kv_delete(call->db, call->ns, key.data, key.size, NULL));
}
