#include "edge/base64.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t kvi_base64_size(size_t size)
{
    return size / 3 * 4 + (size % 3 > 0 ? 4 : 0);
}

void kvi_base64_encode(const void *data, size_t size, char *out)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)bytes[i + 2] : 0;
        *out++ = base64_alphabet[bits >> 18];
        *out++ = base64_alphabet[bits >> 12 & 63];
        *out++ = '=';
        *out++ = '=';
        if (left > 1)
            out[-2] = base64_alphabet[bits >> 6 & 63];
        if (left > 2)
            out[-1] = base64_alphabet[bits & 63];
    }
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to up to three bytes, of which there is room for three; the number of bytes, or
 * -1. out may be text. */
static int base64_decode_group(const char *text, int last, unsigned char *out)
{
    int padding = 0;
    uint32_t bits = 0;

    if (last)
        padding = text[3] != '=' ? 0 : text[2] != '=' ? 1 : 2;
    for (int i = 0; i < 4; i++) {
        int digit = i < 4 - padding ? base64_digit(text[i]) : 0;
        if (digit < 0)
            return -1;
        bits = bits << 6 | (uint32_t)digit;
    }
    if ((bits & ((1u << (8 * padding)) - 1)) != 0) /* Bits that no encoder sets. */
        return -1;
    for (int i = 0; i < 3; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return 3 - padding;
}

kv_status kvi_base64_decode(const char *text, size_t size, void *out, size_t *size_out)
{
    unsigned char *bytes = out;
    size_t used = 0;

    *size_out = 0;
    if (size % 4 != 0)
        return KV_INVALID;
    for (size_t i = 0; i < size; i += 4) {
        int count = base64_decode_group(text + i, i + 4 == size, bytes + used);
        if (count < 0)
            return KV_INVALID;
        used += (size_t)count;
    }
    *size_out = used;
    return KV_OK;
}
