/*
 *     body       ::= [preamble] "--" boundary CR LF part { delimiter CR LF part } delimiter "--"
 *     part       ::= { header CR LF } CR LF data
 *     delimiter  ::= [CR LF] "--" boundary
 *
 * RFC 2046 wants the CR LF. The ESA SDK leaves it out behind a file. Boundaries are random, so a
 * part ends wherever one appears.
 */
#include "edge/multipart.h"

#include "edge/text.h"

#include <stdlib.h>

#define BOUNDARY_SIZE_MAX 70 /* RFC 2046. */
#define DELIMITER_SIZE_MAX (BOUNDARY_SIZE_MAX + 2)
#define HEADERS_SIZE_MAX 4096
#define PARTS_MAX 32
#define BUFFER_SIZE 65536

typedef enum multipart_state {
    MULTIPART_PREAMBLE,
    MULTIPART_BOUNDARY, /* Behind a delimiter: is it the last one? */
    MULTIPART_HEADERS,
    MULTIPART_DATA,
    MULTIPART_COMPLETE
} multipart_state;

struct kvi_multipart {
    kvi_multipart_reader reader;
    multipart_state state;
    unsigned parts;
    char delimiter[DELIMITER_SIZE_MAX]; /* Without the CR LF. */
    size_t delimiter_size;
    size_t size; /* Of what is not yet understood. */
    char buffer[BUFFER_SIZE];
};

/* ---- The content type, and the headers of a part */

bool kvi_multipart_is_type(kv_slice content_type)
{
    kv_slice want = kvi_text_of("multipart/form-data");

    return content_type.size >= want.size &&
           kvi_text_equal_folded(kvi_text(content_type.data, want.size), want);
}

/* The value of `name=` in "form-data; name=key" or "...; name=\"key\"". false: it is not there. */
static bool multipart_attribute(kv_slice header, const char *name, kv_slice *out)
{
    const char *p = header.data;
    size_t name_size = strlen(name);

    for (size_t at = 1; at + name_size < header.size; at++) {
        size_t begin = at + name_size + 1;
        const char *end = NULL;

        if ((p[at - 1] != ' ' && p[at - 1] != ';') || p[at + name_size] != '=' ||
            !kvi_text_equal_folded(kvi_text(p + at, name_size), kvi_text_of(name)))
            continue;
        if (begin < header.size && p[begin] == '"') {
            begin++;
            end = memchr(p + begin, '"', header.size - begin);
            if (end == NULL)
                return false;
        } else {
            end = memchr(p + begin, ';', header.size - begin);
        }
        *out = kvi_text(p + begin, end == NULL ? header.size - begin : (size_t)(end - p) - begin);
        return true;
    }
    return false;
}

kv_status kvi_multipart_begin(kv_slice content_type, const kvi_multipart_reader *reader,
                              kvi_multipart **out)
{
    kv_slice boundary = {NULL, 0};
    kvi_multipart *multipart = NULL;

    *out = NULL;
    if (!multipart_attribute(content_type, "boundary", &boundary) || boundary.size == 0 ||
        boundary.size > BOUNDARY_SIZE_MAX)
        return KV_INVALID;
    multipart = malloc(sizeof(*multipart));
    if (multipart == NULL)
        return KV_NO_MEMORY;
    multipart->reader = *reader;
    multipart->state = MULTIPART_PREAMBLE;
    multipart->parts = 0;
    memcpy(multipart->delimiter, "--", 2);
    memcpy(multipart->delimiter + 2, boundary.data, boundary.size);
    multipart->delimiter_size = boundary.size + 2;
    multipart->size = 0;
    *out = multipart;
    return KV_OK;
}

void kvi_multipart_end(kvi_multipart *multipart)
{
    free(multipart);
}

bool kvi_multipart_is_complete(const kvi_multipart *multipart)
{
    return multipart->state == MULTIPART_COMPLETE;
}

/* "Content-Disposition: form-data; name=\"key\"" among the lines: the name. */
static bool multipart_name(kv_slice headers, kv_slice *name)
{
    static const char want[] = "content-disposition:";
    const char *p = headers.data;

    for (size_t at = 0; at < headers.size;) {
        const char *end = memchr(p + at, '\n', headers.size - at);
        size_t size = end == NULL ? headers.size - at : (size_t)(end - p) - at;
        kv_slice line = kvi_text(p + at, size > 0 && p[at + size - 1] == '\r' ? size - 1 : size);

        if (line.size > sizeof(want) &&
            kvi_text_equal_folded(kvi_text(line.data, sizeof(want) - 1), kvi_text_of(want)))
            return multipart_attribute(line, "name", name);
        at += size + 1;
    }
    return false;
}

