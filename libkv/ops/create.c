#include "ops/create.h"

#include "base/status.h"
#include "storage/current.h"
#include "storage/env.h"
#include "storage/file_system.h"
#include "storage/foreign.h"
#include "storage/guard.h"
#include "storage/path.h"
#include "tables/meta.h"
#include "tables/catalog.h"
#include "tables/namespaces.h"
#include "tables/usage.h"

#include <string.h>

static kv_status create_rows(kvi_env *env, const kv_settings *settings)
{
    static const kvi_usage_store empty = {.changes_first = 1};
    kvi_txn *txn;
    kv_status status = kvi_txn_begin_write(env, &txn);

    if (status != KV_OK)
        return status;
    status = kvi_meta_create(txn, settings);
    if (status == KV_OK)
        status = kvi_namespaces_init(txn);
    if (status == KV_OK)
        status = kvi_usage_store_put(txn, &empty);
    if (status == KV_OK)
        return kvi_txn_commit(txn);
    kvi_txn_abort(txn);
    return status;
}

/* Fill a fresh generation with an empty store. */
static kv_status create_build(const char *path, const kvi_current *current, uint32_t file_mode,
                              const kv_settings *settings, kv_error *error)
{
    char directory[KVI_PATH_MAX];
    kvi_env_options options = {.directory = directory,
                               .tables = kvi_catalog_names,
                               .table_count = KVI_TABLE_COUNT,
                               .map_size = settings->map_size_max,
                               .file_mode = file_mode,
                               .is_new = true};
    kvi_env *env;
    kv_status status = kvi_generation_path(path, current->generation, NULL, directory);

    if (status == KV_OK)
        status = kvi_env_open(&options, &env, error);
    if (status != KV_OK)
        return status;
    status = create_rows(env, settings);
    kvi_env_close(env);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "create %s: %s", path,
                             kvi_status_find(status)->text);
    return kvi_generation_settle(path, current->generation, file_mode, error);
}

/* Whether CURRENT names this generation. A failure to sync comes after that: others may have it
   open already. */
static bool create_is_named(const char *path, const kvi_current *ours)
{
    kvi_current current;

    return kvi_current_read(path, &current, NULL) == KV_OK &&
           strcmp(current.generation, ours->generation) == 0;
}

/* Under the guard, and there is no CURRENT. */
static kv_status create_publish(const char *path, uint32_t file_mode, const kv_settings *settings,
                                kv_error *error)
{
    kvi_current current = {.is_sealed = false};
    bool is_first = false;
    kv_status status = kvi_generation_make(path, file_mode, current.generation, error);

    if (status != KV_OK)
        return status;
    status = create_build(path, &current, file_mode, settings, error);
    if (status == KV_OK)
        status = kvi_current_create(path, &current, file_mode, &is_first, error);
    if (status != KV_OK && is_first)
        return kvi_error_set(error, status, error != NULL ? error->os_errno : 0,
                             "%s was created, but its name could not be synced: it may be lost if "
                             "the machine stops now; the next open tries again",
                             path);
    /* If GUARD was removed meanwhile, a process with another guard may have been first. */
    if (!is_first && !create_is_named(path, &current))
        kvi_generation_remove(path, current.generation);
    return status;
}

kv_status kvi_create(const char *path, uint32_t file_mode, const kv_settings *settings,
                     uint32_t *leftovers_out, kv_error *error)
{
    kvi_current current;
    int guard;
    kv_status status = kvi_store_make(path, file_mode, error);

    *leftovers_out = 0;
    if (status == KV_OK)
        status = kvi_file_system_check(path, error);
    if (status == KV_OK) /* Before GUARD is made: nothing is, among the files of others. */
        status = kvi_foreign_check(path, error);
    if (status == KV_OK)
        status = kvi_guard_lock(path, file_mode, &guard, error);
    if (status != KV_OK)
        return status;
    status = kvi_current_read(path, &current, error);
    if (status == KV_NOT_FOUND) {
        status = kvi_generation_sweep(path, leftovers_out, error);
        if (status == KV_OK) {
            *leftovers_out += kvi_current_sweep(path);
            status = create_publish(path, file_mode, settings, error);
        }
    }
    kvi_guard_unlock(guard);
    return status;
}
