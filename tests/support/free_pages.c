#include "support/free_pages.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "storage/free_pages.h"
#include "storage/handles.h"
#include "storage/readers.h"
#include "storage/txn.h"

uint64_t free_pages_listed(kvi_env *env)
{
    uint64_t oldest = kvi_readers_oldest(env).transaction, pages = 0;
    MDB_cursor *cursor;
    MDB_val k, v;
    kvi_txn *txn;

    assert_int_equal(kvi_txn_begin_read(env, &txn), KV_OK);
    assert_int_equal(mdb_cursor_open(txn->txn, 0, &cursor), 0);
    while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0) {
        uint64_t transaction, count;

        assert_int_equal(k.mv_size, sizeof(transaction));
        memcpy(&transaction, k.mv_data, sizeof(transaction));
        memcpy(&count, v.mv_data, sizeof(count));
        if (transaction < oldest)
            pages += count;
    }
    mdb_cursor_close(cursor);
    kvi_txn_abort(txn);
    return pages;
}

void free_pages_check(kvi_env *env)
{
    uint64_t counted;

    assert_int_equal(kvi_free_pages_count(env, NULL, &counted), KV_OK);
    assert_int_equal(counted, free_pages_listed(env));
}
