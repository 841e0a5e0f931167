/*
 * Whether a request may do what it asks for: its claim, its time, its key, its signature, its
 * nonce, its operation, the key's policy, in that order. Layer edge.
 */
#ifndef KVI_EDGE_AUTHORIZE_H
#define KVI_EDGE_AUTHORIZE_H

#include "edge/request.h"

/* Each sets request->call.operation, or makes the answer the fault that it was refused for. */

/* When the head is there: the query is in request->form. */
void kvi_authorize_v3(kv_edge_request *request, const kv_edge_head *head);
/* When the body is there: query and body are in request->form. */
void kvi_authorize_v1(kv_edge_request *request);
/* With KV_EDGE_NO_AUTH. */
void kvi_authorize_anyone(kv_edge_request *request);
/* The body of a V3 request is complete: whether it has the hash that was signed. */
void kvi_authorize_body(kv_edge_request *request);

/* 403 Unauthorized.InvalidParameters: no known form of authentication is there. */
void kvi_authorize_refuse(kv_edge_request *request);

#endif
