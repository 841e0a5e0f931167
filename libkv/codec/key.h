/**
 * Keys: which are valid, and an encoding of 1..512 bytes into at most 507 that keeps byte order.
 *
 * LMDB's keys end at 511 bytes and four of them are the namespace. A key is UTF-8 without
 * 0x00-0x20 and 0x7F, so only 209 byte values occur. The first 372 bytes are stored as they are;
 * the rest is packed, 28 symbols (rank 1..209, 0 after the end) as one base-210 number in 27 bytes,
 * big-endian: 210^28 < 2^216. 372 + 5 * 27 = 507. memcmp order of the encoded keys is the order of
 * the keys, and each key has one encoding.
 */
#ifndef KVI_KEY_H
#define KVI_KEY_H

#include "kv.h"

#include <stdbool.h>

#define KVI_KEY_PLAIN_SIZE 372 /**< Bytes stored as they are. */
#define KVI_KEY_BLOCK_SYMBOLS 28
#define KVI_KEY_BLOCK_SIZE 27
#define KVI_KEY_ENCODED_MAX 507

/** KV_OK; KV_KEY_MALFORMED; KV_KEY_TOO_LONG. */
kv_status kvi_key_check(const void *key, size_t size);
/** Whether some valid key may begin with or lie next to these bytes: only key bytes, at most 512.
 *  (A prefix may cut a UTF-8 sequence.) */
kv_status kvi_key_check_part(const void *part, size_t size);

/** Encode checked key bytes (up to 512) at out, room for KVI_KEY_ENCODED_MAX. Its size. */
size_t kvi_key_encode(const void *key, size_t size, uint8_t *out);
/**
 * Decode stored bytes. A key of up to 372 bytes is borrowed from `encoded`, a longer one is written
 * to scratch (KV_KEY_SIZE_MAX bytes). KV_OK or KV_CORRUPT.
 */
kv_status kvi_key_decode(const void *encoded, size_t size, uint8_t *scratch, kv_slice *key_out);

#endif
