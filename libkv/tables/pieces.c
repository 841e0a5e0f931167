#include "tables/pieces.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "tables/names.h"

#define KEY_SIZE 12

static kv_slice piece_key(uint64_t sequence, uint32_t number, uint8_t out[KEY_SIZE])
{
    kvi_be64_store(out, sequence);
    kvi_be32_store(out + 8, number);
    return kvi_slice(out, KEY_SIZE);
}

uint64_t kvi_pieces_count(uint64_t stored_size, uint32_t page_size)
{
    uint64_t size = page_size - KVI_PAGE_OVERHEAD;

    return (stored_size + size - 1) / size;
}

kv_status kvi_pieces_append(kvi_txn *txn, uint64_t sequence, kv_slice stored, uint32_t page_size)
{
    size_t size = page_size - KVI_PAGE_OVERHEAD;
    const uint8_t *p = stored.data;
    kv_status status = KV_OK;
    uint32_t number = 0;

    for (size_t at = 0; at < stored.size && status == KV_OK; at += size) {
        uint8_t key[KEY_SIZE];
        size_t part = stored.size - at < size ? stored.size - at : size;
        status = kvi_txn_append(txn, KVI_PIECES, piece_key(sequence, number++, key),
                                kvi_slice(p + at, part));
    }
    return status;
}

kv_status kvi_pieces_remove(kvi_txn *txn, const kvi_record *record)
{
    uint8_t bytes[KEY_SIZE];
    kv_slice key = piece_key(record->piece_sequence, 0, bytes), row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    if (status != KV_OK)
        return status;
    status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);
    while (status == KV_OK) {
        if (key.size != KEY_SIZE || kvi_be64_load(key.data) != record->piece_sequence)
            break;
        status = kvi_cursor_delete(cursor);
        if (status == KV_OK)
            status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    }
    kvi_cursor_close(cursor);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_pieces_each(kvi_txn *txn, const kvi_record *record,
                          kv_status (*piece)(void *ctx, kv_slice bytes), void *ctx)
{
    uint64_t left = record->stored_size;
    bool is_last = false;
    uint8_t bytes[KEY_SIZE];
    kv_slice key = piece_key(record->piece_sequence, 0, bytes), row;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    if (status != KV_OK)
        return status;
    status = kvi_cursor_move(cursor, KVI_AT, &key, &row);
    for (uint64_t i = 0; i < record->piece_count && status == KV_OK; i++) {
        if (key.size != KEY_SIZE || kvi_be64_load(key.data) != record->piece_sequence ||
            kvi_be32_load((const uint8_t *)key.data + 8) != i || row.size > left)
            status = KV_CORRUPT;
        if (status == KV_OK)
            status = piece(ctx, row);
        left -= row.size <= left ? row.size : 0;
        is_last = i + 1 == record->piece_count;
        if (status == KV_OK)
            status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    }
    kvi_cursor_close(cursor);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return status;
    /* All of them, no more of them, and of the size that the record says. */
    if (!is_last || left != 0 ||
        (status == KV_OK && key.size >= 8 && kvi_be64_load(key.data) == record->piece_sequence))
        return KV_CORRUPT;
    return KV_OK;
}
