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

/** What a key is after the operations decided so far. */
typedef struct kvi_key_value {
    bool is_live;
    bool is_deleted;      /**< The last operation that changed it deleted it. */
    bool is_sum;          /**< Its value is the text of `number`. */
    bool has_deadline;    /**< `deadline` is set. */
    int64_t deadline;     /**< Unix seconds. */
    int64_t number;       /**< With is_sum. */
    uint64_t bytes;       /**< What quota counts for it. */
    kv_slice metadata;    /**< Of the old record, until the transaction writes; or of the put. */
    const kvi_item *put;  /**< The last put, whose value it has unless is_sum; NULL: none since the
                               old record or a delete. */
    const kvi_item *last; /**< The last operation that changed it; NULL: none. */
} kvi_key_value;

/** The state of a key while its operations are decided: made anew by each attempt. */
typedef struct kvi_key_state {
    kvi_record old;          /**< Valid with is_present. */
    kv_status status;        /**< Of reading the old record: a damaged one fails its operations. */
    kv_status number_status; /**< Of reading the old value as a number, for additions. */
    int64_t number;          /**< The old value's, with KV_OK. */
    bool is_present;         /**< A row is there. */
    bool was_live;           /**< Before the batch. */
    uint8_t leaves;          /**< Of `values`: 1, or 2 if it is not sure in which one the key is. */
    uint8_t charged;         /**< Of a leaf's first key: how many of its leaves were charged. */
    kvi_placement placement; /**< Of the stored value. */
    uint32_t leaf;           /**< The first key of this batch in the same leaf. */
    uint64_t version;        /**< Before the batch; 0: absent. */
    kvi_key_value now;       /**< As it is after the operations decided so far. */
} kvi_key_state;

/** Whether a value is written: else the old one stays, or the key is deleted. */
static inline bool kvi_key_value_is_new(const kvi_key_value *value)
{
    return value->is_sum || value->put != NULL;
}

/** What decides the operations of a batch. Begin with zeros but for the first part. */
typedef struct kvi_decision {
    const kvi_plan *plan;
    kvi_key_state *keys;  /**< Of plan->keys, as they were read. */
    kv_verdict *verdicts; /**< plan->count of them: those of the plan's items are set. */
    kvi_rows *rows;
    uint64_t capacity; /**< Of the namespace. */

    uint64_t used;             /**< Of the namespace, after the operations decided so far. */
    uint64_t deletes_leave;    /**< Pages that deletes leave to the next transaction. */
    uint64_t deletes_fit;      /**< Deletes there was room for. */
    bool is_short_for_puts;    /**< The file had no room for some put or touch... */
    bool is_short_for_deletes; /**< ...for some delete. */
} kvi_decision;

/** Decide all operations: verdicts and the keys' states are set. Near the cap the transaction's
 * room is charged. */
void kvi_verdict_decide(kvi_decision *d);

#endif
