/*
 * kv_edge_begin, kv_edge_body, kv_edge_finish, kv_edge_end: whole requests.
 *
 * The input is a request as text (support/request_text.h). Its last byte says how it is sent: as it
 * stands to a service with credentials, or signed anew (V3 or V1) so that it gets past them, or to
 * a service that asks for none; and in pieces of which size. Every answer is a JSON object with a
 * RequestId, has a Code if and only if it is a fault, and no secret. What is refused for who sent
 * it changes nothing. Each input has a service and a namespace of its own; the store serves all.
 */
#include "support/edge.h"
#include "support/recorded.h"
#include "support/request_text.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum sending { AS_IT_STANDS, SIGNED_V3, OPEN, SIGNED_V1 }; /* '\n', which ends a text, is OPEN. */

static struct edge_fixture fixture;
static char root[TEMPDIR_PATH_MAX];

static void clean_up(void)
{
    kv_edge_close(fixture.edge);
    kv_close(fixture.store.db);
    tempdir_remove(root);
}

static void require(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s\n", what);
    tempdir_remove(root);
    abort();
}

/* ---- The store: one namespace, "ns1", with a key, for each input */

static void store_open(void)
{
    kv_settings settings = KV_SETTINGS_INIT;

    require(tempdir_make(root) == 0, "tempdir");
    tempdir_join(fixture.store.path, root, "store");
    atomic_init(&fixture.store.clock.now, RECORDED_TIME);
    fixture.store.options = (kv_options)KV_OPTIONS_INIT;
    fixture.store.options.flags = KV_CREATE;
    fixture.store.options.sync = KV_SYNC_LAZY;
    fixture.store.options.clock = fake_clock_read;
    fixture.store.options.clock_ctx = &fixture.store.clock;
    settings.changes_bytes_max = 1 << 16;
    require(kv_open(fixture.store.path, &fixture.store.options, &settings, &fixture.store.db,
                    NULL) == KV_OK,
            "kv_open");
    (void)atexit(clean_up);
}

/* Anew, if the last input changed anything. */
static void store_begin(void)
{
    static uint64_t begun;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_snapshot *snapshot = NULL;
    kv_op op = op_put("key1", "value1");

    if (begun != 0 && kv_sequence(fixture.store.db) == begun)
        return;
    do {
        require(kv_snapshot_begin(fixture.store.db, &snapshot) == KV_OK, "snapshot");
        info.id = 0;
        if (kv_namespace_next(snapshot, 0, &info) != KV_OK)
            info.id = 0;
        kv_snapshot_end(snapshot);
        require(info.id == 0 || kv_namespace_drop(fixture.store.db, info.id) == KV_OK, "drop");
    } while (info.id != 0);
    require(kv_namespace_create(fixture.store.db, "ns1", 3, &fixture.store.ns) == KV_OK, "create");
    require(kv_put(fixture.store.db, fixture.store.ns, &op, NULL) == KV_OK, "put");
    begun = kv_sequence(fixture.store.db);
}

/* ---- Sending */

static char *text_of(kv_slice slice)
{
    char *text = malloc(slice.size + 1);

    require(text != NULL, "malloc");
    if (slice.size > 0)
        memcpy(text, slice.data, slice.size);
    text[slice.size] = '\0';
    return text;
}

static char *header_of(const struct request_text *text, const char *name)
{
    for (size_t i = 0; i < text->head.header_count; i++) {
        kv_slice found = text->headers[i].name;

        if (found.size == strlen(name) && memcmp(found.data, name, found.size) == 0)
            return text_of(text->headers[i].value);
    }
    return text_of((kv_slice){"", 0});
}

static struct edge_answer send_signed(const struct request_text *text, enum sending sending,
                                      size_t chunk)
{
    char *version = header_of(text, "x-acs-version");
    char *action = header_of(text, "x-acs-action");
    char *query = text_of(text->query);
    char *form = text_of(text->body);
    struct edge_request request = edge_request(version, action, query, form);
    struct edge_answer answer;

    request.form_size = text->body.size;
    request.signing = sending == SIGNED_V3 ? EDGE_V3 : EDGE_V1;
    request.chunk = chunk;
    answer = edge_send(&fixture, &request);
    free(version);
    free(action);
    free(query);
    free(form);
    return answer;
}

static struct edge_answer send_as_it_stands(const struct request_text *text, size_t chunk)
{
    struct edge_answer answer = {0};
    kv_edge_answer got = KV_EDGE_ANSWER_INIT;
    kv_edge_request *request = NULL;
    const char *body = text->body.data;

    require(kv_edge_begin(fixture.edge, &text->head, &request) == KV_OK, "begin");
    chunk = chunk == 0 ? text->body.size : chunk;
    for (size_t at = 0; at < text->body.size; at += chunk) {
        size_t left = text->body.size - at;

        if (!kv_edge_body(request, body + at, left < chunk ? left : chunk))
            break;
    }
    kv_edge_finish(request, &got);
    answer.http = got.http;
    answer.body = text_of(got.body);
    answer.body_size = got.body.size;
    answer.json =
        json_loadb(answer.body, answer.body_size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    (void)snprintf(answer.code, sizeof(answer.code), "%.*s", (int)got.code.size,
                   (const char *)got.code.data);
    kv_edge_end(request);
    return answer;
}

static bool contains(const void *text, size_t size, const char *what)
{
    return memmem(text, size, what, strlen(what)) != NULL;
}

static void check(const struct edge_answer *answer)
{
    require(json_is_object(answer->json), "the answer is no JSON object");
    require(strlen(edge_string(answer, "RequestId")) == 36, "no RequestId");
    require(answer->http == 200 || answer->http >= 400, "status");
    require((answer->code[0] != '\0') == (answer->http >= 400), "code and status disagree");
    require(strcmp(edge_string(answer, "Code"), answer->code) == 0, "Code");
    require(!contains(answer->body, answer->body_size, EDGE_SECRET), "a secret");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_text text;
    struct edge_answer answer;
    enum sending sending = size == 0 ? OPEN : (enum sending)(data[size - 1] & 3);
    size_t chunk = size == 0 ? 0 : data[size - 1] >> 2;
    uint64_t sequence;

    /* What knows the secret may write it, and a later input finds it in the change log. */
    if (size == 0 || contains(data, size, EDGE_SECRET) ||
        !request_text_read((const char *)data, size - 1, &text))
        return 0;
    if (fixture.store.db == NULL)
        store_open();
    store_begin();
    fixture.options = (kv_edge_options)KV_EDGE_OPTIONS_INIT;
    fixture.options.flags = sending == OPEN ? KV_EDGE_NO_AUTH : 0;
    fixture.options.nonces_max = 4;
    fixture.options.clock = fake_clock_read;
    fixture.options.clock_ctx = &fixture.store.clock;
    edge_reopen(&fixture);
    sequence = kv_sequence(fixture.store.db);
    if (sending == SIGNED_V3 || sending == SIGNED_V1)
        answer = send_signed(&text, sending, chunk);
    else
        answer = send_as_it_stands(&text, chunk);
    check(&answer);
    if (answer.http == 403 && strncmp(answer.code, "Unauthorized", 12) == 0)
        require(kv_sequence(fixture.store.db) == sequence, "refused, and yet something was done");
    edge_answer_free(&answer);
    return 0;
}
