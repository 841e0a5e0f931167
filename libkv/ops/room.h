/**
 * Room: the pages that the file can still take in one write transaction.
 *
 * If the map is full LMDB kills the transaction, so libkv counts pages itself. Far from the
 * cap nothing is counted. Near it every operation is charged what LMDB may take for it: copies of
 * leaves and branches (a transaction copies a page once), pages of its own, contiguous runs, which
 * only the unused end of the file is sure to give, and splits.
 *
 * Room is LMDB's free list, as far as no reader pins it, and the end of the file. Puts leave a
 * reserve of both together. So a delete always finds at least the reserve: it copies pages, and the
 * pages that it frees can be used two transactions later.
 *
 * At worst each row splits a page in each table, a hundred times what rows take as a rule. So
 * splits are estimated by the bytes of the rows, and counted while they happen: if there are more
 * than there is room for, the transaction is aborted and run again with the worst case.
 */
#ifndef KVI_ROOM_H
#define KVI_ROOM_H

#include "kv.h"
#include "storage/free_pages.h"
#include "storage/txn.h"

#include <stdbool.h>

/** The trees of which operations copy pages. */
typedef enum kvi_room_tree {
    KVI_ROOM_VALUES,
    KVI_ROOM_EXPIRY,
    KVI_ROOM_PIECES,
    KVI_ROOM_TREES /**< How many there are. */
} kvi_room_tree;

/** What a transaction is going to write. */
typedef struct kvi_need {
    uint64_t operations;    /**< Rows of `values`, at most. */
    uint64_t touches;       /**< Those of them that write what a row holds anew. */
    uint64_t payload_bytes; /**< Of stored values that are put. */
    bool is_hardened;       /**< Commit with the synced meta write, whatever the handle's level. */
} kvi_need;

/** What one operation may take. */
typedef struct kvi_charge {
    uint64_t leaves[KVI_ROOM_TREES]; /**< Leaves that it changes, each next to the others. */
    uint64_t fresh;                  /**< Single pages that it adds. */
    uint64_t run;                    /**< Contiguous pages that it adds. */
    uint64_t splits;                 /**< Single pages that it adds where it meets full ones. */
    uint64_t size;                   /**< Bytes that it puts into pages that rows share. */
    uint64_t freed;                  /**< Pages of its own that it gives back. */
} kvi_charge;

/** The room of one write transaction. Copy it to undo charges. */
typedef struct kvi_room {
    bool is_short;       /**< Near the cap: operations are charged. */
    bool is_estimated;   /**< Splits are charged by bytes and counted. */
    kv_status status;    /**< Status of a refused operation: KV_STORE_FULL or KV_DISK_FULL. */
    uint64_t pages;      /**< Pages that LMDB can still hand out. */
    uint64_t tail;       /**< Those of them that are contiguous, behind the highest page used. */
    uint64_t reserve;    /**< Those of them that puts leave. */
    uint64_t waiting;    /**< Other pages: the newest commit freed them, and they can be used once
                              another one is done. */
    uint64_t freed;      /**< Pages that the transaction gives back, copied ones among them. */
    uint64_t split_size; /**< Bytes for which a split is charged. */
    struct {
        uint64_t branches, leaves; /**< Pages not charged yet. */
        uint32_t depth;            /**< Levels. */
    } trees[KVI_ROOM_TREES];       /**< As they were at the beginning. */
    uint64_t size;                 /**< Bytes charged by an estimate. */
    uint64_t splits;     /**< Pages charged by an estimate for splits that did not happen yet. */
    uint64_t counted[3]; /**< Pages of the tables whose splits are counted, at the last count. */
} kvi_room;

/** The reserve of a file of at most `pages` pages, in pages. */
uint64_t kvi_room_reserve(uint64_t pages);
/**
 * Extend the file for what is needed, and find out how much room there is.
 *
 * @param may_estimate  Splits may be estimated: the caller can run the transaction again with the
 *                      worst case.
 * @param pinned        As for kvi_free_pages_count().
 * Returns KV_OK, also if there is hardly any room; KV_NO_MEMORY; KV_IO; KV_BUSY (reader table
 * full).
 */
kv_status kvi_room_begin(kvi_room *room, kvi_env *env, kvi_txn *txn, const kvi_need *need,
                         bool may_estimate, kvi_pinned *pinned);
/**
 * Charge an operation.
 *
 * @param kept  Pages that must be left: room->reserve for an operation that adds data,
 *              kvi_room_half() for one of several removals, 0 for a single removal.
 * Returns KV_OK; room->status: there is no room, and nothing was charged.
 */
kv_status kvi_room_charge(kvi_room *room, const kvi_charge *charge, uint64_t kept);
/** Pages that a transaction which removes several rows leaves to the next one, which cannot use yet
 *  what this one frees. Ask before the first charge. */
uint64_t kvi_room_half(const kvi_room *room);
/** Whether LMDB can list in one page what the transaction gives back, with this charge: it lists
 *  that in one row, and a longer one takes contiguous pages, which there may not be. */
bool kvi_room_lists(const kvi_room *room, const kvi_charge *charge);
/** Whether a commit would give so much room that it is worth one of its own. */
bool kvi_room_is_waiting(const kvi_room *room);
/** After rows were written: count the splits that happened. KV_OK; room->status: there were more
 * than there is room for, abort the transaction; KV_CORRUPT. */
kv_status kvi_room_count(kvi_room *room, kvi_txn *txn);

#endif
