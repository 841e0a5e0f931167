#include "tables/meta.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/row_envelope.h"
#include "tables/catalog.h"

#include <sys/random.h>

#define FEATURES_SIZE 24
#define ID_SIZE 16
#define EPOCH_SIZE 9
#define ANCESTOR_SIZE 16
#define SETTINGS_SIZE 36
#define STATE_SIZE 1

static kvi_envelope_place meta_place(const char *name)
{
    return (kvi_envelope_place){KVI_META, kvi_slice(name, strlen(name))};
}

/* A store has all rows. */
static kv_status meta_get(kvi_txn *txn, const char *name, size_t known, kvi_envelope *out)
{
    kvi_envelope_place place = meta_place(name);
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_META, place.key, &row);

    *out = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    return kvi_envelope_open(place, row, known, out);
}

static kv_status meta_put(kvi_txn *txn, const char *name, kvi_envelope_writer *writer)
{
    kvi_envelope_place place = meta_place(name);
    kv_slice row;
    kv_status status = kvi_envelope_end(writer, place, &row);

    return status == KV_OK ? kvi_txn_put(txn, KVI_META, place.key, row) : status;
}

/* Begin to rewrite a row, or to make one that is not there; *old_out is as it was. */
static kv_status meta_begin(kvi_txn *txn, const char *name, size_t known,
                            kvi_envelope_writer *writer, kvi_envelope *old_out)
{
    kv_status status = meta_get(txn, name, known, old_out);

    if (status != KV_OK && status != KV_CORRUPT) /* Of a damaged row nothing is kept. */
        return status;
    kvi_envelope_begin(writer, known, old_out);
    return KV_OK;
}

/* ---- Features */

