#include "tables/namespaces.h"

#include "base/bytes.h"
#include "codec/row_envelope.h"
#include "tables/catalog.h"

#define ID_KEY_SIZE 5
#define ID_SIZE 4
#define COUNTS_SIZE 12
#define ROW_SIZE 17 /* status, created, capacity */

static const uint8_t counts_key[1] = {0};

static kv_slice id_key(kv_ns id, uint8_t out[ID_KEY_SIZE])
{
    out[0] = 0;
    kvi_be32_store(out + 1, id);
    return kvi_slice(out, ID_KEY_SIZE);
}

static kv_slice folded_key(kv_slice name, uint8_t out[KV_NAMESPACE_NAME_MAX])
{
    const uint8_t *p = name.data;

    for (size_t i = 0; i < name.size; i++)
        out[i] = (uint8_t)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + ('a' - 'A') : p[i]);
    return kvi_slice(out, name.size);
}

kv_status kvi_namespaces_name_check(const char *name, size_t size)
{
    if (size == 0 || size > KV_NAMESPACE_NAME_MAX)
        return KV_NAMESPACE_MALFORMED;
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return KV_NAMESPACE_MALFORMED;
    }
    return KV_OK;
}

/* KV_NOT_FOUND: there is none. */
static kv_status row_get(kvi_txn *txn, kv_slice key, size_t known, kvi_envelope *out)
{
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_NAMESPACES, key, &row);

    *out = (kvi_envelope){{NULL, 0}, {NULL, 0}};
    if (status != KV_OK)
        return status;
    return kvi_envelope_open((kvi_envelope_place){KVI_NAMESPACES, key}, row, known, out);
}

/* Begin to make a row anew, with what a newer version put behind the fields; *old_out is as it was.
 */
static kv_status row_begin(kvi_txn *txn, kv_slice key, size_t known, kvi_envelope_writer *writer,
                           kvi_envelope *old_out)
{
    kv_status status = row_get(txn, key, known, old_out);

    if (status != KV_OK && status != KV_NOT_FOUND && status != KV_CORRUPT)
        return status;
    kvi_envelope_begin(writer, known, old_out);
    return KV_OK;
}

static kv_status row_end(kvi_txn *txn, kv_slice key, kvi_envelope_writer *writer,
                         kv_slice parts_kept)
{
    kv_slice row;
    kv_status status;

    kvi_envelope_add(writer, parts_kept.data, parts_kept.size);
    status = kvi_envelope_end(writer, (kvi_envelope_place){KVI_NAMESPACES, key}, &row);
    return status == KV_OK ? kvi_txn_put(txn, KVI_NAMESPACES, key, row) : status;
}

kv_status kvi_namespaces_find(kvi_txn *txn, kv_slice name, kv_ns *id_out)
{
    uint8_t folded[KV_NAMESPACE_NAME_MAX];
    kvi_envelope row;
    kv_status status = row_get(txn, folded_key(name, folded), ID_SIZE, &row);

    if (status == KV_OK)
        *id_out = kvi_le32_load(row.fields.data);
    return status == KV_NOT_FOUND ? KV_NAMESPACE_NOT_FOUND : status;
}

/* Take name and description from the parts. */
static bool row_take_parts(kv_slice *parts, kv_slice *name_out, kv_slice *description_out)
{
    kv_slice size;

    return kvi_envelope_take(parts, 1, &size) &&
           kvi_envelope_take(parts, *(const uint8_t *)size.data, name_out) &&
           kvi_envelope_take(parts, 2, &size) &&
           kvi_envelope_take(parts, kvi_le16_load(size.data), description_out);
}

/* Of a verified row. */
static kv_status row_parse(kv_ns id, kvi_envelope row, kvi_namespace *out)
{
    const uint8_t *p = row.fields.data;

    out->id = id;
    out->status = p[0];
    out->created = (int64_t)kvi_le64_load(p + 1);
    out->capacity = kvi_le64_load(p + 9);
    if (out->status > KVI_NAMESPACE_DROPPED ||
        !row_take_parts(&row.parts, &out->name, &out->description) ||
        out->name.size > KV_NAMESPACE_NAME_MAX || out->description.size > KV_DESCRIPTION_SIZE_MAX)
        return KV_CORRUPT;
    return KV_OK;
}

