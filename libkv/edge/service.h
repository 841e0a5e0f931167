/**
 * What all requests share: the store, the credentials in force, nonces, and what they hold of
 * bounded things. Layer edge. Threads: any.
 */
#ifndef KVI_EDGE_SERVICE_H
#define KVI_EDGE_SERVICE_H

#include "edge/credentials.h"
#include "edge/nonces.h"
#include "kv_edge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

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
    uint64_t body_bytes_max;
    _Atomic(uint64_t) body_bytes; /**< Held by all requests. */
    pthread_mutex_t mutex;        /**< For the pointer below. */
    kvi_credentials *credentials; /**< NULL with KV_EDGE_NO_AUTH. */
};

/** Unix seconds, by the clock of the options. */
int64_t kvi_edge_now(const kv_edge *edge);
/** The table in force, held: release it. NULL: none. */
kvi_credentials *kvi_edge_credentials(kv_edge *edge);
/**
 * Room for more bytes of body: KV_OK or KV_BUSY. Give back what was taken. Senders that are not
 * known yet get the first half only, so that they cannot keep out those that are.
 */
kv_status kvi_edge_body_take(kv_edge *edge, uint64_t bytes, bool is_known);
/** Give room back. */
void kvi_edge_body_return(kv_edge *edge, uint64_t bytes);

#endif
