#include "ops/write_txn.h"

#include "base/slice.h"
#include "base/status.h"
#include "storage/readers.h"
#include "tables/catalog.h"
#include "tables/meta.h"

#include <stdlib.h>

#define READER_CHECK_INTERVAL 256 /* Commits between looks for dead readers' slots. */
#define TRIM_BLOCKS 16            /* Blocks of the change log that a write removes at most. */

/* Whether this handle may write to what its path names. */
static kv_status write_gate(kvi_write_txn *write, kv_error *error)
{
    kvi_meta_state state;
    kv_status status = kvi_db_look(write->db);

    if (status == KV_MOVED)
        return kvi_error_set(error, status, 0, "%s names another store by now", write->db->named);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "the lock file of %s was replaced", write->db->path);
    status = kvi_meta_state_get(write->txn, &state);
    if (status == KV_OK && state.superseded_by[0] != '\0')
        return kvi_error_set(error, KV_MOVED, 0, "%s was replaced by a newer generation",
                             write->db->path);
    if (status == KV_OK && state.is_sealed)
        return kvi_error_set(error, KV_READ_ONLY, 0, "%s is sealed", write->db->path);
    return status;
}

static kv_status write_load(kvi_write_txn *write)
{
    kv_status status = kvi_meta_settings_get(write->txn, &write->settings);

    if (status == KV_OK)
        status = kvi_usage_store_get(write->txn, &write->store);
    if (status == KV_OK)
        status = kvi_changes_begin(write->txn, &write->log, &write->store,
                                   (write->settings.flags & KV_SETTINGS_NO_CHANGES) == 0);
    return status;
}

/* Whether the commit may be lost. Row 0 must say so before the first one that is: that commit sets
   the mark, and is itself hardened. */
static kv_status write_lazy(kvi_write_txn *write, kvi_need need)
{
    const kv_db *db = write->db;
    bool may_be_lazy = db->options.sync == KV_SYNC_LAZY && !need.is_hardened;
    bool is_lazy = may_be_lazy && write->store.lazy_boot == db->boot && !db->wants_hardening;

    write->was_lazy = write->store.lazy_boot != 0;
    write->is_lost = write->was_lazy && write->store.lazy_boot != db->boot;
    write->store.lazy_boot = may_be_lazy ? db->boot : 0;
    return is_lazy ? kvi_txn_set_lazy(write->txn, true) : KV_OK;
}

/* splitmix64: unique among the tokens of one store, not secret. */
static uint64_t write_random(kv_db *db)
{
    uint64_t z = atomic_fetch_add(&db->random, 0x9E3779B97F4A7C15u) + 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Slots of dead readers keep pages from being re-used: look for them now and then. */
static void write_check_readers(kv_db *db)
{
    uint32_t cleared;

    if (db->commits_until_check-- > 0)
        return;
    db->commits_until_check = READER_CHECK_INTERVAL;
    cleared = kvi_readers_clear(db->env);
    if (cleared == 0)
        return;
    kvi_counter_add(&db->counters.readers_cleared, cleared);
    kvi_log_emit(&db->log, KV_LOG_INFO, KV_OK, "cleared the slots of %u dead readers", cleared);
}

static kv_status write_begin(kv_db *db, kvi_need need, bool may_estimate, int64_t now,
                             kvi_write_txn **write_out, kv_error *error)
{
    kvi_write_txn *write;
    kv_status status;

    *write_out = NULL;
    write = malloc(sizeof(*write));
    if (write == NULL) {
        (void)kvi_error_set(error, KV_NO_MEMORY, 0, "out of memory");
        return KV_NO_MEMORY;
    }
    *write = (kvi_write_txn){.db = db, .now = now};
    status = kvi_txn_begin_write(db->env, &write->txn);
    if (status == KV_OK)
        status = write_gate(write, error);
    if (status == KV_OK)
        status = write_load(write);
    if (status == KV_OK)
        status = write_lazy(write, need);
    if (status == KV_OK)
        status =
            kvi_room_begin(&write->room, db->env, write->txn, &need, may_estimate, &db->pinned);
    if (status != KV_OK) {
        kvi_write_txn_abort(write);
        if (error != NULL && error->status == KV_OK)
            (void)kvi_error_set(error, status, 0, "begin a write: %s",
                                kvi_status_find(status)->text);
        return status;
    }
    write->token = (kvi_token){write->store.sequence + 1, write_random(db)};
    *write_out = write;
    return KV_OK;
}

kv_status kvi_write_txn_begin_at(kv_db *db, kvi_need need, int64_t now, kvi_write_txn **write_out,
                                 kv_error *error)
{
    return write_begin(db, need, false, now, write_out, error);
}

kv_status kvi_write_txn_begin(kv_db *db, kvi_need need, bool may_estimate,
                              kvi_write_txn **write_out, kv_error *error)
{
    *write_out = NULL;
    if (db->options.mode != KV_OPEN_READ_WRITE) {
        (void)kvi_error_set(error, KV_READ_ONLY, 0, "%s is open read-only", db->path);
        return KV_READ_ONLY;
    }
    write_check_readers(db);
    return write_begin(db, need, may_estimate, kvi_clock_now(&db->clock), write_out, error);
}

kv_status kvi_write_txn_log(kvi_write_txn *write, kv_change *change)
{
    if (write->store.sequence == UINT64_MAX)
        return KV_CORRUPT;
    change->sequence = ++write->store.sequence;
    write->is_dirty = true;
    return kvi_changes_add(write->txn, &write->log, change);
}

/* The last rows of the transaction: the log, row 0, the token. */
static kv_status write_finish(kvi_write_txn *write)
{
    bool has_more;
    kv_status status = kvi_changes_trim(write->txn, &write->log, &write->settings,
                                        write->store.sequence, write->now, TRIM_BLOCKS, &has_more);

    if (status == KV_OK)
        status = kvi_changes_end(write->txn, &write->log, &write->store);
    if (status == KV_OK)
        status = kvi_usage_store_put(write->txn, &write->store);
    if (status == KV_OK)
        status = kvi_tokens_push(write->txn, write->token);
    return status;
}

kv_status kvi_write_txn_commit(kvi_write_txn *write, uint64_t *sync_us_out)
{
    kv_db *db = write->db;
    uint64_t began;
    kv_status status;

    if (!write->is_dirty) {
        kvi_write_txn_abort(write);
        return KV_OK;
    }
    status = write_finish(write);
    if (status != KV_OK) {
        kvi_write_txn_abort(write);
        return status;
    }
    began = kvi_clock_us();
    status = kvi_txn_commit(write->txn);
    if (sync_us_out != NULL)
        *sync_us_out = kvi_clock_us() - began;
    free(write);
    db->wants_hardening = status != KV_OK;
    if (status == KV_COMMIT_UNKNOWN)
        kvi_db_set_dead(db);
    kvi_counter_add(status == KV_OK ? &db->counters.commits : &db->counters.commits_failed, 1);
    kvi_wakeup_all(&db->changed);
    return status;
}

void kvi_write_txn_abort(kvi_write_txn *write)
{
    kvi_txn_abort(write->txn);
    free(write);
}

kv_status kvi_write_txn_run(kv_db *db, kvi_need need,
                            kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx,
                            kv_error *error)
{
    kvi_write_txn *write;
    kv_status status = kvi_write_txn_begin(db, need, false, &write, error);

    if (status != KV_OK)
        return status;
    status = fill(write, ctx);
    if (status == KV_OK)
        return kvi_write_txn_commit(write, NULL);
    kvi_write_txn_abort(write);
    return status;
}
