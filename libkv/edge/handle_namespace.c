#include "edge/handlers.h"

#include "edge/text.h"
#include "edge/utf8.h"

#include <string.h>

/* The service's ids are decimals of 18 digits. */
#define NAMESPACE_ID_BASE UINT64_C(100000000000000000)

/* ---- What an answer says of a namespace */

static uint64_t namespace_used(const kv_namespace_info *info)
{
    return info->key_bytes + info->value_bytes + info->metadata_bytes;
}

static void namespace_write_names(kvi_answer *answer, kv_slice name, kv_ns id, kv_slice description)
{
    kvi_answer_text(answer, "Namespace", name);
    kvi_answer_digits(answer, "NamespaceId", NAMESPACE_ID_BASE + id);
    kvi_answer_text(answer, "Description", description);
    kvi_answer_string(answer, "Status", "online");
}

static void namespace_write_capacity(kvi_answer *answer, uint64_t capacity, uint64_t used)
{
    kvi_answer_number(answer, "Capacity", capacity);
    kvi_answer_number(answer, "CapacityUsed", used);
    kvi_answer_capacity(answer, "CapacityString", capacity);
    kvi_answer_capacity(answer, "CapacityUsedString", used);
}

/* An unlimited capacity ends where the store's file does. */
static uint64_t namespace_capacity(uint64_t capacity, const kv_settings *settings)
{
    return capacity == KV_CAPACITY_UNLIMITED ? settings->map_size_max : capacity;
}

static void namespace_write(kvi_answer *answer, kv_namespace_info *info,
                            const kv_settings *settings)
{
    size_t size = strlen(info->description);

    /* Not every description came through here. */
    kvi_utf8_repair(info->description, size, '?');
    namespace_write_names(answer, kvi_text_of(info->name), info->id,
                          kvi_text(info->description, size));
    namespace_write_capacity(answer, namespace_capacity(info->capacity, settings),
                             namespace_used(info));
}

/* ---- Namespaces */

static bool namespace_check_description(kvi_answer *answer, kv_slice description)
{
    if (!kvi_utf8_is_valid(description) || memchr(description.data, '\0', description.size) != NULL)
        kvi_answer_invalid(answer, "Description is not UTF-8 text.");
    return answer->code == NULL;
}

static kv_status namespace_create(kv_db *db, kv_slice name, kv_slice description, kv_ns *id)
{
    kv_status status = kv_namespace_create(db, name.data, name.size, id);

    if (status != KV_OK || description.size == 0)
        return status;
    status = kv_namespace_set(db, *id, 0, description.data, description.size);
    if (status != KV_OK && kv_namespace_drop(db, *id) != KV_OK)
        return status; /* The first fault is the one to report. */
    return status;
}

void kvi_handle_namespace_put(kvi_call *call)
{
    kv_slice name = call->arguments[KVI_ARG_NAMESPACE].text;
    kv_slice description = call->arguments[KVI_ARG_DESCRIPTION].text;
    kv_ns id = 0;

    if (!namespace_check_description(call->answer, description))
        return;
    kvi_call_enter(call);
    if (!kvi_call_done(call, namespace_create(call->db, name, description, &id)))
        return;
    namespace_write_names(call->answer, name, id, description);
}

void kvi_handle_namespace_delete(kvi_call *call)
{
    if (!kvi_call_find_namespace(call))
        return;
    kvi_call_enter(call);
    (void)kvi_call_done(call, kv_namespace_drop(call->db, call->ns));
}

void kvi_handle_namespace_describe(kvi_call *call)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_status status;

    if (!kvi_call_view_namespace(call))
        return;
    kvi_call_enter(call);
    status = kv_namespace_describe(call->snapshot, call->ns, &info);
    if (status == KV_OK)
        status = kv_settings_get(call->snapshot, &settings);
    if (!kvi_call_done(call, status))
        return;
    namespace_write(call->answer, &info, &settings);
    if (call->dialect == KVI_DCDN)
        kvi_answer_string(call->answer, "Mode", "Normal");
}

/* ---- The account: all namespaces of the store */

static kv_status account_write_namespaces(kvi_call *call, const kv_settings *settings,
                                          uint64_t *count_out, uint64_t *used_out)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;

    *count_out = 0;
    *used_out = 0;
    kvi_answer_array_begin(call->answer, "NamespaceList");
    while ((status = kv_namespace_next(call->snapshot, info.id, &info)) == KV_OK) {
        *count_out += 1;
        *used_out += namespace_used(&info);
        kvi_answer_object_begin(call->answer, NULL);
        namespace_write(call->answer, &info, settings);
        kvi_answer_object_end(call->answer);
    }
    kvi_answer_array_end(call->answer);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

void kvi_handle_account_describe(kvi_call *call)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_status status;
    uint64_t count = 0, used = 0, capacity = 0;

    if (!kvi_call_view(call))
        return;
    kvi_call_enter(call);
    status = kv_settings_get(call->snapshot, &settings);
    if (status == KV_OK)
        status = account_write_namespaces(call, &settings, &count, &used);
    if (!kvi_call_done(call, status))
        return;
    capacity = namespace_capacity(settings.namespace_capacity_default, &settings);
    if (__builtin_mul_overflow(capacity, settings.namespaces_max, &capacity))
        capacity = UINT64_MAX;
    kvi_answer_string(call->answer, "Status", "online");
    kvi_answer_number(call->answer, "NamespaceQuota", settings.namespaces_max);
    kvi_answer_number(call->answer, "NamespaceUsed", count);
    namespace_write_capacity(call->answer, capacity, used);
}

void kvi_handle_account_status(kvi_call *call)
{
    kv_status status;

    kvi_call_enter(call);
    status = kv_health(call->db);
    kvi_call_leave(call);
    kvi_answer_string(call->answer, "Status", status == KV_OK ? "online" : "offline");
}
