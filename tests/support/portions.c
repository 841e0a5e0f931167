#include "support/portions.h"

#include "ops/sweep_dropped.h"
#include "ops/sweep_expired.h"
#include "support/inside.h"
#include "tables/catalog.h"

#include <stdio.h>

kvi_write_txn *portions_begin(struct fixture *fixture)
{
    kvi_write_txn *write;

    assert_status(
        kvi_write_txn_begin(fixture->db, (kvi_need){.operations = 100}, false, &write, NULL),
        KV_OK);
    return write;
}

int64_t portions_now(struct fixture *fixture)
{
    return atomic_load(&fixture->clock.now);
}

void portions_put(struct fixture *fixture, kv_ns ns, int number, int64_t ttl)
{
    char key[16];
    kv_op op;

    (void)snprintf(key, sizeof(key), "key-%03d", number);
    op = op_put(key, "value");
    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

kvi_reclaimed portions_expired(struct fixture *fixture, kv_ns ns, uint64_t rows_max)
{
    kvi_write_txn *write = portions_begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_sweep_expired_in(write, ns, portions_now(fixture), rows_max, &done), KV_OK);
    assert_status(kvi_write_txn_commit(write, NULL), KV_OK);
    return done;
}

kvi_reclaimed portions_dropped(struct fixture *fixture, uint64_t rows_max)
{
    kvi_write_txn *write = portions_begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_sweep_dropped(write, rows_max, &done), KV_OK);
    assert_status(kvi_write_txn_commit(write, NULL), KV_OK);
    return done;
}

uint64_t portions_key_count(struct fixture *fixture, kv_ns ns)
{
    return fixture_describe(fixture, ns).key_count;
}

kvi_namespace_counts portions_counts(struct fixture *fixture)
{
    kvi_namespace_counts got;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_namespaces_counts(txn, &got), KV_OK);
    kvi_txn_abort(txn);
    return got;
}

kv_status portions_sweep(struct fixture *fixture, kv_work *work)
{
    *work = (kv_work)KV_WORK_INIT;
    return kv_sweep(fixture->db, work);
}

void portions_damage_record(struct fixture *fixture, kv_ns ns, int number)
{
    char key[16];

    (void)snprintf(key, sizeof(key), "key-%03d", number);
    inside_flip(fixture, KVI_VALUES, inside_values_key(ns, key), 6, 3);
}
