/* The service under test: a store with a service on it, and clients that sign.
 *
 * Signing here shares no code with libkv/edge: two programs that agree are what a signature test is
 * made of. A request is built, perhaps spoilt, sent, and its answer looked at as JSON. */
#ifndef SUPPORT_EDGE_H
#define SUPPORT_EDGE_H

#include "support/fixture.h"

#include "kv_edge.h"

#include <stdbool.h>

struct json_t;

#define EDGE_DCDN "2018-01-15"
#define EDGE_ESA "2024-09-10"
#define EDGE_OWN "2026-11-24"
#define EDGE_OPEN "2019-12-19"

#define EDGE_SECRET "testsecret" /* Of every key below. */

/** Keys: testid may do everything; reader, writer and lister what their names say; putter only
 *  dcdn:PutDcdnKv; denied everything but dcdn:DeleteDcdnKv; temporary needs the token "token". */
extern const char edge_credentials[];

enum edge_signing { EDGE_V3, EDGE_V1, EDGE_UNSIGNED };

struct edge_header {
    const char *name, *value;
};

#define EDGE_HEADERS_MAX 24

/** A request on its way. Zero everywhere else than where edge_request() sets something. */
struct edge_request {
    const char *version, *action;
    const char *method;       /* NULL: POST with a form, else GET. */
    const char *path;         /* NULL: "/". */
    const char *query, *form; /* Percent-encoded, as they go over the wire. */
    size_t form_size;         /* 0: strlen(form). */
    enum edge_signing signing;
    bool all_in_form; /* V1: its parameters go where pop-core puts them. */
    const char *key_id, *secret, *token;
    const char *nonce;           /* NULL: a new one. */
    int64_t time_shift;          /* Seconds that the client's clock is ahead. */
    const char *time;            /* NULL: the fixture's clock, shifted. */
    const char *content_type;    /* NULL: the form's, if there is one. */
    struct edge_header extra[4]; /* Sent, not signed unless they begin with x-acs-. */
    const char *leave_out;       /* A header (V3) or parameter (V1) that is not sent. */
    const char *leave_unsigned;  /* V3: sent, but not in SignedHeaders. */
    const char *authorization;   /* Sent instead of the real one. */
    bool spoil_body, spoil_signature;
    size_t chunk; /* Bytes of body at a time. 0: all at once. */
};

/** An answer, owned: release with edge_answer_free(). */
struct edge_answer {
    int http;
    struct json_t *json; /* NULL: the body is no JSON object. */
    char *body;          /* Terminated. */
    size_t body_size;
    char code[64], action[64], key_id[64], content_type[64];
    uint64_t store_us;
};

struct edge_fixture {
    struct fixture store; /* First: fixture_*() take it. */
    kv_edge_options options;
    kv_edge *edge;
};

/** cmocka's: a store with namespace "main" and a service on it, with edge_credentials. */
int edge_setup(void **state);
/** The same with KV_EDGE_NO_AUTH. */
int edge_setup_open(void **state);
int edge_teardown(void **state);
/** Close the service and open it with fixture->options. */
void edge_reopen(struct edge_fixture *fixture);

/** A request of testid, signed V3. */
struct edge_request edge_request(const char *version, const char *action, const char *query,
                                 const char *form);
struct edge_answer edge_send(struct edge_fixture *fixture, const struct edge_request *request);
/** Sent as it stands: nothing is added. */
struct edge_answer edge_send_raw(kv_edge *edge, const char *method, const char *target,
                                 const struct edge_header *headers, size_t header_count,
                                 const char *body, size_t body_size, size_t chunk);
void edge_answer_free(struct edge_answer *answer);

/** Send, check status and Code ("" for a success), every rule that all answers keep, and that each
 *  member of want (JSON text, NULL: none) is in the answer with that value. */
void edge_expect(struct edge_fixture *fixture, const struct edge_request *request, int http,
                 const char *code, const char *want);
/** The same of an answer that is there. */
void edge_check(const struct edge_answer *answer, int http, const char *code, const char *want);

/** A string member, or "" if it is not there. Borrowed from the answer. */
const char *edge_string(const struct edge_answer *answer, const char *name);
/** Percent-encoded, owned: free(). */
char *edge_encode(const void *data, size_t size);
/** "2026-11-24T01:51:26Z". */
void edge_time(int64_t unix_s, char out[24]);

/** Entries for run_tests(). */
#define EDGE_TEST(name, function) TEST_WITHIN(name, function, edge_setup, edge_teardown)
#define EDGE_OPEN_TEST(name, function) TEST_WITHIN(name, function, edge_setup_open, edge_teardown)

#endif
