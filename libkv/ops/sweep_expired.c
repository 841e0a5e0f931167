#include "ops/sweep_expired.h"

#include "tables/catalog.h"
#include "tables/namespaces.h"

/* Remove a row of `expiry` alone. The cursor has just shown it; if it is not found a page above it
   is damaged, and the cursor would show it again for ever. */
static kv_status expired_remove_index_row(kvi_sweep_portion *p, kvi_expiry_position at)
{
    kv_status status = kvi_expiry_remove(p->rows->write->txn, p->rows->ns, at);

    return status == KV_NOT_FOUND ? KV_CORRUPT : status;
}

/* Handle one row of `expiry` whose deadline has come. If the record has expired, remove it. If the
   record was refreshed, move the row to the record's own position. If there is no record with a
   deadline, or a damaged one, remove the row alone. */
static kv_status expired_handle(kvi_sweep_portion *p, kvi_expiry_position at, kv_slice values_key,
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
        status = kvi_values_key_size(values_key, &key_size);
    is_read = status == KV_OK;
    if (!is_read && status != KV_NOT_FOUND && status != KV_CORRUPT)
        return status;
    if (!kvi_sweep_portion_charge(p, is_read ? &record : NULL))
        return KV_OK;
    if (!is_read || !(record.flags & KVI_RECORD_EXPIRES))
        return expired_remove_index_row(p, at);
    if (kvi_record_is_live(&record, now))
        return kvi_row_move_expiry(rows, values_key, at, &record);
    return kvi_sweep_portion_remove(p, values_key, key_size, &record);
}

/* The portion's loop. KV_NOT_FOUND: nothing else has expired. */
static kv_status expired_handle_all(kvi_sweep_portion *p, kvi_cursor *cursor, int64_t now)
{
    kvi_expiry_position at = KVI_EXPIRY_START;
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    kv_slice key;
    kv_status status = KV_OK;

    while (status == KV_OK && !p->is_over) {
        status = kvi_expiry_next_due(cursor, p->rows->ns, now, &at, key_bytes, &key);
        if (status == KV_OK && kvi_sweep_portion_may_continue(p))
            status = expired_handle(p, at, key, now);
    }
    return status;
}

kv_status kvi_sweep_expired(kvi_rows *rows, int64_t now, uint64_t rows_max, kvi_reclaimed *done)
{
    kvi_sweep_portion p = kvi_sweep_portion_begin(rows, rows_max, done);
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(rows->write->txn, KVI_EXPIRY, &cursor);

    if (status != KV_OK)
        return status;
    status = expired_handle_all(&p, cursor, now);
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_sweep_expired_in(kvi_write_txn *write, kv_ns ns, int64_t now, uint64_t rows_max,
                               kvi_reclaimed *done)
{
    kvi_namespace row;
    kvi_rows rows;
    kv_status status = kvi_namespaces_get_live(write->txn, ns, &row);

    status = status == KV_NAMESPACE_NOT_FOUND ? kvi_rows_begin_dropped(&rows, write, ns)
                                              : kvi_rows_begin(&rows, write, ns);
    if (status != KV_OK)
        return status;
    status = kvi_sweep_expired(&rows, now, rows_max, done);
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}
