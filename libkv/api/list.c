#include "ops/list.h"

#include "api/structs.h"

#define LIST_OPTIONS_SIZE_MIN 56
#define SKIP_DEFAULT 50000 /* The depth to which the service pages. */
#define LIST_FLAGS (KV_LIST_REVERSE | KV_LIST_KEYS_ONLY | KV_LIST_VALUES | KV_LIST_RENEW)

_Static_assert(offsetof(kv_list_options, end) == LIST_OPTIONS_SIZE_MIN, "as 0.1 shipped it");
_Static_assert(sizeof(kv_list_options) == offsetof(kv_list_options, end) + sizeof(kv_slice),
               "no padding at the end");

static kv_status slice_check(kv_slice part)
{
    if (part.data == NULL && part.size > 0)
        return KV_INVALID;
    return kvi_list_part_check(part);
}

static kv_status list_options_take(kv_list_options *own, const kv_list_options *given)
{
    kv_status status = kvi_struct_take(own, sizeof(*own), given, LIST_OPTIONS_SIZE_MIN);

    if (status != KV_OK)
        return status;
    if ((own->flags & ~(uint32_t)LIST_FLAGS) != 0 ||
        ((own->flags & KV_LIST_KEYS_ONLY) && (own->flags & KV_LIST_VALUES)))
        return KV_INVALID;
    if (own->skip_max == 0)
        own->skip_max = SKIP_DEFAULT;
    if (own->skip > own->skip_max)
        return KV_TOO_LARGE;
    status = slice_check(own->prefix);
    if (status == KV_OK)
        status = slice_check(own->after);
    return status == KV_OK ? slice_check(own->end) : status;
}

kv_status kv_list_begin(kv_snapshot *snapshot, kv_ns ns, const kv_list_options *options,
                        kv_list **list_out)
{
    kv_list_options own;
    kv_status status;

    if (list_out != NULL)
        *list_out = NULL;
    if (snapshot == NULL || list_out == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = list_options_take(&own, options);
    return status == KV_OK ? kvi_list_begin(snapshot, ns, &own, list_out) : status;
}

kv_status kv_list_next(kv_list *list, kv_entry *out)
{
    return list == NULL || out == NULL ? KV_INVALID : kvi_list_next(list, out);
}

void kv_list_end(kv_list *list)
{
    if (list != NULL)
        kvi_list_end(list);
}

kv_status kv_count(kv_snapshot *snapshot, kv_ns ns, kv_slice prefix, uint64_t examine_max,
                   uint64_t *count_out, int *complete_out)
{
    bool is_complete = false;
    kv_status status;

    if (snapshot == NULL || count_out == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = slice_check(prefix);
    if (status == KV_OK)
        status = kvi_list_count(snapshot, ns, prefix, examine_max, count_out, &is_complete);
    if (complete_out != NULL)
        *complete_out = is_complete;
    return status;
}
