/**
 * A walk over the live keys of a namespace in byte order, one way, from a prefix or from a key:
 * what lists and counts are made of.
 */
#ifndef KVI_WALK_H
#define KVI_WALK_H

#include "codec/record.h"
#include "kv.h"
#include "ops/snapshot.h"

typedef struct kvi_walk {
    kv_snapshot *snapshot;
    kvi_cursor *cursor;
    kv_ns ns;
    bool is_reverse, is_started;
    uint8_t prefix[KV_KEY_SIZE_MAX], after[KV_KEY_SIZE_MAX];
    size_t prefix_size, after_size; /**< after_size 0: none. */
    uint64_t examined;              /**< Rows looked at. */
    kv_slice key;                   /**< The user's, of the row at hand. */
    uint8_t scratch[KV_KEY_SIZE_MAX];
} kvi_walk;

/** Over every key with a checked prefix, upwards. */
void kvi_walk_init(kvi_walk *w, kv_snapshot *snapshot, kv_ns ns, kv_slice prefix);
/** Begin behind this key, or before it in reverse. Empty: at the first. */
void kvi_walk_set_after(kvi_walk *w, kv_slice after);
/** Begin in w->snapshot. Ends with kvi_walk_close(). KV_OK; KV_CORRUPT; KV_NO_MEMORY. */
kv_status kvi_walk_open(kvi_walk *w);
/** Not being open is fine. */
void kvi_walk_close(kvi_walk *w);
/**
 * The next live record; w->key is its key. KV_OK; KV_NOT_FOUND (the end); KV_TOO_LARGE (examine_max
 * rows were looked at; 0: no bound); KV_CORRUPT: with a key (w->key.size > 0) the walk goes on,
 * without one it does not.
 */
kv_status kvi_walk_next(kvi_walk *w, kvi_record *record, uint64_t examine_max);

#endif
