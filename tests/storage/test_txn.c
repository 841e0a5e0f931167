/* Transactions, tables and cursors over LMDB's. */
#include "support/faults.h"
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/db.h"
#include "storage/free_pages.h"
#include "storage/handles.h"
#include "storage/readers.h"
#include "storage/txn.h"
#include "tables/catalog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TABLE KVI_PIECES /* Any that the fixture leaves empty. */

static kvi_txn *begin(struct fixture *fixture)
{
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    return txn;
}

static kv_slice text(const char *s)
{
    return kvi_slice(s, strlen(s));
}

static kv_status put(kvi_txn *txn, const char *key, const char *value)
{
    return kvi_txn_put(txn, TABLE, text(key), text(value));
}

static void expect(kvi_txn *txn, const char *key, const char *value)
{
    kv_slice got;

    assert_status(kvi_txn_get(txn, TABLE, text(key), &got), KV_OK);
    assert_int_equal(got.size, strlen(value));
    assert_memory_equal(got.data, value, got.size);
}

static const struct row {
    const char *name;
    int rc;
    kv_status want;
} rows[] = {
    {"lmdb: success", 0, KV_OK},
    {"lmdb: not found", MDB_NOTFOUND, KV_NOT_FOUND},
    {"lmdb: map full", MDB_MAP_FULL, KV_STORE_FULL},
    {"lmdb: transaction full", MDB_TXN_FULL, KV_BATCH_TOO_LARGE},
    {"lmdb: readers full", MDB_READERS_FULL, KV_BUSY},
    {"lmdb: panic", MDB_PANIC, KV_REOPEN_NEEDED},
    {"lmdb: another version", MDB_VERSION_MISMATCH, KV_UNSUPPORTED},
    {"lmdb: page not found", MDB_PAGE_NOTFOUND, KV_CORRUPT},
    {"lmdb: corrupted", MDB_CORRUPTED, KV_CORRUPT},
    {"lmdb: no LMDB file", MDB_INVALID, KV_CORRUPT},
    {"lmdb: cursor full", MDB_CURSOR_FULL, KV_CORRUPT},
    {"lmdb: page full", MDB_PAGE_FULL, KV_CORRUPT},
    {"lmdb: a bad reader slot", MDB_BAD_RSLOT, KV_IO},
    {"lmdb: ENOMEM", ENOMEM, KV_NO_MEMORY},
    {"lmdb: ENOSPC", ENOSPC, KV_DISK_FULL},
    {"lmdb: EDQUOT", EDQUOT, KV_DISK_FULL},
    {"lmdb: EFBIG", EFBIG, KV_DISK_FULL},
    {"lmdb: EROFS", EROFS, KV_READ_ONLY},
    {"lmdb: EACCES", EACCES, KV_READ_ONLY},
    {"lmdb: EIO", EIO, KV_IO},
};

static void test_status(void **state)
{
    const struct row *row = *state;

    assert_status(kvi_lmdb_status(row->rc), row->want);
}

static void test_put_get_delete(void **state)
{
    kvi_txn *txn = begin(*state);
    kv_slice got;

    assert_status(kvi_txn_get(txn, TABLE, text("a"), &got), KV_NOT_FOUND);
    assert_status(put(txn, "a", "1"), KV_OK);
    assert_status(put(txn, "a", "another"), KV_OK);
    assert_status(put(txn, "b", ""), KV_OK);
    expect(txn, "a", "another");
    expect(txn, "b", "");
    assert_status(kvi_txn_delete(txn, TABLE, text("a")), KV_OK);
    assert_status(kvi_txn_delete(txn, TABLE, text("a")), KV_NOT_FOUND);
    assert_status(kvi_txn_get(txn, TABLE, text("a"), &got), KV_NOT_FOUND);
    kvi_txn_abort(txn);
}

static void test_append(void **state)
{
    kvi_txn *txn = begin(*state);

    assert_status(kvi_txn_append(txn, TABLE, text("b"), text("1")), KV_OK);
    assert_status(kvi_txn_append(txn, TABLE, text("c"), text("2")), KV_OK);
    assert_status(kvi_txn_append(txn, TABLE, text("c"), text("3")), KV_CORRUPT);
    expect(txn, "c", "2");
    assert_status(kvi_txn_append(txn, TABLE, text("a"), text("3")), KV_CORRUPT);
    kvi_txn_abort(txn);
}

