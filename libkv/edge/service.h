/**
 * What all requests share: the store, the credentials in force, nonces, and what they hold of
 * bounded things. Layer edge. Threads: any.
 */
#ifndef KVI_EDGE_SERVICE_H
#define KVI_EDGE_SERVICE_H

#include "edge/body_budget.h"
#include "edge/credentials.h"
#include "edge/nonces.h"
#include "kv_edge.h"

#include <pthread.h>

/** uploads.h */
struct kvi_uploads;

/** The service of kv_edge.h. */
struct kv_edge {
    kv_db *db;
    uint32_t flags;
    kv_clock_fn clock;
    void *clock_ctx;
    kvi_nonces *nonces;
    struct kvi_uploads *uploads; /**< NULL: none. */
    kvi_body_budget bodies;
    pthread_mutex_t mutex;        /**< For the pointer below. */
    kvi_credentials *credentials; /**< NULL with KV_EDGE_NO_AUTH. */
};

/** Unix seconds, by the clock of the options. */
int64_t kvi_edge_now(const kv_edge *edge);
/** The table in force, held: release it. NULL: none. */
kvi_credentials *kvi_edge_credentials(kv_edge *edge);

#endif
