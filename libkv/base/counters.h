/** What this process did since open: relaxed atomics. */
#ifndef KVI_COUNTERS_H
#define KVI_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct kvi_counters {
    _Atomic(uint64_t) batches, written, failed, bytes_given, bytes_stored, commits, commits_failed,
        swept, busy, readers_cleared, prepare_us, wait_us, apply_us, sync_us;
} kvi_counters;

static inline void kvi_counter_add(_Atomic(uint64_t) *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/** The same for a counter of one writer at a time: no atomic read-modify-write. */
static inline void kvi_counter_add_alone(_Atomic(uint64_t) *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

static inline uint64_t kvi_counter_get(const _Atomic(uint64_t) *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
