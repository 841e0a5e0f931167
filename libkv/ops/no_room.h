/** Why a batch found no room, in words for its report. */
#ifndef KVI_NO_ROOM_H
#define KVI_NO_ROOM_H

#include "kv.h"
#include "ops/batch.h"
#include "ops/db.h"

/**
 * Explain KV_STORE_FULL or KV_DISK_FULL: name the process whose snapshot keeps the room, else say
 * how many of the batch's deletes fit. If neither is the reason, *error stays as it is. In the
 * queue's turn, outside write transactions.
 *
 * @param attempt  The newest of the batch, whose outcome is `status`.
 */
void kvi_no_room_explain(kv_db *db, kv_status status, const kvi_attempt *attempt, kv_error *error);

#endif
