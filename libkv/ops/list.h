/**
 * Lists: live keys in byte order, from a cursor in the caller's snapshot, or (KV_LIST_RENEW) from
 * buffers that are each filled in a short snapshot of the list's own.
 */
#ifndef KVI_LIST_H
#define KVI_LIST_H

#include "kv.h"
#include "ops/snapshot.h"

/** Whether bytes can be a prefix, a cursor or an end; no bytes can. KV_OK; KV_KEY_MALFORMED;
 *  KV_KEY_TOO_LONG. */
kv_status kvi_list_part_check(kv_slice part);
/** As kv_list_begin(). `options` are complete and checked; what they point to is copied. End the
 * list with kvi_list_end(). */
kv_status kvi_list_begin(kv_snapshot *snapshot, kv_ns ns, const kv_list_options *options,
                         kv_list **list_out);
/** As kv_list_next(). */
kv_status kvi_list_next(kv_list *list, kv_entry *out);
/** As kv_list_end(). */
void kvi_list_end(kv_list *list);
/**
 * Count live keys with a checked prefix.
 *
 * @param examine_max      Rows to look at, at most; 0: no bound.
 * @param is_complete_out  False: the bound was met, and *count_out is of the rows before it.
 * Returns KV_OK; KV_NAMESPACE_NOT_FOUND; KV_CORRUPT; a failure of LMDB (storage/txn.h).
 */
kv_status kvi_list_count(kv_snapshot *snapshot, kv_ns ns, kv_slice prefix, uint64_t examine_max,
                         uint64_t *count_out, bool *is_complete_out);

#endif
