/* LMDB's free list read from the file: the same pages that LMDB itself reads there, and an answer
 * whatever stands in the file. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/db.h"
#include "storage/free_list.h"
#include "storage/handles.h"
#include "storage/preflight.h"
#include "storage/txn.h"
#include "support/random.h"
#include "tables/catalog.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A store whose file ends before its last page, and what LMDB says of its pages. */
struct store {
    struct fixture *fixture;
    char data[KVI_PATH_MAX];
    kvi_free_list list;
    kvi_preflight_facts facts;
    bool *is_free; /* Of every page up to the last. */
};

/* Pages that a transaction adds and frees again are not written, if the list had any at hand. They
   make rows that are too long for a leaf. */
static void commit_run(struct fixture *fixture)
{
    static char large[20 << 20];
    const kv_slice key = {"key", 3};
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_put(txn, KVI_PIECES, key, kvi_slice(large, sizeof(large))), KV_OK);
    assert_status(kvi_txn_delete(txn, KVI_PIECES, key), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

/* Each leaves a row in the list, as long as there is a reader. */
static void commit_many(struct fixture *fixture, int count)
{
    char key[32];

    for (int i = 0; i < count; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        fixture_put(fixture, key, "value");
    }
}

static void list_find(struct store *store)
{
    int fd = open(store->data, O_RDONLY | O_CLOEXEC);
    uint8_t metas[2][152];
    const uint8_t *newest;

    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pread(fd, metas[i], 152, (off_t)(i * (int)store->facts.page_size)), 152);
    newest = metas[kvi_le64_load(metas[1] + 144) > kvi_le64_load(metas[0] + 144)];
    store->list = (kvi_free_list){.fd = fd,
                                  .root = kvi_le64_load(newest + 80),
                                  .depth = newest[46],
                                  .page_size = store->facts.page_size,
                                  .pages = store->facts.file_size / store->facts.page_size};
}

