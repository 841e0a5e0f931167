/* The LMDB environment: opening, its facts, its length, its lock file. */
#include "support/fixture.h"

#include "storage/env.h"
#include "storage/handles.h"
#include "storage/readers.h"
#include "storage/txn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_SIZE (UINT64_C(16) << 20)

static const char *const names[] = {"one", "two"};

/* A directory and how it is to be opened. */
static kvi_env_options options_of(const struct fixture *fixture)
{
    return (kvi_env_options){.directory = fixture->root,
                             .tables = names,
                             .table_count = 2,
                             .map_size = MAP_SIZE,
                             .file_mode = 0600,
                             .is_new = true};
}

static kvi_env *env_open(const kvi_env_options *options)
{
    kv_error error = KV_ERROR_INIT;
    kvi_env *env = NULL;

    if (kvi_env_open(options, &env, &error) != KV_OK)
        fail_msg("%s", error.message);
    return env;
}

static void put_one(kvi_env *env)
{
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(env, &txn), KV_OK);
    assert_status(kvi_txn_put(txn, 0, (kv_slice){"k", 1}, (kv_slice){"v", 1}), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static uint64_t file_size(const struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    tempdir_join(path, fixture->root, "data.mdb");
    assert_int_equal(stat(path, &file), 0);
    return (uint64_t)file.st_size;
}

static void test_facts(void **state)
{
    kvi_env_options options = options_of(*state);
    kvi_env *env = env_open(&options);
    kvi_env_facts facts;
    uint64_t transaction = kvi_env_transaction(env);

    put_one(env);
    assert_int_equal(kvi_env_transaction(env), transaction + 1);
    assert_status(kvi_env_facts_get(env, &facts), KV_OK);
    assert_int_equal(facts.transaction, transaction + 1);
    assert_int_equal(facts.map_size, MAP_SIZE);
    assert_int_equal(facts.page_size, sysconf(_SC_PAGESIZE));
    assert_int_equal(facts.page_size, kvi_env_page_size(env));
    assert_int_equal(facts.readers_max, KVI_READERS_MAX);
    assert_int_equal(facts.file_size, file_size(*state));
    assert_true(facts.pages_used >= 4);
    kvi_env_close(env);
}

static void test_failures_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    kvi_env_options options = options_of(fixture);
    kv_error error = KV_ERROR_INIT;
    kvi_env *env = (kvi_env *)fixture;

    options.directory = fixture->path; /* Not there. */
    assert_status(kvi_env_open(&options, &env, &error), KV_IO);
    assert_null(env);
    assert_int_equal(error.os_errno, 2);
    assert_non_null(strstr(error.message, fixture->path));
    options.directory = fixture->root;
    options.is_new = false;
    options.is_read_only = true;
    assert_status(kvi_env_open(&options, &env, NULL), KV_IO);
    assert_null(env);
    kvi_env_close(NULL);
}

/* A file without our tables is damaged or another's, and is not given them. */
static void test_missing_table(void **state)
{
    static const char *const three[] = {"one", "two", "three"};
    kvi_env_options options = options_of(*state);
    kv_error error = KV_ERROR_INIT;
    kvi_env *env = env_open(&options);

    kvi_env_close(env);
    options.is_new = false;
    options.tables = three;
    options.table_count = 3;
    assert_status(kvi_env_open(&options, &env, &error), KV_CORRUPT);
    assert_null(env);
    assert_true(error.message[0] != '\0');
    options.table_count = 2;
    kvi_env_close(env_open(&options));
}

static void test_too_many_tables(void **state)
{
    static char texts[KVI_TABLES_MAX + 1][12];
    const char *many[KVI_TABLES_MAX + 1];
    kvi_env_options options = options_of(*state);
    kv_error error = KV_ERROR_INIT;
    kvi_env *env = (kvi_env *)*state;

    for (int i = 0; i <= KVI_TABLES_MAX; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%d", i);
        many[i] = texts[i];
    }
    options.tables = many;
    options.table_count = KVI_TABLES_MAX + 1;
    assert_true(options.table_count <= COUNT(many));
    assert_status(kvi_env_open(&options, &env, &error), KV_INVALID);
    assert_null(env);
    options.table_count = KVI_TABLES_MAX;
    kvi_env_close(env_open(&options));
    options.optional_count = KVI_TABLES_MAX + 1;
    assert_status(kvi_env_open(&options, &env, &error), KV_INVALID);
}

/* ---- Optional tables: "two" and "three" of these */

static const char *const more[] = {"one", "two", "three"};

