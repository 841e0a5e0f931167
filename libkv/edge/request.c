/* A request from its head to its answer: what kv_edge.h has of requests. */
#include "kv_edge.h"

#include "edge/authorize.h"
#include "edge/receive.h"
#include "edge/text.h"

#include <stdlib.h>
#include <string.h>

#define BODY_CAPACITY_FIRST 4096
#define FORM_TYPE "application/x-www-form-urlencoded"
#define METHOD_SIZE 8
#define HOST_SIZE 128
#define NAME_SIZE 64

struct kv_edge_request {
    kv_edge *edge;
    kvi_credentials *credentials; /* Those in force at its begin, held. NULL: no auth. */
    kvi_claim_kind kind;          /* V3 once it is verified; V1 or none until the body is there. */
    char method[METHOD_SIZE];
    char host[HOST_SIZE];    /* Terminated. */
    char action[NAME_SIZE];  /* With no auth, from the headers; terminated. */
    char version[NAME_SIZE]; /* The same. */
    char *query;             /* Owned; decoded in place. */
    kvi_form form;           /* Of the query, then of query and body. */
    bool is_form;            /* The content type is the form's, or none is given. */
    bool is_finished;
    char *body; /* Owned. */
    size_t body_size, body_capacity;
    kvi_hash *hash; /* Of the body; V3 only. */
    kvi_authorization authorization;
    kvi_receive receive; /* If it brings a file. */
    kvi_call call;
    kvi_answer answer;
    kv_slice text; /* The answer, once finished. */
};

/* ---- The head */

/* Cut where there is no room. What is longer is no name or host that we know. */
static void request_copy(char *out, size_t room, kv_slice text)
{
    size_t size = text.size < room ? text.size : room - 1;

    if (size > 0)
        memcpy(out, text.data, size);
    out[size] = '\0';
}

/* "application/x-www-form-urlencoded", perhaps with a charset behind it; in any case. */
static bool request_is_form(kv_slice type)
{
    const char *p = type.data;
    size_t size = strlen(FORM_TYPE);

    if (type.size <= size)
        return type.size == 0 || kvi_text_equal_folded(type, kvi_text_of(FORM_TYPE));
    return kvi_text_equal_folded(kvi_text(p, size), kvi_text_of(FORM_TYPE)) &&
           (p[size] == ';' || p[size] == ' ');
}

static void request_read_headers(kv_edge_request *request, const kv_edge_head *head)
{
    request_copy(request->method, sizeof(request->method), head->method);
    request_copy(request->host, sizeof(request->host), kvi_head_find(head, "host"));
    request_copy(request->action, sizeof(request->action), kvi_head_find(head, "x-acs-action"));
    request_copy(request->version, sizeof(request->version), kvi_head_find(head, "x-acs-version"));
    request->is_form = request_is_form(kvi_head_find(head, "content-type"));
}

static void request_refuse_form(kv_edge_request *request, const char *where)
{
    kvi_answer_invalid(&request->answer,
                       "The %s is not form-encoded, names a parameter twice, or has over %d.",
                       where, KVI_FORM_PARAMETERS_MAX);
}

/* Method, path and query. KV_OK; KV_NO_MEMORY. */
static kv_status request_read_target(kv_edge_request *request, kv_slice target)
{
    const char *p = target.data;
    size_t path_size = target.size;
    const char *mark = target.size == 0 ? NULL : memchr(p, '?', target.size);

    if (!kvi_text_is(kvi_text_of(request->method), "GET") &&
        !kvi_text_is(kvi_text_of(request->method), "POST"))
        kvi_answer_fault(&request->answer, 405, "UnsupportedHTTPMethod",
                         "The method is neither GET nor POST.");
    if (mark != NULL)
        path_size = (size_t)(mark - p);
    if (!kvi_text_is(kvi_text(p, path_size), "/"))
        kvi_answer_fault(&request->answer, 404, "InvalidPath.NotFound",
                         "The specified path does not exist.");
    if (request->answer.code != NULL || mark == NULL)
        return KV_OK;
    request->query = malloc(target.size - path_size);
    if (request->query == NULL)
        return KV_NO_MEMORY;
    memcpy(request->query, mark + 1, target.size - path_size - 1);
    if (kvi_form_add(&request->form, request->query, target.size - path_size - 1) != KV_OK)
        request_refuse_form(request, "query");
    return KV_OK;
}

