/* Opening a service, its credentials, and many threads on it. */
#include "support/edge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ONE_KEY(id, secret)                                                                        \
    "{\"Credentials\":[{\"AccessKeyId\":\"" id "\",\"AccessKeySecret\":\"" secret "\","            \
    "\"Policy\":{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\","         \
    "\"Resource\":\"*\"}]}}]}"

/* ---- Options */

static void test_open_refuses(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_db *db = fixture->store.db;
    kv_edge *edge = (kv_edge *)1;
    kv_edge_options options = KV_EDGE_OPTIONS_INIT;
    kv_error error = KV_ERROR_INIT;
    struct {
        kv_edge_options known;
        uint64_t unknown;
    } newer = {KV_EDGE_OPTIONS_INIT, 1};
    const char *good = edge_credentials;
    size_t size = strlen(good);

    assert_status(kv_edge_open(db, NULL, good, size, NULL, NULL), KV_INVALID);
    assert_status(kv_edge_open(NULL, NULL, good, size, &edge, &error), KV_INVALID);
    assert_null(edge);
    assert_string_equal(error.message, "db is NULL");
    assert_status(kv_edge_open(db, NULL, NULL, 0, &edge, NULL), KV_INVALID);
    options.size = sizeof(options) - 8;
    assert_status(kv_edge_open(db, &options, good, size, &edge, NULL), KV_INVALID);
    options.size = 1 << 20;
    assert_status(kv_edge_open(db, &options, good, size, &edge, NULL), KV_INVALID);
    options.size = sizeof(options);
    options.flags = 2;
    assert_status(kv_edge_open(db, &options, good, size, &edge, NULL), KV_UNSUPPORTED);
    options.flags = KV_EDGE_NO_AUTH;
    assert_status(kv_edge_open(db, &options, good, size, &edge, NULL), KV_INVALID);
    options.flags = 0;
    options.upload_host = "uploads.localhost:8787";
    assert_status(kv_edge_open(db, &options, good, size, &edge, NULL), KV_INVALID);
    newer.known.size = sizeof(newer);
    assert_status(kv_edge_open(db, &newer.known, good, size, &edge, &error), KV_UNSUPPORTED);
    newer.unknown = 0;
    assert_status(kv_edge_open(db, &newer.known, good, size, &edge, NULL), KV_OK);
    kv_edge_close(edge);
    kv_edge_close(NULL);
}

static void test_null_arguments(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_edge_head head = {{"GET", 3}, {"/", 1}, NULL, 1};
    kv_edge_request *request = (kv_edge_request *)1;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;

    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_INVALID);
    assert_null(request);
    head.header_count = 0;
    assert_status(kv_edge_begin(fixture->edge, NULL, &request), KV_INVALID);
    assert_status(kv_edge_begin(NULL, &head, &request), KV_INVALID);
    assert_status(kv_edge_begin(fixture->edge, &head, NULL), KV_INVALID);
    assert_int_equal(kv_edge_body(NULL, "a", 1), 0);
    kv_edge_finish(NULL, &answer);
    head = (kv_edge_head){{NULL, 0}, {NULL, 0}, NULL, 0};
    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    kv_edge_finish(request, NULL);
    kv_edge_finish(request, &answer);
    assert_int_equal(answer.http, 405);
    kv_edge_end(request);
}

/* Defaults: the clock is the machine's. */
static void test_defaults(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    kv_edge_options options = KV_EDGE_OPTIONS_INIT;

    fixture->options = options;
    edge_reopen(fixture);
    edge_expect(fixture, &get, 403, "Unauthorized.InvalidTime", NULL);
    atomic_store(&fixture->store.clock.now, (int64_t)time(NULL));
    edge_expect(fixture, &get, 404, "InvalidKey.NotFound", NULL);
}

/* ---- Credentials */

static void test_credentials_replaced(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    const char *fresh = ONE_KEY("fresh", "secret");
    kv_error error = KV_ERROR_INIT;

    (void)fixture_put(&fixture->store, "k", "value");
    get.nonce = "n";
    edge_expect(fixture, &get, 200, "", NULL);
    assert_status(kv_edge_credentials_set(fixture->edge, fresh, strlen(fresh), &error), KV_OK);
    get.nonce = NULL;
    edge_expect(fixture, &get, 403, "Unauthorized.InvalidToken", NULL);
    get.key_id = "fresh";
    get.secret = "secret";
    edge_expect(fixture, &get, 200, "", NULL);
    /* What is wrong changes nothing. */
    assert_status(kv_edge_credentials_set(fixture->edge, "{}", 2, &error), KV_INVALID);
    assert_true(error.message[0] != '\0');
    assert_status(kv_edge_credentials_set(fixture->edge, NULL, 0, &error), KV_INVALID);
    assert_status(kv_edge_credentials_set(NULL, fresh, strlen(fresh), NULL), KV_INVALID);
    edge_expect(fixture, &get, 200, "", NULL);
    /* The nonce of before is remembered. */
    assert_status(
        kv_edge_credentials_set(fixture->edge, edge_credentials, strlen(edge_credentials), NULL),
        KV_OK);
    get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    get.nonce = "n";
    edge_expect(fixture, &get, 403, "Unauthorized.InvalidToken", NULL);
}

