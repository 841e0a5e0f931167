#include "ops/file_mode.h"

#include "base/status.h"

kv_status kvi_file_mode_set(kv_db *db, uint32_t file_mode, kv_error *error)
{
    /* Of a sealed store nothing is written: its owner need not be able to. */
    uint32_t needed = db->current.is_sealed ? 0400 : 0600;
    kv_status status = kvi_db_health(db);

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "%s is no longer this store", db->named);
    if (file_mode > 0777 || (file_mode & needed) != needed)
        return kvi_error_set(error, KV_INVALID, 0, "a mode of %04o, which needs %04o", file_mode,
                             needed);
    return kvi_store_mode_set(db->path, db->current.generation, file_mode, error);
}
