#include "request.h"

#include "assets.h"
#include "log.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEADERS_MAX 100
/* A refused body is read to its end, if that is not further off, so that a client that writes first
   and reads then gets its answer instead of a lost connection. */
#define DRAIN_MAX KV_EDGE_FORM_SIZE_MAX
/* No body may announce more: an upload and the form around it. */
#define LENGTH_MAX (KV_EDGE_UPLOAD_SIZE_MAX + 65536)
/* Answers on their way out may hold this much memory; beyond it requests are put off. */
#define ANSWER_BYTES_MAX (UINT64_C(256) << 20)
#define TEXT_MAX 64
/* A large value takes milliseconds to unpack and to write as JSON. */
#define LONG_US 1000
#define HAND_OVER 100 /* Requests. */

typedef enum phase { HEAD, BODY, READY } phase;

typedef struct request {
    job job; /* First: a worker gets the request as its job. */
    server *all;
    struct MHD_Connection *connection;
    client *own; /* Its place among the connections; NULL: none. */
    char *target;
    phase phase;
    store *held;
    kv_edge_request *edge; /* NULL: the answer is our own. */
    bool is_refused, is_counted;
    struct MHD_Response *response; /* Owned until it is sent. */
    int status;
    /* For the log. */
    struct timespec begun;
    uint64_t bytes_in, bytes_out, store_us;
    uint64_t drained; /* Of bytes_in, after the refusal. */
    char action[TEXT_MAX], key_id[TEXT_MAX], code[TEXT_MAX], id[REPLY_ID_MAX];
} request;

static void copy_slice(char out[TEXT_MAX], kv_slice text)
{
    (void)snprintf(out, TEXT_MAX, "%.*s", (int)(text.size < TEXT_MAX ? text.size : TEXT_MAX),
                   (const char *)text.data);
}

static const char *find_header(const request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* ---- Answers of our own */

static void answer_own(request *r, int status, const char *code, const char *message)
{
    r->is_refused = true;
    r->status = status;
    (void)snprintf(r->code, sizeof(r->code), "%s", code == NULL ? "" : code);
    r->response = reply_own(code, message, r->id, &r->bytes_out);
}

static void answer_status(request *r, kv_status status)
{
    kv_edge_status edge = kv_status_edge(status);

    answer_own(r, edge.http, edge.code, edge.message);
}

static void answer_health(request *r)
{
    kv_status status;
    store *held = service_take(r->all->service, &status);

    store_release(held);
    (void)snprintf(r->action, sizeof(r->action), "healthz");
    if (held != NULL)
        answer_own(r, MHD_HTTP_OK, NULL, "ok");
    else
        answer_own(r, MHD_HTTP_SERVICE_UNAVAILABLE, kv_status_edge(status).code,
                   kv_strerror(status));
}

static void answer_asset(request *r, const asset *file)
{
    char tag[ASSET_TAG_MAX];
    const char *known = find_header(r, MHD_HTTP_HEADER_IF_NONE_MATCH);

    asset_tag(file, tag);
    r->is_refused = true;
    if (known != NULL && strcmp(known, tag) == 0) {
        r->status = MHD_HTTP_NOT_MODIFIED;
        r->response = reply_empty(NULL, tag);
    } else {
        r->status = MHD_HTTP_OK;
        r->response = reply_asset(file, tag);
        r->bytes_out = (uint64_t)(file->end - file->bytes);
    }
}

/* ---- The head */

static bool is_page_of(const char *path, size_t size, const char *folder)
{
    size_t length = strlen(folder);

    return size >= length && memcmp(path, folder, length) == 0 &&
           (size == length || path[length] == '/');
}

/* A person who typed the address alone. */
static bool is_browser(const request *r)
{
    const char *accept = find_header(r, MHD_HTTP_HEADER_ACCEPT);

    return strcmp(r->target, "/") == 0 && accept != NULL && strstr(accept, "text/html") != NULL &&
           find_header(r, "x-acs-action") == NULL;
}

static void answer_console(request *r, size_t path_size)
{
    const asset *file = asset_find(r->target, path_size);

    (void)snprintf(r->action, sizeof(r->action), "console");
    if (file != NULL) {
        answer_asset(r, file);
    } else if (path_size <= strlen("/console")) { /* Without the slash, or the root. */
        r->is_refused = true;
        r->status = MHD_HTTP_FOUND;
        r->response = reply_empty("/console/", NULL);
    } else {
        answer_own(r, MHD_HTTP_NOT_FOUND, "NotFound", "The console has no such file.");
    }
}

/* What is not the service's: the console and health. true: it is answered. */
static bool serve_page(request *r, const char *method)
{
    size_t size = strcspn(r->target, "?");

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return false;
    if (is_page_of(r->target, size, "/healthz"))
        answer_health(r);
    else if (is_page_of(r->target, size, "/console") || is_browser(r))
        answer_console(r, size);
    return r->is_refused;
}

/* What no request may be. true: it was refused. */
static bool refuse(request *r)
{
    const char *host = find_header(r, MHD_HTTP_HEADER_HOST);
    const char *length = find_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool is_chunked = find_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
    uint64_t size;

    if (!hosts_allow(&r->all->hosts, host))
        answer_own(r, MHD_HTTP_FORBIDDEN, "Forbidden.Host",
                   "The server is not known by the name in the Host header.");
    else if (!hosts_allow_origin(find_header(r, MHD_HTTP_HEADER_ORIGIN), host))
        answer_own(r, MHD_HTTP_FORBIDDEN, "Forbidden.Origin",
                   "Pages of other sites may not call this server.");
    else if (length != NULL && is_chunked)
        answer_own(r, MHD_HTTP_BAD_REQUEST, "InvalidParameter",
                   "Content-Length and Transfer-Encoding exclude each other.");
    else if (length != NULL && !options_number(length, 0, LENGTH_MAX, &size))
        answer_own(r, MHD_HTTP_CONTENT_TOO_LARGE, "RequestTooLarge", "The body is too large.");
    return r->is_refused;
}

typedef struct headers {
    kv_edge_header items[HEADERS_MAX];
    size_t count;
} headers;

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                  size_t name_size, const char *value, size_t value_size)
{
    headers *all = cls;

    (void)kind;
    if (all->count == HEADERS_MAX)
        return MHD_NO;
    while (value_size > 0 && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t'))
        value_size--;
    all->items[all->count++] =
        (kv_edge_header){{name, name_size}, {value == NULL ? "" : value, value_size}};
    return MHD_YES;
}

static void begin_edge(request *r, const char *method)
{
    headers given;
    kv_edge_head head = {.method = {method, strlen(method)},
                         .target = {r->target, strlen(r->target)},
                         .headers = given.items};
    kv_status status;

    given.count = 0;
    if (MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, add_header, &given) >
        HEADERS_MAX) {
        answer_own(r, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "InvalidParameter",
                   "The request has too many headers.");
        return;
    }
    head.header_count = given.count;
    r->held = service_take(r->all->service, &status);
    if (r->held != NULL)
        status = kv_edge_begin(store_edge(r->held), &head, &r->edge);
    if (status != KV_OK)
        answer_own(r, MHD_HTTP_SERVICE_UNAVAILABLE, kv_status_edge(status).code,
                   kv_status_edge(status).message);
    else
        r->is_refused = kv_edge_body(r->edge, "", 0) == 0;
}

