#include "edge/signature.h"

#include "edge/base64.h"
#include "edge/credentials.h"
#include "edge/crypto.h"
#include "edge/text.h"

#include <stdlib.h>

#define V3_SCHEME "ACS3-HMAC-SHA256"
#define V1_SIGNATURE_SIZE 28 /* Base64 of a SHA-1. */

/* ---- Time */

/* Digits at text as a number; -1: not all are. */
static int time_number(const char *text, size_t digits)
{
    int number = 0;

    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static bool time_is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01; month and day from 1. -1: there is no such day. */
static int64_t time_days(int year, int month, int day)
{
    static const int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int before = year - 1; /* Whole years that the leap days are counted of. */
    int64_t days = 0;
    int month_days = 0;

    if (year < 1970 || month < 1 || month > 12)
        return -1;
    month_days = days_before[month] - days_before[month - 1] + (month == 2 && time_is_leap(year));
    if (day < 1 || day > month_days)
        return -1;
    days = (int64_t)(year - 1970) * 365 + (before / 4 - before / 100 + before / 400) -
           (1969 / 4 - 1969 / 100 + 1969 / 400);
    return days + days_before[month - 1] + (month > 2 && time_is_leap(year)) + (day - 1);
}

kv_status kvi_time_parse(kv_slice text, int64_t *out)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    const char *c = text.data;
    int64_t days = 0;
    int hour = 0, minute = 0, second = 0;

    *out = 0;
    if (text.size != sizeof(form) - 1)
        return KV_INVALID;
    for (size_t i = 0; i < text.size; i++)
        if (form[i] != '0' && c[i] != form[i])
            return KV_INVALID;
    days = time_days(time_number(c, 4), time_number(c + 5, 2), time_number(c + 8, 2));
    hour = time_number(c + 11, 2);
    minute = time_number(c + 14, 2);
    second = time_number(c + 17, 2);
    if (days < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return KV_INVALID;
    *out = days * 86400 + hour * 3600 + minute * 60 + second;
    return KV_OK;
}

/* ---- Headers */

static bool head_is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Never NULL. */
static kv_slice head_value(const kv_edge_header *header)
{
    const char *c = header->value.data;
    size_t size = header->value.size;

    if (size == 0)
        return kvi_text("", 0);
    for (; size > 0 && head_is_space(*c); c++)
        size--;
    while (size > 0 && head_is_space(c[size - 1]))
        size--;
    return kvi_text(c, size);
}

/* The index of the first header of that name from `from` on; header_count: none. */
static size_t head_next(const kv_edge_head *head, kv_slice name, size_t from)
{
    while (from < head->header_count && !kvi_text_equal_folded(head->headers[from].name, name))
        from++;
    return from;
}

kv_slice kvi_head_find(const kv_edge_head *head, const char *name)
{
    size_t i = head_next(head, kvi_text_of(name), 0);

    return i < head->header_count ? head_value(&head->headers[i]) : kvi_text(NULL, 0);
}

/* The one header of that name. false: there is none, or more than one. */
static bool head_only(const kv_edge_head *head, kv_slice name, kv_slice *out)
{
    size_t i = head_next(head, name, 0);

    if (i == head->header_count || head_next(head, name, i + 1) != head->header_count)
        return false;
    *out = head_value(&head->headers[i]);
    return true;
}

/* ---- Parts of a claim */

/* Cut text at the first `separator`: what is before it, and text is what is behind it. Without one
 * that is all and nothing. */
static kv_slice claim_cut(kv_slice *text, char separator)
{
    const char *bytes = text->data;
    const char *end = text->size == 0 ? NULL : memchr(bytes, separator, text->size);
    kv_slice part = kvi_text(bytes, end == NULL ? text->size : (size_t)(end - bytes));
    size_t used = part.size + (end != NULL);

    *text = kvi_text(used == 0 ? bytes : bytes + used, text->size - used);
    return part;
}

/* 1 to size_max bytes, all visible ASCII. */
static bool claim_is_printable(kv_slice text, size_t size_max)
{
    const char *c = text.data;

    for (size_t i = 0; i < text.size; i++)
        if (c[i] <= ' ' || c[i] > '~')
            return false;
    return text.size >= 1 && text.size <= size_max;
}

static bool claim_is_hex(kv_slice text, size_t size)
{
    const char *c = text.data;

    for (size_t i = 0; i < text.size; i++)
        if (!(c[i] >= '0' && c[i] <= '9') && !(c[i] >= 'a' && c[i] <= 'f'))
            return false;
    return text.size == size;
}

/* ---- V3: reading */

bool kvi_claim_is_v3(const kv_edge_head *head)
{
    return kvi_text_begins(kvi_head_find(head, "authorization"), "ACS3-");
}

/* "name=value" to value. */
static bool claim_named(kv_slice part, const char *name, kv_slice *out)
{
    kv_slice found = claim_cut(&part, '=');

    *out = part;
    return kvi_text_is(found, name);
}

/* "ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=a;b;c,Signature=hex", and nothing else. */
static bool claim_read_authorization(kv_slice text, kvi_claim *out)
{
    if (!kvi_text_is(claim_cut(&text, ' '), V3_SCHEME))
        return false;
    return claim_named(claim_cut(&text, ','), "Credential", &out->key_id) &&
           claim_named(claim_cut(&text, ','), "SignedHeaders", &out->signed_headers) &&
           claim_named(text, "Signature", &out->signature) &&
           claim_is_printable(out->key_id, KVI_KEY_ID_SIZE_MAX) &&
           claim_is_hex(out->signature, 2 * (size_t)KVI_SHA256_SIZE);
}

static bool claim_is_header_name(kv_slice name)
{
    const char *c = name.data;

    for (size_t i = 0; i < name.size; i++)
        if (!(c[i] >= 'a' && c[i] <= 'z') && !(c[i] >= '0' && c[i] <= '9') && c[i] != '-' &&
            c[i] != '_')
            return false;
    return name.size > 0;
}

/* A line feed in a value could make two headers of one. */
static bool claim_is_header_value(kv_slice value)
{
    return value.size == 0 || memchr(value.data, '\n', value.size) == NULL;
}

/* In lower case, sorted, none twice, and each of the head once. */
static bool claim_check_signed_headers(kv_slice list, const kv_edge_head *head)
{
    kv_slice before = kvi_text("", 0);

    if (list.size > 0 && ((const char *)list.data)[list.size - 1] == ';')
        return false;
    for (size_t count = 0; list.size > 0; count++) {
        kv_slice name = claim_cut(&list, ';');
        kv_slice value = {0};
        if (count == KVI_SIGNED_HEADERS_MAX || !claim_is_header_name(name) ||
            kvi_text_compare(before, name) >= 0 || !head_only(head, name, &value) ||
            !claim_is_header_value(value))
            return false;
        before = name;
    }
    return true;
}

/* The name is in the list, in whatever case. */
static bool claim_signs(kv_slice list, kv_slice name)
{
    while (list.size > 0)
        if (kvi_text_equal_folded(claim_cut(&list, ';'), name))
            return true;
    return false;
}

/* What a header of this name would change, if it were not signed. */
static bool claim_must_sign(kv_slice name)
{
    return kvi_text_equal_folded(name, kvi_text_of("content-type")) ||
           (name.size >= 6 && kvi_text_equal_folded(kvi_text(name.data, 6), kvi_text_of("x-acs-")));
}

static bool claim_check_head(kv_slice list, const kv_edge_head *head)
{
    static const char *const needed[] = {
        "host",       "x-acs-action",          "x-acs-content-sha256",
        "x-acs-date", "x-acs-signature-nonce", "x-acs-version"};

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!claim_signs(list, kvi_text_of(needed[i])))
            return false;
    for (size_t i = 0; i < head->header_count; i++)
        if (claim_must_sign(head->headers[i].name) && !claim_signs(list, head->headers[i].name))
            return false;
    return true;
}

