#include "support/recount.h"

#include <inttypes.h>
#include <stdio.h>

#include "kv.h"

static int recount_fault(void *ctx, const kv_fault *fault)
{
    int *faults = ctx;

    fprintf(stderr, "check: %s, namespace %u, page %" PRId64 ", key \"%.*s\": %s\n", fault->table,
            fault->ns, (int64_t)fault->page, (int)fault->key.size, (const char *)fault->key.data,
            fault->message);
    ++*faults;
    return 0;
}

int support_recount(const char *store_path)
{
    kv_error error = KV_ERROR_INIT;
    int faults = 0;
    kv_status status = kv_check(store_path, 0, NULL, recount_fault, &faults, &error);

    if (status != KV_OK && faults == 0) {
        fprintf(stderr, "check: %s: %s: %s\n", store_path, kv_status_name(status), error.message);
        return 1;
    }
    return faults;
}
