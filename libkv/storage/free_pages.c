#include "storage/free_pages.h"

#include "storage/handles.h"
#include "storage/lmdb_page.h"
#include "storage/readers.h"
#include "storage/txn.h"

#include <string.h>

#define FREE_LIST 0 /* LMDB's own two tables. */
#define MAIN_TABLE 1

static uint64_t stat_pages(const MDB_stat *stat)
{
    return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

/* Pages of all trees, also of tables that this library does not know. 0 or LMDB's error. */
static int trees_pages(MDB_txn *txn, uint64_t *pages_out)
{
    MDB_stat stat = {0};
    MDB_cursor *cursor;
    MDB_val k, v;
    int rc = mdb_stat(txn, FREE_LIST, &stat);

    *pages_out = stat_pages(&stat);
    if (rc == 0)
        rc = mdb_stat(txn, MAIN_TABLE, &stat);
    *pages_out += stat_pages(&stat);
    if (rc == 0)
        rc = mdb_cursor_open(txn, MAIN_TABLE, &cursor);
    if (rc != 0)
        return rc;
    while ((rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
        kvi_lmdb_tree tree;
        if (v.mv_size != KVI_TREE_SIZE)
            continue;
        tree = kvi_lmdb_tree_read(v.mv_data);
        *pages_out += tree.branches + tree.leaves + tree.overflow;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Add the pages of the free list's rows from `from` on, and note the newest row. A row: the
   transaction that freed the pages, then their count and their numbers. */
static int pinned_add(MDB_txn *txn, uint64_t from, kvi_pinned *pinned)
{
    MDB_cursor *cursor;
    MDB_val k = {sizeof(from), &from}, v;
    int rc = mdb_cursor_open(txn, FREE_LIST, &cursor);

    if (rc != 0)
        return rc;
    for (rc = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE); rc == 0;
         rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
        uint64_t count;
        if (k.mv_size != sizeof(pinned->upto) || v.mv_size < sizeof(count))
            continue;
        memcpy(&pinned->upto, k.mv_data, sizeof(pinned->upto));
        memcpy(&count, v.mv_data, sizeof(count));
        pinned->pages += count;
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

kv_status kvi_free_pages_count(kvi_env *env, kvi_pinned *pinned, uint64_t *pages_out)
{
    kvi_reader oldest = kvi_readers_oldest(env); /* Before our own reader counts. */
    kvi_pinned own = {0};
    uint64_t trees = 0, taken;
    MDB_envinfo info;
    kvi_txn *txn = NULL;
    int rc;
    /* A reader: LMDB opens no cursor on its free list in a writer. */
    kv_status status = kvi_txn_begin_read(env, &txn);

    *pages_out = 0;
    if (status != KV_OK || txn == NULL)
        return status;
    if (pinned == NULL || pinned->oldest != oldest.transaction || pinned->upto < oldest.transaction)
        own = (kvi_pinned){.oldest = oldest.transaction, .upto = oldest.transaction - 1};
    else
        own = *pinned;
    own.process = oldest.process;
    rc = trees_pages(txn->txn, &trees);
    if (rc == 0)
        rc = pinned_add(txn->txn, own.upto + 1, &own);
    if (rc == 0)
        rc = mdb_env_info(env->env, &info);
    kvi_txn_abort(txn);
    if (rc != 0)
        return kvi_lmdb_status(rc);
    taken = trees + own.pages + KVI_PAGE_FIRST;
    if (info.me_last_pgno + 1 > taken) /* Without the write lock a commit may come between. */
        *pages_out = info.me_last_pgno + 1 - taken;
    if (pinned != NULL)
        *pinned = own;
    return KV_OK;
}
