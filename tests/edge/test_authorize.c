/* Whether a request may: the order in which it is judged, what is known of it afterwards, and what
 * a refusal leaves behind. The requests are recorded ones; each comes from a program of its own. */
#include "edge/authorize.h"

#include "edge/text.h"
#include "support/run.h"
#include "support/recorded.h"
#include "support/request_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/count.h"

#define POLICY(effect, action)                                                                     \
    "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"" effect "\",\"Action\":\"" action            \
    "\",\"Resource\":\"*\"}]}"
#define KEY(id, secret, more, policy)                                                              \
    "{\"Credentials\":[{\"AccessKeyId\":\"" id "\",\"AccessKeySecret\":\"" secret "\"," more       \
    "\"Policy\":" policy "}]}"
#define GOOD_KEY KEY("testid", "testsecret", "", POLICY("Allow", "*"))

/* A service without a store: authorization asks for a clock and for nonces. */
struct service {
    kv_edge edge;
    int64_t now;
};

static int64_t service_now(void *ctx)
{
    return *(int64_t *)ctx;
}

static void service_open(struct service *service, const char *credentials, uint32_t nonces_max)
{
    *service = (struct service){.now = RECORDED_TIME};
    service->edge.clock = service_now;
    service->edge.clock_ctx = &service->now;
    service->edge.nonces = kvi_nonces_create(nonces_max);
    assert_non_null(service->edge.nonces);
    assert_int_equal(
        kvi_credentials_parse(credentials, strlen(credentials), &service->edge.credentials, NULL),
        KV_OK);
}

static void service_close(struct service *service)
{
    kvi_nonces_free(service->edge.nonces);
    kvi_credentials_release(service->edge.credentials);
}

/* One request, from its text to the verdict on it. */
struct attempt {
    struct request_text request;
    char *query, *body;
    kvi_form form;
    kvi_answer answer;
    kvi_authorization judged;
};

static char *copy_of(kv_slice slice)
{
    char *copy = malloc(slice.size + 1);

    assert_non_null(copy);
    if (slice.size > 0)
        memcpy(copy, slice.data, slice.size);
    copy[slice.size] = '\0';
    return copy;
}

static void attempt_begin(struct attempt *attempt, struct service *service, const char *text)
{
    *attempt = (struct attempt){.query = NULL};
    assert_true(request_text_read(text, strlen(text), &attempt->request));
    attempt->query = copy_of(attempt->request.query);
    attempt->body = copy_of(attempt->request.body);
    assert_int_equal(kvi_form_add(&attempt->form, attempt->query, attempt->request.query.size),
                     KV_OK);
    kvi_answer_begin(&attempt->answer);
    attempt->judged = (kvi_authorization){
        .edge = &service->edge,
        .credentials = service->edge.credentials,
        .method = kvi_text_is(attempt->request.head.method, "GET") ? "GET" : "POST",
        .form = &attempt->form,
        .answer = &attempt->answer};
}

static void attempt_end(struct attempt *attempt)
{
    kvi_answer_free(&attempt->answer);
    free(attempt->query);
    free(attempt->body);
}

/* Judge a recorded request as a service would. */
static void attempt_judge(struct attempt *attempt)
{
    if (kvi_claim_is_v3(&attempt->request.head)) {
        kvi_authorize_v3(&attempt->judged, &attempt->request.head);
        return;
    }
    assert_int_equal(kvi_form_add(&attempt->form, attempt->body, attempt->request.body.size),
                     KV_OK);
    kvi_authorize_v1(&attempt->judged);
}

/* Its Code, "" for none; *is_known_out: the key id and the operation are told to a log. */
static const char *judge(struct service *service, const char *text, bool *is_known_out)
{
    static const char none[] = "";
    struct attempt attempt;
    const char *code = NULL;

    attempt_begin(&attempt, service, text);
    attempt_judge(&attempt);
    code = attempt.answer.code == NULL ? none : attempt.answer.code;
    *is_known_out =
        strcmp(attempt.judged.key_id, RECORDED_KEY_ID) == 0 && attempt.judged.operation != NULL;
    assert_true(*is_known_out || attempt.judged.operation == NULL);
    attempt_end(&attempt);
    return code; /* Static. */
}

/* ---- In order */

#define INVALID_TOKEN "Unauthorized.InvalidToken"

static const struct row {
    const char *name;
    const char *credentials;
    int64_t late_s;
    const char *code; /* Of a first attempt. */
    bool is_known;    /* Who and what are known then. */
    bool is_used_up;  /* The nonce is taken: the same request is refused for that, for good. */
} rows[] = {
    {"authorize: good", GOOD_KEY, 0, "", true, true},
    {"authorize: good, at the last moment", GOOD_KEY, KVI_SIGNATURE_SKEW_S, "", true, true},
    {"authorize: too late", GOOD_KEY, KVI_SIGNATURE_SKEW_S + 2, "Unauthorized.InvalidTime", false,
     false},
    {"authorize: too early", GOOD_KEY, -KVI_SIGNATURE_SKEW_S - 1, "Unauthorized.InvalidTime", false,
     false},
    {"authorize: the time comes before the key",
     KEY("other", "testsecret", "", POLICY("Allow", "*")), KVI_SIGNATURE_SKEW_S + 2,
     "Unauthorized.InvalidTime", false, false},
    {"authorize: an unknown key", KEY("other", "testsecret", "", POLICY("Allow", "*")), 0,
     INVALID_TOKEN, false, false},
    {"authorize: another secret", KEY("testid", "testsecreT", "", POLICY("Allow", "*")), 0,
     INVALID_TOKEN, false, false},
    {"authorize: the secret comes before the policy",
     KEY("testid", "testsecreT", "", POLICY("Deny", "*")), 0, INVALID_TOKEN, false, false},
    {"authorize: a token is asked for",
     KEY("testid", "testsecret", "\"SecurityToken\":\"token\",", POLICY("Allow", "*")), 0,
     INVALID_TOKEN, false, false},
    {"authorize: the policy denies", KEY("testid", "testsecret", "", POLICY("Deny", "*")), 0,
     "Forbidden", true, true},
    {"authorize: the policy is silent", KEY("testid", "testsecret", "", POLICY("Allow", "kv:*")), 0,
     "Forbidden", true, true},
};

