/* Signatures: requests that the service's own clients signed, with every byte changed that a
 * signature covers; claims that are malformed; and time stamps. */
#include "edge/signature.h"

#include "edge/crypto.h"
#include "support/recorded.h"
#include "support/request_text.h"
#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verdict {
    GOOD,
    MALFORMED, /* Reading the claim refuses it. */
    WRONG      /* It is read, but another signature. */
};

/* Owned: release with free(). */
static char *copy_slice(kv_slice slice)
{
    char *copy = malloc(slice.size + (slice.size == 0));

    assert_non_null(copy);
    if (slice.size > 0)
        memcpy(copy, slice.data, slice.size);
    return copy;
}

static enum verdict check_v3(const struct request_text *request, kvi_form *query, kv_slice secret,
                             kvi_claim *claim)
{
    kv_status status = kvi_claim_read_v3(&request->head, claim);

    assert_int_equal(claim->kind, status == KV_OK ? KVI_CLAIM_V3 : KVI_CLAIM_NONE);
    if (status == KV_OK)
        status = kvi_claim_verify_v3(claim, &request->head, query, secret);
    assert_true(status == KV_OK || status == KV_INVALID);
    if (status == KV_OK)
        return GOOD;
    return claim->kind == KVI_CLAIM_NONE ? MALFORMED : WRONG;
}

static enum verdict check_v1(const struct request_text *request, kvi_form *form, kv_slice secret,
                             kvi_claim *claim)
{
    kv_status status = kvi_claim_read_v1(form, claim);

    assert_int_equal(claim->kind, status == KV_OK ? KVI_CLAIM_V1 : KVI_CLAIM_NONE);
    if (status == KV_OK)
        status = kvi_claim_verify_v1(claim, request->head.method, form, secret);
    assert_true(status == KV_OK || status == KV_INVALID);
    if (status == KV_OK)
        return GOOD;
    return claim->kind == KVI_CLAIM_NONE ? MALFORMED : WRONG;
}

static bool body_has_hash(const struct request_text *request, kv_slice want)
{
    unsigned char digest[KVI_SHA256_SIZE];
    char hex[2 * KVI_SHA256_SIZE];
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);

    kvi_hash_add(hash, request->body.data, request->body.size);
    assert_int_equal(kvi_hash_end(hash, digest), KV_OK);
    kvi_hex_encode(digest, sizeof(digest), hex);
    return want.size == sizeof(hex) && memcmp(hex, want.data, sizeof(hex)) == 0;
}

/* As a service would: the key's id is known, and the body is the one that was signed. */
static enum verdict check_with(const char *text, size_t size, const char *secret_text)
{
    kv_slice secret = {secret_text, strlen(secret_text)};
    struct request_text request;
    kvi_form form = {0};
    kvi_claim claim = {0};
    enum verdict verdict = MALFORMED;
    char *query = NULL;
    char *body = NULL;

    assert_true(request_text_read(text, size, &request));
    query = copy_slice(request.query);
    body = copy_slice(request.body);
    if (kvi_form_add(&form, query, request.query.size) != KV_OK) {
        verdict = MALFORMED;
    } else if (kvi_claim_is_v3(&request.head)) {
        verdict = check_v3(&request, &form, secret, &claim);
        if (verdict == GOOD && !body_has_hash(&request, claim.body_hash))
            verdict = WRONG;
    } else if (kvi_form_add(&form, body, request.body.size) == KV_OK) {
        verdict = check_v1(&request, &form, secret, &claim);
    }
    if (verdict == GOOD && (claim.key_id.size != strlen(RECORDED_KEY_ID) ||
                            memcmp(claim.key_id.data, RECORDED_KEY_ID, claim.key_id.size) != 0))
        verdict = WRONG;
    free(query);
    free(body);
    return verdict;
}

static enum verdict check(const char *text)
{
    return check_with(text, strlen(text), RECORDED_SECRET);
}

/* ---- Recorded requests */

static void test_recorded(void **state)
{
    const struct recorded *row = *state;

    assert_int_equal(check(row->text), GOOD);
    assert_int_equal(check_with(row->text, strlen(row->text), "testsecreT"), WRONG);
    assert_int_equal(check_with(row->text, strlen(row->text), "testsecret&"), WRONG);
    assert_int_equal(check_with(row->text, strlen(row->text), "testsecre"), WRONG);
    assert_int_equal(check_with(row->text, strlen(row->text), ""), WRONG);
}

