/** Growth of the caller's kv_buf. It never shrinks and is never released by the library. */
#ifndef KVI_BUF_H
#define KVI_BUF_H

#include "kv.h"

/** Room for `capacity` bytes in all; keeps what is in use. KV_OK or KV_NO_MEMORY. */
kv_status kvi_buf_reserve(kv_buf *buf, size_t capacity);
/** Append bytes. KV_OK or KV_NO_MEMORY, then nothing is appended. */
kv_status kvi_buf_append(kv_buf *buf, const void *data, size_t size);
void kvi_buf_free(kv_buf *buf);

#endif
