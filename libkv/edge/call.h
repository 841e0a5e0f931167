/**
 * One operation at work: its arguments, its view of the store, its answer. Layer edge.
 *
 * What a handler begins here ends with the call, so it may return wherever the answer is settled.
 */
#ifndef KVI_EDGE_CALL_H
#define KVI_EDGE_CALL_H

#include "edge/arguments.h"
#include "kv_edge.h"

#include <stdbool.h>

/** Products and versions that say the same in other words. */
typedef enum kvi_dialect {
    KVI_DCDN, /**< dcdn, 2018-01-15. */
    KVI_ESA,  /**< esa, 2024-09-10. */
    KVI_OWN,  /**< kv, 2026-11-24: what the console needs beyond the service. */
    KVI_OPEN  /**< openplatform, 2019-12-19: AuthorizeFileUpload alone. */
} kvi_dialect;

/** What a handler works on. */
typedef struct kvi_call {
    kv_edge *edge;
    kv_db *db;
    kvi_dialect dialect;
    kvi_argument arguments[KVI_ARGUMENTS];
    kvi_answer *answer;
    kv_snapshot *snapshot; /**< NULL: none. */
    kv_ns ns;
    kv_buf buf;
    uint64_t store_ns; /**< Time spent in libkv, nanoseconds. */
    uint64_t entered_ns;
} kvi_call;

/** Around calls of libkv: what is between these two counts as time spent there. */
void kvi_call_enter(kvi_call *call);
/** The second of the two. */
void kvi_call_leave(kvi_call *call);
/** Leave, and whether it went well; else answer has the fault of the status. */
bool kvi_call_done(kvi_call *call, kv_status status);

/** Begin a snapshot. false: answer has the fault. */
bool kvi_call_view(kvi_call *call);
/** Begin a snapshot and find the Namespace in it. false: answer has the fault. */
bool kvi_call_view_namespace(kvi_call *call);
/** End the snapshot, so that a write or a long answer does not hold pages. */
void kvi_call_view_end(kvi_call *call);
/** The same as kvi_call_view_namespace(), without keeping the snapshot: for writes. */
bool kvi_call_find_namespace(kvi_call *call);

/** Release what the call holds, but not answer. */
void kvi_call_free(kvi_call *call);

#endif
