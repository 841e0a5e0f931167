#include "storage/txn.h"

#include "base/slice.h"
#include "storage/handles.h"
#include "storage/readers.h"
#include "storage/stray_meta.h"

#include <stdlib.h>
#include <unistd.h>

#define LEAF_GRAIN 4096 /* No machine has smaller pages. */

static MDB_val txn_val(kv_slice slice)
{
    MDB_val val = {slice.size, (void *)(uintptr_t)slice.data}; /* LMDB does not write to it. */

    return val;
}

/* *dbi_out of a table. False: it is optional, and missing. */
static bool txn_table(const kvi_txn *txn, unsigned table, MDB_dbi *dbi_out)
{
    *dbi_out = txn->env->tables[table];
    return *dbi_out != 0;
}

static kv_status txn_begin(kvi_env *env, unsigned int flags, kvi_txn **txn_out)
{
    kvi_txn *txn = malloc(sizeof(*txn));
    int rc;

    *txn_out = NULL;
    if (txn == NULL)
        return KV_NO_MEMORY;
    *txn = (kvi_txn){.env = env};
    rc = mdb_txn_begin(env->env, NULL, flags, &txn->txn);
    if (rc != 0) {
        free(txn);
        return kvi_lmdb_status(rc); /* A read-only environment says EACCES to a writer. */
    }
    *txn_out = txn;
    return KV_OK;
}

kv_status kvi_txn_begin_read(kvi_env *env, kvi_txn **txn_out)
{
    kv_status status = txn_begin(env, MDB_RDONLY, txn_out);

    if (status == KV_BUSY && kvi_readers_clear(env) > 0)
        status = txn_begin(env, MDB_RDONLY, txn_out);
    return status;
}

void kvi_txn_reset(kvi_txn *txn)
{
    mdb_txn_reset(txn->txn);
}

kv_status kvi_txn_renew(kvi_txn *txn)
{
    return kvi_lmdb_status(mdb_txn_renew(txn->txn));
}

kv_status kvi_txn_begin_write(kvi_env *env, kvi_txn **txn_out)
{
    kvi_txn *txn = NULL;
    kv_status status = txn_begin(env, 0, &txn);

    *txn_out = NULL;
    if (txn == NULL)
        return status;
    kvi_file_limit_begin(&txn->limit);
    status = kvi_stray_meta_withdraw(env, kvi_txn_id(txn) - 1);
    if (status == KV_OK)
        status = kvi_txn_set_lazy(txn, false); /* The one before may have been. */
    if (status == KV_OK)
        *txn_out = txn;
    else
        kvi_txn_abort(txn);
    return status;
}

kv_status kvi_txn_settle(kvi_env *env)
{
    kvi_txn *txn = NULL;
    uint64_t newest;
    kv_status status = kvi_txn_begin_read(env, &txn);

    if (status != KV_OK || txn == NULL)
        return status;
    newest = kvi_txn_id(txn);
    kvi_txn_abort(txn);
    if (kvi_env_transaction(env) <= newest)
        return KV_OK;
    status = kvi_txn_begin_write(env, &txn); /* Or another process has committed since. */
    kvi_txn_abort(txn);
    return status;
}

kv_status kvi_txn_set_lazy(kvi_txn *txn, bool is_lazy)
{
    /* LMDB 0.9.24 ignores the flag of a single transaction when it writes the meta page. The
       environment's may be changed: the write lock is ours. */
    return mdb_env_set_flags(txn->env->env, MDB_NOMETASYNC, is_lazy) == 0 ? KV_OK : KV_IO;
}

/* After a failed meta write LMDB refuses every transaction. A writer shows this: unlike a reader
   it needs neither a slot nor memory, which may both be exhausted. */
static bool txn_env_is_dead(kvi_env *env)
{
    MDB_txn *probe;
    int rc = mdb_txn_begin(env->env, NULL, 0, &probe);

    if (rc == 0)
        mdb_txn_abort(probe);
    return rc == MDB_PANIC;
}

kv_status kvi_txn_commit(kvi_txn *txn)
{
    kvi_env *env = txn->env;
    int rc = mdb_txn_commit(txn->txn); /* Frees it in any case. */

    kvi_file_limit_end(&txn->limit);
    free(txn);
    if (rc == 0)
        return KV_OK;
    if (!txn_env_is_dead(env))
        return kvi_lmdb_status(rc);
    /* LMDB wrote the old number back, but the new page may be on the disk: it must not be found
       there when others have used its pages again. If this fails too, nothing can be done here. */
    (void)fdatasync(env->data_fd);
    return KV_COMMIT_UNKNOWN;
}

void kvi_txn_abort(kvi_txn *txn)
{
    if (txn == NULL)
        return;
    mdb_txn_abort(txn->txn);
    kvi_file_limit_end(&txn->limit);
    free(txn);
}

void kvi_txn_forget(kvi_txn *txn)
{
    free(txn);
}

uint64_t kvi_txn_id(const kvi_txn *txn)
{
    return mdb_txn_id(txn->txn);
}

kv_status kvi_txn_get(kvi_txn *txn, unsigned table, kv_slice key, kv_slice *value_out)
{
    MDB_val k = txn_val(key), v;
    MDB_dbi dbi;
    int rc = txn_table(txn, table, &dbi) ? mdb_get(txn->txn, dbi, &k, &v) : MDB_NOTFOUND;

    if (rc != 0)
        return kvi_lmdb_status(rc);
    *value_out = kvi_slice(v.mv_data, v.mv_size);
    return KV_OK;
}

