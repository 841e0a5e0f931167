#include "ops/sweep_portion.h"

#include "base/slice.h"

#define PIECES_MAX 2048 /* Of large values, in one portion: some 8 MB, a page each. */

/* Pages that a portion leaves. Above the reserve that is half of what is above it, for the batch in
   the same transaction; else half of the rest, for the next portion. */
static uint64_t portion_room_kept(const kvi_room *room)
{
    if (room->pages > room->reserve)
        return room->reserve + (room->pages - room->reserve) / 2;
    return kvi_room_half(room);
}

kvi_sweep_portion kvi_sweep_portion_begin(kvi_rows *rows, uint64_t rows_max, kvi_reclaimed *done)
{
    return (kvi_sweep_portion){.rows = rows,
                               .done = done,
                               .rows_max = rows_max,
                               .room_kept = portion_room_kept(&rows->write->room)};
}

bool kvi_sweep_portion_may_continue(kvi_sweep_portion *p)
{
    if (p->handled < p->rows_max && p->piece_count <= PIECES_MAX)
        return true;
    p->is_over = p->done->has_more = true;
    return false;
}

/* Whether a value goes in parts. */
static bool portion_is_partial(const kvi_sweep_portion *p, const kvi_record *record)
{
    return p->rows->write->room.is_short && (record->flags & KVI_RECORD_PIECES) &&
           record->piece_count > KVI_SWEEP_PORTION_PIECES;
}

bool kvi_sweep_portion_charge(kvi_sweep_portion *p, const kvi_record *record)
{
    kvi_record part = record != NULL ? *record : (kvi_record){0};
    kvi_write_txn *write = p->rows->write;
    kvi_charge charge;

    if (portion_is_partial(p, &part))
        part.piece_count = KVI_SWEEP_PORTION_PIECES;
    charge = kvi_row_remove_charge(&part, kvi_slice(NULL, 0));
    charge.leaves[KVI_ROOM_VALUES] = KVI_ROW_REMOVE_LEAVES;
    if (!kvi_room_lists(&write->room, &charge) ||
        kvi_room_charge(&write->room, &charge, p->handled > 0 ? p->room_kept : 0) != KV_OK) {
        p->is_over = p->done->has_more = true;
        return false;
    }
    if (part.flags & KVI_RECORD_PIECES)
        p->piece_count += part.piece_count;
    p->handled++;
    p->done->handled++;
    write->is_dirty = true;
    return true;
}

kv_status kvi_sweep_portion_remove(kvi_sweep_portion *p, kv_slice values_key, size_t key_size,
                                   const kvi_record *record)
{
    uint64_t bytes = key_size + record->raw_size + record->metadata.size;
    uint64_t most = portion_is_partial(p, record) ? KVI_SWEEP_PORTION_PIECES : UINT64_MAX;
    bool has_more = false;
    kv_status status = most == UINT64_MAX ? kvi_row_remove(p->rows, values_key, key_size, record)
                                          : kvi_row_remove_part(p->rows, values_key, key_size,
                                                                record, most, &has_more);

    if (status != KV_OK)
        return status;
    if (has_more) {
        p->is_over = p->done->has_more = true;
        return KV_OK;
    }
    p->done->rows++;
    p->done->bytes += bytes;
    return KV_OK;
}
