/** Which check stored bytes failed: the detail behind KV_CORRUPT. A decoder names the check; the
 *  words for it are made only on request. */
#ifndef KVI_FAULT_H
#define KVI_FAULT_H

#include "kv.h"

#include <stdint.h>

/** The checks. In memory only. */
typedef enum kvi_fault_kind {
    KVI_FAULT_NONE = 0,         /**< No check of ours: LMDB or the system refused. */
    KVI_FAULT_ROW,              /**< A row of `meta`, `namespaces` or `usage`. */
    KVI_FAULT_KEY,              /**< The row's key in LMDB. */
    KVI_FAULT_RECORD_SIZE,      /**< A record: the row is too short. */
    KVI_FAULT_RECORD_FORMAT,    /**< Its format. */
    KVI_FAULT_RECORD_CODEC,     /**< Its codec or its flags. */
    KVI_FAULT_RECORD_FIELDS,    /**< A field of its header runs past the row. */
    KVI_FAULT_RECORD_CHECKSUM,  /**< The checksum of its header. */
    KVI_FAULT_RECORD_NONSENSE,  /**< Its header verifies, but no writer makes such a header. */
    KVI_FAULT_PAYLOAD_CHECKSUM, /**< The checksum of the stored value. */
    KVI_FAULT_PIECE_MISSING,    /**< A piece of the value is not there. */
    KVI_FAULT_PIECE_CHECKSUM,   /**< The checksum of a piece. */
    KVI_FAULT_PIECE_SIZE,       /**< The size of a piece. */
    KVI_FAULT_PIECE_EXTRA,      /**< A piece behind the last one. */
    KVI_FAULT_FRAME,            /**< The zstd frame does not decompress. */
    KVI_FAULT_FRAME_SIZE,       /**< What is in the frame has another size than the record says. */
    KVI_FAULT_DICTIONARY,       /**< The frame needs a dictionary. With KV_UNSUPPORTED. */
    KVI_FAULT_BLOCK,            /**< A block of the change log. */
    KVI_FAULT_KINDS             /**< How many there are. */
} kvi_fault_kind;

/** A check that failed. */
typedef struct kvi_fault {
    kvi_fault_kind kind;
    uint64_t number; /**< Of the piece; with KVI_FAULT_BLOCK the sequence that could not be read. */
} kvi_fault;

/** What a fault says. */
typedef struct kvi_fault_row {
    const char *counted; /**< What fault.number counts, "piece"; NULL: nothing. Static. */
    const char *text;    /**< One clause in English. Static. */
} kvi_fault_row;

/** What a kind of fault says. Never NULL. */
const kvi_fault_row *kvi_fault_find(kvi_fault_kind kind);
/** Note a fault. fault: NULL: it is not wanted. Returns KV_CORRUPT. */
kv_status kvi_fault_set(kvi_fault *fault, kvi_fault_kind kind, uint64_t number);

#endif
