/* Requests as they come over the wire: which are refused, at which point, with which answer; and
 * that a refused one does nothing. */
#include "support/edge.h"
#include "support/recorded.h"
#include "support/request_text.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVALID_PARAMETERS 403, "Unauthorized.InvalidParameters"
#define INVALID_TIME 403, "Unauthorized.InvalidTime"
#define INVALID_TOKEN 403, "Unauthorized.InvalidToken"
#define FORBIDDEN 403, "Forbidden"
#define GOOD 200, ""
#define ANY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- One put, spoilt in one way */

static const struct spoilt {
    const char *name;
    enum edge_signing signing;
    struct edge_request change; /* What is set in it replaces the good request's. */
    int http;
    const char *code;
} spoilts[] = {
    {"V3: good", EDGE_V3, {0}, GOOD},
    {"V3: no host", EDGE_V3, {.leave_out = "host"}, INVALID_PARAMETERS},
    {"V3: no action", EDGE_V3, {.leave_out = "x-acs-action"}, INVALID_PARAMETERS},
    {"V3: no version", EDGE_V3, {.leave_out = "x-acs-version"}, INVALID_PARAMETERS},
    {"V3: no date", EDGE_V3, {.leave_out = "x-acs-date"}, INVALID_PARAMETERS},
    {"V3: no nonce", EDGE_V3, {.leave_out = "x-acs-signature-nonce"}, INVALID_PARAMETERS},
    {"V3: no hash", EDGE_V3, {.leave_out = "x-acs-content-sha256"}, INVALID_PARAMETERS},
    {"V3: host not signed", EDGE_V3, {.leave_unsigned = "host"}, INVALID_PARAMETERS},
    {"V3: content type not signed",
     EDGE_V3,
     {.leave_unsigned = "content-type"},
     INVALID_PARAMETERS},
    {"V3: action not signed", EDGE_V3, {.leave_unsigned = "x-acs-action"}, INVALID_PARAMETERS},
    {"V3: version not signed", EDGE_V3, {.leave_unsigned = "x-acs-version"}, INVALID_PARAMETERS},
    {"V3: date not signed", EDGE_V3, {.leave_unsigned = "x-acs-date"}, INVALID_PARAMETERS},
    {"V3: nonce not signed",
     EDGE_V3,
     {.leave_unsigned = "x-acs-signature-nonce"},
     INVALID_PARAMETERS},
    {"V3: hash not signed",
     EDGE_V3,
     {.leave_unsigned = "x-acs-content-sha256"},
     INVALID_PARAMETERS},
    {"V3: another x-acs header not signed",
     EDGE_V3,
     {.leave_unsigned = "x-acs-credentials-provider"},
     INVALID_PARAMETERS},
    {"V3: a header twice",
     EDGE_V3,
     {.extra = {{"x-acs-date", "2023-11-14T22:13:20Z"}}},
     INVALID_PARAMETERS},
    {"V3: other headers are no matter",
     EDGE_V3,
     {.extra = {{"accept", "*/*"}, {"x-other", "1"}}},
     GOOD},
    {"V3: time without Z", EDGE_V3, {.time = "2023-11-14T22:13:20"}, INVALID_PARAMETERS},
    {"V3: time empty", EDGE_V3, {.time = ""}, INVALID_PARAMETERS},
    {"V3: another algorithm",
     EDGE_V3,
     {.authorization = "ACS3-RSA-SHA256 Credential=testid"},
     INVALID_PARAMETERS},
    {"V3: authorization cut off",
     EDGE_V3,
     {.authorization = "ACS3-HMAC-SHA256 Credential=testid"},
     INVALID_PARAMETERS},
    {"V3: 900 s behind", EDGE_V3, {.time_shift = -900}, GOOD},
    {"V3: 901 s behind", EDGE_V3, {.time_shift = -901}, INVALID_TIME},
    {"V3: 900 s ahead", EDGE_V3, {.time_shift = 900}, GOOD},
    {"V3: 901 s ahead", EDGE_V3, {.time_shift = 901}, INVALID_TIME},
    {"V3: unknown key", EDGE_V3, {.key_id = "nobody"}, INVALID_TOKEN},
    {"V3: unknown key, no secret", EDGE_V3, {.key_id = "nobody", .secret = ""}, INVALID_TOKEN},
    {"V3: another secret", EDGE_V3, {.secret = "testsecre7"}, INVALID_TOKEN},
    {"V3: another signature", EDGE_V3, {.spoil_signature = true}, INVALID_TOKEN},
    {"V3: another body", EDGE_V3, {.spoil_body = true}, INVALID_TOKEN},
    {"V3: another body, byte by byte", EDGE_V3, {.spoil_body = true, .chunk = 1}, INVALID_TOKEN},
    {"V3: with the token", EDGE_V3, {.key_id = "temporary", .token = "token"}, GOOD},
    {"V3: without the token", EDGE_V3, {.key_id = "temporary"}, INVALID_TOKEN},
    {"V3: another token", EDGE_V3, {.key_id = "temporary", .token = "tokem"}, INVALID_TOKEN},
    {"V3: a token that is not asked for", EDGE_V3, {.token = "token"}, INVALID_TOKEN},
    {"V3: time comes before the key",
     EDGE_V3,
     {.time_shift = 901, .key_id = "nobody"},
     INVALID_TIME},
    {"V3: unknown operation", EDGE_V3, {.action = "PutKv"}, 400, "UnsupportedOperation"},
    {"V3: unknown version", EDGE_V3, {.version = "2018-01-16"}, 400, "NoSuchVersion"},
    {"V3: the key comes before the operation",
     EDGE_V3,
     {.action = "PutKv", .secret = "x"},
     INVALID_TOKEN},
    {"V3: reader may not put", EDGE_V3, {.key_id = "reader"}, FORBIDDEN},
    {"V3: writer may put", EDGE_V3, {.key_id = "writer"}, GOOD},
    {"V3: lister may not put", EDGE_V3, {.key_id = "lister"}, FORBIDDEN},
    {"V3: putter may put", EDGE_V3, {.key_id = "putter"}, GOOD},
    {"V3: putter may put in DCDN only",
     EDGE_V3,
     {.key_id = "putter", .version = EDGE_ESA, .action = "PutKv"},
     FORBIDDEN},
    {"V3: a denied key may put", EDGE_V3, {.key_id = "denied"}, GOOD},
    {"V3: but not what is denied",
     EDGE_V3,
     {.key_id = "denied", .action = "DeleteDcdnKv"},
     FORBIDDEN},

    {"V1: good", EDGE_V1, {0}, GOOD},
    {"V1: good, all in the form", EDGE_V1, {.all_in_form = true}, GOOD},
    {"V1: no key id", EDGE_V1, {.leave_out = "AccessKeyId"}, INVALID_PARAMETERS},
    {"V1: no signature", EDGE_V1, {.leave_out = "Signature"}, INVALID_PARAMETERS},
    {"V1: no signature in the form",
     EDGE_V1,
     {.leave_out = "Signature", .all_in_form = true},
     INVALID_PARAMETERS},
    {"V1: no method", EDGE_V1, {.leave_out = "SignatureMethod"}, INVALID_PARAMETERS},
    {"V1: no nonce", EDGE_V1, {.leave_out = "SignatureNonce"}, INVALID_PARAMETERS},
    {"V1: no signature version", EDGE_V1, {.leave_out = "SignatureVersion"}, INVALID_PARAMETERS},
    {"V1: no time", EDGE_V1, {.leave_out = "Timestamp"}, INVALID_PARAMETERS},
    {"V1: time malformed", EDGE_V1, {.time = "yesterday"}, INVALID_PARAMETERS},
    {"V1: no action", EDGE_V1, {.leave_out = "Action"}, 400, "MissingParameter"},
    {"V1: no version", EDGE_V1, {.leave_out = "Version"}, 400, "MissingParameter"},
    {"V1: 900 s behind", EDGE_V1, {.time_shift = -900}, GOOD},
    {"V1: 901 s behind", EDGE_V1, {.time_shift = -901}, INVALID_TIME},
    {"V1: 900 s ahead", EDGE_V1, {.time_shift = 900}, GOOD},
    {"V1: 901 s ahead", EDGE_V1, {.time_shift = 901}, INVALID_TIME},
    {"V1: unknown key", EDGE_V1, {.key_id = "nobody"}, INVALID_TOKEN},
    {"V1: another secret", EDGE_V1, {.secret = "testsecre7"}, INVALID_TOKEN},
    {"V1: another signature", EDGE_V1, {.spoil_signature = true}, INVALID_TOKEN},
    {"V1: another body", EDGE_V1, {.spoil_body = true}, INVALID_TOKEN},
    {"V1: with the token", EDGE_V1, {.key_id = "temporary", .token = "token"}, GOOD},
    {"V1: without the token", EDGE_V1, {.key_id = "temporary"}, INVALID_TOKEN},
    {"V1: another token", EDGE_V1, {.key_id = "temporary", .token = "other"}, INVALID_TOKEN},
    {"V1: unknown operation", EDGE_V1, {.action = "PutKv"}, 400, "UnsupportedOperation"},
    {"V1: unknown version", EDGE_V1, {.version = "1"}, 400, "NoSuchVersion"},
    {"V1: reader may not put", EDGE_V1, {.key_id = "reader"}, FORBIDDEN},
    {"V1: a denied key", EDGE_V1, {.key_id = "denied", .action = "DeleteDcdnKv"}, FORBIDDEN},

    {"neither", EDGE_UNSIGNED, {0}, INVALID_PARAMETERS},
    {"neither: another scheme",
     EDGE_UNSIGNED,
     {.extra = {{"Authorization", "Basic dGVzdGlkOnRlc3RzZWNyZXQ="}}},
     INVALID_PARAMETERS},

    {"head: another method", EDGE_V3, {.method = "PUT"}, 405, "UnsupportedHTTPMethod"},
    {"head: HEAD", EDGE_V3, {.method = "HEAD"}, 405, "UnsupportedHTTPMethod"},
    {"head: a method in lower case", EDGE_V3, {.method = "post"}, 405, "UnsupportedHTTPMethod"},
    {"head: a method that begins so", EDGE_V3, {.method = "POSTMAN"}, 405, "UnsupportedHTTPMethod"},
    {"head: another path", EDGE_V3, {.path = "/kv"}, 404, "InvalidPath.NotFound"},
    {"head: the path of a file", EDGE_V3, {.path = "//"}, 404, "InvalidPath.NotFound"},
    {"query: half a byte", EDGE_V3, {.query = "Key=%2"}, 400, "Invalid.Parameter"},
    {"query: a name twice", EDGE_V3, {.query = "Key=a&Key=b"}, 400, "Invalid.Parameter"},
    {"body: half a byte", EDGE_V3, {.form = "Value=%"}, 400, "Invalid.Parameter"},
    {"body: JSON", EDGE_V3, {.content_type = "application/json"}, 400, "Invalid.Parameter"},
    {"body: a type that begins so",
     EDGE_V3,
     {.content_type = "application/x-www-form-urlencoded2"},
     400,
     "Invalid.Parameter"},
    {"body: a charset",
     EDGE_V3,
     {.content_type = "Application/X-WWW-Form-Urlencoded; charset=UTF-8"},
     GOOD},
    {"body: no type", EDGE_V3, {.leave_out = "content-type"}, GOOD},
    {"body: in pieces", EDGE_V3, {.chunk = 3}, GOOD},
};

