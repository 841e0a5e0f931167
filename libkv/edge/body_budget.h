/** Memory for the bodies of all requests. Threads: any. */
#ifndef KVI_BODY_BUDGET_H
#define KVI_BODY_BUDGET_H

#include "kv.h"

#include <stdatomic.h>
#include <stdbool.h>

/** How much there is, and how much is held. */
typedef struct kvi_body_budget {
    uint64_t bytes_max;      /**< For all requests together. */
    _Atomic(uint64_t) bytes; /**< Held by them. */
} kvi_body_budget;

/**
 * Take room for more bytes: KV_OK or KV_BUSY. Give back what was taken. Senders that are not known
 * yet get the first half only, so that they cannot keep out those that are.
 */
kv_status kvi_body_budget_take(kvi_body_budget *budget, uint64_t bytes, bool is_known);
/** Give room back. */
void kvi_body_budget_return(kvi_body_budget *budget, uint64_t bytes);

#endif
