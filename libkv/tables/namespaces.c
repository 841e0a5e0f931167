#include "tables/namespaces.h"

#include "base/bytes.h"
#include "tables/names.h"

#define ID_KEY_SIZE 5
#define COUNTS_SIZE 12
#define ROW_FIXED 18 /* status, name_size, created, capacity */
#define ROW_MAX (ROW_FIXED + KV_NAMESPACE_NAME_MAX + KV_DESCRIPTION_SIZE_MAX)

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
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return KV_NAMESPACE_MALFORMED;
    }
    return KV_OK;
}

kv_status kvi_namespaces_find(kvi_txn *txn, kv_slice name, kv_ns *id_out)
{
    uint8_t folded[KV_NAMESPACE_NAME_MAX];
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_NAMESPACES, folded_key(name, folded), &row);

    if (status == KV_NOT_FOUND)
        return KV_NAMESPACE_NOT_FOUND;
    if (status == KV_OK && row.size != 4)
        return KV_CORRUPT;
    if (status == KV_OK)
        *id_out = kvi_le32_load(row.data);
    return status;
}

static kv_status row_parse(kv_ns id, kv_slice row, kvi_namespace *out)
{
    const uint8_t *p = row.data;
    size_t name_size;

    if (row.size < ROW_FIXED || row.size > ROW_MAX)
        return KV_CORRUPT;
    name_size = p[1];
    if (p[0] > KVI_NAMESPACE_DROPPED || name_size > KV_NAMESPACE_NAME_MAX ||
        row.size < ROW_FIXED + name_size)
        return KV_CORRUPT;
    out->id = id;
    out->status = p[0];
    out->name = kvi_slice(p + 2, name_size);
    p += 2 + name_size;
    out->created = (int64_t)kvi_le64_load(p);
    out->capacity = kvi_le64_load(p + 8);
    out->description = kvi_slice(p + 16, row.size - ROW_FIXED - name_size);
    return out->description.size <= KV_DESCRIPTION_SIZE_MAX ? KV_OK : KV_CORRUPT;
}

static kv_status row_put(kvi_txn *txn, const kvi_namespace *row)
{
    uint8_t key[ID_KEY_SIZE], bytes[ROW_MAX], *p = bytes;

    *p++ = row->status;
    *p++ = (uint8_t)row->name.size;
    memcpy(p, row->name.data, row->name.size);
    p += row->name.size;
    kvi_le64_store(p, (uint64_t)row->created);
    kvi_le64_store(p + 8, row->capacity);
    p += 16;
    if (row->description.size > 0)
        memcpy(p, row->description.data, row->description.size);
    p += row->description.size;
    return kvi_txn_put(txn, KVI_NAMESPACES, id_key(row->id, key),
                       kvi_slice(bytes, (size_t)(p - bytes)));
}

kv_status kvi_namespaces_get_live(kvi_txn *txn, kv_ns id, kvi_namespace *out)
{
    uint8_t key[ID_KEY_SIZE];
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_NAMESPACES, id_key(id, key), &row);

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
        status = row_parse(kvi_be32_load((const uint8_t *)key.data + 1), row, out);
        /* A damaged row stops nobody who looks for dropped ones: who asks for it is told. */
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
    kv_slice row;
    kv_status status = kvi_txn_get(txn, KVI_NAMESPACES, kvi_slice(counts_key, 1), &row);

    if (status != KV_OK)
        return status == KV_NOT_FOUND ? KV_CORRUPT : status;
    if (row.size != COUNTS_SIZE)
        return KV_CORRUPT;
    out->next_id = kvi_le32_load(row.data);
    out->live = kvi_le32_load((const uint8_t *)row.data + 4);
    out->dropped = kvi_le32_load((const uint8_t *)row.data + 8);
    return KV_OK;
}

static kv_status counts_put(kvi_txn *txn, const kvi_namespace_counts *counts)
{
    uint8_t row[COUNTS_SIZE];

    kvi_le32_store(row, counts->next_id);
    kvi_le32_store(row + 4, counts->live);
    kvi_le32_store(row + 8, counts->dropped);
    return kvi_txn_put(txn, KVI_NAMESPACES, kvi_slice(counts_key, 1), kvi_slice(row, sizeof(row)));
}

kv_status kvi_namespaces_init(kvi_txn *txn)
{
    static const kvi_namespace_counts none = {.next_id = 1};

    return counts_put(txn, &none);
}

kv_status kvi_namespaces_create(kvi_txn *txn, kvi_namespace *row, uint32_t max)
{
    uint8_t folded[KV_NAMESPACE_NAME_MAX], id[4];
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
    kvi_le32_store(id, row->id);
    status = kvi_txn_put(txn, KVI_NAMESPACES, folded_key(row->name, folded), kvi_slice(id, 4));
    if (status == KV_OK)
        status = row_put(txn, row);
    return status == KV_OK ? counts_put(txn, &counts) : status;
}

kv_status kvi_namespaces_update(kvi_txn *txn, const kvi_namespace *row)
{
    return row_put(txn, row);
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
