#include "api/structs.h"
#include "ops/sweep.h"

#define WORK_SIZE_MIN 64

_Static_assert(sizeof(kv_work) == WORK_SIZE_MIN, "as 0.1 shipped it");

kv_status kv_sweep(kv_db *db, kv_work *work)
{
    kv_work own;
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    if (status == KV_OK)
        status = kvi_struct_take(&own, sizeof(own), work, WORK_SIZE_MIN);
    if (status != KV_OK)
        return status;
    status = kvi_sweep(db, &own);
    if (work != NULL)
        kvi_struct_give(work, &own, sizeof(own));
    return status;
}

kv_status kv_work_init(kv_work *out, size_t size)
{
    return kvi_struct_init(out, size, WORK_SIZE_MIN);
}
