#include "edge/service.h"

#include "edge/crypto.h"
#include "edge/explain.h"
#include "edge/uploads.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NONCES_DEFAULT (UINT32_C(1) << 22)
#define BODY_BYTES_DEFAULT (UINT64_C(256) << 20)
#define UPLOAD_BYTES_DEFAULT (UINT64_C(1) << 30)
#define OPTIONS_SIZE_MIN 64 /* What 0.2 shipped. */
#define OPTIONS_SIZE_MAX 4096

_Static_assert(sizeof(kv_edge_options) == OPTIONS_SIZE_MIN, "ends at its last field");

/* ---- Options */

static bool options_tail_is_zero(const kv_edge_options *given)
{
    const unsigned char *bytes = (const unsigned char *)given;

    for (size_t i = sizeof(*given); i < given->size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static kv_status options_take(kv_edge_options *own, const kv_edge_options *given, kv_error *error)
{
    *own = (kv_edge_options)KV_EDGE_OPTIONS_INIT;
    if (given != NULL) {
        if (given->size < OPTIONS_SIZE_MIN || given->size > OPTIONS_SIZE_MAX)
            return kvi_edge_explain(error, KV_INVALID, 0,
                                    "options: size is not that of kv_edge_options");
        if (!options_tail_is_zero(given))
            return kvi_edge_explain(error, KV_UNSUPPORTED, 0,
                                    "options: a field of a newer version");
        memcpy(own, given, sizeof(*own));
    }
    if ((own->flags & ~(uint32_t)KV_EDGE_NO_AUTH) != 0)
        return kvi_edge_explain(error, KV_UNSUPPORTED, 0, "options: a flag of a newer version");
    if ((own->upload_dir == NULL) != (own->upload_host == NULL))
        return kvi_edge_explain(error, KV_INVALID, 0,
                                "options: upload_dir and upload_host go together");
    if (own->nonces_max == 0)
        own->nonces_max = NONCES_DEFAULT;
    if (own->body_bytes_max == 0)
        own->body_bytes_max = BODY_BYTES_DEFAULT;
    if (own->upload_bytes_max == 0)
        own->upload_bytes_max = UPLOAD_BYTES_DEFAULT;
    return KV_OK;
}

/* ---- Open and close */

static kv_status service_start(kv_edge *edge, const kv_edge_options *options,
                               const void *credentials, size_t credentials_size, kv_error *error)
{
    kv_status status = kvi_crypto_check();

    edge->flags = options->flags;
    edge->clock = options->clock;
    edge->clock_ctx = options->clock_ctx;
    edge->bodies.bytes_max = options->body_bytes_max;
    if (status != KV_OK)
        return kvi_edge_explain(error, status, 0, "libcrypto has no SHA-256 or no HMAC-SHA1");
    if ((options->flags & KV_EDGE_NO_AUTH) == 0) {
        status = kvi_credentials_parse(credentials, credentials_size, &edge->credentials, error);
        if (status != KV_OK)
            return status;
        edge->nonces = kvi_nonces_create(options->nonces_max);
        if (edge->nonces == NULL)
            return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory for nonces");
    }
    if (options->upload_dir != NULL)
        status = kvi_uploads_open(options->upload_dir, options->upload_host,
                                  options->upload_bytes_max, &edge->uploads, error);
    return status;
}

kv_status kv_edge_open(kv_db *db, const kv_edge_options *options, const void *credentials,
                       size_t credentials_size, kv_edge **edge_out, kv_error *error)
{
    kv_edge_options own;
    kv_edge *edge = NULL;
    kv_status status;

    if (edge_out == NULL)
        return kvi_edge_explain(error, KV_INVALID, 0, "edge_out is NULL");
    *edge_out = NULL;
    if (db == NULL)
        return kvi_edge_explain(error, KV_INVALID, 0, "db is NULL");
    status = options_take(&own, options, error);
    if (status != KV_OK)
        return status;
    if (((own.flags & KV_EDGE_NO_AUTH) == 0) != (credentials != NULL))
        return kvi_edge_explain(error, KV_INVALID, 0, "credentials or KV_EDGE_NO_AUTH, not both");
    edge = calloc(1, sizeof(*edge));
    if (edge == NULL)
        return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory");
    edge->db = db;
    (void)pthread_mutex_init(&edge->mutex, NULL);
    status = service_start(edge, &own, credentials, credentials_size, error);
    if (status == KV_OK)
        *edge_out = edge;
    else
        kv_edge_close(edge);
    return status;
}

void kv_edge_close(kv_edge *edge)
{
    if (edge == NULL)
        return;
    kvi_credentials_release(edge->credentials);
    kvi_nonces_free(edge->nonces);
    kvi_uploads_close(edge->uploads);
    (void)pthread_mutex_destroy(&edge->mutex);
    free(edge);
}

/* ---- Credentials */

kv_status kv_edge_credentials_set(kv_edge *edge, const void *credentials, size_t credentials_size,
                                  kv_error *error)
{
    kvi_credentials *fresh = NULL;
    kvi_credentials *old = NULL;
    kv_status status;

    if (edge == NULL || credentials == NULL || (edge->flags & KV_EDGE_NO_AUTH) != 0)
        return kvi_edge_explain(error, KV_INVALID, 0,
                                "no service, no credentials, or none are asked for");
    status = kvi_credentials_parse(credentials, credentials_size, &fresh, error);
    if (status != KV_OK)
        return status;
    (void)pthread_mutex_lock(&edge->mutex);
    old = edge->credentials;
    edge->credentials = fresh;
    (void)pthread_mutex_unlock(&edge->mutex);
    kvi_credentials_release(old);
    return KV_OK;
}

kvi_credentials *kvi_edge_credentials(kv_edge *edge)
{
    kvi_credentials *held = NULL;

    (void)pthread_mutex_lock(&edge->mutex);
    if (edge->credentials != NULL)
        held = kvi_credentials_hold(edge->credentials);
    (void)pthread_mutex_unlock(&edge->mutex);
    return held;
}

/* ---- Time */

int64_t kvi_edge_now(const kv_edge *edge)
{
    return edge->clock != NULL ? edge->clock(edge->clock_ctx) : (int64_t)time(NULL);
}
