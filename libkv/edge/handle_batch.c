#include "edge/handlers.h"

#include "edge/write_keys.h"

void kvi_handle_batch_put(kvi_call *call)
{
    kvi_write_keys_puts(call, "KvList", call->arguments[KVI_ARG_KV_LIST].text,
                        &kvi_write_keys_small);
}

void kvi_handle_batch_delete(kvi_call *call)
{
    kvi_write_keys_deletes(call, "Keys", call->arguments[KVI_ARG_KEYS].text, &kvi_write_keys_small);
}
