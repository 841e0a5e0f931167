/**
 * The part of a batch that needs no lock: each pair checked by its own rules, its key encoded, its
 * value compressed and checksummed, the pairs grouped by key in key order.
 */
#ifndef KVI_PREPARE_H
#define KVI_PREPARE_H

#include "base/arena.h"
#include "codec/record.h"
#include "kv.h"
#include "ops/db.h"
#include "ops/queue.h"

/** An operation that passed its own checks. */
typedef struct kvi_item {
    kv_slice values_key;
    kv_slice stored; /**< Borrowed from the caller when raw, else in the arena. */
    uint64_t payload_checksum;
    uint64_t bytes; /**< Key, value and metadata, as quota counts. */
    int64_t deadline;
    uint32_t index;     /**< In ops. */
    uint32_t key_index; /**< In keys. */
    uint8_t codec;
    bool expires;
} kvi_item;

/** The operations on one key. The fields below the line are made anew by each apply. */
typedef struct kvi_key_ops {
    uint32_t first, count; /**< In kv_prepared.sorted. */
    /* --- */
    kvi_record old;           /**< Valid with `present`; its slices only until the next write. */
    kv_status status;         /**< Of reading the old record: a damaged one fails its operations. */
    bool present, was_live;   /**< A row is there; it has not expired. */
    bool live;                /**< After the operations decided so far. */
    bool pending;             /**< Some of them changed it... */
    bool is_deleted;          /**< ...the last one by deleting it. */
    uint64_t version;         /**< The live one; not known yet when pending. */
    uint64_t bytes;           /**< What quota counts for it now. */
    const kvi_item *value;    /**< The put whose value it has; NULL: the old one. */
    const kvi_item *deadline; /**< The put or touch whose deadline it has; NULL: the old one. */
} kvi_key_ops;

struct kv_prepared {
    kvi_queue_entry entry;
    kv_db *db;
    kv_ns ns;
    const kv_op *ops;
    size_t count;
    kv_verdict *verdicts; /**< The caller's, or in the arena. */
    int64_t now;
    kvi_arena arena;
    kvi_item *items; /**< In input order. */
    size_t item_count;
    uint32_t *sorted;  /**< Items by key, then by input order. */
    kvi_key_ops *keys; /**< In key order. */
    size_t key_count;
    uint64_t bytes;        /**< Of all items: what quota may come to count. */
    uint64_t given_bytes;  /**< Of the puts among them. */
    uint64_t stored_bytes; /**< Of all items' stored forms. */
    uint64_t queued_bytes; /**< Memory that it stands for while it waits. */
    uint32_t write_wait_ms;
    uint64_t swept;    /**< Due rows removed along with it, committed. */
    uint64_t sweeping; /**< And in the transaction that it is part of now. */
    bool is_committed; /**< A batch is committed once. */
    bool is_swept;     /**< What was due was swept for it already. */
    bool wants_sweep;  /**< Apply says: sweep first, then try again. */
    kv_status status;  /**< Outcome. */
    kv_report report;
};

/** `limits` are complete, and the count keeps to them. verdicts may be NULL. KV_OK;
 *  KV_BATCH_TOO_LARGE; KV_NO_MEMORY. */
kv_status kvi_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count, const kv_limits *limits,
                      kv_verdict *verdicts, kv_prepared **prepared_out);
void kvi_prepared_free(kv_prepared *prepared);
/** Every verdict says that nothing was written, and why. */
void kvi_prepared_fail(kv_prepared *prepared, kv_status status);
/** Count the verdicts into the report. */
void kvi_prepared_count(kv_prepared *prepared);

#endif
