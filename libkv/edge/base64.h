/**
 * Base64 (RFC 4648, section 4): padded, and one text for one value: no white space, no bits that
 * no encoder sets. Layer edge: bytes in, bytes out.
 */
#ifndef KVI_EDGE_BASE64_H
#define KVI_EDGE_BASE64_H

#include "kv.h"

/** Characters of `size` bytes encoded, without a terminator. size: at most SIZE_MAX / 2. */
size_t kvi_base64_size(size_t size);
/** Write kvi_base64_size(size) characters at out. */
void kvi_base64_encode(const void *data, size_t size, char *out);
/** out has room for size / 4 * 3 bytes, and may be text itself. KV_OK; KV_INVALID: what is at out
 *  then means nothing. */
kv_status kvi_base64_decode(const char *text, size_t size, void *out, size_t *size_out);

#endif
