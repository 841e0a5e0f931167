/** What this process did since open: relaxed atomics. Any thread may add to and read them. */
#ifndef KVI_COUNTERS_H
#define KVI_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/** The counters of a handle: kv_stats.process_..., where each is explained. */
typedef struct kvi_counters {
    _Atomic(uint64_t) batches, written, failed;     /**< Batches; operations. */
    _Atomic(uint64_t) bytes_given, bytes_stored;    /**< Of batches that were written. */
    _Atomic(uint64_t) commits, commits_failed;      /**< Transactions. */
    _Atomic(uint64_t) swept, busy, readers_cleared; /**< Rows; refusals; slots. */
    _Atomic(uint64_t) prepare_us, wait_us;          /**< Microseconds, of all threads. */
    _Atomic(uint64_t) apply_us, sync_us;            /**< Microseconds, of all threads. */
} kvi_counters;

/** Add to a counter. */
static inline void kvi_counter_add(_Atomic(uint64_t) *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/** The same, cheaper, for a counter that only one thread at a time adds to. */
static inline void kvi_counter_add_alone(_Atomic(uint64_t) *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

/** The value of a counter. */
static inline uint64_t kvi_counter_get(const _Atomic(uint64_t) *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
