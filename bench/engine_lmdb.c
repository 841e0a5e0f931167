/* Raw LMDB as an engine: one table, the value alone in it, under the key that libkv stores. */
#include "base.h"
#include "engine.h"

#include <lmdb.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAP_SIZE ((size_t)64 << 30) /* As libkv's. */

struct bench_store {
    MDB_env *env;
    MDB_dbi table;
    bool durable;
};

struct bench_reader {
    MDB_txn *txn;
    MDB_dbi table;
    uint64_t seen; /* Sum of what was read, so that no read can be left out. */
};

static void check(int rc, const char *what)
{
    if (rc != 0)
        bench_die("LMDB: %s: %s", what, mdb_strerror(rc));
}

static MDB_val key_of(const struct bench_key *key)
{
    return (MDB_val){sizeof(*key), (void *)(uintptr_t)key}; /* LMDB does not write to it. */
}

static struct bench_store *store_open(const char *directory, bool durable)
{
    struct bench_store *store = bench_alloc(sizeof(*store));
    MDB_txn *txn;

    (void)mkdir(directory, 0700); /* If it is not there, the open says so. */
    store->durable = durable;
    check(mdb_env_create(&store->env), "create");
    check(mdb_env_set_mapsize(store->env, MAP_SIZE), "map");
    check(mdb_env_open(store->env, directory, MDB_NOTLS | (durable ? 0u : (unsigned)MDB_NOSYNC),
                       0600),
          "open");
    check(mdb_txn_begin(store->env, NULL, 0, &txn), "begin");
    check(mdb_dbi_open(txn, NULL, 0, &store->table), "table");
    check(mdb_txn_commit(txn), "commit");
    return store;
}

static void store_close(struct bench_store *store)
{
    if (!store->durable)
        check(mdb_env_sync(store->env, 1), "sync");
    mdb_env_close(store->env);
    free(store);
}

static uint64_t store_count(struct bench_store *store)
{
    MDB_stat stat;

    check(mdb_env_stat(store->env, &stat), "stat");
    return stat.ms_entries;
}

static struct bench_reader *reader_open(struct bench_store *store)
{
    struct bench_reader *reader = bench_alloc(sizeof(*reader));

    *reader = (struct bench_reader){.table = store->table};
    check(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &reader->txn), "begin");
    return reader;
}

static void reader_close(struct bench_reader *reader)
{
    mdb_txn_abort(reader->txn);
    free(reader);
}

static void renew(struct bench_reader *reader, const struct bench_job *job, size_t i)
{
    if (i % job->renew == 0) {
        mdb_txn_reset(reader->txn);
        check(mdb_txn_renew(reader->txn), "renew");
    }
}

static MDB_val get(struct bench_reader *reader, const struct bench_job *job, size_t i)
{
    MDB_val key = key_of(&job->input->keys[job->order[i]]);
    MDB_val value = {BENCH_VALUE_SIZE, NULL};
    int rc;

    renew(reader, job, i);
    rc = mdb_get(reader->txn, reader->table, &key, &value);
    if (rc != (job->missing ? MDB_NOTFOUND : 0) || value.mv_size != BENCH_VALUE_SIZE)
        bench_die("LMDB: get: %s, %zu bytes", mdb_strerror(rc), value.mv_size);
    return value;
}

static void read_get(struct bench_reader *reader, const struct bench_job *job)
{
    uint8_t out[BENCH_VALUE_SIZE] = {0};

    for (size_t i = 0; i < job->count; i++) {
        MDB_val value = get(reader, job, i);

        if (!job->missing)
            memcpy(out, value.mv_data, value.mv_size);
        /* The compiler must not leave the copy out. */
        __asm__ volatile("" : : "r"(out) : "memory");
        reader->seen += out[0];
    }
}

static void read_borrow(struct bench_reader *reader, const struct bench_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        MDB_val value = get(reader, job, i);

        reader->seen += *(const uint8_t *)value.mv_data + value.mv_size;
    }
}

static void read_list(struct bench_reader *reader, const struct bench_job *job)
{
    MDB_cursor *cursor;

    check(mdb_cursor_open(reader->txn, reader->table, &cursor), "cursor");
    for (size_t i = 0; i < job->count; i++) {
        MDB_val key = key_of(&job->input->keys[job->order[i]]), value;

        renew(reader, job, i);
        check(mdb_cursor_renew(reader->txn, cursor), "cursor");
        check(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE), "list");
        for (size_t n = 0; n < BENCH_LIST_SIZE; n++) {
            check(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), "list");
            reader->seen += *(const uint8_t *)key.mv_data + key.mv_size;
        }
    }
    mdb_cursor_close(cursor);
}

static void fetch(struct bench_reader *reader, const struct bench_key *key, uint8_t *out)
{
    MDB_val k = key_of(key), value;

    check(mdb_get(reader->txn, reader->table, &k, &value), "fetch");
    if (value.mv_size != BENCH_VALUE_SIZE)
        bench_die("LMDB: fetch: %zu bytes", value.mv_size);
    memcpy(out, value.mv_data, value.mv_size);
}

static void write_pairs(struct bench_store *store, const struct bench_job *job, size_t at,
                        size_t count)
{
    MDB_txn *txn;

    check(mdb_txn_begin(store->env, NULL, 0, &txn), "begin");
    for (size_t i = at; i < at + count; i++) {
        MDB_val key = key_of(&job->input->keys[job->order[i]]);
        const uint8_t *bytes = bench_value(job->input, job->order[i], job->salt);
        MDB_val value = {BENCH_VALUE_SIZE, (void *)(uintptr_t)bytes};

        check(mdb_put(txn, store->table, &key, &value, 0), "put");
    }
    check(mdb_txn_commit(txn), "commit");
}

const struct bench_engine bench_lmdb = {
    .name = "LMDB",
    .wants_sorted = true,
    .open = store_open,
    .close = store_close,
    .count = store_count,
    .reader_open = reader_open,
    .reader_close = reader_close,
    .read = {[BENCH_GET] = read_get,
             [BENCH_BORROW] = read_borrow,
             [BENCH_FACTS] = read_borrow, /* The bare mdb_get() is what facts are held against. */
             [BENCH_LIST] = read_list},
    .fetch = fetch,
    .write = write_pairs,
};
