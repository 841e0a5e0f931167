#include "edge/credentials.h"

#include "edge/crypto.h"
#include "edge/explain.h"
#include "edge/json_check.h"
#include "edge/json_text.h"
#include "edge/text.h"

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

/* ---- Reading: no message quotes the document */

static kv_status credentials_fail(kv_error *error, size_t index, const char *name, const char *what)
{
    return kvi_edge_explain(error, KV_INVALID, 0, "credential %zu: %s %s", index + 1, name, what);
}

static kv_status credentials_no_memory(kv_error *error)
{
    return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory");
}

static kv_status credentials_read_text(kv_slice object, const char *name, size_t index,
                                       kv_slice *out, kv_error *error)
{
    kv_slice member;
    char *copy = NULL;

    if (!kvi_json_member(object, name, &member))
        return credentials_fail(error, index, name, "is missing");
    if (kvi_json_kind_of(member) != KVI_JSON_STRING || kvi_json_string_is(member, ""))
        return credentials_fail(error, index, name, "is not a string, or empty");
    copy = malloc(member.size);
    if (copy == NULL)
        return credentials_no_memory(error);
    *out = kvi_text(copy, kvi_json_string(member, copy));
    if (memchr(out->data, '\0', out->size) != NULL)
        return credentials_fail(error, index, name, "has a zero byte");
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

static kv_status credentials_read_policy(kv_slice object, size_t index, kvi_policy **out,
                                         kv_error *error)
{
    kv_error fault = KV_ERROR_INIT;
    kv_slice member;
    kv_status status = KV_OK;

    if (!kvi_json_member(object, "Policy", &member))
        return credentials_fail(error, index, "Policy", "is missing");
    status = kvi_policy_parse(member, out, &fault);
    if (status == KV_NO_MEMORY)
        return credentials_no_memory(error);
    if (status != KV_OK)
        return credentials_fail(error, index, "Policy:", fault.message);
    return KV_OK;
}

static kv_status credentials_read_one(kv_slice object, size_t index, kvi_credential *out,
                                      kv_error *error)
{
    kv_slice token;
    bool has_token = kvi_json_member(object, "SecurityToken", &token);
    kv_status status = KV_OK;

    if (kvi_json_kind_of(object) != KVI_JSON_OBJECT)
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
    if (status == KV_OK && kvi_json_count(object) != (has_token ? 4 : 3))
        status = credentials_fail(error, index, "has", "a member that is not known");
    return status;
}

/* The table has a zeroed item for each element of list. */
static kv_status credentials_read(kvi_credentials *credentials, kv_slice list, kv_error *error)
{
    kvi_credential *items = credentials->items;
    kv_status status = KV_OK;
    kv_slice name, object;
    size_t at = 0;

    for (size_t i = 0; status == KV_OK && kvi_json_next(list, &at, &name, &object); i++)
        status = credentials_read_one(object, i, &items[i], error);
    if (status != KV_OK)
        return status;
    qsort(items, credentials->count, sizeof(*items), credentials_compare);
    for (size_t i = 1; i < credentials->count; i++)
        if (kvi_text_equal(items[i - 1].id, items[i].id))
            return kvi_edge_explain(error, KV_INVALID, 0, "two credentials have one AccessKeyId");
    return KV_OK;
}

static kv_status credentials_create(kv_slice document, kvi_credentials **out, kv_error *error)
{
    kv_slice list;
    kvi_credentials *credentials = NULL;
    kv_status status = KV_OK;
    size_t count;

    if (!kvi_json_member(document, "Credentials", &list) ||
        kvi_json_kind_of(list) != KVI_JSON_ARRAY || kvi_json_count(document) != 1)
        return kvi_edge_explain(error, KV_INVALID, 0,
                                "not an object with the array Credentials alone");
    count = kvi_json_count(list);
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
    kvi_json_fault fault;
    kv_slice document;

    *out = NULL;
    if (kvi_json_check(kvi_text(json, size), KVI_JSON_UNIQUE, &document, &fault) != KV_OK)
        return kvi_edge_explain(error, KV_INVALID, 0, "line %zu, column %zu: not JSON: %s",
                                fault.line, fault.column, fault.what);
    return credentials_create(document, out, error);
}
