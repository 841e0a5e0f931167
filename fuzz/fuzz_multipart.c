/*
 * kvi_multipart_begin, kvi_multipart_add; kvi_json_text_measure, kvi_json_text_member on the parts.
 *
 * The first line is a content type, the rest a body. Whole and in pieces (the last byte says of
 * which size) it reads the same: the same parts with the same data, or refused both times.
 */
#include "input.h"

#include "edge/json_text.h"
#include "edge/multipart.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX (1 << 16)

/* Names and data of the parts, with a zero byte between. */
struct told {
    char *text;
    size_t size, parts;
};

static void told_add(struct told *told, const void *data, size_t size)
{
    require(told->size + size + 1 <= TOLD_MAX);
    memcpy(told->text + told->size, data, size);
    told->size += size;
}

static kv_status told_part(void *ctx, kv_slice name)
{
    struct told *told = ctx;

    told->parts++;
    told_add(told, "", 1);
    if (name.size > 0)
        told_add(told, name.data, name.size);
    told_add(told, "", 1);
    return KV_OK;
}

static kv_status told_data(void *ctx, const void *data, size_t size)
{
    require(size > 0);
    told_add(ctx, data, size);
    return KV_OK;
}

static kv_status read_all(kv_slice type, kv_slice body, size_t chunk, struct told *told,
                          bool *complete)
{
    kvi_multipart_reader reader = {told_part, told_data, told};
    kvi_multipart *multipart = NULL;
    kv_status status = kvi_multipart_begin(type, &reader, &multipart);

    *complete = false;
    for (size_t at = 0; at < body.size && status == KV_OK; at += chunk)
        status = kvi_multipart_add(multipart, (const char *)body.data + at,
                                   body.size - at < chunk ? body.size - at : chunk);
    if (multipart != NULL)
        *complete = kvi_multipart_is_complete(multipart);
    kvi_multipart_end(multipart);
    return status;
}

/* The value of a member lies in the object, and measuring it is no less than nothing. */
static void look(kv_slice text)
{
    kv_slice value = {NULL, 0};
    kvi_json_measure measure = kvi_json_text_measure(text);

    require(measure.values > 0 && measure.items <= text.size);
    if (kvi_json_text_member(text, "Key", &value) == KV_OK)
        require((const char *)value.data >= (const char *)text.data &&
                (const char *)value.data + value.size <= (const char *)text.data + text.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    struct told whole = {malloc(TOLD_MAX), 0, 0};
    struct told pieces = {malloc(TOLD_MAX), 0, 0};
    bool complete = false, also = false;

    require(whole.text != NULL && pieces.text != NULL);
    if (end != NULL && size < TOLD_MAX / 4) {
        kv_slice type = {data, (size_t)(end - data)};
        kv_slice body = {end + 1, size - type.size - 1};
        kv_status status = read_all(type, body, body.size + 1, &whole, &complete);

        require(status == KV_OK || status == KV_INVALID || status == KV_NO_MEMORY);
        require(read_all(type, body, (size_t)(data[size - 1] & 15) + 1, &pieces, &also) == status);
        require(complete == also);
        if (complete || status == KV_OK)
            require(whole.parts == pieces.parts);
        if (complete)
            require(whole.size == pieces.size && memcmp(whole.text, pieces.text, whole.size) == 0);
        look(body);
    }
    free(whole.text);
    free(pieces.text);
    return 0;
}
