#include "api/structs.h"
#include "base/status.h"
#include "ops/file_mode.h"
#include "ops/harden.h"
#include "ops/open.h"
#include "ops/seal.h"

#define ERROR_SIZE_MIN 256

_Static_assert(sizeof(kv_error) == ERROR_SIZE_MIN, "as 0.1 shipped it");

/* What a store that is made will be; a change of settings leaves the map as it is. */
static kv_status open_settings_take(kv_settings *own, const kv_settings *given)
{
    kv_status status = kvi_settings_take(own, given);

    if (status == KV_OK && own->map_size_max == 0)
        own->map_size_max = KV_MAP_SIZE_DEFAULT;
    return status;
}

/* Hand a status and its detail to the caller, whose error may be of another size. Returns the
   status. */
static kv_status open_give(kv_status status, kv_error *detail, kv_error *error)
{
    detail->status = status;
    if (status == KV_OK)
        detail->message[0] = '\0';
    if (error != NULL && kvi_struct_check(error, ERROR_SIZE_MIN) == KV_OK)
        kvi_struct_give(error, detail, sizeof(*detail));
    return status;
}

kv_status kv_open(const char *path, const kv_options *options, const kv_settings *create_with,
                  kv_db **db_out, kv_error *error)
{
    kv_error detail = KV_ERROR_INIT;
    kv_options own;
    kv_settings settings;
    kv_status status;

    if (db_out != NULL)
        *db_out = NULL;
    if (path == NULL || db_out == NULL)
        status = kvi_error_set(&detail, KV_INVALID, 0, "kv_open: %s is NULL",
                               path == NULL ? "path" : "db_out");
    else if (path[0] == '\0')
        status = kvi_error_set(&detail, KV_INVALID, 0, "kv_open: the path is empty");
    else if ((status = kvi_options_take(&own, options)) != KV_OK)
        (void)kvi_error_set(&detail, status, 0, "kv_open: an option is out of range or not known");
    else if ((status = open_settings_take(&settings, create_with)) != KV_OK)
        (void)kvi_error_set(&detail, status, 0, "kv_open: a setting is out of range or not known");
    else
        status = kvi_open(path, &own, &settings, NULL, db_out, &detail);
    return open_give(status, &detail, error);
}

void kv_close(kv_db *db)
{
    if (db != NULL)
        kvi_close(db);
}

kv_status kv_health(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_db_health(db) : status;
}

kv_status kv_sync(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_harden(db) : status;
}

kv_status kv_seal(kv_db *db)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_seal(db) : status;
}

kv_status kv_error_init(kv_error *out, size_t size)
{
    return kvi_struct_init(out, size, ERROR_SIZE_MIN);
}

kv_status kv_options_init(kv_options *out, size_t size)
{
    return kvi_struct_init(out, size, KVI_OPTIONS_SIZE_MIN);
}

kv_status kv_file_mode_set(kv_db *db, uint32_t file_mode, kv_error *error)
{
    kv_error detail = KV_ERROR_INIT;
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    if (status == KV_OK)
        status = kvi_file_mode_set(db, file_mode, &detail);
    return open_give(status, &detail, error);
}
