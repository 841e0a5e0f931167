/**
 * Digests, message authentication and randomness. Layer edge: the only file that knows libcrypto.
 */
#ifndef KVI_EDGE_CRYPTO_H
#define KVI_EDGE_CRYPTO_H

#include "kv.h"

#include <stdbool.h>

/** Bytes of a digest. */
#define KVI_SHA1_SIZE 20
#define KVI_SHA256_SIZE 32

/** An algorithm. */
typedef enum kvi_digest { KVI_SHA1, KVI_SHA256 } kvi_digest;

/** A digest, or an HMAC, of bytes that come in parts. Opaque. */
typedef struct kvi_hash kvi_hash;

/** Begin a digest. NULL: no memory, or libcrypto lacks the algorithm. Owned: end with
 *  kvi_hash_end(). */
kvi_hash *kvi_hash_begin(kvi_digest digest);
/** Begin an HMAC; the same otherwise. key is not kept. */
kvi_hash *kvi_hmac_begin(kvi_digest digest, const void *key, size_t key_size);
/** Add bytes. A failure shows at the end. NULL is a failure too. */
void kvi_hash_add(kvi_hash *hash, const void *data, size_t size);
/** Takes hash; NULL is a failure. out has room for the digest, or is NULL: only the memory goes.
 *  Returns KV_OK (out is set); KV_NO_MEMORY. */
kv_status kvi_hash_end(kvi_hash *hash, void *out);

/** Whether libcrypto has all of the above: its providers may be configured without. Returns KV_OK;
 *  KV_UNSUPPORTED. */
kv_status kvi_crypto_check(void);
/** memcmp() == 0, in time that does not depend on where they differ. */
bool kvi_crypto_equal(const void *a, const void *b, size_t size);
/** Returns KV_OK; KV_IO (the system, or libcrypto, has no randomness). */
kv_status kvi_crypto_random(void *out, size_t size);
/** Overwrite a secret before its memory is released. NULL is fine. */
void kvi_crypto_wipe(void *data, size_t size);
/** Write 2 * size lower-case digits at out, no terminator. */
void kvi_hex_encode(const void *data, size_t size, char *out);

#endif
