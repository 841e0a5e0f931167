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
#include "ops/write.h"
#include "tables/expiry.h"
#include "tables/values.h"

/** A namespace's tables in one write transaction: the cursor is shared by its rows. */
typedef struct kvi_rows {
    kvi_write *write;
    kv_ns ns;
    kvi_usage usage;
    kvi_cursor *values;
    bool is_changed; /**< The usage. */
    bool is_dropped; /**< Its sums may be damaged: what they lack is not missed. */
} kvi_rows;

/** Load the namespace's usage. On failure nothing is left to end. */
kv_status kvi_rows_begin(kvi_rows *rows, kvi_write *write, kv_ns ns);
/** The same for a dropped namespace, whose rows must go even if its usage is damaged. */
kv_status kvi_rows_begin_dropped(kvi_rows *rows, kvi_write *write, kv_ns ns);
/** Store the usage and release the cursor. */
kv_status kvi_rows_end(kvi_rows *rows);
/** Release without storing: the transaction will be aborted. */
void kvi_rows_drop(kvi_rows *rows);

/**
 * Put a record. `record` is complete but for INHERITED, PIECES and its payload, which is `stored`;
 * old: the record there is, live or not, or NULL.
 */
kv_status kvi_row_put(kvi_rows *rows, kv_slice values_key, size_t key_size, kvi_record *record,
                      kv_slice stored, const kvi_record *old);
/** Give a record another deadline, sequence and time; value and metadata stay. */
kv_status kvi_row_touch(kvi_rows *rows, kv_slice values_key, const kvi_record *changed,
                        const kvi_record *old);
/** Any failure spoils the transaction: KV_CORRUPT if the sums lack what goes. */
kv_status kvi_row_remove(kvi_rows *rows, kv_slice values_key, size_t key_size,
                         const kvi_record *old);
/** What removing a record takes at worst. */
kvi_charge kvi_row_remove_charge(const kvi_record *old);
/** Move the expiry row at `from` to the record's own position. */
kv_status kvi_row_move_expiry(kvi_rows *rows, kv_slice values_key, kvi_expiry_position from,
                              const kvi_record *record);

#endif