static void test_row(void **state)
{
    const struct row *row = *state;

    for (const struct recorded *request = recorded_requests; request->name != NULL; request++) {
        struct service service;
        kvi_credentials *given = NULL;
        bool is_known = false;

        if (strstr(request->name, "STS") != NULL) /* It carries a token, which these keys lack. */
            continue;
        service_open(&service, row->credentials, 16);
        service.now += row->late_s;
        assert_string_equal(judge(&service, request->text, &is_known), row->code);
        assert_int_equal(is_known, row->is_known);
        /* The same again, now with everything right: only a used nonce stands in the way. */
        given = service.edge.credentials;
        assert_int_equal(
            kvi_credentials_parse(GOOD_KEY, sizeof(GOOD_KEY) - 1, &service.edge.credentials, NULL),
            KV_OK);
        kvi_credentials_release(given);
        service.now = RECORDED_TIME;
        assert_string_equal(judge(&service, request->text, &is_known),
                            row->is_used_up ? INVALID_TOKEN : "");
        service_close(&service);
    }
}

/* A table of one nonce is full after one request: the next one is told to come again. */
static void test_nonces_full(void **state)
{
    struct service service;
    bool is_known = false;

    (void)state;
    service_open(&service, GOOD_KEY, 1);
    assert_string_equal(judge(&service, recorded_requests[0].text, &is_known), "");
    assert_string_equal(judge(&service, recorded_requests[1].text, &is_known), "ServiceBusy");
    assert_false(is_known);
    service_close(&service);
}

/* ---- The body of a V3 request */

static void test_body(void **state)
{
    static const struct {
        const char *more, *code;
    } bodies[] = {{"", ""}, {"x", INVALID_TOKEN}};
    struct service service;
    struct attempt attempt;

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        kvi_hash *hash = kvi_hash_begin(KVI_SHA256);

        service_open(&service, GOOD_KEY, 16);
        attempt_begin(&attempt, &service, recorded_requests[0].text);
        attempt_judge(&attempt);
        kvi_hash_add(hash, attempt.request.body.data, attempt.request.body.size);
        kvi_hash_add(hash, bodies[i].more, strlen(bodies[i].more));
        kvi_authorize_body(&attempt.judged, hash);
        assert_string_equal(attempt.answer.code == NULL ? "" : attempt.answer.code, bodies[i].code);
        attempt_end(&attempt);
        service_close(&service);
    }
    service_open(&service, GOOD_KEY, 16);
    attempt_begin(&attempt, &service, recorded_requests[0].text);
    kvi_authorize_body(&attempt.judged, NULL); /* There was no memory to hash it. */
    assert_string_equal(attempt.answer.code, "OutOfMemory");
    attempt_end(&attempt);
    service_close(&service);
}

/* ---- With no auth */

static const struct anyone {
    const char *name;
    const char *version, *action; /* Headers. */
    const char *target;           /* With the query. */
    const char *code, *operation;
} anyones[] = {
    {"anyone: by headers", "2018-01-15", "PutDcdnKv", "/", "", "PutDcdnKv"},
    {"anyone: by the query", "", "", "/?Version=2024-09-10&Action=PutKv", "", "PutKv"},
    {"anyone: one by each", "2024-09-10", "", "/?Action=PutKv&Version=2018-01-15", "", "PutKv"},
    {"anyone: headers win", "2018-01-15", "PutDcdnKv", "/?Version=2024-09-10&Action=PutKv", "",
     "PutDcdnKv"},
    {"anyone: no action", "2018-01-15", "", "/", "MissingParameter", NULL},
    {"anyone: no version", "", "PutDcdnKv", "/", "MissingParameter", NULL},
    {"anyone: an unknown version", "2018-01-14", "PutDcdnKv", "/", "NoSuchVersion", NULL},
    {"anyone: an unknown operation", "2018-01-15", "PutKv", "/", "UnsupportedOperation", NULL},
};

static void test_anyone(void **state)
{
    const struct anyone *row = *state;
    struct service service;
    struct attempt attempt;
    char text[128];

    (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\n\n", row->target);
    service_open(&service, GOOD_KEY, 1);
    attempt_begin(&attempt, &service, text);
    kvi_authorize_anyone(&attempt.judged, row->version, row->action);
    assert_string_equal(attempt.answer.code == NULL ? "" : attempt.answer.code, row->code);
    if (row->operation == NULL)
        assert_null(attempt.judged.operation);
    else
        assert_string_equal(attempt.judged.operation->name, row->operation);
    assert_string_equal(attempt.judged.key_id, "");
    attempt_end(&attempt);
    service_close(&service);
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        {"authorize: the nonces are full", test_nonces_full, NULL, NULL, NULL},
        {"authorize: the body", test_body, NULL, NULL, NULL},
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(anyones) + COUNT(single)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < COUNT(anyones); i++)
        tests[count++] = (struct CMUnitTest){anyones[i].name, test_anyone, NULL, NULL,
                                             (void *)(uintptr_t)&anyones[i]};
    for (size_t i = 0; i < COUNT(single); i++)
        tests[count++] = single[i];
    run_tests(tests);
    return run_all("edge_authorize");
}
