/**
 * Waking threads that sleep until something happens: a counter of events that they sleep on (a
 * futex). Nothing is lost: a sleep does not begin if there was an event since the counter was read.
 */
#ifndef KVI_WAKEUP_H
#define KVI_WAKEUP_H

#include <stdatomic.h>
#include <stdint.h>

/** What threads sleep on. Zeroed: no event yet, no sleepers. */
typedef struct kvi_wakeup {
    _Atomic(uint32_t) events;   /**< Goes up with each event, and around. */
    _Atomic(uint32_t) sleepers; /**< Threads between enter and leave. */
} kvi_wakeup;

/** A thread announces that it may sleep. Before its first look at what it waits for. */
void kvi_wakeup_enter(kvi_wakeup *wakeup);
/** It will sleep no more. */
void kvi_wakeup_leave(kvi_wakeup *wakeup);
/** The number of events so far. Read it before looking at what is waited for. */
uint32_t kvi_wakeup_events(const kvi_wakeup *wakeup);
/** Sleep until there is another event than those, or for that many microseconds; sometimes less.
 *  Returns at once if there was one already. */
void kvi_wakeup_sleep(kvi_wakeup *wakeup, uint32_t events, uint64_t us);
/** There is an event: wake all sleepers. Call it after the event, so that a thread that wakes
 *  finds it. Costs no system call if no thread may sleep. Async-signal-safe. */
void kvi_wakeup_all(kvi_wakeup *wakeup);

#endif
