#include "tables/changes.h"

#include "base/bytes.h"
#include "base/number.h"
#include "base/slice.h"
#include "tables/catalog.h"

#define KEY_SIZE 8
#define TIME_UNKNOWN INT64_MAX /* Of the oldest block: age does not remove it, bytes do. */

static void changes_open_empty(kvi_changes *log)
{
    kvi_change_block_init(&log->open, log->buffer, sizeof(log->buffer));
    log->mark_size = 0;
    log->mark_count = 0;
}

void kvi_changes_forget(kvi_changes *log)
{
    log->is_on = false;
    changes_open_empty(log);
}

static void changes_mark(kvi_changes *log)
{
    if (log->open.size <= KVI_CHANGES_BLOCK_SIZE) {
        log->mark_size = log->open.size;
        log->mark_count = log->open.count;
    }
}

/* Remove the last block if its key is not below `key`: no log has one there. */
static kv_status changes_drop_stray(kvi_txn *txn, kvi_changes *log, kv_slice key)
{
    kv_slice last = {NULL, 0}, row = {NULL, 0};
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_CHANGES, &cursor);

    if (status != KV_OK)
        return status;
    status = kvi_cursor_move(cursor, KVI_LAST, &last, &row);
    if (status == KV_OK && kvi_slice_compare(last, key) < 0)
        status = KV_CORRUPT;
    if (status == KV_OK) {
        log->bytes = kvi_number_minus(log->bytes, row.size);
        log->time = INT64_MIN; /* It may have been the oldest: look. */
        status = kvi_cursor_delete(cursor);
    }
    kvi_cursor_close(cursor);
    return status;
}

/* Put a block behind the others; stray ones that are in its way go. */
static kv_status changes_append(kvi_txn *txn, kvi_changes *log, uint64_t last, kv_slice block)
{
    uint8_t bytes[KEY_SIZE];
    kv_slice key = kvi_slice(bytes, sizeof(bytes));
    kv_status status;

    kvi_be64_store(bytes, last);
    while ((status = kvi_txn_append(txn, KVI_CHANGES, key, block)) == KV_CORRUPT) {
        status = changes_drop_stray(txn, log, key);
        if (status != KV_OK)
            return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    }
    if (status == KV_OK)
        log->bytes += block.size;
    return status;
}

/* Move the open block to the table. */
static kv_status changes_flush(kvi_txn *txn, kvi_changes *log)
{
    kvi_change_block_finish(&log->open);
    if (log->bytes == 0) /* It will be the oldest. */
        log->time = log->open.time_newest;
    return changes_append(txn, log, log->open.first + log->open.count - 1,
                          kvi_slice(log->open.data, log->open.size));
}

kv_status kvi_changes_begin(kvi_txn *txn, kvi_changes *log, const kvi_usage_store *store,
                            bool is_on)
{
    kv_status status;

    log->is_on = is_on;
    log->first = store->changes_first;
    log->bytes = store->changes_bytes;
    log->time = store->changes_time;
    changes_open_empty(log);
    if (!is_on || store->open_block.size == 0)
        return KV_OK;
    status = kvi_change_block_resume(&log->open, store->open_block);
    if (status == KV_OK) {
        changes_mark(log);
        return KV_OK;
    }
    changes_open_empty(log);
    if (status != KV_UNSUPPORTED) {
        log->first = store->sequence + 1;
        return KV_OK;
    }
    if (log->bytes == 0)
        log->time = TIME_UNKNOWN;
    return changes_append(txn, log, store->sequence, store->open_block);
}

kv_status kvi_changes_add(kvi_txn *txn, kvi_changes *log, const kv_change *change)
{
    if (!log->is_on)
        return KV_OK;
    if (!kvi_change_block_add(&log->open, change)) {
        kv_status status = changes_flush(txn, log);
        if (status != KV_OK)
            return status;
        changes_open_empty(log);
        if (!kvi_change_block_add(&log->open, change))
            return KV_CORRUPT; /* An empty block holds the longest entry. */
    }
    changes_mark(log);
    return KV_OK;
}

/* Flush the entries up to the mark and begin the open block with the others. */
static kv_status changes_split(kvi_txn *txn, kvi_changes *log)
{
    kvi_change_block rest = log->open;
    uint8_t tail[KVI_CHANGES_BUFFER_SIZE];
    size_t tail_size = log->open.size - log->mark_size;
    kv_status status;

    memcpy(tail, log->buffer + log->mark_size, tail_size);
    log->open.size = log->mark_size;
    log->open.count = log->mark_count;
    status = changes_flush(txn, log);
    memcpy(log->buffer + KVI_CHANGE_BLOCK_HEADER, tail, tail_size);
    rest.first += log->mark_count;
    rest.count -= log->mark_count;
    rest.size = KVI_CHANGE_BLOCK_HEADER + tail_size;
    log->open = rest; /* Its times still span its entries, whose own times are relative to them. */
    log->mark_size = 0;
    log->mark_count = 0;
    changes_mark(log);
    return status;
}

