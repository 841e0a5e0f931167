#include "tables/pieces.h"

#include "base/bytes.h"
#include "base/number.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "tables/catalog.h"

#define KEY_SIZE 12

static kv_slice piece_key(uint64_t sequence, uint32_t number, uint8_t out[KEY_SIZE])
{
    kvi_be64_store(out, sequence);
    kvi_be32_store(out + 8, number);
    return kvi_slice(out, KEY_SIZE);
}

static size_t piece_size_max(uint32_t page_size)
{
    return page_size - KVI_PAGE_OVERHEAD - KVI_PIECE_OVERHEAD;
}

static uint32_t piece_checksum(kv_slice key, kv_slice part)
{
    return (uint32_t)kvi_checksum_seeded(part.data, part.size, kvi_checksum(key.data, key.size));
}

uint64_t kvi_pieces_count(uint64_t stored_size, uint32_t page_size)
{
    uint64_t size = piece_size_max(page_size);

    return (stored_size + size - 1) / size;
}

static bool piece_is_of(kv_slice key, uint64_t sequence)
{
    return key.size >= 8 && kvi_be64_load(key.data) == sequence;
}

static kv_status pieces_clear(kvi_cursor *cursor, uint64_t sequence, uint64_t most,
                              bool *has_more_out)
{
    uint8_t bytes[KEY_SIZE];
    kv_slice key = piece_key(sequence, 0, bytes), row;
    kv_status status;

    key.size = 8; /* Before every key of the sequence, whatever its form. */
    status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);
    while (status == KV_OK && most > 0 && piece_is_of(key, sequence)) {
        status = kvi_cursor_delete(cursor);
        if (status == KV_OK)
            status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
        most--;
    }
    *has_more_out = status == KV_OK && piece_is_of(key, sequence);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

/* Room for a piece. *is_behind: it is behind all that is there. Becomes false at a stray row,
   where no record can have its pieces. */
static kv_status piece_reserve(kvi_cursor *cursor, uint64_t sequence, kv_slice key, size_t size,
                               bool *is_behind, void **row_out)
{
    bool has_more;
    kv_status status = KV_OK;

    if (*is_behind) {
        status = kvi_cursor_append(cursor, key, size, row_out);
        if (status != KV_CORRUPT)
            return status;
        *is_behind = false;
        status = pieces_clear(cursor, sequence, UINT64_MAX, &has_more);
    }
    return status == KV_OK ? kvi_cursor_reserve(cursor, key, size, row_out) : status;
}

static kv_status pieces_put(kvi_cursor *cursor, uint64_t sequence, kv_slice stored,
                            uint32_t page_size)
{
    size_t size = piece_size_max(page_size);
    bool is_behind = true;
    kv_status status = KV_OK;
    uint32_t number = 0;

    for (size_t at = 0; at < stored.size && status == KV_OK; at += size) {
        uint8_t bytes[KEY_SIZE], *row;
        kv_slice key = piece_key(sequence, number++, bytes);
        kv_slice part =
            kvi_slice((const uint8_t *)stored.data + at, kvi_number_least(stored.size - at, size));
        void *room = NULL;
        status =
            piece_reserve(cursor, sequence, key, KVI_PIECE_OVERHEAD + part.size, &is_behind, &room);
        if (status == KV_OK) {
            row = room;
            kvi_le32_store(row, piece_checksum(key, part));
            memcpy(row + KVI_PIECE_OVERHEAD, part.data, part.size);
        }
    }
    return status;
}

kv_status kvi_pieces_append(kvi_txn *txn, uint64_t sequence, kv_slice stored, uint32_t page_size)
{
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    if (status != KV_OK)
        return status;
    status = pieces_put(cursor, sequence, stored, page_size);
    kvi_cursor_close(cursor);
    return status;
}

kv_status kvi_pieces_remove(kvi_txn *txn, const kvi_record *record, uint64_t most,
                            bool *has_more_out)
{
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    if (status != KV_OK)
        return status;
    status = pieces_clear(cursor, record->piece_sequence, most, has_more_out);
    kvi_cursor_close(cursor);
    return status;
}

