#include "support/inside.h"

#include "base/slice.h"
#include "ops/db.h"
#include "support/recount.h"
#include "tables/catalog.h"
#include "tables/values.h"

#include <string.h>

kvi_txn *inside_begin(struct fixture *fixture)
{
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    return txn;
}

void inside_put(struct fixture *fixture, unsigned table, kv_slice key, const void *row, size_t size)
{
    kvi_txn *txn = inside_begin(fixture);

    assert_status(kvi_txn_put(txn, table, key, kvi_slice(row, size)), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

void inside_delete(struct fixture *fixture, unsigned table, kv_slice key)
{
    kvi_txn *txn = inside_begin(fixture);

    assert_status(kvi_txn_delete(txn, table, key), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

void inside_flip(struct fixture *fixture, unsigned table, kv_slice key, size_t at, uint8_t bits)
{
    static uint8_t copy[1 << 16];
    kvi_txn *txn = inside_begin(fixture);
    kv_slice row;

    assert_status(kvi_txn_get(txn, table, key, &row), KV_OK);
    assert_true(at < row.size && row.size <= sizeof(copy));
    memcpy(copy, row.data, row.size);
    copy[at] ^= bits;
    assert_status(kvi_txn_put(txn, table, key, kvi_slice(copy, row.size)), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

/* Row 0 of `usage`, whose checksum covers the fields alone. */
static bool is_store(unsigned table, kv_slice key)
{
    return table == KVI_USAGE && kvi_slice_equal(key, kvi_slice("\0\0\0\0", 4));
}

void inside_put_row(struct fixture *fixture, unsigned table, kv_slice key, kv_slice fields,
                    kv_slice parts)
{
    static const kvi_envelope none;
    kvi_envelope_place place = {table, key};
    kvi_envelope_writer writer;
    kv_slice row = {NULL, 0};

    kvi_envelope_begin(&writer, fields.size, &none);
    if (fields.size > 0)
        memcpy(writer.fields, fields.data, fields.size);
    kvi_envelope_add(&writer, parts.data, parts.size);
    assert_status(is_store(table, key) ? kvi_envelope_end_fields(&writer, place, &row)
                                       : kvi_envelope_end(&writer, place, &row),
                  KV_OK);
    inside_put(fixture, table, key, row.data, row.size);
}

kvi_envelope inside_row(struct fixture *fixture, unsigned table, kv_slice key)
{
    static uint8_t copy[KVI_ENVELOPE_ROW_MAX];
    kvi_envelope_place place = {table, key};
    kvi_txn *txn = inside_begin(fixture);
    kvi_envelope open;
    kv_slice row;

    assert_status(kvi_txn_get(txn, table, key, &row), KV_OK);
    assert_true(row.size <= sizeof(copy));
    memcpy(copy, row.data, row.size);
    row.data = copy;
    kvi_txn_abort(txn);
    assert_status(is_store(table, key) ? kvi_envelope_open_fields(place, row, 0, &open)
                                       : kvi_envelope_open(place, row, 0, &open),
                  KV_OK);
    return open;
}

void inside_flip_field(struct fixture *fixture, unsigned table, kv_slice key, size_t at,
                       uint8_t bits)
{
    kvi_envelope row = inside_row(fixture, table, key);

    assert_true(at < row.fields.size);
    ((uint8_t *)(uintptr_t)row.fields.data)[at] ^= bits; /* It is a copy. */
    inside_put_row(fixture, table, key, row.fields, row.parts);
}

kv_slice inside_values_key(kv_ns ns, const char *key)
{
    static uint8_t bytes[KVI_VALUES_KEY_MAX];

    return kvi_values_key(ns, key, strlen(key), bytes);
}

uint64_t inside_entries(struct fixture *fixture, unsigned table)
{
    kvi_table_facts facts;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_table_facts(txn, table, &facts), KV_OK);
    kvi_txn_abort(txn);
    return facts.entries;
}

void inside_recount(struct fixture *fixture)
{
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
    fixture_open(fixture);
}
