/* Credentials: what is read, what is refused without a word of a secret, holding and letting go. */
#include "edge/credentials.h"

#include "support/run.h"

#include <jansson.h>

#include <pthread.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/memory.h"

#define SECRET "s3cr3t"
#define POLICY                                                                                     \
    "\"Policy\":{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"dcdn:Get*\"," \
    "\"Resource\":\"*\"}]}"
#define ID(id) "\"AccessKeyId\":\"" id "\","
#define KEY "\"AccessKeySecret\":\"" SECRET "\","
#define ONE(id) "{" ID(id) KEY POLICY "}"
#define LIST(credentials) "{\"Credentials\":[" credentials "]}"
#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static kvi_credentials *parse(const char *text, kv_status want, kv_error *error)
{
    kvi_credentials *credentials = NULL;

    assert_int_equal(kvi_credentials_parse(text, strlen(text), &credentials, error), want);
    assert_true((credentials == NULL) == (want != KV_OK));
    return credentials;
}

static const kvi_credential *find(const kvi_credentials *credentials, const char *id)
{
    return kvi_credentials_find(credentials, (kv_slice){id, strlen(id)});
}

static void assert_text(kv_slice text, const char *want)
{
    assert_int_equal(text.size, strlen(want));
    assert_memory_equal(text.data, want, text.size);
}

/* ---- What is read */

static void test_read(void **state)
{
    kvi_credentials *credentials = parse(LIST(ONE("zoe") "," ONE("adam") ",{" ID(
                                             "STS.mia") "\"AccessKeySecret\":\"k\\u00e9\","
                                                        "\"SecurityToken\":\"token\"," POLICY "}"),
                                         KV_OK, NULL);
    const kvi_credential *zoe = find(credentials, "zoe");
    const kvi_credential *mia = find(credentials, "STS.mia");

    (void)state;
    assert_non_null(zoe);
    assert_text(zoe->id, "zoe");
    assert_text(zoe->secret, SECRET);
    assert_null(zoe->token.data);
    assert_true(kvi_policy_allows(zoe->policy, "dcdn", "GetDcdnKv", KVI_ACCESS_READ));
    assert_false(kvi_policy_allows(zoe->policy, "dcdn", "PutDcdnKv", KVI_ACCESS_WRITE));
    assert_non_null(find(credentials, "adam"));
    assert_non_null(mia);
    assert_text(mia->secret, "k\xC3\xA9");
    assert_text(mia->token, "token");
    assert_null(find(credentials, "ada"));
    assert_null(find(credentials, "adamo"));
    assert_null(find(credentials, "ADAM"));
    assert_null(find(credentials, ""));
    kvi_credentials_release(credentials);
    kvi_credentials_release(NULL);
}

static void test_nobody(void **state)
{
    kvi_credentials *credentials = parse(LIST(""), KV_OK, NULL);

    (void)state;
    assert_null(find(credentials, "adam"));
    kvi_credentials_release(credentials);
}

static void test_many(void **state)
{
    json_t *list = json_array();
    json_t *policy = json_loads("{" POLICY "}", 0, NULL);
    json_t *document = NULL;
    kvi_credentials *credentials = NULL;
    char *text = NULL;
    char id[32];

    (void)state;
    for (int i = 0; i < 500; i++) {
        (void)snprintf(id, sizeof(id), "key%d", i * 7919 % 500);
        json_array_append_new(list, json_pack("{s:s,s:s,s:O}", "AccessKeyId", id, "AccessKeySecret",
                                              id, "Policy", json_object_get(policy, "Policy")));
    }
    document = json_pack("{s:o}", "Credentials", list);
    text = json_dumps(document, 0);
    credentials = parse(text, KV_OK, NULL);
    for (int i = 0; i < 500; i++) {
        (void)snprintf(id, sizeof(id), "key%d", i);
        assert_non_null(find(credentials, id));
        assert_text(find(credentials, id)->secret, id);
    }
    kvi_credentials_release(credentials);
    free(text);
    json_decref(document);
    json_decref(policy);
}

/* ---- What is refused */

