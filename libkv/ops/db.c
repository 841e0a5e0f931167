#include "ops/db.h"

#include "codec/checksum.h"
#include "ops/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEALTH_INTERVAL_MS 100 /* Between looks at the files. */

/* Never 0. Without a boot id each process counts as a boot of its own: an epoch too many, never one
   too few. */
static uint64_t boot_hash(void)
{
    char text[64];
    ssize_t size = -1;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        size = read(fd, text, sizeof(text));
        (void)close(fd);
    }
    if (size <= 0)
        size = getrandom(text, sizeof(text), 0);
    return kvi_checksum(text, size > 0 ? (size_t)size : 0) | 1;
}

void kvi_db_free(kv_db *db)
{
    kvi_codecs_free(&db->codecs);
    kvi_pool_free(db->snapshots);
    kvi_queue_free(db->queue);
    free(db->snapshot_slots);
    free(db);
}

static kvi_snapshot_slot *slots_create(size_t count)
{
    kvi_snapshot_slot *slots = aligned_alloc(alignof(kvi_snapshot_slot), count * sizeof(*slots));

    if (slots != NULL)
        memset(slots, 0, count * sizeof(*slots));
    return slots;
}

kv_db *kvi_db_allocate(const kv_options *options, uint64_t fork_word)
{
    kv_db *db = calloc(1, sizeof(*db));

    if (db == NULL)
        return NULL;
    db->fork_word = fork_word;
    db->options = *options;
    db->options.flags &= ~(uint32_t)KV_CREATE; /* Of the call, not of the handle. */
    db->clock = (kvi_clock){options->clock, options->clock_ctx};
    db->boot = boot_hash();
    db->references = 1;
    db->wants_hardening = true;
    atomic_init(&db->holders, 1);
    db->queue = kvi_queue_create(options->queue_bytes_max);
    db->snapshots = kvi_pool_create(options->snapshots_max);
    db->snapshot_slots = slots_create(options->snapshots_max);
    if (db->queue == NULL || db->snapshots == NULL || db->snapshot_slots == NULL ||
        kvi_codecs_init(&db->codecs, options->compress_level) != KV_OK) {
        kvi_db_free(db);
        return NULL;
    }
    return db;
}

/* It has no holder any more; the lock of the open stores is held. */
static void db_destroy(kv_db *db)
{
    kvi_open_stores_remove(&db->registered);
    kvi_env_close(db->env);
    kvi_db_free(db);
}

void kvi_db_release_locked(kv_db *db)
{
    if (atomic_fetch_sub(&db->holders, 1) == 1)
        db_destroy(db);
}

void kvi_db_release(kv_db *db)
{
    uint64_t word;

    if (atomic_fetch_sub(&db->holders, 1) != 1)
        return;
    if (!kvi_fork_is_ours(db->fork_word)) {
        kvi_env_forget(db->env);
        kvi_db_free(db);
        return;
    }
    if (kvi_open_stores_lock(&word) != KV_OK)
        return; /* Cannot be: it was locked at open. */
    db_destroy(db);
    kvi_open_stores_unlock();
}

void kvi_db_set_dead(kv_db *db)
{
    atomic_store(&db->state, KVI_DB_DEAD);
    kvi_log_emit(&db->log, KV_LOG_ERROR, KV_COMMIT_UNKNOWN,
                 "a meta page could not be written: close the store and open it anew");
}

/* Whether the path still leads to our data. KV_OK; KV_MOVED; any other: not known. */
static kv_status db_look_at_path(kv_db *db)
{
    uint64_t mark = kvi_current_mark(db->named);
    char data[KVI_PATH_MAX];
    kvi_current current;
    struct stat file;
    kv_status status;

    if (mark == atomic_load(&db->current_mark))
        return KV_OK;
    status = kvi_current_read(db->named, &current, NULL);
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_MOVED : status;
    if (strcmp(current.generation, db->current.generation) != 0)
        return KV_MOVED;
    status = kvi_generation_path(db->named, current.generation, "data.mdb", data);
    if (status != KV_OK)
        return status;
    if (stat(data, &file) != 0)
        return errno == ENOENT ? KV_MOVED : KV_IO;
    /* A copy of our store has the same names. */
    if ((uint64_t)file.st_dev != db->registered.device ||
        (uint64_t)file.st_ino != db->registered.inode)
        return KV_MOVED;
    atomic_store(&db->current_mark, mark);
    return KV_OK;
}

kv_status kvi_db_look(kv_db *db)
{
    kv_status status = db_look_at_path(db);

    if (status == KV_OK) /* Else the lock file is another store's. */
        status = kvi_env_lock_check(db->env);
    else if (status != KV_MOVED)
        return atomic_load(&db->health);
    atomic_store(&db->health, status);
    return status;
}

kv_status kvi_db_health(kv_db *db)
{
    uint64_t now = kvi_clock_coarse_ms();

    if (now - atomic_load(&db->health_at_ms) >= HEALTH_INTERVAL_MS) {
        (void)kvi_db_look(db);
        atomic_store(&db->health_at_ms, now);
    }
    return atomic_load(&db->health);
}
