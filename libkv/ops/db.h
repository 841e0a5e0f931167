/**
 * An open store: what a kv_db is, who holds it, and how it answers for itself. ops/open makes it.
 *
 * Order of locks: registry, guard (flock), queue, LMDB's write lock. Readers take none.
 */
#ifndef KVI_DB_H
#define KVI_DB_H

#include "base/clock.h"
#include "base/counters.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/pool.h"
#include "kv.h"
#include "ops/registry.h"
#include "storage/current.h"
#include "storage/env.h"
#include "storage/path.h"
#include "storage/txn.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct kvi_queue kvi_queue;

/** kv_db.state */
enum { KVI_DB_USABLE = 0, KVI_DB_CLOSED = 1, KVI_DB_DEAD = 2 };

/** A snapshot object's place among all of the handle. Its counters go on where those of the object
 *  before it stopped; only the thread that uses the snapshot writes them. A cache line each. */
typedef struct kvi_snapshot_slot {
    alignas(64) _Atomic(uint64_t) gets;
    _Atomic(uint64_t) hits, bytes_read;
    _Atomic(uint32_t) is_taken;
} kvi_snapshot_slot;

struct kv_db {
    uint64_t fork_word;
    _Atomic(uint32_t) state;
    kvi_env *env;
    kvi_clock clock;
    kvi_log log;        /**< Silent until the store is open. */
    kv_options options; /**< Complete: no field asks for a default any more. */
    uint64_t boot;      /**< Hash of the machine's boot id, never 0. */
    kvi_queue *queue;

    kvi_pool *snapshots;               /**< Idle ones. */
    kvi_snapshot_slot *snapshot_slots; /**< snapshots_max. */
    _Atomic(uint32_t) holders;         /**< Snapshot objects, lists, and 1 for the open handle. */
    kvi_pool *compressors, *decompressors;
    kvi_counters counters;

    /** kv_sequence(): the newest transaction seen and a sequence at least as new. */
    _Atomic(uint64_t) seen_transaction, seen_sequence;
    _Atomic(uint64_t) health_at_ms; /**< When the files were last looked at. */
    _Atomic(kv_status) health;
    _Atomic(uint64_t) random;     /**< Of the tokens. */
    uint64_t commits_until_check; /**< Of dead readers. Under the queue's turn. */
    kvi_pinned pinned;            /**< Under the queue's turn. */
    /** The next commit is hardened: the first, and the first after one that failed. Earlier lazy
     *  ones may not be on the disk then although a sync said so. Under the queue's turn. */
    bool wants_hardening;

    char named[KVI_PATH_MAX]; /**< The path as its first opener gave it, made absolute. */
    char path[KVI_PATH_MAX];  /**< The same without symbolic links, as they were then. */
    kvi_current current;
    _Atomic(uint64_t) current_mark;
    kvi_registry_entry registered;
    uint32_t references; /**< Open handles. Under the registry's lock. */
};

/** A store that is not open yet. `options` are complete. NULL when out of memory. */
kv_db *kvi_db_allocate(const kv_options *options, uint64_t fork_word);
/** Release the memory alone. */
void kvi_db_free(kv_db *db);
/** One holder more: a snapshot object or a list, which may outlive the handle. */
static inline void kvi_db_hold(kv_db *db)
{
    atomic_fetch_add(&db->holders, 1);
}
/** One holder less (the handle itself is one): the last releases everything. */
void kvi_db_release(kv_db *db);
/** The same for who holds the registry's lock. */
void kvi_db_release_locked(kv_db *db);
/** Whether the handle still serves its path: two stat()s. KV_OK; KV_MOVED; KV_LOCK_LOST. */
kv_status kvi_db_look(kv_db *db);
/** What kvi_db_look() answers, or answered a moment ago. */
kv_status kvi_db_health(kv_db *db);
/** KV_COMMIT_UNKNOWN came up: nothing works from here on. */
void kvi_db_set_dead(kv_db *db);

/** The check at the head of every call. KV_OK; KV_FORKED; KV_REOPEN_NEEDED. */
static inline kv_status kvi_db_check(const kv_db *db)
{
    if (!kvi_fork_is_ours(db->fork_word))
        return KV_FORKED;
    return atomic_load_explicit(&db->state, memory_order_relaxed) == KVI_DB_USABLE
               ? KV_OK
               : KV_REOPEN_NEEDED;
}

#endif