static const struct refused {
    const char *name;
    const char *text;
    const char *message;
} refused[] = {
    {"credentials refuse: nothing", "", "line 1, column 0: not JSON"},
    {"credentials refuse: a secret that is no JSON", "{\"AccessKeySecret\":" SECRET "}",
     "line 1, column"},
    {"credentials refuse: a bare secret", "\"" SECRET "\"", "not JSON: "},
    {"credentials refuse: text behind", LIST("") " " SECRET, "not JSON: "},
    {"credentials refuse: a secret not closed", "{\"AccessKeySecret\":\"" SECRET, "line 1"},
    {"credentials refuse: not UTF-8", "{\"AccessKeySecret\":\"" SECRET "\xFF\"}", "line 1"},
    {"credentials refuse: NUL in a secret",
     LIST("{" ID("a") "\"AccessKeySecret\":\"" SECRET "\\u0000\"," POLICY "}"),
     "credential 1: AccessKeySecret has a zero byte"},
    {"credentials refuse: a member twice", "{\n\"" SECRET "\":1,\n\"" SECRET "\":2}",
     "line 3, column 8: not JSON: an object has a member twice"},
    {"credentials refuse: a secret twice", LIST("{" ID("a") KEY KEY POLICY "}"), "a member twice"},
    {"credentials refuse: an array", "[" ONE("a") "]", "array Credentials alone"},
    {"credentials refuse: no list", "{}", "array Credentials alone"},
    {"credentials refuse: no array", "{\"Credentials\":" ONE("a") "}", "array Credentials alone"},
    {"credentials refuse: more than the list", "{\"Credentials\":[],\"" SECRET "\":1}",
     "array Credentials alone"},
    {"credentials refuse: text in the list", LIST("\"" SECRET "\""), "credential 1: is not"},
    {"credentials refuse: no id", LIST("{" KEY POLICY "}"), "credential 1: AccessKeyId is missing"},
    {"credentials refuse: no secret", LIST("{" ID("a") POLICY "}"),
     "credential 1: AccessKeySecret is missing"},
    {"credentials refuse: no policy",
     LIST(ONE("a") ",{" ID("b") "\"AccessKeySecret\":\"" SECRET "\"}"),
     "credential 2: Policy is missing"},
    {"credentials refuse: an empty id", LIST(ONE("")), "AccessKeyId is not a string, or empty"},
    {"credentials refuse: an empty secret",
     LIST("{" ID("a") "\"AccessKeySecret\":\"\"," POLICY "}"),
     "AccessKeySecret is not a string, or empty"},
    {"credentials refuse: a secret that is a number",
     LIST("{" ID("a") "\"AccessKeySecret\":123456," POLICY "}"), "AccessKeySecret is not a string"},
    {"credentials refuse: an empty token",
     LIST("{" ID("a") KEY "\"SecurityToken\":\"\"," POLICY "}"),
     "SecurityToken is not a string, or empty"},
    {"credentials refuse: no token", LIST("{" ID("a") KEY "\"SecurityToken\":null," POLICY "}"),
     "SecurityToken is not a string, or empty"},
    {"credentials refuse: an id with a comma", LIST(ONE("a,b")), "no id can have"},
    {"credentials refuse: an id with a space", LIST(ONE("a b")), "no id can have"},
    {"credentials refuse: an id not ASCII", LIST(ONE("\xC3\xA9")), "no id can have"},
    {"credentials refuse: an id of 129", LIST(ONE(SIXTY SIXTY "012345678")), "over 128"},
    {"credentials refuse: an unknown member", LIST("{" ID("a") KEY "\"" SECRET "\":1," POLICY "}"),
     "a member that is not known"},
    {"credentials refuse: the policy's fault",
     LIST(ONE("b") ",{" ID("a") KEY
          "\"Policy\":{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"" SECRET "\"}]}}"),
     "credential 2: Policy: statement 1: Effect is neither"},
    {"credentials refuse: a secret as an action",
     LIST("{" ID("a") KEY "\"Policy\":{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\","
                          "\"Action\":\"" SECRET "\",\"Resource\":\"*\"}]}}"),
     "credential 1: Policy: statement 1: an Action"},
    {"credentials refuse: an id twice", LIST(ONE("a") "," ONE("b") "," ONE("a")),
     "two credentials have one AccessKeyId"},
};

static void test_refused(void **state)
{
    const struct refused *row = *state;
    kv_error error = KV_ERROR_INIT;

    parse(row->text, KV_INVALID, &error);
    assert_int_equal(error.status, KV_INVALID);
    if (strstr(error.message, row->message) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, row->message);
    if (strstr(error.message, SECRET) != NULL)
        fail_msg("\"%s\" tells a secret", error.message);
    parse(row->text, KV_INVALID, NULL);
}