static void expect_empty(kvi_txn *txn, unsigned table)
{
    static const kv_slice key = {"k", 1};
    kvi_table_facts facts;
    kvi_cursor *cursor;
    kv_slice at = key, value;

    assert_status(kvi_txn_get(txn, table, key, &value), KV_NOT_FOUND);
    assert_status(kvi_txn_table_facts(txn, table, &facts), KV_OK);
    assert_int_equal(facts.entries + facts.branches + facts.leaves + facts.overflow + facts.depth,
                     0);
    assert_status(kvi_cursor_open(txn, table, &cursor), KV_OK);
    for (kvi_move move = KVI_FIRST; move <= KVI_AT_LEAST; move++)
        assert_status(kvi_cursor_move(cursor, move, &at, &value), KV_NOT_FOUND);
    kvi_cursor_close(cursor);
}

/* Writing to a missing table fails, and spoils nothing. */
static void expect_no_writes(kvi_txn *txn, unsigned table)
{
    static const kv_slice key = {"k", 1};
    kvi_cursor *cursor;
    void *out;

    assert_status(kvi_txn_put(txn, table, key, key), KV_NOT_FOUND);
    assert_status(kvi_txn_append(txn, table, key, key), KV_NOT_FOUND);
    assert_status(kvi_txn_delete(txn, table, key), KV_NOT_FOUND);
    assert_status(kvi_cursor_open(txn, table, &cursor), KV_OK);
    assert_status(kvi_cursor_reserve(cursor, key, 1, &out), KV_NOT_FOUND);
    assert_status(kvi_cursor_delete(cursor), KV_NOT_FOUND);
    kvi_cursor_close(cursor);
    assert_status(kvi_txn_put(txn, 0, key, key), KV_OK);
}

static void test_optional_tables_missing(void **state)
{
    kvi_env_options options = options_of(*state);
    kvi_env *env;
    kvi_txn *txn;

    options.tables = more;
    options.table_count = 3;
    options.optional_count = 2;
    for (int i = 0; i < 2; i++) { /* Made, then opened. */
        env = env_open(&options);
        assert_status(kvi_txn_begin_write(env, &txn), KV_OK);
        expect_empty(txn, 1);
        expect_no_writes(txn, 2);
        expect_empty(txn, 2);
        assert_status(kvi_txn_commit(txn), KV_OK);
        assert_status(kvi_txn_begin_read(env, &txn), KV_OK);
        expect_empty(txn, 1);
        expect_empty(txn, 2);
        kvi_txn_abort(txn);
        kvi_env_close(env);
        options.is_new = false;
    }
    options.optional_count = 1; /* "two" is asked for. */
    assert_status(kvi_env_open(&options, &env, NULL), KV_CORRUPT);
}

