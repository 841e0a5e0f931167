/** Growth of the caller's kv_buf. The library never shrinks it, and only kv_buf_free() releases it.
 *  One thread at a time. */
#ifndef KVI_BUF_H
#define KVI_BUF_H

#include "kv.h"

/** Make room for `capacity` bytes in all; what is in use stays, but may move. KV_OK; KV_NO_MEMORY:
 *  nothing has changed. */
kv_status kvi_buf_reserve(kv_buf *buf, size_t capacity);
/** Append `size` bytes, which must not lie in the buffer. KV_OK; KV_NO_MEMORY: nothing is
 *  appended. */
kv_status kvi_buf_append(kv_buf *buf, const void *data, size_t size);
/** Release the memory; the buffer is then empty and can be used again. */
void kvi_buf_free(kv_buf *buf);

#endif
