/* The look at a data file before LMDB sees it: what is not a whole file of ours is refused with a
 * clear status, by the preflight and by kv_open. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/db.h"
#include "storage/preflight.h"
#include "storage/txn.h"
#include "support/random.h"
#include "tables/catalog.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_SIZE 152
#define NO_PAGE UINT64_MAX

static char noise[60000];

/* A closed store with something in it, its data file, and what was at the file's beginning. */
struct store {
    struct fixture *fixture;
    char data[KVI_PATH_MAX];
    kvi_preflight_facts facts;
    uint8_t metas[2][META_SIZE];
};

static int newest(const struct store *store)
{
    return kvi_le64_load(store->metas[1] + 144) > kvi_le64_load(store->metas[0] + 144);
}

static void write_at(const struct store *store, uint64_t offset, const void *bytes, size_t size)
{
    int fd = open(store->data, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, (off_t)offset), size);
    close(fd);
}

/* Pages at the end of the file that are no free ones. */
static void put_noise(struct fixture *fixture)
{
    struct rng rng = {9};
    kv_op op = op_put("noise", "");

    rng_fill(&rng, noise, sizeof(noise));
    op.value = noise;
    op.value_size = sizeof(noise);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

static void store_begin(struct store *store, void **state)
{
    int fd;

    *store = (struct store){.fixture = *state};
    fixture_put(store->fixture, "a", "1");
    fixture_put(store->fixture, "b", "2");
    put_noise(store->fixture);
    assert_status(kvi_generation_path(store->fixture->path, store->fixture->db->current.generation,
                                      "data.mdb", store->data),
                  KV_OK);
    fixture_close(store->fixture);
    store->fixture->options.flags = 0;
    assert_status(kvi_preflight(store->data, &store->facts, NULL), KV_OK);
    fd = open(store->data, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            pread(fd, store->metas[i], META_SIZE, (off_t)(i * (int)store->facts.page_size)),
            META_SIZE);
    close(fd);
}

static void expect(struct store *store, kv_status want)
{
    struct fixture *fixture = store->fixture;
    kv_error error = KV_ERROR_INIT;
    kvi_preflight_facts facts;

    assert_status(kvi_preflight(store->data, &facts, &error), want);
    if (want != KV_OK)
        assert_non_null(strstr(error.message, store->data));
    error = (kv_error)KV_ERROR_INIT;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error), want);
    if (want == KV_OK) {
        fixture_expect(fixture, "b", "2");
    } else {
        assert_null(fixture->db);
        assert_status(error.status, want);
        assert_true(error.message[0] != '\0');
    }
    fixture_close(fixture);
}

static void test_good(void **state)
{
    struct store store;
    struct stat file;

    store_begin(&store, state);
    assert_int_equal(stat(store.data, &file), 0);
    assert_int_equal(store.facts.file_size, file.st_size);
    assert_int_equal(store.facts.inode, file.st_ino);
    assert_int_equal(store.facts.device, file.st_dev);
    assert_int_equal(store.facts.page_size, sysconf(_SC_PAGESIZE));
    assert_int_equal(store.facts.map_size, KV_MAP_SIZE_DEFAULT);
    assert_int_equal(store.facts.names, 1);
    assert_false(store.facts.is_link);
    expect(&store, KV_OK);
}

/* ---- Each field of the meta pages */

enum { EACH, NEWEST, BOTH };

