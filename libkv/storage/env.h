/**
 * The LMDB environment: one data file and its lock file, opened once in a process.
 *
 * The map is reserved once, as large as the file may become, and never resized. Never WRITEMAP or
 * DUPSORT, always NOTLS. All tables are opened with the environment; an optional table that
 * is made later is missing until the next open. Tables of other names are left alone.
 */
#ifndef KVI_ENV_H
#define KVI_ENV_H

#include "kv.h"
#include "storage/page_fault.h"

#include <stdbool.h>

#define KVI_READERS_MAX 2048 /**< Slots for all processes, 64 bytes each in the lock file. */

/** An open environment. Any number of threads may use it at once. */
typedef struct kvi_env kvi_env;

/** How to open one; borrowed for the time of the call. */
typedef struct kvi_env_options {
    const char *directory; /**< Of data.mdb and lock.mdb. */
    const char *claim_in;  /**< The store's directory, to claim it; NULL: no other can open it. */
    const char *const *tables; /**< Names; a table's number is its place here. */
    size_t table_count;
    size_t optional_count; /**< So many at the end may be missing: they are as if empty. */
    uint64_t map_size;     /**< Bytes that the file may have at most. */
    uint32_t file_mode;    /**< Of files that are made. */
    bool is_read_only;     /**< Nothing is written but the lock file. */
    bool is_lockless;      /**< A sealed store: no lock file, no writers. */
    bool is_new;           /**< Make the file and its tables, without the optional ones. */
    /** Check its pages before LMDB reads one, as kvi_env_check_pages(); NULL: trust the file. */
    const kvi_page_check *check;
} kvi_env_options;

/** Facts of an environment at one moment. Sizes in bytes. */
typedef struct kvi_env_facts {
    uint64_t transaction; /**< The newest committed one. */
    uint64_t pages_used;  /**< Pages up to the highest one ever used. */
    uint64_t map_size;    /**< Of the map. */
    uint64_t file_size;   /**< Of the data file. */
    uint64_t size_max;    /**< Of the data file at most: the map, or less by RLIMIT_FSIZE. */
    uint32_t page_size;   /**< Of a page. */
    uint32_t readers;     /**< Reader slots up to the highest one in use, of all processes. */
    uint32_t readers_max; /**< Reader slots there are. */
} kvi_env_facts;

/** Open an environment. Under the guard, unless lockless. KV_OK; KV_READ_ONLY (its files, or no
 * lock file can be made); KV_ALREADY_OPEN (in this process, by another copy of the library);
 * KV_CORRUPT (also by the check); KV_CANCELLED (by it); KV_UNSUPPORTED; KV_INVALID (more tables
 * than KVI_TABLES_MAX); KV_DISK_FULL; KV_BUSY; KV_NO_MEMORY; KV_IO. */
kv_status kvi_env_open(const kvi_env_options *options, kvi_env **env_out, kv_error *error);
/**
 * Check the pages of the newest commit; no process re-uses one meanwhile. Blocks for as long as it
 * takes to read the file.
 *
 * @param check  What to call; its fd and transaction are not looked at.
 * Returns KV_OK; KV_CORRUPT (a fault was reported); KV_CANCELLED; KV_BUSY (no reader slot);
 * KV_NO_MEMORY; KV_IO.
 */
kv_status kvi_env_check_pages(kvi_env *env, const kvi_page_check *check);
/** Close it; NULL is fine. No transaction may be left. */
void kvi_env_close(kvi_env *env);
/** In a forked child, instead of kvi_env_close(): release our part of the memory, leave LMDB's
 *  alone. */
void kvi_env_forget(kvi_env *env);
/** Bytes of a page. */
uint32_t kvi_env_page_size(const kvi_env *env);
/** The newest committed transaction, of any process. No system call. */
uint64_t kvi_env_transaction(const kvi_env *env);
/** Fill in the facts. KV_OK; KV_IO. */
kv_status kvi_env_facts_get(const kvi_env *env, kvi_env_facts *out);
/** Whether our lock file is still the one at its path. KV_OK; KV_LOCK_LOST. Costs one stat(). */
kv_status kvi_env_lock_check(const kvi_env *env);
/**
 * Make the data file hold at least `pages`, with some more for the next transactions. Within a
 * write transaction: no other process may change the length. KV_OK; KV_DISK_FULL (also beyond
 * RLIMIT_FSIZE); KV_IO.
 */
kv_status kvi_env_extend(kvi_env *env, uint64_t pages);
/**
 * Cut off what the data file has behind its highest page, and sync its length. Only once no process
 * can write any more: then no snapshot, however old, sees a page that goes. Also of an environment
 * that is read-only, if the file may be written.
 *
 * Returns KV_OK; KV_READ_ONLY; KV_UNSUPPORTED (the data file is no regular file by now);
 * KV_DISK_FULL; KV_IO.
 */
kv_status kvi_env_trim(kvi_env *env, const char *data_path, kv_error *error);

#endif
