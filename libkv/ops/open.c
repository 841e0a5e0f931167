#include "ops/open.h"

#include "base/layout.h"
#include "base/slice.h"
#include "base/status.h"
#include "ops/check_rows.h"
#include "ops/create.h"
#include "ops/share.h"
#include "ops/snapshot.h"
#include "ops/finish_switch.h"
#include "ops/write_txn.h"
#include "storage/file_system.h"
#include "storage/guard.h"
#include "storage/page_fault.h"
#include "storage/preflight.h"
#include "storage/readers.h"
#include "tables/meta.h"
#include "tables/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWITCHES_MAX 4 /* Interrupted switches that one open finishes. */

/* The faults of an untrusted file: the first one goes into the error. */
typedef struct distrust {
    kv_error *error;
    const char *path;
    bool is_found;
} distrust;

/* State of one kv_open() call. Log messages collect here and are sent after the locks are
   released. */
typedef struct opening {
    const kv_options *options;
    const kvi_page_check *check; /* NULL: the file is trusted. */
    distrust distrust;           /* With KV_UNTRUSTED. */
    bool is_guest;               /* Shares the store whatever its options are. */
    int64_t now;
    uint64_t fork_word;
    char named[KVI_PATH_MAX], path[KVI_PATH_MAX]; /* As in kv_db. */
    bool is_lost; /* Lazy commits of an earlier boot may have been lost. */
    uint32_t leftovers, readers_cleared;
    kvi_finish_switch_done switched;
    bool is_epoch_new;
} opening;

static int distrust_found(distrust *d, const char *table, const char *text)
{
    if (!d->is_found)
        (void)kvi_error_set(d->error, KV_CORRUPT, 0, "%s is damaged: %s: %s", d->path, table, text);
    d->is_found = true;
    return 1;
}

static int distrust_page(void *ctx, const kvi_page_fault *fault)
{
    return distrust_found(ctx, fault->tree, fault->text);
}

static int distrust_row(void *ctx, const kv_fault *fault)
{
    return distrust_found(ctx, fault->table, fault->message);
}

/* The rows of an untrusted store, whose pages are sound. */
static kv_status open_distrust(const kv_db *db, distrust *d)
{
    kvi_row_check rows = {.found = distrust_row, .ctx = d};
    kv_status status = kvi_txn_begin_read(db->env, &rows.txn);

    if (status != KV_OK)
        return status;
    status = kvi_row_check_run(&rows);
    kvi_txn_abort(rows.txn);
    return d->is_found ? KV_CORRUPT : status;
}

/* Whether the mode fits the store's state: a sealed store is only read, by two of the three. */
static kv_status open_mode_check(const kv_db *db, kv_error *error)
{
    if (db->options.mode == KV_OPEN_SEALED && !db->current.is_sealed)
        return kvi_error_set(error, KV_INVALID, 0, "%s is not sealed: kv_seal() does that",
                             db->path);
    if (db->options.mode == KV_OPEN_READ_WRITE && db->current.is_sealed)
        return kvi_error_set(error, KV_READ_ONLY, 0, "%s is sealed, and takes no writes", db->path);
    return KV_OK;
}

/* Whether other processes could come to the data by another directory, and so by another lock file.
   A sealed store has no writers. */
static kv_status open_links_check(const kvi_preflight_facts *facts, const char *data,
                                  kv_error *error)
{
    if (facts->is_link)
        return kvi_error_set(error, KV_UNSUPPORTED, 0,
                             "%s is a symbolic link: move the data file itself there", data);
    if (facts->names > 1)
        return kvi_error_set(error, KV_UNSUPPORTED, 0,
                             "%s has %llu hard links, and may have one name only: remove the "
                             "others, or put a copy in its place",
                             data, (unsigned long long)facts->names);
    return KV_OK;
}