static const struct field {
    const char *name;
    unsigned at, width;
    uint64_t value;
    int which; /* Either page alone, the newest alone while the other may be so, or both at once. */
    kv_status want;
} fields[] = {
    {"preflight: another page number", 0, 8, 7, EACH, KV_CORRUPT},
    {"preflight: no meta flag", 10, 2, 0, EACH, KV_CORRUPT},
    {"preflight: a leaf's flag", 10, 2, 2, EACH, KV_CORRUPT},
    {"preflight: another magic", 16, 4, 0xBEEFC0DF, EACH, KV_CORRUPT},
    {"preflight: the magic in the other byte order", 16, 4, 0xDEC0EFBE, BOTH, KV_CORRUPT},
    {"preflight: version 0", 20, 4, 0, EACH, KV_UNSUPPORTED},
    {"preflight: version 2", 20, 4, 2, EACH, KV_UNSUPPORTED},
    {"preflight: a development version", 20, 4, 999, BOTH, KV_UNSUPPORTED},
    {"preflight: map size 0", 32, 8, 0, EACH, KV_CORRUPT},
    {"preflight: map size 0 in both", 32, 8, 0, BOTH, KV_CORRUPT},
    {"preflight: a map of one page", 32, 8, 4096, BOTH, KV_CORRUPT},
    {"preflight: map sizes that differ", 32, 8, UINT64_C(1) << 30, EACH, KV_CORRUPT},
    {"preflight: page size 0", 40, 4, 0, EACH, KV_CORRUPT},
    {"preflight: page size 0 in both", 40, 4, 0, BOTH, KV_CORRUPT},
    {"preflight: page size 1", 40, 4, 1, EACH, KV_CORRUPT},
    {"preflight: page size 128", 40, 4, 128, BOTH, KV_CORRUPT},
    {"preflight: page size 256", 40, 4, 256, BOTH, KV_CORRUPT},
    {"preflight: page size 4,097", 40, 4, 4097, EACH, KV_CORRUPT},
    {"preflight: page size 12,288", 40, 4, 12288, BOTH, KV_CORRUPT},
    {"preflight: page size 8,192", 40, 4, 8192, EACH, KV_CORRUPT},
    {"preflight: page size 65,536", 40, 4, 65536, BOTH, KV_CORRUPT},
    {"preflight: page size 2 GiB", 40, 4, UINT64_C(1) << 31, BOTH, KV_CORRUPT},
    {"preflight: a fixed map address", 44, 2, 0x09, NEWEST, KV_CORRUPT},
    {"preflight: free list without its flag", 44, 2, 0, NEWEST, KV_CORRUPT},
    {"preflight: free list 33 deep", 46, 2, 33, NEWEST, KV_CORRUPT},
    {"preflight: free list 65,535 deep", 46, 2, 65535, NEWEST, KV_CORRUPT},
    {"preflight: free list at page 0", 80, 8, 0, NEWEST, KV_CORRUPT},
    {"preflight: free list at page 1", 80, 8, 1, NEWEST, KV_CORRUPT},
    {"preflight: free list far out", 80, 8, UINT64_C(1) << 40, NEWEST, KV_CORRUPT},
    {"preflight: free list at the page before none", 80, 8, NO_PAGE - 1, NEWEST, KV_CORRUPT},
    {"preflight: main tree with a flag", 92, 2, 4, NEWEST, KV_CORRUPT},
    {"preflight: main tree 33 deep", 94, 2, 33, NEWEST, KV_CORRUPT},
    {"preflight: main tree at page 0", 128, 8, 0, NEWEST, KV_CORRUPT},
    {"preflight: main tree at page 1", 128, 8, 1, NEWEST, KV_CORRUPT},
    {"preflight: main tree far out", 128, 8, UINT64_C(1) << 40, NEWEST, KV_CORRUPT},
    {"preflight: last page 0", 136, 8, 0, NEWEST, KV_CORRUPT},
    {"preflight: last page past the map", 136, 8, KV_MAP_SIZE_DEFAULT / 4096, NEWEST, KV_CORRUPT},
    {"preflight: last page far out", 136, 8, UINT64_C(1) << 62, NEWEST, KV_CORRUPT},
    {"preflight: last page past the file", 136, 8, UINT64_C(1) << 20, NEWEST, KV_CORRUPT},
    {"preflight: last page the largest", 136, 8, UINT64_MAX, NEWEST, KV_CORRUPT},
};

static void damage_field(const struct store *store, int page, const struct field *field)
{
    uint8_t value[8];

    kvi_le64_store(value, field->value);
    write_at(store, (uint64_t)page * store->facts.page_size + field->at, value, field->width);
}

