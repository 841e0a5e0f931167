#include "ops/namespace.h"

#include "base/slice.h"
#include "ops/commit.h"
#include "ops/snapshot.h"
#include "tables/namespaces.h"

#define NAMESPACE_PAGES 8 /* Of its table that a creation or change copies and adds. */

static const kvi_need namespace_need = {.operations = 1, .payload_bytes = KV_DESCRIPTION_SIZE_MAX};

/* What a fill function is given. */
typedef struct namespace_change {
    kvi_namespace row;
    bool has_capacity, has_description;
} namespace_change;

/* Near the cap the reserve is for what removes. */
static kv_status namespace_room(kvi_write_txn *write)
{
    const kvi_charge charge = {.fresh = NAMESPACE_PAGES};

    return kvi_room_charge(&write->room, &charge, write->room.reserve);
}

static kv_status create_fill(kvi_write_txn *write, void *ctx)
{
    namespace_change *c = ctx;
    kv_change change = {.kind = KV_CHANGE_NAMESPACE_CREATE, .key = c->row.name};
    /* Asked first, so that a full store answers for a name that is there. */
    kv_status status = kvi_namespaces_find(write->txn, c->row.name, &c->row.id);

    if (status == KV_OK)
        return KV_NAMESPACE_EXISTS;
    if (status == KV_NAMESPACE_NOT_FOUND)
        status = namespace_room(write);
    if (status != KV_OK)
        return status;
    c->row.created = change.time = write->now;
    c->row.capacity = write->settings.namespace_capacity_default;
    status = kvi_namespaces_create(write->txn, &c->row, write->settings.namespaces_max);
    if (status != KV_OK)
        return status;
    change.ns = c->row.id;
    change.size = c->row.capacity;
    return kvi_write_txn_log(write, &change);
}

kv_status kvi_namespace_create(kv_db *db, kv_slice name, kv_ns *id_out)
{
    namespace_change c = {.row = {.name = name, .status = KVI_NAMESPACE_LIVE}};
    kv_status status = kvi_namespaces_name_check(name.data, name.size);

    if (status == KV_OK)
        status = kvi_commit_write(db, namespace_need, create_fill, &c);
    if (status == KV_OK || status == KV_NAMESPACE_EXISTS)
        *id_out = c.row.id;
    return status;
}

kv_status kvi_namespace_find(kv_snapshot *snapshot, kv_slice name, kv_ns *id_out)
{
    kv_status status = kvi_namespaces_name_check(name.data, name.size);

    if (status == KV_OK)
        status = kvi_namespaces_find(snapshot->txn, name, id_out);
    return kvi_snapshot_failed(snapshot, status, KVI_NAMESPACES, 0, KVI_FAULT_ROW);
}

kv_status kvi_namespace_id(kv_db *db, kv_slice name, kv_ns *id_out)
{
    kv_snapshot *snapshot;
    kv_status status = kvi_namespaces_name_check(name.data, name.size);

    if (status == KV_OK)
        status = kvi_snapshot_begin(db, &snapshot);
    if (status != KV_OK)
        return status;
    status = kvi_namespaces_find(snapshot->txn, name, id_out);
    kvi_snapshot_end(snapshot);
    return status;
}

static kv_status set_fill(kvi_write_txn *write, void *ctx)
{
    const namespace_change *c = ctx;
    kv_change change = {.kind = KV_CHANGE_NAMESPACE_SET, .ns = c->row.id, .time = write->now};
    char name[KV_NAMESPACE_NAME_MAX], description[KV_DESCRIPTION_SIZE_MAX];
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(write->txn, c->row.id, &row);

    if (status == KV_OK)
        status = namespace_room(write);
    if (status != KV_OK)
        return status;
    /* The row is rewritten where it lies. */
    memcpy(name, row.name.data, row.name.size);
    memcpy(description, row.description.data, row.description.size);
    row.name.data = name;
    row.description.data = description;
    if (c->has_capacity)
        row.capacity = c->row.capacity;
    if (c->has_description)
        row.description = c->row.description;
    change.size = row.capacity;
    status = kvi_namespaces_update(write->txn, &row);
    return status == KV_OK ? kvi_write_txn_log(write, &change) : status;
}

