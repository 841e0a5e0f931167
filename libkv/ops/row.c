#include "ops/row.h"

#include "base/buf.h"
#include "base/slice.h"
#include "tables/catalog.h"

#define PAGE_LEAST 4096    /* LMDB takes the machine's. */
#define PIECES_PER_LEAF 64 /* At least: a piece's own page is only freed. */
#define NODE_OVERHEAD 16   /* Of a row in a leaf: LMDB's header of a node, its place in the page. */
#define ENTRY_OVERHEAD 32  /* Of an entry in the log, with its share of the block's header. */
#define EXPIRY_KEY_SIZE 20

static kv_status rows_begin(kvi_rows *rows, kvi_write_txn *write, kv_ns ns, bool is_dropped)
{
    kv_status status;

    *rows = (kvi_rows){.write = write, .ns = ns, .is_dropped = is_dropped};
    status = kvi_usage_get(write->txn, ns, &rows->usage, &rows->has_more);
    if (status == KV_CORRUPT && is_dropped)
        rows->usage.keys = UINT64_MAX; /* Not known: what is left of it at the end says so. */
    if (status == KV_OK || (status == KV_CORRUPT && is_dropped))
        status = kvi_cursor_open(write->txn, KVI_VALUES, &rows->values);
    return status;
}

kv_status kvi_rows_begin(kvi_rows *rows, kvi_write_txn *write, kv_ns ns)
{
    return rows_begin(rows, write, ns, false);
}

kv_status kvi_rows_begin_dropped(kvi_rows *rows, kvi_write_txn *write, kv_ns ns)
{
    return rows_begin(rows, write, ns, true);
}

kv_status kvi_rows_end(kvi_rows *rows)
{
    kvi_rows_drop(rows);
    if (!rows->is_changed)
        return KV_OK;
    return kvi_usage_put(rows->write->txn, rows->ns, &rows->usage, rows->has_more);
}