/* As far as the head alone decides. */
static void request_authorize_head(kv_edge_request *request, const kv_edge_head *head)
{
    if ((request->edge->flags & KV_EDGE_NO_AUTH) != 0)
        return;
    if (kvi_claim_is_v3(head)) {
        request->kind = KVI_CLAIM_V3;
        kvi_authorize_v3(&request->authorization, head);
        if (request->answer.code == NULL && (request->hash = kvi_hash_begin(KVI_SHA256)) == NULL)
            kvi_answer_status(&request->answer, KV_NO_MEMORY);
    } else if (kvi_form_find(&request->form, "Signature") != NULL) {
        request->kind = KVI_CLAIM_V1;
    } else if (kvi_text_is(head->method, "GET")) {
        /* There is no form to come that could have a signature. */
        kvi_authorize_refuse(&request->answer);
    }
}

kv_status kv_edge_begin(kv_edge *edge, const kv_edge_head *head, kv_edge_request **request_out)
{
    kv_edge_request *request = NULL;
    kv_status status;

    if (request_out == NULL)
        return KV_INVALID;
    *request_out = NULL;
    if (edge == NULL || head == NULL || (head->headers == NULL && head->header_count > 0))
        return KV_INVALID;
    request = calloc(1, sizeof(*request));
    if (request == NULL)
        return KV_NO_MEMORY;
    request->edge = edge;
    request->credentials = kvi_edge_credentials(edge);
    request->call.edge = edge;
    request->call.db = edge->db;
    request->call.answer = &request->answer;
    request->authorization = (kvi_authorization){.edge = edge,
                                                 .credentials = request->credentials,
                                                 .method = request->method,
                                                 .form = &request->form,
                                                 .answer = &request->answer};
    kvi_answer_begin(&request->answer);
    request_read_headers(request, head);
    status = request_read_target(request, head->target);
    if (status != KV_OK) {
        kv_edge_end(request);
        return status;
    }
    if (request->answer.code == NULL)
        kvi_receive_begin(&request->receive, edge, head->method,
                          kvi_head_find(head, "content-type"), &request->answer);
    if (request->answer.code == NULL && request->receive.upload == NULL)
        request_authorize_head(request, head);
    *request_out = request;
    return KV_OK;
}

/* ---- The body */

/* Make room for more bytes of body. KV_OK; KV_BUSY; KV_NO_MEMORY. */
static kv_status request_reserve_body(kv_edge_request *request, size_t more)
{
    size_t needed = request->body_size + more;
    size_t capacity = request->body_capacity == 0 ? BODY_CAPACITY_FIRST : request->body_capacity;
    char *body = NULL;

    if (needed <= request->body_capacity)
        return KV_OK;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > KV_EDGE_FORM_SIZE_MAX)
        capacity = KV_EDGE_FORM_SIZE_MAX;
    if (kvi_body_budget_take(&request->edge->bodies, capacity - request->body_capacity,
                             request->authorization.key_id[0] != '\0' ||
                                 request->credentials == NULL) != KV_OK)
        return KV_BUSY;
    body = realloc(request->body, capacity);
    if (body == NULL) {
        kvi_body_budget_return(&request->edge->bodies, capacity - request->body_capacity);
        return KV_NO_MEMORY;
    }
    request->body = body;
    request->body_capacity = capacity;
    return KV_OK;
}

