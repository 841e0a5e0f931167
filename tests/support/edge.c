#include "support/edge.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define POLICY(statement) "{\"Version\":\"1\",\"Statement\":[" statement "]}"
#define ALLOW(action) "{\"Effect\":\"Allow\",\"Action\":" action ",\"Resource\":\"*\"}"
#define DENY(action) "{\"Effect\":\"Deny\",\"Action\":" action ",\"Resource\":\"*\"}"
#define KEY(id, more, policy)                                                                      \
    "{\"AccessKeyId\":\"" id "\",\"AccessKeySecret\":\"" EDGE_SECRET "\"," more                    \
    "\"Policy\":" policy "}"

#define TESTID KEY("testid", "", POLICY(ALLOW("[\"dcdn:*\",\"esa:*\",\"kv:*\"]")))
#define READER KEY("reader", "", POLICY(ALLOW("\"read\"")))
#define WRITER KEY("writer", "", POLICY(ALLOW("\"write\"")))
#define LISTER KEY("lister", "", POLICY(ALLOW("\"list\"")))
#define PUTTER KEY("putter", "", POLICY(ALLOW("\"dcdn:PutDcdnKv\"")))
#define DENIED KEY("denied", "", POLICY(ALLOW("\"*\"") "," DENY("\"dcdn:DeleteDcdnKv\"")))
#define TEMPORARY KEY("temporary", "\"SecurityToken\":\"token\",", POLICY(ALLOW("\"*\"")))

const char edge_credentials[] = "{\"Credentials\":[" TESTID "," READER "," WRITER "," LISTER
                                "," PUTTER "," DENIED "," TEMPORARY "]}";

/* ---- Text that grows */

struct text {
    char *data;
    size_t size, capacity;
};

static void text_add(struct text *text, const void *data, size_t size)
{
    if (text->size + size >= text->capacity) {
        text->capacity = 2 * (text->size + size) + 64;
        text->data = realloc(text->data, text->capacity);
        assert_non_null(text->data);
    }
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

static void text_put(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

static void text_encode(struct text *text, const void *data, size_t size)
{
    const unsigned char *p = data;

    for (size_t i = 0; i < size; i++) {
        char out[4];

        if (isalnum(p[i]) || strchr("-_.~", p[i] == 0 ? 'x' : p[i]) != NULL) {
            if (p[i] != 0) {
                text_add(text, &p[i], 1);
                continue;
            }
        }
        (void)snprintf(out, sizeof(out), "%%%02X", p[i]);
        text_put(text, out);
    }
}

char *edge_encode(const void *data, size_t size)
{
    struct text text = {0};

    text_encode(&text, data, size);
    text_add(&text, "", 0);
    return text.data;
}

/* ---- Signing */

static void hex(const unsigned char *bytes, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++)
        (void)sprintf(out + 2 * i, "%02x", bytes[i]);
}

static void sha256_hex(const void *data, size_t size, char out[65])
{
    unsigned char digest[32];

    assert_int_equal(EVP_Digest(data, size, digest, NULL, EVP_sha256(), NULL), 1);
    hex(digest, sizeof(digest), out);
}

/* A parameter: both parts as canonical text. */
struct pair {
    struct text name, value;
};

struct pairs {
    struct pair items[96];
    size_t count;
};

static int nibble(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decode what stands up to one of the ends, and encode it strictly. */
static const char *pairs_part(struct text *out, const char *from, const char *to, char end)
{
    struct text decoded = {0};

    while (from < to && *from != '&' && *from != end) {
        char c = *from == '+' ? ' ' : *from;

        if (c == '%' && to - from > 2) {
            c = (char)(nibble(from[1]) * 16 + nibble(from[2]));
            from += 2;
        }
        text_add(&decoded, &c, 1);
        from++;
    }
    text_encode(out, decoded.data, decoded.size);
    text_add(out, "", 0);
    free(decoded.data);
    return from;
}

static void pairs_add(struct pairs *pairs, const char *encoded, size_t size)
{
    const char *from = encoded;
    const char *to = size == 0 ? encoded : encoded + size;

    while (from < to) {
        struct pair *pair = &pairs->items[pairs->count];

        if (*from == '&') {
            from++;
            continue;
        }
        if (pairs->count == COUNT(pairs->items))
            return; /* More than the service takes: no signature is right. */
        *pair = (struct pair){0};
        from = pairs_part(&pair->name, from, to, '=');
        text_add(&pair->value, "", 0);
        if (from < to && *from == '=')
            from = pairs_part(&pair->value, from + 1, to, '&');
        pairs->count++;
    }
}

static void pairs_free(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->items[i].name.data);
        free(pairs->items[i].value.data);
    }
}