/* An id beside the one that signs would be one too many. */
static bool claim_check_key_id(const kvi_claim *claim, const kv_edge_head *head)
{
    kv_slice id = kvi_head_find(head, "x-acs-accesskey-id");

    return id.data == NULL || kvi_text_equal(id, claim->key_id);
}

kv_status kvi_claim_read_v3(const kv_edge_head *head, kvi_claim *out)
{
    kv_slice authorization = {0};

    *out = (kvi_claim){0};
    if (!head_only(head, kvi_text_of("authorization"), &authorization) ||
        !claim_read_authorization(authorization, out) ||
        !claim_check_signed_headers(out->signed_headers, head) ||
        !claim_check_head(out->signed_headers, head) || !claim_check_key_id(out, head))
        return KV_INVALID;
    /* All of these are there, once. */
    out->action = kvi_head_find(head, "x-acs-action");
    out->version = kvi_head_find(head, "x-acs-version");
    out->nonce = kvi_head_find(head, "x-acs-signature-nonce");
    out->body_hash = kvi_head_find(head, "x-acs-content-sha256");
    out->token = kvi_head_find(head, "x-acs-security-token");
    if (!claim_is_printable(out->nonce, KVI_NONCE_SIZE_MAX) ||
        !claim_is_hex(out->body_hash, 2 * (size_t)KVI_SHA256_SIZE))
        return KV_INVALID;
    if (kvi_time_parse(kvi_head_find(head, "x-acs-date"), &out->time) != KV_OK)
        return KV_INVALID;
    out->kind = KVI_CLAIM_V3;
    return KV_OK;
}