/* Whether the byte at `at` is covered: not the path, which is the caller's matter, the protocol's
 * version, nor lines that are not signed. */
static bool is_signed_byte(const char *text, size_t at)
{
    static const char *const signed_lines[] = {"host:", "content-type:", "x-acs-",
                                               "Authorization:"};
    bool is_v3 = strstr(text, "Authorization: ACS3-") != NULL;
    const char *line = text + at;
    const char *end_of_first = strchr(text, '\n');
    const char *body = strstr(text, "\n\n") + 2;
    const char *query = memchr(text, '?', (size_t)(end_of_first - text));
    const char *version = strstr(text, " HTTP/1.1\n");

    if (line < strchr(text, ' ')) /* The method. */
        return true;
    if (line < end_of_first)
        return query != NULL && line > query && line < version;
    if (line >= body)
        return true;
    if (*line == '\n' || !is_v3)
        return false;
    while (line[-1] != '\n')
        line--;
    for (size_t i = 0; i < COUNT(signed_lines); i++)
        if (strncmp(line, signed_lines[i], strlen(signed_lines[i])) == 0)
            return text + at != strchr(line, ' '); /* The space behind ':' may be none. */
    return false;
}

/* Every byte that a signature covers is covered. */
static void test_recorded_changed(void **state)
{
    const struct recorded *row = *state;
    size_t size = strlen(row->text);
    char *text = malloc(size + 1);
    size_t changed = 0;

    assert_non_null(text);
    memcpy(text, row->text, size + 1);
    for (size_t at = 0; at < size; at++) {
        if (!is_signed_byte(row->text, at))
            continue;
        text[at] ^= 1;
        if (check_with(text, size, RECORDED_SECRET) == GOOD)
            fail_msg("byte %zu changed to '%c', and it still verifies", at, text[at]);
        text[at] = row->text[at];
        changed++;
    }
    assert_true(changed > 200);
    free(text);
}

/* The claim's parts are what the request says. */
static void test_claim(void **state)
{
    struct request_text request;
    kvi_claim claim;
    const char *text = recorded_requests[8].text;

    (void)state;
    assert_string_equal(recorded_requests[8].name, "V3 STS: GET GetDcdnKv");
    assert_true(request_text_read(text, strlen(text), &request));
    assert_int_equal(kvi_claim_read_v3(&request.head, &claim), KV_OK);
    assert_int_equal(claim.time, RECORDED_TIME);
    assert_memory_equal(claim.key_id.data, "testid", claim.key_id.size);
    assert_int_equal(claim.token.size, 9);
    assert_memory_equal(claim.token.data, "sts-token", 9);
    assert_int_equal(claim.action.size, 9);
    assert_memory_equal(claim.action.data, "GetDcdnKv", 9);
    assert_int_equal(claim.version.size, 10);
    assert_memory_equal(claim.version.data, "2018-01-15", 10);
    assert_int_equal(claim.nonce.size, 32);
    assert_memory_equal(claim.nonce.data, "b3280cb33bc9e472", 16);
}

/* ---- One request each, and what becomes of it when a piece of its text is another */

#define V3_PUT                                                                                     \
    "POST /?ExpirationTtl=60&Key=key%2F1~*(%C3%A9)&Namespace=ns1 HTTP/1.1\n"                       \
    "host: 127.0.0.1:41479\n"                                                                      \
    "x-acs-version: 2018-01-15\n"                                                                  \
    "x-acs-action: PutDcdnKv\n"                                                                    \
    "x-acs-date: 2026-11-24T01:51:26Z\n"                                                           \
    "x-acs-signature-nonce: 4fc99e74958819ec0b5527d0614b0853\n"                                    \
    "accept: application/json\n"                                                                   \
    "content-type: application/x-www-form-urlencoded\n"                                            \
    "x-acs-content-sha256: fbe8138d1c64992496fb32408ac2abe2b2580c94d3ea95a38b097bbcddebdc44\n"     \
    "x-acs-credentials-provider: static_ak\n"                                                      \
    "Authorization: ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=content-type;host;"           \
    "x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;"                     \
    "x-acs-signature-nonce;x-acs-version,Signature="                                               \
    "a566790c8b1aa4914e8ce479d7a9c0f7aa4dc2c405d2b9a40abfe823e3659ecd\n"                           \
    "\n"                                                                                           \
    "Value=value1"

