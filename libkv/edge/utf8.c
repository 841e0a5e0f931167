#include "edge/utf8.h"

#include <string.h>

static bool utf8_continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t kvi_utf8_character_size(const void *data, size_t size)
{
    const unsigned char *p = data;
    unsigned char low = 0x80, high = 0xBF; /* What the second byte may be. */
    size_t bytes = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4 || size < bytes)
        return 0;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < bytes; i++) {
        if (!utf8_continues(p[i]))
            return 0;
    }
    return bytes;
}

/* Bytes from the front that are ASCII, eight at a time: most text is nothing else. */
static size_t utf8_ascii(const unsigned char *p, size_t size)
{
    size_t at = 0;
    uint64_t word = 0;

    for (; at + sizeof(word) <= size; at += sizeof(word)) {
        memcpy(&word, p + at, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return at;
}

size_t kvi_utf8_valid_size(const void *data, size_t size)
{
    const unsigned char *p = data;
    size_t at = 0;

    while (at < size) {
        size_t bytes = utf8_ascii(p + at, size - at);

        if (bytes == 0)
            bytes = kvi_utf8_character_size(p + at, size - at);
        if (bytes == 0)
            break;
        at += bytes;
    }
    return at;
}

bool kvi_utf8_is_valid(kv_slice text)
{
    return kvi_utf8_valid_size(text.data, text.size) == text.size;
}

size_t kvi_utf8_count(kv_slice text)
{
    const unsigned char *p = text.data;
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += !utf8_continues(p[i]);
    return count;
}

size_t kvi_utf8_first(kv_slice text, size_t count)
{
    const unsigned char *p = text.data;
    size_t at = 0;

    while (at < text.size && (count > 0 || utf8_continues(p[at]))) {
        count -= !utf8_continues(p[at]);
        at++;
    }
    return at;
}

size_t kvi_utf8_last(kv_slice text, size_t count)
{
    const unsigned char *p = text.data;
    size_t at = text.size;

    while (at > 0 && count > 0) {
        at--;
        count -= !utf8_continues(p[at]);
    }
    return text.size - at;
}

void kvi_utf8_repair(char *text, size_t size, char mark)
{
    for (size_t at = 0; at < size; at++) {
        at += kvi_utf8_valid_size(text + at, size - at);
        if (at < size)
            text[at] = mark;
    }
}

size_t kvi_utf8_encode(uint32_t character, char out[4])
{
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (char)(first[size] | character);
    return size;
}
