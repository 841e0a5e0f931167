/*
 * kvi_credentials_parse, kvi_credentials_find, kvi_policy_parse, kvi_policy_allows.
 *
 * Any text is read or refused with a message. A credential that was read is found by its id. A
 * policy that was read decides what a plain evaluator of its document decides; and nothing is
 * allowed any more once everything is denied.
 */
#include "input.h"

#include "edge/credentials.h"
#include "support/count.h"
#include "edge/json_check.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct request {
    const char *product;
    const char *operation;
    kvi_access access;
    const char *access_name;
} requests[] = {
    {"dcdn", "GetDcdnKv", KVI_ACCESS_READ, "read"},
    {"dcdn", "BatchPutDcdnKv", KVI_ACCESS_WRITE, "write"},
    {"dcdn", "ListDcdnKv", KVI_ACCESS_LIST, "list"},
    {"esa", "DeleteKv", KVI_ACCESS_WRITE, "write"},
    {"kv", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", KVI_ACCESS_READ, "read"},
};

/* ---- A plain evaluator */

/* By a table of which prefixes match which. */
static bool matches(const char *pattern, size_t pattern_size, const char *text)
{
    bool now[64] = {true};
    size_t size = strlen(text);

    require(size < sizeof(now));
    for (size_t p = 0; p < pattern_size; p++) {
        bool before[64];
        memcpy(before, now, sizeof(now));
        memset(now, 0, sizeof(now));
        now[0] = pattern[p] == '*' && before[0];
        for (size_t t = 1; t <= size; t++) {
            if (pattern[p] == '*')
                now[t] = before[t] || now[t - 1];
            else
                now[t] = before[t - 1] &&
                         (pattern[p] == '?' || strncasecmp(&pattern[p], &text[t - 1], 1) == 0);
        }
    }
    return now[size];
}

static bool action_matches(const char *action, const struct request *request)
{
    const char *colon = strchr(action, ':');

    if (strcmp(action, "*") == 0 || strcasecmp(action, request->access_name) == 0)
        return true;
    if (colon == NULL || !matches(action, (size_t)(colon - action), request->product))
        return false;
    return strcasecmp(colon + 1, request->access_name) == 0 ||
           matches(colon + 1, strlen(colon + 1), request->operation);
}

static bool statement_matches(const json_t *statement, const struct request *request)
{
    const json_t *action = json_object_get(statement, "Action");

    if (json_is_string(action))
        return action_matches(json_string_value(action), request);
    for (size_t i = 0; i < json_array_size(action); i++)
        if (action_matches(json_string_value(json_array_get(action, i)), request))
            return true;
    return false;
}

static bool allows(const json_t *document, const struct request *request)
{
    const json_t *statements = json_object_get(document, "Statement");
    bool allowed = false;

    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *statement = json_array_get(statements, i);
        const char *effect = json_string_value(json_object_get(statement, "Effect"));
        if (!statement_matches(statement, request))
            continue;
        if (strcmp(effect, "Deny") == 0)
            return false;
        allowed = true;
    }
    return allowed;
}

/* ---- Documents */

static void require_message(kv_status status, const kv_error *error)
{
    require(status == KV_OK || status == KV_INVALID || status == KV_NO_MEMORY);
    require((status == KV_OK) == (error->message[0] == '\0'));
    require(memchr(error->message, '\0', sizeof(error->message)) != NULL);
}

/* jansson's document as text, and that read. */
static kv_status parse(const json_t *document, kvi_policy **policy, kv_error *error)
{
    char *text = json_dumps(document, JSON_ENCODE_ANY);
    kvi_json_fault fault;
    kv_slice root;
    kv_status status = KV_INVALID;

    require(text != NULL);
    if (kvi_json_check((kv_slice){text, strlen(text)}, KVI_JSON_UNIQUE, &root, &fault) == KV_OK)
        status = kvi_policy_parse(root, policy, error);
    else if (error != NULL)
        error->message[0] = '?'; /* A bare value, or too deep. */
    free(text);
    return status;
}

static void check_policy(json_t *document)
{
    kv_error error = KV_ERROR_INIT;
    kvi_policy *policy = NULL;
    kv_status status = parse(document, &policy, &error);

    require_message(status, &error);
    require((policy != NULL) == (status == KV_OK));
    if (status != KV_OK)
        return;
    for (size_t i = 0; i < COUNT(requests); i++)
        require(kvi_policy_allows(policy, requests[i].product, requests[i].operation,
                                  requests[i].access) == allows(document, &requests[i]));
    kvi_policy_free(policy);
    json_array_append_new(
        json_object_get(document, "Statement"),
        json_pack("{s:s,s:s,s:s}", "Effect", "Deny", "Action", "*", "Resource", "*"));
    require(parse(document, &policy, NULL) == KV_OK);
    for (size_t i = 0; i < COUNT(requests); i++)
        require(!kvi_policy_allows(policy, requests[i].product, requests[i].operation,
                                   requests[i].access));
    kvi_policy_free(policy);
}

static void check_credentials(const uint8_t *data, size_t size, const json_t *document)
{
    kv_error error = KV_ERROR_INIT;
    kvi_credentials *credentials = NULL;
    kv_status status = kvi_credentials_parse(data, size, &credentials, &error);
    const json_t *list = json_object_get(document, "Credentials");

    require_message(status, &error);
    require((credentials != NULL) == (status == KV_OK) && (document != NULL || status != KV_OK));
    for (size_t i = 0; status == KV_OK && i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *id = json_object_get(item, "AccessKeyId");
        const json_t *secret = json_object_get(item, "AccessKeySecret");
        kv_slice id_text = {json_string_value(id), json_string_length(id)};
        const kvi_credential *found = kvi_credentials_find(credentials, id_text);
        require(found != NULL && found->secret.size == json_string_length(secret) &&
                memcmp(found->secret.data, json_string_value(secret), found->secret.size) == 0);
        require((found->token.data != NULL) == (json_object_get(item, "SecurityToken") != NULL));
    }
    kvi_credentials_release(credentials);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = json_loadb(size == 0 ? "" : (const char *)data, size,
                                  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_t *list = json_object_get(document, "Credentials");

    check_credentials(data, size, document);
    for (size_t i = 0; i < json_array_size(list) && i < 8; i++) {
        json_t *policy = json_object_get(json_array_get(list, i), "Policy");
        if (policy != NULL)
            check_policy(policy);
    }
    if (document != NULL)
        check_policy(document);
    json_decref(document);
    return 0;
}
