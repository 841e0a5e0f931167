/**
 * Unsigned integers in 1 to 10 bytes: seven bits a byte, low bits first, the high bit set on all
 * but the last. Only the shortest form is valid, so a row has one spelling.
 */
#ifndef KVI_VARINT_H
#define KVI_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KVI_VARINT_SIZE_MAX 10 /**< Bytes of the longest. */

/** Bytes that v takes. */
static inline size_t kvi_varint_size(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);

    return (bits * 9 + 64) / 64; /* bits / 7, rounded up, for up to 64. */
}

/** Write v at out (room for KVI_VARINT_SIZE_MAX bytes). Returns the byte behind it. */
static inline uint8_t *kvi_varint_put(uint8_t *out, uint64_t v)
{
    while (v >= 0x80) {
        *out++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *out++ = (uint8_t)v;
    return out;
}

/** kvi_varint_take() of a number of more than one byte; **in is its first. */
static inline bool kvi_varint_take_long(const uint8_t **in, const uint8_t *end, uint64_t *v_out)
{
    const uint8_t *p = *in;
    uint64_t v = *p++ & 0x7F;

    for (unsigned shift = 7; shift < 64 && p < end; shift += 7) {
        uint8_t byte = *p++;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if (byte == 0 || (shift == 63 && byte > 1))
                return false;
            *in = p;
            *v_out = v;
            return true;
        }
    }
    return false;
}

/** Read a number at *in that ends before `end`, and move *in behind it. False: it is cut off, too
 *  large or not in its shortest form, and *in stays. */
static inline bool kvi_varint_take(const uint8_t **in, const uint8_t *end, uint64_t *v_out)
{
    if (*in == end)
        return false;
    if (**in >= 0x80)
        return kvi_varint_take_long(in, end, v_out);
    *v_out = *(*in)++;
    return true;
}

#endif