static void truth_read(struct store *store)
{
    MDB_env *env = store->fixture->db->env->env;
    MDB_cursor *cursor;
    MDB_txn *txn;
    MDB_val key, row;

    store->is_free = calloc(store->facts.last_page + 1, sizeof(*store->is_free));
    assert_non_null(store->is_free);
    assert_int_equal(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
    assert_int_equal(mdb_cursor_open(txn, 0, &cursor), 0);
    while (mdb_cursor_get(cursor, &key, &row, MDB_NEXT) == 0) {
        const uint8_t *numbers = row.mv_data;
        uint64_t count = kvi_le64_load(numbers);
        for (uint64_t i = 1; i <= count; i++)
            store->is_free[kvi_le64_load(numbers + 8 * i)] = true;
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
}

static void store_begin(struct store *store, void **state, bool has_branches)
{
    struct fixture *fixture = *state;
    kv_snapshot *older, *reader;

    *store = (struct store){.fixture = fixture};
    older = fixture_snapshot(fixture);
    commit_many(fixture, 30);
    reader = fixture_snapshot(fixture);
    if (has_branches)
        commit_many(fixture, 400); /* Rows that stay as they are. */
    kv_snapshot_end(older);        /* The first rows are at hand. */
    commit_run(fixture);
    kv_snapshot_end(reader);
    assert_status(kvi_generation_path(store->fixture->path, store->fixture->db->current.generation,
                                      "data.mdb", store->data),
                  KV_OK);
    assert_status(kvi_preflight(store->data, &store->facts, NULL), KV_OK);
    assert_true((store->facts.last_page + 1) * store->facts.page_size > store->facts.file_size);
    list_find(store);
    truth_read(store);
}

static void store_end(struct store *store)
{
    free(store->is_free);
    (void)close(store->list.fd);
}

static kv_status truth(const struct store *store, uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page <= last; page++)
        if (!store->is_free[page])
            return KV_CORRUPT;
    return KV_OK;
}

static void expect_truth(const struct store *store)
{
    uint64_t last = store->facts.last_page;
    struct rng rng = {3};

    for (uint64_t page = 0; page <= last; page += 1 + page / 16)
        assert_status(kvi_free_list_covers(&store->list, page, page), truth(store, page, page));
    for (int i = 0; i < 50; i++) {
        uint64_t first = rng_below(&rng, last + 1), size = rng_below(&rng, 8);
        if (first + size <= last)
            assert_status(kvi_free_list_covers(&store->list, first, first + size),
                          truth(store, first, first + size));
    }
    assert_status(kvi_free_list_covers(&store->list, store->list.pages, last), KV_OK);
    assert_status(kvi_free_list_covers(&store->list, 2, last), KV_CORRUPT);
    assert_status(kvi_free_list_covers(&store->list, last, last + 1), KV_CORRUPT);
}

/* One leaf, and a row that is too long for it. */
static void test_leaf(void **state)
{
    struct store store;

    store_begin(&store, state, false);
    assert_int_equal(store.list.depth, 1);
    expect_truth(&store);
    store_end(&store);
}

static void test_branches(void **state)
{
    struct store store;

    store_begin(&store, state, true);
    assert_true(store.list.depth >= 2);
    expect_truth(&store);
    store_end(&store);
}

static void test_empty(void **state)
{
    struct store store;

    store_begin(&store, state, false);
    store.list.root = UINT64_MAX;
    store.list.depth = 0;
    assert_status(kvi_free_list_covers(&store.list, 5, 5), KV_CORRUPT);
    store_end(&store);
}

/* The file may be anything by now. */
static void test_damaged(void **state)
{
    struct rng rng = {17};
    struct store store;
    uint8_t *before, page_bytes[64];
    uint64_t page_size;
    int fd, refused = 0;

    store_begin(&store, state, true);
    page_size = store.facts.page_size;
    before = malloc(page_size);
    assert_non_null(before);
    fd = open(store.data, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 500; i++) {
        /* The root mostly, else any page. */
        uint64_t page = i % 3 == 0 ? rng_between(&rng, 2, store.list.pages - 1) : store.list.root;
        size_t size = (size_t)rng_between(&rng, 1, sizeof(page_bytes));
        uint64_t at = rng_below(&rng, i % 2 == 0 ? 64 : page_size - size);
        kv_status status;
        assert_int_equal(pread(fd, before, page_size, (off_t)(page * page_size)), page_size);
        rng_fill(&rng, page_bytes, sizeof(page_bytes));
        assert_int_equal(pwrite(fd, page_bytes, size, (off_t)(page * page_size + at)), size);
        status = kvi_free_list_covers(&store.list, store.list.pages, store.facts.last_page);
        assert_true(status == KV_OK || status == KV_CORRUPT);
        refused += status != KV_OK;
        assert_int_equal(pwrite(fd, before, page_size, (off_t)(page * page_size)), page_size);
    }
    assert_true(refused > 30);
    expect_truth(&store);
    (void)close(fd);
    free(before);
    store_end(&store);
}

/* A branch that leads back to itself: there is an end to it. */
static void test_circle(void **state)
{
    struct store store;
    uint64_t start;
    uint8_t node[8] = {0}, lower[4] = {0};
    int fd;

    store_begin(&store, state, true);
    assert_true(store.list.depth >= 2);
    start = store.list.root * store.list.page_size;
    fd = open(store.data, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, lower, 2, (off_t)start + 12), 2);
    for (unsigned at = 16; at < kvi_le32_load(lower); at += 2) {
        uint8_t offset[2];
        assert_int_equal(pread(fd, offset, 2, (off_t)(start + at)), 2);
        kvi_le32_store(node, (uint32_t)store.list.root);
        assert_int_equal(
            pwrite(fd, node, 6, (off_t)(start + (offset[0] | (unsigned)offset[1] << 8))), 6);
    }
    store.list.depth = 32;
    alarm(20);
    assert_status(kvi_free_list_covers(&store.list, store.list.pages, store.facts.last_page),
                  KV_CORRUPT);
    alarm(0);
    (void)close(fd);
    store_end(&store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("free list: a leaf", test_leaf),
        STORE_TEST("free list: branches", test_branches),
        STORE_TEST("free list: empty", test_empty),
        STORE_TEST("free list: damaged", test_damaged),
        STORE_TEST("free list: a circle", test_circle),
    };

    run_tests(tests);
    return run_all("free list");
}
