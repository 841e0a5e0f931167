#include "ops/open.h"

#include "base/slice.h"
#include "base/status.h"
#include "ops/create.h"
#include "ops/snapshot.h"
#include "ops/write.h"
#include "storage/preflight.h"
#include "tables/meta.h"
#include "tables/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWITCHES_MAX 4 /* Interrupted switches that one open finishes. */

static const char *const table_names[] = KVI_TABLE_NAMES;

/* Which of two ways to open fits the store's state. */
static kv_status open_mode_check(const kv_db *db, kv_error *error)
{
    if (db->options.mode == KV_OPEN_SEALED && !db->current.sealed)
        return kvi_error_set(error, KV_INVALID, 0, "%s is not sealed: kv seal does that", db->path);
    if (db->options.mode == KV_OPEN_READ_WRITE && db->current.sealed)
        return kvi_error_set(error, KV_READ_ONLY, 0, "%s is sealed: open it read-only", db->path);
    return KV_OK;
}

/* LMDB would read without a lock where it cannot make one. */
static kv_status open_lock_check(const kv_db *db, kv_error *error)
{
    char path[KVI_PATH_MAX];
    kv_status status = kvi_generation_path(db->path, db->current.generation, "lock.mdb", path);

    if (status == KV_OK && access(path, W_OK) != 0 && errno != ENOENT)
        return kvi_error_set(error, KV_READ_ONLY, errno,
                             "%s must be writable even to read; seal the store for read-only media",
                             path);
    return status;
}

static kv_status open_env(kv_db *db, kv_error *error)
{
    char directory[KVI_PATH_MAX], data[KVI_PATH_MAX];
    kvi_env_options options = {.directory = directory,
                               .tables = table_names,
                               .table_count = KVI_TABLE_COUNT,
                               .file_mode = db->options.file_mode,
                               .read_only = db->options.mode != KV_OPEN_READ_WRITE,
                               .lockless = db->current.sealed};
    kvi_preflight_facts facts;
    int guard = -1;
    kv_status status = kvi_generation_path(db->path, db->current.generation, "data.mdb", data);

    if (status == KV_OK)
        status = kvi_generation_path(db->path, db->current.generation, NULL, directory);
    if (status == KV_OK && !db->current.sealed)
        status = open_lock_check(db, error);
    if (status == KV_OK)
        status = kvi_preflight(data, &facts, error);
    if (status == KV_OK && !db->current.sealed)
        status = kvi_guard_lock(db->path, db->options.file_mode, &guard, error);
    if (status != KV_OK)
        return status;
    options.map_size = facts.map_size;
    db->registered.device = facts.device;
    db->registered.inode = facts.inode;
    status = kvi_env_open(&options, &db->env, error);
    kvi_guard_unlock(guard);
    return status;
}

/* What the store says of itself. */
static kv_status open_state(kv_db *db, kvi_meta_state *state, bool *is_lost_out, kv_error *error)
{
    kvi_usage_store store = {0};
    kvi_txn *txn;
    kv_status status = kvi_txn_begin_read(db->env, &txn);

    if (status == KV_OK) {
        status = kvi_meta_check(txn);
        if (status == KV_OK)
            status = kvi_meta_state_get(txn, state);
        if (status == KV_OK)
            status = kvi_usage_store_get(txn, &store);
        kvi_txn_abort(txn);
    }
    *is_lost_out = store.lazy_boot != 0 && store.lazy_boot != db->boot;
    if (status == KV_UNSUPPORTED)
        return kvi_error_set(error, status, 0, "%s has a newer format than this library", db->path);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "read %s: %s", db->path,
                             kvi_status_find(status)->text);
    return KV_OK;
}

/* The generation that supersedes ours must be there before CURRENT names it: CURRENT is the only
   way to the data. */
static kv_status open_successor(const kv_db *db, const kvi_meta_state *state, kv_error *error)
{
    char data[KVI_PATH_MAX];
    kvi_preflight_facts facts;

    if (!kvi_generation_is_name(state->superseded_by) ||
        kvi_generation_path(db->path, state->superseded_by, "data.mdb", data) != KV_OK)
        return kvi_error_set(error, KV_CORRUPT, 0, "%s names no generation as its successor",
                             db->path);
    return kvi_preflight(data, &facts, error);
}

/* The data says that it was sealed or superseded, CURRENT does not yet: finish that.
 *again_out: CURRENT names something else now. */
static kv_status open_finish_switch(kv_db *db, const kvi_meta_state *state, bool *again_out,
                                    kv_error *error)
{
    kvi_current current = db->current;
    kv_status status;

    *again_out = false;
    if (state->superseded_by[0] != '\0') {
        status = open_successor(db, state, error);
        if (status != KV_OK)
            return status;
        (void)memcpy(current.generation, state->superseded_by, sizeof(current.generation));
    } else if (!state->sealed || db->current.sealed)
        return KV_OK;
    else
        current.sealed = true;
    status = kvi_current_replace(db->path, &current, db->options.file_mode, error);
    *again_out = status == KV_OK;
    return status;
}

/* Commits of an earlier boot may have been lost: positions in the log count anew. */
static kv_status open_new_epoch(kv_db *db, kv_error *error)
{
    kvi_need need = {.operations = 1, .harden = true};
    kvi_write *write;
    kv_status status = kvi_write_begin(db, need, &write, error);

    if (status != KV_OK)
        return status;
    status = kvi_meta_epoch_renew(write->txn);
    write->is_dirty = true;
    if (status == KV_OK)
        status = kvi_write_commit(write, NULL);
    else
        kvi_write_abort(write);
    return status;
}