/* Move to a piece of a record, and take the part of the value that it holds. */
static kv_status piece_take(kvi_cursor *cursor, kvi_move move, const kvi_record *record,
                            uint64_t number, bool is_verified, kv_slice *part_out, kvi_fault *fault)
{
    uint8_t bytes[KEY_SIZE];
    kv_slice wanted = piece_key(record->piece_sequence, (uint32_t)number, bytes);
    kv_slice key = wanted, row;
    kv_status status = kvi_cursor_move(cursor, move, &key, &row);

    *part_out = kvi_slice(NULL, 0);
    if (status == KV_NOT_FOUND || (status == KV_OK && !kvi_slice_equal(key, wanted)))
        return kvi_fault_set(fault, KVI_FAULT_PIECE_MISSING, number);
    if (status != KV_OK)
        return status;
    if (row.size <= KVI_PIECE_OVERHEAD)
        return kvi_fault_set(fault, KVI_FAULT_PIECE_SIZE, number);
    *part_out =
        kvi_slice((const uint8_t *)row.data + KVI_PIECE_OVERHEAD, row.size - KVI_PIECE_OVERHEAD);
    if (is_verified && kvi_le32_load(row.data) != piece_checksum(key, *part_out))
        return kvi_fault_set(fault, KVI_FAULT_PIECE_CHECKSUM, number);
    return KV_OK;
}

/* Behind the last piece: the record has no more of them, and its size is reached. */
static kv_status pieces_end(kvi_cursor *cursor, const kvi_record *record, uint64_t left,
                            kvi_fault *fault)
{
    kv_slice key = {NULL, 0}, row;
    kv_status status;

    if (left != 0)
        return kvi_fault_set(fault, KVI_FAULT_PIECE_SIZE, record->piece_count - 1);
    status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    if (status == KV_OK && piece_is_of(key, record->piece_sequence))
        return kvi_fault_set(fault, KVI_FAULT_PIECE_EXTRA, record->piece_count);
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status kvi_pieces_each(kvi_txn *txn, const kvi_record *record, bool is_verified,
                          kv_status (*piece)(void *ctx, kv_slice bytes), void *ctx,
                          kvi_fault *fault)
{
    uint64_t left = record->stored_size;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(txn, KVI_PIECES, &cursor);

    if (status != KV_OK)
        return status;
    for (uint64_t i = 0; i < record->piece_count && status == KV_OK; i++) {
        kv_slice part;
        status =
            piece_take(cursor, i == 0 ? KVI_AT : KVI_NEXT, record, i, is_verified, &part, fault);
        if (status == KV_OK && part.size > left)
            status = kvi_fault_set(fault, KVI_FAULT_PIECE_SIZE, i);
        if (status == KV_OK)
            status = piece(ctx, part);
        left -= part.size <= left ? part.size : 0;
    }
    if (status == KV_OK)
        status = pieces_end(cursor, record, left, fault);
    kvi_cursor_close(cursor);
    return status;
}

kv_status kvi_pieces_range(kvi_txn *txn, const kvi_record *record, uint32_t page_size,
                           uint64_t offset, kv_status (*piece)(void *ctx, kv_slice bytes),
                           void *ctx, kvi_fault *fault)
{
    uint64_t size = piece_size_max(page_size), number = offset / size, at = number * size;
    kvi_move move = KVI_AT;
    kvi_cursor *cursor;
    kv_status status;

    if (record->piece_count != kvi_pieces_count(record->stored_size, page_size))
        return kvi_fault_set(fault, KVI_FAULT_RECORD_NONSENSE, 0);
    status = kvi_cursor_open(txn, KVI_PIECES, &cursor);
    if (status != KV_OK)
        return status;
    for (; at < record->stored_size && status == KV_OK; at += size) {
        kv_slice part;
        status = piece_take(cursor, move, record, number, true, &part, fault);
        if (status == KV_OK && part.size != kvi_number_least(size, record->stored_size - at))
            status = kvi_fault_set(fault, KVI_FAULT_PIECE_SIZE, number);
        if (status == KV_OK && offset > at)
            part = kvi_slice((const uint8_t *)part.data + (offset - at), part.size - (offset - at));
        if (status == KV_OK)
            status = piece(ctx, part);
        move = KVI_NEXT;
        number++;
    }
    kvi_cursor_close(cursor);
    return status;
}
