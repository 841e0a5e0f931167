#include "ops/row.h"

#include "base/slice.h"
#include "tables/names.h"
#include "tables/pieces.h"

#include <stdlib.h>

#define PATH_COPIES 12     /* Pages of paths in the tables that a record is in. */
#define PIECES_PER_LEAF 64 /* At least: a piece's own page is only freed. */

static kv_status rows_begin(kvi_rows *rows, kvi_write *write, kv_ns ns, bool is_dropped)
{
    kv_status status;

    *rows = (kvi_rows){.write = write, .ns = ns, .is_dropped = is_dropped};
    status = kvi_usage_get(write->txn, ns, &rows->usage);
    if (status == KV_CORRUPT && is_dropped)
        rows->usage.keys = UINT64_MAX; /* Not known: what is left of it at the end says so. */
    if (status == KV_OK || (status == KV_CORRUPT && is_dropped))
        status = kvi_cursor_open(write->txn, KVI_VALUES, &rows->values);
    return status;
}

kv_status kvi_rows_begin(kvi_rows *rows, kvi_write *write, kv_ns ns)
{
    return rows_begin(rows, write, ns, false);
}

kv_status kvi_rows_begin_dropped(kvi_rows *rows, kvi_write *write, kv_ns ns)
{
    return rows_begin(rows, write, ns, true);
}

kv_status kvi_rows_end(kvi_rows *rows)
{
    kvi_rows_drop(rows);
    return rows->is_changed ? kvi_usage_put(rows->write->txn, rows->ns, &rows->usage) : KV_OK;
}

void kvi_rows_drop(kvi_rows *rows)
{
    kvi_cursor_close(rows->values);
    rows->values = NULL;
}

static kvi_usage row_usage(size_t key_size, const kvi_record *record)
{
    return (kvi_usage){.keys = 1,
                       .key_bytes = key_size,
                       .value_bytes = record->raw_size,
                       .metadata_bytes = record->metadata.size,
                       .stored_bytes = record->stored_size};
}

static kv_status row_usage_change(kvi_rows *rows, const kvi_usage *less, const kvi_usage *more)
{
    kvi_usage *total = &rows->write->store.total;
    kv_status status = KV_OK;

    if (less != NULL && rows->is_dropped) {
        /* The total has counted the record, whatever became of the namespace's own sums. */
        kvi_usage_subtract_most(&rows->usage, less);
        kvi_usage_subtract_most(total, less);
    } else if (less != NULL) {
        status = kvi_usage_subtract(&rows->usage, less);
        if (status == KV_OK)
            status = kvi_usage_subtract(total, less);
    }
    if (status == KV_OK && more != NULL) {
        kvi_usage_add(&rows->usage, more);
        kvi_usage_add(total, more);
    }
    rows->write->is_dirty = true;
    rows->is_changed = true;
    return status;
}

/* Where the expiry row of a record with a deadline stands. KV_NOT_FOUND: at neither place; the
   index is damaged, and writing the record anew mends it. */
static kv_status row_expiry_find(kvi_rows *rows, kv_slice values_key, const kvi_record *record,
                                 kvi_expiry_position *at_out)
{
    kvi_txn *txn = rows->write->txn;
    kv_status status = KV_NOT_FOUND;

    if (record->flags & KVI_RECORD_INHERITED) {
        *at_out = (kvi_expiry_position){record->index_deadline, record->index_sequence};
        status = kvi_expiry_check(txn, rows->ns, *at_out, values_key);
    }
    if (status == KV_NOT_FOUND) {
        *at_out = (kvi_expiry_position){record->deadline, record->sequence};
        status = kvi_expiry_check(txn, rows->ns, *at_out, values_key);
    }
    return status;
}

/* Bring the expiry row from the old record to the new one; sets what the new one inherits. */
static kv_status row_expiry_change(kvi_rows *rows, kv_slice values_key, const kvi_record *old,
                                   kvi_record *fresh)
{
    kvi_txn *txn = rows->write->txn;
    kvi_expiry_position at;
    kv_status status = KV_OK;

    fresh->flags &= (uint8_t)~KVI_RECORD_INHERITED;
    if (old != NULL && (old->flags & KVI_RECORD_EXPIRES)) {
        status = row_expiry_find(rows, values_key, old, &at);
        if (status == KV_OK && (fresh->flags & KVI_RECORD_EXPIRES) &&
            fresh->deadline >= at.deadline) {
            fresh->flags |= KVI_RECORD_INHERITED;
            fresh->index_deadline = at.deadline;
            fresh->index_sequence = at.sequence;
            return KV_OK;
        }
        if (status == KV_OK)
            status = kvi_expiry_remove(txn, rows->ns, at);
        if (status == KV_NOT_FOUND)
            status = KV_OK;
    }
    if (status == KV_OK && (fresh->flags & KVI_RECORD_EXPIRES))
        status = kvi_expiry_put(
            txn, rows->ns, (kvi_expiry_position){fresh->deadline, fresh->sequence}, values_key);
    return status;
}

