/* Every error that the service's own pages and its gateway name, and those that are ours: its
 * status, its code and its message to the letter. A row without a request is one that is never
 * said. */
#include "support/edge.h"

#include <stdlib.h>
#include <string.h>

#define PAIR "Namespace=main&Key=k"

/* ---- What takes more than a request */

/* Makes the store or the request such that the error comes. */
typedef void (*prepare_fn)(struct edge_fixture *fixture, struct edge_request *request);

static char *large_text; /* Of the row at work. */

static char *filled(const char *begin, size_t size, const char *end)
{
    size_t begin_size = strlen(begin);
    char *text = malloc(begin_size + size + strlen(end) + 1);

    assert_non_null(text);
    memcpy(text, begin, begin_size);
    memset(text + begin_size, 'v', size);
    memcpy(text + begin_size + size, end, strlen(end) + 1);
    large_text = text;
    return text;
}

static void long_key(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->query = filled("Namespace=main&Key=", 513, "");
}

static void long_value(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->form = filled("Value=", 2000001, "");
}

static void long_body(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->form = filled("Value=", KV_EDGE_FORM_SIZE_MAX, "");
}

static void many_keys(struct edge_fixture *fixture, struct edge_request *request)
{
    static const char element[] = "{\"Key\":\"k\",\"Value\":\"\"},";
    size_t size = sizeof(element) - 1;
    char *form = filled("KvList=[", 10001 * size, "]");

    (void)fixture;
    for (size_t i = 0; i < 10001; i++)
        memcpy(form + 8 + i * size, element, size - (i == 10000));
    form[8 + 10001 * size - 1] = ' ';
    request->form = form;
}

static void small_namespace(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)request;
    assert_status(kv_namespace_set(fixture->store.db, fixture->store.ns, 1, NULL, 0), KV_OK);
}

static void one_namespace(struct edge_fixture *fixture, struct edge_request *request)
{
    kv_settings settings = KV_SETTINGS_INIT;

    (void)request;
    settings.namespaces_max = 1;
    assert_status(kv_settings_set(fixture->store.db, &settings), KV_OK);
}

static void late(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->time_shift = -901;
}

static void no_date(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->leave_out = "x-acs-date";
}

static void wrong_secret(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->secret = "testsecre7";
}

static void reader(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->key_id = "reader";
}

static void no_action(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->signing = EDGE_V1;
    request->leave_out = "Action";
}

static void no_version(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->signing = EDGE_V1;
    request->leave_out = "Version";
}

static void unknown_version(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->version = "2018-01-16";
}

static void method_put(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->method = "PUT";
}

static void path_kv(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->path = "/kv";
}

static void binary_value(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)request;
    (void)fixture_put(&fixture->store, "k", "\xff");
}

static void one_nonce(struct edge_fixture *fixture, struct edge_request *request)
{
    fixture->options.nonces_max = 1;
    edge_reopen(fixture);
    edge_expect(fixture, request, 200, "", NULL);
}

static void sealed(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)request;
    assert_status(kv_seal(fixture->store.db), KV_OK);
}

static void trimmed(struct edge_fixture *fixture, struct edge_request *request)
{
    (void)fixture;
    request->version = EDGE_OWN;
}

/* ---- The errors */

