#include "edge/credentials.h"

#include "edge/crypto.h"
#include "edge/error.h"
#include "edge/text.h"

#include <jansson.h>

#include <stdatomic.h>
#include <stdlib.h>

struct kvi_credentials {
    _Atomic(size_t) holders;
    size_t count;
    kvi_credential items[]; /* By id. */
};

/* ---- The table */

static void credentials_text_free(kv_slice text)
{
    void *bytes = (void *)(uintptr_t)text.data; /* Ours: const for its readers only. */

    kvi_crypto_wipe(bytes, text.size);
    free(bytes);
}

static void credentials_free(kvi_credentials *credentials)
{
    for (size_t i = 0; i < credentials->count; i++) {
        credentials_text_free(credentials->items[i].id);
        credentials_text_free(credentials->items[i].secret);
        credentials_text_free(credentials->items[i].token);
        kvi_policy_free(credentials->items[i].policy);
    }
    free(credentials);
}

kvi_credentials *kvi_credentials_hold(kvi_credentials *credentials)
{
    atomic_fetch_add(&credentials->holders, 1);
    return credentials;
}

void kvi_credentials_release(kvi_credentials *credentials)
{
    if (credentials != NULL && atomic_fetch_sub(&credentials->holders, 1) == 1)
        credentials_free(credentials);
}

static int credentials_compare(const void *a, const void *b)
{
    const kvi_credential *left = a;
    const kvi_credential *right = b;

    return kvi_text_compare(left->id, right->id);
}

const kvi_credential *kvi_credentials_find(const kvi_credentials *credentials, kv_slice id)
{
    kvi_credential wanted = {.id = id};

    return bsearch(&wanted, credentials->items, credentials->count, sizeof(wanted),
                   credentials_compare);
}

/* ---- Reading: no message quotes the document, whatever stands where */

static kv_status credentials_fail(kv_error *error, size_t index, const char *name, const char *what)
{
    return kvi_edge_error(error, KV_INVALID, 0, "credential %zu: %s %s", index + 1, name, what);
}

static kv_status credentials_no_memory(kv_error *error)
{
    return kvi_edge_error(error, KV_NO_MEMORY, 0, "no memory");
}

static kv_status credentials_read_text(const json_t *object, const char *name, size_t index,
                                       kv_slice *out, kv_error *error)
{
    const json_t *member = json_object_get(object, name);
    size_t size = json_string_length(member); /* 0 of what is no string. */
    void *copy = NULL;

    if (member == NULL)
        return credentials_fail(error, index, name, "is missing");
    if (size == 0)
        return credentials_fail(error, index, name, "is not a string, or empty");
    copy = malloc(size);
    if (copy == NULL)
        return credentials_no_memory(error);
    memcpy(copy, json_string_value(member), size);
    *out = kvi_text(copy, size);
    return KV_OK;
}

static bool credentials_is_id(kv_slice id)
{
    const char *c = id.data;

    for (size_t i = 0; i < id.size; i++)
        if (c[i] <= ' ' || c[i] > '~' || c[i] == ',')
            return false;
    return id.size <= KVI_KEY_ID_SIZE_MAX;
}

static kv_status credentials_read_policy(const json_t *object, size_t index, kvi_policy **out,
                                         kv_error *error)
{
    kv_error fault = KV_ERROR_INIT;
    const json_t *member = json_object_get(object, "Policy");
    kv_status status = KV_OK;

    if (member == NULL)
        return credentials_fail(error, index, "Policy", "is missing");
    status = kvi_policy_parse(member, out, &fault);
    if (status == KV_NO_MEMORY)
        return credentials_no_memory(error);
    if (status != KV_OK)
        return credentials_fail(error, index, "Policy:", fault.message);
    return KV_OK;
}

