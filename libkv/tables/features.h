/**
 * The features of a store: what a library must know to work on it, a bit each, in three words.
 *
 *     compatible       a library that does not know one may read and write
 *     read_compatible  one that does not know it may only read
 *     incompatible     one that does not know it may not open the store
 *
 * The names of bits are reserved here before a version makes use of them; no library may set one
 * that it does not know. A bit that takes a right from older libraries is set where none of them
 * can have the store open: in a new generation. On disk: do not renumber.
 */
#ifndef KVI_FEATURES_H
#define KVI_FEATURES_H

#include "kv.h"

#include <stdbool.h>

typedef struct kvi_features {
    uint64_t compatible, read_compatible, incompatible;
} kvi_features;

#define KVI_FEATURES_WHY_MAX 160

/**
 * Whether this version may open a store with these features. KV_OK; KV_UNSUPPORTED: `why` then says
 * what it lacks, to stand behind the store's name in a message.
 */
kv_status kvi_features_check(const kvi_features *features, bool may_write,
                             char why[KVI_FEATURES_WHY_MAX]);

#endif