int kv_edge_body(kv_edge_request *request, const void *data, size_t size)
{
    if (request == NULL || request->is_finished || request->answer.code != NULL)
        return 0;
    if (size == 0)
        return 1;
    if (request->receive.upload != NULL) {
        kvi_receive_body(&request->receive, data, size, &request->answer);
        return request->answer.code == NULL;
    }
    if (!request->is_form)
        kvi_answer_invalid(&request->answer, "The content type is not " FORM_TYPE ".");
    else if (size > KV_EDGE_FORM_SIZE_MAX - request->body_size)
        kvi_answer_fault(&request->answer, 413, "InvalidBody.ExceedsMaximum",
                         "The size of the body cannot exceed 17,000,000 bytes.");
    else
        kvi_answer_status(&request->answer, request_reserve_body(request, size));
    if (request->answer.code != NULL)
        return 0;
    memcpy(request->body + request->body_size, data, size);
    request->body_size += size;
    if (request->hash != NULL)
        kvi_hash_add(request->hash, data, size);
    return 1;
}

/* ---- The end */

static void request_handle(kv_edge_request *request)
{
    const kvi_operation *operation = request->authorization.operation;
    kvi_call *call = &request->call;

    call->dialect = operation->dialect;
    if (kvi_arguments_read(&request->form, operation->takes, operation->needs, call->arguments,
                           &request->answer))
        operation->handle(call);
    kvi_call_free(call);
}

/* The body is there. Reads it, decides what the head could not, and does the operation. */
static void request_run(kv_edge_request *request)
{
    if (request->kind == KVI_CLAIM_V3) {
        kvi_authorize_body(&request->authorization, request->hash);
        request->hash = NULL;
    }
    if (request->answer.code == NULL && request->body_size > 0 &&
        kvi_form_add(&request->form, request->body, request->body_size) != KV_OK)
        request_refuse_form(request, "body");
    if (request->answer.code != NULL)
        return;
    if (request->credentials == NULL)
        kvi_authorize_anyone(&request->authorization, request->version, request->action);
    else if (request->kind != KVI_CLAIM_V3 && kvi_form_find(&request->form, "Signature") != NULL)
        kvi_authorize_v1(&request->authorization);
    else if (request->kind != KVI_CLAIM_V3)
        kvi_authorize_refuse(&request->answer);
    if (request->answer.code == NULL)
        request_handle(request);
}

static const char *request_action(const kv_edge_request *request)
{
    if (request->answer.is_xml)
        return "PostObject"; /* As the object store, whose part we play, calls it. */
    return request->authorization.operation == NULL ? "" : request->authorization.operation->name;
}

void kv_edge_finish(kv_edge_request *request, kv_edge_answer *answer_out)
{
    kv_edge_answer own = KV_EDGE_ANSWER_INIT;
    size_t room;

    if (request == NULL || answer_out == NULL)
        return;
    if (!request->is_finished) {
        if (request->answer.code == NULL && request->receive.upload != NULL)
            kvi_receive_finish(&request->receive, &request->answer);
        else if (request->answer.code == NULL)
            request_run(request);
        request->text = kvi_answer_finish(&request->answer, request->host);
        request->is_finished = true;
    }
    own.http = request->answer.http;
    own.body = request->text;
    own.content_type = kvi_text_of(request->answer.content_type);
    own.request_id = kvi_text_of(request->answer.request_id);
    own.action = kvi_text_of(request_action(request));
    own.key_id = kvi_text_of(request->authorization.key_id);
    own.code = kvi_text_of(request->answer.code == NULL ? "" : request->answer.code);
    own.store_us = request->call.store_ns / 1000;
    room = answer_out->size < sizeof(own) ? answer_out->size : sizeof(own);
    own.size = answer_out->size;
    memcpy(answer_out, &own, room);
}

void kv_edge_end(kv_edge_request *request)
{
    if (request == NULL)
        return;
    (void)kvi_hash_end(request->hash, NULL);
    kvi_receive_end(&request->receive);
    kvi_call_free(&request->call);
    kvi_answer_free(&request->answer);
    kvi_body_budget_return(&request->edge->bodies, request->body_capacity);
    kvi_credentials_release(request->credentials);
    free(request->body);
    free(request->query);
    free(request);
}
