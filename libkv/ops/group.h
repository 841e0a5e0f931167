/**
 * Group commit: units that wait together share a transaction. A unit is what is committed in one
 * transaction or not at all: a batch, or all batches of a kv_commit() with KV_TOGETHER. Each batch
 * has its own verdicts. What happens when a transaction fails is drawn as a ladder at the head of
 * group.c.
 */
#ifndef KVI_GROUP_H
#define KVI_GROUP_H

#include "kv.h"
#include "ops/batch.h"
#include "ops/prepare.h"
#include "ops/queue.h"

/** A batch from kv_prepare() to its outcome. ops/commit makes and releases it. One thread at a
 * time: the caller's, and while the batch waits the one that leads its group. */
struct kv_prepared {
    kvi_queue_entry entry; /**< Its place in the queue; of the first batch of a unit: the unit's. */
    kv_prepared *next;     /**< The next batch of its unit; NULL: none. */
    kv_db *db;
    kvi_plan plan;        /**< Made once, then only read. */
    kv_verdict *verdicts; /**< The caller's, or in the plan's arena. */
    kvi_key_state *keys;  /**< What attempts work with. */
    kvi_attempt attempt;  /**< The newest one. */
    kv_report report;     /**< For the caller. */
    kv_status status;     /**< The outcome. */
    uint64_t swept;       /**< Expired rows removed for it, committed. */
    bool is_swept;        /**< Expired rows were removed for it before. */
    bool is_together;     /**< Prepared with KV_TOGETHER. */
    bool is_committed;    /**< It was given to kv_commit(): that works once. */
    uint32_t wait_ms;     /**< How long it may wait in the queue; 0: for ever. */
};

/** Write the units that the entries of a group are part of; each batch's status, verdicts and
 * report are set. Is the `run` of kvi_queue_run(): the thread has the turn and no lock. ctx: the
 * kv_db. */
void kvi_group_run(void *ctx, kvi_queue_entry *group);

#endif
