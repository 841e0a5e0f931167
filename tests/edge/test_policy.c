/* Policies: who may do what, and which documents are refused with which words. */
#include "edge/policy.h"

#include "edge/json_check.h"
#include "edge/json_text.h"
#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICY(statements) "{\"Version\":\"1\",\"Statement\":[" statements "]}"
#define STATEMENT(effect, action)                                                                  \
    "{\"Effect\":\"" effect "\",\"Action\":" action ",\"Resource\":\"*\"}"
#define ALLOW(action) STATEMENT("Allow", action)
#define DENY(action) STATEMENT("Deny", action)

/* ---- Who may do what */

static const struct decision {
    const char *name;
    const char *policy;
    const char *product;
    const char *operation;
    kvi_access access;
    bool want;
} decisions[] = {
    {"policy: nothing is said", POLICY(""), "dcdn", "GetDcdnKv", KVI_ACCESS_READ, false},
    {"policy: the operation by name", POLICY(ALLOW("\"dcdn:GetDcdnKv\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: an array of one", POLICY(ALLOW("[\"dcdn:GetDcdnKv\"]")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: the second of an array", POLICY(ALLOW("[\"dcdn:PutDcdnKv\",\"dcdn:GetDcdnKv\"]")),
     "dcdn", "GetDcdnKv", KVI_ACCESS_READ, true},
    {"policy: letters in any case", POLICY(ALLOW("\"DCDN:getdcdnKV\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: another operation", POLICY(ALLOW("\"dcdn:GetDcdnKv\"")), "dcdn", "PutDcdnKv",
     KVI_ACCESS_WRITE, false},
    {"policy: a longer operation", POLICY(ALLOW("\"dcdn:GetDcdnKv\"")), "dcdn", "GetDcdnKvDetail",
     KVI_ACCESS_READ, false},
    {"policy: a shorter operation", POLICY(ALLOW("\"dcdn:GetDcdnKvDetail\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, false},
    {"policy: another product", POLICY(ALLOW("\"dcdn:*\"")), "esa", "GetKv", KVI_ACCESS_READ,
     false},
    {"policy: all of a product", POLICY(ALLOW("\"dcdn:*\"")), "dcdn", "BatchPutDcdnKv",
     KVI_ACCESS_WRITE, true},
    {"policy: everything", POLICY(ALLOW("\"*\"")), "kv", "DescribeKvStore", KVI_ACCESS_LIST, true},
    {"policy: everything, with a colon", POLICY(ALLOW("\"*:*\"")), "esa", "PutKv", KVI_ACCESS_WRITE,
     true},
    {"policy: '*' in front", POLICY(ALLOW("\"dcdn:*DcdnKv\"")), "dcdn", "BatchPutDcdnKv",
     KVI_ACCESS_WRITE, true},
    {"policy: '*' in front matches the whole only", POLICY(ALLOW("\"dcdn:*DcdnKv\"")), "dcdn",
     "BatchPutDcdnKvX", KVI_ACCESS_WRITE, false},
    {"policy: '*' for nothing", POLICY(ALLOW("\"dcdn:Get*DcdnKv*\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: '*' goes back", POLICY(ALLOW("\"dcdn:*Kv*Kv\"")), "dcdn", "GetKvKvKvXKv",
     KVI_ACCESS_READ, true},
    {"policy: '?' is one", POLICY(ALLOW("\"dcdn:?etDcdnKv\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: '?' is not none", POLICY(ALLOW("\"dcdn:GetDcdnKv?\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, false},
    {"policy: '*?' needs one", POLICY(ALLOW("\"dcdn:GetDcdnKv*?\"")), "dcdn", "GetDcdnKvDetail",
     KVI_ACCESS_READ, true},
    {"policy: wildcards in the product", POLICY(ALLOW("\"e?a:*\"")), "esa", "GetKv",
     KVI_ACCESS_READ, true},
    {"policy: '*' does not reach over the colon", POLICY(ALLOW("\"d*:PutDcdnKv\"")), "dcdn",
     "GetDcdnKv", KVI_ACCESS_READ, false},

    {"policy: a level", POLICY(ALLOW("\"dcdn:read\"")), "dcdn", "GetDcdnKv", KVI_ACCESS_READ, true},
    {"policy: a level in capitals", POLICY(ALLOW("\"dcdn:Read\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
    {"policy: read is not write", POLICY(ALLOW("\"dcdn:read\"")), "dcdn", "PutDcdnKv",
     KVI_ACCESS_WRITE, false},
    {"policy: read is not list", POLICY(ALLOW("\"dcdn:read\"")), "dcdn", "ListDcdnKv",
     KVI_ACCESS_LIST, false},
    {"policy: write", POLICY(ALLOW("\"write\"")), "esa", "PutKv", KVI_ACCESS_WRITE, true},
    {"policy: list", POLICY(ALLOW("[\"read\",\"list\"]")), "kv", "ListKvs", KVI_ACCESS_LIST, true},
    {"policy: a level of another product", POLICY(ALLOW("\"esa:read\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, false},
    {"policy: a level of any product", POLICY(ALLOW("\"*:read\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},

    {"policy: deny behind allow", POLICY(ALLOW("\"*\"") "," DENY("\"dcdn:Delete*\"")), "dcdn",
     "DeleteDcdnKv", KVI_ACCESS_WRITE, false},
    {"policy: deny before allow", POLICY(DENY("\"dcdn:Delete*\"") "," ALLOW("\"*\"")), "dcdn",
     "DeleteDcdnKv", KVI_ACCESS_WRITE, false},
    {"policy: deny of the others", POLICY(ALLOW("\"*\"") "," DENY("\"dcdn:Delete*\"")), "dcdn",
     "GetDcdnKv", KVI_ACCESS_READ, true},
    {"policy: deny of a level", POLICY(ALLOW("\"dcdn:PutDcdnKv\"") "," DENY("\"write\"")), "dcdn",
     "PutDcdnKv", KVI_ACCESS_WRITE, false},
    {"policy: deny alone allows nothing", POLICY(DENY("\"dcdn:Delete*\"")), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, false},
    {"policy: other products may be named", POLICY(ALLOW("[\"ecs:*\",\"dcdn:Get*\"]")), "dcdn",
     "GetDcdnKv", KVI_ACCESS_READ, true},
    {"policy: Resource as an array",
     POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":[\"*\"]}"), "dcdn", "GetDcdnKv",
     KVI_ACCESS_READ, true},
};

/* Parse a value, which stands in an array so that it may be of any kind. */
static kvi_policy *parse(const char *text, kv_status want, kv_error *error)
{
    size_t size = strlen(text) + 2;
    char *array = malloc(size + 1);
    kvi_json_fault fault;
    kv_slice root, name, value;
    size_t at = 0;
    kvi_policy *policy = NULL;

    assert_non_null(array);
    (void)snprintf(array, size + 1, "[%s]", text);
    assert_int_equal(kvi_json_check((kv_slice){array, size}, KVI_JSON_UNIQUE, &root, &fault),
                     KV_OK);
    assert_true(kvi_json_next(root, &at, &name, &value));
    assert_int_equal(kvi_policy_parse(value, &policy, error), want);
    assert_true((policy == NULL) == (want != KV_OK));
    free(array);
    return policy;
}

static void test_decision(void **state)
{
    const struct decision *row = *state;
    kvi_policy *policy = parse(row->policy, KV_OK, NULL);

    assert_int_equal(kvi_policy_allows(policy, row->product, row->operation, row->access),
                     row->want);
    kvi_policy_free(policy);
}

/* ---- Documents that are refused */

static const struct refused {
    const char *name;
    const char *text;
    const char *message;
} refused[] = {
    {"policy refuses: an array", "[]", "not an object"},
    {"policy refuses: no Version", "{\"Statement\":[]}", "Version is not"},
    {"policy refuses: another Version", "{\"Version\":\"2\",\"Statement\":[]}", "Version is not"},
    {"policy refuses: Version a number", "{\"Version\":1,\"Statement\":[]}", "Version is not"},
    {"policy refuses: no Statement", "{\"Version\":\"1\"}", "Statement is not an array"},
    {"policy refuses: Statement an object", "{\"Version\":\"1\",\"Statement\":{}}",
     "Statement is not an array"},
    {"policy refuses: more than is known", "{\"Version\":\"1\",\"Statement\":[],\"Id\":\"x\"}",
     "neither Version nor Statement"},
    {"policy refuses: a statement that is text", POLICY("\"Allow\""), "statement 1: not an object"},
    {"policy refuses: no Effect", POLICY("{\"Action\":\"*\",\"Resource\":\"*\"}"),
     "statement 1: Effect is neither"},
    {"policy refuses: Effect in lower case", POLICY(STATEMENT("allow", "\"*\"")),
     "statement 1: Effect is neither"},
    {"policy refuses: Effect a boolean",
     POLICY("{\"Effect\":true,\"Action\":\"*\",\"Resource\":\"*\"}"), "Effect is neither"},
    {"policy refuses: no Action", POLICY("{\"Effect\":\"Allow\",\"Resource\":\"*\"}"),
     "Action is missing"},
    {"policy refuses: Action empty", POLICY(ALLOW("[]")), "Action is empty"},
    {"policy refuses: Action a number", POLICY(ALLOW("7")), "Action is neither"},
    {"policy refuses: Action of numbers", POLICY(ALLOW("[\"*\",7]")), "Action is neither"},
    {"policy refuses: Action in two depths", POLICY(ALLOW("[[\"*\"]]")), "Action is neither"},
    {"policy refuses: an action without product", POLICY(ALLOW("\"GetDcdnKv\"")), "of the form"},
    {"policy refuses: '*' that might be a product", POLICY(ALLOW("\"dcdn*\"")), "of the form"},
    {"policy refuses: an empty action", POLICY(ALLOW("\"\"")), "of the form"},
    {"policy refuses: no product", POLICY(ALLOW("\":GetDcdnKv\"")), "of the form"},
    {"policy refuses: no operation", POLICY(ALLOW("\"dcdn:\"")), "of the form"},
    {"policy refuses: two colons", POLICY(ALLOW("\"acs:dcdn:*\"")), "of the form"},
    {"policy refuses: a space", POLICY(ALLOW("\"dcdn: *\"")), "of the form"},
    {"policy refuses: not ASCII", POLICY(ALLOW("\"dcdn:G\xC3\xA9t\"")), "of the form"},
    {"policy refuses: no Resource", POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\"}"),
     "Resource is not"},
    {"policy refuses: a narrower Resource",
     POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"acs:dcdn:*:*:ns1\"}"),
     "Resource is not"},
    {"policy refuses: two Resources",
     POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":[\"*\",\"*\"]}"),
     "Resource is not"},
    {"policy refuses: a Condition",
     POLICY("{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{}}"),
     "a member that is not"},
    {"policy refuses: NotAction",
     POLICY("{\"Effect\":\"Deny\",\"NotAction\":\"*\",\"Resource\":\"*\"}"), "Action is missing"},
    {"policy refuses: the second statement", POLICY(ALLOW("\"*\"") "," DENY("\"PutKv\"")),
     "statement 2: an Action"},
};

static void test_refused(void **state)
{
    const struct refused *row = *state;
    kv_error error = KV_ERROR_INIT;

    parse(row->text, KV_INVALID, &error);
    assert_int_equal(error.status, KV_INVALID);
    if (strstr(error.message, row->message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->message);
    parse(row->text, KV_INVALID, NULL);
}

/* ---- Time: a pattern of many stars against a text that never quite fits */

static void test_many_stars(void **state)
{
    enum { STARS = 20000, LETTERS = 500 };
    char *pattern = malloc(2 * STARS + 200);
    char operation[LETTERS + 1];
    kvi_policy *policy = NULL;
    size_t used = (size_t)sprintf(
        pattern, "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"dcdn:");

    (void)state;
    for (int i = 0; i < STARS; i++)
        used += (size_t)sprintf(pattern + used, "%s", i < 200 ? "a*" : "*");
    (void)sprintf(pattern + used, "b\",\"Resource\":\"*\"}]}");
    memset(operation, 'a', LETTERS);
    operation[LETTERS] = '\0';
    policy = parse(pattern, KV_OK, NULL);
    for (int i = 0; i < 100; i++)
        assert_false(kvi_policy_allows(policy, "dcdn", operation, KVI_ACCESS_READ));
    operation[LETTERS - 1] = 'b';
    assert_true(kvi_policy_allows(policy, "dcdn", operation, KVI_ACCESS_READ));
    kvi_policy_free(policy);
    free(pattern);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("policy: many stars end soon", test_many_stars),
    };

    run_rows(decisions, test_decision, NULL, NULL);
    run_rows(refused, test_refused, NULL, NULL);
    run_tests(tests);
    return run_all("edge_policy");
}
