/**
 * A write transaction of the store: LMDB's, with row 0 of `usage` loaded, the change log taken up
 * and the room known. Only who has the queue's turn may begin one.
 */
#ifndef KVI_WRITE_H
#define KVI_WRITE_H

#include "kv.h"
#include "ops/db.h"
#include "storage/txn.h"
#include "tables/changes.h"
#include "tables/usage.h"

/** Pages kept for deletes and sweeps when the map or the disk is full. */
#define KVI_RESERVE_PAGES 256

/** What is left of the file for this transaction. */
typedef struct kvi_room {
    bool is_short;    /**< Near the cap: every operation is charged. */
    kv_status status; /**< What a refused operation answers: KV_STORE_FULL or KV_DISK_FULL. */
    uint64_t pages;   /**< For puts: tail and free list, without the reserve. */
    uint64_t tail;    /**< For runs of contiguous pages: the tail only, without the reserve. */
    uint64_t reserve; /**< For deletes, once `pages` is used up. */
    uint64_t copies;  /**< Tree pages not yet charged: a transaction copies each once at most. */
} kvi_room;

/** What one operation takes at worst. */
typedef struct kvi_charge {
    uint64_t copies; /**< Pages of paths that it may copy. */
    uint64_t fresh;  /**< Single pages that it adds. */
    uint64_t run;    /**< Contiguous pages that it adds. */
    bool is_delete;  /**< May use the reserve. */
    uint64_t splits; /**< Single pages that it adds where it meets full ones. */
    uint64_t size;   /**< Bytes that it puts there. */
} kvi_charge;

/**
 * A row can split a page in each table, but as a rule many share one. For a batch that the worst
 * case leaves no room, splits are charged by the bytes of its rows, and counted as it is written:
 * if there are more than there is room for, the transaction is given up.
 */
typedef struct kvi_estimate {
    bool is_allowed;    /**< By who can run the transaction again, reckoning the worst. */
    bool is_on, was_on; /**< For the batch in hand; for some batch of the transaction. */
    uint64_t share;     /**< Bytes for which a page is charged. */
    uint64_t size;      /**< Bytes charged. */
    uint64_t pages;     /**< Charged for splits that did not happen yet. */
    uint64_t tables[3]; /**< Pages of the tables when last counted. */
} kvi_estimate;

/** What a transaction will do, for its room and its sync. */
typedef struct kvi_need {
    uint64_t operations;
    uint64_t payload_bytes;
    bool harden; /**< Commit with the synced meta write, whatever the handle's level. */
} kvi_need;

typedef struct kvi_write {
    kv_db *db;
    kvi_txn *txn;
    kv_settings settings;
    kvi_usage_store store;
    kvi_changes log;
    kvi_room room;
    kvi_estimate estimate;
    kvi_token token;
    int64_t now;   /**< For trimming and namespaces. */
    bool was_lazy; /**< There are commits that are not hardened. */
    bool is_lost;  /**< Those are of an earlier boot: some may have been lost. */
    bool is_dirty; /**< Something was written: worth a commit. */
} kvi_write;

/**
 * KV_OK; KV_READ_ONLY; KV_MOVED; KV_LOCK_LOST; KV_CORRUPT; KV_NO_MEMORY; KV_IO; KV_REOPEN_NEEDED.
 * On failure nothing is left to abort. Calls the clock and, now and then, the log hook.
 */
kv_status kvi_write_begin(kv_db *db, kvi_need need, kvi_write **write_out, kv_error *error);
/** The same at a given time, and without any callback. */
kv_status kvi_write_begin_at(kv_db *db, kvi_need need, int64_t now, kvi_write **write_out,
                             kv_error *error);
/** Charge an operation, near the cap only. KV_OK, or why there is no room: then nothing is taken.
 */
kv_status kvi_write_charge(kvi_write *write, kvi_charge charge);
/** Go by an estimate for the batch in hand, until estimate.is_on is reset. */
kv_status kvi_write_estimate_begin(kvi_write *write);
/** After each key that is written: count its splits. KV_OK; room.status: too many, abort. */
kv_status kvi_write_estimate_count(kvi_write *write);
/** Take the next sequence for a change and log it. */
kv_status kvi_write_log(kvi_write *write, kv_change *change);
/** Commit; sync_us_out optional. Nothing dirty: abort, KV_OK. KV_COMMIT_UNKNOWN; any other: nothing
 *  was written. */
kv_status kvi_write_commit(kvi_write *write, uint64_t *sync_us_out);
void kvi_write_abort(kvi_write *write);

#endif
