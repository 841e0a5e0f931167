/**
 * The LMDB environment: one data file and its lock file, opened once in a process.
 *
 * The map is a cap reserved once and never resized. No WRITEMAP, no DUPSORT, NOTLS always. All
 * tables are opened at open; an optional one that somebody makes later is missing until the next
 * open. Tables of other names are left alone.
 */
#ifndef KVI_ENV_H
#define KVI_ENV_H

#include "kv.h"

#include <stdbool.h>

#define KVI_READERS_MAX 2048 /**< Slots for all processes, 64 bytes each in the lock file. */

typedef struct kvi_env kvi_env;

typedef struct kvi_env_options {
    const char *directory; /**< Of data.mdb and lock.mdb. */
    const char *claim_in; /**< The store's directory, to claim it; NULL: nobody else can open it. */
    const char *const *tables;
    size_t table_count;
    size_t optional_count; /**< The last of them may be missing: each then is as if empty. */
    uint64_t map_size;
    uint32_t file_mode;
    bool is_read_only;
    bool is_lockless; /**< A sealed store: no lock file, nobody writes. */
    bool is_new;      /**< Make the file and its tables, without the optional ones. */
} kvi_env_options;

typedef struct kvi_env_facts {
    uint64_t transaction; /**< Newest committed. */
    uint64_t pages_used;  /**< Up to the highest page ever used. */
    uint64_t map_size, file_size;
    uint64_t size_max; /**< What the file may have at most: the map, or less by RLIMIT_FSIZE. */
    uint32_t page_size, readers, readers_max;
} kvi_env_facts;

/** The oldest view that a reader of any process has. */
typedef struct kvi_reader {
    uint64_t transaction; /**< That it sees; the newest one if no reader is behind. */
    uint64_t process;     /**< Of a reader that sees it; 0: no reader is behind the newest. */
} kvi_reader;

/** Under the guard, unless lockless. KV_OK; KV_READ_ONLY (its files, or no lock file can be made);
 *  KV_ALREADY_OPEN (in this process, by another copy of the library); KV_CORRUPT; KV_UNSUPPORTED;
 *  KV_INVALID (more tables than KVI_TABLES_MAX); KV_DISK_FULL; KV_BUSY; KV_NO_MEMORY; KV_IO. */
kv_status kvi_env_open(const kvi_env_options *options, kvi_env **env_out, kv_error *error);
/** NULL is fine. No transaction may be left. */
void kvi_env_close(kvi_env *env);
/** In a forked child: release our part of the memory, leave LMDB's alone. */
void kvi_env_forget(kvi_env *env);
uint32_t kvi_env_page_size(const kvi_env *env);
/** Newest committed transaction, of any process. */
uint64_t kvi_env_transaction(const kvi_env *env);
kv_status kvi_env_facts_get(const kvi_env *env, kvi_env_facts *out);
/** Whether our lock file is still the one at its path. KV_OK or KV_LOCK_LOST. */
kv_status kvi_env_lock_check(const kvi_env *env);
/** Clear the slots of dead readers. Their count. */
uint32_t kvi_env_readers_clear(kvi_env *env);
kvi_reader kvi_env_oldest_reader(const kvi_env *env);
/**
 * Make the data file hold at least `pages`, with some more for the next transactions. Within a
 * write transaction: nobody else may change the length. KV_OK; KV_DISK_FULL (also beyond
 * RLIMIT_FSIZE); KV_IO.
 */
kv_status kvi_env_extend(kvi_env *env, uint64_t pages);

#endif
