/**
 * The features of a store: what a library must know to work on it, a bit each, in three words.
 *
 *     compatible       a library that does not know one may read and write
 *     read_compatible  one that does not know it may only read
 *     incompatible     one that does not know it may not open the store
 *
 * A bit gets its name here before a version uses it; no library may set a bit that it does not
 * know. A bit that takes a right from older libraries is only set in a new generation, which none
 * of them can have open. On disk: do not renumber.
 */
#ifndef KVI_FEATURES_H
#define KVI_FEATURES_H

#include "kv.h"

#include <stdbool.h>

/** The words of a store, as explained above. */
typedef struct kvi_features {
    uint64_t compatible, read_compatible, incompatible;
} kvi_features;

#define KVI_FEATURES_WHY_MAX 160 /**< Bytes of `why`, with its end. */

/**
 * Whether this version may open a store with these features.
 *
 * @param may_write  The handle is to write.
 * @param why        With KV_UNSUPPORTED: what this version lacks, to follow the store's name in a
 *                   message.
 * Returns KV_OK; KV_UNSUPPORTED.
 */
kv_status kvi_features_check(const kvi_features *features, bool may_write,
                             char why[KVI_FEATURES_WHY_MAX]);

#endif