static kv_status open_env(kv_db *db, const opening *o, kv_error *error)
{
    char directory[KVI_PATH_MAX], data[KVI_PATH_MAX];
    kvi_env_options options = {.directory = directory,
                               .claim_in = db->path,
                               .tables = kvi_catalog_names,
                               .table_count = KVI_TABLE_COUNT,
                               .file_mode = db->options.file_mode,
                               .is_read_only = db->options.mode != KV_OPEN_READ_WRITE,
                               .is_lockless = db->current.is_sealed,
                               .check = o->check};
    kvi_preflight_facts facts;
    int guard = -1;
    kv_status status = kvi_generation_path(db->path, db->current.generation, "data.mdb", data);

    if (status == KV_OK)
        status = kvi_generation_path(db->path, db->current.generation, NULL, directory);
    if (status == KV_OK)
        status = kvi_preflight(data, &facts, error);
    if (status == KV_OK && !db->current.is_sealed)
        status = open_links_check(&facts, data, error);
    if (status == KV_OK && !db->current.is_sealed)
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
    char why[KVI_FEATURES_WHY_MAX] = "";
    kvi_usage_store store = {0};
    kvi_txn *txn;
    kv_status store_status = KV_OK, status = kvi_txn_begin_read(db->env, &txn);

    if (status == KV_OK) {
        status = kvi_meta_check(txn, db->options.mode == KV_OPEN_READ_WRITE, why);
        if (status == KV_OK)
            status = kvi_meta_state_get(txn, state);
        if (status == KV_OK)
            store_status = kvi_usage_store_get(txn, &store);
        if (status == KV_OK && store_status != KV_CORRUPT) /* It stops writers, not readers. */
            status = store_status;
        kvi_txn_abort(txn);
    }
    *is_lost_out = store.lazy_boot != 0 && store.lazy_boot != db->boot;
    if (status == KV_UNSUPPORTED)
        return kvi_error_set(error, status, 0, "%s %s", db->path, why);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "read %s: %s", db->path,
                             kvi_status_find(status)->text);
    return KV_OK;
}

/* Commits of an earlier boot may have been lost: the log begins a new epoch. Another process may
   have seen the same and been first, so this looks again under the write lock. */
static kv_status open_new_epoch(kv_db *db, opening *o, kv_error *error)
{
    kvi_need need = {.operations = 1, .is_hardened = true};
    kvi_write_txn *write;
    kv_status status = kvi_write_txn_begin_at(db, need, o->now, &write, error);

    if (status != KV_OK)
        return status;
    if (!write->is_lost) {
        kvi_write_txn_abort(write);
        return KV_OK;
    }
    status = kvi_meta_epoch_renew(write->txn, write->store.sequence);
    write->is_dirty = true;
    if (status == KV_OK)
        status = kvi_write_txn_commit(write, NULL);
    else
        kvi_write_txn_abort(write);
    o->is_epoch_new = status == KV_OK;
    return status;
}

/* *shared_out: the handle that has the generation open already; then this open is done. */
static kv_status open_generation(kv_db *db, opening *o, kvi_finish_switch_next *next,
                                 kv_db **shared_out, kv_error *error)
{
    kvi_meta_state state = {0};
    kv_status status = KV_OK;

    kvi_env_close(db->env);
    db->env = NULL;
    if (*next == KVI_FINISH_SWITCH_CURRENT) {
        atomic_store(&db->current_mark, kvi_current_mark(db->path));
        status = kvi_current_read(db->path, &db->current, error);
    }
    if (status != KV_OK)
        return status;
    *next = KVI_FINISH_SWITCH_DONE;
    *shared_out = kvi_share_find(db);
    if (*shared_out != NULL)
        return o->check != NULL ? kvi_env_check_pages((*shared_out)->env, o->check) : KV_OK;
    status = open_mode_check(db, error);
    if (status == KV_OK)
        status = open_env(db, o, error);
    if (status == KV_OK)
        status = open_state(db, &state, &o->is_lost, error);
    return status == KV_OK ? kvi_finish_switch(db, &state, next, &o->switched, error) : status;
}

/* What must be before the first write. */
static kv_status open_to_write(kv_db *db, opening *o, kv_error *error)
{
    /* No commit is durable before CURRENT is, whose writer may have failed at that. */
    kv_status status = kvi_path_sync(db->path, error);

    if (status != KV_OK)
        return status;
    status = kvi_txn_settle(db->env);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "settle the last commit of %s: %s", db->path,
                             kvi_status_find(status)->text);
    o->readers_cleared = kvi_readers_clear(db->env);
    kvi_counter_add(&db->counters.readers_cleared, o->readers_cleared);
    return o->is_lost ? open_new_epoch(db, o, error) : KV_OK;
}

static kv_status open_start(kv_db *db, opening *o, kv_db **shared_out, kv_error *error)
{
    kvi_finish_switch_next next = KVI_FINISH_SWITCH_CURRENT;
    kv_status status = KV_OK;

    for (int i = 0; status == KV_OK && next != KVI_FINISH_SWITCH_DONE && i <= SWITCHES_MAX; i++)
        status = open_generation(db, o, &next, shared_out, error);
    if (o->distrust.is_found)
        return KV_CORRUPT;
    if (status != KV_OK || *shared_out != NULL)
        return status;
    if (next != KVI_FINISH_SWITCH_DONE)
        return kvi_error_set(error, KV_CORRUPT, 0, "%s: its generations supersede each other",
                             db->path);
    if (db->options.flags & KV_UNTRUSTED)
        status = open_distrust(db, &o->distrust);
    if (status != KV_OK)
        return status;
    if (db->options.mode == KV_OPEN_READ_WRITE)
        status = open_to_write(db, o, error);
    if (status == KV_OK && getrandom(&db->random, sizeof(db->random), 0) < 0)
        status = kvi_error_set(error, KV_IO, errno, "getrandom");
    return status;
}