static kv_status credentials_read_one(const json_t *object, size_t index, kvi_credential *out,
                                      kv_error *error)
{
    bool has_token = json_object_get(object, "SecurityToken") != NULL;
    kv_status status = KV_OK;

    if (!json_is_object(object))
        return credentials_fail(error, index, "is", "not an object");
    status = credentials_read_text(object, "AccessKeyId", index, &out->id, error);
    if (status == KV_OK && !credentials_is_id(out->id))
        status = credentials_fail(error, index, "AccessKeyId",
                                  "is over 128 characters or has one that no id can have");
    if (status == KV_OK)
        status = credentials_read_text(object, "AccessKeySecret", index, &out->secret, error);
    if (status == KV_OK && has_token)
        status = credentials_read_text(object, "SecurityToken", index, &out->token, error);
    if (status == KV_OK)
        status = credentials_read_policy(object, index, &out->policy, error);
    if (status == KV_OK && json_object_size(object) != (has_token ? 4 : 3))
        status = credentials_fail(error, index, "has", "a member that is not known");
    return status;
}

/* The table has a zeroed item for each element of list. */
static kv_status credentials_read(kvi_credentials *credentials, const json_t *list, kv_error *error)
{
    kvi_credential *items = credentials->items;
    kv_status status = KV_OK;

    for (size_t i = 0; i < credentials->count && status == KV_OK; i++)
        status = credentials_read_one(json_array_get(list, i), i, &items[i], error);
    if (status != KV_OK)
        return status;
    qsort(items, credentials->count, sizeof(*items), credentials_compare);
    for (size_t i = 1; i < credentials->count; i++)
        if (kvi_text_equal(items[i - 1].id, items[i].id))
            return kvi_edge_error(error, KV_INVALID, 0, "two credentials have one AccessKeyId");
    return KV_OK;
}

static kv_status credentials_load(const void *json, size_t size, json_t **out, kv_error *error)
{
    json_error_t fault = {0};
    const char *what = "the text is not JSON";

    *out = json_loadb(size == 0 ? "" : json, size, JSON_REJECT_DUPLICATES, &fault);
    if (*out != NULL)
        return KV_OK;
    /* jansson's own text would quote the token at fault; without any, its allocations failed. */
    if (fault.text[0] == '\0' || json_error_code(&fault) == json_error_out_of_memory)
        return credentials_no_memory(error);
    if (json_error_code(&fault) == json_error_duplicate_key)
        what = "an object has a member twice";
    return kvi_edge_error(error, KV_INVALID, 0, "line %d, column %d: %s", fault.line, fault.column,
                          what);
}

static void credentials_wipe_json(json_t *json)
{
    void *at = json_object_iter(json); /* NULL of what is no object. */

    for (; at != NULL; at = json_object_iter_next(json, at))
        credentials_wipe_json(json_object_iter_value(at));
    for (size_t i = 0; i < json_array_size(json); i++)
        credentials_wipe_json(json_array_get(json, i));
    /* jansson gives its own memory away as const; nobody reads the document any more. */
    kvi_crypto_wipe((void *)(uintptr_t)json_string_value(json), json_string_length(json));
}

static kv_status credentials_create(const json_t *document, kvi_credentials **out, kv_error *error)
{
    const json_t *list = json_object_get(document, "Credentials");
    size_t count = json_array_size(list); /* 0 of what is no array. */
    kvi_credentials *credentials = NULL;
    kv_status status = KV_OK;

    if (!json_is_array(list) || json_object_size(document) != 1)
        return kvi_edge_error(error, KV_INVALID, 0,
                              "not an object with the array Credentials alone");
    credentials = calloc(1, sizeof(*credentials) + count * sizeof(credentials->items[0]));
    if (credentials == NULL)
        return credentials_no_memory(error);
    atomic_init(&credentials->holders, 1);
    credentials->count = count;
    status = credentials_read(credentials, list, error);
    if (status == KV_OK)
        *out = credentials;
    else
        credentials_free(credentials);
    return status;
}

kv_status kvi_credentials_parse(const void *json, size_t size, kvi_credentials **out,
                                kv_error *error)
{
    json_t *document = NULL;
    kv_status status = KV_OK;

    *out = NULL;
    status = credentials_load(json, size, &document, error);
    if (status == KV_OK)
        status = credentials_create(document, out, error);
    credentials_wipe_json(document);
    json_decref(document);
    return status;
}