static int pair_compare(const void *a, const void *b)
{
    return strcmp(((const struct pair *)a)->name.data, ((const struct pair *)b)->name.data);
}

static struct text pairs_canonical(struct pairs *pairs)
{
    struct text text = {0};

    qsort(pairs->items, pairs->count, sizeof(pairs->items[0]), pair_compare);
    text_add(&text, "", 0);
    for (size_t i = 0; i < pairs->count; i++) {
        text_put(&text, i == 0 ? "" : "&");
        text_add(&text, pairs->items[i].name.data, pairs->items[i].name.size);
        text_put(&text, "=");
        text_add(&text, pairs->items[i].value.data, pairs->items[i].value.size);
    }
    return text;
}

/* ---- The request that goes out */

struct wire {
    struct edge_header headers[EDGE_HEADERS_MAX];
    size_t header_count;
    char nonce[40], time[24], hash[65], authorization[1024];
    struct text target, body;
};

static void wire_header(struct wire *wire, const struct edge_request *request, const char *name,
                        const char *value)
{
    if (request->leave_out != NULL && strcasecmp(request->leave_out, name) == 0)
        return;
    assert_true(wire->header_count < EDGE_HEADERS_MAX);
    wire->headers[wire->header_count++] = (struct edge_header){name, value};
}

static int header_compare(const void *a, const void *b)
{
    return strcasecmp(((const struct edge_header *)a)->name, ((const struct edge_header *)b)->name);
}

static bool header_is_signed(const struct edge_request *request, const char *name)
{
    if (request->leave_unsigned != NULL && strcasecmp(request->leave_unsigned, name) == 0)
        return false;
    return strcasecmp(name, "host") == 0 || strcasecmp(name, "content-type") == 0 ||
           strncasecmp(name, "x-acs-", 6) == 0;
}

static void text_put_lower(struct text *text, const char *string)
{
    for (; *string != '\0'; string++) {
        char c = (char)tolower((unsigned char)*string);

        text_add(text, &c, 1);
    }
}

static void sign_v3(struct wire *wire, const struct edge_request *request, const char *method)
{
    struct edge_header sorted[EDGE_HEADERS_MAX];
    struct pairs pairs = {0};
    struct text canonical = {0}, names = {0}, to_sign = {0}, query;
    unsigned char mac[32];
    char digest[65], signature[65];

    memcpy(sorted, wire->headers, sizeof(sorted));
    qsort(sorted, wire->header_count, sizeof(sorted[0]), header_compare);
    pairs_add(&pairs, request->query, strlen(request->query));
    query = pairs_canonical(&pairs);
    text_put(&canonical, method);
    text_put(&canonical, "\n/\n");
    text_put(&canonical, query.data);
    text_put(&canonical, "\n");
    text_add(&names, "", 0);
    for (size_t i = 0; i < wire->header_count; i++) {
        if (!header_is_signed(request, sorted[i].name))
            continue;
        text_put_lower(&canonical, sorted[i].name);
        text_put(&canonical, ":");
        text_put(&canonical, sorted[i].value);
        text_put(&canonical, "\n");
        text_put(&names, names.size == 0 ? "" : ";");
        text_put_lower(&names, sorted[i].name);
    }
    text_put(&canonical, "\n");
    text_put(&canonical, names.data);
    text_put(&canonical, "\n");
    text_put(&canonical, wire->hash);
    sha256_hex(canonical.data, canonical.size, digest);
    text_put(&to_sign, "ACS3-HMAC-SHA256\n");
    text_put(&to_sign, digest);
    assert_non_null(HMAC(EVP_sha256(), request->secret, (int)strlen(request->secret),
                         (const unsigned char *)to_sign.data, to_sign.size, mac, NULL));
    hex(mac, sizeof(mac), signature);
    if (request->spoil_signature)
        signature[63] = signature[63] == '0' ? '1' : '0';
    (void)snprintf(wire->authorization, sizeof(wire->authorization),
                   "ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s", request->key_id,
                   names.data, signature);
    pairs_free(&pairs);
    free(canonical.data);
    free(names.data);
    free(to_sign.data);
    free(query.data);
}

