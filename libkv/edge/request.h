/*
 * A request from its head to its answer. Layer edge. request.c takes it through its life,
 * authorize.c decides whether it may.
 */
#ifndef KVI_EDGE_REQUEST_H
#define KVI_EDGE_REQUEST_H

#include "edge/answer.h"
#include "edge/call.h"
#include "edge/crypto.h"
#include "edge/form.h"
#include "edge/service.h"
#include "edge/signature.h"

#include <stdbool.h>

#define KVI_REQUEST_METHOD_SIZE 8
#define KVI_REQUEST_HOST_SIZE 128
#define KVI_REQUEST_KEY_ID_SIZE (KVI_KEY_ID_SIZE_MAX + 1)
#define KVI_REQUEST_NAME_SIZE 64
#define KVI_BODY_HASH_SIZE (2 * KVI_SHA256_SIZE)

struct kv_edge_request {
    kv_edge *edge;
    kvi_credentials *credentials; /* Those in force at its begin, held. NULL: no auth. */
    kvi_claim_kind kind;          /* V3 once it is verified; V1 or none until the body is there. */
    char method[KVI_REQUEST_METHOD_SIZE];
    char host[KVI_REQUEST_HOST_SIZE];     /* Terminated. */
    char action[KVI_REQUEST_NAME_SIZE];   /* With no auth, from the headers; terminated. */
    char version[KVI_REQUEST_NAME_SIZE];  /* The same. */
    char key_id[KVI_REQUEST_KEY_ID_SIZE]; /* Who signed it, once that is verified. Terminated. */
    char body_hash[KVI_BODY_HASH_SIZE];   /* V3: what the body must have. */
    char *query;                          /* Owned; decoded where it stands. */
    kvi_form form;                        /* Of the query, then of query and body. */
    bool is_form;                         /* The content type is the form's, or none is given. */
    bool is_finished;
    char *body; /* Owned. */
    size_t body_size, body_capacity;
    kvi_hash *hash;            /* Of the body; V3 only. */
    struct kvi_upload *upload; /* Owned: a file is being received. NULL: no. */
    kvi_call call;
    kvi_answer answer;
    kv_slice text; /* The answer, once finished. */
};

#endif
