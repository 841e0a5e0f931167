/**
 * Answers as the HTTP library sends them. What an answer's bytes lie in is held until they are sent
 * or the connection is lost.
 */
#ifndef EDGE_REPLY_H
#define EDGE_REPLY_H

#include "assets.h"
#include "kv_edge.h"
#include "service.h"

#include <microhttpd.h>
#include <stdatomic.h>

/** Bytes of all answers on their way out. */
typedef _Atomic(uint64_t) reply_level;

/** Bytes of a request id, with its terminator. */
#define REPLY_ID_MAX 40

/** Each returns an owned response, or NULL: no memory. */

/** Takes request and held, whatever it returns: they go when the answer is sent. */
struct MHD_Response *reply_edge(kv_edge_request *request, store *held, const kv_edge_answer *answer,
                                reply_level *level);
/** {"RequestId", "Code", "Message"} and id_out, which is made up. code NULL: the message alone, as
 *  {"RequestId", "Status"}. Both static, without anything to escape. */
struct MHD_Response *reply_own(const char *code, const char *message, char id_out[REPLY_ID_MAX],
                               uint64_t *size_out);
/** A file of the console, with its entity tag. */
struct MHD_Response *reply_asset(const asset *file, const char *tag);
/** Without a body. location NULL: none. */
struct MHD_Response *reply_empty(const char *location, const char *tag);

#endif
