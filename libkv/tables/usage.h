/**
 * `usage`: what every commit touches, together in one leaf. Each row is in an envelope
 * (codec/row_envelope):
 *
 *     namespace u32 BE  -> usage
 *     u32 0             -> usage (of all), u64 sequence, lazy_boot, changes_first, changes_bytes,
 *                          i64 changes_time, u64 log_segment, log_offset, log_sequence;
 *                          part: u16 size, the open block of the change log
 *     u32 0, u8 1       -> the tokens (tables/tokens)
 *     usage = u64 keys, key_bytes, value_bytes, metadata_bytes, stored_bytes
 *
 * The checksum of row 0 covers its fields: the open block has one of its own.
 *
 * After every commit each namespace's row equals the sum over its rows in `values`, and row 0 the
 * sum over the namespaces. Sums never wrap: an underflow is KV_CORRUPT. Beside the statuses that
 * are named, each function may return a failure of LMDB (storage/txn.h).
 */
#ifndef KVI_USAGE_H
#define KVI_USAGE_H

#include "kv.h"
#include "storage/txn.h"

/** Sums over records. */
typedef struct kvi_usage {
    uint64_t keys;           /**< Records, also those that have expired. */
    uint64_t key_bytes;      /**< Of the users' keys. */
    uint64_t value_bytes;    /**< Before compression. */
    uint64_t metadata_bytes; /**< As given. */
    uint64_t stored_bytes;   /**< Of the values, as they are stored. */
} kvi_usage;

/** Row 0, taken apart. */
typedef struct kvi_usage_store {
    kvi_usage total;
    uint64_t sequence;      /**< Of the newest mutation. */
    uint64_t lazy_boot;     /**< Hash of the boot with unhardened commits; 0: all are hardened. */
    uint64_t changes_first; /**< Oldest sequence in the log; sequence + 1: it is empty. */
    uint64_t changes_bytes; /**< Of the blocks in `changes`. */
    int64_t changes_time;   /**< With blocks there: no time in the oldest one is later. */
    /** Room for a position in log segments, which no version writes yet. */
    uint64_t log_segment, log_offset, log_sequence;
    kv_slice open_block; /**< Read: into the map. Empty: none. */
    bool has_more;       /**< The row has what this version does not know. */
} kvi_usage_store;

/** The bytes that count against a namespace's capacity. */
static inline uint64_t kvi_usage_bytes(const kvi_usage *usage)
{
    return usage->key_bytes + usage->value_bytes + usage->metadata_bytes;
}

/** Add to sums. */
void kvi_usage_add(kvi_usage *usage, const kvi_usage *more);
/** Subtract from sums. KV_OK; KV_CORRUPT: a sum is smaller than that, and nothing is subtracted. */
kv_status kvi_usage_subtract(kvi_usage *usage, const kvi_usage *less);
/** The same for sums that may be damaged: one that is smaller than that becomes 0. */
void kvi_usage_subtract_most(kvi_usage *usage, const kvi_usage *less);

/**
 * Read a namespace's row. One without a row has used nothing.
 *
 * @param has_more_out  Optional: the row has what this version does not know.
 * Returns KV_OK; KV_CORRUPT: *out is zeros.
 */
kv_status kvi_usage_get(kvi_txn *txn, kv_ns ns, kvi_usage *out, bool *has_more_out);
/** Write a namespace's row. has_more: what kvi_usage_get() said, or true: what the row has besides
 * is looked up and kept. */
kv_status kvi_usage_put(kvi_txn *txn, kv_ns ns, const kvi_usage *usage, bool has_more);
/** Remove a namespace's row; it does not matter if there is none. KV_OK. */
kv_status kvi_usage_remove(kvi_txn *txn, kv_ns ns);
/** Add up the rows of all namespaces. KV_OK; KV_CORRUPT: one of them is damaged. */
kv_status kvi_usage_sum(kvi_txn *txn, kvi_usage *out);

/** Read row 0. KV_OK; KV_CORRUPT. */
kv_status kvi_usage_store_get(kvi_txn *txn, kvi_usage_store *out);
/** Write row 0. KV_OK; KV_CORRUPT. */
kv_status kvi_usage_store_put(kvi_txn *txn, const kvi_usage_store *store);

#endif
