#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* What an answer of libkv-edge lies in. */
typedef struct holder {
    kv_edge_request *request;
    store *held;
    reply_level *level;
    uint64_t size;
} holder;

static void header(struct MHD_Response *response, const char *name, const char *value)
{
    (void)MHD_add_response_header(response, name, value); /* Fails for want of memory alone. */
}

static void release(void *cls)
{
    holder *own = cls;

    kv_edge_end(own->request);
    store_release(own->held);
    (void)atomic_fetch_sub(own->level, own->size);
    free(own);
}

static void header_slice(struct MHD_Response *response, const char *name, kv_slice value)
{
    char text[128];

    (void)snprintf(text, sizeof(text), "%.*s", (int)(value.size < 127 ? value.size : 127),
                   (const char *)value.data);
    header(response, name, text);
}

struct MHD_Response *reply_edge(kv_edge_request *request, store *held, const kv_edge_answer *answer,
                                reply_level *level)
{
    struct MHD_Response *response = NULL;
    holder *own = malloc(sizeof(*own));

    if (own != NULL) {
        *own = (holder){request, held, level, answer->body.size};
        (void)atomic_fetch_add(level, own->size);
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            answer->body.size, (void *)(uintptr_t)answer->body.data, release, own);
        if (response == NULL)
            release(own);
    } else {
        kv_edge_end(request);
        store_release(held);
    }
    if (response == NULL)
        return NULL;
    header_slice(response, "Content-Type", answer->content_type);
    header_slice(response, "x-acs-request-id", answer->request_id);
    header(response, "Cache-Control", "no-store");
    header(response, "X-Content-Type-Options", "nosniff");
    return response;
}

static void make_id(char out[REPLY_ID_MAX])
{
    unsigned char b[16];

    /* Without random bytes it is all zeros: it only names the answer in the log. */
    if (getrandom(b, sizeof(b), 0) != sizeof(b))
        memset(b, 0, sizeof(b));
    b[6] = (unsigned char)(0x40 | (b[6] & 15));
    b[8] = (unsigned char)(0x80 | (b[8] & 63));
    (void)snprintf(out, REPLY_ID_MAX,
                   "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
}

struct MHD_Response *reply_own(const char *code, const char *message, char id_out[REPLY_ID_MAX],
                               uint64_t *size_out)
{
    char text[512];
    struct MHD_Response *response;

    make_id(id_out);
    if (code == NULL)
        (void)snprintf(text, sizeof(text), "{\"RequestId\":\"%s\",\"Status\":\"%s\"}", id_out,
                       message);
    else
        (void)snprintf(text, sizeof(text),
                       "{\"RequestId\":\"%s\",\"Code\":\"%s\",\"Message\":\"%s\"}", id_out, code,
                       message);
    *size_out = strlen(text);
    response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return NULL;
    header(response, "Content-Type", "application/json; charset=utf-8");
    header(response, "x-acs-request-id", id_out);
    header(response, "Cache-Control", "no-store");
    header(response, "X-Content-Type-Options", "nosniff");
    return response;
}

struct MHD_Response *reply_asset(const asset *file, const char *tag)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        (size_t)(file->end - file->bytes), (void *)(uintptr_t)file->bytes, MHD_RESPMEM_PERSISTENT);

    if (response == NULL)
        return NULL;
    header(response, "Content-Type", file->type);
    header(response, "ETag", tag);
    header(response, "Cache-Control", "no-cache");
    header(response, "X-Content-Type-Options", "nosniff");
    header(response, "Referrer-Policy", "no-referrer");
    header(response, "Content-Security-Policy",
           "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'");
    return response;
}

struct MHD_Response *reply_empty(const char *location, const char *tag)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);

    if (response != NULL && location != NULL)
        header(response, "Location", location);
    if (response != NULL && tag != NULL)
        header(response, "ETag", tag);
    return response;
}
