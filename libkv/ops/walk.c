#include "ops/walk.h"

#include "base/slice.h"
#include "tables/catalog.h"
#include "tables/values.h"

#define LAST_BYTE 0xF4 /* The largest that a key can have. */

void kvi_walk_init(kvi_walk *w, kv_snapshot *snapshot, kv_ns ns, kv_slice prefix)
{
    w->snapshot = snapshot;
    w->cursor = NULL;
    w->ns = ns;
    w->is_reverse = w->is_started = false;
    w->prefix_size = prefix.size;
    w->after_size = w->end_size = 0;
    w->examined = 0;
    if (prefix.size > 0)
        memcpy(w->prefix, prefix.data, prefix.size);
}

void kvi_walk_set_after(kvi_walk *w, kv_slice after)
{
    w->after_size = after.size;
    if (after.size > 0)
        memcpy(w->after, after.data, after.size);
}

void kvi_walk_set_end(kvi_walk *w, kv_slice end)
{
    w->end_size = end.size;
    if (end.size > 0)
        memcpy(w->end, end.data, end.size);
}

kv_status kvi_walk_open(kvi_walk *w)
{
    kv_status status = kvi_cursor_open(w->snapshot->txn, KVI_VALUES, &w->cursor);

    w->is_started = false;
    return kvi_snapshot_failed(w->snapshot, status, KVI_VALUES, w->ns, KVI_FAULT_NONE);
}

void kvi_walk_close(kvi_walk *w)
{
    kvi_cursor_close(w->cursor);
    w->cursor = NULL;
}

/* Forward: the first key that has the prefix and lies behind `after`. */
static kv_status walk_first(kvi_walk *w, kv_slice *key, kv_slice *row)
{
    kv_slice prefix = kvi_slice(w->prefix, w->prefix_size);
    kv_slice after = kvi_slice(w->after, w->after_size);
    bool is_from_after = kvi_slice_compare(after, prefix) >= 0;
    kv_slice from = is_from_after ? after : prefix, start;
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kv_status status;

    start = *key = kvi_values_key(w->ns, from.data, from.size, bytes);
    status = kvi_cursor_move(w->cursor, KVI_AT_LEAST, key, row);
    if (status == KV_OK && w->after_size > 0 && is_from_after && kvi_slice_equal(*key, start))
        status = kvi_cursor_move(w->cursor, KVI_NEXT, key, row);
    return status;
}

/* Reverse: the last key that has the prefix and lies before `after`. */
static kv_status walk_last(kvi_walk *w, kv_slice *key, kv_slice *row)
{
    uint8_t bound[KV_KEY_SIZE_MAX], bytes[KVI_VALUES_KEY_MAX];
    kv_slice above, after = kvi_slice(w->after, w->after_size), start;
    bool is_included = true; /* Only a prefix of 512 bytes can be a key itself. */
    kv_status status;

    memset(bound, LAST_BYTE, sizeof(bound));
    memcpy(bound, w->prefix, w->prefix_size);
    above = kvi_slice(bound, sizeof(bound));
    if (after.size > 0 && kvi_slice_compare(after, above) <= 0) {
        above = after;
        is_included = false;
    }
    start = *key = kvi_values_key(w->ns, above.data, above.size, bytes);
    status = kvi_cursor_move(w->cursor, KVI_AT_LEAST, key, row);
    if (status == KV_NOT_FOUND)
        return kvi_cursor_move(w->cursor, KVI_LAST, key, row);
    if (status == KV_OK && !(is_included && kvi_slice_equal(*key, start)))
        status = kvi_cursor_move(w->cursor, KVI_PREVIOUS, key, row);
    return status;
}

static kv_status walk_move(kvi_walk *w, kv_slice *key, kv_slice *row)
{
    if (w->is_started)
        return kvi_cursor_move(w->cursor, w->is_reverse ? KVI_PREVIOUS : KVI_NEXT, key, row);
    w->is_started = true;
    return w->is_reverse ? walk_last(w, key, row) : walk_first(w, key, row);
}

/* Whether the key at hand is behind the end of the walk. */
static bool walk_is_past(const kvi_walk *w)
{
    int order;

    if (!kvi_slice_begins(w->key, kvi_slice(w->prefix, w->prefix_size)))
        return true;
    if (w->end_size == 0)
        return false;
    order = kvi_slice_compare(w->key, kvi_slice(w->end, w->end_size));
    return w->is_reverse ? order <= 0 : order >= 0;
}

kv_status kvi_walk_next(kvi_walk *w, kvi_record *record, uint64_t examine_max)
{
    for (;;) {
        kv_slice key = {NULL, 0}, row;
        kv_ns ns;
        kv_status status;
        if (examine_max != 0 && w->examined >= examine_max)
            return KV_TOO_LARGE;
        w->key = kvi_slice(NULL, 0);
        status = walk_move(w, &key, &row);
        if (status == KV_OK && !kvi_values_is_of(key, w->ns))
            status = KV_NOT_FOUND;
        if (status != KV_OK)
            return kvi_snapshot_failed(w->snapshot, status, KVI_VALUES, w->ns, KVI_FAULT_NONE);
        status = kvi_values_key_split(key, w->scratch, &ns, &w->key);
        if (status != KV_OK)
            return kvi_snapshot_failed(w->snapshot, status, KVI_VALUES, w->ns, KVI_FAULT_KEY);
        if (walk_is_past(w))
            return KV_NOT_FOUND;
        w->examined++;
        w->snapshot->at_ns = w->ns;
        w->snapshot->at_key = w->key;
        status = kvi_values_decode(key, row, record);
        if (status != KV_OK)
            return kvi_snapshot_key_failed(w->snapshot, status, (kvi_fault){record->fault, 0});
        if (kvi_record_is_live(record, w->snapshot->now))
            return KV_OK;
    }
}