static void restore(const struct store *store)
{
    for (int i = 0; i < 2; i++)
        write_at(store, (uint64_t)i * store->facts.page_size, store->metas[i], META_SIZE);
}

static void test_field(void **state)
{
    struct store store;
    const struct field *field;

    store_begin(&store, state);
    field = store.fixture->row;
    for (int page = 0; page < 2; page++) {
        bool is_harmless = field->which == NEWEST && page != newest(&store);
        damage_field(&store, page, field);
        if (field->which != BOTH || page == 1)
            expect(&store, is_harmless ? KV_OK : field->want);
        if (field->which != BOTH)
            restore(&store);
    }
    restore(&store);
    expect(&store, KV_OK);
}

/* The roots one past the last page, which only the file knows. */
static void test_root_past_last_page(void **state)
{
    struct store store;

    store_begin(&store, state);
    for (unsigned at = 80; at <= 128; at += 48) {
        struct field field = {"", at, 8, store.facts.last_page + 1, NEWEST, KV_CORRUPT};
        damage_field(&store, newest(&store), &field);
        expect(&store, KV_CORRUPT);
        restore(&store);
    }
    expect(&store, KV_OK);
}

/* Each is sane by itself, but a store has tables. */
static void test_no_tables(void **state)
{
    static const struct field field = {"", 128, 8, NO_PAGE, BOTH, KV_OK};
    struct store store;
    kvi_preflight_facts facts;
    kv_error error = KV_ERROR_INIT;

    store_begin(&store, state);
    damage_field(&store, 0, &field);
    damage_field(&store, 1, &field);
    assert_status(kvi_preflight(store.data, &facts, NULL), KV_OK);
    assert_status(
        kv_open(store.fixture->path, &store.fixture->options, NULL, &store.fixture->db, &error),
        KV_CORRUPT);
    assert_null(store.fixture->db);
    assert_true(error.message[0] != '\0');
}

/* Whatever stands in the meta pages, there is an answer. */
static void test_random_bytes(void **state)
{
    struct rng rng = {11};
    struct store store;
    int refused = 0;

    store_begin(&store, state);
    for (int i = 0; i < 4000; i++) {
        uint64_t page = rng_below(&rng, 2), at = rng_below(&rng, META_SIZE - 8);
        kvi_preflight_facts facts;
        uint8_t bytes[8];
        kv_status status;
        rng_fill(&rng, bytes, sizeof(bytes));
        write_at(&store, page * store.facts.page_size + at, bytes, (size_t)rng_between(&rng, 1, 8));
        status = kvi_preflight(store.data, &facts, NULL);
        assert_true(status == KV_OK || status == KV_CORRUPT || status == KV_UNSUPPORTED);
        refused += status != KV_OK;
        restore(&store);
    }
    assert_true(refused > 1000);
}

/* ---- Lengths */

static void test_truncated(void **state)
{
    struct store store;
    uint64_t page, whole;

    store_begin(&store, state);
    page = store.facts.page_size;
    whole = (store.facts.last_page + 1) * page;
    const uint64_t lengths[] = {whole - 1,
                                whole - page,
                                whole / 2,
                                2 * page + 1,
                                2 * page,
                                2 * page - 1,
                                page + META_SIZE,
                                page + META_SIZE - 1,
                                page,
                                page - 1,
                                META_SIZE,
                                META_SIZE - 1,
                                20,
                                16,
                                1,
                                0};
    assert_int_equal(truncate(store.data, (off_t)whole), 0);
    expect(&store, KV_OK);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        /* The open above may have made it longer. */
        assert_int_equal(truncate(store.data, (off_t)lengths[i]), 0);
        expect(&store, KV_CORRUPT);
    }
}