#define TAKE(member)                                                                               \
    if (change->member)                                                                            \
    request.member = change->member

static struct edge_request spoil(const struct spoilt *row)
{
    const struct edge_request *change = &row->change;
    struct edge_request request =
        edge_request(EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=value");

    request.signing = row->signing;
    TAKE(version);
    TAKE(action);
    TAKE(method);
    TAKE(path);
    TAKE(query);
    TAKE(form);
    TAKE(all_in_form);
    TAKE(key_id);
    TAKE(secret);
    TAKE(token);
    TAKE(nonce);
    TAKE(time_shift);
    TAKE(time);
    TAKE(content_type);
    TAKE(leave_out);
    TAKE(leave_unsigned);
    TAKE(authorization);
    TAKE(spoil_body);
    TAKE(spoil_signature);
    TAKE(chunk);
    memcpy(request.extra, change->extra, sizeof(request.extra));
    return request;
}

static void test_spoilt(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct spoilt *row = fixture->store.row;
    struct edge_request request = spoil(row);
    struct edge_answer answer = edge_send(fixture, &request);

    edge_check(&answer, row->http, row->code, NULL);
    /* The log hears of a key only when its signature held. */
    if (row->http == 200 || strcmp(row->code, "Forbidden") == 0)
        assert_string_equal(answer.key_id, request.key_id);
    else if (strcmp(row->code, "Unauthorized.InvalidToken") != 0 && row->http == 403)
        assert_string_equal(answer.key_id, "");
    if (row->http == 200)
        fixture_expect(&fixture->store, "k", "value");
    else
        fixture_expect_absent(&fixture->store, "k");
    edge_answer_free(&answer);
}

/* ---- Each key may do what its policy says */

static const struct allowed {
    const char *name, *key_id;
    int reads, writes, lists; /* Statuses. */
} allowed[] = {
    {"policy: testid", "testid", 200, 200, 200}, {"policy: reader", "reader", 200, 403, 403},
    {"policy: writer", "writer", 403, 200, 403}, {"policy: lister", "lister", 403, 403, 200},
    {"policy: putter", "putter", 403, 403, 403},
};

static void expect_status(struct edge_fixture *fixture, const char *key_id, const char *version,
                          const char *action, int http)
{
    struct edge_request request = edge_request(version, action, "Namespace=main&Key=k", NULL);

    request.key_id = key_id;
    edge_expect(fixture, &request, http, http == 200 ? "" : "Forbidden", NULL);
}

static void test_allowed(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct allowed *row = fixture->store.row;

    (void)fixture_put(&fixture->store, "k", "value");
    expect_status(fixture, row->key_id, EDGE_DCDN, "GetDcdnKv", row->reads);
    expect_status(fixture, row->key_id, EDGE_ESA, "GetKv", row->reads);
    expect_status(fixture, row->key_id, EDGE_OWN, "DescribeKvKey", row->reads);
    expect_status(fixture, row->key_id, EDGE_DCDN, "ListDcdnKv", row->lists);
    expect_status(fixture, row->key_id, EDGE_OWN, "ListKvChanges", row->lists);
    expect_status(fixture, row->key_id, EDGE_DCDN, "DeleteDcdnKv", row->writes);
    expect_status(fixture, row->key_id, EDGE_ESA, "DeleteKv", row->writes);
}

/* ---- Before the body */

static void begin_only(struct edge_fixture *fixture, const struct edge_header *headers,
                       size_t count, const char *target, int want)
{
    kv_edge_header lines[4];
    kv_edge_head head = {{"POST", 4}, {target, strlen(target)}, lines, count};
    kv_edge_request *request = NULL;

    for (size_t i = 0; i < count; i++) {
        lines[i].name = (kv_slice){headers[i].name, strlen(headers[i].name)};
        lines[i].value = (kv_slice){headers[i].value, strlen(headers[i].value)};
    }
    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    assert_int_equal(kv_edge_body(request, "", 0), want);
    assert_int_equal(kv_edge_body(request, "a", 1), want);
    kv_edge_end(request); /* Not finished: does nothing. */
}

/* No body is read for what the head refuses; for V1 it must be. */
static void test_refused_at_the_head(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_header v3[] = {{"Authorization", "ACS3-HMAC-SHA256 Credential=testid"}};

    begin_only(fixture, v3, 1, "/", 0);
    begin_only(fixture, NULL, 0, "/?Signature=x", 1);
    begin_only(fixture, NULL, 0, "/", 1);
    begin_only(fixture, NULL, 0, "/other", 0);
}

static void test_unfinished_does_nothing(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_header headers[] = {{"x-acs-action", "PutDcdnKv"}, {"x-acs-version", EDGE_DCDN}};
    kv_edge_header lines[2];
    kv_edge_head head = {{"GET", 3}, {"/?Namespace=main&Key=k&Value=v", 30}, lines, 2};
    kv_edge_request *request = NULL;

    for (size_t i = 0; i < 2; i++) {
        lines[i].name = (kv_slice){headers[i].name, strlen(headers[i].name)};
        lines[i].value = (kv_slice){headers[i].value, strlen(headers[i].value)};
    }
    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    kv_edge_end(request);
    fixture_expect_absent(&fixture->store, "k");
    kv_edge_end(NULL);
}

/* A second finish answers the same and does nothing. */
static void test_finished_twice(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_edge_header lines[] = {{{"X-Acs-Action", 12}, {"PutDcdnKv", 9}},
                              {{"X-Acs-Version", 13}, {EDGE_DCDN, 10}}};
    kv_edge_head head = {{"GET", 3}, {"/?Namespace=main&Key=k&Value=v", 30}, lines, 2};
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;
    kv_edge_answer again = KV_EDGE_ANSWER_INIT;
    struct {
        size_t size;
        int32_t http;
        uint32_t behind;
    } small = {12, 0, 7};

    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    kv_edge_finish(request, &answer);
    assert_int_equal(answer.http, 200);
    assert_true(answer.store_us < 60000000);
    assert_status(kv_delete(fixture->store.db, fixture->store.ns, "k", 1, NULL), KV_OK);
    kv_edge_finish(request, &again);
    assert_int_equal(kv_edge_body(request, "a", 1), 0);
    assert_memory_equal(&answer, &again, sizeof(answer));
    fixture_expect_absent(&fixture->store, "k");
    kv_edge_finish(request, (kv_edge_answer *)&small); /* An older caller's. */
    assert_int_equal(small.http, 200);
    assert_int_equal(small.behind, 7);
    kv_edge_end(request);
}

/* ---- Nonces */

static void test_nonce(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    enum edge_signing signings[] = {EDGE_V3, EDGE_V1};

    (void)fixture_put(&fixture->store, "k", "value");
    for (size_t i = 0; i < COUNT(signings); i++) {
        char nonce[8] = {'n', (char)('0' + i), 0};

        get.signing = signings[i];
        get.nonce = nonce;
        get.spoil_signature = true;
        edge_expect(fixture, &get, INVALID_TOKEN, NULL);
        get.spoil_signature = false;
        edge_expect(fixture, &get, GOOD, NULL); /* A wrong signature takes no nonce. */
        edge_expect(fixture, &get, INVALID_TOKEN, NULL);
        get.time_shift = 900; /* A new time stamp does not make it new. */
        edge_expect(fixture, &get, INVALID_TOKEN, NULL);
        get.time_shift = 0;
        get.key_id = "reader"; /* It is another's. */
        edge_expect(fixture, &get, GOOD, NULL);
        get.key_id = "testid";
    }
}

/* As long as its time stamp could be sent again. */
static void test_nonce_is_kept(void **state)
{
    char stamp[24];
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);

