#include "base/status.h"

const char *kv_status_name(kv_status status)
{
    return kvi_status_find(status)->name;
}

const char *kv_strerror(kv_status status)
{
    return kvi_status_find(status)->text;
}

uint32_t kv_version(void)
{
    return KV_VERSION;
}