/* ---- One step in each state: how many bytes of the buffer it used up; 0: it needs more */

static kv_status multipart_tell(kvi_multipart *multipart, size_t size)
{
    if (size == 0 || multipart->state != MULTIPART_DATA)
        return KV_OK;
    return multipart->reader.data(multipart->reader.ctx, multipart->buffer, size);
}

/* Up to the next delimiter. */
static kv_status multipart_step_data(kvi_multipart *multipart, size_t *used)
{
    const char *found =
        memmem(multipart->buffer, multipart->size, multipart->delimiter, multipart->delimiter_size);
    size_t kept = multipart->delimiter_size + 1; /* Perhaps CR LF and one that is not whole. */
    size_t size = 0;
    size_t end_size = 0;
    kv_status status;

    if (found != NULL)
        size = (size_t)(found - multipart->buffer);
    else if (multipart->size > kept)
        size = multipart->size - kept;
    if (found != NULL && size >= 2 && memcmp(found - 2, "\r\n", 2) == 0)
        end_size = 2;
    status = multipart_tell(multipart, size - end_size);
    *used = size;
    if (found != NULL) {
        *used += multipart->delimiter_size;
        multipart->state = MULTIPART_BOUNDARY;
    }
    return status;
}

static kv_status multipart_step_boundary(kvi_multipart *multipart, size_t *used)
{
    *used = 0;
    if (multipart->size < 2)
        return KV_OK;
    *used = 2;
    if (memcmp(multipart->buffer, "--", 2) == 0)
        multipart->state = MULTIPART_COMPLETE;
    else if (memcmp(multipart->buffer, "\r\n", 2) == 0)
        multipart->state = MULTIPART_HEADERS;
    else
        return KV_INVALID;
    return KV_OK;
}

static kv_status multipart_step_headers(kvi_multipart *multipart, size_t *used)
{
    const char *found = memmem(multipart->buffer, multipart->size, "\r\n\r\n", 4);
    kv_slice headers = {multipart->buffer, 0};
    kv_slice name = {NULL, 0};

    *used = 0;
    if (found == NULL)
        return multipart->size > HEADERS_SIZE_MAX ? KV_INVALID : KV_OK;
    headers.size = (size_t)(found - multipart->buffer);
    if (headers.size > HEADERS_SIZE_MAX || multipart->parts == PARTS_MAX ||
        !multipart_name(headers, &name))
        return KV_INVALID;
    *used = headers.size + 4;
    multipart->parts++;
    multipart->state = MULTIPART_DATA;
    return multipart->reader.part(multipart->reader.ctx, name);
}

static kv_status multipart_step(kvi_multipart *multipart, size_t *used)
{
    switch (multipart->state) {
    case MULTIPART_PREAMBLE:
    case MULTIPART_DATA:
        return multipart_step_data(multipart, used);
    case MULTIPART_BOUNDARY:
        return multipart_step_boundary(multipart, used);
    case MULTIPART_HEADERS:
        return multipart_step_headers(multipart, used);
    case MULTIPART_COMPLETE:
        break;
    }
    *used = multipart->size;
    return KV_OK;
}

/* As far as what is there goes. */
static kv_status multipart_run(kvi_multipart *multipart)
{
    kv_status status = KV_OK;
    size_t used = 1;

    while (status == KV_OK && used > 0 && multipart->size > 0) {
        status = multipart_step(multipart, &used);
        multipart->size -= used;
        memmove(multipart->buffer, multipart->buffer + used, multipart->size);
    }
    return status;
}

kv_status kvi_multipart_add(kvi_multipart *multipart, const void *data, size_t size)
{
    const char *p = data;
    kv_status status = KV_OK;

    while (size > 0 && status == KV_OK) {
        size_t room = sizeof(multipart->buffer) - multipart->size;
        size_t part = size < room ? size : room;

        memcpy(multipart->buffer + multipart->size, p, part);
        multipart->size += part;
        p += part;
        size -= part;
        status = multipart_run(multipart);
    }
    return status;
}