kv_status kvi_namespace_set(kv_db *db, kv_ns id, uint64_t capacity, const char *description,
                            size_t description_size)
{
    namespace_change c = {.row = {.id = id,
                                  .capacity = capacity,
                                  .description = kvi_slice(description, description_size)},
                          .has_capacity = capacity != 0,
                          .has_description = description != NULL};

    return kvi_commit_write(db, namespace_need, set_fill, &c);
}

static kv_status rename_fill(kvi_write_txn *write, void *ctx)
{
    const namespace_change *c = ctx;
    kv_change change = {.kind = KV_CHANGE_NAMESPACE_RENAME,
                        .ns = c->row.id,
                        .key = c->row.name,
                        .time = write->now};
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(write->txn, c->row.id, &row);

    if (status == KV_OK)
        status = namespace_room(write);
    if (status == KV_OK)
        status = kvi_namespaces_rename(write->txn, c->row.id, c->row.name);
    return status == KV_OK ? kvi_write_txn_log(write, &change) : status;
}

kv_status kvi_namespace_rename(kv_db *db, kv_ns id, kv_slice name)
{
    namespace_change c = {.row = {.id = id, .name = name}};
    kv_status status = kvi_namespaces_name_check(name.data, name.size);

    return status == KV_OK ? kvi_commit_write(db, namespace_need, rename_fill, &c) : status;
}

static kv_status drop_fill(kvi_write_txn *write, void *ctx)
{
    const kv_ns *id = ctx;
    kv_change change = {.kind = KV_CHANGE_NAMESPACE_DROP, .ns = *id, .time = write->now};
    kv_status status = kvi_namespaces_drop(write->txn, *id);

    return status == KV_OK ? kvi_write_txn_log(write, &change) : status;
}

kv_status kvi_namespace_drop(kv_db *db, kv_ns id)
{
    return kvi_commit_write(db, namespace_need, drop_fill, &id);
}

static kv_status info_fill(kv_snapshot *snapshot, const kvi_namespace *row, kv_namespace_info *out)
{
    kvi_usage usage;
    kv_status status = kvi_usage_get(snapshot->txn, row->id, &usage, NULL);

    if (status != KV_OK)
        return kvi_snapshot_failed(snapshot, status, KVI_USAGE, row->id, KVI_FAULT_ROW);
    *out = (kv_namespace_info){.size = sizeof(*out),
                               .id = row->id,
                               .created_at = row->created,
                               .capacity = row->capacity,
                               .key_count = usage.keys,
                               .key_bytes = usage.key_bytes,
                               .value_bytes = usage.value_bytes,
                               .metadata_bytes = usage.metadata_bytes,
                               .stored_bytes = usage.stored_bytes};
    memcpy(out->name, row->name.data, row->name.size);
    memcpy(out->description, row->description.data, row->description.size);
    return KV_OK;
}

kv_status kvi_namespace_describe(kv_snapshot *snapshot, kv_ns id, kv_namespace_info *out)
{
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(snapshot->txn, id, &row);

    if (status != KV_OK)
        return kvi_snapshot_failed(snapshot, status, KVI_NAMESPACES, id, KVI_FAULT_ROW);
    return info_fill(snapshot, &row, out);
}

kv_status kvi_namespace_next(kv_snapshot *snapshot, kv_ns after, kv_namespace_info *out)
{
    kvi_namespace row;
    kv_status status = kvi_namespaces_next(snapshot->txn, after, KVI_NAMESPACE_LIVE, &row);

    if (status != KV_OK)
        return kvi_snapshot_failed(snapshot, status, KVI_NAMESPACES, 0, KVI_FAULT_ROW);
    return info_fill(snapshot, &row, out);
}
