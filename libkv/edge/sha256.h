/*
 * SHA-256 of bytes that come in parts. Layer edge: the only file that knows libcrypto.
 */
#ifndef KVI_EDGE_SHA256_H
#define KVI_EDGE_SHA256_H

#include "kv.h"

typedef struct kvi_sha256 kvi_sha256;

#define KVI_SHA256_SIZE 32

/* NULL: no memory, or libcrypto has no SHA-256. Owned: end with kvi_sha256_end(). */
kvi_sha256 *kvi_sha256_begin(void);
/* A failure shows at the end. */
void kvi_sha256_add(kvi_sha256 *sha, const void *data, size_t size);
/* Takes sha; NULL is a failure. digest_out may be NULL. Returns KV_OK; KV_NO_MEMORY. */
kv_status kvi_sha256_end(kvi_sha256 *sha, unsigned char digest_out[KVI_SHA256_SIZE]);

#endif
