/**
 * `pieces`: sequence u64 BE + number u32 BE -> checksum u32, a part of a large stored value.
 *
 * Each part but the last has page size - 20 bytes: with its checksum one page exactly. The checksum
 * is the low half of XXH3 of the part, seeded with XXH3 of its LMDB key, so a part of the value can
 * be verified without the others. Written under rising sequences, never moved.
 */
#ifndef KVI_PIECES_H
#define KVI_PIECES_H

#include "codec/record.h"
#include "kv.h"
#include "storage/txn.h"

/** Stored forms above this go to pieces. Runs of contiguous pages fragment LMDB's free list. */
#define KVI_PIECES_THRESHOLD ((size_t)64 << 10)
#define KVI_PAGE_OVERHEAD 16 /**< LMDB's page header. */
#define KVI_PIECE_OVERHEAD 4 /**< The checksum. */

uint64_t kvi_pieces_count(uint64_t stored_size, uint32_t page_size);
/** Cut a stored form into pieces, all behind those that are there. Rows that cannot be there stop
 *  nobody: those of this sequence go, others stay. */
kv_status kvi_pieces_append(kvi_txn *txn, uint64_t sequence, kv_slice stored, uint32_t page_size);
/** Remove all pieces of a record. One that is missing is no failure: who reads is told, who removes
 *  wants it gone. */
kv_status kvi_pieces_remove(kvi_txn *txn, const kvi_record *record);
/** Give each piece in order to `piece`, which may stop it with a status of its own. is_verified:
 * each by its own checksum; without that the caller verifies the whole. Pieces that do not verify,
 * are missing, superfluous or of another size in all than the record says: KV_CORRUPT, after those
 * before the fault were given. */
kv_status kvi_pieces_each(kvi_txn *txn, const kvi_record *record, bool is_verified,
                          kv_status (*piece)(void *ctx, kv_slice bytes), void *ctx);

#endif
