#include "api/structs.h"
#include "ops/namespace.h"
#include "ops/snapshot.h"

#define INFO_SIZE_MIN 1176

_Static_assert(sizeof(kv_namespace_info) == INFO_SIZE_MIN, "as 0.1 shipped it");

kv_status kv_namespace_create(kv_db *db, const char *name, size_t name_size, kv_ns *id_out)
{
    kv_slice slice = {name, name_size};
    kv_status status;

    if (db == NULL || name == NULL || id_out == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_namespace_create(db, slice, id_out) : status;
}

kv_status kv_namespace_find(kv_snapshot *snapshot, const char *name, size_t name_size,
                            kv_ns *id_out)
{
    kv_slice slice = {name, name_size};
    kv_status status;

    if (snapshot == NULL || name == NULL || id_out == NULL)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    return status == KV_OK ? kvi_namespace_find(snapshot, slice, id_out) : status;
}

kv_status kv_namespace_id(kv_db *db, const char *name, size_t name_size, kv_ns *id_out)
{
    kv_slice slice = {name, name_size};
    kv_status status;

    if (db == NULL || name == NULL || id_out == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_namespace_id(db, slice, id_out) : status;
}

kv_status kv_namespace_describe(kv_snapshot *snapshot, kv_ns id, kv_namespace_info *out)
{
    kv_namespace_info own;
    kv_status status;

    if (snapshot == NULL || kvi_struct_check(out, INFO_SIZE_MIN) != KV_OK)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = kvi_namespace_describe(snapshot, id, &own);
    if (status == KV_OK)
        kvi_struct_give(out, &own, sizeof(own));
    return status;
}

kv_status kv_namespace_next(kv_snapshot *snapshot, kv_ns after, kv_namespace_info *out)
{
    kv_namespace_info own;
    kv_status status;

    if (snapshot == NULL || kvi_struct_check(out, INFO_SIZE_MIN) != KV_OK)
        return KV_INVALID;
    status = kvi_snapshot_check(snapshot);
    if (status == KV_OK)
        status = kvi_namespace_next(snapshot, after, &own);
    if (status == KV_OK)
        kvi_struct_give(out, &own, sizeof(own));
    return status;
}

kv_status kv_namespace_set(kv_db *db, kv_ns id, uint64_t capacity, const char *description,
                           size_t description_size)
{
    kv_status status;

    if (db == NULL || (description == NULL && description_size > 0) ||
        description_size > KV_DESCRIPTION_SIZE_MAX)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_namespace_set(db, id, capacity, description, description_size)
                           : status;
}

kv_status kv_namespace_rename(kv_db *db, kv_ns id, const char *name, size_t name_size)
{
    kv_slice slice = {name, name_size};
    kv_status status;

    if (db == NULL || name == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_namespace_rename(db, id, slice) : status;
}

kv_status kv_namespace_drop(kv_db *db, kv_ns id)
{
    kv_status status;

    if (db == NULL)
        return KV_INVALID;
    status = kvi_db_check(db);
    return status == KV_OK ? kvi_namespace_drop(db, id) : status;
}