static kv_status open_start(kv_db *db, kv_error *error)
{
    kv_status status = KV_OK;
    bool again = true, is_lost = false;
    kvi_meta_state state = {0};

    for (int i = 0; status == KV_OK && again && i < SWITCHES_MAX; i++) {
        again = false;
        kvi_env_close(db->env);
        db->env = NULL;
        atomic_store(&db->current_mark, kvi_current_mark(db->path));
        status = kvi_current_read(db->path, &db->current, error);
        if (status == KV_OK)
            status = open_mode_check(db, error);
        if (status == KV_OK)
            status = open_env(db, error);
        if (status == KV_OK)
            status = open_state(db, &state, &is_lost, error);
        if (status == KV_OK)
            status = open_finish_switch(db, &state, &again, error);
    }
    if (status == KV_OK && db->options.mode == KV_OPEN_READ_WRITE) {
        (void)kvi_env_readers_clear(db->env);
        if (is_lost)
            status = open_new_epoch(db, error);
        db->is_epoch_new = is_lost && status == KV_OK;
    }
    if (status == KV_OK && getrandom(&db->random, sizeof(db->random), 0) < 0)
        status = kvi_error_set(error, KV_IO, errno, "getrandom");
    return status;
}

/* A store that this process has open already. */
static kv_status open_shared(kv_db *db, const kv_options *options, kv_error *error)
{
    kv_options wanted = *options;

    wanted.flags &= ~(uint32_t)KV_CREATE;
    if (atomic_load(&db->state) == KVI_DB_CLOSED)
        return kvi_error_set(error, KV_ALREADY_OPEN, 0,
                             "%s was closed with snapshots out: end them first", db->path);
    if (atomic_load(&db->state) == KVI_DB_DEAD)
        return kvi_error_set(error, KV_REOPEN_NEEDED, 0, "%s: close its other handles first",
                             db->path);
    if (memcmp(&wanted, &db->options, sizeof(wanted)) != 0)
        return kvi_error_set(error, KV_ALREADY_OPEN, 0,
                             "%s is open in this process with other options", db->path);
    db->references++;
    return KV_OK;
}

/* The open store behind a path; NULL: none. */
static kv_db *open_find(const char *path)
{
    char data[KVI_PATH_MAX];
    kvi_current current;
    kvi_registry_entry *entry;
    struct stat file;

    if (kvi_current_read(path, &current, NULL) != KV_OK ||
        kvi_generation_path(path, current.generation, "data.mdb", data) != KV_OK ||
        stat(data, &file) != 0)
        return NULL;
    entry = kvi_registry_find((uint64_t)file.st_dev, (uint64_t)file.st_ino);
    return entry == NULL ? NULL : (kv_db *)((char *)entry - offsetof(kv_db, registered));
}

/* Under the registry's lock. */
static kv_status open_locked(const char *path, const kv_options *options, uint64_t fork_word,
                             kv_db **db_out, kv_error *error)
{
    kv_db *db = open_find(path);
    kv_status status;

    if (db != NULL) {
        status = open_shared(db, options, error);
        *db_out = status == KV_OK ? db : NULL;
        return status;
    }
    status = kvi_store_check(path, error);
    if (status != KV_OK)
        return status;
    db = kvi_db_allocate(options, fork_word);
    if (db == NULL)
        return kvi_error_set(error, KV_NO_MEMORY, 0, "open %s: out of memory", path);
    (void)snprintf(db->path, sizeof(db->path), "%s", path);
    status = open_start(db, error);
    if (status != KV_OK) {
        kvi_env_close(db->env);
        kvi_db_free(db);
        return status;
    }
    kvi_registry_add(&db->registered);
    *db_out = db;
    return KV_OK;
}

kv_status kvi_open(const char *path, const kv_options *options, const kv_settings *create_with,
                   kv_db **db_out, kv_error *error)
{
    char real[KVI_PATH_MAX];
    bool is_epoch_new = false;
    uint64_t fork_word;
    kvi_current current;
    kv_status status = kvi_registry_lock(&fork_word);

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "libkv needs Linux 4.14 or newer");
    status = kvi_current_read(path, &current, error);
    if (status == KV_NOT_FOUND && (options->flags & KV_CREATE) &&
        options->mode == KV_OPEN_READ_WRITE)
        status = kvi_create(path, options->file_mode, create_with, error);
    if (status == KV_OK && realpath(path, real) == NULL)
        status = kvi_error_set(error, KV_IO, errno, "resolve %s", path);
    if (status == KV_OK)
        status = open_locked(real, options, fork_word, db_out, error);
    if (status == KV_OK) {
        is_epoch_new = (*db_out)->is_epoch_new;
        (*db_out)->is_epoch_new = false;
    }
    kvi_registry_unlock();
    if (is_epoch_new)
        kvi_log_emit(&(*db_out)->log, KV_LOG_WARNING, KV_OK,
                     "the machine stopped after lazy commits: the change log begins a new epoch");
    return status;
}

/* A handle of the parent's, in a forked child: there is no lock to take. */
static void close_inherited(kv_db *db)
{
    if (--db->references > 0)
        return;
    atomic_store(&db->state, KVI_DB_CLOSED);
    kvi_snapshots_drain(db);
    kvi_db_release(db);
}

void kvi_close(kv_db *db)
{
    uint64_t word;

    if (!kvi_fork_is_ours(db->fork_word)) {
        close_inherited(db);
        return;
    }
    if (kvi_registry_lock(&word) != KV_OK)
        return; /* Cannot be: it was locked at open. */
    if (--db->references == 0) {
        atomic_store(&db->state, KVI_DB_CLOSED);
        kvi_snapshots_drain(db); /* None is the last holder: that is the handle itself. */
        kvi_db_release_locked(db);
    }
    kvi_registry_unlock();
}
