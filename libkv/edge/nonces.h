/**
 * Nonces seen, so that no signed request is done twice. Bounded: when it is full of nonces whose
 * time stamps could still be sent again, it takes no more and says so; it never forgets early.
 * Layer edge. Threads: any (a mutex of its own).
 *
 * A nonce takes 32 bytes, and 4 to 8 of its chain's head. That is address space until it is used:
 * a table's memory grows to what the busiest time needed, and stays. A time stamp can be sent again
 * for 15 minutes by a client whose clock is right, for 30 by one that is 15 minutes ahead; so it
 * gets full at count_max / 900 (or 1,800) signed requests a second that keep coming.
 */
#ifndef KVI_EDGE_NONCES_H
#define KVI_EDGE_NONCES_H

#include "kv.h"

/** Opaque. */
typedef struct kvi_nonces kvi_nonces;

/** Owned: kvi_nonces_free(). count_max 0 is 1. NULL: no memory, or no randomness for the seed of
 * its hash. */
kvi_nonces *kvi_nonces_create(uint32_t count_max);
/** NULL is fine. */
void kvi_nonces_free(kvi_nonces *nonces);
/**
 * Remember a key id's nonce until `until` has passed (Unix seconds, inclusive). It is kept as a
 * seeded 128-bit hash. If the clock went back, a nonce that would expire no later than one
 * already forgotten counts as seen: it may be the forgotten one.
 * KV_OK: new; KV_VERSION_MISMATCH: seen before; KV_BUSY: full; KV_NO_MEMORY.
 */
kv_status kvi_nonces_add(kvi_nonces *nonces, kv_slice key_id, kv_slice nonce, int64_t now,
                         int64_t until);

#endif