kv_status kvi_changes_end(kvi_txn *txn, kvi_changes *log, kvi_usage_store *store)
{
    kv_status status = KV_OK;

    kvi_change_block_mark_last(&log->open);
    if (log->open.size > KVI_CHANGES_BLOCK_SIZE && log->mark_count > 0)
        status = changes_split(txn, log);
    if (status == KV_OK && log->open.size > KVI_CHANGES_BLOCK_SIZE) {
        status = changes_flush(txn, log);
        changes_open_empty(log);
    }
    if (!log->is_on)
        log->first = store->sequence + 1;
    store->changes_first = log->first;
    store->changes_bytes = log->bytes;
    store->changes_time = log->time;
    store->open_block = kvi_slice(NULL, 0);
    if (log->open.count > 0) {
        kvi_change_block_finish(&log->open);
        store->open_block = kvi_slice(log->open.data, log->open.size);
    }
    return status;
}

/* Whether the settings keep the oldest block. A clock that stepped back makes nothing old. */
static bool changes_is_oldest_kept(const kvi_changes *log, const kv_settings *settings, int64_t now)
{
    if (!log->is_on)
        return false;
    if (settings->changes_bytes_max != 0 && log->bytes > settings->changes_bytes_max)
        return false;
    return settings->changes_age_max_s == 0 || log->time >= now ||
           (uint64_t)now - (uint64_t)log->time <= (uint64_t)settings->changes_age_max_s;
}

/* Take the time of the oldest block. */
static void changes_look(kvi_changes *log, kv_slice row)
{
    kvi_change_reader block;

    log->time = kvi_change_reader_begin(&block, row) == KV_OK ? block.time_newest : TIME_UNKNOWN;
}

/* Remove the oldest block, at the cursor. Its key is its last sequence. */
static kv_status changes_drop(kvi_cursor *cursor, kvi_changes *log, kv_slice key, kv_slice row)
{
    uint64_t last = key.size == KEY_SIZE ? kvi_be64_load(key.data) : 0;

    log->bytes = kvi_number_minus(log->bytes, row.size);
    if (log->first < last + 1) /* Less: left over from before it was off. */
        log->first = last + 1;
    return kvi_cursor_delete(cursor);
}

static kv_status changes_trim(kvi_txn *txn, kvi_changes *log, const kv_settings *settings,
                              int64_t now, uint64_t blocks_max, bool *has_more_out)
{
    kv_slice key = {0}, row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_CHANGES, &cursor);

    if (status != KV_OK)
        return status;
    for (uint64_t i = 0; status == KV_OK; i++) {
        status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row);
        if (status != KV_OK)
            break;
        changes_look(log, row);
        if (changes_is_oldest_kept(log, settings, now))
            break;
        if (i == blocks_max) {
            *has_more_out = true;
            break;
        }
        status = changes_drop(cursor, log, key, row);
    }
    kvi_cursor_close(cursor);
    if (status == KV_NOT_FOUND)
        log->bytes = 0;
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_changes_trim(kvi_txn *txn, kvi_changes *log, const kv_settings *settings,
                           uint64_t sequence, int64_t now, uint64_t blocks_max, bool *has_more_out)
{
    kv_status status = KV_OK;

    *has_more_out = false;
    if (log->bytes > 0 && !changes_is_oldest_kept(log, settings, now))
        status = changes_trim(txn, log, settings, now, blocks_max, has_more_out);
    if (!log->is_on)
        log->first = sequence + 1;
    return status;
}

/* Give the entries of one block that are wanted; *next is the sequence that must come. */
static kv_status changes_block_each(kv_slice stored, uint64_t *next,
                                    kv_status (*change)(void *ctx, const kv_change *change),
                                    void *ctx)
{
    kvi_change_reader reader;
    kv_change entry;
    kv_status status = kvi_change_reader_begin(&reader, stored);

    if (status == KV_OK && reader.first > *next)
        return KV_CORRUPT;
    while (status == KV_OK) {
        status = kvi_change_reader_next(&reader, &entry);
        if (status == KV_OK && entry.sequence >= *next) {
            status = change(ctx, &entry);
            *next = entry.sequence + 1;
        }
    }
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_changes_each(kvi_txn *txn, const kvi_usage_store *store, uint64_t after,
                           kv_status (*change)(void *ctx, const kv_change *change), void *ctx)
{
    uint64_t next = after + 1;
    uint8_t bytes[KEY_SIZE];
    kv_slice key, row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_CHANGES, &cursor);

    if (status != KV_OK)
        return status;
    kvi_be64_store(bytes, next);
    key = kvi_slice(bytes, sizeof(bytes));
    status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);
    while (status == KV_OK) {
        status = changes_block_each(row, &next, change, ctx);
        if (status == KV_OK)
            status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    }
    kvi_cursor_close(cursor);
    if (status == KV_NOT_FOUND && next <= store->sequence)
        status = store->open_block.size == 0
                     ? KV_CORRUPT
                     : changes_block_each(store->open_block, &next, change, ctx);
    if (status == KV_NOT_FOUND)
        status = KV_OK;
    return status == KV_OK && next != store->sequence + 1 ? KV_CORRUPT : status;
}