static kv_status meta_features_put(kvi_txn *txn, const kvi_features *features)
{
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_status status = meta_begin(txn, "features", FEATURES_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    kvi_le64_store(writer.fields, features->compatible);
    kvi_le64_store(writer.fields + 8, features->read_compatible);
    kvi_le64_store(writer.fields + 16, features->incompatible);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    return meta_put(txn, "features", &writer);
}

kv_status kvi_meta_check(kvi_txn *txn, bool may_write, char why[KVI_FEATURES_WHY_MAX])
{
    kvi_features features;
    kvi_envelope row;
    const uint8_t *p;
    kv_status status = meta_get(txn, "features", FEATURES_SIZE, &row);

    if (status != KV_OK)
        return status;
    p = row.fields.data;
    features = (kvi_features){kvi_le64_load(p), kvi_le64_load(p + 8), kvi_le64_load(p + 16)};
    return kvi_features_check(&features, may_write, why);
}

/* ---- Creation */

static kv_status meta_id_put(kvi_txn *txn)
{
    static const kvi_envelope none;
    kvi_envelope_writer writer;

    kvi_envelope_begin(&writer, ID_SIZE, &none);
    if (getrandom(writer.fields, ID_SIZE, 0) != ID_SIZE)
        return KV_IO;
    return meta_put(txn, "id", &writer);
}

kv_status kvi_meta_create(kvi_txn *txn, const kv_settings *settings)
{
    static const kvi_meta_state fresh = {false, ""};
    static const kvi_features none;
    kv_status status = meta_features_put(txn, &none);

    if (status == KV_OK)
        status = meta_id_put(txn);
    if (status == KV_OK)
        status = kvi_meta_epoch_begin(txn);
    if (status == KV_OK)
        status = kvi_meta_settings_put(txn, settings);
    return status == KV_OK ? kvi_meta_state_put(txn, &fresh) : status;
}

/* ---- Epochs */

/* The fields are the epoch and the number of its ancestors; these are the first part. */
static kv_status epoch_get(kvi_txn *txn, kvi_envelope *row, uint64_t *epoch_out,
                           kv_slice *ancestors_out)
{
    const uint8_t *p;
    kv_status status = meta_get(txn, "epoch", EPOCH_SIZE, row);

    if (status != KV_OK)
        return status;
    p = row->fields.data;
    *epoch_out = kvi_le64_load(p);
    if (p[8] > KVI_ANCESTORS_MAX ||
        !kvi_envelope_take(&row->parts, (size_t)p[8] * ANCESTOR_SIZE, ancestors_out))
        return KV_CORRUPT;
    return KV_OK;
}

static kv_status epoch_put(kvi_txn *txn, const kvi_envelope *old, kv_slice ancestors)
{
    kvi_envelope_writer writer;

    kvi_envelope_begin(&writer, EPOCH_SIZE, old);
    if (getrandom(writer.fields, 8, 0) != 8)
        return KV_IO;
    writer.fields[7] &= 0x7F; /* Fits a signed integer, for JSON and bindings. */
    writer.fields[8] = (uint8_t)(ancestors.size / ANCESTOR_SIZE);
    kvi_envelope_add(&writer, ancestors.data, ancestors.size);
    kvi_envelope_add(&writer, old->parts.data, old->parts.size);
    return meta_put(txn, "epoch", &writer);
}

kv_status kvi_meta_epoch_begin(kvi_txn *txn)
{
    static const kvi_envelope none;

    return epoch_put(txn, &none, kvi_slice(NULL, 0));
}

kv_status kvi_meta_epoch_renew(kvi_txn *txn, uint64_t last)
{
    uint8_t ancestors[(KVI_ANCESTORS_MAX + 1) * ANCESTOR_SIZE];
    kvi_envelope row;
    kv_slice old;
    uint64_t epoch;
    kv_status status = epoch_get(txn, &row, &epoch, &old);

    if (status == KV_CORRUPT) /* What went before is not known. */
        return kvi_meta_epoch_begin(txn);
    if (status != KV_OK)
        return status;
    kvi_le64_store(ancestors, epoch);
    kvi_le64_store(ancestors + 8, last);
    if (old.size > 0)
        memcpy(ancestors + ANCESTOR_SIZE, old.data, old.size);
    old.size += ANCESTOR_SIZE;
    if (old.size > KVI_ANCESTORS_MAX * ANCESTOR_SIZE)
        old.size = KVI_ANCESTORS_MAX * ANCESTOR_SIZE; /* The oldest is forgotten. */
    return epoch_put(txn, &row, kvi_slice(ancestors, old.size));
}

kv_status kvi_meta_epoch_get(kvi_txn *txn, uint64_t *epoch_out)
{
    kvi_envelope row;
    kv_slice ancestors;

    return epoch_get(txn, &row, epoch_out, &ancestors);
}

kv_status kvi_meta_epoch_last(kvi_txn *txn, uint64_t epoch, uint64_t *last_out)
{
    kvi_envelope row;
    kv_slice ancestors, one;
    uint64_t newest;
    kv_status status = epoch_get(txn, &row, &newest, &ancestors);

    if (status != KV_OK)
        return status;
    *last_out = UINT64_MAX;
    if (newest == epoch)
        return KV_OK;
    while (kvi_envelope_take(&ancestors, ANCESTOR_SIZE, &one)) {
        *last_out = kvi_le64_load((const uint8_t *)one.data + 8);
        if (kvi_le64_load(one.data) == epoch)
            return KV_OK;
    }
    return KV_NOT_FOUND;
}

/* ---- Settings and state */

kv_status kvi_meta_settings_get(kvi_txn *txn, kv_settings *out)
{
    kvi_envelope row;
    const uint8_t *p;
    kv_status status = meta_get(txn, "settings", SETTINGS_SIZE, &row);

    if (status != KV_OK)
        return status;
    p = row.fields.data;
    *out = (kv_settings){.size = sizeof(*out),
                         .map_size_max = kvi_le64_load(p),
                         .namespace_capacity_default = kvi_le64_load(p + 8),
                         .changes_bytes_max = kvi_le64_load(p + 16),
                         .changes_age_max_s = (int64_t)kvi_le64_load(p + 24),
                         .namespaces_max = kvi_le32_load(p + 32)};
    if (out->changes_bytes_max == 0 && out->changes_age_max_s == 0)
        out->flags = KV_SETTINGS_NO_CHANGES;
    return KV_OK;
}

kv_status kvi_meta_settings_put(kvi_txn *txn, const kv_settings *settings)
{
    kvi_envelope_writer writer;
    kvi_envelope old;
    uint8_t *p;
    kv_status status = meta_begin(txn, "settings", SETTINGS_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    p = writer.fields;
    kvi_le64_store(p, settings->map_size_max);
    kvi_le64_store(p + 8, settings->namespace_capacity_default);
    kvi_le64_store(p + 16, settings->changes_bytes_max);
    kvi_le64_store(p + 24, (uint64_t)settings->changes_age_max_s);
    kvi_le32_store(p + 32, settings->namespaces_max);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    return meta_put(txn, "settings", &writer);
}

/* The state's first part: the successor's name behind its size. */
static bool state_take_successor(kv_slice *parts, kv_slice *name_out)
{
    kv_slice size;

    return kvi_envelope_take(parts, 1, &size) &&
           kvi_envelope_take(parts, *(const uint8_t *)size.data, name_out);
}

kv_status kvi_meta_state_get(kvi_txn *txn, kvi_meta_state *out)
{
    kvi_envelope row;
    kv_slice name;
    kv_status status = meta_get(txn, "state", STATE_SIZE, &row);

    if (status != KV_OK)
        return status;
    if (!state_take_successor(&row.parts, &name) || name.size >= sizeof(out->superseded_by))
        return KV_CORRUPT;
    out->is_sealed = *(const uint8_t *)row.fields.data != 0;
    memcpy(out->superseded_by, name.data, name.size);
    out->superseded_by[name.size] = '\0';
    return KV_OK;
}

kv_status kvi_meta_state_put(kvi_txn *txn, const kvi_meta_state *state)
{
    uint8_t size = (uint8_t)strnlen(state->superseded_by, sizeof(state->superseded_by) - 1);
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_slice name;
    kv_status status = meta_begin(txn, "state", STATE_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    if (!state_take_successor(&old.parts, &name))
        old.parts = kvi_slice(NULL, 0);
    writer.fields[0] = state->is_sealed;
    kvi_envelope_add(&writer, &size, 1);
    kvi_envelope_add(&writer, state->superseded_by, size);
    kvi_envelope_add(&writer, old.parts.data, old.parts.size);
    return meta_put(txn, "state", &writer);
}