static void build_v3(struct wire *wire, const struct edge_request *request, const char *method)
{
    sha256_hex(wire->body.data, wire->body.size, wire->hash);
    wire_header(wire, request, "x-acs-version", request->version);
    wire_header(wire, request, "x-acs-action", request->action);
    wire_header(wire, request, "x-acs-date", wire->time);
    wire_header(wire, request, "x-acs-signature-nonce", wire->nonce);
    wire_header(wire, request, "x-acs-content-sha256", wire->hash);
    wire_header(wire, request, "x-acs-credentials-provider", "static_ak");
    if (request->token != NULL) {
        wire_header(wire, request, "x-acs-accesskey-id", request->key_id);
        wire_header(wire, request, "x-acs-security-token", request->token);
    }
    sign_v3(wire, request, method);
    wire_header(wire, request, "Authorization",
                request->authorization == NULL ? wire->authorization : request->authorization);
}

static void v1_parameter(struct text *out, const struct edge_request *request, const char *name,
                         const char *value)
{
    if (value == NULL || (request->leave_out != NULL && strcmp(request->leave_out, name) == 0))
        return;
    text_put(out, out->size == 0 ? "" : "&");
    text_put(out, name);
    text_put(out, "=");
    text_encode(out, value, strlen(value));
}

static void build_v1(struct wire *wire, const struct edge_request *request, const char *method,
                     struct text *query)
{
    struct text *out = request->all_in_form ? &wire->body : query;
    struct pairs pairs = {0};
    struct text canonical, to_sign = {0};
    unsigned char mac[20];
    unsigned char base64[32];
    char *key = NULL;

    v1_parameter(out, request, "AccessKeyId", request->key_id);
    v1_parameter(out, request, "Action", request->action);
    v1_parameter(out, request, "Format", "JSON");
    v1_parameter(out, request, "SecurityToken", request->token);
    v1_parameter(out, request, "SignatureMethod", "HMAC-SHA1");
    v1_parameter(out, request, "SignatureNonce", wire->nonce);
    v1_parameter(out, request, "SignatureVersion", "1.0");
    v1_parameter(out, request, "Timestamp", wire->time);
    v1_parameter(out, request, "Version", request->version);
    pairs_add(&pairs, query->data, query->size);
    pairs_add(&pairs, wire->body.data, wire->body.size);
    canonical = pairs_canonical(&pairs);
    text_put(&to_sign, method);
    text_put(&to_sign, "&%2F&");
    text_encode(&to_sign, canonical.data, canonical.size);
    assert_true(asprintf(&key, "%s&", request->secret) > 0);
    assert_non_null(HMAC(EVP_sha1(), key, (int)strlen(key), (const unsigned char *)to_sign.data,
                         to_sign.size, mac, NULL));
    (void)EVP_EncodeBlock(base64, mac, sizeof(mac));
    if (request->spoil_signature)
        base64[0] = base64[0] == 'A' ? 'B' : 'A';
    v1_parameter(out, request, "Signature", (const char *)base64);
    pairs_free(&pairs);
    free(canonical.data);
    free(to_sign.data);
    free(key);
}

static void build(struct wire *wire, const struct edge_request *request, int64_t now,
                  const char *method)
{
    static unsigned long nonces;
    struct text query = {0};
    const char *type = request->content_type;

    if (type == NULL && request->form != NULL)
        type = "application/x-www-form-urlencoded";
    if (request->nonce == NULL)
        (void)snprintf(wire->nonce, sizeof(wire->nonce), "%032lx", ++nonces);
    else
        (void)snprintf(wire->nonce, sizeof(wire->nonce), "%s", request->nonce);
    edge_time(now + request->time_shift, wire->time);
    if (request->time != NULL)
        (void)snprintf(wire->time, sizeof(wire->time), "%s", request->time);
    text_add(&query, request->query, strlen(request->query));
    text_add(&wire->body, request->form,
             request->form == NULL    ? 0
             : request->form_size > 0 ? request->form_size
                                      : strlen(request->form));
    wire_header(wire, request, "host", "127.0.0.1:8787");
    if (type != NULL)
        wire_header(wire, request, "Content-Type", type);
    for (size_t i = 0; i < 4 && request->extra[i].name != NULL; i++)
        wire_header(wire, request, request->extra[i].name, request->extra[i].value);
    if (request->signing == EDGE_V3)
        build_v3(wire, request, method);
    else if (request->signing == EDGE_V1)
        build_v1(wire, request, method, &query);
    else {
        wire_header(wire, request, "x-acs-action", request->action);
        wire_header(wire, request, "x-acs-version", request->version);
    }
    text_put(&wire->target, request->path == NULL ? "/" : request->path);
    text_put(&wire->target, query.size == 0 ? "" : "?");
    text_put(&wire->target, query.data);
    if (request->spoil_body && wire->body.size > 0)
        wire->body.data[wire->body.size - 1] ^= 1;
    free(query.data);
}