kv_status kvi_txn_put(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value)
{
    MDB_val k = txn_val(key), v = txn_val(value);
    MDB_dbi dbi;

    if (!txn_table(txn, table, &dbi))
        return KV_NOT_FOUND;
    return kvi_lmdb_status(mdb_put(txn->txn, dbi, &k, &v, 0));
}

kv_status kvi_txn_append(kvi_txn *txn, unsigned table, kv_slice key, kv_slice value)
{
    MDB_val k = txn_val(key), v = txn_val(value);
    MDB_dbi dbi;
    int rc = MDB_NOTFOUND;

    if (txn_table(txn, table, &dbi))
        rc = mdb_put(txn->txn, dbi, &k, &v, MDB_APPEND);
    return rc == MDB_KEYEXIST ? KV_CORRUPT : kvi_lmdb_status(rc);
}

kv_status kvi_txn_delete(kvi_txn *txn, unsigned table, kv_slice key)
{
    MDB_val k = txn_val(key);
    MDB_dbi dbi;

    if (!txn_table(txn, table, &dbi))
        return KV_NOT_FOUND;
    return kvi_lmdb_status(mdb_del(txn->txn, dbi, &k, NULL));
}

kv_status kvi_txn_table_facts(kvi_txn *txn, unsigned table, kvi_table_facts *out)
{
    MDB_stat stat = {0};
    MDB_dbi dbi;
    int rc = txn_table(txn, table, &dbi) ? mdb_stat(txn->txn, dbi, &stat) : 0;

    if (rc != 0)
        return kvi_lmdb_status(rc);
    out->entries = stat.ms_entries;
    out->branches = stat.ms_branch_pages;
    out->leaves = stat.ms_leaf_pages;
    out->overflow = stat.ms_overflow_pages;
    out->depth = stat.ms_depth;
    return KV_OK;
}

uintptr_t kvi_txn_leaf(const kvi_txn *txn, kv_slice key)
{
    /* The map begins at a page of the machine's, which may be smaller than the file's pages. */
    uintptr_t grain = txn->env->page_size < LEAF_GRAIN ? txn->env->page_size : LEAF_GRAIN;

    return (uintptr_t)key.data & ~(grain - 1);
}

/* ---- Cursors */

kv_status kvi_cursor_open(kvi_txn *txn, unsigned table, kvi_cursor **cursor_out)
{
    MDB_cursor *cursor = NULL;
    MDB_dbi dbi;
    int rc = txn_table(txn, table, &dbi) ? mdb_cursor_open(txn->txn, dbi, &cursor) : 0;

    *cursor_out = (kvi_cursor *)cursor;
    return kvi_lmdb_status(rc);
}

void kvi_cursor_close(kvi_cursor *cursor)
{
    if (cursor != NULL)
        mdb_cursor_close((MDB_cursor *)cursor);
}

kv_status kvi_cursor_move(kvi_cursor *cursor, kvi_move move, kv_slice *key, kv_slice *value_out)
{
    static const MDB_cursor_op ops[] = {
        [KVI_FIRST] = MDB_FIRST,   [KVI_LAST] = MDB_LAST,  [KVI_NEXT] = MDB_NEXT,
        [KVI_PREVIOUS] = MDB_PREV, [KVI_AT] = MDB_SET_KEY, [KVI_AT_LEAST] = MDB_SET_RANGE};
    MDB_val k = {0, NULL}, v;
    int rc;

    if (cursor == NULL) /* Of a table that is missing. */
        return KV_NOT_FOUND;
    if (move == KVI_AT || move == KVI_AT_LEAST)
        k = txn_val(*key);
    rc = mdb_cursor_get((MDB_cursor *)cursor, &k, &v, ops[move]);
    if (rc != 0)
        return kvi_lmdb_status(rc);
    *key = kvi_slice(k.mv_data, k.mv_size);
    *value_out = kvi_slice(v.mv_data, v.mv_size);
    return KV_OK;
}

static kv_status cursor_put(kvi_cursor *cursor, kv_slice key, size_t size, unsigned int flags,
                            void **out)
{
    MDB_val k = txn_val(key), v = {size, NULL};
    int rc = MDB_NOTFOUND;

    if (cursor != NULL)
        rc = mdb_cursor_put((MDB_cursor *)cursor, &k, &v, flags);
    *out = v.mv_data;
    return rc == MDB_KEYEXIST ? KV_CORRUPT : kvi_lmdb_status(rc);
}

kv_status kvi_cursor_reserve(kvi_cursor *cursor, kv_slice key, size_t size, void **out)
{
    return cursor_put(cursor, key, size, MDB_RESERVE, out);
}

kv_status kvi_cursor_append(kvi_cursor *cursor, kv_slice key, size_t size, void **out)
{
    return cursor_put(cursor, key, size, MDB_RESERVE | MDB_APPEND, out);
}

kv_status kvi_cursor_delete(kvi_cursor *cursor)
{
    if (cursor == NULL)
        return KV_NOT_FOUND;
    return kvi_lmdb_status(mdb_cursor_del((MDB_cursor *)cursor, 0));
}
