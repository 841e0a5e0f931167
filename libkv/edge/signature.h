/**
 * Signatures: the key that a request claims, and whether the claim is true. Layer edge: no
 * store, no state. docs/edge-api.md has both forms; edgekv's own names are V3 (ACS3-HMAC-SHA256, in
 * headers) and V1 (HMAC-SHA1, in parameters).
 *
 * What the caller has to see to: the path is "/" (V3 signs it as that); the time is within the
 * skew; key_id is known and its token is the claim's; the body has body_hash (V3); the nonce is
 * new. A nonce is for kvi_nonces_add() after the signature, so that strangers cannot fill the
 * table.
 */
#ifndef KVI_EDGE_SIGNATURE_H
#define KVI_EDGE_SIGNATURE_H

#include "edge/form.h"
#include "kv_edge.h"

#include <stdbool.h>

/** A time stamp may be this far from the clock, either way. */
#define KVI_SIGNATURE_SKEW_S 900
#define KVI_NONCE_SIZE_MAX 128
#define KVI_SIGNED_HEADERS_MAX 64

/** The two forms of signature, and none. */
typedef enum kvi_claim_kind { KVI_CLAIM_NONE, KVI_CLAIM_V3, KVI_CLAIM_V1 } kvi_claim_kind;

/** What a request claims. Slices borrow the head (V3) or the form's text (V1). */
typedef struct kvi_claim {
    kvi_claim_kind kind;                      /**< NONE until it was read well. */
    kv_slice key_id, signature, nonce, token; /**< token empty: none. */
    int64_t time;                             /**< Unix seconds. */
    kv_slice signed_headers;                  /**< V3: "content-type;host;x-acs-action". */
    kv_slice body_hash;                       /**< V3: hex SHA-256 that the body must have. */
    kv_slice action, version;                 /**< Empty: not given. */
} kvi_claim;

/** The first header of that name (in any case), without white space around it; NULL data: not
 *  there. */
kv_slice kvi_head_find(const kv_edge_head *head, const char *name);

/** Whether the request is a V3 one: its Authorization begins with "ACS3-". */
bool kvi_claim_is_v3(const kv_edge_head *head);
/**
 * Read the claim. KV_OK; KV_INVALID: parameters of authentication are missing or malformed, or a
 * header that must be signed is not in SignedHeaders: Host, Content-Type if there is one, the five
 * x-acs-* that V3 lives on (action, version, date, signature-nonce, content-sha256), and every
 * other x-acs-*. Each signed header is there once; SignedHeaders is in lower case and sorted.
 * Nonces are 1 to 128 printable bytes, hex digits lower-case.
 */
kv_status kvi_claim_read_v3(const kv_edge_head *head, kvi_claim *out);
/** The same of a V1 claim, from the query and the body. */
kv_status kvi_claim_read_v1(const kvi_form *form, kvi_claim *out);

/**
 * Whether the signature is that of the secret. The claim is one that was read well, of the same
 * head or form. form: of the query for V3, of query and body for V1; it is sorted.
 * KV_OK; KV_INVALID: it is not; KV_NO_MEMORY.
 */
kv_status kvi_claim_verify_v3(const kvi_claim *claim, const kv_edge_head *head, kvi_form *query,
                              kv_slice secret);
/** The same of a V1 claim. */
kv_status kvi_claim_verify_v1(const kvi_claim *claim, kv_slice method, kvi_form *form,
                              kv_slice secret);

/** "2026-11-24T01:51:26Z" to Unix seconds, exactly of this form, of years 1970 to 9999. KV_OK;
 *  KV_INVALID. */
kv_status kvi_time_parse(kv_slice text, int64_t *out);

#endif
