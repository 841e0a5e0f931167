#include "edge/answer.h"

#include "edge/crypto.h"
#include "edge/text.h"
#include "edge/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* What every reader of JSON takes exactly. */
#define SHORT_CHARACTERS_MAX 256
#define SHORT_CHARACTERS_KEPT 100
#define SHORT_MARK "..."
#define CHINA_S (8 * 3600)
#define YEAR_9999_END INT64_C(253402300799)
#define YEAR_0000_BEGIN INT64_C(-62167219200)

static const char json_type[] = "application/json; charset=utf-8";
static const char xml_type[] = "application/xml";

/* ---- Begin and end */

static void answer_make_id(kvi_answer *answer)
{
    unsigned char bytes[16] = {0};
    char *out = answer->request_id;
    kv_status status = kvi_crypto_random(bytes, sizeof(bytes));

    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* Version 4, */
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80); /* variant 1. */
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = "0123456789ABCDEF"[bytes[i] >> 4];
        *out++ = "0123456789ABCDEF"[bytes[i] & 15];
    }
    *out = '\0';
    kvi_answer_status(answer, status);
}

void kvi_answer_begin(kvi_answer *answer)
{
    *answer = (kvi_answer){.http = 200, .content_type = json_type};
    answer_make_id(answer);
    kvi_answer_object_begin(answer, NULL);
    kvi_answer_string(answer, "RequestId", answer->request_id);
}

void kvi_answer_free(kvi_answer *answer)
{
    kvi_json_write_free(&answer->json);
}

/* ---- Writing members */

/* Whether members are still taken. */
static bool answer_is_open(const kvi_answer *answer)
{
    return answer->code == NULL;
}

static void answer_wrote(kvi_answer *answer)
{
    if (answer->json.has_failed)
        kvi_answer_status(answer, KV_NO_MEMORY);
}

/* A member whose value is JSON already. */
static void answer_add(kvi_answer *answer, const char *name, const char *json)
{
    if (!answer_is_open(answer))
        return;
    kvi_json_write_raw(&answer->json, name, json);
    answer_wrote(answer);
}

void kvi_answer_text(kvi_answer *answer, const char *name, kv_slice value)
{
    if (!answer_is_open(answer))
        return;
    kvi_json_write_text(&answer->json, name, value);
    answer_wrote(answer);
}

void kvi_answer_string(kvi_answer *answer, const char *name, const char *value)
{
    kvi_answer_text(answer, name, kvi_text_of(value));
}

void kvi_answer_base64(kvi_answer *answer, const char *name, kv_slice value)
{
    if (!answer_is_open(answer))
        return;
    kvi_json_write_base64(&answer->json, name, value);
    answer_wrote(answer);
}

void kvi_answer_number(kvi_answer *answer, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value > NUMBER_MAX ? NUMBER_MAX : value);
    answer_add(answer, name, text);
}

void kvi_answer_boolean(kvi_answer *answer, const char *name, bool value)
{
    answer_add(answer, name, value ? "true" : "false");
}

void kvi_answer_digits(kvi_answer *answer, const char *name, uint64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "\"%" PRIu64 "\"", value);
    answer_add(answer, name, text);
}

void kvi_answer_digits_signed(kvi_answer *answer, const char *name, int64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "\"%" PRId64 "\"", value);
    answer_add(answer, name, text);
}

void kvi_answer_shortened(kvi_answer *answer, const char *name, kv_slice value)
{
    size_t last_size = kvi_utf8_last(value, SHORT_CHARACTERS_KEPT);
    kv_slice parts[] = {kvi_text(value.data, kvi_utf8_first(value, SHORT_CHARACTERS_KEPT)),
                        kvi_text_of(SHORT_MARK),
                        kvi_text((const char *)value.data + value.size - last_size, last_size)};

    if (kvi_utf8_count(value) <= SHORT_CHARACTERS_MAX) {
        kvi_answer_text(answer, name, value);
        return;
    }
    if (!answer_is_open(answer))
        return;
    kvi_json_write_parts(&answer->json, name, parts, sizeof(parts) / sizeof(parts[0]));
    answer_wrote(answer);
}

/* Days since 1970 to a date of the Gregorian calendar: eras of 400 years, March first. */
static void answer_date(int64_t days, int *year, int *month, int *day)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t march_month = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(years + era * 400 + (*month <= 2));
}

/* Four digits of year are all the form has: what lies beyond is its last or first moment. */
static void answer_clock_time(kvi_answer *answer, const char *name, int64_t unix_s, int64_t offset,
                              const char *zone)
{
    char text[64];
    int64_t local = unix_s;
    int64_t days, second;
    int year, month, day;

    if (local > YEAR_9999_END - offset)
        local = YEAR_9999_END - offset;
    if (local < YEAR_0000_BEGIN)
        local = YEAR_0000_BEGIN;
    local += offset;
    days = (local >= 0 ? local : local - 86399) / 86400;
    second = local - days * 86400;
    answer_date(days, &year, &month, &day);
    (void)snprintf(text, sizeof(text), "\"%04d-%02d-%02dT%02d:%02d:%02d%s\"", year, month, day,
                   (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), zone);
    answer_add(answer, name, text);
}

void kvi_answer_time(kvi_answer *answer, const char *name, int64_t unix_s)
{
    answer_clock_time(answer, name, unix_s, 0, "Z");
}

void kvi_answer_time_china(kvi_answer *answer, const char *name, int64_t unix_s)
{
    answer_clock_time(answer, name, unix_s, CHINA_S, "+08:00");
}