    (void)fixture_put(&fixture->store, "k", "value");
    get.nonce = "n";
    get.time = stamp;
    edge_time(FAKE_CLOCK_START + 900, stamp);
    edge_expect(fixture, &get, GOOD, NULL);
    fixture_advance(&fixture->store, 1800);
    edge_expect(fixture, &get, INVALID_TOKEN, NULL);
    fixture_advance(&fixture->store, 1);
    edge_expect(fixture, &get, INVALID_TIME, NULL);
    get.time = NULL;
    edge_expect(fixture, &get, GOOD, NULL); /* Forgotten, and no replay. */
}

static void test_nonces_full(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);

    (void)fixture_put(&fixture->store, "k", "value");
    fixture->options.nonces_max = 3;
    edge_reopen(fixture);
    for (int i = 0; i < 3; i++)
        edge_expect(fixture, &get, GOOD, NULL);
    edge_expect(fixture, &get, 503, "ServiceBusy", NULL);
    get.spoil_signature = true;
    edge_expect(fixture, &get, INVALID_TOKEN, NULL);
    get.spoil_signature = false;
    fixture_advance(&fixture->store, 901);
    edge_expect(fixture, &get, GOOD, NULL);
}

/* ---- Bodies */

static void test_body_too_large(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request put =
        edge_request(EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=");
    char *body = malloc(KV_EDGE_FORM_SIZE_MAX + 2);

    assert_non_null(body);
    memset(body, 'a', KV_EDGE_FORM_SIZE_MAX + 1);
    memcpy(body, "Value=1&Other=", 14);
    put.form = body;
    put.form_size = KV_EDGE_FORM_SIZE_MAX;
    put.chunk = 1 << 16;
    edge_expect(fixture, &put, GOOD, "{\"Value\":\"1\"}");
    put.form_size++;
    edge_expect(fixture, &put, 413, "InvalidBody.ExceedsMaximum", NULL);
    put.chunk = 0;
    edge_expect(fixture, &put, 413, "InvalidBody.ExceedsMaximum", NULL);
    free(body);
}

/* Bodies share a bound; those of strangers its first half. */
static void test_body_room(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request put =
        edge_request(EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=");
    char *body = malloc(100001);

    assert_non_null(body);
    memset(body, 'a', 100000);
    memcpy(body, "Value=", 6);
    put.form = body;
    put.form_size = 100000;
    fixture->options.body_bytes_max = 200000;
    edge_reopen(fixture);
    edge_expect(fixture, &put, GOOD, "{\"Length\":99994}");
    put.signing = EDGE_V1;
    edge_expect(fixture, &put, 503, "ServiceBusy", NULL);
    put.form_size = 50000;
    for (int i = 0; i < 20; i++) /* Room comes back. */
        edge_expect(fixture, &put, GOOD, NULL);
    put.signing = EDGE_V3;
    put.form_size = 100000;
    fixture->options.body_bytes_max = 100000;
    edge_reopen(fixture);
    edge_expect(fixture, &put, 503, "ServiceBusy", NULL);
    free(body);
}

static void test_too_many_parameters(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", NULL, NULL);
    char query[1024] = "Namespace=main&Key=k";

    (void)fixture_put(&fixture->store, "k", "value");
    for (int i = 2; i < 64; i++)
        (void)snprintf(query + strlen(query), sizeof(query) - strlen(query), "&p%d", i);
    get.query = query;
    edge_expect(fixture, &get, GOOD, NULL);
    (void)snprintf(query + strlen(query), sizeof(query) - strlen(query), "&p64");
    edge_expect(fixture, &get, 400, "Invalid.Parameter", NULL);
}

/* ---- Without auth */

static void test_open(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_answer answer;
    struct edge_header wrong[] = {
        {"Authorization", "ACS3-HMAC-SHA256 Credential=who,SignedHeaders=host,Signature=00"},
        {"x-acs-action", "GetDcdnKv"},
        {"x-acs-version", EDGE_DCDN},
        {"x-acs-content-sha256", ANY_HASH}};

    (void)fixture_put(&fixture->store, "k", "value");
    answer = edge_send_raw(fixture->edge, "GET",
                           "/?Action=GetDcdnKv&Version=2018-01-15&Namespace=main&Key=k", NULL, 0,
                           NULL, 0, 0);
    edge_check(&answer, GOOD, "{\"Value\":\"value\"}");
    assert_string_equal(answer.key_id, "");
    edge_answer_free(&answer);
    answer = edge_send_raw(fixture->edge, "POST", "/", wrong, COUNT(wrong), "Namespace=main&Key=k",
                           20, 1);
    edge_check(&answer, GOOD, "{\"Value\":\"value\"}");
    edge_answer_free(&answer);
    answer = edge_send_raw(fixture->edge, "POST", "/", NULL, 0, "Action=GetDcdnKv&Namespace=main",
                           31, 0);
    edge_check(&answer, 400, "MissingParameter", "{\"HostId\":\"localhost\"}");
    edge_answer_free(&answer);
    answer = edge_send_raw(fixture->edge, "GET", "/", NULL, 0, NULL, 0, 0);
    edge_check(&answer, 400, "MissingParameter", NULL);
    edge_answer_free(&answer);
}

/* ---- What the service's own clients sent, to the letter */

static void send_recorded(kv_edge *edge, const struct recorded *row)
{
    struct request_text text;
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;

    assert_true(request_text_read(row->text, strlen(row->text), &text));
    assert_status(kv_edge_begin(edge, &text.head, &request), KV_OK);
    (void)kv_edge_body(request, text.body.data, text.body.size);
    kv_edge_finish(request, &answer);
    /* It was let in; what became of it depends on what is in the store. */
    if (answer.http == 403 || answer.key_id.size != strlen(RECORDED_KEY_ID))
        fail_msg("%s: %.*s", row->name, (int)answer.body.size, (const char *)answer.body.data);
    assert_memory_equal(answer.key_id.data, RECORDED_KEY_ID, answer.key_id.size);
    kv_edge_end(request);
}

static void test_recorded(void **state)
{
    static const char with_token[] =
        "{\"Credentials\":[{\"AccessKeyId\":\"" RECORDED_KEY_ID "\",\"AccessKeySecret\":"
        "\"" RECORDED_SECRET "\",\"SecurityToken\":\"sts-token\",\"Policy\":{\"Version\":\"1\","
        "\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}}]}";
    struct edge_fixture *fixture = *state;

    atomic_store(&fixture->store.clock.now, RECORDED_TIME);
    for (const struct recorded *row = recorded_requests; row->name != NULL; row++) {
        bool has_token = strstr(row->text, "sts-token") != NULL;

        assert_status(
            kv_edge_credentials_set(fixture->edge, has_token ? with_token : edge_credentials,
                                    strlen(has_token ? with_token : edge_credentials), NULL),
            KV_OK);
        send_recorded(fixture->edge, row);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EDGE_TEST("refused at the head", test_refused_at_the_head),
        EDGE_OPEN_TEST("unfinished: does nothing", test_unfinished_does_nothing),
        EDGE_OPEN_TEST("finished twice", test_finished_twice),
        EDGE_TEST("nonce: once for each key", test_nonce),
        EDGE_TEST("nonce: kept as long as its time stamp", test_nonce_is_kept),
        EDGE_TEST("nonces: full", test_nonces_full),
        EDGE_TEST("body: at the limit and one over", test_body_too_large),
        EDGE_TEST("body: room for all", test_body_room),
        EDGE_TEST("query: 64 parameters and 65", test_too_many_parameters),
        EDGE_OPEN_TEST("no auth", test_open),
        EDGE_TEST("recorded requests", test_recorded),
    };

    run_tests(tests);
    run_rows(spoilts, test_spoilt, edge_setup, edge_teardown);
    run_rows(allowed, test_allowed, edge_setup, edge_teardown);
    return run_all("edge_request");
}
