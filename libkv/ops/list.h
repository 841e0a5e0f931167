/**
 * Lists: live keys in byte order, from a cursor in the caller's snapshot, or (KV_LIST_RENEW) from
 * buffers that are each filled in a short snapshot of the list's own.
 */
#ifndef KVI_LIST_H
#define KVI_LIST_H

#include "kv.h"
#include "ops/snapshot.h"

/** Whether bytes can be a prefix or a cursor. KV_OK; KV_KEY_MALFORMED; KV_KEY_TOO_LONG. */
kv_status kvi_list_part_check(kv_slice part);
/** `options` are complete and checked. */
kv_status kvi_list_begin(kv_snapshot *snapshot, kv_ns ns, const kv_list_options *options,
                         kv_list **list_out);
kv_status kvi_list_next(kv_list *list, kv_entry *out);
void kvi_list_end(kv_list *list);
kv_status kvi_list_count(kv_snapshot *snapshot, kv_ns ns, kv_slice prefix, uint64_t examine_max,
                         uint64_t *count_out, bool *is_complete_out);

#endif
