/**
 * Lines on stderr: one for each request, one for each event. A line is one write(), so that
 * threads and processes do not mix theirs, and holds printable ASCII alone: whatever a client
 * sends, it cannot write a line of its own.
 */
#ifndef EDGE_LOG_H
#define EDGE_LOG_H

#include <stdint.h>

/** Facts of one request; texts are terminated and may be empty. */
typedef struct log_request {
    const char *peer, *action, *key_id, *code, *id;
    int status; /**< HTTP; 0: there was no answer. */
    uint64_t bytes_in, bytes_out, us, store_us;
} log_request;

/** TIME PEER ACTION key=ID status=200 code=- in=BYTES out=BYTES us=N store_us=N id=UUID */
void log_write_request(const log_request *facts);
/** TIME edge-server: MESSAGE */
__attribute__((format(printf, 1, 2))) void log_event(const char *format, ...);

#endif
