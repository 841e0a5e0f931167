/**
 * One record across all its tables: `values`, `pieces`, `expiry` and both usage sums change
 * together here and nowhere else.
 *
 * The expiry row of a record stands at its own (deadline, sequence), or at the position that it
 * inherited: overwriting with a deadline not earlier than the row's leaves the row alone. A sweep
 * that meets the row of a record that is still live moves it to the record's own position without
 * touching the record; so who removes the row looks at both places.
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
    kvi_usage usage;
    kvi_cursor *values;
    kv_buf scratch;
    bool is_changed; /**< The usage. */
    bool has_more;   /**< Its row has what this version does not know. */
    bool is_dropped; /**< Its sums may be damaged: what they lack is not missed. */
} kvi_rows;

/** Where the stored bytes of a record go. */
typedef enum kvi_placement {
    KVI_WHOLE,    /**< Into the row. More than a page takes contiguous pages. */
    KVI_IN_PIECES /**< Into `pieces`: single pages. */
} kvi_placement;

/** Load the namespace's usage. On failure nothing is left to end. */
kv_status kvi_rows_begin(kvi_rows *rows, kvi_write_txn *write, kv_ns ns);
/** The same for a dropped namespace, whose rows must go even if its usage is damaged. */
kv_status kvi_rows_begin_dropped(kvi_rows *rows, kvi_write_txn *write, kv_ns ns);
/** Store the usage and release the cursor. */
kv_status kvi_rows_end(kvi_rows *rows);
/** Release without storing: the transaction will be aborted. */
void kvi_rows_drop(kvi_rows *rows);

/** Where stored bytes of that size go while there is room for both. */
static inline kvi_placement kvi_row_placement(size_t stored_size)
{
    return stored_size > KVI_PIECES_THRESHOLD ? KVI_IN_PIECES : KVI_WHOLE;
}
/**
 * Put a record. `record` is complete but for INHERITED, PIECES and its payload, which is `stored`;
 * old: the record there is, live or not, or NULL.
 */
kv_status kvi_row_put(kvi_rows *rows, kv_slice values_key, size_t key_size, kvi_record *record,
                      kv_slice stored, kvi_placement placement, const kvi_record *old);
/**
 * Give a record another deadline, sequence and time; value and metadata stay. `changed` has these
 * and the flag EXPIRES. A value in the row may move to pieces; one in pieces stays.
 *
 * @param is_stable  The old record's slices stay valid while the row is written: they were read
 *                   before anything was written in this transaction.
 */
kv_status kvi_row_touch(kvi_rows *rows, kv_slice values_key, const kvi_record *changed,
                        kvi_placement placement, const kvi_record *old, bool is_stable);
/** Any failure spoils the transaction: KV_CORRUPT if the sums lack what goes, or the index does not
 *  find what it shows. */
kv_status kvi_row_remove(kvi_rows *rows, kv_slice values_key, size_t key_size,
                         const kvi_record *old);

/**
 * What putting a record may take, besides the leaf of `values` that it is in. `record` is complete
 * but for INHERITED and PIECES, with the stored bytes as its payload. old: NULL: none.
 */
kvi_charge kvi_row_put_charge(const kvi_rows *rows, kv_slice values_key, const kvi_record *record,
                              kvi_placement placement, const kvi_record *old);
/** What removing a record may take, besides the leaves of `values`. logged: its key if the removal
 * goes into the log; else empty. */
kvi_charge kvi_row_remove_charge(const kvi_record *old, kv_slice logged);
/** Leaves of `values` that removing a row may change: its own and, if that is left nearly empty,
 * the one beside it. */
#define KVI_ROW_REMOVE_LEAVES 2
/** Move the expiry row at `from` to the record's own position. */
kv_status kvi_row_move_expiry(kvi_rows *rows, kv_slice values_key, kvi_expiry_position from,
                              const kvi_record *record);

#endif