static enum MHD_Result send_response(request *r);

static enum MHD_Result on_head(request *r, const char *method)
{
    const char *length = find_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t size = 0;

    r->phase = BODY;
    r->is_counted = true;
    (void)atomic_fetch_add(&r->all->open, 1);
    (void)clock_gettime(CLOCK_MONOTONIC, &r->begun);
    if (!refuse(r) && !serve_page(r, method))
        begin_edge(r, method);
    if (!r->is_refused || r->response == NULL)
        return MHD_YES;
    /* A body that would not be read to its end, or that waits for our word, is not begun: the
       library then closes the connection behind the answer. */
    if (length != NULL && !options_number(length, 0, DRAIN_MAX, &size))
        return send_response(r);
    return find_header(r, MHD_HTTP_HEADER_EXPECT) != NULL && size > 0 ? send_response(r) : MHD_YES;
}

/* ---- The body */

static enum MHD_Result on_body(request *r, const char *data, size_t *size)
{
    kv_status failure = r->is_refused ? KV_OK : store_failure(r->held);

    r->bytes_in += *size;
    if (failure != KV_OK) {
        kv_edge_end(r->edge);
        r->edge = NULL;
        store_release(r->held); /* Whoever opens it anew waits for this. */
        r->held = NULL;
        answer_status(r, failure);
    }
    if (r->is_refused)
        r->drained += *size;
    else
        r->is_refused = kv_edge_body(r->edge, data, *size) == 0;
    *size = 0;
    return r->drained > DRAIN_MAX ? MHD_NO : MHD_YES;
}

/* ---- The operation */

/* Any thread: the request is nobody else's at this time. */
static void finish(request *r)
{
    kv_edge_answer answer = KV_EDGE_ANSWER_INIT;
    kv_edge_request *edge = r->edge;
    store *held = r->held;

    kv_edge_finish(edge, &answer);
    r->status = answer.http;
    r->bytes_out = answer.body.size;
    r->store_us = answer.store_us;
    copy_slice(r->action, answer.action);
    copy_slice(r->key_id, answer.key_id);
    copy_slice(r->code, answer.code);
    (void)snprintf(r->id, sizeof(r->id), "%.*s", (int)answer.request_id.size,
                   (const char *)answer.request_id.data);
    r->edge = NULL;
    r->held = NULL;
    r->response = reply_edge(edge, held, &answer, &r->all->answer_bytes);
}

