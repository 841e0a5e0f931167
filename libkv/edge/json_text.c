#include "edge/json_text.h"

#include "edge/text.h"
#include "edge/utf8.h"

#include <string.h>

/* ---- Of any text */

size_t kvi_json_plain_size(const char *text, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones * 0x80;
    size_t at = 0;

    for (; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
        uint64_t word, quote, backslash;

        memcpy(&word, text + at, sizeof(word));
        quote = word ^ (ones * '"');
        backslash = word ^ (ones * '\\');
        /* A byte of (x - n) & ~x has its top bit set if it was below n. */
        if ((((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
             ((backslash - ones) & ~backslash)) &
            tops)
            break;
    }
    return at;
}

/* The place behind the string that begins at p[at]. */
static size_t json_skip_string(const char *p, size_t size, size_t at)
{
    for (at++; at < size; at++) {
        const char *end = memchr(p + at, '"', size - at);
        size_t backslashes = 0;

        if (end == NULL)
            return size;
        at = (size_t)(end - p);
        while (p[at - 1 - backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            return at + 1;
    }
    return size;
}

bool kvi_json_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

kvi_json_measure kvi_json_text_measure(kv_slice text)
{
    const char *p = text.data;
    kvi_json_measure measure = {0, 1};
    size_t depth = 0;
    bool is_empty = true;

    for (size_t at = 0; at < text.size;) {
        char c = p[at];

        if (depth == 1 && c != ']' && c != '}' && !kvi_json_is_space(c))
            is_empty = false;
        if (c == '"') {
            at = json_skip_string(p, text.size, at);
            continue;
        }
        if (c == '[' || c == '{')
            depth++;
        else if (c == ']' || c == '}')
            depth -= depth > 0;
        else if (c == ',' && depth == 1)
            measure.items++;
        measure.values += c == '[' || c == '{' || c == ',';
        at++;
    }
    measure.items += !is_empty;
    return measure;
}

static size_t json_skip_spaces(kv_slice text, size_t at)
{
    while (at < text.size && kvi_json_is_space(((const char *)text.data)[at]))
        at++;
    return at;
}

/* The place behind the value that begins at `at`: at the comma or bracket of what holds it. */
static size_t json_skip_value(kv_slice text, size_t at)
{
    const char *p = text.data;
    size_t depth = 0;

    while (at < text.size) {
        if (p[at] == '"') {
            at = json_skip_string(p, text.size, at);
            continue;
        }
        if (depth == 0 && (p[at] == ',' || p[at] == '}' || p[at] == ']'))
            break;
        depth += p[at] == '[' || p[at] == '{';
        depth -= p[at] == ']' || p[at] == '}';
        at++;
    }
    return at;
}

/* The character at `at`, behind spaces, is this one. */
static bool json_expect(kv_slice text, size_t *at, char c)
{
    *at = json_skip_spaces(text, *at);
    if (*at >= text.size || ((const char *)text.data)[*at] != c)
        return false;
    *at += 1;
    return true;
}

/* A member from `at` on; at is then behind it. */
static bool json_read_member(kv_slice text, size_t *at, kv_slice *name, kv_slice *value)
{
    const char *p = text.data;
    size_t begin = json_skip_spaces(text, *at);
    size_t end;

    if (begin >= text.size || p[begin] != '"')
        return false;
    end = json_skip_string(p, text.size, begin);
    if (end - begin < 2)
        return false;
    *name = (kv_slice){p + begin + 1, end - begin - 2};
    *at = end;
    if (!json_expect(text, at, ':'))
        return false;
    begin = json_skip_spaces(text, *at);
    *at = json_skip_value(text, begin);
    *value = (kv_slice){p + begin, *at - begin};
    return true;
}

kv_status kvi_json_text_member(kv_slice object, const char *name, kv_slice *value_out)
{
    kv_status status = KV_NOT_FOUND;
    size_t at = 0;

    if (!json_expect(object, &at, '{'))
        return KV_INVALID;
    if (json_expect(object, &at, '}'))
        return json_skip_spaces(object, at) == object.size ? KV_NOT_FOUND : KV_INVALID;
    do {
        kv_slice found_name, found_value;

        if (!json_read_member(object, &at, &found_name, &found_value))
            return KV_INVALID;
        if (kvi_text_is(found_name, name)) {
            *value_out = found_value;
            status = KV_OK;
        }
    } while (json_expect(object, &at, ','));
    if (!json_expect(object, &at, '}') || json_skip_spaces(object, at) != object.size)
        return KV_INVALID;
    return status;
}

/* ---- Of text that kvi_json_check() accepted */

kvi_json_kind kvi_json_kind_of(kv_slice value)
{
    const char *p = value.data;

    switch (p[0]) {
    case '[':
        return KVI_JSON_ARRAY;
    case '{':
        return KVI_JSON_OBJECT;
    case '"':
        return KVI_JSON_STRING;
    case 't':
        return KVI_JSON_TRUE;
    case 'f':
        return KVI_JSON_FALSE;
    case 'n':
        return KVI_JSON_NULL;
    default:
        break;
    }
    for (size_t i = 0; i < value.size; i++)
        if (p[i] == '.' || p[i] == 'e' || p[i] == 'E')
            return KVI_JSON_REAL;
    return KVI_JSON_INTEGER;
}

bool kvi_json_next(kv_slice container, size_t *at, kv_slice *name_out, kv_slice *value_out)
{
    const char *p = container.data;
    size_t begin = *at;

    if (begin >= container.size || p[begin] == ']' || p[begin] == '}')
        return false;
    begin = json_skip_spaces(container, begin + 1); /* Behind the bracket or comma. */
    if (begin >= container.size || p[begin] == ']' || p[begin] == '}')
        return false;
    if (p[0] == '{') {
        size_t end = json_skip_string(p, container.size, begin);

        *name_out = kvi_text(p + begin, end - begin);
        begin = json_skip_spaces(container, json_skip_spaces(container, end) + 1);
    }
    *at = json_skip_value(container, begin);
    *value_out = kvi_text(p + begin, *at - begin);
    while (value_out->size > 0 && kvi_json_is_space(p[begin + value_out->size - 1]))
        value_out->size--;
    return true;
}

size_t kvi_json_count(kv_slice container)
{
    kv_slice name, value;
    size_t at = 0;
    size_t count = 0;

    while (kvi_json_next(container, &at, &name, &value))
        count++;
    return count;
}

bool kvi_json_integer(kv_slice value, int64_t *out)
{
    const char *p = value.data;
    bool is_negative = value.size > 0 && p[0] == '-';
    int64_t number = 0; /* Negative: of those there is one more. */

    for (size_t i = is_negative; i < value.size; i++) {
        if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, p[i] - '0', &number))
            return false;
    }
    if (!is_negative && number == INT64_MIN)
        return false;
    *out = is_negative ? number : -number;
    return true;
}

static uint32_t json_hex(const char *p)
{
    uint32_t number = 0;

    for (size_t i = 0; i < 4; i++) {
        char c = kvi_text_lower(p[i]);
        number = number * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return number;
}

/* The character that an escape is, at out; *size bytes. Returns the bytes of the escape. */
static size_t json_unescape(const char *p, char out[4], size_t *size)
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    const char *name = strchr(names, p[1]);
    uint32_t character;

    *size = 1;
    if (p[1] != 'u') {
        out[0] = name == NULL ? p[1] : bytes[name - names];
        return 2;
    }
    character = json_hex(p + 2);
    if ((character & 0xFC00) != 0xD800) {
        *size = kvi_utf8_encode(character, out);
        return 6;
    }
    character = 0x10000 + ((character & 0x3FF) << 10) + (json_hex(p + 8) & 0x3FF);
    *size = kvi_utf8_encode(character, out);
    return 12;
}

size_t kvi_json_string(kv_slice value, char *out)
{
    const char *p = value.data;
    size_t end = value.size - 1;
    size_t used = 0;

    for (size_t at = 1; at < end;) {
        const char *escape = memchr(p + at, '\\', end - at);
        size_t plain = escape == NULL ? end - at : (size_t)(escape - (p + at));
        size_t size = 0;

        memcpy(out + used, p + at, plain);
        used += plain;
        at += plain;
        if (escape != NULL)
            at += json_unescape(escape, out + used, &size);
        used += size;
    }
    return used;
}

/* The next byte of a string; it is in `held` if it comes from an escape. -1: the end. */
typedef struct json_bytes {
    const char *p;
    size_t at, end;
    char held[4];
    size_t held_at, held_size;
} json_bytes;

static json_bytes json_bytes_of(kv_slice string)
{
    return (json_bytes){.p = string.data, .at = 1, .end = string.size - 1};
}

static int json_bytes_next(json_bytes *bytes)
{
    if (bytes->held_at < bytes->held_size)
        return (unsigned char)bytes->held[bytes->held_at++];
    if (bytes->at == bytes->end)
        return -1;
    if (bytes->p[bytes->at] != '\\')
        return (unsigned char)bytes->p[bytes->at++];
    bytes->at += json_unescape(bytes->p + bytes->at, bytes->held, &bytes->held_size);
    bytes->held_at = 1;
    return (unsigned char)bytes->held[0];
}

bool kvi_json_strings_equal(kv_slice a, kv_slice b)
{
    json_bytes left = json_bytes_of(a);
    json_bytes right = json_bytes_of(b);
    int byte;

    do {
        byte = json_bytes_next(&left);
        if (byte != json_bytes_next(&right))
            return false;
    } while (byte >= 0);
    return true;
}

bool kvi_json_string_is(kv_slice value, const char *want)
{
    json_bytes bytes;

    if (value.data == NULL || kvi_json_kind_of(value) != KVI_JSON_STRING)
        return false;
    bytes = json_bytes_of(value);
    for (; *want != '\0'; want++)
        if (json_bytes_next(&bytes) != (unsigned char)*want)
            return false;
    return json_bytes_next(&bytes) < 0;
}

bool kvi_json_member(kv_slice object, const char *name, kv_slice *value_out)
{
    kv_slice found_name, value;
    size_t at = 0;

    *value_out = kvi_text(NULL, 0);
    if (kvi_json_kind_of(object) != KVI_JSON_OBJECT)
        return false;
    while (kvi_json_next(object, &at, &found_name, &value))
        if (kvi_json_string_is(found_name, name))
            *value_out = value;
    return value_out->data != NULL;
}
