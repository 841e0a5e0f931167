#include "base/fault.h"

#include <stddef.h>

static const kvi_fault_row rows[KVI_FAULT_KINDS] = {
    [KVI_FAULT_NONE] = {NULL, "LMDB reports damage"},
    [KVI_FAULT_ROW] = {NULL, "the row does not verify"},
    [KVI_FAULT_KEY] = {NULL, "a row is at a key that no writer makes"},
    [KVI_FAULT_RECORD_SIZE] = {NULL, "the row is too short"},
    [KVI_FAULT_RECORD_FORMAT] = {NULL, "the record's format is unknown"},
    [KVI_FAULT_RECORD_CODEC] = {NULL, "the record's codec or a flag is unknown"},
    [KVI_FAULT_RECORD_FIELDS] = {NULL, "the record's header runs past the row"},
    [KVI_FAULT_RECORD_CHECKSUM] = {NULL, "the checksum of the record's header differs"},
    [KVI_FAULT_RECORD_NONSENSE] = {NULL, "the record's header verifies, but no writer makes it"},
    [KVI_FAULT_PAYLOAD_CHECKSUM] = {NULL, "the value's checksum differs"},
    [KVI_FAULT_PIECE_MISSING] = {"piece", "it is missing"},
    [KVI_FAULT_PIECE_CHECKSUM] = {"piece", "its checksum differs"},
    [KVI_FAULT_PIECE_SIZE] = {"piece", "it has a wrong size"},
    [KVI_FAULT_PIECE_EXTRA] = {"piece", "it is one more than the record has"},
    [KVI_FAULT_FRAME] = {NULL, "the zstd frame does not decompress"},
    [KVI_FAULT_FRAME_SIZE] = {NULL, "the zstd frame has another size than the record says"},
    [KVI_FAULT_DICTIONARY] = {NULL, "the value needs a zstd dictionary, which this version lacks"},
    [KVI_FAULT_BLOCK] = {"sequence", "its block is damaged or missing"},
};

const kvi_fault_row *kvi_fault_find(kvi_fault_kind kind)
{
    return &rows[kind < KVI_FAULT_KINDS ? kind : KVI_FAULT_NONE];
}

kv_status kvi_fault_set(kvi_fault *fault, kvi_fault_kind kind, uint64_t number)
{
    if (fault != NULL)
        *fault = (kvi_fault){kind, number};
    return KV_CORRUPT;
}
