/**
 * One request, from its first line to the end of its answer: callbacks of the HTTP library.
 */
#ifndef EDGE_REQUEST_H
#define EDGE_REQUEST_H

#include <microhttpd.h>
#include <stddef.h>

/** cls is the server. The request line has been read; returns the request's state or NULL. */
void *request_begin(void *cls, const char *target, struct MHD_Connection *connection);
/** The head, each piece of the body, and the end of it. */
enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *size, void **context);
/** The answer is sent, or the connection is lost. */
void request_completed(void *cls, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode how);

#endif
