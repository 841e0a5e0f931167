/*
 * kvi_claim_read_v3, kvi_claim_read_v1, kvi_claim_verify_v3, kvi_claim_verify_v1, kvi_head_find,
 * kvi_time_parse.
 *
 * The input is a request as text. Its claim is read or refused; the signature that a plain signer
 * computes is the one that verifies, and no other. A time stamp that is read is written the same.
 */
#include "input.h"

#include "edge/crypto.h"
#include "edge/signature.h"
#include "support/request_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET "testsecret"

/* ---- A plain signer: all in memory, all written out */

static void encode(FILE *out, kv_slice bytes)
{
    static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = ((const unsigned char *)bytes.data)[i];
        fprintf(out, c != 0 && strchr(bare, c) != NULL ? "%c" : "%%%02X", c);
    }
}

/* but: a name that is left out; NULL: none is. */
static void encode_form(FILE *out, const kvi_form *form, const char *but)
{
    const char *separator = "";

    for (size_t i = 0; i < form->count; i++) { /* Sorted when it was verified. */
        kv_slice name = form->items[i].name;
        if (but != NULL && name.size == strlen(but) && memcmp(name.data, but, name.size) == 0)
            continue;
        fputs(separator, out);
        encode(out, name);
        fputc('=', out);
        encode(out, form->items[i].value);
        separator = "&";
    }
}

static void sign(kvi_digest digest, const char *key, const char *text, size_t size,
                 unsigned char *out)
{
    kvi_hash *mac = kvi_hmac_begin(digest, key, strlen(key));

    kvi_hash_add(mac, text, size);
    require(kvi_hash_end(mac, out) == KV_OK);
}

static void put(FILE *out, kv_slice text)
{
    if (text.size > 0)
        fwrite(text.data, 1, text.size, out);
}

/* 64 hex digits. */
static void sign_v3(const kvi_claim *claim, const struct request_text *request,
                    const kvi_form *query, char right[2 * KVI_SHA256_SIZE])
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    char *names = copy_text(claim->signed_headers.data, claim->signed_headers.size);
    char *rest = names;
    unsigned char digest[KVI_SHA256_SIZE];
    char to_sign[17 + 2 * KVI_SHA256_SIZE] = "ACS3-HMAC-SHA256\n";
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);

    require(out != NULL);
    put(out, request->head.method);
    fputs("\n/\n", out);
    encode_form(out, query, NULL);
    fputc('\n', out);
    for (char *name = strtok_r(names, ";", &rest); name != NULL;
         name = strtok_r(NULL, ";", &rest)) {
        fprintf(out, "%s:", name);
        put(out, kvi_head_find(&request->head, name));
        fputc('\n', out);
    }
    fputc('\n', out);
    put(out, claim->signed_headers);
    fputc('\n', out);
    put(out, claim->body_hash);
    fclose(out);
    kvi_hash_add(hash, text, size);
    require(kvi_hash_end(hash, digest) == KV_OK);
    kvi_hex_encode(digest, sizeof(digest), to_sign + 17);
    sign(KVI_SHA256, SECRET, to_sign, sizeof(to_sign), digest);
    kvi_hex_encode(digest, sizeof(digest), right);
    free(text);
    free(names);
}

/* 28 characters. */
static void sign_v1(kv_slice method, const kvi_form *form, char right[28])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *canonical = NULL;
    char *text = NULL;
    size_t canonical_size = 0;
    size_t size = 0;
    FILE *out = open_memstream(&canonical, &canonical_size);
    unsigned char digest[KVI_SHA1_SIZE + 1] = {0};

    require(out != NULL);
    encode_form(out, form, "Signature");
    fclose(out);
    out = open_memstream(&text, &size);
    require(out != NULL);
    put(out, method);
    fputs("&%2F&", out);
    encode(out, (kv_slice){canonical, canonical_size});
    fclose(out);
    sign(KVI_SHA1, SECRET "&", text, size, digest);
    for (size_t i = 0; i < 28; i++) {
        size_t bit = i * 6;
        unsigned two = (unsigned)digest[bit / 8] << 8 | (bit / 8 < 20 ? digest[bit / 8 + 1] : 0u);
        right[i] = digits[two >> (10 - bit % 8) & 63];
    }
    right[27] = '=';
    free(canonical);
    free(text);
}

/* ---- Requests */

static void check_v3(const struct request_text *request, kvi_form *query)
{
    kv_slice secret = {SECRET, strlen(SECRET)};
    char right[2 * KVI_SHA256_SIZE];
    kvi_claim claim;
    kv_status status = kvi_claim_read_v3(&request->head, &claim);
    bool same = false;

    require(status == KV_OK || status == KV_INVALID);
    require((claim.kind == KVI_CLAIM_V3) == (status == KV_OK));
    if (status != KV_OK)
        return;
    status = kvi_claim_verify_v3(&claim, &request->head, query, secret);
    sign_v3(&claim, request, query, right);
    same = memcmp(claim.signature.data, right, sizeof(right)) == 0;
    require(status == (same ? KV_OK : KV_INVALID));
    claim.signature = (kv_slice){right, sizeof(right)};
    require(kvi_claim_verify_v3(&claim, &request->head, query, secret) == KV_OK);
    right[query->count % sizeof(right)] ^= 1;
    require(kvi_claim_verify_v3(&claim, &request->head, query, secret) == KV_INVALID);
}

static void check_v1(const struct request_text *request, kvi_form *form)
{
    kv_slice secret = {SECRET, strlen(SECRET)};
    char right[28];
    kvi_claim claim;
    kv_status status = kvi_claim_read_v1(form, &claim);
    bool same = false;

    require(status == KV_OK || status == KV_INVALID);
    require((claim.kind == KVI_CLAIM_V1) == (status == KV_OK));
    if (status != KV_OK)
        return;
    status = kvi_claim_verify_v1(&claim, request->head.method, form, secret);
    sign_v1(request->head.method, form, right);
    same = memcmp(claim.signature.data, right, sizeof(right)) == 0;
    require(status == (same ? KV_OK : KV_INVALID));
    claim.signature = (kv_slice){right, sizeof(right)};
    require(kvi_claim_verify_v1(&claim, request->head.method, form, secret) == KV_OK);
    right[form->count % sizeof(right)] ^= 1;
    require(kvi_claim_verify_v1(&claim, request->head.method, form, secret) == KV_INVALID);
}

static void check_time(const char *text, size_t size)
{
    for (size_t skipped = 0; skipped <= size && skipped < 2; skipped++) {
        kv_slice stamp = {text + skipped, size - skipped < 20 ? size - skipped : 20};
        int64_t seconds = -1;
        char again[32];
        struct tm parts;
        time_t time = 0;

        if (kvi_time_parse(stamp, &seconds) != KV_OK)
            continue;
        time = (time_t)seconds;
        require(seconds >= 0 && gmtime_r(&time, &parts) != NULL);
        require(strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &parts) == 20);
        require(memcmp(again, stamp.data, 20) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = (char *)copy_exact(data, size);
    struct request_text request;
    kvi_form form = {0};

    check_time(text, size);
    if (request_text_read(text, size, &request)) {
        char *query = (char *)copy_exact(request.query.data, request.query.size);
        char *body = (char *)copy_exact(request.body.data, request.body.size);
        bool is_good = kvi_form_add(&form, query, request.query.size) == KV_OK;
        if (is_good)
            check_v3(&request, &form);
        if (is_good && kvi_form_add(&form, body, request.body.size) == KV_OK)
            check_v1(&request, &form);
        free(query);
        free(body);
    }
    free(text);
    return 0;
}
