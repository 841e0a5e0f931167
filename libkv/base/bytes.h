/**
 * Fixed-width integers to and from bytes. Stored rows are little-endian, keys big-endian so that
 * memcmp order is numeric order.
 */
#ifndef KVI_BYTES_H
#define KVI_BYTES_H

#include <stdint.h>
#include <string.h>

/** Write a u32, big-endian, 4 bytes at out, of any alignment. */
static inline void kvi_be32_store(uint8_t *out, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(out, &v, sizeof(v));
}

/** Read a u32, big-endian, 4 bytes from in, of any alignment. */
static inline uint32_t kvi_be32_load(const uint8_t *in)
{
    uint32_t v;
    memcpy(&v, in, sizeof(v));
    return __builtin_bswap32(v);
}

/** Write a u64, big-endian, 8 bytes at out, of any alignment. */
static inline void kvi_be64_store(uint8_t *out, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(out, &v, sizeof(v));
}

/** Read a u64, big-endian, 8 bytes from in, of any alignment. */
static inline uint64_t kvi_be64_load(const uint8_t *in)
{
    uint64_t v;
    memcpy(&v, in, sizeof(v));
    return __builtin_bswap64(v);
}

/** Write a u16, little-endian, 2 bytes at out, of any alignment. */
static inline void kvi_le16_store(uint8_t *out, uint16_t v)
{
    memcpy(out, &v, sizeof(v));
}

/** Read a u16, little-endian, 2 bytes from in, of any alignment. */
static inline uint16_t kvi_le16_load(const uint8_t *in)
{
    uint16_t v;
    memcpy(&v, in, sizeof(v));
    return v;
}

/** Write a u32, little-endian, 4 bytes at out, of any alignment. */
static inline void kvi_le32_store(uint8_t *out, uint32_t v)
{
    memcpy(out, &v, sizeof(v));
}

/** Read a u32, little-endian, 4 bytes from in, of any alignment. */
static inline uint32_t kvi_le32_load(const uint8_t *in)
{
    uint32_t v;
    memcpy(&v, in, sizeof(v));
    return v;
}

/** Write a u64, little-endian, 8 bytes at out, of any alignment. */
static inline void kvi_le64_store(uint8_t *out, uint64_t v)
{
    memcpy(out, &v, sizeof(v));
}

/** Read a u64, little-endian, 8 bytes from in, of any alignment. */
static inline uint64_t kvi_le64_load(const uint8_t *in)
{
    uint64_t v;
    memcpy(&v, in, sizeof(v));
    return v;
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "libkv's stored integers assume a little-endian machine, as LMDB's file assumes its own"
#endif

/** Signed to unsigned so that small magnitudes stay small: 0, -1, 1, -2 to 0, 1, 2, 3. */
static inline uint64_t kvi_zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

/** What kvi_zigzag() was given. */
static inline int64_t kvi_unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

#endif
