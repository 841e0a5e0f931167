/**
 * The object POST: a request that brings a file, as clients of the high-capacity operations send it
 * to an object store. Layer edge. It is not signed: the object key that it names is a permission.
 * Answers are XML, as those clients expect.
 */
#ifndef KVI_EDGE_RECEIVE_H
#define KVI_EDGE_RECEIVE_H

#include "edge/answer.h"
#include "edge/service.h"
#include "edge/uploads.h"

/** A file on its way in. Start with {0}. */
typedef struct kvi_receive {
    kv_edge *edge;      /**< NULL: its room is given back. */
    kvi_upload *upload; /**< Owned. NULL: no file, or no more. */
} kvi_receive;

/** Begin, if such a request is one: receive->upload is set, or answer has a fault. Else nothing. */
void kvi_receive_begin(kvi_receive *receive, kv_edge *edge, kv_slice method, kv_slice content_type,
                       kvi_answer *answer);
/** More of the body. After a fault, which answer has, the file is gone. */
void kvi_receive_body(kvi_receive *receive, const void *data, size_t size, kvi_answer *answer);
/** The body is complete: the file can be used. Fills answer. */
void kvi_receive_finish(kvi_receive *receive, kvi_answer *answer);
/** Drop what is not finished and give its room back; again is fine. */
void kvi_receive_end(kvi_receive *receive);

#endif
