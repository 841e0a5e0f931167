/**
 * multipart/form-data (RFC 7578), as it comes, in pieces of any size. Layer edge: no files, no
 * store; bounded memory.
 */
#ifndef KVI_EDGE_MULTIPART_H
#define KVI_EDGE_MULTIPART_H

#include "kv.h"

#include <stdbool.h>

/** Callbacks for the parts of a form. A status other than KV_OK ends the reading, and is the
 * answer. */
typedef struct kvi_multipart_reader {
    kv_status (*part)(void *ctx, kv_slice name); /**< A part begins; name is borrowed. */
    kv_status (*data)(void *ctx, const void *data, size_t size); /**< Of that part. */
    void *ctx;
} kvi_multipart_reader;

/** A form on its way in. Opaque. */
typedef struct kvi_multipart kvi_multipart;

/** Whether a content type says multipart/form-data. */
bool kvi_multipart_is_type(kv_slice content_type);
/** Owned: kvi_multipart_end(). KV_OK; KV_INVALID (no boundary in the content type); KV_NO_MEMORY.
 */
kv_status kvi_multipart_begin(kv_slice content_type, const kvi_multipart_reader *reader,
                              kvi_multipart **out);
/** KV_OK; KV_INVALID (not of this form); what the reader said. */
kv_status kvi_multipart_add(kvi_multipart *multipart, const void *data, size_t size);
/** Whether the closing boundary was seen; what follows it is ignored. */
bool kvi_multipart_is_complete(const kvi_multipart *multipart);
/** NULL is fine. */
void kvi_multipart_end(kvi_multipart *multipart);

#endif
