/* A request as text, like one recorded on the wire: the request line, header lines, an empty line,
 * and the body as it was sent, without its transfer encoding. */
#ifndef SUPPORT_REQUEST_TEXT_H
#define SUPPORT_REQUEST_TEXT_H

#include "kv_edge.h"

#include <stdbool.h>

#define REQUEST_TEXT_HEADERS_MAX 64

struct request_text {
    kv_edge_head head; /* Its headers are those below: do not copy the struct. */
    kv_edge_header headers[REQUEST_TEXT_HEADERS_MAX];
    kv_slice query; /* Behind the target's '?'. */
    kv_slice body;
};

/** Everything is borrowed from text. false: it is no request. */
bool request_text_read(const char *text, size_t size, struct request_text *out);

#endif
