#include "edge/receive.h"

#include "edge/multipart.h"
#include "edge/text.h"

#include <stdio.h>

/* What receiving holds, as a body: the parser's buffer. */
#define RECEIVE_BYTES (UINT32_C(1) << 17)

/* The codes are those of the object store whose part we play. */
static void receive_refuse(kvi_answer *answer, kv_status status)
{
    if (status == KV_NOT_FOUND)
        kvi_answer_fault(answer, 403, "AccessDenied", "No upload under this key is permitted.");
    else if (status == KV_INVALID)
        kvi_answer_fault(answer, 400, "MalformedPOSTRequest",
                         "The body is not a form with the fields key and file, in that order.");
    else if (status == KV_TOO_LARGE)
        kvi_answer_fault(answer, 413, "EntityTooLarge",
                         "The size of the file cannot exceed 104,857,600 bytes.");
    else
        kvi_answer_status(answer, status);
}

void kvi_receive_begin(kvi_receive *receive, kv_edge *edge, kv_slice method, kv_slice content_type,
                       kvi_answer *answer)
{
    kv_status status;

    if (edge->uploads == NULL || !kvi_text_is(method, "POST") ||
        !kvi_multipart_is_type(content_type))
        return;
    kvi_answer_become_xml(answer);
    status = kvi_body_budget_take(&edge->bodies, RECEIVE_BYTES, false);
    if (status == KV_OK) {
        receive->edge = edge;
        status =
            kvi_upload_begin(edge->uploads, content_type, kvi_edge_now(edge), &receive->upload);
    }
    receive_refuse(answer, status);
}

void kvi_receive_body(kvi_receive *receive, const void *data, size_t size, kvi_answer *answer)
{
    kv_status status = kvi_upload_add(receive->upload, data, size);

    receive_refuse(answer, status);
    if (status != KV_OK) /* Its room is for others, however much is still to come. */
        kvi_receive_end(receive);
}

void kvi_receive_finish(kvi_receive *receive, kvi_answer *answer)
{
    const char *host = kvi_uploads_host(receive->edge->uploads);
    const char *key = kvi_upload_key(receive->upload);
    kv_status status = kvi_upload_finish(receive->upload);
    char text[1024];

    receive_refuse(answer, status);
    if (status != KV_OK)
        return;
    (void)snprintf(text, sizeof(text),
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Bucket>%.*s</Bucket>"
                   "<Location>http://%s/%s</Location><Key>%s</Key></PostResponse>",
                   (int)strcspn(host, "."), host, host, key, key);
    kvi_answer_xml(answer, 201, text);
}

void kvi_receive_end(kvi_receive *receive)
{
    kvi_upload_end(receive->upload);
    if (receive->edge != NULL)
        kvi_body_budget_return(&receive->edge->bodies, RECEIVE_BYTES);
    *receive = (kvi_receive){0};
}
