#include "api/structs.h"
#include "base/status.h"
#include "ops/check.h"

#define WORK_SIZE_MIN 64
#define ERROR_SIZE_MIN 256

kv_status kv_check(const char *path, uint32_t flags, kv_work *work,
                   int (*found)(void *ctx, const kv_fault *fault), void *ctx, kv_error *error)
{
    kv_options given = KV_OPTIONS_INIT, options;
    kv_error detail = KV_ERROR_INIT;
    kv_work own;
    kv_status status;

    if (error != NULL && kvi_struct_check(error, ERROR_SIZE_MIN) != KV_OK)
        error = NULL;
    given.mode = KV_OPEN_READ_ONLY;
    status = kvi_struct_take(&own, sizeof(own), work, WORK_SIZE_MIN);
    if (status == KV_OK)
        status = kvi_options_take(&options, &given);
    if (status != KV_OK || path == NULL || path[0] == '\0' || flags != 0)
        return kvi_error_set(error, status != KV_OK ? status : KV_INVALID, 0,
                             "kv_check: no path, or a flag or field that is not known");
    status = kvi_check(path, &options, &own, found, ctx, &detail);
    if (work != NULL)
        kvi_struct_give(work, &own, sizeof(own));
    if (error != NULL)
        kvi_struct_give(error, &detail, sizeof(detail));
    return status;
}
