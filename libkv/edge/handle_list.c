#include "edge/handlers.h"

#define COUNT_ROWS_MAX 100000

static bool list_check_page(kvi_answer *answer, int64_t number, int64_t size)
{
    if (number > KVI_LIST_DEPTH_MAX / size)
        kvi_answer_invalid(answer, "PageNumber times PageSize is over %d.", KVI_LIST_DEPTH_MAX);
    return answer->code == NULL;
}

/*
 * Live keys under the prefix, exact where that costs no more than a bounded scan. Beyond it, all
 * keys of the namespace that are present (expired ones that no sweep met included), and of a prefix
 * as many as were looked at.
 */
static kv_status list_count(const kvi_call *call, kv_slice prefix, uint64_t *count_out)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;

    if (prefix.size == 0)
        status = kv_namespace_describe(call->snapshot, call->ns, &info);
    if (status == KV_OK && info.key_count > COUNT_ROWS_MAX) {
        *count_out = info.key_count;
        return KV_OK;
    }
    if (status == KV_OK)
        status = kv_count(call->snapshot, call->ns, prefix, COUNT_ROWS_MAX, count_out, NULL);
    return status;
}

static void list_write_entry(kvi_answer *answer, const kv_entry *entry)
{
    kvi_answer_object_begin(answer, NULL);
    kvi_answer_text(answer, "Name", entry->key);
    if (entry->status == KV_OK) /* Of a damaged row the key is all that is known. */
        kvi_answer_time(answer, "UpdateTime", entry->updated_at);
    kvi_answer_object_end(answer);
}

static kv_status list_write_keys(kvi_call *call, const kv_list_options *options, int64_t size)
{
    kv_entry entry;
    kv_list *list = NULL;
    kv_status status = kv_list_begin(call->snapshot, call->ns, options, &list);

    kvi_answer_array_begin(call->answer, "Keys");
    for (int64_t i = 0; i < size && status == KV_OK; i++) {
        status = kv_list_next(list, &entry);
        if (status == KV_OK)
            list_write_entry(call->answer, &entry);
    }
    kvi_answer_array_end(call->answer);
    kv_list_end(list);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

void kvi_handle_list(kvi_call *call)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    int64_t number = call->arguments[KVI_ARG_PAGE_NUMBER].integer;
    int64_t size = call->arguments[KVI_ARG_PAGE_SIZE].integer;
    uint64_t count = 0;
    kv_status status;

    if (!list_check_page(call->answer, number, size) || !kvi_call_view_namespace(call))
        return;
    options.prefix = call->arguments[KVI_ARG_PREFIX].text;
    options.flags = KV_LIST_KEYS_ONLY;
    options.skip = (uint64_t)((number - 1) * size);
    kvi_call_enter(call);
    status = list_count(call, options.prefix, &count);
    if (status == KV_OK)
        status = list_write_keys(call, &options, size);
    if (!kvi_call_done(call, status))
        return;
    kvi_answer_number(call->answer, "PageNumber", (uint64_t)number);
    kvi_answer_number(call->answer, "PageSize", (uint64_t)size);
    kvi_answer_number(call->answer, "TotalCount", count);
}
