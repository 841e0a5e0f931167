/**
 * The keys that may sign requests. Layer edge. A table never changes: a new one takes its place,
 * and the old one goes with the last request that holds it.
 *
 * {"Credentials":[{"AccessKeyId":"..","AccessKeySecret":"..","SecurityToken":"..","Policy":{..}}]}
 * SecurityToken is optional; with it, requests must carry that token (STS). Unknown members, a
 * member or an id twice, an empty text, or an id that no signature could name (over 128
 * characters, not printable, a space or comma) refuse the document.
 *
 * Secrets are in the table and nowhere else, and are overwritten before its memory is released.
 */
#ifndef KVI_EDGE_CREDENTIALS_H
#define KVI_EDGE_CREDENTIALS_H

#include "edge/policy.h"

/** Bytes of an AccessKeyId. */
#define KVI_KEY_ID_SIZE_MAX 128

/** A key, its secret, and what it may do. */
typedef struct kvi_credential {
    kv_slice id, secret, token; /**< token.data NULL: none. */
    kvi_policy *policy;
} kvi_credential;

/** A table of them. Opaque. */
typedef struct kvi_credentials kvi_credentials;

/** Owned by the caller: held once. KV_OK; KV_INVALID (error says why, and quotes nothing);
 *  KV_NO_MEMORY. */
kv_status kvi_credentials_parse(const void *json, size_t size, kvi_credentials **out,
                                kv_error *error);
/** Counted; any thread. */
kvi_credentials *kvi_credentials_hold(kvi_credentials *credentials);
/** NULL is fine. Wipes secrets. */
void kvi_credentials_release(kvi_credentials *credentials);
/** Borrowed while the table is held. NULL: unknown. */
const kvi_credential *kvi_credentials_find(const kvi_credentials *credentials, kv_slice id);

#endif
