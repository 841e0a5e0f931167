#include "edge/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits.h>
#include <stdlib.h>

struct kvi_hash {
    EVP_MD_CTX *context;
    EVP_PKEY *key; /* Of an HMAC. NULL: a digest. */
    bool is_good;
};

/* libcrypto makes its context at its first use; where it had no memory for that, then and for good,
 * its other functions would read through NULL. */
static bool crypto_is_there(void)
{
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    return OPENSSL_init_crypto(0, NULL) == 1 && OSSL_LIB_CTX_get0_global_default() != NULL;
#else
    return OPENSSL_init_crypto(0, NULL) == 1;
#endif
}

static const EVP_MD *crypto_algorithm(kvi_digest digest)
{
    return digest == KVI_SHA1 ? EVP_sha1() : EVP_sha256();
}

static kvi_hash *hash_create(void)
{
    kvi_hash *hash = crypto_is_there() ? calloc(1, sizeof(*hash)) : NULL;

    if (hash == NULL)
        return NULL;
    hash->context = EVP_MD_CTX_new();
    hash->is_good = hash->context != NULL;
    return hash;
}

/* Takes hash. */
static kvi_hash *hash_begun(kvi_hash *hash)
{
    if (hash == NULL || hash->is_good)
        return hash;
    (void)kvi_hash_end(hash, NULL);
    return NULL;
}

kvi_hash *kvi_hash_begin(kvi_digest digest)
{
    kvi_hash *hash = hash_create();

    if (hash != NULL && hash->is_good)
        hash->is_good = EVP_DigestInit_ex(hash->context, crypto_algorithm(digest), NULL) == 1;
    return hash_begun(hash);
}

kvi_hash *kvi_hmac_begin(kvi_digest digest, const void *key, size_t key_size)
{
    kvi_hash *hash = hash_create();

    /* The one interface to HMAC that is in 1.1 and in 3 and not deprecated in either. */
    if (hash != NULL && hash->is_good) {
        hash->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, key, key_size);
        hash->is_good =
            hash->key != NULL &&
            EVP_DigestSignInit(hash->context, NULL, crypto_algorithm(digest), NULL, hash->key) == 1;
    }
    return hash_begun(hash);
}

void kvi_hash_add(kvi_hash *hash, const void *data, size_t size)
{
    if (hash == NULL || !hash->is_good || size == 0)
        return;
    if (hash->key != NULL)
        hash->is_good = EVP_DigestSignUpdate(hash->context, data, size) == 1;
    else
        hash->is_good = EVP_DigestUpdate(hash->context, data, size) == 1;
}

kv_status kvi_hash_end(kvi_hash *hash, void *out)
{
    size_t size = EVP_MAX_MD_SIZE; /* Room is promised for what the algorithm writes. */
    kv_status status = KV_NO_MEMORY;

    if (hash == NULL)
        return KV_NO_MEMORY;
    if (out != NULL && hash->is_good) {
        if (hash->key != NULL)
            hash->is_good = EVP_DigestSignFinal(hash->context, out, &size) == 1;
        else
            hash->is_good = EVP_DigestFinal_ex(hash->context, out, NULL) == 1;
        status = hash->is_good ? KV_OK : KV_NO_MEMORY;
    }
    EVP_MD_CTX_free(hash->context);
    EVP_PKEY_free(hash->key);
    free(hash);
    return status;
}

kv_status kvi_crypto_check(void)
{
    unsigned char out[KVI_SHA256_SIZE];

    if (kvi_hash_end(kvi_hash_begin(KVI_SHA256), out) != KV_OK ||
        kvi_hash_end(kvi_hmac_begin(KVI_SHA256, "k", 1), out) != KV_OK ||
        kvi_hash_end(kvi_hmac_begin(KVI_SHA1, "k", 1), out) != KV_OK)
        return KV_UNSUPPORTED;
    return KV_OK;
}

bool kvi_crypto_equal(const void *a, const void *b, size_t size)
{
    return size == 0 || CRYPTO_memcmp(a, b, size) == 0;
}

kv_status kvi_crypto_random(void *out, size_t size)
{
    if (size > INT_MAX || !crypto_is_there())
        return KV_IO;
    return size == 0 || RAND_bytes(out, (int)size) == 1 ? KV_OK : KV_IO;
}

void kvi_crypto_wipe(void *data, size_t size)
{
    if (data != NULL)
        OPENSSL_cleanse(data, size);
}

void kvi_hex_encode(const void *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
}
