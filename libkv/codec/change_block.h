/**
 * The change log's framing: a block of mutations with contiguous sequences.
 *
 *     block = checksum:u32 size:u32 format:u8 first:u64 count:u32 time_oldest:i64 time_newest:i64
 *             entry*
 *     entry = size:v kind:u8 flags:u8 ns:v time:z key_size:v key value_size:v
 *             [deadline:z]         EXPIRES
 *             [bytes_size:v bytes] VALUE
 *             [...]                other flags
 *
 * u, i: fixed, little-endian; v: varint; z: varint of the zigzag form. A block's size is the whole
 * block's, in bytes; checksum is the low half of XXH3 over all that follows it. The i-th entry's
 * sequence is first + i; its time is relative to time_oldest. An entry's size is that of all behind
 * it. A block is self-contained: it could be stored in a file as it is. On disk: do not renumber.
 *
 * LAST marks the last entry of its transaction. What belongs to VALUE, and to flags that are not
 * known, comes after the rest and is skipped; only a flag of MUST_KNOW may change what the rest
 * means.
 */
#ifndef KVI_CHANGE_BLOCK_H
#define KVI_CHANGE_BLOCK_H

#include "kv.h"

#include <stdbool.h>

#define KVI_CHANGE_BLOCK_FORMAT 2  /**< The format that is written. */
#define KVI_CHANGE_BLOCK_HEADER 37 /**< Bytes before the first entry. */
#define KVI_CHANGE_ENTRY_MAX 560   /**< Bytes of the longest entry, with a key of 512 bytes. */

/** Flags of a stored entry. The first two are those of kv_change. */
enum {
    KVI_CHANGE_VALUE = 0x04,     /**< The value's bytes follow. No version writes them yet. */
    KVI_CHANGE_SKIPPABLE = 0x78, /**< Not known, but harmless. */
    KVI_CHANGE_MUST_KNOW = 0x80  /**< Not known, and nothing may be read without it. */
};

/** A block that is being written; start with kvi_change_block_init(). */
typedef struct kvi_change_block {
    uint8_t *data;                    /**< The caller's. */
    size_t size;                      /**< Bytes in use, the header included. */
    size_t capacity;                  /**< Bytes of data. */
    uint64_t first;                   /**< Sequence of the first entry; valid if count > 0. */
    uint32_t count;                   /**< Entries. */
    int64_t time_oldest, time_newest; /**< Unix seconds; valid if count > 0. */
    size_t last_flags; /**< Where the flags of the newest entry are; 0: none was added. */
} kvi_change_block;

/** Begin an empty block in `data`, which must live as long as the block. */
void kvi_change_block_init(kvi_change_block *block, uint8_t *data, size_t capacity);
/** Append a change. Its sequence is one more than the last entry's, or any in an empty block.
 * False: it does not fit, and nothing is appended. */
bool kvi_change_block_add(kvi_change_block *block, const kv_change *change);
/** Mark the newest entry as the last of its transaction. Does nothing if no entry was added since
 *  kvi_change_block_init() or kvi_change_block_resume(). */
void kvi_change_block_mark_last(kvi_change_block *block);
/** Write the header: the first `size` bytes of data are the block then. More may be appended. */
void kvi_change_block_finish(kvi_change_block *block);
/** Continue a finished block: copies it into data. KV_OK; KV_CORRUPT (damaged, or larger than
 * data); KV_UNSUPPORTED (of a format that is not known). */
kv_status kvi_change_block_resume(kvi_change_block *block, kv_slice stored);

/** A verified block that is being read. Points into the block. */
typedef struct kvi_change_reader {
    const uint8_t *at, *end;          /**< The next entry; the end of the block. */
    uint64_t first, next;             /**< Sequence of the first and of the next entry. */
    uint32_t count, left;             /**< Entries of the block; entries not read yet. */
    int64_t time_oldest, time_newest; /**< Unix seconds. */
} kvi_change_reader;

/** Verify a block's header and checksum. KV_OK; KV_CORRUPT; KV_UNSUPPORTED (of a format that is not
 *  known). */
kv_status kvi_change_reader_begin(kvi_change_reader *reader, kv_slice stored);
/** The next entry; its key points into the block. KV_OK; KV_NOT_FOUND (the end); KV_CORRUPT;
 *  KV_UNSUPPORTED (an entry with a flag of MUST_KNOW). */
kv_status kvi_change_reader_next(kvi_change_reader *reader, kv_change *out);

#endif
