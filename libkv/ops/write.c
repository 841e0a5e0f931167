#include "ops/write.h"

#include "base/slice.h"
#include "base/status.h"
#include "tables/meta.h"
#include "tables/names.h"

#include <stdlib.h>

#define READER_CHECK_INTERVAL 256 /* Commits between looks for dead readers' slots. */
#define TRIM_BLOCKS 16            /* Blocks of the change log that a write removes at most. */
/* Pages that one operation dirties at worst, over all tables: a path and a split in each. */
#define WORST_PAGES_PER_OPERATION 32
/* The sums, the log, the roots, the free list's own record of a large transaction. */
#define WORST_PAGES_PER_COMMIT 64

/* Whether this handle may write to what its path names. */
static kv_status write_gate(kvi_write *write, kv_error *error)
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
    if (status == KV_OK && state.sealed)
        return kvi_error_set(error, KV_READ_ONLY, 0, "%s is sealed", write->db->path);
    return status;
}

static kv_status write_load(kvi_write *write)
{
    kv_status status = kvi_meta_settings_get(write->txn, &write->settings);

    if (status == KV_OK)
        status = kvi_usage_store_get(write->txn, &write->store);
    if (status == KV_OK)
        status = kvi_changes_begin(write->txn, &write->log, &write->store,
                                   write->settings.changes_bytes_max != 0 ||
                                       write->settings.changes_age_max_s != 0);
    return status;
}

/* Whether the commit may be lost. Row 0 must say so before the first one that is: that commit sets
   the mark, and is itself hardened. */
static kv_status write_lazy(kvi_write *write, kvi_need need)
{
    const kv_db *db = write->db;
    bool may_be_lazy = db->options.sync == KV_SYNC_LAZY && !need.harden;
    bool is_lazy = may_be_lazy && write->store.lazy_boot == db->boot;

    write->was_lazy = write->store.lazy_boot != 0;
    write->store.lazy_boot = may_be_lazy ? db->boot : 0;
    return is_lazy ? kvi_txn_set_lazy(write->txn, true) : KV_OK;
}

/* a - b, at least 0. */
static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Pages of the trees that operations copy paths of. */
static kv_status write_tree_pages(kvi_write *write, uint64_t *pages_out)
{
    static const unsigned tables[] = {KVI_VALUES, KVI_EXPIRY, KVI_PIECES};
    kv_status status = KV_OK;

    *pages_out = 0;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && status == KV_OK; i++) {
        kvi_table_facts facts;
        status = kvi_txn_table_facts(write->txn, tables[i], &facts);
        if (status == KV_OK)
            *pages_out += facts.pages;
    }
    return status;
}

/* Pages that the transaction will use as a rule: payload, and the leaves that it copies. */
static uint64_t write_usual_pages(const kvi_write *write, kvi_need need)
{
    uint64_t leaves = write->room.copies;

    return 2 * need.payload_bytes / kvi_env_page_size(write->db->env) +
           (leaves < 2 * need.operations ? leaves : 2 * need.operations) + need.operations / 8 +
           WORST_PAGES_PER_COMMIT;
}

/* Make the file long enough, or find out how much room there is without growing it. */
static kv_status write_room(kvi_write *write, kvi_need need)
{
    kvi_env *env = write->db->env;
    kvi_env_facts facts;
    uint64_t worst, free_pages, tail;
    kv_status status = kvi_env_facts_get(env, &facts);

    write->room = (kvi_room){.status = KV_STORE_FULL};
    if (status == KV_OK)
        status = write_tree_pages(write, &write->room.copies);
    if (status != KV_OK)
        return status;
    worst = need.operations * WORST_PAGES_PER_OPERATION + WORST_PAGES_PER_COMMIT +
            2 * need.payload_bytes / facts.page_size;
    tail = minus(facts.map_size / facts.page_size, facts.pages_used);
    write->room.is_short = tail < worst + KVI_RESERVE_PAGES;
    status =
        kvi_env_extend(env, facts.pages_used + write_usual_pages(write, need) + KVI_RESERVE_PAGES);
    if (status == KV_DISK_FULL) {
        write->room.is_short = true;
        write->room.status = KV_DISK_FULL;
        tail = minus(facts.file_size / facts.page_size, facts.pages_used);
    } else if (status != KV_OK) {
        return status;
    }
    if (!write->room.is_short)
        return KV_OK;
    status = kvi_txn_free_pages(env, &free_pages);
    write->room.tail = minus(tail, KVI_RESERVE_PAGES);
    write->room.pages = minus(free_pages + write->room.tail, WORST_PAGES_PER_COMMIT);
    write->room.reserve = tail - write->room.tail;
    return status;
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
    cleared = kvi_env_readers_clear(db->env);
    if (cleared == 0)
        return;
    kvi_counter_add(&db->counters.readers_cleared, cleared);
    kvi_log_emit(&db->log, KV_LOG_INFO, KV_OK, "cleared the slots of %u dead readers", cleared);
}

kv_status kvi_write_begin_at(kv_db *db, kvi_need need, int64_t now, kvi_write **write_out,
                             kv_error *error)
{
    kvi_write *write;
    kv_status status;

    *write_out = NULL;
    write = malloc(sizeof(*write));
    if (write == NULL)
        return kvi_error_set(error, KV_NO_MEMORY, 0, "out of memory");
    *write = (kvi_write){.db = db, .now = now};
    status = kvi_txn_begin_write(db->env, &write->txn);
    if (status == KV_OK)
        status = write_gate(write, error);
    if (status == KV_OK)
        status = write_load(write);
    if (status == KV_OK)
        status = write_lazy(write, need);
    if (status == KV_OK)
        status = write_room(write, need);
    if (status != KV_OK) {
        kvi_write_abort(write);
        if (error != NULL && error->status == KV_OK)
            (void)kvi_error_set(error, status, 0, "begin a write: %s",
                                kvi_status_find(status)->text);
        return status;
    }
    write->token = (kvi_token){write->store.sequence + 1, write_random(db)};
    *write_out = write;
    return KV_OK;
}

