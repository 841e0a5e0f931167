#include "support/request_text.h"

#include <string.h>

/* What is before the first `separator`; text is what is behind it. */
static kv_slice cut(kv_slice *text, char separator)
{
    const char *bytes = text->data;
    const char *end = text->size == 0 ? NULL : memchr(bytes, separator, text->size);
    size_t size = end == NULL ? text->size : (size_t)(end - bytes);
    size_t used = size + (end != NULL);

    text->data = bytes + used;
    text->size -= used;
    return (kv_slice){bytes, size};
}

static kv_slice cut_line(kv_slice *text)
{
    kv_slice line = cut(text, '\n');

    if (line.size > 0 && ((const char *)line.data)[line.size - 1] == '\r')
        line.size--;
    return line;
}

bool request_text_read(const char *text, size_t size, struct request_text *out)
{
    kv_slice left = {text, size};
    kv_slice line;

    if (size == 0)
        return false;
    line = cut_line(&left);
    *out = (struct request_text){0};
    out->head.headers = out->headers;
    out->head.method = cut(&line, ' ');
    out->head.target = cut(&line, ' ');
    out->query = out->head.target;
    cut(&out->query, '?');
    for (line = cut_line(&left); line.size > 0; line = cut_line(&left)) {
        kv_edge_header *header = &out->headers[out->head.header_count];

        if (out->head.header_count == REQUEST_TEXT_HEADERS_MAX)
            return false;
        out->head.header_count++;
        header->name = cut(&line, ':');
        while (line.size > 0 && *(const char *)line.data == ' ')
            cut(&line, ' ');
        header->value = line;
    }
    out->body = left;
    return true;
}
