/**
 * Group commit: batches that wait together share a transaction, each with its own verdicts and its
 * own atomicity. What to do when that fails is a ladder, drawn at the head of group.c.
 */
#ifndef KVI_GROUP_H
#define KVI_GROUP_H

#include "kv.h"
#include "ops/batch.h"
#include "ops/prepare.h"
#include "ops/queue.h"

/** A batch from kv_prepare() to its outcome. ops/commit makes and releases it. */
struct kv_prepared {
    kvi_queue_entry entry;
    kv_db *db;
    kvi_plan plan;        /**< Made once, then only read. */
    kv_verdict *verdicts; /**< The caller's, or in the plan's arena. */
    kvi_key_state *keys;  /**< What attempts work with. */
    kvi_attempt attempt;  /**< The newest. */
    kv_report report;     /**< For the caller. */
    kv_status status;     /**< Outcome. */
    uint64_t swept;       /**< Expired rows removed for it, committed. */
    bool is_swept;        /**< What had expired was swept for it already. */
    bool is_committed;    /**< A batch is committed once. */
    uint32_t wait_ms;     /**< How long it may wait in the queue; 0: for ever. */
};

/** Write the batches of a group, whose entries are theirs: each one's status, verdicts and report
 *  are set. For kvi_queue_run(): the thread has the turn and no lock. ctx: the kv_db. */
void kvi_group_run(void *ctx, kvi_queue_entry *group);
/**
 * One transaction of its own, by the thread that has the turn: `fill` writes into it and sets
 * is_dirty; then it is committed, or aborted if fill fails.
 *
 * Returns KV_OK; fill's status; as kvi_write_txn_begin() and kvi_write_txn_commit().
 */
kv_status kvi_group_write(kv_db *db, kvi_need need,
                          kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx,
                          kv_error *error);

#endif
