#include "edge/authorize.h"

#include "edge/text.h"

#include <stdio.h>

/* ---- What refuses */

void kvi_authorize_refuse(kvi_answer *answer)
{
    kvi_answer_fault(answer, 403, "Unauthorized.InvalidParameters",
                     "The specified authentication parameters are invalid.");
}

static void authorize_refuse_time(kvi_authorization *authorization)
{
    kvi_answer_fault(authorization->answer, 403, "Unauthorized.InvalidTime",
                     "The specified authentication time is invalid.");
}

/* One answer for an unknown key, a wrong signature or token and a used nonce: it does not
   reveal which keys there are. */
static void authorize_refuse_token(kvi_authorization *authorization)
{
    kvi_answer_fault(authorization->answer, 403, "Unauthorized.InvalidToken",
                     "Token authentication failed.");
}

/* ---- The operation */

static void authorize_find_operation(kvi_authorization *authorization, kv_slice version,
                                     kv_slice action)
{
    bool is_version_known = false;

    if (action.size == 0 || version.size == 0) {
        kvi_answer_fault(authorization->answer, 400, "MissingParameter",
                         action.size == 0 ? "Action is missing." : "Version is missing.");
        return;
    }
    authorization->operation = kvi_operation_find(version, action, &is_version_known);
    if (!is_version_known)
        kvi_answer_fault(authorization->answer, 400, "NoSuchVersion",
                         "The specified version does not exist.");
    else if (authorization->operation == NULL)
        kvi_answer_fault(authorization->answer, 400, "UnsupportedOperation",
                         "The specified operation is not supported.");
}

/* A permission to upload is asked for on behalf of a product: "dcdn" and "ESA", clients write. */
static const char *authorize_product(const kvi_authorization *authorization, kvi_dialect dialect)
{
    const kvi_parameter *product = kvi_form_find(authorization->form, "Product");

    for (kvi_dialect of = KVI_DCDN; dialect == KVI_OPEN && product != NULL && of <= KVI_ESA; of++)
        if (kvi_text_equal_folded(product->value, kvi_text_of(kvi_dialect_product(of))))
            return kvi_dialect_product(of);
    return kvi_dialect_product(dialect);
}

static void authorize_check_policy(kvi_authorization *authorization,
                                   const kvi_credential *credential)
{
    const kvi_operation *operation = authorization->operation;

    if (operation == NULL)
        return;
    if (!kvi_policy_allows(credential->policy, authorize_product(authorization, operation->dialect),
                           operation->name, operation->access))
        kvi_answer_fault(authorization->answer, 403, "Forbidden",
                         "The policy of the access key does not allow this operation.");
}

/* ---- The key */

static bool authorize_check_time(kvi_authorization *authorization, int64_t time, int64_t now)
{
    bool is_near = time <= now ? (uint64_t)now - (uint64_t)time <= KVI_SIGNATURE_SKEW_S
                               : (uint64_t)time - (uint64_t)now <= KVI_SIGNATURE_SKEW_S;

    if (!is_near)
        authorize_refuse_time(authorization);
    return is_near;
}

static bool authorize_token_fits(const kvi_credential *credential, kv_slice token)
{
    return credential->token.size == token.size &&
           (token.size == 0 || kvi_crypto_equal(credential->token.data, token.data, token.size));
}

/* Once the signature holds: no request is done twice. */
static bool authorize_take_nonce(kvi_authorization *authorization, const kvi_claim *claim,
                                 int64_t now)
{
    kv_status status = kvi_nonces_add(authorization->edge->nonces, claim->key_id, claim->nonce, now,
                                      claim->time + KVI_SIGNATURE_SKEW_S);

    if (status == KV_VERSION_MISMATCH)
        authorize_refuse_token(authorization);
    else
        kvi_answer_status(authorization->answer, status);
    return status == KV_OK;
}

static void authorize_keep_key_id(kvi_authorization *authorization, kv_slice id)
{
    (void)snprintf(authorization->key_id, sizeof(authorization->key_id), "%.*s", (int)id.size,
                   (const char *)id.data);
}

/*
 * From the claim to the policy. head is NULL for V1. An unknown key's signature is verified too,
 * with a dummy secret: the time it takes reveals nothing.
 */
static void authorize_claim(kvi_authorization *authorization, const kvi_claim *claim,
                            const kv_edge_head *head)
{
    const kvi_credential *credential = NULL;
    kv_slice method = kvi_text_of(authorization->method);
    kv_slice secret = {"", 0};
    int64_t now = kvi_edge_now(authorization->edge);
    kv_status status;

    if (!authorize_check_time(authorization, claim->time, now))
        return;
    credential = kvi_credentials_find(authorization->credentials, claim->key_id);
    if (credential != NULL)
        secret = credential->secret;
    status = head != NULL ? kvi_claim_verify_v3(claim, head, authorization->form, secret)
                          : kvi_claim_verify_v1(claim, method, authorization->form, secret);
    if (status == KV_NO_MEMORY) {
        kvi_answer_status(authorization->answer, status);
        return;
    }
    if (credential == NULL || status != KV_OK || !authorize_token_fits(credential, claim->token)) {
        authorize_refuse_token(authorization);
        return;
    }
    authorize_keep_key_id(authorization, claim->key_id);
    if (!authorize_take_nonce(authorization, claim, now))
        return;
    authorize_find_operation(authorization, claim->version, claim->action);
    authorize_check_policy(authorization, credential);
}

void kvi_authorize_v3(kvi_authorization *authorization, const kv_edge_head *head)
{
    kvi_claim claim = {0};

    if (kvi_claim_read_v3(head, &claim) != KV_OK) {
        kvi_authorize_refuse(authorization->answer);
        return;
    }
    memcpy(authorization->body_hash, claim.body_hash.data, KVI_BODY_HASH_SIZE); /* Of that size. */
    authorize_claim(authorization, &claim, head);
}

void kvi_authorize_v1(kvi_authorization *authorization)
{
    kvi_claim claim = {0};

    if (kvi_claim_read_v1(authorization->form, &claim) != KV_OK)
        kvi_authorize_refuse(authorization->answer);
    else
        authorize_claim(authorization, &claim, NULL);
}

/* ---- No auth, and the body */

static kv_slice authorize_name(const char *from_header, const kvi_form *form, const char *name)
{
    const kvi_parameter *parameter = kvi_form_find(form, name);

    if (from_header[0] == '\0' && parameter != NULL)
        return parameter->value;
    return kvi_text_of(from_header);
}

void kvi_authorize_anyone(kvi_authorization *authorization, const char *version, const char *action)
{
    authorize_find_operation(authorization, authorize_name(version, authorization->form, "Version"),
                             authorize_name(action, authorization->form, "Action"));
}

void kvi_authorize_body(kvi_authorization *authorization, kvi_hash *hash)
{
    unsigned char digest[KVI_SHA256_SIZE];
    char hex[KVI_BODY_HASH_SIZE];
    kv_status status = kvi_hash_end(hash, digest);

    if (status != KV_OK) {
        kvi_answer_status(authorization->answer, status);
        return;
    }
    kvi_hex_encode(digest, sizeof(digest), hex);
    if (!kvi_crypto_equal(hex, authorization->body_hash, sizeof(hex)))
        authorize_refuse_token(authorization);
}