/* ---- Sending */

static void copy(char *out, size_t room, kv_slice text)
{
    assert_non_null(text.data);
    (void)snprintf(out, room, "%.*s", (int)text.size, (const char *)text.data);
}

static struct edge_answer take(kv_edge_request *request)
{
    kv_edge_answer got = KV_EDGE_ANSWER_INIT;
    struct edge_answer answer = {0};

    kv_edge_finish(request, &got);
    answer.http = got.http;
    answer.store_us = got.store_us;
    assert_true(got.body.size > 0);
    answer.body = malloc(got.body.size + 1);
    assert_non_null(answer.body);
    memcpy(answer.body, got.body.data, got.body.size);
    answer.body[got.body.size] = '\0';
    answer.body_size = got.body.size;
    answer.json =
        json_loadb(answer.body, answer.body_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    copy(answer.code, sizeof(answer.code), got.code);
    copy(answer.action, sizeof(answer.action), got.action);
    copy(answer.key_id, sizeof(answer.key_id), got.key_id);
    copy(answer.content_type, sizeof(answer.content_type), got.content_type);
    if (answer.json != NULL && json_is_object(answer.json)) {
        assert_int_equal(got.request_id.size, 36);
        assert_memory_equal(edge_string(&answer, "RequestId"), got.request_id.data, 36);
    }
    return answer;
}

struct edge_answer edge_send_raw(kv_edge *edge, const char *method, const char *target,
                                 const struct edge_header *headers, size_t header_count,
                                 const char *body, size_t body_size, size_t chunk)
{
    kv_edge_header lines[EDGE_HEADERS_MAX];
    kv_edge_head head = {{method, strlen(method)}, {target, strlen(target)}, lines, header_count};
    kv_edge_request *request = NULL;
    struct edge_answer answer;

    assert_true(header_count <= EDGE_HEADERS_MAX);
    for (size_t i = 0; i < header_count; i++) {
        lines[i].name = (kv_slice){headers[i].name, strlen(headers[i].name)};
        lines[i].value = (kv_slice){headers[i].value, strlen(headers[i].value)};
    }
    assert_status(kv_edge_begin(edge, &head, &request), KV_OK);
    if (chunk == 0)
        chunk = body_size;
    for (size_t at = 0; at < body_size; at += chunk) {
        if (!kv_edge_body(request, body + at, body_size - at < chunk ? body_size - at : chunk))
            break;
    }
    answer = take(request);
    kv_edge_end(request);
    return answer;
}

struct edge_answer edge_send(struct edge_fixture *fixture, const struct edge_request *request)
{
    struct wire wire = {0};
    struct edge_answer answer;
    const char *method = request->method;

