#include "edge/body_budget.h"

kv_status kvi_body_budget_take(kvi_body_budget *budget, uint64_t bytes, bool is_known)
{
    uint64_t most = is_known ? budget->bytes_max : budget->bytes_max / 2;
    uint64_t held = atomic_load(&budget->bytes);

    do {
        if (bytes > most || held > most - bytes)
            return KV_BUSY;
    } while (!atomic_compare_exchange_weak(&budget->bytes, &held, held + bytes));
    return KV_OK;
}

void kvi_body_budget_return(kvi_body_budget *budget, uint64_t bytes)
{
    atomic_fetch_sub(&budget->bytes, bytes);
}
