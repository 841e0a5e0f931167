/* A thread inside kv_changes_wait(), for ever. */
#ifndef SUPPORT_WAITER_H
#define SUPPORT_WAITER_H

#include "kv.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct waiter {
    kv_db *db;
    kv_position after;
    pthread_t thread;
    _Atomic long number; /* Set just before the call. */
    atomic_bool is_back; /* The call has returned. */
    kv_status status;    /* What it answered. */
};

/** Start one, and wait until it is about to make its call. */
void waiter_begin(struct waiter *waiter, kv_db *db, kv_position after);
/** The same, and wait until it sleeps. False: it did not. */
bool waiter_start(struct waiter *waiter, kv_db *db, kv_position after);
/** Wait for its end. Returns its status. */
kv_status waiter_join(struct waiter *waiter);

#endif
