#include "ops/reclaim.h"

#include "base/slice.h"
#include "tables/names.h"
#include "tables/namespaces.h"

#define PIECES_MAX 2048 /* Of large values, in one portion: some 8 MB, a page each. */

static kv_status reclaim_remove(kvi_rows *rows, kv_slice values_key, const kvi_record *record,
                                kvi_reclaimed *done)
{
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kv_slice key;
    kv_ns ns;
    kv_status status = kvi_values_key_split(values_key, scratch, &ns, &key);
    uint64_t bytes = key.size + record->raw_size + record->metadata.size;

    if (status == KV_OK)
        status = kvi_row_remove(rows, values_key, key.size, record);
    if (status != KV_OK)
        return status;
    done->rows++;
    done->bytes += bytes;
    return KV_OK;
}

/* Handle one due row: its record goes, or the row moves because the record was refreshed. */
static kv_status reclaim_due_row(kvi_rows *rows, kvi_expiry_position at, kv_slice values_key,
                                 int64_t now, uint64_t *pieces, kvi_reclaimed *done)
{
    kvi_record record;
    kv_status status = KV_NOT_FOUND;

    if (kvi_values_is_of(values_key, rows->ns))
        status = kvi_values_get(rows->write->txn, values_key, &record);
    if (status == KV_NOT_FOUND || (status == KV_OK && !(record.flags & KVI_RECORD_EXPIRES))) {
        rows->write->is_dirty = true; /* A row without a reason: only a damaged index has one. */
        return kvi_expiry_remove(rows->write->txn, rows->ns, at);
    }
    if (status != KV_OK)
        return status;
    if (kvi_record_is_live(&record, now))
        return kvi_row_move_expiry(rows, values_key, at, &record);
    if (record.flags & KVI_RECORD_PIECES)
        *pieces += record.piece_count;
    return reclaim_remove(rows, values_key, &record, done);
}

kv_status kvi_reclaim_due(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done)
{
    kvi_expiry_position at = KVI_EXPIRY_START;
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    uint64_t pieces = 0, handled = 0;
    kvi_cursor *cursor;
    kv_slice key;
    kv_status status = kvi_cursor_open(rows->write->txn, KVI_EXPIRY, &cursor);

    if (status != KV_OK)
        return status;
    while (status == KV_OK) {
        status = kvi_expiry_next_due(cursor, rows->ns, now, &at, key_bytes, &key);
        if (status != KV_OK)
            break;
        if (handled >= rows_max || pieces > PIECES_MAX) {
            done->more = true;
            break;
        }
        status = reclaim_due_row(rows, at, key, now, &pieces, done);
        if (status != KV_CORRUPT && status != KV_UNSUPPORTED)
            handled++;
        else if (kvi_expiry_pass(&at)) /* A damaged record: who reads the key is told. */
            status = KV_OK;
        else
            status = KV_NOT_FOUND;
    }
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_reclaim_namespace_due(kvi_write *write, kv_ns ns, int64_t now, uint64_t rows_max,
                                    kvi_reclaimed *done)
{
    kvi_rows rows;
    kv_status status = kvi_rows_begin(&rows, write, ns);

    if (status != KV_OK)
        return status;
    status = kvi_reclaim_due(&rows, now, rows_max, done);
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}

/* The first row of a namespace: its key is copied, since the row is about to go. */
static kv_status reclaim_first(kvi_rows *rows, uint8_t *key_bytes, kv_slice *key_out,
                               kvi_record *record)
{
    uint8_t prefix[4], scratch[KV_KEY_SIZE_MAX];
    kv_slice key = kvi_values_prefix(rows->ns, prefix), row, user_key;
    kv_ns ns;
    kv_status status = kvi_cursor_move(rows->values, KVI_AT_LEAST, &key, &row);

    if (status != KV_OK)
        return status;
    if (!kvi_values_is_of(key, rows->ns))
        return KV_NOT_FOUND;
    memcpy(key_bytes, key.data, key.size);
    *key_out = kvi_slice(key_bytes, key.size);
    status = kvi_values_key_split(*key_out, scratch, &ns, &user_key);
    return status == KV_OK ? kvi_values_decode(*key_out, row, record) : status;
}

static kv_status reclaim_rows(kvi_rows *rows, uint64_t rows_max, kvi_reclaimed *done)
{
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    uint64_t pieces = 0;
    kvi_record record = {0};
    kv_slice key = {NULL, 0};
    kv_status status = KV_OK;

    for (uint64_t i = 0; status == KV_OK; i++) {
        status = reclaim_first(rows, key_bytes, &key, &record);
        if (status == KV_NOT_FOUND)
            break;
        if (i >= rows_max || pieces > PIECES_MAX) {
            done->more = true;
            return KV_OK;
        }
        if (status == KV_CORRUPT || status == KV_UNSUPPORTED) {
            /* Its sums cannot be known; they go with the namespace's usage row. */
            rows->write->is_dirty = true;
            status = kvi_values_delete(rows->write->txn, key);
            continue;
        }
        if (status == KV_OK && (record.flags & KVI_RECORD_PIECES))
            pieces += record.piece_count;
        if (status == KV_OK)
            status = reclaim_remove(rows, key, &record, done);
    }
    return status;
}

/* All rows are gone: what damaged records left in the sums goes too, then the namespace. */
static kv_status reclaim_namespace(kvi_rows *rows)
{
    kvi_write *write = rows->write;
    kv_status status = kvi_usage_take(&write->store.total, &rows->usage);

    kvi_rows_drop(rows);
    if (status == KV_OK)
        status = kvi_usage_remove(write->txn, rows->ns);
    if (status == KV_OK)
        status = kvi_namespaces_remove(write->txn, rows->ns);
    write->is_dirty = true;
    return status;
}

kv_status kvi_reclaim_dropped(kvi_write *write, uint64_t rows_max, kvi_reclaimed *done)
{
    kvi_namespace_counts counts;
    kvi_namespace row;
    kvi_rows rows;
    kv_status status = kvi_namespaces_counts(write->txn, &counts);

    if (status != KV_OK || counts.dropped == 0)
        return status;
    status = kvi_namespaces_next(write->txn, 0, KVI_NAMESPACE_DROPPED, &row);
    if (status == KV_OK)
        status = kvi_rows_begin(&rows, write, row.id);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    status = reclaim_rows(&rows, rows_max, done);
    if (status == KV_NOT_FOUND) {
        status = reclaim_namespace(&rows);
        done->more = done->more || counts.dropped > 1;
        return status;
    }
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}
