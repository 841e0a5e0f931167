/* Each allocation of a request fails in turn: the service answers a fault, or does what was asked;
 * and what is in the store is what was given, or nothing. */
#include "support/run.h"
#include "support/edge.h"

#include "support/memory.h"

#include <string.h>

#define LONG_VALUE                                                                                 \
    "a value that is longer than a buffer is at its beginning, so that it has to grow while the "  \
    "text is read, more than once: it is a matter of a few hundred bytes, no more than that"

static const struct row {
    const char *name, *target, *form;
    const char *keys[3], *values[3]; /* What is in the store if it was done. */
} rows[] = {
    {"edge memory: PutDcdnKv",
     "/?Version=2018-01-15&Action=PutDcdnKv&Namespace=main&Key=a",
     "Value=" LONG_VALUE,
     {"a"},
     {LONG_VALUE}},
    {"edge memory: BatchPutDcdnKv",
     "/?Version=2018-01-15&Action=BatchPutDcdnKv&Namespace=main",
     "KvList=[{\"Key\":\"a\",\"Value\":\"" LONG_VALUE "\"},{\"Key\":\"b\",\"Value\":\"\\u0022x\"},"
     "{\"Key\":\"c\",\"Value\":\"" LONG_VALUE LONG_VALUE "\"}]",
     {"a", "b", "c"},
     {LONG_VALUE, "\"x", LONG_VALUE LONG_VALUE}},
    {"edge memory: PutKv with Base64",
     "/?Version=2024-09-10&Action=PutKv&Namespace=main&Key=a",
     "Base64=true&Value=AGI%3D",
     {NULL},
     {NULL}},
    {"edge memory: ListDcdnKv",
     "/?Version=2018-01-15&Action=ListDcdnKv&Namespace=main",
     NULL,
     {NULL},
     {NULL}},
    {"edge memory: DescribeKvStore",
     "/?Version=2026-11-24&Action=DescribeKvStore",
     NULL,
     {NULL},
     {NULL}},
};

/* HTTP status; 0: not even a request; -1: an answer that is no object. */
static int send_row(struct edge_fixture *fixture, const struct row *row)
{
    kv_edge_head head = {.method = {row->form == NULL ? "GET" : "POST", row->form == NULL ? 3 : 4},
                         .target = {row->target, strlen(row->target)}};
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;
    kv_edge_request *request = NULL;

    if (kv_edge_begin(fixture->edge, &head, &request) != KV_OK)
        return 0;
    if (row->form != NULL)
        (void)kv_edge_body(request, row->form, strlen(row->form));
    kv_edge_finish(request, &answer);
    /* Whatever it is, it is whole. */
    if (answer.body.size < 2 || ((const char *)answer.body.data)[0] != '{' ||
        ((const char *)answer.body.data)[answer.body.size - 1] != '}')
        answer.http = -1;
    kv_edge_end(request);
    return answer.http;
}

static void check_store(struct edge_fixture *fixture, const struct row *row, bool is_done)
{
    for (size_t i = 0; i < COUNT(row->keys) && row->keys[i] != NULL; i++) {
        if (is_done)
            fixture_expect(&fixture->store, row->keys[i], row->values[i]);
        else
            fixture_expect_absent(&fixture->store, row->keys[i]);
        if (is_done)
            assert_status(kv_delete(fixture->store.db, fixture->store.ns, row->keys[i],
                                    strlen(row->keys[i]), NULL),
                          KV_OK);
    }
}

static void test_row(void **state)
{
    struct edge_fixture *fixture = *state;
    const struct row *row = fixture->store.row;
    uint64_t failed = 1;
    int64_t tries = 0;

    skip_without_memory_faults();
    assert_int_equal(send_row(fixture, row), 200);
    check_store(fixture, row, true);
    for (; failed > 0; tries++) {
        int http;

        memory_fail_after(tries);
        http = send_row(fixture, row);
        memory_fail_after(-1);
        failed = memory_failed();
        if (http != 0 && http != 200 && http != 500 && http != 503)
            fail_msg("allocation %d failed, and the answer is %d", (int)tries, http);
        assert_true(failed > 0 || http == 200);
        check_store(fixture, row, http == 200);
    }
    assert_true(tries > 2);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, edge_setup_open, edge_teardown,
                                       (void *)(uintptr_t)&rows[i]};
    run_tests(tests);
    return run_all("edge_memory");
}
