/**
 * `pieces`: sequence u64 BE + number u32 BE -> checksum u32, a part of a large stored value.
 *
 * Each part but the last has page size - 20 bytes: with its checksum one page exactly. The checksum
 * is the low half of XXH3 of the part, seeded with XXH3 of its LMDB key, so a part of the value can
 * be verified without the others. Written under rising sequences, never moved.
 */
#ifndef KVI_PIECES_H
#define KVI_PIECES_H

#include "base/fault.h"
#include "codec/record.h"
#include "kv.h"
#include "storage/txn.h"

/** A stored value of more bytes goes into pieces: runs of contiguous pages fragment LMDB's free
 *  list. */
#define KVI_PIECES_THRESHOLD ((size_t)64 << 10)
#define KVI_PAGE_OVERHEAD 16 /**< Bytes of LMDB's page header. */
#define KVI_PIECE_OVERHEAD 4 /**< Bytes of the checksum. */

/** How many pieces, of a page each, a stored value of that size in bytes takes. */
uint64_t kvi_pieces_count(uint64_t stored_size, uint32_t page_size);
/** Write a stored value as pieces, behind all that are there. If damage left rows behind that
 * place, those of this sequence are removed and others stay. KV_OK; a failure of LMDB
 * (storage/txn.h). */
kv_status kvi_pieces_append(kvi_txn *txn, uint64_t sequence, kv_slice stored, uint32_t page_size);
/**
 * Remove pieces of a record, the first ones first. It does not matter if some are missing.
 *
 * @param most          Pieces to remove at most.
 * @param has_more_out  Some are left.
 * Returns KV_OK; a failure of LMDB.
 */
kv_status kvi_pieces_remove(kvi_txn *txn, const kvi_record *record, uint64_t most,
                            bool *has_more_out);
/**
 * Call `piece` with the bytes of each piece of a record, in order; they are valid during the call.
 *
 * @param is_verified  Check each piece by its own checksum first. Otherwise the caller verifies the
 *                     whole value.
 * @param piece        Any status but KV_OK stops.
 * @param fault        Set if a piece is why it is KV_CORRUPT. NULL: not wanted.
 * Returns KV_OK; what `piece` returned; KV_CORRUPT, once the pieces before the fault were given: a
 * piece is damaged or missing, or their sizes are not what the record says; a failure of LMDB.
 */
kv_status kvi_pieces_each(kvi_txn *txn, const kvi_record *record, bool is_verified,
                          kv_status (*piece)(void *ctx, kv_slice bytes), void *ctx,
                          kvi_fault *fault);
/**
 * The same from an offset on, without looking at the pieces before it. Each piece is verified by
 * its own checksum, and must have the size that a writer gives it. Whether there are pieces behind
 * the last one is not asked.
 *
 * @param page_size  Of the file.
 * @param offset     In the stored bytes, below record->stored_size.
 * @param piece      Gets what the first piece has from the offset on, then whole pieces.
 * Returns as kvi_pieces_each().
 */
kv_status kvi_pieces_range(kvi_txn *txn, const kvi_record *record, uint32_t page_size,
                           uint64_t offset, kv_status (*piece)(void *ctx, kv_slice bytes),
                           void *ctx, kvi_fault *fault);

#endif