void kvi_rows_drop(kvi_rows *rows)
{
    kvi_cursor_close(rows->values);
    rows->values = NULL;
    kvi_buf_free(&rows->scratch);
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

/* Where the expiry row of a record with a deadline is. KV_NOT_FOUND: at neither place; the
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
    bool has_more;

    if (old == NULL || !(old->flags & KVI_RECORD_PIECES))
        return KV_OK;
    return kvi_pieces_remove(rows->write->txn, old, UINT64_MAX, &has_more);
}

/* Put the stored bytes where they go: into pieces, or into the record as its payload. */
static kv_status row_place(kvi_rows *rows, kvi_record *record, kv_slice stored,
                           kvi_placement placement)
{
    uint32_t page_size = kvi_env_page_size(rows->write->db->env);

    record->stored_size = stored.size;
    record->payload = stored;
    if (placement == KVI_WHOLE)
        return KV_OK;
    record->flags |= KVI_RECORD_PIECES;
    record->piece_sequence = record->sequence;
    record->piece_count = kvi_pieces_count(stored.size, page_size);
    record->payload = kvi_slice(NULL, 0);
    return kvi_pieces_append(rows->write->txn, record->sequence, stored, page_size);
}

kv_status kvi_row_put(kvi_rows *rows, kv_slice values_key, size_t key_size, kvi_record *record,
                      kv_slice stored, kvi_placement placement, const kvi_record *old)
{
    kvi_usage less, more;
    kv_status status = row_expiry_change(rows, values_key, old, record);

    if (status == KV_OK)
        status = row_pieces_remove(rows, old);
    if (status == KV_OK)
        status = row_place(rows, record, stored, placement);
    if (status == KV_OK)
        status = kvi_values_put(rows->values, values_key, record);
    if (status != KV_OK)
        return status;
    more = row_usage(key_size, record);
    if (old != NULL)
        less = row_usage(key_size, old);
    return row_usage_change(rows, old != NULL ? &less : NULL, &more);
}

kv_status kvi_row_keep(kvi_rows *rows, kvi_record *record)
{
    size_t metadata_size = record->metadata.size;
    kv_status status;

    rows->scratch.size = 0;
    status = kvi_buf_append(&rows->scratch, record->metadata.data, metadata_size);
    if (status == KV_OK)
        status = kvi_buf_append(&rows->scratch, record->payload.data, record->payload.size);
    if (status != KV_OK)
        return status;
    record->metadata.data = rows->scratch.data;
    if (record->payload.size > 0)
        record->payload.data = (const uint8_t *)rows->scratch.data + metadata_size;
    return KV_OK;
}

kv_status kvi_row_touch(kvi_rows *rows, kv_slice values_key, const kvi_record *changed,
                        kvi_placement placement, const kvi_record *old, bool is_stable)
{
    kvi_record record = *old;
    kv_status status = is_stable ? KV_OK : kvi_row_keep(rows, &record);

    record.sequence = changed->sequence;
    record.updated = changed->updated;
    record.deadline = changed->deadline;
    record.flags =
        (uint8_t)((old->flags & ~KVI_RECORD_EXPIRES) | (changed->flags & KVI_RECORD_EXPIRES));
    if (status == KV_OK)
        status = row_expiry_change(rows, values_key, old, &record);
    if (status == KV_OK && !(old->flags & KVI_RECORD_PIECES))
        status = row_place(rows, &record, record.payload, placement);
    if (status == KV_OK)
        status = kvi_values_put(rows->values, values_key, &record);
    rows->write->is_dirty = true;
    return status;
}

/* What was found a moment ago must be there: else a page above it is damaged. */
static kv_status row_must(kv_status status)
{
    return status == KV_NOT_FOUND ? KV_CORRUPT : status;
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
        status = row_must(kvi_values_delete(rows->write->txn, values_key));
    return status == KV_OK ? row_usage_change(rows, &less, NULL) : status;
}

kv_status kvi_row_retire(kvi_rows *rows, kv_slice values_key, const kvi_record *old,
                         uint64_t sequence)
{
    const kvi_record gone = {.sequence = sequence,
                             .updated = rows->write->now,
                             .deadline = INT64_MIN,
                             .flags = KVI_RECORD_EXPIRES};

    return kvi_row_touch(rows, values_key, &gone, KVI_IN_PIECES, old, false);
}

kv_status kvi_row_remove_part(kvi_rows *rows, kv_slice values_key, size_t key_size,
                              const kvi_record *old, uint64_t pieces_max, bool *has_more_out)
{
    bool is_retired = (old->flags & KVI_RECORD_EXPIRES) && old->deadline == INT64_MIN;
    kv_status status = kvi_pieces_remove(rows->write->txn, old, pieces_max, has_more_out);

    if (status != KV_OK)
        return status;
    if (!*has_more_out)
        return kvi_row_remove(rows, values_key, key_size, old);
    rows->write->is_dirty = true;
    return is_retired ? KV_OK : kvi_row_retire(rows, values_key, old, old->sequence);
}

static void charge_pieces_removed(kvi_charge *charge, const kvi_record *old)
{
    charge->leaves[KVI_ROOM_PIECES] += old->piece_count / PIECES_PER_LEAF + 2;
    charge->freed += old->piece_count;
}

/* Leaves of the tables beside `values` that lose the old record's rows, and pages of its own. */
static void charge_removed(kvi_charge *charge, const kvi_record *old)
{
    if (old->payload.size > PAGE_LEAST / 4)
        charge->freed += old->payload.size / PAGE_LEAST + 2;
    if (old->flags & KVI_RECORD_EXPIRES)
        charge->leaves[KVI_ROOM_EXPIRY] += 2; /* The leaf beside it if this one is nearly empty. */
    if (old->flags & KVI_RECORD_PIECES)
        charge_pieces_removed(charge, old);
}

kvi_charge kvi_row_remove_charge(const kvi_record *old, kv_slice logged)
{
    kvi_charge charge = {.splits = 1, .size = logged.size > 0 ? ENTRY_OVERHEAD + logged.size : 0};

    charge_removed(&charge, old);
    return charge;
}

/* The row itself: in a leaf that it shares, or in pages of its own. */
static void charge_row(kvi_charge *charge, uint64_t page_size, size_t key_size, size_t row_size)
{
    uint64_t pages = (row_size + KVI_PAGE_OVERHEAD - 1) / page_size + 1;

    charge->splits++;
    charge->size += NODE_OVERHEAD + key_size;
    if (NODE_OVERHEAD + key_size + row_size <= (page_size - KVI_PAGE_OVERHEAD) / 2)
        charge->size += row_size;
    else if (pages == 1)
        charge->fresh++;
    else
        charge->run += pages;
}

kvi_charge kvi_row_put_charge(const kvi_rows *rows, kv_slice values_key, const kvi_record *record,
                              kvi_placement placement, const kvi_record *old)
{
    uint64_t page_size = kvi_env_page_size(rows->write->db->env);
    bool is_refreshed = old != NULL && (old->flags & record->flags & KVI_RECORD_EXPIRES) &&
                        record->deadline >= old->deadline;
    bool is_moved = placement == KVI_IN_PIECES && record->payload.size > 0;
    kvi_charge charge = {.splits = 1, .size = ENTRY_OVERHEAD + values_key.size};
    kvi_record row = *record;

    if (record->flags & KVI_RECORD_EXPIRES) {
        row.flags |= KVI_RECORD_INHERITED;
        row.index_deadline = record->deadline;
        row.index_sequence = record->sequence;
    }
    if (is_moved) {
        uint64_t pieces = kvi_pieces_count(record->payload.size, (uint32_t)page_size);
        charge.leaves[KVI_ROOM_PIECES] = 1;
        charge.fresh = pieces + pieces / 32 + 2;
        row.flags |= KVI_RECORD_PIECES;
        row.stored_size = record->payload.size;
        row.piece_count = pieces;
        row.piece_sequence = record->sequence;
        row.payload = kvi_slice(NULL, 0);
    }
    charge_row(&charge, page_size, values_key.size, kvi_record_size(&row));
    if (old != NULL && !is_refreshed)
        charge_removed(&charge, old);
    else if (old != NULL && (old->flags & KVI_RECORD_PIECES))
        charge_pieces_removed(&charge, old);
    if ((record->flags & KVI_RECORD_EXPIRES) && !is_refreshed) {
        charge.leaves[KVI_ROOM_EXPIRY]++;
        charge.splits++;
        charge.size += NODE_OVERHEAD + EXPIRY_KEY_SIZE + values_key.size;
    }
    return charge;
}

kv_status kvi_row_move_expiry(kvi_rows *rows, kv_slice values_key, kvi_expiry_position from,
                              const kvi_record *record)
{
    kv_status status = row_must(kvi_expiry_remove(rows->write->txn, rows->ns, from));

    rows->write->is_dirty = true;
    if (status != KV_OK)
        return status;
    return kvi_expiry_put(rows->write->txn, rows->ns,
                          (kvi_expiry_position){record->deadline, record->sequence}, values_key);
}
