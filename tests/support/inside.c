#include "support/inside.h"

#include "base/slice.h"
#include "ops/db.h"
#include "support/recount.h"
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