/* Signed by another program: odd names, empty values, all that is trimmed and encoded. */
#define V3_ODD                                                                                     \
    "GET /?b=2+%2b&a&A=%c3%a9*~/&a2=&==&n%00=%FF HTTP/1.1\n"                                       \
    "HOST:edge.example:8787\n"                                                                     \
    "X-Acs-Action:   GetDcdnKv \t \n"                                                              \
    "X-ACS-VERSION: 2018-01-15\n"                                                                  \
    "x-Acs-Date: 2026-11-24T01:51:26Z\n"                                                           \
    "x-acs-empty:   \n"                                                                            \
    "x-acs-signature-nonce: !~\"n\n"                                                               \
    "x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"     \
    "AUTHORIZATION: ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;"           \
    "x-acs-content-sha256;x-acs-date;x-acs-empty;x-acs-signature-nonce;x-acs-version,Signature="   \
    "2df742129528159bfde314e7937fbba133a9c8eafa95610fa3f3abe015659a62\n"                           \
    "\n"

#define V1_GET                                                                                     \
    "GET /?AccessKeyId=testid&Action=GetDcdnKv&Format=JSON&Key=key%201&Namespace=ns1&"             \
    "SignatureMethod=HMAC-SHA1&SignatureNonce=1dfdd2b3b421c21c312c26fd5cd4da14&"                   \
    "SignatureVersion=1.0&Timestamp=2026-11-24T01%3A51%3A27Z&Version=2018-01-15&"                  \
    "Signature=GSKmKjBX%2FdLaD6cMTHOQC%2BzWzVA%3D HTTP/1.1\n"                                      \
    "Host: 127.0.0.1:41479\n"                                                                      \
    "\n"

#define V1_ODD                                                                                     \
    "POST /?Signature=LsksHlA7U%2FS3z1GBcd5lvmqy0Z0%3D&Key=2+%2b%C3%A9*~/&n%00=%FF&Namespace "     \
    "HTTP/1.1\n"                                                                                   \
    "\n"                                                                                           \
    "AccessKeyId=testid&Action=GetDcdnKv&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&"          \
    "SignatureNonce=!~\"n&Timestamp=2026-11-24T01:51:26Z&Version=2018-01-15&"                      \
    "SecurityToken=sts%2Btoken%2F%3D&=="

#define AUTHORIZATION "Authorization: ACS3-HMAC-SHA256 "
#define NONCE "4fc99e74958819ec0b5527d0614b0853"
#define V3_SIGNATURE "a566790c8b1aa4914e8ce479d7a9c0f7aa4dc2c405d2b9a40abfe823e3659ecd"

#define V3_STS                                                                                     \
    "GET /?Key=key1&Namespace=ns1 HTTP/1.1\n"                                                      \
    "host: 127.0.0.1:41479\n"                                                                      \
    "x-acs-version: 2018-01-15\n"                                                                  \
    "x-acs-action: GetDcdnKv\n"                                                                    \
    "x-acs-date: 2026-11-24T01:51:26Z\n"                                                           \
    "x-acs-signature-nonce: b3280cb33bc9e4727764ff78064a75be\n"                                    \
    "x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"     \
    "x-acs-credentials-provider: static_sts\n"                                                     \
    "x-acs-accesskey-id: testid\n"                                                                 \
    "x-acs-security-token: sts-token\n"                                                            \
    "Authorization: ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-accesskey-id;"     \
    "x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;"                     \
    "x-acs-security-token;x-acs-signature-nonce;x-acs-version,Signature="                          \
    "35e97920e118447db1aff78eaf2e41fefbf9ca9ae555a81dbf73d580d9d671a4\n"                           \
    "\n"