/* Under the lock of the open stores: so no callback is called. */
static kv_status open_locked(opening *o, kv_db **db_out, kv_error *error)
{
    kv_db *db, *shared = NULL;
    kv_status status = kvi_file_system_check(o->path, error);

    if (status != KV_OK)
        return status;
    db = kvi_db_allocate(o->options, o->fork_word);
    if (db == NULL)
        return kvi_error_set(error, KV_NO_MEMORY, 0, "open %s: out of memory", o->path);
    (void)memcpy(db->named, o->named, sizeof(db->named));
    (void)memcpy(db->path, o->path, sizeof(db->path));
    status = open_start(db, o, &shared, error);
    if (status == KV_OK && shared == NULL) {
        db->log = (kvi_log){o->options->log, o->options->log_ctx};
        kvi_open_stores_add(&db->registered);
        *db_out = db;
        return KV_OK;
    }
    if (status == KV_OK)
        status = kvi_share(shared, o->options, o->is_guest, error);
    kvi_env_close(db->env);
    kvi_db_free(db);
    *db_out = status == KV_OK ? shared : NULL;
    return status;
}

/* The path as it was given, but for good: links in it stay. */
static kv_status open_name(opening *o, const char *path, kv_error *error)
{
    char here[KVI_PATH_MAX];
    int size;

    if (path[0] == '/')
        size = snprintf(o->named, sizeof(o->named), "%s", path);
    else if (getcwd(here, sizeof(here)) == NULL)
        return kvi_error_set(error, KV_IO, errno, "find the working directory");
    else
        size = snprintf(o->named, sizeof(o->named), "%s/%s", here, path);
    if (size < 0 || size >= (int)sizeof(o->named))
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    if (realpath(path, o->path) == NULL)
        return kvi_error_set(error, KV_IO, errno, "resolve %s", path);
    return KV_OK;
}

static void open_log(const opening *o)
{
    kvi_log log = {o->options->log, o->options->log_ctx};

    if (o->leftovers > 0)
        kvi_log_emit(&log, KV_LOG_INFO, KV_OK, "removed %u left-overs of interrupted creations",
                     o->leftovers);
    if (o->switched.is_superseded)
        kvi_log_emit(&log, KV_LOG_INFO, KV_OK, "finished an interrupted switch to newer data");
    if (o->switched.is_sealed)
        kvi_log_emit(&log, KV_LOG_INFO, KV_OK, "finished an interrupted seal");
    if (o->readers_cleared > 0)
        kvi_log_emit(&log, KV_LOG_INFO, KV_OK, "cleared the slots of %u dead readers",
                     o->readers_cleared);
    if (o->is_epoch_new)
        kvi_log_emit(&log, KV_LOG_WARNING, KV_OK,
                     "the machine stopped after lazy commits: the change log begins a new epoch");
}

kv_status kvi_open(const char *path, const kv_options *options, const kv_settings *create_with,
                   const kvi_page_check *check, kv_db **db_out, kv_error *error)
{
    kvi_clock clock = {options->clock, options->clock_ctx};
    opening o = {.options = options,
                 .check = check,
                 .is_guest = check != NULL,
                 .distrust = {.error = error, .path = path},
                 .now = kvi_clock_now(&clock)};
    kvi_page_check own = {.found = distrust_page, .ctx = &o.distrust};
    kvi_current current;
    kv_status status = kvi_open_stores_lock(&o.fork_word);

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "libkv needs Linux 4.14 or newer");
    if (o.check == NULL && (options->flags & KV_UNTRUSTED))
        o.check = &own;
    status = kvi_current_read(path, &current, error);
    if (status == KV_NOT_FOUND && (options->flags & KV_CREATE) &&
        options->mode == KV_OPEN_READ_WRITE)
        status = kvi_create(path, options->file_mode, create_with, &o.leftovers, error);
    if (status == KV_OK)
        status = open_name(&o, path, error);
    if (status == KV_OK)
        status = open_locked(&o, db_out, error);
    kvi_open_stores_unlock();
    open_log(&o);
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
    if (kvi_open_stores_lock(&word) != KV_OK)
        return; /* Cannot be: it was locked at open. */
    if (--db->references == 0) {
        atomic_store(&db->state, KVI_DB_CLOSED);
        kvi_snapshots_drain(db); /* None is the last holder: that is the handle itself. */
        kvi_db_release_locked(db);
    }
    kvi_open_stores_unlock();
}