/* ---- V3: verifying */

static void signature_add(kvi_hash *hash, const char *string)
{
    kvi_hash_add(hash, string, strlen(string));
}

static void signature_add_query(kvi_hash *hash, kvi_form *query)
{
    kvi_form_sort(query);
    for (size_t i = 0; i < query->count; i++) {
        signature_add(hash, i == 0 ? "" : "&");
        kvi_form_hash_encoded(hash, query->items[i].name, 1);
        signature_add(hash, "=");
        kvi_form_hash_encoded(hash, query->items[i].value, 1);
    }
}

static void signature_add_headers(kvi_hash *hash, kv_slice list, const kv_edge_head *head)
{
    while (list.size > 0) {
        kv_slice name = claim_cut(&list, ';');
        kv_slice value = {0};
        (void)head_only(head, name, &value); /* Looked at when the claim was read. */
        kvi_hash_add(hash, name.data, name.size);
        signature_add(hash, ":");
        kvi_hash_add(hash, value.data, value.size);
        signature_add(hash, "\n");
    }
}

/* The canonical request's digest. */
static kv_status signature_digest_v3(const kvi_claim *claim, const kv_edge_head *head,
                                     kvi_form *query, unsigned char out[KVI_SHA256_SIZE])
{
    kvi_hash *hash = kvi_hash_begin(KVI_SHA256);

    kvi_hash_add(hash, head->method.data, head->method.size);
    signature_add(hash, "\n/\n");
    signature_add_query(hash, query);
    signature_add(hash, "\n");
    signature_add_headers(hash, claim->signed_headers, head);
    signature_add(hash, "\n");
    kvi_hash_add(hash, claim->signed_headers.data, claim->signed_headers.size);
    signature_add(hash, "\n");
    kvi_hash_add(hash, claim->body_hash.data, claim->body_hash.size);
    return kvi_hash_end(hash, out);
}

/* The claim's signature against the one that is right. */
static kv_status signature_compare(const kvi_claim *claim, const char *right, size_t size)
{
    return claim->signature.size == size && kvi_crypto_equal(claim->signature.data, right, size)
               ? KV_OK
               : KV_INVALID;
}

