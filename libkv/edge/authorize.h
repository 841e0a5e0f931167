/**
 * Whether a request may do what it asks for: its claim, its time, its key, its signature, its
 * nonce, its operation, the key's policy, in that order. Layer edge. Threads: one at a time for
 * each authorization.
 */
#ifndef KVI_EDGE_AUTHORIZE_H
#define KVI_EDGE_AUTHORIZE_H

#include "edge/crypto.h"
#include "edge/operations.h"
#include "edge/service.h"
#include "edge/signature.h"

/** Bytes of a SHA-256 in hex, without a terminator. */
#define KVI_BODY_HASH_SIZE (2 * KVI_SHA256_SIZE)

/** The inputs of a decision, all borrowed, and its results. */
typedef struct kvi_authorization {
    kv_edge *edge;
    const kvi_credentials *credentials;   /**< In force. Not asked by kvi_authorize_anyone(). */
    const char *method;                   /**< Terminated. */
    kvi_form *form;                       /**< It is sorted. */
    kvi_answer *answer;                   /**< Gets the fault. */
    const kvi_operation *operation;       /**< Out: what it asks for; it may if answer has no fault.
                                               NULL: not known. */
    char key_id[KVI_KEY_ID_SIZE_MAX + 1]; /**< Out: the key that signed it, once that is verified;
                                               else empty. Terminated. */
    char body_hash[KVI_BODY_HASH_SIZE];   /**< Out, V3: what the body must have. */
} kvi_authorization;

/** When the head is there: the query is in the form. */
void kvi_authorize_v3(kvi_authorization *authorization, const kv_edge_head *head);
/** When the body is there: query and body are in the form. */
void kvi_authorize_v1(kvi_authorization *authorization);
/** With KV_EDGE_NO_AUTH. version and action are those of the headers, terminated; where one is
 * empty the form's counts. */
void kvi_authorize_anyone(kvi_authorization *authorization, const char *version,
                          const char *action);
/** The body of a V3 request is complete: whether it has the hash that was signed. Takes hash. */
void kvi_authorize_body(kvi_authorization *authorization, kvi_hash *hash);

/** 403 Unauthorized.InvalidParameters: no known form of authentication is there. */
void kvi_authorize_refuse(kvi_answer *answer);

#endif
