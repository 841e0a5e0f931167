#include "storage/foreign.h"

#include "base/status.h"
#include "storage/current.h"
#include "storage/generation.h"
#include "storage/guard.h"
#include "storage/path.h"

#include <string.h>

static kv_status foreign_check_one(const char *store, const char *name, void *ctx, kv_error *error)
{
    (void)ctx;
    if (strcmp(name, KVI_GUARD) == 0 || strcmp(name, "lost+found") == 0 ||
        kvi_current_is_name(name) || kvi_generation_is_name(name))
        return KV_OK;
    return kvi_error_set(
        error, KV_INVALID, 0,
        "%s holds %s, which is not part of a store: use an empty or a new directory", store, name);
}

kv_status kvi_foreign_check(const char *store, kv_error *error)
{
    return kvi_path_each(store, foreign_check_one, NULL, error);
}
