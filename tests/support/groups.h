/* Groups of keys that carry one number, written in one batch: a snapshot that finds two numbers in
 * a group has seen half a batch. And amounts that move between two namespaces. Nothing here judges,
 * so threads and children may call it. */
#ifndef SUPPORT_GROUPS_H
#define SUPPORT_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "kv.h"

#define GROUP_KEYS 12
#define GROUP_TORN UINT64_MAX

/** Whether all keys of the group were written. */
bool group_write(kv_db *db, kv_ns ns, unsigned group, uint64_t number);
/** The number of a group; 0: it was never written; GROUP_TORN: its keys differ, or one failed. */
uint64_t group_read(kv_snapshot *snapshot, kv_ns ns, unsigned group);

/** Move an amount from the key "amount" of the second namespace to that of the first, in one
 *  commit with KV_TOGETHER. Whether both were written. */
bool amount_move(kv_db *db, const kv_ns ns[2], int64_t amount);
/** Whether what the first namespace gained the second lost; absent is 0. */
bool amounts_agree(kv_snapshot *snapshot, const kv_ns ns[2]);

#endif
