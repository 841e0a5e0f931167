#include "edge/handlers.h"

#include "edge/base64.h"
#include "edge/json_text.h"
#include "edge/kvlist.h"
#include "edge/service.h"
#include "edge/text.h"
#include "edge/uploads.h"
#include "edge/write_keys.h"

#include <stdio.h>

/* From the permission to the use of the file. */
#define PERMIT_S 1800
/* Members of a document with one pair: a few, and room for some that we do not know. */
#define SINGLE_VALUES_MAX 64

static bool upload_is_served(kvi_call *call)
{
    if (call->edge->uploads == NULL)
        kvi_answer_fault(call->answer, 400, "UnsupportedOperation",
                         "This service takes no uploads.");
    return call->edge->uploads != NULL;
}

/* ---- The permission */

/* A policy, for clients that read one; only the object key has an effect. */
static void upload_write_policy(kvi_answer *answer, const char *bucket, const char *key)
{
    char text[256];
    int size = snprintf(text, sizeof(text), "{\"bucket\":\"%s\",\"key\":\"%s\"}", bucket, key);

    kvi_answer_base64(answer, "EncodedPolicy",
                      kvi_text(text, size < (int)sizeof(text) ? (size_t)size : sizeof(text) - 1));
}

void kvi_handle_upload_authorize(kvi_call *call)
{
    char key[KVI_UPLOAD_KEY_MAX];
    char bucket[64];
    const char *host = NULL;
    int64_t now = kvi_edge_now(call->edge);
    kv_status status;

    if (!upload_is_served(call))
        return;
    host = kvi_uploads_host(call->edge->uploads);
    (void)snprintf(bucket, sizeof(bucket), "%.*s", (int)strcspn(host, "."), host);
    status = kvi_uploads_permit(call->edge->uploads, now, now + PERMIT_S, key);
    kvi_answer_status(call->answer, status);
    if (status != KV_OK)
        return;
    kvi_answer_string(call->answer, "Bucket", bucket);
    kvi_answer_string(call->answer, "Endpoint", strchr(host, '.') + 1);
    kvi_answer_string(call->answer, "ObjectKey", key);
    /* Clients hand these three on to the object POST, where nothing looks at them. */
    kvi_answer_string(call->answer, "AccessKeyId", "upload");
    kvi_answer_string(call->answer, "Signature", "none");
    upload_write_policy(call->answer, bucket, key);
    kvi_answer_boolean(call->answer, "UseAccelerate", false);
}

/* ---- Documents */

/* Take the file; its memory counts as a body's. Give it back with upload_release(). */
static bool upload_take(kvi_call *call, kv_slice *document)
{
    kvi_uploads *uploads = call->edge->uploads;
    kv_status status = kvi_uploads_take(uploads, call->arguments[KVI_ARG_URL].text,
                                        kvi_edge_now(call->edge), document);

    if (status == KV_NOT_FOUND) {
        kvi_answer_invalid(call->answer, "Url names no file that was uploaded here.");
        return false;
    }
    if (status == KV_OK) {
        status = kvi_body_budget_take(&call->edge->bodies, document->size, true);
        if (status != KV_OK)
            kvi_uploads_release(uploads, *document);
    }
    kvi_answer_status(call->answer, status);
    return status == KV_OK;
}

static void upload_release(kvi_call *call, kv_slice document)
{
    kvi_body_budget_return(&call->edge->bodies, document.size);
    kvi_uploads_release(call->edge->uploads, document);
}

/* A member's text; a document without it is a fault. */
static bool upload_member(kvi_call *call, kv_slice document, const char *name, kv_slice *out)
{
    kv_status status = kvi_json_text_member(document, name, out);

    if (status == KV_INVALID)
        kvi_answer_invalid(call->answer, "The file is not a JSON object.");
    else if (status == KV_NOT_FOUND)
        kvi_answer_invalid(call->answer, "The file has no %s.", name);
    return status == KV_OK;
}

/* The file says the same Namespace as the request. */
static bool upload_check_namespace(kvi_call *call, kv_slice document)
{
    kv_slice text;
    kv_slice want = call->arguments[KVI_ARG_NAMESPACE].text;
    const char *p = NULL;

    if (!upload_member(call, document, "Namespace", &text))
        return false;
    p = text.data;
    while (text.size > 0 && strchr(" \t\r\n", p[text.size - 1]) != NULL)
        text.size--;
    if (text.size == want.size + 2 && p[0] == '"' && p[text.size - 1] == '"' &&
        kvi_text_equal_folded(kvi_text(p + 1, want.size), want))
        return true;
    kvi_answer_invalid(call->answer, "The file's Namespace is not the request's.");
    return false;
}

/* ---- Operations */

static void upload_put_document(kvi_call *call, kv_slice document)
{
    kvi_kvlist list = {0};
    kvi_kvlist_error error = {0};
    kv_slice key = call->arguments[KVI_ARG_KEY].text;
    kv_status status = KV_INVALID;

    if (kvi_json_text_measure(document).values > SINGLE_VALUES_MAX)
        (void)snprintf(error.message, sizeof(error.message), "too many members");
    else
        status = kvi_kvlist_add_object(&list, document.data, document.size, 0, &error);
    if (status == KV_INVALID)
        kvi_answer_invalid(call->answer, "The file: %s.", error.message);
    else if (status != KV_OK)
        kvi_answer_status(call->answer, status);
    else if (!kvi_text_equal(kvi_text(list.ops[0].key, list.ops[0].key_size), key))
        kvi_answer_invalid(call->answer, "The file's Key is not the request's.");
    else if (kvi_call_find_namespace(call) &&
             kvi_write_keys_one(call, &list.ops[0], &kvi_write_keys_high))
        kvi_write_keys_tell_put(call, list.ops[0].value_size,
                                kvi_text(list.ops[0].value, list.ops[0].value_size));
    kvi_kvlist_free(&list);
}

void kvi_handle_upload_put(kvi_call *call)
{
    kv_slice document;

    if (!upload_is_served(call) || !upload_take(call, &document))
        return;
    if (upload_check_namespace(call, document))
        upload_put_document(call, document);
    upload_release(call, document);
}

static void upload_batch(kvi_call *call, const char *name,
                         void (*write)(kvi_call *call, const char *name, kv_slice text,
                                       const kvi_write_keys_limits *limits))
{
    kv_slice document, text;

    if (!upload_is_served(call) || !upload_take(call, &document))
        return;
    if (upload_check_namespace(call, document) && upload_member(call, document, name, &text))
        write(call, name, text, &kvi_write_keys_high);
    upload_release(call, document);
}

void kvi_handle_upload_batch_put(kvi_call *call)
{
    upload_batch(call, "KvList", kvi_write_keys_puts);
}

void kvi_handle_upload_batch_delete(kvi_call *call)
{
    upload_batch(call, "Keys", kvi_write_keys_deletes);
}
