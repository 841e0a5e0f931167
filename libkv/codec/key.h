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

#define KVI_KEY_PLAIN_SIZE 372   /**< Bytes that are stored as they are. */
#define KVI_KEY_BLOCK_SYMBOLS 28 /**< Key bytes that one block packs. */
#define KVI_KEY_BLOCK_SIZE 27    /**< Bytes of a packed block. */
#define KVI_KEY_ENCODED_MAX 507  /**< Bytes of the longest encoded key. */

/** Whether a key is valid. KV_OK; KV_KEY_MALFORMED; KV_KEY_TOO_LONG. */
kv_status kvi_key_check(const void *key, size_t size);
/** Whether the bytes may be a prefix or a cursor: at most 512 bytes that occur in keys. (A prefix
 * may cut a UTF-8 sequence.) KV_OK; KV_KEY_MALFORMED; KV_KEY_TOO_LONG. */
kv_status kvi_key_check_part(const void *part, size_t size);

/** Encode up to 512 checked bytes at out (KVI_KEY_ENCODED_MAX bytes). Returns the encoded size. */
size_t kvi_key_encode(const void *key, size_t size, uint8_t *out);
/**
 * Decode stored bytes. A key of up to 372 bytes points into `encoded`, a longer one into scratch
 * (KV_KEY_SIZE_MAX bytes). KV_OK; KV_CORRUPT: no encoder writes such bytes.
 */
kv_status kvi_key_decode(const void *encoded, size_t size, uint8_t *scratch, kv_slice *key_out);

#endif