static void test_longest_id(void **state)
{
    (void)state;
    kvi_credentials_release(parse(LIST(ONE(SIXTY SIXTY "01234567")), KV_OK, NULL));
}

/* ---- Memory: what goes back to malloc() is watched where no sanitizer does that already */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define CAN_WATCH 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CAN_WATCH 0
#endif
#endif
#ifndef CAN_WATCH
#define CAN_WATCH 1
void __libc_free(void *memory);

static _Atomic bool watching;
static _Atomic size_t secrets_seen;

__attribute__((visibility("default"), used)) void free(void *memory)
{
    if (watching && memory != NULL && malloc_usable_size(memory) >= sizeof(SECRET) - 1)
        secrets_seen += memcmp(memory, SECRET, sizeof(SECRET) - 1) == 0;
    __libc_free(memory);
}
#endif

static void test_wiped_table(void **state)
{
    (void)state;
#if CAN_WATCH
    kvi_credentials *credentials = parse(LIST(ONE("a") "," ONE("b")), KV_OK, NULL);
    secrets_seen = 0;
    watching = true;
    kvi_credentials_release(credentials);
    watching = false;
    assert_int_equal(secrets_seen, 0);
    watching = true;
    free(strdup(SECRET)); /* It does watch. */
    watching = false;
    assert_int_equal(secrets_seen, 1);
#else
    skip_because("a sanitizer has free() itself");
#endif
}

static void test_no_memory(void **state)
{
    static const char text[] = LIST(ONE("a") "," ONE("b"));
    kv_status status = KV_NO_MEMORY;
    int64_t tries = 0;

    (void)state;
    skip_without_memory_faults();
    for (; status != KV_OK; tries++) {
        kvi_credentials *credentials = NULL;

        memory_fail_after(tries);
        status = kvi_credentials_parse(text, sizeof(text) - 1, &credentials, NULL);
        memory_fail_after(-1);
        assert_true(status == KV_OK || (status == KV_NO_MEMORY && memory_failed() == 1));
        assert_true((credentials != NULL) == (status == KV_OK));
        kvi_credentials_release(credentials);
    }
    assert_true(tries > 10);
}

/* Of what is refused halfway, nothing goes back with a secret in it. */
static void test_wiped_refused(void **state)
{
    (void)state;
#if CAN_WATCH
    secrets_seen = 0;
    watching = true;
    parse(LIST(ONE("a") ",{" ID("b") KEY "\"Policy\":[[\"" SECRET "\"]]}"), KV_INVALID, NULL);
    watching = false;
    assert_int_equal(secrets_seen, 0);
#else
    skip_because("a sanitizer has free() itself");
#endif
}

/* ---- Threads hold and let go of a table that is replaced meanwhile */

static void *hold_run(void *context)
{
    kvi_credentials *credentials = context;

    for (int i = 0; i < 2000; i++) {
        kvi_credentials *held = kvi_credentials_hold(credentials);
        const kvi_credential *one = find(held, "a");
        bool is_good = one != NULL && memcmp(one->secret.data, SECRET, one->secret.size) == 0;
        kvi_credentials_release(held);
        if (!is_good)
            return "not found";
    }
    kvi_credentials_release(credentials);
    return NULL;
}

static void test_threads(void **state)
{
    kvi_credentials *credentials = parse(LIST(ONE("a")), KV_OK, NULL);
    pthread_t threads[3];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, hold_run, kvi_credentials_hold(credentials)), 0);
    kvi_credentials_release(credentials);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *said = NULL;
        assert_int_equal(pthread_join(threads[i], &said), 0);
        assert_null(said);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("credentials: read and found", test_read),
        TEST("credentials: nobody", test_nobody),
        TEST("credentials: many", test_many),
        TEST("credentials: the longest id", test_longest_id),
        TEST("credentials: no memory", test_no_memory),
        TEST("credentials: what is refused is wiped", test_wiped_refused),
        TEST("credentials: the table is wiped", test_wiped_table),
        TEST("credentials: threads", test_threads),
    };

    run_tests(tests);
    run_rows(refused, test_refused, NULL, NULL);
    return run_all("edge_credentials");
}
