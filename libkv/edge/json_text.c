#include "edge/json_text.h"

#include <stdbool.h>
#include <string.h>

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

static bool json_is_space(char c)
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

        if (depth == 1 && c != ']' && c != '}' && !json_is_space(c))
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
    while (at < text.size && json_is_space(((const char *)text.data)[at]))
        at++;
    return at;
}

/* The place behind the value that begins at `at`: at the comma or bracket of what it stands in. */
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
        if (found_name.size == strlen(name) &&
            memcmp(found_name.data, name, found_name.size) == 0) {
            *value_out = found_value;
            status = KV_OK;
        }
    } while (json_expect(object, &at, ','));
    if (!json_expect(object, &at, '}') || json_skip_spaces(object, at) != object.size)
        return KV_INVALID;
    return status;
}
