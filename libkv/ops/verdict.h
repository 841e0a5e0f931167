/**
 * The verdict for each operation of a batch, decided in input order: its condition, the quota, the
 * room in the file. A decision depends on the operations before it, so each key has a state.
 */
#ifndef KVI_VERDICT_H
#define KVI_VERDICT_H

#include "codec/record.h"
#include "kv.h"
#include "ops/prepare.h"
#include "ops/row.h"

/** The version of what the batch is going to write: not known yet. */
#define KVI_VERSION_PENDING UINT64_MAX

/** The state of a key while its operations are decided: made anew by each attempt. */
typedef struct kvi_key_state {
    kvi_record old;          /**< Valid with is_present. */
    kv_status status;        /**< Of reading the old record: a damaged one fails its operations. */
    bool is_present;         /**< A row is there. */
    bool was_live, is_live;  /**< Before, and after the operations decided so far. */
    bool is_changed;         /**< Some of them changed it... */
    bool is_deleted;         /**< ...the last one by deleting it. */
    uint8_t leaves;          /**< Of `values`: 1, or 2 if it is not sure in which one the key is. */
    uint8_t charged;         /**< Of a leaf's first key: how many of its leaves were charged. */
    kvi_placement placement; /**< Of the stored value. */
    uint32_t leaf;           /**< The first key of this batch in the same leaf. */
    uint64_t version;        /**< The live one; not known yet when is_changed. */
    uint64_t bytes;          /**< What quota counts for it now. */
    const kvi_item *value;   /**< The put whose value it has; NULL: the old one. */
    const kvi_item *deadline; /**< The put or touch whose deadline it has; NULL: the old one. */
} kvi_key_state;

/** What decides the operations of a batch. Begin with zeros but for the first part. */
typedef struct kvi_decision {
    const kvi_plan *plan;
    kvi_key_state *keys;  /**< Of plan->keys, as they were read. */
    kv_verdict *verdicts; /**< plan->count of them: those of the plan's items are set. */
    kvi_rows *rows;
    uint64_t capacity; /**< Of the namespace. */

    uint64_t used;             /**< As the namespace stands after the operations decided so far. */
    uint64_t deletes_leave;    /**< Pages that deletes leave to the next transaction. */
    uint64_t deletes_fit;      /**< Deletes there was room for. */
    bool is_short_for_puts;    /**< The file had no room for some put or touch... */
    bool is_short_for_deletes; /**< ...for some delete. */
} kvi_decision;

/** Decide all operations: verdicts and the keys' states are set. Near the cap the transaction's
 * room is charged. */
void kvi_verdict_decide(kvi_decision *d);

#endif
