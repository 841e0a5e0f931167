#include "codec/key.h"

#include "base/bytes.h"
#include "base/slice.h"

#define BASE 210
#define WORDS 7 /* 32-bit words of a block's number: 7 * 32 = 224 >= 216 bits. */

/* Rank of a byte among the 209 that occur: 0x21-0x7E, 0x80-0xBF, 0xC2-0xF4; 0: it cannot. */
static uint8_t key_rank(uint8_t byte)
{
    if (byte >= 0x21 && byte <= 0x7E)
        return (uint8_t)(byte - 0x20);
    if (byte >= 0x80 && byte <= 0xBF)
        return (uint8_t)(byte - 0x80 + 95);
    if (byte >= 0xC2 && byte <= 0xF4)
        return (uint8_t)(byte - 0xC2 + 159);
    return 0;
}

static uint8_t key_byte(uint32_t rank)
{
    if (rank <= 94)
        return (uint8_t)(rank + 0x20);
    if (rank <= 158)
        return (uint8_t)(rank - 95 + 0x80);
    return (uint8_t)(rank - 159 + 0xC2);
}

/* Whether all eight bytes are printable ASCII but the space. */
static bool key_word_is_plain(const uint8_t *p)
{
    const uint64_t ones = 0x0101010101010101u, high = ones * 0x80;
    uint64_t word = kvi_le64_load(p);
    uint64_t above_space = (word + ones * (0x80 - 0x21)) & high; /* No carries: word has no high. */
    uint64_t is_del = (word + ones) & high;

    return (word & high) == 0 && above_space == high && is_del == 0;
}

/* Bytes of the UTF-8 sequence at p (RFC 3629: no overlong form, no surrogate, <= U+10FFFF) that is
   no space or control character; 0: none. */
static size_t key_sequence(const uint8_t *p, size_t left)
{
    uint8_t first = p[0], low = 0x80, high = 0xBF;
    size_t size;

    if (first < 0x80)
        return first >= 0x21 && first <= 0x7E ? 1 : 0;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size > left)
        return 0;
    if (first == 0xE0)
        low = 0xA0;
    else if (first == 0xED)
        high = 0x9F;
    else if (first == 0xF0)
        low = 0x90;
    else if (first == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return size;
}

kv_status kvi_key_check(const void *key, size_t size)
{
    const uint8_t *p = key;
    size_t at = 0;

    if (size == 0)
        return KV_KEY_MALFORMED;
    if (size > KV_KEY_SIZE_MAX)
        return KV_KEY_TOO_LONG;
    while (at < size) {
        size_t step;
        if (size - at >= 8 && key_word_is_plain(p + at)) {
            at += 8;
            continue;
        }
        /* The last word, with bytes that were looked at already: what is left is often plain. */
        if (size >= 8 && size - at < 8 && key_word_is_plain(p + size - 8))
            break;
        step = key_sequence(p + at, size - at);
        if (step == 0)
            return KV_KEY_MALFORMED;
        at += step;
    }
    return KV_OK;
}

kv_status kvi_key_check_part(const void *part, size_t size)
{
    const uint8_t *p = part;

    if (size > KV_KEY_SIZE_MAX)
        return KV_KEY_TOO_LONG;
    for (size_t i = 0; i < size; i++)
        if (key_rank(p[i]) == 0)
            return KV_KEY_MALFORMED;
    return KV_OK;
}

/* number = number * BASE + digit, in little-endian 32-bit words. */
static void key_number_push(uint32_t number[WORDS], uint32_t digit)
{
    uint64_t carry = digit;

    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)number[i] * BASE;
        number[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* number = number / BASE; the remainder. */
static uint32_t key_number_pop(uint32_t number[WORDS])
{
    uint64_t rest = 0;

    for (size_t i = WORDS; i-- > 0;) {
        uint64_t part = (rest << 32) | number[i];
        number[i] = (uint32_t)(part / BASE);
        rest = part % BASE;
    }
    return (uint32_t)rest;
}

static void key_block_encode(const uint8_t *symbols, size_t count, uint8_t *out)
{
    uint32_t number[WORDS] = {0};

    for (size_t i = 0; i < KVI_KEY_BLOCK_SYMBOLS; i++)
        key_number_push(number, i < count ? key_rank(symbols[i]) : 0);
    for (size_t i = 0; i < KVI_KEY_BLOCK_SIZE; i++) {
        size_t bit = (KVI_KEY_BLOCK_SIZE - 1 - i) * 8;
        out[i] = (uint8_t)(number[bit / 32] >> (bit % 32));
    }
}

/* The symbols of a block; their count, or 0 when it is not one that key_block_encode() makes. */
static size_t key_block_decode(const uint8_t *in, uint8_t *symbols)
{
    uint32_t number[WORDS] = {0}, digits[KVI_KEY_BLOCK_SYMBOLS];
    size_t count = 0;

    for (size_t i = 0; i < KVI_KEY_BLOCK_SIZE; i++) {
        size_t bit = (KVI_KEY_BLOCK_SIZE - 1 - i) * 8;
        number[bit / 32] |= (uint32_t)in[i] << (bit % 32);
    }
    for (size_t i = KVI_KEY_BLOCK_SYMBOLS; i-- > 0;)
        digits[i] = key_number_pop(number);
    for (size_t i = 0; i < WORDS; i++)
        if (number[i] != 0)
            return 0;
    while (count < KVI_KEY_BLOCK_SYMBOLS && digits[count] != 0)
        count++;
    for (size_t i = count; i < KVI_KEY_BLOCK_SYMBOLS; i++)
        if (digits[i] != 0)
            return 0;
    for (size_t i = 0; i < count; i++)
        symbols[i] = key_byte(digits[i]);
    return count;
}

size_t kvi_key_encode(const void *key, size_t size, uint8_t *out)
{
    const uint8_t *p = key;
    size_t plain = size < KVI_KEY_PLAIN_SIZE ? size : KVI_KEY_PLAIN_SIZE;
    size_t used = plain;

    if (plain > 0)
        memcpy(out, p, plain);
    for (size_t at = plain; at < size; at += KVI_KEY_BLOCK_SYMBOLS) {
        size_t count = size - at < KVI_KEY_BLOCK_SYMBOLS ? size - at : KVI_KEY_BLOCK_SYMBOLS;
        key_block_encode(p + at, count, out + used);
        used += KVI_KEY_BLOCK_SIZE;
    }
    return used;
}

kv_status kvi_key_decode(const void *encoded, size_t size, uint8_t *scratch, kv_slice *key_out)
{
    const uint8_t *p = encoded;
    size_t used = KVI_KEY_PLAIN_SIZE, packed;

    if (size <= KVI_KEY_PLAIN_SIZE) {
        *key_out = kvi_slice(encoded, size);
        return size == 0 ? KV_CORRUPT : KV_OK;
    }
    packed = size - KVI_KEY_PLAIN_SIZE;
    if (size > KVI_KEY_ENCODED_MAX || packed % KVI_KEY_BLOCK_SIZE != 0)
        return KV_CORRUPT;
    memcpy(scratch, p, KVI_KEY_PLAIN_SIZE);
    for (size_t at = 0; at < packed; at += KVI_KEY_BLOCK_SIZE) {
        size_t count = key_block_decode(p + KVI_KEY_PLAIN_SIZE + at, scratch + used);
        bool is_last = at + KVI_KEY_BLOCK_SIZE == packed;
        if (count == 0 || (!is_last && count < KVI_KEY_BLOCK_SYMBOLS))
            return KV_CORRUPT;
        used += count;
    }
    *key_out = kvi_slice(scratch, used);
    return KV_OK;
}