static const struct row {
    const char *code;
    int http;
    const char *message;
    const char *action, *query, *form; /* NULL action: never said. */
    prepare_fn prepare;
} rows[] = {
    /* The table that stands on every page of the service. */
    {"Invalid.Parameter", 400, "The specified parameter is invalid.", "PutDcdnKv",
     PAIR "&Expiration=1", "Value=", NULL},
    {"InvalidAccount.Malformed", 400, "", NULL, NULL, NULL, NULL},
    {"InvalidNameSpace.Malformed", 400, "The specified namespace is invalid.", "GetDcdnKv",
     "Namespace=&Key=k", NULL, NULL},
    {"InvalidKey.Malformed", 400, "The specified key is invalid.", "GetDcdnKv",
     "Namespace=main&Key=", NULL, NULL},
    {"InvalidKey.ExceedsMaximum", 400, "The size of the key cannot exceed 512 bytes.", "GetDcdnKv",
     "", NULL, long_key},
    {"InvalidValue.ExceedsMaximum", 400, "The size of the value cannot exceed 2,000,000 bytes.",
     "PutDcdnKv", PAIR, "", long_value},
    {"InvalidKey.TooManyKeys", 400, "request contains too many keys.", "BatchPutDcdnKv",
     "Namespace=main", "", many_keys},
    {"InvalidKey.ExceedsCapacity", 403,
     "The maximum capacity of a single namespace cannot exceed 1 GB.", "PutDcdnKv", PAIR,
     "Value=value", small_namespace},
    {"Unauthorized.InvalidParameters", 403, "The specified authentication parameters are invalid.",
     "GetDcdnKv", PAIR, NULL, no_date},
    {"Unauthorized.InvalidTime", 403, "The specified authentication time is invalid.", "GetDcdnKv",
     PAIR, NULL, late},
    {"Unauthorized.InvalidToken", 403, "Token authentication failed.", "GetDcdnKv", PAIR, NULL,
     wrong_secret},
    {"InvalidAccount.NotFound", 404, "", NULL, NULL, NULL, NULL},
    {"InvalidNameSpace.NotFound", 404, "The specified namespace does not exist.", "GetDcdnKv",
     "Namespace=none&Key=k", NULL, NULL},
    {"InvalidKey.NotFound", 404, "The specified key does not exist.", "GetDcdnKv", PAIR, NULL,
     NULL},
    {"InvalidNameSpace.Duplicate", 406, "The specified namespace already exists.",
     "PutDcdnKvNamespace", "Namespace=Main", NULL, NULL},
    {"InvalidNameSpace.QuotaFull", 406, "The maximum number of namespaces is reached.",
     "PutDcdnKvNamespace", "Namespace=other", NULL, one_namespace},
    {"TooManyRequests", 429, "", NULL, NULL, NULL, NULL},
    {"TooQuickRequests", 429, "", NULL, NULL, NULL, NULL},

    /* The gateway's. */
    {"MissingParameter", 400, "Action is missing.", "GetDcdnKv", PAIR, NULL, no_action},
    {"MissingParameter", 400, "Version is missing.", "GetDcdnKv", PAIR, NULL, no_version},
    {"NoSuchVersion", 400, "The specified version does not exist.", "GetDcdnKv", PAIR, NULL,
     unknown_version},
    {"UnsupportedOperation", 400, "The specified operation is not supported.", "PurgeDcdnKv", "",
     NULL, NULL},
    {"Forbidden", 403, "The policy of the access key does not allow this operation.", "PutDcdnKv",
     PAIR, "Value=", reader},

    /* Ours. */
    {"InvalidPath.NotFound", 404, "The specified path does not exist.", "GetDcdnKv", PAIR, NULL,
     path_kv},
    {"UnsupportedHTTPMethod", 405, "The method is neither GET nor POST.", "GetDcdnKv", PAIR, NULL,
     method_put},
    {"InvalidBody.ExceedsMaximum", 413, "The size of the body cannot exceed 17,000,000 bytes.",
     "PutDcdnKv", PAIR, "", long_body},
    {"InvalidValue.NotText", 400,
     "The value is not UTF-8 text: only GetKv with Base64 can return it.", "GetDcdnKv", PAIR, NULL,
     binary_value},
    {"ChangesTrimmed", 410, "The change log does not reach back that far.", "ListKvChanges",
     "After=99", NULL, trimmed},
    {"StoreReadOnly", 500, "The store does not take writes.", "PutDcdnKv", PAIR, "Value=", sealed},
    {"ServiceBusy", 503, "The service is busy. Try again.", "DescribeDcdnKvAccountStatus", "", NULL,
     one_nonce},
};

/* No status of the store has that code. */
static void check_unsaid(const char *code)
{
    for (int status = -1; status < 64; status++)
        assert_string_not_equal(kv_status_edge((kv_status)status).code, code);
}

static void test_error(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct row *row = fixture->store.row;
    struct edge_request request = edge_request(EDGE_DCDN, row->action, row->query, row->form);
    struct edge_answer answer;

    if (row->action == NULL) {
        check_unsaid(row->code);
        return;
    }
    if (row->prepare != NULL)
        row->prepare(fixture, &request);
    answer = edge_send(fixture, &request);
    edge_check(&answer, row->http, row->code, NULL);
    assert_string_equal(edge_string(&answer, "Message"), row->message);
    edge_answer_free(&answer);
    free(large_text);
    large_text = NULL;
}

int main(void)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        run_row(run_name("%s %s", rows[i].code, rows[i].message), test_error, edge_setup,
                edge_teardown, &rows[i]);
    return run_all("edge_errors");
}
