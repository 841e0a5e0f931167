#include "edge/receive.h"

#include "edge/multipart.h"
#include "edge/text.h"
#include "edge/uploads.h"

#include <stdio.h>

/* What receiving holds, as a body: the parser's buffer. */
#define RECEIVE_BYTES (UINT32_C(1) << 17)

/* The codes are those of the object store whose part we play. */
static void receive_refuse(kv_edge_request *request, kv_status status)
{
    kvi_answer *answer = &request->answer;

    if (status == KV_NOT_FOUND)
        kvi_answer_fault(answer, 403, "AccessDenied", "No upload under this key is permitted.");
    else if (status == KV_INVALID)
        kvi_answer_fault(answer, 400, "MalformedPOSTRequest",
                         "The body is no form with the fields key and file, in that order.");
    else if (status == KV_TOO_LARGE)
        kvi_answer_fault(answer, 413, "EntityTooLarge",
                         "The size of the file cannot exceed 104,857,600 bytes.");
    else
        kvi_answer_status(answer, status);
}

void kvi_receive_begin(kv_edge_request *request, kv_slice content_type)
{
    kv_edge *edge = request->edge;
    kv_status status;

    if (edge->uploads == NULL || !kvi_text_is(kvi_text_of(request->method), "POST") ||
        !kvi_multipart_is_type(content_type))
        return;
    kvi_answer_become_xml(&request->answer);
    status = kvi_edge_body_take(edge, RECEIVE_BYTES, false);
    if (status == KV_OK) {
        request->body_capacity = RECEIVE_BYTES; /* Given back at the end. */
        status =
            kvi_upload_begin(edge->uploads, content_type, kvi_edge_now(edge), &request->upload);
    }
    receive_refuse(request, status);
}

void kvi_receive_body(kv_edge_request *request, const void *data, size_t size)
{
    kv_status status = kvi_upload_add(request->upload, data, size);

    receive_refuse(request, status);
    if (status == KV_OK)
        return;
    kvi_upload_end(request->upload); /* Its room is for others, however much is still to come. */
    request->upload = NULL;
}

void kvi_receive_finish(kv_edge_request *request)
{
    const char *host = kvi_uploads_host(request->edge->uploads);
    const char *key = kvi_upload_key(request->upload);
    kv_status status = kvi_upload_finish(request->upload);
    char text[1024];

    receive_refuse(request, status);
    if (status != KV_OK)
        return;
    (void)snprintf(text, sizeof(text),
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Bucket>%.*s</Bucket>"
                   "<Location>http://%s/%s</Location><Key>%s</Key></PostResponse>",
                   (int)strcspn(host, "."), host, host, key, key);
    kvi_answer_xml(&request->answer, 201, text);
}
