#include "tables/changes.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "tables/names.h"

#define KEY_SIZE 8

static void changes_open_empty(kvi_changes *log)
{
    kvi_change_block_init(&log->open, log->buffer, sizeof(log->buffer));
    log->mark_size = 0;
    log->mark_count = 0;
}

void kvi_changes_forget(kvi_changes *log)
{
    log->on = false;
    changes_open_empty(log);
}

static void changes_mark(kvi_changes *log)
{
    if (log->open.size <= KVI_CHANGES_BLOCK_SIZE) {
        log->mark_size = log->open.size;
        log->mark_count = log->open.count;
    }
}

kv_status kvi_changes_begin(kvi_changes *log, const kvi_usage_store *store, bool on)
{
    kv_status status = KV_OK;

    log->on = on;
    log->first = store->changes_first;
    log->bytes = store->changes_bytes;
    changes_open_empty(log);
    if (on && store->open_block.size > 0) {
        status = kvi_change_block_resume(&log->open, store->open_block);
        if (status == KV_CORRUPT) { /* It stops no writer; followers must start from a snapshot. */
            changes_open_empty(log);
            log->first = store->sequence + 1;
            status = KV_OK;
        }
        changes_mark(log);
    }
    return status;
}

/* Move the open block to the table. */
static kv_status changes_flush(kvi_txn *txn, kvi_changes *log)
{
    uint8_t key[KEY_SIZE];

    kvi_change_block_finish(&log->open);
    kvi_be64_store(key, log->open.first + log->open.count - 1);
    log->bytes += log->open.size;
    return kvi_txn_append(txn, KVI_CHANGES, kvi_slice(key, sizeof(key)),
                          kvi_slice(log->open.data, log->open.size));
}

kv_status kvi_changes_add(kvi_txn *txn, kvi_changes *log, const kv_change *change)
{
    if (!log->on)
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

    if (log->open.size > KVI_CHANGES_BLOCK_SIZE && log->mark_count > 0)
        status = changes_split(txn, log);
    if (status == KV_OK && log->open.size > KVI_CHANGES_BLOCK_SIZE) {
        status = changes_flush(txn, log);
        changes_open_empty(log);
    }
    if (!log->on)
        log->first = store->sequence + 1;
    store->changes_first = log->first;
    store->changes_bytes = log->bytes;
    store->open_block = kvi_slice(NULL, 0);
    if (log->open.count > 0) {
        kvi_change_block_finish(&log->open);
        store->open_block = kvi_slice(log->open.data, log->open.size);
    }
    return status;
}

static bool changes_is_kept(const kvi_changes *log, const kv_settings *settings, int64_t now,
                            kv_slice row)
{
    kvi_change_reader block;

    if (!log->on)
        return false;
    if (settings->changes_bytes_max != 0 && log->bytes > settings->changes_bytes_max)
        return false;
    if (settings->changes_age_max_s == 0)
        return true;
    /* The age of a damaged block is not known: it stays until its bytes are in the way. A clock
       that stepped back makes nothing old. */
    return kvi_change_reader_begin(&block, row) != KV_OK || block.time_newest >= now ||
           (uint64_t)now - (uint64_t)block.time_newest <= (uint64_t)settings->changes_age_max_s;
}

/* Remove the oldest block, at the cursor. Its key is its last sequence. */
static kv_status changes_drop(kvi_cursor *cursor, kvi_changes *log, kv_slice key, kv_slice row)
{
    uint64_t last = key.size == KEY_SIZE ? kvi_be64_load(key.data) : 0;

    log->bytes -= row.size <= log->bytes ? row.size : log->bytes;
    if (log->first < last + 1) /* Less: left over from before it was off. */
        log->first = last + 1;
    return kvi_cursor_delete(cursor);
}

kv_status kvi_changes_trim(kvi_txn *txn, kvi_changes *log, const kv_settings *settings,
                           uint64_t sequence, int64_t now, uint64_t blocks_max, bool *more_out)
{
    kv_slice key = {0}, row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_CHANGES, &cursor);

    *more_out = false;
    if (status != KV_OK)
        return status;
    for (uint64_t i = 0; status == KV_OK; i++) {
        status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row);
        if (status != KV_OK || changes_is_kept(log, settings, now, row))
            break;
        if (i == blocks_max) {
            *more_out = true;
            break;
        }
        status = changes_drop(cursor, log, key, row);
    }
    kvi_cursor_close(cursor);
    if (!log->on)
        log->first = sequence + 1;
    return status == KV_NOT_FOUND ? KV_OK : status;
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
