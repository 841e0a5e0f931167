/**
 * A portion: what a write transaction removes besides its own work, at most. Rows that have expired
 * (ops/sweep_expired) and rows of dropped namespaces (ops/sweep_dropped) are removed in portions.
 *
 * A portion is bounded three times: in rows, in pages of large values, and near the cap in pages of
 * the file. There each row is charged as a delete, and half of the room stays for the batch that
 * runs in the same transaction, or for the next portion.
 */
#ifndef KVI_SWEEP_PORTION_H
#define KVI_SWEEP_PORTION_H

#include "kv.h"
#include "ops/row.h"

#include <stdbool.h>

/** Pieces of one value that a transaction near the cap gives back at most: with what it copies that
 * is less than LMDB lists in one page. */
#define KVI_SWEEP_PORTION_PIECES 400

/** What portions removed. Start with {0}; each portion adds to it. */
typedef struct kvi_reclaimed {
    uint64_t rows;    /**< Rows of `values` that were removed. */
    uint64_t bytes;   /**< Key, value and metadata of those rows that could be read, in bytes. */
    uint64_t handled; /**< Rows removed, and rows of `expiry` moved or removed alone. */
    bool has_more; /**< A portion ended before its work did. If handled is 0, for want of room. */
} kvi_reclaimed;

/** A portion on its way. Lives no longer than its transaction. */
typedef struct kvi_sweep_portion {
    kvi_rows *rows;       /**< Of the namespace; begun and ended by the caller. */
    kvi_reclaimed *done;  /**< What this portion adds to. */
    uint64_t rows_max;    /**< Rows that it may handle. */
    uint64_t handled;     /**< Rows that it has handled. */
    uint64_t piece_count; /**< Pages of large values that it has removed. */
    uint64_t room_kept;   /**< Pages that it leaves to others. */
    bool is_over;         /**< A bound was met: nothing more may be removed. */
} kvi_sweep_portion;

/** A new portion; what it leaves to others follows from the room that there is now. */
kvi_sweep_portion kvi_sweep_portion_begin(kvi_rows *rows, uint64_t rows_max, kvi_reclaimed *done);
/** Whether it may look at one more row. False: it is over, and done->has_more is set. */
bool kvi_sweep_portion_may_continue(kvi_sweep_portion *p);
/**
 * Count a row that is about to be removed or moved, and near the cap charge it.
 *
 * @param record  The row's record; NULL: it cannot be read.
 * Returns true: the transaction is dirty, and the row must be handled now. False: there is no room,
 * the portion is over and done->has_more is set.
 */
bool kvi_sweep_portion_charge(kvi_sweep_portion *p, const kvi_record *record);
/**
 * Remove a record that was charged, from all tables. Near the cap a large value loses a part of its
 * pieces at a time: then the portion is over, and the next one continues.
 *
 * @param key_size  Bytes of the user's key.
 * Returns as kvi_row_remove(): anything but KV_OK spoils the transaction.
 */
kv_status kvi_sweep_portion_remove(kvi_sweep_portion *p, kv_slice values_key, size_t key_size,
                                   const kvi_record *record);

#endif
