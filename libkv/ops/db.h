/**
 * An open store: what a kv_db is, what keeps it alive, and whether it is usable. ops/open makes it.
 * Any number of threads may use it at once; a member that is not atomic is set before kv_open()
 * returns and stays, unless it says what guards it.
 *
 * Order of locks: open_stores, guard (flock), queue, LMDB's write lock. Readers take none.
 */
#ifndef KVI_DB_H
#define KVI_DB_H

#include "base/clock.h"
#include "base/counters.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/wakeup.h"
#include "kv.h"
#include "ops/codecs.h"
#include "ops/open_stores.h"
#include "storage/current.h"
#include "storage/env.h"
#include "storage/free_pages.h"
#include "storage/path.h"
#include "storage/txn.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

/** ops/queue.h */
typedef struct kvi_queue kvi_queue;

/** kv_db.state */
enum {
    KVI_DB_USABLE = 0,
    KVI_DB_CLOSED = 1, /**< By kv_close(), with snapshots or lists left. */
    KVI_DB_DEAD = 2    /**< A meta page could not be written. */
};

/** A snapshot object's place among all of the handle, with its counters. They outlive the object;
 * the next object in the place adds to them. Only the thread that uses the snapshot writes them.
 * Each has a cache line. */
typedef struct kvi_snapshot_slot {
    alignas(64) _Atomic(uint64_t) gets; /**< Keys looked up. */
    _Atomic(uint64_t) hits, bytes_read; /**< Keys found; bytes of values read. */
    _Atomic(uint32_t) is_taken;         /**< An object has the place. */
} kvi_snapshot_slot;

struct kv_db {
    uint64_t fork_word;      /**< Of the process that opened it (base/fork). */
    _Atomic(uint32_t) state; /**< KVI_DB_... */
    kvi_env *env;
    kvi_clock clock;
    kvi_log log;        /**< Silent until the store is open. */
    kv_options options; /**< Complete: no field asks for a default any more. */
    uint64_t boot;      /**< Hash of the machine's boot id, never 0. */
    kvi_queue *queue;   /**< The turn to write. */

    kvi_pool *snapshots;               /**< Idle kv_snapshot objects. */
    kvi_snapshot_slot *snapshot_slots; /**< snapshots_max. */
    _Atomic(uint32_t) holders;         /**< Snapshot objects, lists, and 1 for the open handle. */
    kvi_codecs codecs;                 /**< For values. */
    kvi_counters counters;

    kvi_wakeup changed;      /**< Where kv_changes_wait() sleeps: a commit, or kv_wake(). */
    _Atomic(uint32_t) wakes; /**< Calls of kv_wake(). A wait ends when it differs from before. */
    /** For kv_sequence(): the newest transaction seen, and a sequence at least as new. */
    _Atomic(uint64_t) seen_transaction, seen_sequence;
    _Atomic(uint64_t) health_at_ms; /**< When the files were last looked at. */
    _Atomic(kv_status) health;      /**< What that found. */
    _Atomic(uint64_t) random;       /**< Of the tokens. */
    uint64_t commits_until_check;   /**< Of dead readers. Under the queue's turn. */
    kvi_pinned pinned;              /**< For kvi_free_pages_count(). Under the queue's turn. */
    /** The next commit is hardened: it is the first, or the one before it failed. Earlier lazy
     * commits may then not be on the disk although a sync said so. Under the queue's turn. */
    bool wants_hardening;

    char named[KVI_PATH_MAX];       /**< The path as the first kv_open() gave it, made absolute. */
    char path[KVI_PATH_MAX];        /**< The same without symbolic links, as they were then. */
    kvi_current current;            /**< What CURRENT said. */
    _Atomic(uint64_t) current_mark; /**< kvi_current_mark() when CURRENT was last checked. */
    kvi_open_store registered;      /**< Under the lock of the open stores. */
    uint32_t references;            /**< Open handles. Under the lock of the open stores. */
};

/** Memory for a store that is not open yet. `options` are complete. NULL when out of memory. */
kv_db *kvi_db_allocate(const kv_options *options, uint64_t fork_word);
/** Release the memory alone: the environment must be closed. */
void kvi_db_free(kv_db *db);
/** Add a holder: a snapshot object or a list, which may outlive the handle. */
static inline void kvi_db_hold(kv_db *db)
{
    atomic_fetch_add(&db->holders, 1);
}
/** Remove a holder. The handle is one too; with the last one everything is released. */
void kvi_db_release(kv_db *db);
/** The same for a caller that has the lock of the open stores. */
void kvi_db_release_locked(kv_db *db);
/** Whether the path still leads to the handle's data and lock file. Costs two stat()s. KV_OK;
 *  KV_MOVED; KV_LOCK_LOST. */
kv_status kvi_db_look(kv_db *db);
/** The same, but the files are looked at only now and then; in between the answer is the last one.
 */
kv_status kvi_db_health(kv_db *db);
/** After KV_COMMIT_UNKNOWN: every later call answers KV_REOPEN_NEEDED. Calls the log hook. */
void kvi_db_set_dead(kv_db *db);

/** Whether the handle is usable; every call asks first. KV_OK; KV_FORKED; KV_REOPEN_NEEDED. */
static inline kv_status kvi_db_check(const kv_db *db)
{
    if (!kvi_fork_is_ours(db->fork_word))
        return KV_FORKED;
    return atomic_load_explicit(&db->state, memory_order_relaxed) == KVI_DB_USABLE
               ? KV_OK
               : KV_REOPEN_NEEDED;
}

#endif