    if (method == NULL)
        method = request->form == NULL ? "GET" : "POST";
    build(&wire, request, fake_clock_read(&fixture->store.clock), method);
    answer = edge_send_raw(fixture->edge, method, wire.target.data, wire.headers, wire.header_count,
                           wire.body.data, wire.body.size, request->chunk);
    free(wire.target.data);
    free(wire.body.data);
    return answer;
}

void edge_answer_free(struct edge_answer *answer)
{
    json_decref(answer->json);
    free(answer->body);
    *answer = (struct edge_answer){0};
}

struct edge_request edge_request(const char *version, const char *action, const char *query,
                                 const char *form)
{
    return (struct edge_request){.version = version,
                                 .action = action,
                                 .query = query == NULL ? "" : query,
                                 .form = form,
                                 .key_id = "testid",
                                 .secret = EDGE_SECRET};
}

/* ---- Looking at answers */

const char *edge_string(const struct edge_answer *answer, const char *name)
{
    const char *value = json_string_value(json_object_get(answer->json, name));

    return value == NULL ? "" : value;
}

/* What every answer keeps. */
static void check_rules(const struct edge_answer *answer)
{
    const char *id = edge_string(answer, "RequestId");

    if (answer->json == NULL || !json_is_object(answer->json))
        fail_msg("not a JSON object: %s", answer->body);
    assert_string_equal(answer->content_type, "application/json; charset=utf-8");
    assert_int_equal(strlen(id), 36);
    for (int i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        assert_true(is_dash ? id[i] == '-' : strchr("0123456789ABCDEF", id[i]) != NULL);
    }
    assert_int_equal(id[14], '4');
    assert_non_null(strchr("89AB", id[19]));
    if (answer->http >= 300) {
        assert_string_equal(edge_string(answer, "Code"), answer->code);
        assert_true(edge_string(answer, "Message")[0] != '\0');
        assert_true(edge_string(answer, "HostId")[0] != '\0');
    } else {
        assert_int_equal(answer->http, 200);
        assert_null(json_object_get(answer->json, "Code"));
    }
    assert_null(strstr(answer->body, EDGE_SECRET));
}

void edge_check(const struct edge_answer *answer, int http, const char *code, const char *want)
{
    json_t *members = want == NULL ? NULL : json_loads(want, JSON_ALLOW_NUL, NULL);
    const char *name = NULL;
    json_t *value = NULL;

    if (answer->http != http || strcmp(answer->code, code) != 0)
        fail_msg("got %d \"%s\", not %d \"%s\": %s", answer->http, answer->code, http, code,
                 answer->body);
    check_rules(answer);
    if (want != NULL && members == NULL)
        fail_msg("the test's own JSON is wrong: %s", want);
    json_object_foreach(members, name, value)
    {
        json_t *got = json_object_get(answer->json, name);

        if (json_is_null(value) ? got != NULL : !json_equal(got, value))
            fail_msg("%s is not as in %s: %s", name, want, answer->body);
    }
    json_decref(members);
}

void edge_expect(struct edge_fixture *fixture, const struct edge_request *request, int http,
                 const char *code, const char *want)
{
    struct edge_answer answer = edge_send(fixture, request);

    edge_check(&answer, http, code, want);
    edge_answer_free(&answer);
}

/* "2026-11-24T01:51:26Z" from the C library, not from libkv. */
void edge_time(int64_t unix_s, char out[24])
{
    time_t when = (time_t)unix_s;
    struct tm parts;

    assert_non_null(gmtime_r(&when, &parts));
    assert_int_equal(strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &parts), 20);
}

/* ---- Set-up */

void edge_reopen(struct edge_fixture *fixture)
{
    kv_error error = KV_ERROR_INIT;
    bool is_open = (fixture->options.flags & KV_EDGE_NO_AUTH) != 0;
    kv_status status;

    kv_edge_close(fixture->edge);
    status = kv_edge_open(fixture->store.db, &fixture->options, is_open ? NULL : edge_credentials,
                          is_open ? 0 : strlen(edge_credentials), &fixture->edge, &error);
    if (status != KV_OK)
        fail_msg("kv_edge_open: %s: %s", kv_status_name(status), error.message);
}

static int setup(void **state, uint32_t flags)
{
    struct edge_fixture *fixture = NULL;
    struct fixture *store = NULL;

    if (fixture_setup(state) != 0)
        return -1;
    store = *state;
    fixture = calloc(1, sizeof(*fixture));
    if (fixture == NULL)
        return -1;
    /* The store has the clock's address: begin anew in the place that stays. */
    fixture_close(store);
    fixture->store = *store;
    free(store);
    atomic_init(&fixture->store.clock.now, FAKE_CLOCK_START);
    fixture->store.options.clock_ctx = &fixture->store.clock;
    fixture_open(&fixture->store);
    fixture->options = (kv_edge_options)KV_EDGE_OPTIONS_INIT;
    fixture->options.flags = flags;
    fixture->options.nonces_max = 256;
    fixture->options.clock = fake_clock_read;
    fixture->options.clock_ctx = &fixture->store.clock;
    *state = fixture;
    edge_reopen(fixture);
    return 0;
}

int edge_setup(void **state)
{
    return setup(state, 0);
}

int edge_setup_open(void **state)
{
    return setup(state, KV_EDGE_NO_AUTH);
}

int edge_teardown(void **state)
{
    struct edge_fixture *fixture = *state;

    kv_edge_close(fixture->edge);
    fixture->edge = NULL;
    return fixture_teardown(state); /* The store comes first: this frees both. */
}