static const struct edit {
    const char *name;
    const char *text;
    const char *from, *to; /* The first `from` becomes `to`. NULL: as it is. */
    enum verdict want;
} edits[] = {
    {"V3: as it was", V3_PUT, NULL, NULL, GOOD},
    {"V3: header names in mixed case", V3_PUT,
     "x-acs-signature-nonce:", "X-Acs-Signature-Nonce:", GOOD},
    {"V3: Host", V3_PUT, "host:", "Host:", GOOD},
    {"V3: white space around a value", V3_PUT, "x-acs-action: PutDcdnKv",
     "x-acs-action: \t PutDcdnKv \t", GOOD},
    {"V3: none behind the colon", V3_PUT, "x-acs-action: PutDcdnKv", "x-acs-action:PutDcdnKv",
     GOOD},
    {"V3: headers in another order", V3_PUT, "x-acs-version: 2018-01-15\nx-acs-action: PutDcdnKv\n",
     "x-acs-action: PutDcdnKv\nx-acs-version: 2018-01-15\n", GOOD},
    {"V3: parameters in another order", V3_PUT, "ExpirationTtl=60&Key=key%2F1~*(%C3%A9)",
     "Key=key%2F1~*(%C3%A9)&ExpirationTtl=60", GOOD},
    {"V3: encoded in another way", V3_PUT, "key%2F1~*(%C3%A9)", "k%65y/1%7e%2a%28%c3%a9%29", GOOD},
    {"V3: a header that is not signed", V3_PUT, "accept: application/json", "accept: text/xml",
     GOOD},
    {"V3: an unsigned header twice", V3_PUT, "accept:", "accept: a/b\naccept:", GOOD},
    {"V3: odd", V3_ODD, NULL, NULL, GOOD},
    {"V3: '+' for a space, and the space", V3_ODD, "b=2+%2b", "b=2%20%2B", GOOD},
    {"V3: '+' for a plus", V3_ODD, "b=2+%2b", "b=2++", WRONG},
    {"V3: white space in the middle stays", V3_PUT, "127.0.0.1:41479", "127.0.0.1 :41479", WRONG},

    {"V3 wrong: the method", V3_PUT, "POST", "GET", WRONG},
    {"V3 wrong: the method's case", V3_PUT, "POST", "post", WRONG},
    {"V3 wrong: a parameter more", V3_PUT, "&Namespace=ns1", "&Namespace=ns1&a", WRONG},
    {"V3 wrong: a parameter less", V3_PUT, "ExpirationTtl=60&", "", WRONG},
    {"V3 wrong: another case in a value", V3_PUT, "Namespace=ns1", "Namespace=Ns1", WRONG},
    {"V3 wrong: the host's port", V3_PUT, "41479", "41478", WRONG},
    {"V3 wrong: another action", V3_PUT, "x-acs-action: Put", "x-acs-action: Get", WRONG},
    {"V3 wrong: another time", V3_PUT, "01:51:26Z", "01:51:27Z", WRONG},
    {"V3 wrong: another nonce", V3_PUT, NONCE, "4fc99e74958819ec0b5527d0614b0854", WRONG},
    {"V3 wrong: another body", V3_PUT, "Value=value1", "Value=value2", WRONG},
    {"V3 wrong: no body", V3_PUT, "Value=value1", "", WRONG},
    {"V3 wrong: the empty body's hash", V3_PUT,
     "fbe8138d1c64992496fb32408ac2abe2b2580c94d3ea95a38b097bbcddebdc44",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", WRONG},
    {"V3 wrong: another content type", V3_PUT, "x-www-form-urlencoded", "json", WRONG},
    {"V3 wrong: another key id", V3_PUT, "Credential=testid", "Credential=testie", WRONG},

    {"V3 malformed: another algorithm", V3_PUT, "ACS3-HMAC-SHA256", "ACS3-HMAC-SM3", MALFORMED},
    {"V3 malformed: the algorithm alone", V3_PUT, AUTHORIZATION,
     "Authorization: ACS3-HMAC-SHA256\nx: ", MALFORMED},
    {"V3 malformed: two spaces", V3_PUT, "ACS3-HMAC-SHA256 C", "ACS3-HMAC-SHA256  C", MALFORMED},
    {"V3 malformed: Authorization twice", V3_PUT, AUTHORIZATION,
     "Authorization: ACS3-HMAC-SHA256 x\n" AUTHORIZATION, MALFORMED},
    {"V3 malformed: no Credential", V3_PUT, "Credential=testid,", "", MALFORMED},
    {"V3 malformed: Credential empty", V3_PUT, "Credential=testid", "Credential=", MALFORMED},
    {"V3 malformed: Credential with a space", V3_PUT, "Credential=testid", "Credential=te stid",
     MALFORMED},
    {"V3 malformed: credential", V3_PUT, "Credential=", "credential=", MALFORMED},
    {"V3 malformed: no SignedHeaders", V3_PUT, "SignedHeaders=", "Headers=", MALFORMED},
    {"V3 malformed: no Signature", V3_PUT, ",Signature=" V3_SIGNATURE, "", MALFORMED},
    {"V3 malformed: Signature empty", V3_PUT, "Signature=" V3_SIGNATURE, "Signature=", MALFORMED},
    {"V3 malformed: Signature short", V3_PUT, V3_SIGNATURE,
     "a566790c8b1aa4914e8ce479d7a9c0f7aa4dc2c405d2b9a40abfe823e3659ec", MALFORMED},
    {"V3 malformed: Signature long", V3_PUT, V3_SIGNATURE, V3_SIGNATURE "0", MALFORMED},
    {"V3 malformed: Signature in capitals", V3_PUT, "a566790c", "A566790C", MALFORMED},
    {"V3 malformed: more behind it", V3_PUT, V3_SIGNATURE, V3_SIGNATURE ",x=y", MALFORMED},
    {"V3 malformed: host is not signed", V3_PUT, ";host;", ";", MALFORMED},
    {"V3 malformed: the action is not signed", V3_PUT, "x-acs-action;", "", MALFORMED},
    {"V3 malformed: the body's hash is not signed", V3_PUT, "x-acs-content-sha256;", "", MALFORMED},
    {"V3 malformed: the time is not signed", V3_PUT, "x-acs-date;", "", MALFORMED},
    {"V3 malformed: the nonce is not signed", V3_PUT, "x-acs-signature-nonce;", "", MALFORMED},
    {"V3 malformed: the version is not signed", V3_PUT, ";x-acs-version,", ",", MALFORMED},
    {"V3 malformed: the content type is not signed", V3_PUT, "content-type;host", "host",
     MALFORMED},
    {"V3 malformed: another x-acs- header, not signed", V3_PUT, "accept: application/json",
     "X-ACS-Security-Token: t", MALFORMED},
    {"V3 malformed: a signed header that is not there", V3_PUT, ";host;", ";host;origin;",
     MALFORMED},
    {"V3 malformed: a signed header under another name", V3_PUT, "x-acs-credentials-provider",
     "accept", MALFORMED},
    {"V3 malformed: no host", V3_PUT, "host: 127.0.0.1:41479\n", "", MALFORMED},
    {"V3 malformed: no time", V3_PUT, "x-acs-date: 2026-11-24T01:51:26Z\n", "", MALFORMED},
    {"V3 malformed: no content type, but signed", V3_PUT,
     "content-type: application/x-www-form-urlencoded\n", "", MALFORMED},
    {"V3 malformed: a signed header twice", V3_PUT, "x-acs-action: PutDcdnKv\n",
     "x-acs-action: PutDcdnKv\nX-Acs-Action: PutDcdnKv\n", MALFORMED},
    {"V3 malformed: host twice", V3_PUT, "accept:", "Host: 127.0.0.1:41479\naccept:", MALFORMED},
    {"V3 malformed: content type twice", V3_PUT,
     "accept:", "Content-Type: a/b\naccept:", MALFORMED},
    {"V3 malformed: the list is not sorted", V3_PUT, "=content-type;host;", "=host;content-type;",
     MALFORMED},
    {"V3 malformed: the list in capitals", V3_PUT, "=content-type;host;", "=Content-Type;host;",
     MALFORMED},
    {"V3 malformed: a name in the list twice", V3_PUT, ";host;", ";host;host;", MALFORMED},
    {"V3 malformed: an empty name in the list", V3_PUT, ";host;", ";;host;", MALFORMED},
    {"V3 malformed: the list begins with ';'", V3_PUT, "=content-type;", "=;content-type;",
     MALFORMED},
    {"V3 malformed: the list ends with ';'", V3_PUT, ";x-acs-version,", ";x-acs-version;,",
     MALFORMED},
    {"V3 malformed: the list is empty", V3_ODD,
     "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-empty;"
     "x-acs-signature-nonce;x-acs-version",
     "SignedHeaders=", MALFORMED},
    {"V3 malformed: a space in the list", V3_PUT, ";host;", "; host;", MALFORMED},
    {"V3: with a token", V3_STS, NULL, NULL, GOOD},
    {"V3 wrong: another token", V3_STS, "sts-token", "sts-tokem", WRONG},
    {"V3 malformed: the token is not signed", V3_STS, "x-acs-security-token;", "", MALFORMED},
    {"V3 malformed: another id beside it", V3_STS, "accesskey-id: testid", "accesskey-id: other",
     MALFORMED},
    {"V3 malformed: an empty id beside it", V3_STS, "accesskey-id: testid",
     "accesskey-id:", MALFORMED},
    {"V3 malformed: hash in capitals", V3_PUT, "fbe8138d", "FBE8138D", MALFORMED},
    {"V3 malformed: hash short", V3_PUT, "fbe8138d", "fbe8138", MALFORMED},
    {"V3 malformed: no hash", V3_ODD,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "UNSIGNED-PAYLOAD",
     MALFORMED},
    {"V3 malformed: nonce empty", V3_PUT, NONCE, "", MALFORMED},
    {"V3 malformed: nonce with a space", V3_PUT, NONCE, "4fc9 9e74", MALFORMED},
    {"V3 malformed: nonce with a control character", V3_PUT, NONCE, "4fc9\t9e74", MALFORMED},
    {"V3 malformed: nonce not ASCII", V3_PUT, NONCE, "\xC3\xA9", MALFORMED},
    {"V3: nonce of 128", V3_PUT, NONCE, NONCE NONCE NONCE NONCE, WRONG},
    {"V3 malformed: nonce of 129", V3_PUT, NONCE, NONCE NONCE NONCE NONCE "0", MALFORMED},
    {"V3 malformed: the time of HTTP", V3_PUT, "2026-11-24T01:51:26Z",
     "Tue, 24 Nov 2026 01:51:26 GMT", MALFORMED},
    {"V3 malformed: the query", V3_PUT, "%2F", "%2G", MALFORMED},
    {"V3 malformed: a parameter twice", V3_PUT, "Namespace=ns1", "Namespace=ns1&Namespace=ns1",
     MALFORMED},

    {"V1: as it was", V1_GET, NULL, NULL, GOOD},
    {"V1: parameters in another order", V1_GET, "AccessKeyId=testid&Action=GetDcdnKv",
     "Action=GetDcdnKv&AccessKeyId=testid", GOOD},
    {"V1: '+' for a space", V1_GET, "key%201", "key+1", GOOD},
    {"V1: headers do not count", V1_GET, "Host: ", "x-acs-action: DeleteDcdnKv\nHost: ", GOOD},
    {"V1: odd", V1_ODD, NULL, NULL, GOOD},
    {"V1 wrong: the method", V1_GET, "GET", "POST", WRONG},
    {"V1 wrong: a parameter more", V1_GET, "/?", "/?a&", WRONG},
    {"V1 wrong: a parameter less", V1_GET, "Format=JSON&", "", WRONG},
    {"V1 wrong: another token", V1_ODD, "sts%2B", "sts%2F", WRONG},
    {"V1 wrong: no token", V1_ODD, "&SecurityToken=sts%2Btoken%2F%3D", "", WRONG},
    {"V1 wrong: another key id", V1_GET, "testid", "testie", WRONG},
    {"V1 malformed: no key id", V1_GET, "AccessKeyId=testid&", "", MALFORMED},
    {"V1 malformed: key id empty", V1_GET, "AccessKeyId=testid", "AccessKeyId=", MALFORMED},
    {"V1 malformed: no Signature", V1_GET, "&Signature=", "&NoSignature=", MALFORMED},
    {"V1 malformed: Signature empty", V1_GET, "&Signature=GSKmKjBX%2FdLaD6cMTHOQC%2BzWzVA%3D",
     "&Signature=", MALFORMED},
    {"V1 malformed: Signature with '+' as it is", V1_GET, "C%2BzWzVA", "C+zWzVA", MALFORMED},
    {"V1 malformed: Signature without padding", V1_GET, "zWzVA%3D", "zWzVA", MALFORMED},
    {"V1 malformed: Signature of 21 bytes", V1_GET, "zWzVA%3D", "zWzVAA", MALFORMED},
    {"V1 malformed: bits that no encoder sets", V1_GET, "zWzVA%3D", "zWzVB%3D", MALFORMED},
    {"V1 malformed: Signature twice", V1_GET, "/?", "/?Signature=x&", MALFORMED},
    {"V1 malformed: no SignatureMethod", V1_GET, "SignatureMethod=HMAC-SHA1&", "", MALFORMED},
    {"V1 malformed: another method", V1_GET, "HMAC-SHA1", "HMAC-SHA256", MALFORMED},
    {"V1 malformed: no SignatureVersion", V1_GET, "SignatureVersion=1.0&", "", MALFORMED},
    {"V1 malformed: another version", V1_GET, "SignatureVersion=1.0", "SignatureVersion=2.0",
     MALFORMED},
    {"V1 malformed: no nonce", V1_GET, "SignatureNonce=1dfdd2b3b421c21c312c26fd5cd4da14&", "",
     MALFORMED},
    {"V1 malformed: nonce with a NUL", V1_GET, "SignatureNonce=1d", "SignatureNonce=%00",
     MALFORMED},
    {"V1 malformed: nonce of 129", V1_GET, "SignatureNonce=1dfdd2b3b421c21c312c26fd5cd4da14",
     "SignatureNonce=" NONCE NONCE NONCE NONCE "0", MALFORMED},
    {"V1 malformed: no Timestamp", V1_GET, "Timestamp=", "timestamp=", MALFORMED},
    {"V1 malformed: Timestamp", V1_GET, "27Z", "27", MALFORMED},
    {"V1 malformed: not signed at all", "GET /?Key=a HTTP/1.1\n\n", NULL, NULL, MALFORMED},
};

static void test_edit(void **state)
{
    const struct edit *row = *state;
    const char *at = row->from == NULL ? row->text : strstr(row->text, row->from);
    const char *to = row->from == NULL ? "" : row->to;
    size_t skipped = row->from == NULL ? 0 : strlen(row->from);
    char text[4096];

    assert_non_null(at);
    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - row->text), row->text, to,
                   at + skipped);
    assert_int_equal(check(text), row->want);
}

