/*
 * UTF-8 (RFC 3629: shortest form, no surrogates): JSON is made of it, values need not be.
 * Layer edge: bytes in, answers out.
 */
#ifndef KVI_EDGE_UTF8_H
#define KVI_EDGE_UTF8_H

#include "kv.h"

#include <stdbool.h>

/* Bytes from the front that are whole characters. */
size_t kvi_utf8_valid_size(const void *data, size_t size);
bool kvi_utf8_is_valid(kv_slice text);
/* Of valid text: its characters, and the bytes of its first or last `count` (all, if fewer). */
size_t kvi_utf8_count(kv_slice text);
size_t kvi_utf8_first(kv_slice text, size_t count);
size_t kvi_utf8_last(kv_slice text, size_t count);
/* Overwrite each byte that is part of no character. */
void kvi_utf8_repair(char *text, size_t size, char mark);

#endif
