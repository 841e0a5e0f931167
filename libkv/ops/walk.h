/**
 * A walk over the live keys of a namespace in byte order, one way, from a prefix or from a key:
 * what lists and counts are made of.
 */
#ifndef KVI_WALK_H
#define KVI_WALK_H

#include "codec/record.h"
#include "kv.h"
#include "ops/snapshot.h"

/** A walk; begin with kvi_walk_init(). One thread at a time. Do not copy: it points into itself. */
typedef struct kvi_walk {
    kv_snapshot *snapshot; /**< Outlives the cursor. */
    kvi_cursor *cursor;    /**< NULL: not open. */
    kv_ns ns;
    bool is_reverse; /**< Downwards; set by the caller before kvi_walk_open(). */
    bool is_started; /**< A row was looked at. */
    uint8_t prefix[KV_KEY_SIZE_MAX], after[KV_KEY_SIZE_MAX], end[KV_KEY_SIZE_MAX];
    size_t prefix_size, after_size, end_size; /**< after_size, end_size 0: none. */
    uint64_t examined;                        /**< Rows looked at. */
    kv_slice key;                             /**< The user's, of the row at hand. */
    uint8_t scratch[KV_KEY_SIZE_MAX];         /**< Where long keys are decoded. */
} kvi_walk;

/** Prepare a walk over every key with a checked prefix, upwards. */
void kvi_walk_init(kvi_walk *w, kv_snapshot *snapshot, kv_ns ns, kv_slice prefix);
/** Begin behind this key, or before it in reverse. An empty one: begin at the first key. */
void kvi_walk_set_after(kvi_walk *w, kv_slice after);
/** Stop before this key, in the walk's direction. An empty one: no end. */
void kvi_walk_set_end(kvi_walk *w, kv_slice end);
/** Begin in w->snapshot. End with kvi_walk_close(). KV_OK; a failure of LMDB (storage/txn.h). */
kv_status kvi_walk_open(kvi_walk *w);
/** End a walk; does nothing if it is not open. */
void kvi_walk_close(kvi_walk *w);
/**
 * The next live record; w->key is its key. Both are valid until the snapshot or the walk ends.
 *
 * @param examine_max  Rows that the walk may look at in all; 0: no bound.
 * Returns KV_OK; KV_NOT_FOUND (the end); KV_TOO_LARGE (examine_max was met); KV_CORRUPT: if
 * w->key.size > 0 that record is damaged and the walk can continue, otherwise it cannot; a failure
 * of LMDB.
 */
kv_status kvi_walk_next(kvi_walk *w, kvi_record *record, uint64_t examine_max);

#endif