/* A value with a line feed in it could pass for two headers. */
static void test_line_feed(void **state)
{
    struct request_text request;
    kvi_claim claim;

    (void)state;
    assert_true(request_text_read(V3_PUT, strlen(V3_PUT), &request));
    assert_int_equal(kvi_claim_read_v3(&request.head, &claim), KV_OK);
    request.headers[8].value = (kv_slice){"static_ak\nx-acs-date:x", 22};
    assert_int_equal(kvi_claim_read_v3(&request.head, &claim), KV_INVALID);
    assert_int_equal(claim.kind, KVI_CLAIM_NONE);
}

static void test_too_many_signed(void **state)
{
    struct request_text request;
    kv_edge_header headers[128];
    char names[128][4];
    char list[1024] = "";
    char authorization[2048];
    size_t used = 0;
    kvi_claim claim;

    (void)state;
    assert_true(request_text_read(V3_ODD, strlen(V3_ODD), &request));
    memcpy(headers, request.headers, sizeof(headers[0]) * request.head.header_count);
    request.head.headers = headers;
    for (size_t i = 1; i <= 58; i++) { /* Beside the seven of the request. */
        (void)snprintf(names[i], sizeof(names[i]), "a%02zu", i);
        headers[request.head.header_count++] = (kv_edge_header){{names[i], 3}, {NULL, 0}};
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s;", names[i]);
        (void)snprintf(authorization, sizeof(authorization),
                       "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=%shost;x-acs-action;"
                       "x-acs-content-sha256;x-acs-date;x-acs-empty;x-acs-signature-nonce;"
                       "x-acs-version,Signature=" V3_SIGNATURE,
                       list);
        headers[7].value = (kv_slice){authorization, strlen(authorization)};
        assert_int_equal(kvi_claim_read_v3(&request.head, &claim), i <= 57 ? KV_OK : KV_INVALID);
    }
}

