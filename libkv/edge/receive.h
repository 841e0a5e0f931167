/*
 * The object POST: a request that brings a file, as clients of the high-capacity operations send it
 * to an object store. Layer edge. It is not signed: the object key that it names is a permission.
 * Answers are XML, as those clients expect.
 */
#ifndef KVI_EDGE_RECEIVE_H
#define KVI_EDGE_RECEIVE_H

#include "edge/request.h"

/* Begin, if the request is one: request->upload is set, or the answer is a fault. Else nothing. */
void kvi_receive_begin(kv_edge_request *request, kv_slice content_type);
/* Of such a request. Faults make the answer. */
void kvi_receive_body(kv_edge_request *request, const void *data, size_t size);
void kvi_receive_finish(kv_edge_request *request);

#endif
