#include "ops/reclaim.h"

#include "base/slice.h"
#include "tables/names.h"
#include "tables/namespaces.h"

#define PIECES_MAX 2048 /* Of large values, in one portion: some 8 MB, a page each. */

/* What one portion may do, and how far it is. */
typedef struct portion {
    kvi_rows *rows;
    kvi_reclaimed *done;
    uint64_t rows_max;
    uint64_t handled;   /* Rows. */
    uint64_t pieces;    /* Removed. */
    uint64_t room_kept; /* Pages for others. */
    bool is_over;
} portion;

/* What a portion leaves: half of what is above the reserve, to the batch that it goes along with;
   if there is nothing above it, half of the rest to the next portion. */
static uint64_t room_kept(const kvi_room *room)
{
    if (room->pages > room->reserve)
        return room->reserve + (room->pages - room->reserve) / 2;
    return kvi_room_half(room);
}

static portion portion_begin(kvi_rows *rows, uint64_t rows_max, kvi_reclaimed *done)
{
    return (portion){.rows = rows,
                     .done = done,
                     .rows_max = rows_max,
                     .room_kept = room_kept(&rows->write->room)};
}

/* Whether it may look at one more row; else it is over. */
static bool portion_goes_on(portion *p)
{
    if (p->handled < p->rows_max && p->pieces <= PIECES_MAX)
        return true;
    p->is_over = p->done->more = true;
    return false;
}

/* Whether a row may go: near the cap it is charged, by its record or as one that cannot be read.
   Else the portion is over. */
static bool portion_charge(portion *p, const kvi_record *record)
{
    static const kvi_record unknown = {0};
    kvi_write_txn *write = p->rows->write;
    kvi_charge charge =
        kvi_row_remove_charge(record != NULL ? record : &unknown, kvi_slice(NULL, 0));

    charge.leaves[KVI_ROOM_VALUES] = KVI_ROW_REMOVE_LEAVES;
    /* Not even a first row beside what others give back; but alone one of any size. */
    if ((write->room.freed > 0 && !kvi_room_lists(&write->room, &charge)) ||
        kvi_room_charge(&write->room, &charge, p->handled > 0 ? p->room_kept : 0) != KV_OK) {
        p->is_over = p->done->more = true;
        return false;
    }
    if (record != NULL && (record->flags & KVI_RECORD_PIECES))
        p->pieces += record->piece_count;
    p->handled++;
    p->done->handled++;
    write->is_dirty = true;
    return true;
}

/* The size of the user's key. KV_CORRUPT: no encoder makes such a key. */
static kv_status user_key_size(kv_slice values_key, size_t *size_out)
{
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kv_slice key;
    kv_ns ns;
    kv_status status = kvi_values_key_split(values_key, scratch, &ns, &key);

    if (status == KV_OK)
        *size_out = key.size;
    return status;
}

static kv_status reclaim_remove(portion *p, kv_slice values_key, size_t key_size,
                                const kvi_record *record)
{
    uint64_t bytes = key_size + record->raw_size + record->metadata.size;
    kv_status status = kvi_row_remove(p->rows, values_key, key_size, record);

    if (status != KV_OK)
        return status;
    p->done->rows++;
    p->done->bytes += bytes;
    return KV_OK;
}

/* ---- Rows that are due */

/* Remove a row of the index alone. What was shown a moment ago must be there: else a page above it
   is damaged, and looking for the next row would find this one for ever. */
static kv_status reclaim_index_row(portion *p, kvi_expiry_position at)
{
    kv_status status = kvi_expiry_remove(p->rows->write->txn, p->rows->ns, at);

    return status == KV_NOT_FOUND ? KV_CORRUPT : status;
}

/* Handle one due row: its record goes, or the row moves because the record was refreshed, or the
   row goes alone: it names no record with a deadline, or a damaged one, whose reader is told. */
static kv_status reclaim_due_row(portion *p, kvi_expiry_position at, kv_slice values_key,
                                 int64_t now)
{
    kvi_rows *rows = p->rows;
    kvi_record record;
    size_t key_size = 0;
    kv_status status = KV_NOT_FOUND;
    bool is_read;

    if (kvi_values_is_of(values_key, rows->ns))
        status = kvi_values_get(rows->write->txn, values_key, &record);
    if (status == KV_OK)
        status = user_key_size(values_key, &key_size);
    is_read = status == KV_OK;
    if (!is_read && status != KV_NOT_FOUND && status != KV_CORRUPT)
        return status;
    if (!portion_charge(p, is_read ? &record : NULL))
        return KV_OK;
    if (!is_read || !(record.flags & KVI_RECORD_EXPIRES))
        return reclaim_index_row(p, at);
    if (kvi_record_is_live(&record, now))
        return kvi_row_move_expiry(rows, values_key, at, &record);
    return reclaim_remove(p, values_key, key_size, &record);
}

