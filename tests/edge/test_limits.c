/* Limits, each exactly at it and one over; every error of the service; documents that are refused
 * and write nothing. */
#include "support/edge.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD 200, ""
#define MALFORMED_KEY 400, "InvalidKey.Malformed", "The specified key is invalid."
#define MALFORMED_NAMESPACE 400, "InvalidNameSpace.Malformed", "The specified namespace is invalid."
#define INVALID 400, "Invalid.Parameter", "The specified parameter is invalid."

/* ---- Errors that one request shows */

static const struct refusal {
    const char *name, *version, *action, *query, *form;
    int http;
    const char *code, *message; /* What the message begins with. */
} refusals[] = {
    {"namespace: missing", EDGE_DCDN, "GetDcdnKv", "Key=k", NULL, INVALID},
    {"namespace: empty", EDGE_DCDN, "GetDcdnKv", "Namespace=&Key=k", NULL, MALFORMED_NAMESPACE},
    {"namespace: with a space", EDGE_DCDN, "GetDcdnKv", "Namespace=a%20b&Key=k", NULL,
     MALFORMED_NAMESPACE},
    {"namespace: with a dot", EDGE_DCDN, "PutDcdnKvNamespace", "Namespace=a.b", NULL,
     MALFORMED_NAMESPACE},
    {"namespace: not UTF-8", EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=%ff", NULL,
     MALFORMED_NAMESPACE},
    {"namespace: 65 bytes", EDGE_DCDN, "PutDcdnKvNamespace",
     "Namespace=0123456789012345678901234567890123456789012345678901234567890abcd", NULL,
     MALFORMED_NAMESPACE},
    {"namespace: unknown, get", EDGE_DCDN, "GetDcdnKv", "Namespace=none&Key=k", NULL, 404,
     "InvalidNameSpace.NotFound", "The specified namespace does not exist."},
    {"namespace: unknown, put", EDGE_DCDN, "PutDcdnKv", "Namespace=none&Key=k&Value=v", NULL, 404,
     "InvalidNameSpace.NotFound", "The specified namespace does not exist."},
    {"namespace: unknown, batch put", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=none",
     "KvList=[{\"Key\":\"a\",\"Value\":\"\"}]", 404, "InvalidNameSpace.NotFound", ""},
    {"namespace: unknown, batch delete", EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=none",
     "Keys=[\"a\"]", 404, "InvalidNameSpace.NotFound", ""},
    {"namespace: unknown, list", EDGE_DCDN, "ListDcdnKv", "Namespace=none", NULL, 404,
     "InvalidNameSpace.NotFound", ""},
    {"namespace: unknown, delete it", EDGE_DCDN, "DeleteDcdnKvNamespace", "Namespace=none", NULL,
     404, "InvalidNameSpace.NotFound", ""},
    {"namespace: there already", EDGE_DCDN, "PutDcdnKvNamespace", "Namespace=MAIN", NULL, 406,
     "InvalidNameSpace.Duplicate", "The specified namespace already exists."},
    {"description: not UTF-8", EDGE_DCDN, "PutDcdnKvNamespace", "Namespace=n&Description=%ff", NULL,
     INVALID},
    {"description: a zero byte", EDGE_DCDN, "PutDcdnKvNamespace", "Namespace=n&Description=a%00b",
     NULL, INVALID},
    {"key: missing", EDGE_DCDN, "GetDcdnKv", "Namespace=main", NULL, INVALID},
    {"key: empty, get", EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=", NULL, MALFORMED_KEY},
    {"key: empty, put", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=", "Value=", MALFORMED_KEY},
    {"key: empty, delete", EDGE_DCDN, "DeleteDcdnKv", "Namespace=main&Key=", NULL, MALFORMED_KEY},
    {"key: a space", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=a%20b", "Value=", MALFORMED_KEY},
    {"key: a zero byte", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=a%00",
     "Value=", MALFORMED_KEY},
    {"key: not UTF-8", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=%ed%a0%80",
     "Value=", MALFORMED_KEY},
    {"key: unknown, get", EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=none", NULL, 404,
     "InvalidKey.NotFound", "The specified key does not exist."},
    {"value: missing", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", NULL, INVALID},
    {"value: not UTF-8", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=%ff", INVALID},
    {"value: a lone surrogate", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=%ed%a0%80",
     INVALID},
    {"ttl: 0", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=0", "Value=", INVALID},
    {"ttl: negative", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=-5",
     "Value=", INVALID},
    {"ttl: not a number", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=60s",
     "Value=", INVALID},
    {"ttl: 1.5", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=1.5",
     "Value=", INVALID},
    {"ttl: with a sign", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=%2b5",
     "Value=", INVALID},
    {"ttl: a sign alone", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=-",
     "Value=", INVALID},
    {"ttl: a space", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&ExpirationTtl=%205",
     "Value=", INVALID},
    {"ttl: more than 63 bits", EDGE_DCDN, "PutDcdnKv",
     "Namespace=main&Key=k&ExpirationTtl=9223372036854775808", "Value=", INVALID},
    {"ttl: more than 64 bits", EDGE_DCDN, "PutDcdnKv",
     "Namespace=main&Key=k&ExpirationTtl=99999999999999999999999", "Value=", INVALID},
    {"expiration: past", EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k&Expiration=1699999999",
     "Value=", INVALID},
    {"expiration: milliseconds and a dot", EDGE_DCDN, "PutDcdnKv",
     "Namespace=main&Key=k&Expiration=1700000000.5", "Value=", INVALID},
    {"list: page size 0", EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageSize=0", NULL, INVALID},
    {"list: page size 101", EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageSize=101", NULL, INVALID},
    {"list: page number 0", EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=0", NULL, INVALID},
    {"list: page number -1", EDGE_DCDN, "ListDcdnKv", "Namespace=main&PageNumber=-1", NULL,
     INVALID},
    {"list: too deep, large pages", EDGE_DCDN, "ListDcdnKv",
     "Namespace=main&PageNumber=501&PageSize=100", NULL, INVALID},
    {"list: too deep, small pages", EDGE_DCDN, "ListDcdnKv",
     "Namespace=main&PageNumber=50001&PageSize=1", NULL, INVALID},
    {"list: as deep as can be said", EDGE_DCDN, "ListDcdnKv",
     "Namespace=main&PageNumber=9223372036854775807&PageSize=1", NULL, INVALID},
    {"batch put: missing", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", NULL, INVALID},
    {"batch put: in the style of an old client", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList.1.Key=a&KvList.1.Value=b", INVALID},
    {"batch put: empty text", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", "KvList=", INVALID},
    {"batch put: no elements", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", "KvList=[]", INVALID},
    {"batch put: not JSON", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"}", INVALID},
    {"batch put: an object", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList={\"Key\":\"k\",\"Value\":\"v\"}", INVALID},
    {"batch put: an empty element", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{}]", INVALID},
    {"batch put: no Key", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{\"Value\":\"v\"}]", INVALID},
    {"batch put: no Value", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\"}]", INVALID},
    {"batch put: a number for a Value", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\",\"Value\":1}]", INVALID},
    {"batch put: a lone surrogate", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\",\"Value\":\"\\ud800\"}]", INVALID},
    {"batch put: not UTF-8", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\"},{\"Key\":\"l\",\"Value\":\"%ff\"}]", INVALID},
    {"batch put: a TTL as text", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\",\"ExpirationTtl\":\"60\"}]", INVALID},
    {"batch put: a TTL of 1.5", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\",\"ExpirationTtl\":1.5}]", INVALID},
    {"batch put: a time of 64 bits", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\",\"Expiration\":9223372036854775808}]", INVALID},
    {"batch put: a time of 1.5 beside a TTL", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\",\"ExpirationTtl\":60,\"Expiration\":1.5}]", INVALID},
    {"batch put: a TTL of null", EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main",
     "KvList=[{\"Key\":\"k\",\"Value\":\"v\",\"ExpirationTtl\":null}]", INVALID},
    {"batch put: the document comes before the namespace", EDGE_DCDN, "BatchPutDcdnKv",
     "Namespace=none", "KvList=[]", INVALID},
    {"put: the parameters come before the namespace", EDGE_DCDN, "PutDcdnKv",
     "Namespace=none&Key=k&ExpirationTtl=0", "Value=", INVALID},
    {"put: the namespace comes before the key", EDGE_DCDN, "PutDcdnKv",
     "Namespace=none&Key=", "Value=", 404, "InvalidNameSpace.NotFound", ""},
    {"batch delete: empty", EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=main", "Keys=[]", INVALID},
    {"batch delete: a number", EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=main", "Keys=[\"k\",1]",
     INVALID},
    {"batch delete: an object", EDGE_DCDN, "BatchDeleteDcdnKv", "Namespace=main", "Keys={}",
     INVALID},
};

static void test_refusal(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct refusal *row = fixture->store.row;
    struct edge_request request = edge_request(row->version, row->action, row->query, row->form);
    struct edge_answer answer = edge_send(fixture, &request);
    kv_namespace_info info;

    edge_check(&answer, row->http, row->code, NULL);
    assert_memory_equal(edge_string(&answer, "Message"), row->message, strlen(row->message));
    info = fixture_describe(&fixture->store, fixture->store.ns);
    assert_int_equal(info.key_count, 0); /* Nothing was written. */
    edge_answer_free(&answer);
}

/* ---- Sizes */

/* "Value=" and so many bytes; owned. */
static char *form_of(const char *name, size_t size)
{
    size_t name_size = strlen(name);
    char *form = malloc(name_size + size + 1);

    assert_non_null(form);
    memcpy(form, name, name_size);
    memset(form + name_size, 'v', size);
    form[name_size + size] = '\0';
    return form;
}

static void put_sized(struct edge_fixture *fixture, const char *version, const char *action,
                      size_t size, int http, const char *code)
{
    char *form = form_of("Value=", size);
    struct edge_request put = edge_request(version, action, "Namespace=main&Key=k", form);
    struct edge_answer answer = edge_send(fixture, &put);
    const char *value = edge_string(&answer, "Value");

    edge_check(&answer, http, code, NULL);
    if (http == 200) {
        assert_int_equal(strlen(value), size > 256 ? 203 : size);
        assert_true(size <= 256 || memcmp(value + 99, "v...v", 5) == 0);
    }
    edge_answer_free(&answer);
    free(form);
}

static void test_value_size(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    struct edge_answer answer;

    put_sized(fixture, EDGE_DCDN, "PutDcdnKv", 256, GOOD);
    put_sized(fixture, EDGE_ESA, "PutKv", 257, GOOD);
    put_sized(fixture, EDGE_DCDN, "PutDcdnKv", 2000000, GOOD);
    answer = edge_send(fixture, &get);
    edge_check(&answer, GOOD, NULL);
    assert_int_equal(json_string_length(json_object_get(answer.json, "Value")), 2000000);
    edge_answer_free(&answer);
    put_sized(fixture, EDGE_DCDN, "PutDcdnKv", 2000001, 400, "InvalidValue.ExceedsMaximum");
    put_sized(fixture, EDGE_ESA, "PutKv", 2000001, 400, "InvalidValue.ExceedsMaximum");
}

/* What base64 stands for counts, not its text. */
static void test_value_size_base64(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request put =
        edge_request(EDGE_ESA, "PutKv", "Base64=true&Namespace=main&Key=k", NULL);
    char *form = form_of("Value=", 2666668);

    put.form = form;
    memcpy(form + strlen(form) - 2, "Q=", 2); /* 666,667 groups of three, without the last byte. */
    edge_expect(fixture, &put, GOOD, "{\"Length\":\"2000000\"}");
    memcpy(form + strlen(form) - 2, "vv", 2);
    edge_expect(fixture, &put, 400, "InvalidValue.ExceedsMaximum", NULL);
    free(form);
}

/* 2,000,000 control characters: the largest body that a client's own value can need. */
static void test_value_largest_form(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request put = edge_request(EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", NULL);
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    static const char head[] = "KvList=%5B%7B%22Key%22%3A%22k%22%2C%22Value%22%3A%22";
    static const char tail[] = "%22%7D%5D";
    size_t count = 1999999;
    char *form = malloc(sizeof(head) + 8 * count + sizeof(tail));
    char *at = form;
    struct edge_answer answer;

    assert_non_null(form);
    at = stpcpy(at, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, "%5Cu0001");
    (void)stpcpy(at, tail);
    put.form = form;
    put.chunk = 1 << 20;
    edge_expect(fixture, &put, GOOD, "{\"SuccessKeys\":[\"k\"]}");
    answer = edge_send(fixture, &get);
    edge_check(&answer, GOOD, NULL);
    assert_int_equal(json_string_length(json_object_get(answer.json, "Value")), count);
    edge_answer_free(&answer);
    free(form);
}

static void test_key_size(void **state)
{
    struct edge_fixture *fixture = *state;
    char query[1600] = "Namespace=main&Value=v&Key=";
    struct edge_request put = edge_request(EDGE_DCDN, "PutDcdnKv", query, NULL);
    size_t size = strlen(query);

    memset(query + size, 'k', 512);
    edge_expect(fixture, &put, GOOD, NULL);
    query[size + 512] = 'k';
    edge_expect(fixture, &put, 400, "InvalidKey.ExceedsMaximum",
                "{\"Message\":\"The size of the key cannot exceed 512 bytes.\"}");
    /* Bytes count, not characters: 256 of two. */
    for (size_t i = 0; i < 256; i++)
        memcpy(query + size + 6 * i, "%C3%A9", 7);
    edge_expect(fixture, &put, GOOD, NULL);
    memcpy(query + size + 6 * 256, "k", 2);
    edge_expect(fixture, &put, 400, "InvalidKey.ExceedsMaximum", NULL);
    put.action = "GetDcdnKv";
    edge_expect(fixture, &put, 400, "InvalidKey.ExceedsMaximum", NULL);
}

static void test_namespace_sizes(void **state)
{
    struct edge_fixture *fixture = *state;
    char *form = form_of("Namespace=n&Description=", 1025);
    struct edge_request put = edge_request(EDGE_DCDN, "PutDcdnKvNamespace", NULL, form);
    struct edge_answer answer;
    struct edge_request get =
        edge_request(EDGE_DCDN, "DescribeDcdnKvNamespace", "Namespace=n", NULL);

    edge_expect(fixture, &put, 400, "Invalid.Parameter", NULL);
    edge_expect(fixture, &get, 404, "InvalidNameSpace.NotFound", NULL); /* Nothing half-made. */
    form[strlen(form) - 1] = '\0';
    edge_expect(fixture, &put, GOOD, NULL);
    answer = edge_send(fixture, &get);
    assert_int_equal(strlen(edge_string(&answer, "Description")), 1024);
    edge_answer_free(&answer);
    free(form);
    put.form = "Namespace=0123456789012345678901234567890123456789012345678901234567890abc";
    edge_expect(fixture, &put, GOOD, NULL);
}

static void test_list_edges(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request list = edge_request(EDGE_DCDN, "ListDcdnKv", NULL, NULL);

    list.query = "Namespace=main&PageSize=1&PageNumber=50000";
    edge_expect(fixture, &list, GOOD, "{\"PageNumber\":50000}");
    list.query = "Namespace=main&PageSize=100&PageNumber=500";
    edge_expect(fixture, &list, GOOD, "{\"PageSize\":100}");
}

/* ---- Batches */

struct text {
    char *data;
    size_t size, capacity;
};

static void text_add(struct text *text, const char *bytes, size_t size)
{
    if (text->size + size >= text->capacity) {
        text->capacity = 2 * (text->size + size) + 64;
        text->data = realloc(text->data, text->capacity);
        assert_non_null(text->data);
    }
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
}

/* A KvList of `count` pairs with keys of 6 bytes and values of value_size, the last one of
   last_size; or Keys of key_size. */
static char *list_of_pairs(size_t count, size_t value_size, size_t last_size)
{
    struct text text = {0};
    char *value = form_of("", value_size > last_size ? value_size : last_size);

    text_add(&text, "KvList=[", 8);
    for (size_t i = 0; i < count; i++) {
        char head[64];
        int size =
            snprintf(head, sizeof(head), "%s{\"Key\":\"%06zu\",\"Value\":\"", i == 0 ? "" : ",", i);

        text_add(&text, head, (size_t)size);
        text_add(&text, value, i + 1 == count ? last_size : value_size);
        text_add(&text, "\"}", 2);
    }
    text_add(&text, "]", 1);
    free(value);
    return text.data;
}

static char *list_of_keys(size_t count, size_t key_size)
{
    struct text text = {0};
    char key[600];

    memset(key, 'k', sizeof(key));
    text_add(&text, "Keys=[", 6);
    for (size_t i = 0; i < count; i++) {
        char digits[24];

        (void)snprintf(digits, sizeof(digits), "%06zu", i);
        memcpy(key, digits, 6);
        text_add(&text, i == 0 ? "\"" : ",\"", i == 0 ? 1 : 2);
        text_add(&text, key, key_size);
        text_add(&text, "\"", 1);
    }
    text_add(&text, "]", 1);
    return text.data;
}

static void batch(struct edge_fixture *fixture, const char *action, char *form, int http,
                  const char *code, size_t successes)
{
    struct edge_request request = edge_request(EDGE_DCDN, action, "Namespace=main", form);
    struct edge_answer answer = edge_send(fixture, &request);

    edge_check(&answer, http, code, NULL);
    if (http == 200)
        assert_int_equal(json_array_size(json_object_get(answer.json, "SuccessKeys")), successes);
    edge_answer_free(&answer);
    free(form);
}

static void test_batch_count(void **state)
{
    struct edge_fixture *fixture = *state;

    batch(fixture, "BatchPutDcdnKv", list_of_pairs(10001, 1, 1), 400, "InvalidKey.TooManyKeys", 0);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 0);
    batch(fixture, "BatchPutDcdnKv", list_of_pairs(10000, 1, 1), GOOD, 10000);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 70000);
    batch(fixture, "BatchDeleteDcdnKv", list_of_keys(10001, 6), 400, "InvalidKey.TooManyKeys", 0);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 70000);
    batch(fixture, "BatchDeleteDcdnKv", list_of_keys(10000, 6), GOOD, 10000);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 0);
}

static void test_batch_bytes(void **state)
{
    struct edge_fixture *fixture = *state;

    /* 100 pairs of 20,000 bytes, keys included; then a byte more. */
    batch(fixture, "BatchPutDcdnKv", list_of_pairs(100, 19994, 19995), 400, "Invalid.Parameter", 0);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 0);
    batch(fixture, "BatchPutDcdnKv", list_of_pairs(100, 19994, 19994), GOOD, 100);
    assert_int_equal(fixture_usage(&fixture->store, fixture->store.ns), 2000000);
    batch(fixture, "BatchDeleteDcdnKv", list_of_keys(10000, 201), 400, "Invalid.Parameter", 0);
    batch(fixture, "BatchDeleteDcdnKv", list_of_keys(10000, 200), GOOD, 10000);
}

/* A value over the limit is its key's fault, and does not count toward the sum. */
static void test_batch_value_size(void **state)
{
    struct edge_fixture *fixture = *state;
    char *form = list_of_pairs(2, 1, 2000001);
    struct edge_request put = edge_request(EDGE_DCDN, "BatchPutDcdnKv", "Namespace=main", form);

    edge_expect(
        fixture, &put, GOOD,
        "{\"SuccessKeys\":[\"000000\"],\"FailKeys\":[\"000001\"],\"Failures\":[{\"Index\":1,"
        "\"Key\":\"000001\",\"Code\":\"InvalidValue.ExceedsMaximum\","
        "\"Message\":\"The size of the value cannot exceed 2,000,000 bytes.\"}]}");
    free(form);
}

/* Elements that cost a parser much and the sender little. */
static void test_batch_amplified(void **state)
{
    struct edge_fixture *fixture = *state;
    struct text text = {0};

    text_add(&text, "KvList=[[", 9);
    for (int i = 0; i < 400000; i++)
        text_add(&text, "{},", 3);
    text_add(&text, "{}]]", 4);
    batch(fixture, "BatchPutDcdnKv", text.data, 400, "Invalid.Parameter", 0);
}

/* ---- Room */

static void test_capacity(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request put =
        edge_request(EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=key", "Value=1234567");

    assert_status(kv_namespace_set(fixture->store.db, fixture->store.ns, 10, NULL, 0), KV_OK);
    edge_expect(fixture, &put, GOOD, NULL);
    put.query = "Namespace=main&Key=k";
    put.form = "Value=";
    edge_expect(fixture, &put, 403, "InvalidKey.ExceedsCapacity",
                "{\"Message\":\"The maximum capacity of a single namespace cannot exceed 1 GB.\"}");
    put.action = "BatchPutDcdnKv";
    put.query = "Namespace=main";
    put.form = "KvList=[{\"Key\":\"k\",\"Value\":\"\"}]";
    edge_expect(fixture, &put, GOOD,
                "{\"SuccessKeys\":[],\"FailKeys\":[\"k\"],\"Failures\":[{\"Index\":0,\"Key\":\"k\","
                "\"Code\":\"InvalidKey.ExceedsCapacity\",\"Message\":\"The maximum capacity of a "
                "single namespace cannot exceed 1 GB.\"}]}");
}

static void test_namespace_quota(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    struct edge_request put = edge_request(EDGE_DCDN, "PutDcdnKvNamespace", "Namespace=a", NULL);

    settings.namespaces_max = 2;
    settings.namespace_capacity_default = UINT64_C(1) << 63;
    assert_status(kv_settings_set(fixture->store.db, &settings), KV_OK);
    edge_expect(fixture, &put, GOOD, NULL);
    put.query = "Namespace=b";
    edge_expect(fixture, &put, 406, "InvalidNameSpace.QuotaFull", NULL);
    put.action = "DescribeDcdnKvAccount";
    /* Numbers stay such that any reader takes them exactly. */
    edge_expect(fixture, &put, GOOD,
                "{\"NamespaceQuota\":2,\"NamespaceUsed\":2,"
                "\"Capacity\":9007199254740991}");
}

/* Of many keys the total is the namespace's own count. */
static void test_list_many(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request list = edge_request(EDGE_DCDN, "ListDcdnKv", NULL, NULL);
    static char keys[10000][16];
    static kv_op ops[10000];

    for (int batch_number = 0; batch_number < 11; batch_number++) {
        for (int i = 0; i < 10000; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%c%05d", 'a' + batch_number, i);
            ops[i] = op_put(keys[i], "");
        }
        assert_status(kv_batch(fixture->store.db, fixture->store.ns, ops, 10000, NULL, NULL, NULL),
                      KV_OK);
    }
    list.query = "Namespace=main&PageSize=1&PageNumber=10001";
    edge_expect(fixture, &list, GOOD,
                "{\"TotalCount\":110000,\"Keys\":[{\"Name\":\"b00000\","
                "\"UpdateTime\":\"2023-11-14T22:13:20Z\"}]}");
    list.query = "Namespace=main&PageSize=1&Prefix=c";
    edge_expect(fixture, &list, GOOD, "{\"TotalCount\":10000}");
}

/* ---- A store that does not take it */

static void test_sealed(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request request =
        edge_request(EDGE_DCDN, "PutDcdnKv", "Namespace=main&Key=k", "Value=v");

    assert_status(kv_seal(fixture->store.db), KV_OK);
    edge_expect(fixture, &request, 500, "StoreReadOnly", NULL);
    request.action = "GetDcdnKv";
    edge_expect(fixture, &request, 404, "InvalidKey.NotFound", NULL);
    request.action = "PutDcdnKvNamespace";
    edge_expect(fixture, &request, 500, "StoreReadOnly", NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EDGE_TEST("value: 2,000,000 bytes and one over", test_value_size),
        EDGE_TEST("value: base64 of 2,000,000 bytes and one over", test_value_size_base64),
        EDGE_TEST("value: the largest form", test_value_largest_form),
        EDGE_TEST("key: 512 bytes and one over", test_key_size),
        EDGE_TEST("namespace: 64 bytes, description of 1,024 and one over", test_namespace_sizes),
        EDGE_TEST("list: the deepest pages", test_list_edges),
        EDGE_TEST("list: over 100,000 keys", test_list_many),
        EDGE_TEST("batch: 10,000 keys and one over", test_batch_count),
        EDGE_TEST("batch: 2,000,000 bytes and one over", test_batch_bytes),
        EDGE_TEST("batch: a value over the limit", test_batch_value_size),
        EDGE_TEST("batch: many values in one element", test_batch_amplified),
        EDGE_TEST("capacity: full", test_capacity),
        EDGE_TEST("namespaces: quota full", test_namespace_quota),
        EDGE_TEST("a sealed store", test_sealed),
    };

    run_tests(tests);
    run_rows(refusals, test_refusal, edge_setup, edge_teardown);
    return run_all("edge_limits");
}