/* One that is there is used, whichever others are missing; a table of another name stays. */
static void test_optional_table_there(void **state)
{
    static const char *const other[] = {"one", "none", "two"};
    kvi_env_options options = options_of(*state);
    kvi_env *env = env_open(&options); /* "one" and "two". */
    kv_slice value;
    kvi_txn *txn;

    kvi_env_close(env);
    options.is_new = false;
    options.tables = other;
    options.table_count = 3;
    options.optional_count = 2;
    env = env_open(&options);
    assert_status(kvi_txn_begin_write(env, &txn), KV_OK);
    expect_empty(txn, 1);
    assert_status(kvi_txn_put(txn, 2, (kv_slice){"k", 1}, (kv_slice){"v", 1}), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    kvi_env_close(env);
    options.table_count = 1; /* Who does not know "two" opens the store, and leaves it. */
    options.optional_count = 0;
    env = env_open(&options);
    put_one(env);
    kvi_env_close(env);
    options.table_count = 3;
    options.optional_count = 2;
    env = env_open(&options);
    assert_status(kvi_txn_begin_read(env, &txn), KV_OK);
    assert_status(kvi_txn_get(txn, 2, (kv_slice){"k", 1}, &value), KV_OK);
    kvi_txn_abort(txn);
    kvi_env_close(env);
}

static void test_read_only(void **state)
{
    kvi_env_options options = options_of(*state);
    kvi_env *env = env_open(&options);
    kvi_txn *txn;
    kv_slice value;

    put_one(env);
    kvi_env_close(env);
    options.is_new = false;
    options.is_read_only = true;
    env = env_open(&options);
    assert_status(kvi_txn_begin_write(env, &txn), KV_READ_ONLY);
    assert_null(txn);
    assert_status(kvi_txn_begin_read(env, &txn), KV_OK);
    assert_status(kvi_txn_get(txn, 0, (kv_slice){"k", 1}, &value), KV_OK);
    kvi_txn_abort(txn);
    kvi_env_close(env);
}

static void test_lockless(void **state)
{
    struct fixture *fixture = *state;
    kvi_env_options options = options_of(fixture);
    kvi_env *env = env_open(&options);
    char path[TEMPDIR_PATH_MAX];
    kvi_txn *txn;

    put_one(env);
    kvi_env_close(env);
    tempdir_join(path, fixture->root, "lock.mdb");
    assert_int_equal(unlink(path), 0);
    options.is_new = false;
    options.is_read_only = options.is_lockless = true;
    env = env_open(&options);
    assert_int_equal(access(path, F_OK), -1);
    assert_status(kvi_env_lock_check(env), KV_OK);
    assert_status(kvi_txn_begin_read(env, &txn), KV_OK);
    assert_int_equal(kvi_readers_oldest(env).transaction, kvi_env_transaction(env));
    kvi_txn_abort(txn);
    kvi_env_close(env);
}

static void test_lock_check(void **state)
{
    struct fixture *fixture = *state;
    kvi_env_options options = options_of(fixture);
    kvi_env *env = env_open(&options);
    char path[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX];

    tempdir_join(path, fixture->root, "lock.mdb");
    tempdir_join(aside, fixture->root, "aside");
    assert_status(kvi_env_lock_check(env), KV_OK);
    assert_int_equal(rename(path, aside), 0);
    assert_status(kvi_env_lock_check(env), KV_LOCK_LOST);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_status(kvi_env_lock_check(env), KV_LOCK_LOST);
    assert_int_equal(rename(aside, path), 0);
    assert_status(kvi_env_lock_check(env), KV_OK);
    kvi_env_close(env);
}

static void test_oldest_reader(void **state)
{
    kvi_env_options options = options_of(*state);
    kvi_env *env = env_open(&options);
    uint64_t before = kvi_env_transaction(env);
    kvi_txn *first, *second;

    assert_int_equal(kvi_readers_oldest(env).transaction, before);
    assert_status(kvi_txn_begin_read(env, &first), KV_OK);
    assert_int_equal(kvi_readers_oldest(env).process, 0);
    put_one(env);
    assert_int_equal(kvi_readers_oldest(env).process, getpid());
    assert_status(kvi_txn_begin_read(env, &second), KV_OK);
    put_one(env);
    assert_int_equal(kvi_readers_oldest(env).transaction, before);
    kvi_txn_reset(first);
    assert_int_equal(kvi_readers_oldest(env).transaction, before + 1);
    kvi_txn_abort(second);
    assert_int_equal(kvi_readers_oldest(env).transaction, before + 2);
    assert_int_equal(kvi_readers_oldest(env).process, 0);
    kvi_txn_abort(first);
    assert_int_equal(kvi_readers_clear(env), 0); /* Our own slots are no dead ones. */
    kvi_env_close(env);
}

static void test_extend(void **state)
{
    struct fixture *fixture = *state;
    kvi_env_options options = options_of(fixture);
    kvi_env *env = env_open(&options);
    uint32_t page = kvi_env_page_size(env);
    uint64_t size;

    assert_status(kvi_env_extend(env, 100), KV_OK);
    size = file_size(fixture);
    assert_true(size > 100 * page); /* With some more for later. */
    assert_true(size <= 100 * page + (512 << 10));
    assert_status(kvi_env_extend(env, 50), KV_OK);
    assert_int_equal(file_size(fixture), size); /* Never shorter. */
    assert_status(kvi_env_extend(env, MAP_SIZE / page - 1), KV_OK);
    assert_true(file_size(fixture) >= MAP_SIZE - page);
    assert_status(kvi_env_extend(env, MAP_SIZE), KV_OK); /* The cap is the cap. */
    assert_int_equal(file_size(fixture), MAP_SIZE);
    put_one(env);
    kvi_env_close(env);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("env: facts", test_facts),
        EMPTY_TEST("env: failures leave nothing", test_failures_leave_nothing),
        EMPTY_TEST("env: a missing table", test_missing_table),
        EMPTY_TEST("env: too many tables", test_too_many_tables),
        EMPTY_TEST("env: optional tables that are missing", test_optional_tables_missing),
        EMPTY_TEST("env: an optional table that is there", test_optional_table_there),
        EMPTY_TEST("env: read-only", test_read_only),
        EMPTY_TEST("env: without a lock file", test_lockless),
        EMPTY_TEST("env: the lock file replaced", test_lock_check),
        EMPTY_TEST("env: the oldest reader", test_oldest_reader),
        EMPTY_TEST("env: extension", test_extend),
    };

    run_tests(tests);
    return run_all("env");
}
