/**
 * `pieces`: sequence u64 BE + number u32 BE -> a part of a large stored value, each but the last
 * page size - 16 bytes: one page exactly. Appended under rising sequences, never moved.
 */
#ifndef KVI_PIECES_H
#define KVI_PIECES_H

#include "codec/record.h"
#include "kv.h"
#include "storage/txn.h"

/** Stored forms above this go to pieces. Runs of contiguous pages fragment LMDB's free list. */
#define KVI_PIECES_THRESHOLD ((size_t)64 << 10)
#define KVI_PAGE_OVERHEAD 16 /**< LMDB's page header. */

uint64_t kvi_pieces_count(uint64_t stored_size, uint32_t page_size);
kv_status kvi_pieces_append(kvi_txn *txn, uint64_t sequence, kv_slice stored, uint32_t page_size);
/** Remove all pieces of a record. One that is missing is passed over: who reads is told, who
 *  removes wants it gone. */
kv_status kvi_pieces_remove(kvi_txn *txn, const kvi_record *record);
/** Give each piece in order to `piece`, which may stop it with a status of its own. Pieces that are
 *  missing, superfluous or of another size in all than the record says: KV_CORRUPT. */
kv_status kvi_pieces_each(kvi_txn *txn, const kvi_record *record,
                          kv_status (*piece)(void *ctx, kv_slice bytes), void *ctx);

#endif