static void test_head(void **state)
{
    static const char text[] = "GET / HTTP/1.1\nA: 1\na: 2\nB:\nC:\t \nAuthorization: acs3-x\n\n";
    struct request_text request;

    (void)state;
    assert_true(request_text_read(text, sizeof(text) - 1, &request));
    assert_memory_equal(kvi_head_find(&request.head, "a").data, "1", 1);
    assert_memory_equal(kvi_head_find(&request.head, "A").data, "1", 1);
    assert_int_equal(kvi_head_find(&request.head, "b").size, 0);
    assert_non_null(kvi_head_find(&request.head, "b").data);
    assert_int_equal(kvi_head_find(&request.head, "c").size, 0);
    assert_null(kvi_head_find(&request.head, "d").data);
    assert_false(kvi_claim_is_v3(&request.head));
    request.headers[4].value = (kv_slice){"ACS3-HMAC-SHA256", 16};
    assert_true(kvi_claim_is_v3(&request.head));
    request.headers[2].value = (kv_slice){NULL, 0};
    assert_non_null(kvi_head_find(&request.head, "b").data);
}

/* ---- Time stamps */

static const struct stamp {
    const char *name;
    const char *text;
    int64_t want; /* -1: refused. */
} stamps[] = {
    {"time: the first", "1970-01-01T00:00:00Z", 0},
    {"time: recorded", "2026-11-24T01:51:26Z", RECORDED_TIME},
    {"time: a leap day", "2024-02-29T23:59:59Z", 1709251199},
    {"time: behind a leap day", "2024-03-01T00:00:00Z", 1709251200},
    {"time: 2000 was a leap year", "2000-02-29T00:00:00Z", 951782400},
    {"time: the end of a year", "1999-12-31T23:59:59Z", 946684799},
    {"time: 2100 is none", "2100-03-01T00:00:00Z", 4107542400},
    {"time: the last", "9999-12-31T23:59:59Z", 253402300799},
    {"time refuses: 29 February", "2026-02-29T00:00:00Z", -1},
    {"time refuses: 29 February 2100", "2100-02-29T00:00:00Z", -1},
    {"time refuses: 31 April", "2026-04-31T00:00:00Z", -1},
    {"time refuses: 32 January", "2026-01-32T00:00:00Z", -1},
    {"time refuses: day 0", "2026-01-00T00:00:00Z", -1},
    {"time refuses: month 0", "2026-00-01T00:00:00Z", -1},
    {"time refuses: month 13", "2026-13-01T00:00:00Z", -1},
    {"time refuses: 1969", "1969-12-31T23:59:59Z", -1},
    {"time refuses: hour 24", "2026-01-01T24:00:00Z", -1},
    {"time refuses: minute 60", "2026-01-01T00:60:00Z", -1},
    {"time refuses: second 60", "2016-12-31T23:59:60Z", -1},
    {"time refuses: nothing", "", -1},
    {"time refuses: no zone", "2026-11-24T01:51:26", -1},
    {"time refuses: another zone", "2026-11-24T01:51:26+", -1},
    {"time refuses: z", "2026-11-24T01:51:26z", -1},
    {"time refuses: t", "2026-11-24t01:51:26Z", -1},
    {"time refuses: a space", "2026-11-24 01:51:26Z", -1},
    {"time refuses: more", "2026-11-24T01:51:26ZZ", -1},
    {"time refuses: fractions", "2026-11-24T01:51:26.000Z", -1},
    {"time refuses: one digit", "2026-1-024T01:51:26Z", -1},
    {"time refuses: a sign", "+026-11-24T01:51:26Z", -1},
    {"time refuses: a letter", "2026-11-24T01:5l:26Z", -1},
    {"time refuses: a space for a digit", "2026-11- 4T01:51:26Z", -1},
    {"time refuses: the digit behind 9", "2026-11-24T01:51:2:Z", -1},
};

