/*
 * One operation at work: its arguments, its view of the store, its answer. Layer edge.
 *
 * What a handler begins here ends with the call, so it may return wherever the answer is settled.
 */
#ifndef KVI_EDGE_CALL_H
#define KVI_EDGE_CALL_H

#include "edge/answer.h"
#include "edge/form.h"
#include "kv_edge.h"

#include <stdbool.h>

/* ListDcdnKv reaches this far: PageNumber times PageSize. */
#define KVI_LIST_DEPTH_MAX 50000

/* Every parameter that some operation takes. */
typedef enum kvi_argument_id {
    KVI_ARG_NAMESPACE,
    KVI_ARG_DESCRIPTION,
    KVI_ARG_KEY,
    KVI_ARG_VALUE,
    KVI_ARG_EXPIRATION_TTL, /* Before Expiration: it wins, and the other is not looked at. */
    KVI_ARG_EXPIRATION,
    KVI_ARG_BASE64,
    KVI_ARG_KV_LIST,
    KVI_ARG_KEYS,
    KVI_ARG_PAGE_NUMBER,
    KVI_ARG_PAGE_SIZE,
    KVI_ARG_PREFIX,
    KVI_ARG_URL,
    KVI_ARG_AFTER,
    KVI_ARG_EPOCH,
    KVI_ARG_LIMIT,
    KVI_ARGUMENTS
} kvi_argument_id;

typedef struct kvi_argument {
    kv_slice text;     /* Of texts; borrowed from the request. */
    int64_t integer;   /* Of integers and booleans; the default if not given. */
    uint64_t position; /* Of places in the change log. */
    bool is_given;
} kvi_argument;

struct kvi_operation;

typedef struct kvi_call {
    kv_edge *edge;
    kv_db *db;
    const struct kvi_operation *operation;
    kvi_argument arguments[KVI_ARGUMENTS];
    kvi_answer *answer;
    kv_snapshot *snapshot; /* NULL: none. */
    kv_ns ns;
    kv_buf buf;
    uint64_t store_ns; /* Time spent in libkv, nanoseconds. */
    uint64_t entered_ns;
} kvi_call;

/* Read the operation's parameters, with their types and bounds; others are ignored. false: answer
 * has the fault. */
bool kvi_call_read(kvi_call *call, const kvi_form *form);
/* Around calls of libkv: what is between counts as time spent there. */
void kvi_call_enter(kvi_call *call);
void kvi_call_leave(kvi_call *call);
/* leave, and whether it went well; else answer has the fault of the status. */
bool kvi_call_done(kvi_call *call, kv_status status);

/* Begin a snapshot; with the second also find the Namespace in it. false: answer has the fault. */
bool kvi_call_view(kvi_call *call);
bool kvi_call_view_namespace(kvi_call *call);
/* End the snapshot, so that a write or a long answer does not hold pages. */
void kvi_call_view_end(kvi_call *call);
/* The same as view_namespace, without keeping the snapshot: for writes. */
bool kvi_call_find_namespace(kvi_call *call);

/* Release what the call holds, but not answer. */
void kvi_call_free(kvi_call *call);

#endif
