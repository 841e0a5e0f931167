#include "tables/meta.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "tables/names.h"

#include <sys/random.h>

#define SETTINGS_SIZE 36
#define ID_SIZE 16

static kv_slice meta_name(const char *name)
{
    return kvi_slice(name, strlen(name));
}

/* A row of exactly that size; a store has all of them. */
static kv_status meta_get(kvi_txn *txn, const char *name, size_t size, const uint8_t **row_out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_META, meta_name(name), &row);

    if (status == KV_NOT_FOUND || (status == KV_OK && row.size != size))
        return KV_CORRUPT;
    if (status == KV_OK)
        *row_out = row.data;
    return status;
}

static kv_status meta_put(kvi_txn *txn, const char *name, const void *row, size_t size)
{
    return kvi_txn_put(txn, KVI_META, meta_name(name), kvi_slice(row, size));
}

kv_status kvi_meta_create(kvi_txn *txn, const kv_settings *settings)
{
    static const kvi_meta_state fresh = {false, ""};
    uint8_t format[4], id[ID_SIZE];
    kv_status status;

    if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
        return KV_IO;
    kvi_le32_store(format, KVI_FORMAT);
    status = meta_put(txn, "format", format, sizeof(format));
    if (status == KV_OK)
        status = meta_put(txn, "id", id, sizeof(id));
    if (status == KV_OK)
        status = kvi_meta_epoch_renew(txn);
    if (status == KV_OK)
        status = kvi_meta_settings_put(txn, settings);
    return status == KV_OK ? kvi_meta_state_put(txn, &fresh) : status;
}

kv_status kvi_meta_check(kvi_txn *txn)
{
    const uint8_t *row = NULL;
    kv_status status = meta_get(txn, "format", 4, &row);

    if (status != KV_OK)
        return status;
    if (kvi_le32_load(row) > KVI_FORMAT)
        return KV_UNSUPPORTED;
    return kvi_le32_load(row) == KVI_FORMAT ? KV_OK : KV_CORRUPT;
}

kv_status kvi_meta_settings_get(kvi_txn *txn, kv_settings *out)
{
    const uint8_t *row = NULL;
    kv_status status = meta_get(txn, "settings", SETTINGS_SIZE, &row);

    if (status != KV_OK)
        return status;
    *out = (kv_settings){.size = sizeof(*out),
                         .map_size_max = kvi_le64_load(row),
                         .namespace_capacity_default = kvi_le64_load(row + 8),
                         .changes_bytes_max = kvi_le64_load(row + 16),
                         .changes_age_max_s = (int64_t)kvi_le64_load(row + 24),
                         .namespaces_max = kvi_le32_load(row + 32)};
    return KV_OK;
}

kv_status kvi_meta_settings_put(kvi_txn *txn, const kv_settings *settings)
{
    uint8_t row[SETTINGS_SIZE];

    kvi_le64_store(row, settings->map_size_max);
    kvi_le64_store(row + 8, settings->namespace_capacity_default);
    kvi_le64_store(row + 16, settings->changes_bytes_max);
    kvi_le64_store(row + 24, (uint64_t)settings->changes_age_max_s);
    kvi_le32_store(row + 32, settings->namespaces_max);
    return meta_put(txn, "settings", row, sizeof(row));
}

kv_status kvi_meta_epoch_get(kvi_txn *txn, uint64_t *epoch_out)
{
    const uint8_t *row = NULL;
    kv_status status = meta_get(txn, "epoch", 8, &row);

    if (status == KV_OK)
        *epoch_out = kvi_le64_load(row);
    return status;
}

kv_status kvi_meta_epoch_renew(kvi_txn *txn)
{
    uint8_t row[8];

    if (getrandom(row, sizeof(row), 0) != (ssize_t)sizeof(row))
        return KV_IO;
    row[7] &= 0x7F; /* Fits a signed integer, for JSON and bindings. */
    return meta_put(txn, "epoch", row, sizeof(row));
}

kv_status kvi_meta_state_get(kvi_txn *txn, kvi_meta_state *out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_META, meta_name("state"), &row);

    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    if (row.size < 1 || row.size > sizeof(out->superseded_by))
        return KV_CORRUPT;
    out->sealed = *(const uint8_t *)row.data != 0;
    memcpy(out->superseded_by, (const uint8_t *)row.data + 1, row.size - 1);
    out->superseded_by[row.size - 1] = '\0';
    return KV_OK;
}

kv_status kvi_meta_state_put(kvi_txn *txn, const kvi_meta_state *state)
{
    uint8_t row[1 + KVI_GENERATION_NAME_MAX];
    size_t size = strnlen(state->superseded_by, sizeof(state->superseded_by) - 1);

    row[0] = state->sealed;
    memcpy(row + 1, state->superseded_by, size);
    return meta_put(txn, "state", row, 1 + size);
}