static kv_status row_put(kvi_txn *txn, const kvi_namespace *row)
{
    uint8_t key_bytes[ID_KEY_SIZE], size[2];
    kv_slice key = id_key(row->id, key_bytes), name, description;
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_status status = row_begin(txn, key, ROW_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    if (!row_take_parts(&old.parts, &name, &description))
        old.parts = kvi_slice(NULL, 0);
    writer.fields[0] = row->status;
    kvi_le64_store(writer.fields + 1, (uint64_t)row->created);
    kvi_le64_store(writer.fields + 9, row->capacity);
    size[0] = (uint8_t)row->name.size;
    kvi_envelope_add(&writer, size, 1);
    kvi_envelope_add(&writer, row->name.data, row->name.size);
    kvi_le16_store(size, (uint16_t)row->description.size);
    kvi_envelope_add(&writer, size, 2);
    kvi_envelope_add(&writer, row->description.data, row->description.size);
    return row_end(txn, key, &writer, old.parts);
}

kv_status kvi_namespaces_get_live(kvi_txn *txn, kv_ns id, kvi_namespace *out)
{
    uint8_t key[ID_KEY_SIZE];
    kvi_envelope row;
    kv_status status = row_get(txn, id_key(id, key), ROW_SIZE, &row);

    if (status == KV_OK)
        status = row_parse(id, row, out);
    if (status == KV_NOT_FOUND || (status == KV_OK && out->status != KVI_NAMESPACE_LIVE))
        return KV_NAMESPACE_NOT_FOUND;
    return status;
}

kv_status kvi_namespaces_next(kvi_txn *txn, kv_ns after, uint8_t wanted, kvi_namespace *out)
{
    uint8_t bytes[ID_KEY_SIZE];
    kv_slice key, row;
    kvi_envelope open;
    kvi_cursor *cursor;
    kv_status status;

    if (after == UINT32_MAX)
        return KV_NOT_FOUND;
    key = id_key(after + 1, bytes);
    status = kvi_cursor_open(txn, KVI_NAMESPACES, &cursor);
    if (status != KV_OK)
        return status;
    status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &row);
    while (status == KV_OK) {
        if (key.size != ID_KEY_SIZE || *(const uint8_t *)key.data != 0) {
            status = KV_NOT_FOUND; /* The names follow. */
            break;
        }
        status = kvi_envelope_open((kvi_envelope_place){KVI_NAMESPACES, key}, row, ROW_SIZE, &open);
        if (status == KV_OK)
            status = row_parse(kvi_be32_load((const uint8_t *)key.data + 1), open, out);
        /* A search for dropped namespaces skips damaged rows; other searches report them. */
        if ((status != KV_CORRUPT || wanted != KVI_NAMESPACE_DROPPED) &&
            (status != KV_OK || out->status == wanted))
            break;
        status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    }
    kvi_cursor_close(cursor);
    return status;
}

kv_status kvi_namespaces_counts(kvi_txn *txn, kvi_namespace_counts *out)
{
    kvi_envelope row;
    const uint8_t *p;
    kv_status status = row_get(txn, kvi_slice(counts_key, 1), COUNTS_SIZE, &row);

    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    p = row.fields.data;
    *out = (kvi_namespace_counts){kvi_le32_load(p), kvi_le32_load(p + 4), kvi_le32_load(p + 8)};
    return KV_OK;
}

