/**
 * One record across all its tables: `values`, `pieces`, `expiry` and both usage sums change
 * together here and nowhere else.
 *
 * The expiry row of a record is at the record's own (deadline, sequence), or at the position
 * that it inherited: an overwrite whose deadline is not earlier than the row's leaves the row
 * alone. When a sweep meets the row of a record that is still live, it moves the row to the
 * record's own position and does not touch the record. So code that removes the row looks at both
 * positions.
 *
 * Any failure of these functions spoils the transaction: abort it. They return KV_OK, KV_CORRUPT or
 * another failure of LMDB (storage/txn.h).
 */
#ifndef KVI_ROW_H
#define KVI_ROW_H

#include "kv.h"
#include "ops/write_txn.h"
#include "tables/expiry.h"
#include "tables/pieces.h"
#include "tables/values.h"

/** A namespace's tables in one write transaction: the cursor is shared by its rows. */
typedef struct kvi_rows {
    kvi_write_txn *write;
    kv_ns ns;
    kvi_usage usage;    /**< Its sums, as they are now. */
    kvi_cursor *values; /**< On `values`; at any place. */
    kv_buf scratch;     /**< For values that are moved. */
    bool is_changed;    /**< The sums must be stored. */
    bool has_more;      /**< The row of the sums has what this version does not know. */
    bool is_dropped;    /**< The sums may be damaged: one that is too small becomes 0. */
} kvi_rows;

/** Where the stored bytes of a record go. */
typedef enum kvi_placement {
    KVI_WHOLE,    /**< Into the row. More than a page takes contiguous pages. */
    KVI_IN_PIECES /**< Into `pieces`: single pages. */
} kvi_placement;

/** Load the namespace's sums. End with kvi_rows_end() or kvi_rows_drop(). On failure nothing is
 * left to end. */
kv_status kvi_rows_begin(kvi_rows *rows, kvi_write_txn *write, kv_ns ns);
/** The same for a dropped namespace, whose rows must go even if its sums are damaged. */
kv_status kvi_rows_begin_dropped(kvi_rows *rows, kvi_write_txn *write, kv_ns ns);
/** Store the sums and release the cursor. */
kv_status kvi_rows_end(kvi_rows *rows);
/** Release without storing: the transaction will be aborted. */
void kvi_rows_drop(kvi_rows *rows);

/** Where a stored value of that size goes, if there is room for either. */
static inline kvi_placement kvi_row_placement(size_t stored_size)
{
    return stored_size > KVI_PIECES_THRESHOLD ? KVI_IN_PIECES : KVI_WHOLE;
}
/**
 * Put a record.
 *
 * @param key_size  Bytes of the user's key.
 * @param record    Complete but for INHERITED, PIECES and the payload, which are set here.
 * @param stored    The value as it is stored.
 * @param old       The record that is there, live or not; NULL: none.
 */
kv_status kvi_row_put(kvi_rows *rows, kv_slice values_key, size_t key_size, kvi_record *record,
                      kv_slice stored, kvi_placement placement, const kvi_record *old);
/**
 * Give a record another deadline, sequence and time; value and metadata stay. A value in the row
 * may move to pieces; one in pieces stays there.
 *
 * @param changed    Has the new deadline, sequence, time and flag EXPIRES.
 * @param is_stable  The old record's slices stay valid while the row is written: they were read
 *                   before anything was written in this transaction.
 */
kv_status kvi_row_touch(kvi_rows *rows, kv_slice values_key, const kvi_record *changed,
                        kvi_placement placement, const kvi_record *old, bool is_stable);
/** Copy what a record holds in its row, metadata and payload, into rows->scratch: writes may move
 *  the row. The record's slices point there until the next copy. */
kv_status kvi_row_keep(kvi_rows *rows, kvi_record *record);
/** Remove a record. key_size: bytes of the user's key. KV_CORRUPT also if the sums are smaller than
 *  the record's part. */
kv_status kvi_row_remove(kvi_rows *rows, kv_slice values_key, size_t key_size,
                         const kvi_record *old);

/**
 * Remove at most so many pieces of a record that has expired, or whose namespace was dropped, and
 * the record with the last one. While some are left, it has a deadline before all times, so that no
 * clock makes half a value live.
 *
 * Returns as kvi_row_remove().
 */
kv_status kvi_row_remove_part(kvi_rows *rows, kv_slice values_key, size_t key_size,
                              const kvi_record *old, uint64_t pieces_max, bool *has_more_out);
/** Give a record a deadline before all times: it is gone, and a sweep removes it. */
kv_status kvi_row_retire(kvi_rows *rows, kv_slice values_key, const kvi_record *old,
                         uint64_t sequence);

/**
 * What putting a record may take, beside the leaf of `values` that it is in.
 *
 * @param record  Complete but for INHERITED and PIECES, with the stored value as its payload.
 * @param old     The record that is there; NULL: none.
 */
kvi_charge kvi_row_put_charge(const kvi_rows *rows, kv_slice values_key, const kvi_record *record,
                              kvi_placement placement, const kvi_record *old);
/** What removing a record may take, beside the leaves of `values`. logged: its key if the removal
 * goes into the log; else empty. */
kvi_charge kvi_row_remove_charge(const kvi_record *old, kv_slice logged);
/** Leaves of `values` that removing a row may change: its own and, if that is left nearly empty,
 * the one beside it. */
#define KVI_ROW_REMOVE_LEAVES 2
/** Move the expiry row at `from` to the record's own position. */
kv_status kvi_row_move_expiry(kvi_rows *rows, kv_slice values_key, kvi_expiry_position from,
                              const kvi_record *record);

#endif
