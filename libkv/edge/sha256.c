#include "edge/sha256.h"

#include <openssl/evp.h>

#include <stdlib.h>

struct kvi_sha256 {
    EVP_MD_CTX *context;
    int good;
};

kvi_sha256 *kvi_sha256_begin(void)
{
    kvi_sha256 *sha = calloc(1, sizeof(*sha));

    if (sha == NULL)
        return NULL;
    sha->context = EVP_MD_CTX_new();
    sha->good = sha->context != NULL && EVP_DigestInit_ex(sha->context, EVP_sha256(), NULL) == 1;
    if (!sha->good) {
        (void)kvi_sha256_end(sha, NULL);
        return NULL;
    }
    return sha;
}

void kvi_sha256_add(kvi_sha256 *sha, const void *data, size_t size)
{
    if (sha->good && size > 0)
        sha->good = EVP_DigestUpdate(sha->context, data, size) == 1;
}

kv_status kvi_sha256_end(kvi_sha256 *sha, unsigned char digest_out[KVI_SHA256_SIZE])
{
    kv_status status = KV_NO_MEMORY;

    if (sha == NULL)
        return status;
    if (sha->good && digest_out != NULL && EVP_DigestFinal_ex(sha->context, digest_out, NULL) == 1)
        status = KV_OK;
    EVP_MD_CTX_free(sha->context);
    free(sha);
    return status;
}