static void test_credentials_open(void **state)
{
    struct edge_fixture *fixture = *state;

    assert_status(
        kv_edge_credentials_set(fixture->edge, edge_credentials, strlen(edge_credentials), NULL),
        KV_INVALID);
}

/* A request keeps the credentials of its begin. */
static void test_credentials_held(void **state)
{
    struct edge_fixture *fixture = *state;
    kv_edge_head head = {{"POST", 4}, {"/?Signature=x", 13}, NULL, 0};
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;
    const char *fresh = ONE_KEY("fresh", "secret");

    assert_status(kv_edge_begin(fixture->edge, &head, &request), KV_OK);
    assert_status(kv_edge_credentials_set(fixture->edge, fresh, strlen(fresh), NULL), KV_OK);
    kv_edge_finish(request, &answer);
    assert_int_equal(answer.http, 403);
    kv_edge_end(request);
}

/* ---- A store that is gone */

static void test_offline(void **state)
{
    struct edge_fixture *fixture = *state;
    struct edge_request status = edge_request(EDGE_DCDN, "DescribeDcdnKvAccountStatus", NULL, NULL);
    struct edge_request get = edge_request(EDGE_DCDN, "GetDcdnKv", "Namespace=main&Key=k", NULL);
    kv_snapshot *snapshot = fixture_snapshot(&fixture->store);

    edge_expect(fixture, &status, 200, "", "{\"Status\":\"online\"}");
    /* Closed under a snapshot the store is unusable, and goes with the snapshot. */
    fixture_close(&fixture->store);
    edge_expect(fixture, &status, 200, "", "{\"Status\":\"offline\"}");
    edge_expect(fixture, &get, 500, "StoreReopenNeeded", NULL);
    kv_snapshot_end(snapshot);
}

/* ---- Threads */

#define THREADS 4
#define ROUNDS 60

struct worker {
    struct edge_fixture *fixture;
    int number;
    int failures;
};

static bool one(kv_edge *edge, const char *target, int want)
{
    kv_edge_header headers[] = {{{"x-acs-version", 13}, {EDGE_DCDN, 10}}};
    kv_edge_head head = {{"POST", 4}, {target, strlen(target)}, headers, 1};
    kv_edge_request *request = NULL;
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;

    if (kv_edge_begin(edge, &head, &request) != KV_OK)
        return false;
    (void)kv_edge_body(request, "Value=value", 11);
    kv_edge_finish(request, &answer);
    kv_edge_end(request);
    return answer.http == want;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    kv_edge *edge = worker->fixture->edge;

    for (int i = 0; i < ROUNDS; i++) {
        char target[128];

        (void)snprintf(target, sizeof(target), "/?Action=PutDcdnKv&Namespace=main&Key=%d-%d",
                       worker->number, i);
        worker->failures += !one(edge, target, 200);
        (void)snprintf(target, sizeof(target), "/?Action=GetDcdnKv&Namespace=main&Key=%d-%d",
                       worker->number, i);
        worker->failures += !one(edge, target, 200);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct edge_fixture *fixture = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){fixture, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
    assert_int_equal(fixture_describe(&fixture->store, fixture->store.ns).key_count,
                     THREADS * ROUNDS);
}

/* Credentials change while requests hold them. */
static void *refuse(void *argument)
{
    struct worker *worker = argument;

    for (int i = 0; i < 10 * ROUNDS; i++)
        worker->failures += !one(worker->fixture->edge, "/?Action=GetDcdnKv&Signature=x", 403);
    return NULL;
}

static void test_threads_credentials(void **state)
{
    struct edge_fixture *fixture = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){fixture, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, refuse, &workers[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++)
        assert_status(kv_edge_credentials_set(fixture->edge, edge_credentials,
                                              strlen(edge_credentials), NULL),
                      KV_OK);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].failures, 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EDGE_TEST("open: what is refused", test_open_refuses),
        EDGE_TEST("null arguments", test_null_arguments),
        EDGE_TEST("open: defaults", test_defaults),
        EDGE_TEST("credentials: replaced", test_credentials_replaced),
        EDGE_OPEN_TEST("credentials: none are asked for", test_credentials_open),
        EDGE_TEST("credentials: held by a request", test_credentials_held),
        EDGE_TEST("offline", test_offline),
        EDGE_OPEN_TEST("threads", test_threads),
        EDGE_TEST("threads: credentials", test_threads_credentials),
    };

    run_tests(tests);
    return run_all("edge_service");
}
