#include "edge/json_write.h"

#include "edge/base64.h"
#include "edge/json_text.h"
#include "edge/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE_MOST (SIZE_MAX / 16)

void kvi_json_write_free(kvi_json_writer *writer)
{
    free(writer->text);
    *writer = (kvi_json_writer){0};
}

void kvi_json_write_clear(kvi_json_writer *writer)
{
    writer->size = 0;
}

/* ---- Escaping: only what JSON requires */

/* The letter of a byte that has an escape of its own; 0: it has none. */
static char json_escape_letter(unsigned char byte)
{
    static const char letters[] = "btn\0fr"; /* From 0x08 on. */

    if (byte == '"' || byte == '\\')
        return (char)byte;
    return byte >= '\b' && byte <= '\r' ? letters[byte - '\b'] : '\0';
}

/* Characters that the byte becomes. */
static size_t json_escaped_size(unsigned char byte)
{
    if (json_escape_letter(byte) != '\0')
        return 2;
    return byte < 0x20 ? 6 : 1;
}

static size_t json_escaped_bytes(kv_slice text)
{
    const char *p = text.data;
    size_t bytes = 0;

    for (size_t at = 0; at < text.size;) {
        size_t plain = kvi_json_plain_size(p + at, text.size - at);

        bytes += plain > 0 ? plain : json_escaped_size((unsigned char)p[at]);
        at += plain > 0 ? plain : 1;
    }
    return bytes;
}

static char *json_escape_byte(char *out, unsigned char byte)
{
    switch (json_escaped_size(byte)) {
    case 1:
        *out++ = (char)byte;
        return out;
    case 2:
        *out++ = '\\';
        *out++ = json_escape_letter(byte);
        return out;
    default:
        memcpy(out, "\\u00", 4);
        out[4] = (char)('0' + (byte >> 4));
        out[5] = "0123456789abcdef"[byte & 15];
        return out + 6;
    }
}

char *kvi_json_escape(char *out, kv_slice text)
{
    const char *p = text.data;

    for (size_t at = 0; at < text.size;) {
        size_t plain = kvi_json_plain_size(p + at, text.size - at);

        if (plain > 0) {
            memcpy(out, p + at, plain);
            out += plain;
            at += plain;
        } else {
            out = json_escape_byte(out, (unsigned char)p[at++]);
        }
    }
    return out;
}

/* ---- Members */

/* Room for more bytes at the end; NULL: the writer has failed. */
static char *json_reserve(kvi_json_writer *writer, size_t more)
{
    size_t needed = writer->size + more;
    size_t capacity = writer->capacity * 2;
    char *text = NULL;

    if (writer->has_failed)
        return NULL;
    if (needed <= writer->capacity)
        return writer->text + writer->size;
    if (capacity < needed + 256)
        capacity = needed + 256;
    if (more <= SIZE_MOST && needed <= SIZE_MOST)
        text = realloc(writer->text, capacity);
    writer->has_failed = text == NULL;
    if (text == NULL)
        return NULL;
    writer->capacity = capacity;
    writer->text = text;
    return text + writer->size;
}

void kvi_json_write_reserve(kvi_json_writer *writer, size_t more)
{
    (void)json_reserve(writer, more);
}

/* The comma before, the name, and room for `more` bytes behind it. */
static char *json_member(kvi_json_writer *writer, const char *name, size_t more)
{
    size_t name_size = name == NULL ? 0 : strlen(name);
    char *out = json_reserve(writer, name_size + 4 + more);
    char last;

    if (out == NULL)
        return NULL;
    last = writer->size == 0 ? '{' : out[-1];
    if (last != '{' && last != '[')
        *out++ = ',';
    if (name != NULL) {
        *out++ = '"';
        memcpy(out, name, name_size);
        out += name_size;
        *out++ = '"';
        *out++ = ':';
    }
    return out;
}

static void json_wrote(kvi_json_writer *writer, const char *end)
{
    writer->size = (size_t)(end - writer->text);
}

void kvi_json_write_raw(kvi_json_writer *writer, const char *name, const char *json)
{
    size_t size = strlen(json);
    char *out = json_member(writer, name, size);

    if (out == NULL)
        return;
    memcpy(out, json, size);
    json_wrote(writer, out + size);
}

void kvi_json_write_parts(kvi_json_writer *writer, const char *name, const kv_slice *parts,
                          size_t count)
{
    size_t size = 2;
    char *out = NULL;

    for (size_t i = 0; i < count; i++)
        size += json_escaped_bytes(parts[i]);
    out = json_member(writer, name, size);
    if (out == NULL)
        return;
    *out++ = '"';
    for (size_t i = 0; i < count; i++)
        out = kvi_json_escape(out, parts[i]);
    *out++ = '"';
    json_wrote(writer, out);
}

void kvi_json_write_text(kvi_json_writer *writer, const char *name, kv_slice value)
{
    kvi_json_write_parts(writer, name, &value, 1);
}

void kvi_json_write_base64(kvi_json_writer *writer, const char *name, kv_slice value)
{
    size_t size = kvi_base64_size(value.size);
    char *out = json_member(writer, name, size + 2);

    if (out == NULL)
        return;
    *out = '"';
    kvi_base64_encode(value.data, value.size, out + 1);
    out[size + 1] = '"';
    json_wrote(writer, out + size + 2);
}

void kvi_json_write_number(kvi_json_writer *writer, const char *name, uint64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    kvi_json_write_raw(writer, name, text);
}

void kvi_json_write_integer(kvi_json_writer *writer, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    kvi_json_write_raw(writer, name, text);
}

void kvi_json_write_boolean(kvi_json_writer *writer, const char *name, bool value)
{
    kvi_json_write_raw(writer, name, value ? "true" : "false");
}

void kvi_json_write_array_begin(kvi_json_writer *writer, const char *name)
{
    kvi_json_write_raw(writer, name, "[");
}

void kvi_json_write_object_begin(kvi_json_writer *writer, const char *name)
{
    kvi_json_write_raw(writer, name, "{");
}

static void json_close(kvi_json_writer *writer, char bracket)
{
    char *out = json_reserve(writer, 1);

    if (out == NULL)
        return;
    *out = bracket;
    json_wrote(writer, out + 1);
}

void kvi_json_write_array_end(kvi_json_writer *writer)
{
    json_close(writer, ']');
}

void kvi_json_write_object_end(kvi_json_writer *writer)
{
    json_close(writer, '}');
}
