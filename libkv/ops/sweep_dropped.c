#include "ops/sweep_dropped.h"

#include "base/slice.h"
#include "tables/namespaces.h"

/* Remove the row at the cursor. If it cannot be read, its part of the sums is not known; that part
   goes with the namespace's sums. */
static kv_status dropped_remove_row(kvi_sweep_portion *p, kv_slice key, kv_slice row)
{
    uint8_t key_bytes[KVI_VALUES_KEY_MAX];
    kvi_record record;
    size_t key_size = 0;
    kv_status status = KV_CORRUPT;

    if (key.size <= sizeof(key_bytes)) {
        memcpy(key_bytes, key.data, key.size); /* The row's own memory changes. */
        key = kvi_slice(key_bytes, key.size);
        status = kvi_values_decode(key, row, &record);
    }
    if (status == KV_OK)
        status = kvi_values_key_size(key, &key_size);
    if (!kvi_sweep_portion_charge(p, status == KV_OK ? &record : NULL))
        return KV_OK;
    if (status == KV_OK)
        return kvi_sweep_portion_remove(p, key, key_size, &record);
    p->done->rows++;
    return kvi_cursor_delete(p->rows->values);
}

/* The portion's loop. KV_NOT_FOUND: no row is left. */
static kv_status dropped_remove_rows(kvi_sweep_portion *p)
{
    kv_status status = KV_OK;

    while (status == KV_OK && !p->is_over) {
        uint8_t bytes[4];
        kv_slice prefix = kvi_values_prefix(p->rows->ns, bytes), key = prefix, row;
        status = kvi_cursor_move(p->rows->values, KVI_AT_LEAST, &key, &row);
        if (status == KV_OK && !kvi_slice_begins(key, prefix))
            status = KV_NOT_FOUND;
        if (status == KV_OK && kvi_sweep_portion_may_continue(p))
            status = dropped_remove_row(p, key, row);
    }
    return status;
}

/* Remove the namespace, whose rows are all gone. If its sums are not zero, they were damaged or had
   rows that could not be read: then add up the store's total anew, if that is possible. */
static kv_status dropped_remove_namespace(kvi_rows *rows)
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

/* The dropped namespace with the lowest id. KV_NOT_FOUND: none, or damage hides it. */
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

kv_status kvi_sweep_dropped(kvi_write_txn *write, uint64_t rows_max, kvi_reclaimed *done)
{
    kvi_namespace row;
    kvi_rows rows;
    kvi_sweep_portion p;
    bool is_last = true;
    kv_status status = dropped_find(write, &row, &is_last);

    if (status == KV_OK)
        status = kvi_rows_begin_dropped(&rows, write, row.id);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_OK : status;
    p = kvi_sweep_portion_begin(&rows, rows_max, done);
    status = dropped_remove_rows(&p);
    if (status == KV_NOT_FOUND) {
        done->has_more = done->has_more || !is_last;
        return dropped_remove_namespace(&rows);
    }
    if (status == KV_OK)
        return kvi_rows_end(&rows);
    kvi_rows_drop(&rows);
    return status;
}
