#include "ops/share.h"

#include "base/layout.h"
#include "base/status.h"
#include "storage/generation.h"

#include <sys/stat.h>

/* The first option in which two opens of a store may not differ, by name; NULL: they agree. A
   callback's context belongs to its opener, which may close first: only callbacks that are the
   same can be called on behalf of both. */
static const char *share_conflict(const kv_options *a, const kv_options *b)
{
    if (a->mode != b->mode)
        return "mode";
    if (a->sync != b->sync)
        return "sync";
    if (((a->flags ^ b->flags) & ~(uint32_t)KV_CREATE) != 0)
        return "flags";
    if (a->clock != b->clock || a->clock_ctx != b->clock_ctx)
        return "clock";
    return a->log != b->log || a->log_ctx != b->log_ctx ? "log" : NULL;
}

kv_status kvi_share(kv_db *db, const kv_options *options, bool is_guest, kv_error *error)
{
    const char *conflict = is_guest ? NULL : share_conflict(options, &db->options);

    if (atomic_load(&db->state) == KVI_DB_CLOSED)
        return kvi_error_set(error, KV_ALREADY_OPEN, 0,
                             "%s was closed with snapshots out: end them first", db->path);
    if (atomic_load(&db->state) == KVI_DB_DEAD)
        return kvi_error_set(error, KV_REOPEN_NEEDED, 0, "%s: close its other handles first",
                             db->path);
    if (conflict != NULL)
        return kvi_error_set(error, KV_ALREADY_OPEN, 0,
                             "%s is open in this process with another option: %s", db->path,
                             conflict);
    db->references++;
    return KV_OK;
}

kv_db *kvi_share_find(const kv_db *db)
{
    char data[KVI_PATH_MAX];
    kvi_open_store *entry;
    struct stat file;

    if (kvi_generation_path(db->path, db->current.generation, "data.mdb", data) != KV_OK ||
        stat(data, &file) != 0)
        return NULL;
    entry = kvi_open_stores_find((uint64_t)file.st_dev, (uint64_t)file.st_ino);
    return entry == NULL ? NULL : KVI_CONTAINER(entry, kv_db, registered);
}