/* The portion's loop; KV_NOT_FOUND: nothing more is due. */
static kv_status reclaim_due_rows(portion *p, kvi_cursor *cursor, int64_t now)
{
    kvi_expiry_position at = KVI_EXPIRY_START;
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    kv_slice key;
    kv_status status = KV_OK;

    while (status == KV_OK && !p->is_over) {
        status = kvi_expiry_next_due(cursor, p->rows->ns, now, &at, key_bytes, &key);
        if (status == KV_OK && portion_goes_on(p))
            status = reclaim_due_row(p, at, key, now);
    }
    return status;
}

kv_status kvi_reclaim_due(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done)
{
    portion p = portion_begin(rows, rows_max, done);
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(rows->write->txn, KVI_EXPIRY, &cursor);

    if (status != KV_OK)
        return status;
    status = reclaim_due_rows(&p, cursor, now);
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_reclaim_namespace_due(kvi_write_txn *write, kv_ns ns, int64_t now, uint64_t rows_max,
                                    kvi_reclaimed *done)
{
    kvi_namespace row;
    kvi_rows rows;
    kv_status status = kvi_namespaces_get_live(write->txn, ns, &row);

    status = status == KV_NAMESPACE_NOT_FOUND ? kvi_rows_begin_dropped(&rows, write, ns)
                                              : kvi_rows_begin(&rows, write, ns);
    if (status != KV_OK)
        return status;
    status = kvi_reclaim_due(&rows, now, rows_max, done);
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}

/* ---- Rows of dropped namespaces */

/* Remove one, at the cursor. Of a row that cannot be read the sums are not known: what it left in
   them goes with the namespace's own. */
static kv_status reclaim_dropped_row(portion *p, kv_slice key, kv_slice row)
{
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    kvi_record record;
    size_t key_size = 0;
    kv_status status = KV_CORRUPT;

    if (key.size <= sizeof(key_bytes)) {
        memcpy(key_bytes, key.data, key.size); /* Where it lies the row is about to go. */
        key = kvi_slice(key_bytes, key.size);
        status = kvi_values_decode(key, row, &record);
    }
    if (status == KV_OK)
        status = user_key_size(key, &key_size);
    if (!portion_charge(p, status == KV_OK ? &record : NULL))
        return KV_OK;
    if (status == KV_OK)
        return reclaim_remove(p, key, key_size, &record);
    p->done->rows++;
    return kvi_cursor_delete(p->rows->values);
}

/* KV_NOT_FOUND: none is left. */
static kv_status reclaim_dropped_rows(portion *p)
{
    kv_status status = KV_OK;

    while (status == KV_OK && !p->is_over) {
        uint8_t prefix[4];
        kv_slice key = kvi_values_prefix(p->rows->ns, prefix), row;
        status = kvi_cursor_move(p->rows->values, KVI_AT_LEAST, &key, &row);
        if (status == KV_OK && (key.size < 4 || memcmp(key.data, prefix, 4) != 0))
            status = KV_NOT_FOUND;
        if (status == KV_OK && portion_goes_on(p))
            status = reclaim_dropped_row(p, key, row);
    }
    return status;
}

/* All rows are gone, and the namespace goes. What is still in its sums is damage, its own or what
   rows left there that could not be read: then the total is added up anew, if it can be. */
static kv_status reclaim_namespace(kvi_rows *rows)
{
    static const kvi_usage none = {0};
    kvi_write_txn *write = rows->write;
    kvi_usage sum;
    kv_status status;

    kvi_rows_drop(rows);
    write->is_dirty = true;
    status = kvi_usage_remove(write->txn, rows->ns);
    if (status == KV_OK)
        status = kvi_namespaces_remove(write->txn, rows->ns);
    if (status != KV_OK || memcmp(&rows->usage, &none, sizeof(none)) == 0)
        return status;
    status = kvi_usage_sum(write->txn, &sum);
    if (status == KV_OK)
        write->store.total = sum;
    return status == KV_CORRUPT ? KV_OK : status;
}

/* The oldest dropped namespace. KV_NOT_FOUND: none, or damage keeps it out of sight. */
static kv_status dropped_find(kvi_write_txn *write, kvi_namespace *out, bool *is_last_out)
{
    kvi_namespace_counts counts;
    kv_status status = kvi_namespaces_counts(write->txn, &counts);

    if (status != KV_OK)
        return status == KV_CORRUPT ? KV_NOT_FOUND : status;
    *is_last_out = counts.dropped <= 1;
    if (counts.dropped == 0)
        return KV_NOT_FOUND;
    return kvi_namespaces_next(write->txn, 0, KVI_NAMESPACE_DROPPED, out);
}

kv_status kvi_reclaim_dropped(kvi_write_txn *write, uint64_t rows_max, kvi_reclaimed *done)
{
    kvi_namespace row;
    kvi_rows rows;
    portion p;
    bool is_last = true;
    kv_status status = dropped_find(write, &row, &is_last);

    if (status == KV_OK)
        status = kvi_rows_begin_dropped(&rows, write, row.id);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_OK : status;
    p = portion_begin(&rows, rows_max, done);
    status = reclaim_dropped_rows(&p);
    if (status == KV_NOT_FOUND) {
        done->more = done->more || !is_last;
        return reclaim_namespace(&rows);
    }
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}