static kv_status counts_put(kvi_txn *txn, const kvi_namespace_counts *counts)
{
    kv_slice key = kvi_slice(counts_key, 1);
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_status status = row_begin(txn, key, COUNTS_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    kvi_le32_store(writer.fields, counts->next_id);
    kvi_le32_store(writer.fields + 4, counts->live);
    kvi_le32_store(writer.fields + 8, counts->dropped);
    return row_end(txn, key, &writer, old.parts);
}

static kv_status id_put(kvi_txn *txn, kv_slice name, kv_ns id)
{
    uint8_t folded[KV_NAMESPACE_NAME_MAX];
    kv_slice key = folded_key(name, folded);
    kvi_envelope_writer writer;
    kvi_envelope old;
    kv_status status = row_begin(txn, key, ID_SIZE, &writer, &old);

    if (status != KV_OK)
        return status;
    kvi_le32_store(writer.fields, id);
    return row_end(txn, key, &writer, old.parts);
}

kv_status kvi_namespaces_init(kvi_txn *txn)
{
    static const kvi_namespace_counts none = {.next_id = 1};

    return counts_put(txn, &none);
}

kv_status kvi_namespaces_create(kvi_txn *txn, kvi_namespace *row, uint32_t max)
{
    kvi_namespace_counts counts;
    kv_status status = kvi_namespaces_find(txn, row->name, &row->id);

    if (status == KV_OK)
        return KV_NAMESPACE_EXISTS;
    if (status == KV_NAMESPACE_NOT_FOUND)
        status = kvi_namespaces_counts(txn, &counts);
    if (status != KV_OK)
        return status;
    if (counts.live >= max || counts.next_id == UINT32_MAX)
        return KV_NAMESPACES_FULL;
    row->id = counts.next_id++;
    counts.live++;
    status = id_put(txn, row->name, row->id);
    if (status == KV_OK)
        status = row_put(txn, row);
    return status == KV_OK ? counts_put(txn, &counts) : status;
}

kv_status kvi_namespaces_update(kvi_txn *txn, const kvi_namespace *row)
{
    return row_put(txn, row);
}

kv_status kvi_namespaces_rename(kvi_txn *txn, kv_ns id, kv_slice name)
{
    uint8_t old_bytes[KV_NAMESPACE_NAME_MAX], new_bytes[KV_NAMESPACE_NAME_MAX];
    char description[KV_DESCRIPTION_SIZE_MAX];
    kv_slice old_key, new_key = folded_key(name, new_bytes);
    kvi_namespace row;
    kv_ns holder;
    kv_status status = kvi_namespaces_get_live(txn, id, &row);

    if (status != KV_OK)
        return status;
    status = kvi_namespaces_find(txn, name, &holder);
    if (status == KV_OK && holder != id)
        return KV_NAMESPACE_EXISTS;
    if (status != KV_OK && status != KV_NAMESPACE_NOT_FOUND)
        return status;
    /* The row is rewritten where it lies. */
    old_key = folded_key(row.name, old_bytes);
    memcpy(description, row.description.data, row.description.size);
    row.description.data = description;
    row.name = name;
    status = KV_OK;
    if (!kvi_slice_equal(old_key, new_key)) {
        status = kvi_txn_delete(txn, KVI_NAMESPACES, old_key);
        if (status == KV_OK)
            status = id_put(txn, name, id);
    }
    if (status == KV_OK)
        status = row_put(txn, &row);
    return status == KV_NOT_FOUND ? KV_CORRUPT : status;
}

kv_status kvi_namespaces_drop(kvi_txn *txn, kv_ns id)
{
    uint8_t folded[KV_NAMESPACE_NAME_MAX], name[KV_NAMESPACE_NAME_MAX];
    kvi_namespace_counts counts;
    kvi_namespace row;
    kv_status status = kvi_namespaces_get_live(txn, id, &row);

    if (status == KV_OK)
        status = kvi_namespaces_counts(txn, &counts);
    if (status != KV_OK)
        return status;
    if (counts.live == 0)
        return KV_CORRUPT;
    memcpy(name, row.name.data, row.name.size);
    row.name.data = name;
    row.description = kvi_slice(NULL, 0);
    row.status = KVI_NAMESPACE_DROPPED;
    counts.live--;
    counts.dropped++;
    status = kvi_txn_delete(txn, KVI_NAMESPACES, folded_key(row.name, folded));
    if (status == KV_OK)
        status = row_put(txn, &row);
    if (status == KV_OK)
        status = counts_put(txn, &counts);
    return status == KV_NOT_FOUND ? KV_CORRUPT : status;
}

kv_status kvi_namespaces_remove(kvi_txn *txn, kv_ns id)
{
    uint8_t key[ID_KEY_SIZE];
    kvi_namespace_counts counts;
    kv_status status = kvi_namespaces_counts(txn, &counts);

    if (status == KV_OK && counts.dropped == 0)
        status = KV_CORRUPT;
    if (status == KV_OK)
        status = kvi_txn_delete(txn, KVI_NAMESPACES, id_key(id, key));
    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    counts.dropped--;
    return counts_put(txn, &counts);
}
