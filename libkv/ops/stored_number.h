/** The number that a stored value is, for KV_ADD. */
#ifndef KVI_STORED_NUMBER_H
#define KVI_STORED_NUMBER_H

#include "codec/record.h"
#include "kv.h"
#include "ops/codecs.h"

/**
 * Read the value of a record as a number (codec/decimal.h). A longer value is not read at all.
 *
 * @param number_out  Set on KV_OK.
 * Returns KV_OK; KV_NOT_A_NUMBER; KV_CORRUPT (the value is damaged); KV_UNSUPPORTED (a dictionary);
 * KV_NO_MEMORY.
 */
kv_status kvi_stored_number_read(kvi_codecs *codecs, const kvi_record *record, int64_t *number_out);

#endif