void kvi_answer_capacity(kvi_answer *answer, const char *name, uint64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    char text[48];
    unsigned unit = 0;
    unsigned hundredths = 0;

    while (unit < 6 && (bytes >> (10 * (unit + 1))) != 0)
        unit++;
    if (unit > 0) /* The ten bits below the unit are fraction enough. */
        hundredths = (unsigned)((bytes >> (10 * (unit - 1)) & 1023) * 100 / 1024);
    bytes >>= 10 * unit;
    if (hundredths == 0)
        (void)snprintf(text, sizeof(text), "\"%" PRIu64 " %s\"", bytes, units[unit]);
    else if (hundredths % 10 == 0)
        (void)snprintf(text, sizeof(text), "\"%" PRIu64 ".%u %s\"", bytes, hundredths / 10,
                       units[unit]);
    else
        (void)snprintf(text, sizeof(text), "\"%" PRIu64 ".%02u %s\"", bytes, hundredths,
                       units[unit]);
    answer_add(answer, name, text);
}

void kvi_answer_array_begin(kvi_answer *answer, const char *name)
{
    answer_add(answer, name, "[");
}

void kvi_answer_object_begin(kvi_answer *answer, const char *name)
{
    answer_add(answer, name, "{");
}

void kvi_answer_array_end(kvi_answer *answer)
{
    if (answer_is_open(answer))
        kvi_json_write_array_end(&answer->json);
    answer_wrote(answer);
}

void kvi_answer_object_end(kvi_answer *answer)
{
    if (answer_is_open(answer))
        kvi_json_write_object_end(&answer->json);
    answer_wrote(answer);
}

void kvi_answer_become_xml(kvi_answer *answer)
{
    answer->is_xml = true;
    answer->content_type = xml_type;
    kvi_json_write_clear(&answer->json);
}

void kvi_answer_xml(kvi_answer *answer, int32_t http, const char *text)
{
    answer_add(answer, NULL, text); /* At the front: nothing comes before it. */
    if (answer_is_open(answer))
        answer->http = http;
}

/* ---- Faults */

void kvi_answer_fault(kvi_answer *answer, int32_t http, const char *code, const char *message)
{
    if (answer->code != NULL)
        return;
    answer->http = http;
    answer->code = code;
    (void)snprintf(answer->message, sizeof(answer->message), "%s", message);
}

void kvi_answer_status(kvi_answer *answer, kv_status status)
{
    kv_edge_status edge = kv_status_edge(status);

    if (status != KV_OK)
        kvi_answer_fault(answer, edge.http, edge.code, edge.message);
}

void kvi_answer_invalid(kvi_answer *answer, const char *format, ...)
{
    kv_edge_status edge = kv_status_edge(KV_INVALID);
    char message[sizeof(answer->message)];
    int used = snprintf(message, sizeof(message), "%s ", edge.message);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(message + used, sizeof(message) - (size_t)used, format, arguments);
    va_end(arguments);
    kvi_answer_fault(answer, edge.http, edge.code, message);
}

static char *answer_put(char *out, const char *literal)
{
    size_t size = strlen(literal);

    memcpy(out, literal, size);
    return out + size;
}

static char *answer_put_json(char *out, const char *name, const char *text)
{
    out = answer_put(out, name);
    return kvi_json_escape(answer_put(out, "\":\""), kvi_text_of(text));
}

/* Everything but ASCII without markup is a question mark: only programs read these. */
static char *answer_put_xml(char *out, const char *name, const char *text)
{
    out = answer_put(answer_put(answer_put(out, "<"), name), ">");
    for (; *text != '\0'; text++)
        *out++ = (char)(*text < ' ' || *text > '~' || strchr("<>&", *text) != NULL ? '?' : *text);
    return answer_put(answer_put(answer_put(out, "</"), name), ">");
}

static void answer_write_fault(kvi_answer *answer, const char *host)
{
    char *out = answer->fault;

    if (answer->is_xml) {
        out = answer_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        out = answer_put_xml(out, "Code", answer->code);
        out = answer_put_xml(out, "Message", answer->message);
        out = answer_put_xml(out, "RequestId", answer->request_id);
        out = answer_put_xml(out, "HostId", host);
        out = answer_put(out, "</Error>");
    } else {
        out = answer_put_json(out, "{\"RequestId", answer->request_id);
        out = answer_put_json(out, "\",\"HostId", host);
        out = answer_put_json(out, "\",\"Code", answer->code);
        out = answer_put_json(out, "\",\"Message", answer->message);
        out = answer_put(out, "\"}");
    }
    answer->fault_size = (size_t)(out - answer->fault);
}

kv_slice kvi_answer_finish(kvi_answer *answer, const char *host)
{
    char host_id[128];

    _Static_assert(sizeof(answer->fault) > 6 * sizeof(answer->message) + 6 * sizeof(host_id) + 300,
                   "room for everything escaped");
    if (!answer->is_xml)
        kvi_answer_object_end(answer);
    if (answer->code == NULL)
        return kvi_text(answer->json.text, answer->json.size);
    (void)snprintf(host_id, sizeof(host_id), "%s", host[0] == '\0' ? "localhost" : host);
    /* Both may quote bytes of the request. */
    kvi_utf8_repair(host_id, strlen(host_id), '?');
    kvi_utf8_repair(answer->message, strlen(answer->message), '?');
    answer_write_fault(answer, host_id);
    return kvi_text(answer->fault, answer->fault_size);
}
