/**
 * UTF-8 (RFC 3629: shortest form, no surrogates): JSON is made of it, values need not be.
 * Layer edge: bytes in, answers out.
 */
#ifndef KVI_EDGE_UTF8_H
#define KVI_EDGE_UTF8_H

#include "kv.h"

#include <stdbool.h>

/** Bytes from the front that are whole characters. */
size_t kvi_utf8_valid_size(const void *data, size_t size);
/** Whether all of it is. */
bool kvi_utf8_is_valid(kv_slice text);
/** Bytes of the character at the front of `size` bytes, at least 1; 0: there is none. */
size_t kvi_utf8_character_size(const void *data, size_t size);
/** Write a character, no surrogate and at most 0x10FFFF, as 1 to 4 bytes: how many. */
size_t kvi_utf8_encode(uint32_t character, char out[4]);
/** Characters of valid text. */
size_t kvi_utf8_count(kv_slice text);
/** Bytes of the first `count` characters of valid text; of all, if there are fewer. */
size_t kvi_utf8_first(kv_slice text, size_t count);
/** Bytes of the last `count` characters of valid text. */
size_t kvi_utf8_last(kv_slice text, size_t count);
/** Overwrite each byte that is part of no character. */
void kvi_utf8_repair(char *text, size_t size, char mark);

#endif