/* What is missing at the end is free: LMDB did not write it. One page less, and it is truncated. */
static void test_free_tail(void **state)
{
    static char large[4 << 20];
    const kv_slice key = {"key", 3};
    struct fixture *fixture = *state;
    kvi_preflight_facts before;
    struct store store;
    kvi_txn *txn;

    store_begin(&store, state);
    before = store.facts;
    fixture_open(fixture);
    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_txn_put(txn, KVI_PIECES, key, kvi_slice(large, sizeof(large))), KV_OK);
    assert_status(kvi_txn_delete(txn, KVI_PIECES, key), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    fixture_close(fixture);
    assert_status(kvi_preflight(store.data, &store.facts, NULL), KV_OK);
    assert_true((store.facts.last_page + 1) * store.facts.page_size > store.facts.file_size);
    expect(&store, KV_OK);
    assert_int_equal(truncate(store.data, (off_t)(before.last_page * before.page_size)), 0);
    expect(&store, KV_CORRUPT);
}

/* ---- Other files */

static void fill_file(const char *path, const void *head, size_t head_size, uint8_t rest,
                      size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_non_null(bytes);
    assert_true(fd >= 0);
    memset(bytes, rest, size);
    memcpy(bytes, head, head_size < size ? head_size : size);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    free(bytes);
}

static const struct foreign {
    const char *name, *head;
    size_t head_size;
    uint8_t rest;
    size_t size;
} foreigns[] = {
    {"preflight: an empty file", "", 0, 0, 0},
    {"preflight: a line of text", "hello\n", 6, '\n', 6},
    {"preflight: zeros", "", 0, 0, 65536},
    {"preflight: ones", "", 0, 0xFF, 65536},
    {"preflight: text", "", 0, 'x', 65536},
    {"preflight: SQLite's", "SQLite format 3\0\x10\0\x01\x01", 20, 0, 65536},
    {"preflight: a program", "\x7F\x45LF\x02\x01\x01", 7, 0, 65536},
    {"preflight: gzip", "\x1F\x8B\x08\0", 4, 0x5A, 65536},
};

static void test_foreign(void **state)
{
    struct store store;
    const struct foreign *foreign;

    store_begin(&store, state);
    foreign = store.fixture->row;
    fill_file(store.data, foreign->head, foreign->head_size, foreign->rest, foreign->size);
    expect(&store, KV_CORRUPT);
}

static void test_directory(void **state)
{
    struct store store;

    store_begin(&store, state);
    assert_int_equal(unlink(store.data), 0);
    assert_int_equal(mkdir(store.data, 0700), 0);
    expect(&store, KV_CORRUPT);
}

/* Opening one must not wait for a writer. */
static void test_fifo(void **state)
{
    struct store store;

    store_begin(&store, state);
    assert_int_equal(unlink(store.data), 0);
    assert_int_equal(mkfifo(store.data, 0600), 0);
    expect(&store, KV_CORRUPT);
}

static void test_missing(void **state)
{
    struct store store;
    kv_error error = KV_ERROR_INIT;
    kvi_preflight_facts facts;

    store_begin(&store, state);
    assert_int_equal(unlink(store.data), 0);
    assert_status(kvi_preflight(store.data, &facts, &error), KV_CORRUPT);
    assert_int_equal(error.os_errno, 2);
    expect(&store, KV_CORRUPT);
}

static void test_unreadable(void **state)
{
    struct store store;

    if (geteuid() == 0)
        skip_because("root can read every file");
    store_begin(&store, state);
    assert_int_equal(chmod(store.data, 0), 0);
    expect(&store, KV_IO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("preflight: a good file", test_good),
        STORE_TEST("preflight: a root past the last page", test_root_past_last_page),
        STORE_TEST("preflight: no tables", test_no_tables),
        STORE_TEST("preflight: random bytes", test_random_bytes),
        STORE_TEST("preflight: truncated", test_truncated),
        STORE_TEST("preflight: a tail of free pages", test_free_tail),
        STORE_TEST("preflight: a directory", test_directory),
        STORE_TEST("preflight: a FIFO", test_fifo),
        STORE_TEST("preflight: no file", test_missing),
        STORE_TEST("preflight: no permission", test_unreadable),
    };

    run_rows(fields, test_field, fixture_setup, fixture_teardown);
    run_rows(foreigns, test_foreign, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("preflight");
}