/* Do not make one more answer while those on their way out hold too much. */
static void finish_or_put_off(request *r)
{
    if (atomic_load(&r->all->answer_bytes) <= ANSWER_BYTES_MAX) {
        finish(r);
        return;
    }
    kv_edge_end(r->edge);
    r->edge = NULL;
    answer_status(r, KV_BUSY);
}

static void run_job(job *self)
{
    request *r = (request *)self;
    struct MHD_Connection *connection = r->connection;

    finish_or_put_off(r);
    MHD_resume_connection(connection); /* From here on it is the loop's again. */
}

static uint64_t us_since(const struct timespec *begun)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)((now.tv_sec - begun->tv_sec) * 1000000 +
                      (now.tv_nsec - begun->tv_nsec) / 1000);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Whom to hand it to; NULL: nobody, it is quickly done here. The client's word for what it is is
   good enough: a lie costs others a moment. */
static workers *choose(const request *r)
{
    const char *action = find_header(r, "x-acs-action");
    server *all = r->all;

    if (r->is_refused)
        return NULL;
    if (action == NULL || begins(action, "List"))
        return action == NULL ? all->writers : all->readers;
    if (!begins(action, "Get") && !begins(action, "Describe"))
        return all->writers;
    /* Handing over costs more than most reads of one thing. */
    if (atomic_load(&all->hand_over) <= 0 || atomic_fetch_sub(&all->hand_over, 1) <= 0)
        return NULL;
    return all->readers;
}

/* In the loop, where others wait meanwhile: after one that took long, the next are handed over. */
static void finish_here(request *r)
{
    struct timespec begun;

    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    finish_or_put_off(r);
    if (us_since(&begun) >= LONG_US)
        atomic_store(&r->all->hand_over, HAND_OVER);
}

static enum MHD_Result on_end(request *r)
{
    workers *chosen = choose(r);

    r->phase = READY;
    client_pause(r->own);
    if (r->edge == NULL)
        return send_response(r);
    if (chosen == NULL) {
        finish_here(r);
        return send_response(r);
    }
    r->job.run = run_job;
    MHD_suspend_connection(r->connection);
    if (!workers_add(chosen, &r->job))
        run_job(&r->job); /* The server is stopping. */
    return MHD_YES;
}

/* ---- The answer */

static enum MHD_Result send_response(request *r)
{
    enum MHD_Result result;

    r->phase = READY;
    if (r->response == NULL)
        return MHD_NO; /* No memory: all that is left is to close. */
    if (atomic_load(&r->all->is_stopping))
        (void)MHD_add_response_header(r->response, MHD_HTTP_HEADER_CONNECTION, "close");
    client_answer(r->all->clients, r->own);
    result = MHD_queue_response(r->connection, (unsigned)r->status, r->response);
    MHD_destroy_response(r->response); /* The library has its own hold on it. */
    r->response = NULL;
    return result;
}

/* ---- What the library calls */

void *request_begin(void *cls, const char *target, struct MHD_Connection *connection)
{
    request *r = calloc(1, sizeof(*r));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (r == NULL)
        return NULL;
    r->all = cls;
    r->connection = connection;
    r->own = info == NULL ? NULL : info->socket_context;
    r->target = strdup(target);
    return r;
}

enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *size, void **context)
{
    request *r = *context;

    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    if (r == NULL || r->target == NULL)
        return MHD_NO;
    if (r->phase == HEAD)
        return on_head(r, method);
    if (*size > 0)
        return on_body(r, data, size);
    return r->phase == BODY ? on_end(r) : send_response(r);
}

static void note(request *r, bool is_sent)
{
    log_request facts = {.peer = client_peer(r->own),
                         .action = r->action,
                         .key_id = r->key_id,
                         .code = is_sent ? r->code : "ConnectionLost",
                         .id = r->id,
                         .status = is_sent ? r->status : 0,
                         .bytes_in = r->bytes_in,
                         .bytes_out = is_sent ? r->bytes_out : 0,
                         .us = us_since(&r->begun),
                         .store_us = r->store_us};

    log_write_request(&facts);
    metrics_count(r->all->metrics, facts.action, facts.code, facts.status, facts.us, facts.bytes_in,
                  facts.bytes_out);
}

void request_completed(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode how)
{
    request *r = *context;

    (void)cls;
    (void)connection;
    *context = NULL;
    if (r == NULL)
        return;
    if (r->is_counted) {
        note(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        (void)atomic_fetch_sub(&r->all->open, 1);
    }
    if (r->response != NULL)
        MHD_destroy_response(r->response);
    kv_edge_end(r->edge);
    store_release(r->held);
    client_expect(r->all->clients, r->own);
    free(r->target);
    free(r);
}