static kv_status row_pieces_remove(kvi_rows *rows, const kvi_record *old)
{
    if (old == NULL || !(old->flags & KVI_RECORD_PIECES))
        return KV_OK;
    return kvi_pieces_remove(rows->write->txn, old);
}

kv_status kvi_row_put(kvi_rows *rows, kv_slice values_key, size_t key_size, kvi_record *record,
                      kv_slice stored, const kvi_record *old)
{
    kvi_txn *txn = rows->write->txn;
    uint32_t page_size = kvi_env_page_size(rows->write->db->env);
    kvi_usage less, more;
    kv_status status = row_expiry_change(rows, values_key, old, record);

    if (status == KV_OK)
        status = row_pieces_remove(rows, old);
    if (status != KV_OK)
        return status;
    record->stored_size = stored.size;
    record->payload = stored;
    if (stored.size > KVI_PIECES_THRESHOLD) {
        record->flags |= KVI_RECORD_PIECES;
        record->piece_sequence = record->sequence;
        record->piece_count = kvi_pieces_count(stored.size, page_size);
        record->payload = kvi_slice(NULL, 0);
        status = kvi_pieces_append(txn, record->sequence, stored, page_size);
    }
    if (status == KV_OK)
        status = kvi_values_put(rows->values, values_key, record);
    more = row_usage(key_size, record);
    if (old != NULL)
        less = row_usage(key_size, old);
    return status == KV_OK ? row_usage_change(rows, old != NULL ? &less : NULL, &more) : status;
}

kv_status kvi_row_touch(kvi_rows *rows, kv_slice values_key, const kvi_record *changed,
                        const kvi_record *old)
{
    kvi_record record = *old;
    size_t kept = old->metadata.size + old->payload.size;
    uint8_t *copy = malloc(kept > 0 ? kept : 1); /* The row is rewritten where it lies. */
    kv_status status;

    if (copy == NULL)
        return KV_NO_MEMORY;
    if (kept > 0)
        memcpy(copy, old->metadata.data, kept); /* The payload follows the metadata. */
    record.metadata.data = copy;
    record.payload.data = copy + old->metadata.size;
    record.sequence = changed->sequence;
    record.updated = changed->updated;
    record.deadline = changed->deadline;
    record.flags =
        (uint8_t)((old->flags & ~KVI_RECORD_EXPIRES) | (changed->flags & KVI_RECORD_EXPIRES));
    status = row_expiry_change(rows, values_key, old, &record);
    if (status == KV_OK)
        status = kvi_values_put(rows->values, values_key, &record);
    free(copy);
    rows->write->is_dirty = true;
    return status;
}

kv_status kvi_row_remove(kvi_rows *rows, kv_slice values_key, size_t key_size,
                         const kvi_record *old)
{
    kvi_usage less = row_usage(key_size, old);
    kvi_expiry_position at;
    kv_status status = KV_OK;

    if (old->flags & KVI_RECORD_EXPIRES) {
        status = row_expiry_find(rows, values_key, old, &at);
        if (status == KV_OK)
            status = kvi_expiry_remove(rows->write->txn, rows->ns, at);
        if (status == KV_NOT_FOUND)
            status = KV_OK;
    }
    if (status == KV_OK)
        status = row_pieces_remove(rows, old);
    if (status == KV_OK)
        status = kvi_values_delete(rows->write->txn, values_key);
    return status == KV_OK ? row_usage_change(rows, &less, NULL) : status;
}

kvi_charge kvi_row_remove_charge(const kvi_record *old)
{
    uint64_t pieces = old->flags & KVI_RECORD_PIECES ? old->piece_count : 0;

    return (kvi_charge){
        .copies = PATH_COPIES + pieces / PIECES_PER_LEAF, .splits = 1, .is_delete = true};
}

kv_status kvi_row_move_expiry(kvi_rows *rows, kv_slice values_key, kvi_expiry_position from,
                              const kvi_record *record)
{
    kv_status status = kvi_expiry_remove(rows->write->txn, rows->ns, from);

    rows->write->is_dirty = true;
    if (status != KV_OK)
        return status;
    return kvi_expiry_put(rows->write->txn, rows->ns,
                          (kvi_expiry_position){record->deadline, record->sequence}, values_key);
}
