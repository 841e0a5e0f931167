#include "edge/call.h"

#include <time.h>

static uint64_t call_clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void kvi_call_enter(kvi_call *call)
{
    call->entered_ns = call_clock_ns();
}

void kvi_call_leave(kvi_call *call)
{
    call->store_ns += call_clock_ns() - call->entered_ns;
}

bool kvi_call_done(kvi_call *call, kv_status status)
{
    kvi_call_leave(call);
    kvi_answer_status(call->answer, status);
    return status == KV_OK;
}

bool kvi_call_view(kvi_call *call)
{
    kvi_call_enter(call);
    return kvi_call_done(call, kv_snapshot_begin(call->db, &call->snapshot));
}

bool kvi_call_view_namespace(kvi_call *call)
{
    kv_slice name = call->arguments[KVI_ARG_NAMESPACE].text;
    kv_status status;

    kvi_call_enter(call);
    status = kv_snapshot_begin(call->db, &call->snapshot);
    if (status == KV_OK)
        status = kv_namespace_find(call->snapshot, name.data, name.size, &call->ns);
    return kvi_call_done(call, status);
}

void kvi_call_view_end(kvi_call *call)
{
    kvi_call_enter(call);
    kv_snapshot_end(call->snapshot);
    call->snapshot = NULL;
    kvi_call_leave(call);
}

bool kvi_call_find_namespace(kvi_call *call)
{
    bool is_found = kvi_call_view_namespace(call);

    kvi_call_view_end(call);
    return is_found;
}

void kvi_call_free(kvi_call *call)
{
    kv_snapshot_end(call->snapshot);
    call->snapshot = NULL;
    kv_buf_free(&call->buf);
}
