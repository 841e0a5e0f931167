#include "edge/policy.h"

#include "edge/explain.h"
#include "edge/json_text.h"
#include "edge/text.h"

#include <stdlib.h>

#define POLICY_NOT_ACCESS (-1)

/* A pattern of one statement. */
typedef struct policy_action {
    bool is_deny;
    int access;         /* kvi_access; POLICY_NOT_ACCESS: operation says it. */
    kv_slice product;   /* Pattern, in text. */
    kv_slice operation; /* Pattern, in text. */
    char *text;         /* Owned. */
} policy_action;

struct kvi_policy {
    policy_action *actions; /* Of all statements: their order says nothing. */
    size_t count, capacity;
};

/* ---- Matching */

/* `*` goes back to the last one only: the earlier ones have matched as little as they could, and
 * more would not help. */
static bool policy_match(kv_slice pattern, const char *text)
{
    const char *p = pattern.data;
    const char *star = NULL; /* Behind the last `*`. */
    const char *resume = NULL;
    const char *end = p + pattern.size;

    while (*text != '\0') {
        if (p < end && *p == '*') {
            star = ++p;
            resume = text;
        } else if (p < end && (*p == '?' || kvi_text_lower(*p) == kvi_text_lower(*text))) {
            p++;
            text++;
        } else if (star != NULL) {
            p = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*')
        p++;
    return p == end;
}

bool kvi_policy_allows(const kvi_policy *policy, const char *product, const char *operation,
                       kvi_access access)
{
    bool is_allowed = false;

    for (size_t i = 0; i < policy->count; i++) {
        const policy_action *action = &policy->actions[i];
        bool is_match = action->access == POLICY_NOT_ACCESS
                            ? policy_match(action->operation, operation)
                            : action->access == (int)access;
        if (!is_match || !policy_match(action->product, product))
            continue;
        if (action->is_deny)
            return false;
        is_allowed = true;
    }
    return is_allowed;
}

/* ---- Reading */

static bool policy_is_pattern(kv_slice text)
{
    const char *bytes = text.data;

    for (size_t i = 0; i < text.size; i++) {
        char c = kvi_text_lower(bytes[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && strchr("-_.*?", c) == NULL)
            return false;
    }
    return text.size > 0;
}

static int policy_access(kv_slice name)
{
    static const char *const names[] = {"read", "write", "list"}; /* As kvi_access counts. */

    for (int i = 0; i < 3; i++)
        if (kvi_text_equal_folded(name, kvi_text_of(names[i])))
            return i;
    return POLICY_NOT_ACCESS;
}

/* Fill in an action that has its text. false: it is none. */
static bool policy_split(policy_action *action)
{
    kv_slice text = kvi_text_of(action->text);
    const char *colon = strchr(action->text, ':');

    action->access = POLICY_NOT_ACCESS;
    action->product = kvi_text_of("*");
    action->operation = text;
    if (colon == NULL) {
        action->access = policy_access(text);
        return action->access != POLICY_NOT_ACCESS || kvi_text_is(text, "*");
    }
    action->product = kvi_text(action->text, (size_t)(colon - action->text));
    action->operation = kvi_text_of(colon + 1);
    action->access = policy_access(action->operation);
    return policy_is_pattern(action->product) && policy_is_pattern(action->operation);
}

static kv_status policy_fail(kv_error *error, size_t statement, const char *what)
{
    return kvi_edge_explain(error, KV_INVALID, 0, "statement %zu: %s", statement + 1, what);
}

/* An Action's text, terminated. NULL: no memory. */
static char *policy_text(kv_slice string)
{
    char *text = malloc(string.size);

    if (text != NULL)
        text[kvi_json_string(string, text)] = '\0';
    return text;
}

static kv_status policy_add_action(kvi_policy *policy, kv_slice json, bool is_deny,
                                   size_t statement, kv_error *error)
{
    policy_action *action = NULL;

    if (kvi_json_kind_of(json) != KVI_JSON_STRING)
        return policy_fail(error, statement, "Action is neither a string nor an array of strings");
    if (policy->count == policy->capacity) {
        size_t capacity = policy->capacity * 2 + 4;
        action = realloc(policy->actions, capacity * sizeof(*action));
        if (action == NULL)
            return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory");
        policy->actions = action;
        policy->capacity = capacity;
    }
    action = &policy->actions[policy->count];
    *action = (policy_action){.is_deny = is_deny, .text = policy_text(json)};
    if (action->text == NULL)
        return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory");
    policy->count++;
    if (kvi_json_string_is(json, action->text) && policy_split(action)) /* No zero byte in it. */
        return KV_OK;
    return policy_fail(
        error, statement,
        "an Action is not of the form product:operation, nor *, read, write or list");
}

static kv_status policy_add_actions(kvi_policy *policy, kv_slice json, bool is_deny,
                                    size_t statement, kv_error *error)
{
    kv_status status = KV_OK;
    kv_slice name, action;
    size_t at = 0;

    if (kvi_json_kind_of(json) != KVI_JSON_ARRAY)
        return policy_add_action(policy, json, is_deny, statement, error);
    if (kvi_json_count(json) == 0)
        return policy_fail(error, statement, "Action is empty");
    while (status == KV_OK && kvi_json_next(json, &at, &name, &action))
        status = policy_add_action(policy, action, is_deny, statement, error);
    return status;
}

static bool policy_is_everything(kv_slice resource)
{
    kv_slice name;
    size_t at = 0;

    if (kvi_json_kind_of(resource) == KVI_JSON_ARRAY && kvi_json_count(resource) == 1)
        (void)kvi_json_next(resource, &at, &name, &resource);
    return kvi_json_string_is(resource, "*");
}

static kv_status policy_add_statement(kvi_policy *policy, kv_slice json, size_t statement,
                                      kv_error *error)
{
    kv_slice effect, action, resource;
    bool is_deny = kvi_json_member(json, "Effect", &effect) && kvi_json_string_is(effect, "Deny");

    if (kvi_json_kind_of(json) != KVI_JSON_OBJECT)
        return policy_fail(error, statement, "not an object");
    if (!is_deny && !kvi_json_string_is(effect, "Allow"))
        return policy_fail(error, statement, "Effect is neither Allow nor Deny");
    if (!kvi_json_member(json, "Action", &action))
        return policy_fail(error, statement, "Action is missing");
    if (!kvi_json_member(json, "Resource", &resource) || !policy_is_everything(resource))
        return policy_fail(error, statement, "Resource is not \"*\"");
    if (kvi_json_count(json) != 3)
        return policy_fail(error, statement,
                           "a member that is not Effect, Action or Resource: what it asks for is "
                           "not supported");
    return policy_add_actions(policy, action, is_deny, statement, error);
}

static kv_status policy_read(kvi_policy *policy, kv_slice json, kv_error *error)
{
    kv_slice version, statements, name, statement;
    kv_status status = KV_OK;
    size_t at = 0;

    if (kvi_json_kind_of(json) != KVI_JSON_OBJECT)
        return kvi_edge_explain(error, KV_INVALID, 0, "not an object");
    if (!kvi_json_member(json, "Version", &version) || !kvi_json_string_is(version, "1"))
        return kvi_edge_explain(error, KV_INVALID, 0, "Version is not \"1\"");
    if (!kvi_json_member(json, "Statement", &statements) ||
        kvi_json_kind_of(statements) != KVI_JSON_ARRAY)
        return kvi_edge_explain(error, KV_INVALID, 0, "Statement is not an array");
    if (kvi_json_count(json) != 2)
        return kvi_edge_explain(error, KV_INVALID, 0,
                                "a member that is neither Version nor Statement");
    for (size_t i = 0; status == KV_OK && kvi_json_next(statements, &at, &name, &statement); i++)
        status = policy_add_statement(policy, statement, i, error);
    return status;
}

kv_status kvi_policy_parse(kv_slice json, kvi_policy **policy_out, kv_error *error)
{
    kvi_policy *policy = calloc(1, sizeof(*policy));
    kv_status status = KV_OK;

    *policy_out = NULL;
    if (policy == NULL)
        return kvi_edge_explain(error, KV_NO_MEMORY, 0, "no memory");
    status = policy_read(policy, json, error);
    if (status == KV_OK)
        *policy_out = policy;
    else
        kvi_policy_free(policy);
    return status;
}

void kvi_policy_free(kvi_policy *policy)
{
    if (policy == NULL)
        return;
    for (size_t i = 0; i < policy->count; i++)
        free(policy->actions[i].text);
    free(policy->actions);
    free(policy);
}