static void test_views(void **state)
{
    struct fixture *fixture = *state;
    kvi_txn *reader, *txn;
    kv_slice got;
    uint64_t seen;

    assert_status(kvi_txn_begin_read(fixture->db->env, &reader), KV_OK);
    seen = kvi_txn_id(reader);
    assert_int_equal(seen, kvi_env_transaction(fixture->db->env));
    txn = begin(fixture);
    assert_status(put(txn, "a", "1"), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    txn = begin(fixture);
    assert_status(put(txn, "b", "1"), KV_OK);
    kvi_txn_abort(txn);
    assert_status(kvi_txn_get(reader, TABLE, text("a"), &got), KV_NOT_FOUND);
    kvi_txn_reset(reader);
    assert_status(kvi_txn_renew(reader), KV_OK);
    assert_int_equal(kvi_txn_id(reader), seen + 1);
    expect(reader, "a", "1");
    assert_status(kvi_txn_get(reader, TABLE, text("b"), &got), KV_NOT_FOUND);
    assert_status(put(reader, "c", "1"), KV_READ_ONLY);
    kvi_txn_abort(reader);
    kvi_txn_abort(NULL);
}

/* The environment's sync level is that of its last transaction, not of its first. */
static void test_lazy(void **state)
{
    struct fixture *fixture = *state;
    static const bool levels[] = {false, true, false};

    for (size_t i = 0; i < 3; i++) {
        unsigned int flags;
        kvi_txn *txn;
        txn = begin(fixture);
        if (levels[i])
            assert_status(kvi_txn_set_lazy(txn, true), KV_OK);
        assert_int_equal(mdb_env_get_flags(fixture->db->env->env, &flags), 0);
        assert_int_equal((flags & MDB_NOMETASYNC) != 0, levels[i]);
        assert_int_equal(flags & (MDB_NOSYNC | MDB_WRITEMAP | MDB_MAPASYNC), 0);
        kvi_txn_abort(txn);
    }
}

static void test_cursor(void **state)
{
    static const char *const keys[] = {"b", "d", "f"};
    kvi_txn *txn = begin(*state);
    kvi_cursor *cursor;
    kv_slice key = {NULL, 0}, value;

    assert_status(kvi_cursor_open(txn, TABLE, &cursor), KV_OK);
    assert_status(kvi_cursor_move(cursor, KVI_FIRST, &key, &value), KV_NOT_FOUND);
    for (size_t i = 0; i < 3; i++)
        assert_status(put(txn, keys[i], "v"), KV_OK);
    static const struct {
        kvi_move move;
        const char *from, *to;
    } moves[] = {{KVI_FIRST, "", "b"},     {KVI_NEXT, "", "d"},      {KVI_LAST, "", "f"},
                 {KVI_NEXT, "", NULL},     {KVI_LAST, "", "f"},      {KVI_PREVIOUS, "", "d"},
                 {KVI_AT, "b", "b"},       {KVI_PREVIOUS, "", NULL}, {KVI_AT, "c", NULL},
                 {KVI_AT_LEAST, "c", "d"}, {KVI_AT_LEAST, "d", "d"}, {KVI_AT_LEAST, "g", NULL}};
    for (size_t i = 0; i < COUNT(moves); i++) {
        key = text(moves[i].from);
        assert_status(kvi_cursor_move(cursor, moves[i].move, &key, &value),
                      moves[i].to != NULL ? KV_OK : KV_NOT_FOUND);
        if (moves[i].to != NULL)
            assert_true(kvi_slice_equal(key, text(moves[i].to)));
    }
    kvi_cursor_close(cursor);
    kvi_cursor_close(NULL);
    kvi_txn_abort(txn);
}

/* After a delete the next row is the one behind it: none is passed over, none met twice. */
static void test_cursor_delete(void **state)
{
    kvi_txn *txn = begin(*state);
    kvi_cursor *cursor;
    kv_slice key, value;
    uint8_t bytes[8];
    uint64_t met = 0;
    kv_status status;
    kvi_table_facts facts;

    for (uint64_t i = 0; i < 1000; i++) {
        kvi_be64_store(bytes, i);
        assert_status(kvi_txn_append(txn, TABLE, kvi_slice(bytes, 8), text("some value")), KV_OK);
    }
    assert_status(kvi_cursor_open(txn, TABLE, &cursor), KV_OK);
    status = kvi_cursor_move(cursor, KVI_FIRST, &key, &value);
    while (status == KV_OK) {
        assert_int_equal(kvi_be64_load(key.data), met++);
        if (met % 3 != 0)
            assert_status(kvi_cursor_delete(cursor), KV_OK);
        status = kvi_cursor_move(cursor, KVI_NEXT, &key, &value);
    }
    assert_status(status, KV_NOT_FOUND);
    assert_int_equal(met, 1000);
    kvi_cursor_close(cursor);
    assert_status(kvi_txn_table_facts(txn, TABLE, &facts), KV_OK);
    assert_int_equal(facts.entries, 333);
    kvi_txn_abort(txn);
}

static void test_cursor_reserve(void **state)
{
    kvi_txn *txn = begin(*state);
    kvi_cursor *cursor;
    void *room;

    assert_status(kvi_cursor_open(txn, TABLE, &cursor), KV_OK);
    assert_status(kvi_cursor_reserve(cursor, text("a"), 5, &room), KV_OK);
    memcpy(room, "first", 5);
    assert_status(kvi_cursor_reserve(cursor, text("a"), 2, &room), KV_OK);
    memcpy(room, "no", 2);
    kvi_cursor_close(cursor);
    expect(txn, "a", "no");
    kvi_txn_abort(txn);
}

/* What a transaction frees may be used again once no reader sees it. */
static void test_free_pages(void **state)
{
    static char value[100000];
    struct fixture *fixture = *state;
    kvi_env *env = fixture->db->env;
    kvi_txn *txn, *reader;
    kvi_pinned pinned = {0};
    uint64_t before, held, after;

    txn = begin(fixture);
    assert_status(kvi_txn_put(txn, TABLE, text("a"), kvi_slice(value, sizeof(value))), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    assert_status(kvi_txn_begin_read(env, &reader), KV_OK);
    assert_status(kvi_free_pages_count(env, &pinned, &before), KV_OK);
    assert_int_equal(pinned.process, 0);
    txn = begin(fixture);
    assert_status(kvi_txn_delete(txn, TABLE, text("a")), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    assert_status(kvi_free_pages_count(env, &pinned, &held), KV_OK);
    assert_true(held <= before);
    assert_int_equal(pinned.process, getpid());
    assert_true(pinned.pages >= sizeof(value) / 4096);
    kvi_txn_abort(reader);
    txn = begin(fixture); /* Pages count from the transaction after the one that freed them. */
    assert_status(put(txn, "b", "1"), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    assert_status(kvi_free_pages_count(env, NULL, &after), KV_OK);
    assert_true(after >= sizeof(value) / 4096);
}

/* ---- A reader table without a free slot */

/* Take every slot that is left; their number. */
static size_t fill_slots(kvi_env *env, kvi_txn **readers)
{
    size_t count = 0;

    while (count < KVI_READERS_MAX && kvi_txn_begin_read(env, &readers[count]) == KV_OK)
        count++;
    return count;
}

/* A child that holds all slots, until it is killed. The parent has the store open, or not. */
static pid_t fill_in_child(struct fixture *fixture)
{
    static kvi_txn *readers[KVI_READERS_MAX];
    int pipes[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(pipes), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kv_db *db;
        (void)alarm(60);
        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            fill_slots(db->env, readers) == 0 || write(pipes[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return child;
}

static void end_child(pid_t child)
{
    int status;

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void test_readers_full(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fill_in_child(fixture);
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_BUSY);
    assert_null(txn);
    end_child(child); /* Its slots are taken back when one is needed. */
    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    kvi_txn_abort(txn);
    assert_int_equal(kvi_readers_clear(fixture->db->env), 0);
}

/* Somebody else has the store open all the time, so LMDB does not begin a new table. */
static void test_readers_full_at_open(void **state)
{
    struct fixture *fixture = *state;
    pid_t filler, idle;
    int pipes[2];
    char byte;

    fixture_close(fixture);
    assert_int_equal(pipe(pipes), 0);
    idle = fork();
    assert_true(idle >= 0);
    if (idle == 0) {
        kv_db *db;
        (void)alarm(60);
        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            write(pipes[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    filler = fill_in_child(fixture);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL), KV_BUSY);
    end_child(filler);
    fixture_open(fixture);
    end_child(idle);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* A failed meta write is an unknown outcome, even if there is no slot to find that out with. */
static void test_unknown_without_slots(void **state)
{
    static kvi_txn *readers[KVI_READERS_MAX];
    struct fixture *fixture = *state;
    kvi_txn *txn = begin(fixture);
    size_t count = fill_slots(fixture->db->env, readers);

    assert_true(count > 0);
    assert_status(put(txn, "a", "1"), KV_OK);
    faults_reset();
    faults_fail(FAULTS_META, EIO, 0, 1);
    assert_status(kvi_txn_commit(txn), KV_COMMIT_UNKNOWN);
    assert_int_equal(faults_fired(FAULTS_META), 1);
    faults_reset();
    while (count > 0)
        kvi_txn_abort(readers[--count]);
    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_REOPEN_NEEDED);
    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_REOPEN_NEEDED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("txn: put, get, delete", test_put_get_delete),
        STORE_TEST("txn: append", test_append),
        STORE_TEST("txn: views", test_views),
        STORE_TEST("txn: lazy", test_lazy),
        STORE_TEST("cursor: moves", test_cursor),
        STORE_TEST("cursor: delete", test_cursor_delete),
        STORE_TEST("cursor: reserve", test_cursor_reserve),
        STORE_TEST("txn: free pages", test_free_pages),
        STORE_TEST("txn: no free reader slot", test_readers_full),
        STORE_TEST("txn: no free reader slot at open", test_readers_full_at_open),
        FAULTS_STORE_TEST("txn: an unknown outcome without a slot", test_unknown_without_slots),
    };

    run_rows(rows, test_status, NULL, NULL);
    run_tests(tests);
    return run_all("txn");
}