kv_status kvi_write_begin(kv_db *db, kvi_need need, kvi_write **write_out, kv_error *error)
{
    *write_out = NULL;
    if (db->options.mode != KV_OPEN_READ_WRITE)
        return kvi_error_set(error, KV_READ_ONLY, 0, "%s is open read-only", db->path);
    write_check_readers(db);
    return kvi_write_begin_at(db, need, kvi_clock_now(&db->clock), write_out, error);
}

kv_status kvi_write_charge(kvi_write *write, kvi_charge charge)
{
    kvi_room *room = &write->room;
    kvi_estimate *estimate = &write->estimate;
    uint64_t copies = charge.copies < room->copies ? charge.copies : room->copies;
    uint64_t splits = charge.splits, pages;

    if (!room->is_short)
        return KV_OK;
    if (estimate->is_on) {
        charge.size =
            charge.size < splits * estimate->share ? charge.size : splits * estimate->share;
        splits =
            (estimate->size + charge.size) / estimate->share - estimate->size / estimate->share;
    }
    pages = copies + charge.fresh + splits + charge.run;
    if (pages > room->pages + (charge.is_delete ? room->reserve : 0) || charge.run > room->tail)
        return room->status;
    room->reserve -= minus(pages, room->pages);
    room->pages = minus(room->pages, pages);
    room->tail -= charge.run;
    room->copies -= copies;
    if (estimate->is_on) {
        estimate->size += charge.size;
        estimate->pages += splits;
    }
    return KV_OK;
}

/* What the tables whose pages rows split grew by since they were last counted. One that shrank
   counts for nothing: what it gave back may be of no use to this transaction. */
static kv_status write_growth(kvi_write *write, uint64_t *pages_out)
{
    static const unsigned tables[] = {KVI_VALUES, KVI_EXPIRY, KVI_CHANGES};
    kv_status status = KV_OK;

    *pages_out = 0;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && status == KV_OK; i++) {
        uint64_t *last = &write->estimate.tables[i];
        kvi_table_facts facts = {0};
        status = kvi_txn_table_facts(write->txn, tables[i], &facts);
        if (tables[i] == KVI_CHANGES) /* In the others they are charged as runs. */
            facts.pages += facts.overflow;
        *pages_out += minus(facts.pages, *last);
        *last = facts.pages;
    }
    return status;
}

kv_status kvi_write_estimate_begin(kvi_write *write)
{
    kvi_estimate *estimate = &write->estimate;
    uint64_t pages;

    estimate->is_on = estimate->was_on = true;
    estimate->share = kvi_env_page_size(write->db->env) / 2; /* Splits leave pages half full. */
    estimate->size = estimate->pages = 0;
    return write_growth(write, &pages);
}

kv_status kvi_write_estimate_count(kvi_write *write)
{
    kvi_estimate *estimate = &write->estimate;
    uint64_t grown, more;
    kv_status status = estimate->is_on ? write_growth(write, &grown) : KV_OK;

    if (status != KV_OK || !estimate->is_on)
        return status;
    more = minus(grown, estimate->pages);
    if (more > write->room.pages)
        return write->room.status;
    write->room.pages -= more;
    estimate->pages = minus(estimate->pages, grown);
    return KV_OK;
}

kv_status kvi_write_log(kvi_write *write, kv_change *change)
{
    if (write->store.sequence == UINT64_MAX)
        return KV_CORRUPT;
    change->sequence = ++write->store.sequence;
    write->is_dirty = true;
    return kvi_changes_add(write->txn, &write->log, change);
}

/* The last rows of the transaction: the log, row 0, the token. */
static kv_status write_finish(kvi_write *write)
{
    bool more;
    kv_status status = kvi_changes_trim(write->txn, &write->log, &write->settings,
                                        write->store.sequence, write->now, TRIM_BLOCKS, &more);

    if (status == KV_OK)
        status = kvi_changes_end(write->txn, &write->log, &write->store);
    if (status == KV_OK)
        status = kvi_usage_store_put(write->txn, &write->store);
    if (status == KV_OK)
        status = kvi_usage_tokens_push(write->txn, write->token);
    return status;
}

kv_status kvi_write_commit(kvi_write *write, uint64_t *sync_us_out)
{
    kv_db *db = write->db;
    uint64_t began;
    kv_status status;

    if (!write->is_dirty) {
        kvi_write_abort(write);
        return KV_OK;
    }
    status = write_finish(write);
    if (status != KV_OK) {
        kvi_write_abort(write);
        return status;
    }
    began = kvi_clock_us();
    status = kvi_txn_commit(write->txn);
    if (sync_us_out != NULL)
        *sync_us_out = kvi_clock_us() - began;
    free(write);
    if (status == KV_COMMIT_UNKNOWN)
        kvi_db_set_dead(db);
    kvi_counter_add(status == KV_OK ? &db->counters.commits : &db->counters.commits_failed, 1);
    return status;
}

void kvi_write_abort(kvi_write *write)
{
    kvi_txn_abort(write->txn);
    free(write);
}
