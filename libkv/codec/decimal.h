/**
 * Signed 64-bit numbers as decimal text: what KV_ADD reads and writes.
 *
 *     number = ["-"] digit+        at most KVI_DECIMAL_MAX bytes, and within int64_t
 *
 * Zeros at the front are read, and never written.
 */
#ifndef KVI_DECIMAL_H
#define KVI_DECIMAL_H

#include "kv.h"

/** Bytes of the longest number. */
#define KVI_DECIMAL_MAX 20

/** Read a number. KV_OK; KV_NOT_A_NUMBER: *out stays as it is. */
kv_status kvi_decimal_parse(kv_slice text, int64_t *out);
/** Write a number to `out` (KVI_DECIMAL_MAX bytes), without a 0 behind it. Returns how many bytes.
 */
size_t kvi_decimal_print(int64_t number, char *out);

#endif