static void test_time(void **state)
{
    const struct stamp *row = *state;
    int64_t got = -2;
    kv_status status = kvi_time_parse((kv_slice){row->text, strlen(row->text)}, &got);

    assert_int_equal(status, row->want < 0 ? KV_INVALID : KV_OK);
    assert_int_equal(got, row->want < 0 ? 0 : row->want);
}

/* Each day is the one behind the day before, to the end. */
static void test_days(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t want = 0;

    (void)state;
    for (int year = 1970; year <= 2500; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0));
            for (int day = 1; day <= lengths[month - 1] + leap; day++) {
                char text[32];
                int64_t got = 0;
                int size =
                    snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z", year, month, day);
                assert_int_equal(kvi_time_parse((kv_slice){text, (size_t)size}, &got), KV_OK);
                assert_int_equal(got, want);
                want += 86400;
            }
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("claim: its parts", test_claim),
        TEST("V3 malformed: a line feed in a value", test_line_feed),
        TEST("V3 malformed: more than 64 signed", test_too_many_signed),
        TEST("head: find", test_head),
        TEST("time: every day", test_days),
    };

    for (const struct recorded *row = recorded_requests; row->name != NULL; row++) {
        run_row(row->name, test_recorded, NULL, NULL, row);
        run_row(run_name("%s, changed", row->name), test_recorded_changed, NULL, NULL, row);
    }
    run_rows(edits, test_edit, NULL, NULL);
    run_rows(stamps, test_time, NULL, NULL);
    run_tests(tests);
    return run_all("edge_signature");
}