kv_status kvi_claim_verify_v3(const kvi_claim *claim, const kv_edge_head *head, kvi_form *query,
                              kv_slice secret)
{
    unsigned char digest[KVI_SHA256_SIZE];
    char hex[2 * KVI_SHA256_SIZE];
    kvi_hash *mac = NULL;
    kv_status status = signature_digest_v3(claim, head, query, digest);

    if (status != KV_OK)
        return status;
    kvi_hex_encode(digest, sizeof(digest), hex);
    mac = kvi_hmac_begin(KVI_SHA256, secret.data, secret.size);
    signature_add(mac, V3_SCHEME "\n");
    kvi_hash_add(mac, hex, sizeof(hex));
    status = kvi_hash_end(mac, digest);
    if (status != KV_OK)
        return status;
    kvi_hex_encode(digest, sizeof(digest), hex);
    return signature_compare(claim, hex, sizeof(hex));
}

/* ---- V1 */

/* Empty if it is not given; never NULL. */
static kv_slice form_value(const kvi_form *form, const char *name)
{
    const kvi_parameter *parameter = kvi_form_find(form, name);

    return parameter == NULL ? kvi_text("", 0) : parameter->value;
}

static bool claim_is_base64(kv_slice text)
{
    unsigned char bytes[V1_SIGNATURE_SIZE / 4 * 3];
    size_t size = 0;

    return text.size == V1_SIGNATURE_SIZE &&
           kvi_base64_decode(text.data, text.size, bytes, &size) == KV_OK && size == KVI_SHA1_SIZE;
}

kv_status kvi_claim_read_v1(const kvi_form *form, kvi_claim *out)
{
    *out = (kvi_claim){.key_id = form_value(form, "AccessKeyId"),
                       .signature = form_value(form, "Signature"),
                       .nonce = form_value(form, "SignatureNonce"),
                       .token = form_value(form, "SecurityToken"),
                       .action = form_value(form, "Action"),
                       .version = form_value(form, "Version")};
    if (!kvi_text_is(form_value(form, "SignatureMethod"), "HMAC-SHA1") ||
        !kvi_text_is(form_value(form, "SignatureVersion"), "1.0"))
        return KV_INVALID;
    if (!claim_is_printable(out->key_id, KVI_KEY_ID_SIZE_MAX) ||
        !claim_is_printable(out->nonce, KVI_NONCE_SIZE_MAX) || !claim_is_base64(out->signature))
        return KV_INVALID;
    if (kvi_time_parse(form_value(form, "Timestamp"), &out->time) != KV_OK)
        return KV_INVALID;
    out->kind = KVI_CLAIM_V1;
    return KV_OK;
}

/* All parameters but Signature, encoded, and that encoded once more as a value of its own. */
static void signature_add_form(kvi_hash *hash, kvi_form *form)
{
    const char *separator = "";

    kvi_form_sort(form);
    for (size_t i = 0; i < form->count; i++) {
        if (kvi_text_is(form->items[i].name, "Signature"))
            continue;
        signature_add(hash, separator);
        kvi_form_hash_encoded(hash, form->items[i].name, 2);
        signature_add(hash, "%3D");
        kvi_form_hash_encoded(hash, form->items[i].value, 2);
        separator = "%26";
    }
}

/* The key is the secret with '&' behind it. */
static kvi_hash *signature_begin_v1(kv_slice secret)
{
    size_t size = secret.size + 1;
    char *key = malloc(size);
    kvi_hash *mac = NULL;

    if (key == NULL)
        return NULL;
    if (secret.size > 0)
        memcpy(key, secret.data, secret.size);
    key[secret.size] = '&';
    mac = kvi_hmac_begin(KVI_SHA1, key, size);
    kvi_crypto_wipe(key, size);
    free(key);
    return mac;
}

kv_status kvi_claim_verify_v1(const kvi_claim *claim, kv_slice method, kvi_form *form,
                              kv_slice secret)
{
    unsigned char digest[KVI_SHA1_SIZE];
    char text[V1_SIGNATURE_SIZE];
    kvi_hash *mac = signature_begin_v1(secret);
    kv_status status = KV_OK;

    kvi_hash_add(mac, method.data, method.size);
    signature_add(mac, "&%2F&");
    signature_add_form(mac, form);
    status = kvi_hash_end(mac, digest);
    if (status != KV_OK)
        return status;
    kvi_base64_encode(digest, sizeof(digest), text);
    return signature_compare(claim, text, sizeof(text));
}
