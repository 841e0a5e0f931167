/* Space given back in portions: rows that are due, and dropped namespaces; damaged ones too. */
#include "support/fixture.h"

#include "ops/reclaim.h"
#include "ops/write_txn.h"
#include "support/inside.h"
#include "support/random.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "storage/generation.h"
#include "tables/names.h"
#include "tables/namespaces.h"
#include "tables/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static kvi_write_txn *begin(struct fixture *fixture)
{
    kvi_write_txn *write;

    assert_status(
        kvi_write_txn_begin(fixture->db, (kvi_need){.operations = 100}, false, &write, NULL),
        KV_OK);
    return write;
}

static int64_t now(struct fixture *fixture)
{
    return atomic_load(&fixture->clock.now);
}

static void put_for(struct fixture *fixture, kv_ns ns, int number, int64_t ttl)
{
    char key[16];
    kv_op op;

    (void)snprintf(key, sizeof(key), "key-%03d", number);
    op = op_put(key, "value");
    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

static kvi_reclaimed due(struct fixture *fixture, kv_ns ns, uint64_t rows_max)
{
    kvi_write_txn *write = begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_reclaim_namespace_due(write, ns, now(fixture), rows_max, &done), KV_OK);
    assert_status(kvi_write_txn_commit(write, NULL), KV_OK);
    return done;
}

static kvi_reclaimed dropped(struct fixture *fixture, uint64_t rows_max)
{
    kvi_write_txn *write = begin(fixture);
    kvi_reclaimed done = {0};

    assert_status(kvi_reclaim_dropped(write, rows_max, &done), KV_OK);
    assert_status(kvi_write_txn_commit(write, NULL), KV_OK);
    return done;
}

static uint64_t key_count(struct fixture *fixture, kv_ns ns)
{
    return fixture_describe(fixture, ns).key_count;
}

static void test_due_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 50; i++) {
        put_for(fixture, fixture->ns, i, 100 - i); /* The last put is due first. */
        put_for(fixture, other, i, 10);
    }
    fixture_advance(fixture, 90);
    done = due(fixture, fixture->ns, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = due(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 30);
    assert_int_equal(done.bytes, 30 * 12);
    assert_true(done.has_more);
    assert_int_equal(key_count(fixture, fixture->ns), 20);
    done = due(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 10); /* Those due at 90 and before. */
    assert_false(done.has_more);
    fixture_advance(fixture, 1);
    assert_int_equal(due(fixture, fixture->ns, 30).rows, 1);
    assert_int_equal(key_count(fixture, other), 50); /* Another's is another's. */
    inside_recount(fixture);
    fixture_expect(fixture, "key-000", "value");
    fixture_expect_absent(fixture, "key-009");
    fixture_expect(fixture, "key-008", "value");
}

/* A portion that is just what there is says that nothing is left. */
static void test_due_exactly(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++)
        put_for(fixture, fixture->ns, i, 10);
    fixture_advance(fixture, 10);
    done = due(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 10);
    assert_false(done.has_more);
    done = due(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more);
}

/* Moving the row of a refreshed record is work too, and counts against the portion. */
static void test_due_moves(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++) {
        put_for(fixture, fixture->ns, i, 10);
        put_for(fixture, fixture->ns, i, 100);
    }
    fixture_advance(fixture, 50);
    done = due(fixture, fixture->ns, 4);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = due(fixture, fixture->ns, 6);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more);
    assert_int_equal(key_count(fixture, fixture->ns), 10);
    inside_recount(fixture);
}

static void put_large(struct fixture *fixture, int number, int64_t ttl)
{
    static uint8_t value[1900000]; /* Some 465 pieces. */
    struct rng rng = {8};
    char key[16];
    kv_op op;

    (void)snprintf(key, sizeof(key), "large-%d", number);
    rng_fill(&rng, value, sizeof(value));
    op = op_put(key, "");
    op.value = value;
    op.value_size = sizeof(value);
    op.flags = ttl != 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

/* Large values make a portion smaller: their pages are what a transaction has to copy. */
static void test_large_values(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 8; i++)
        put_large(fixture, i, 10);
    fixture_advance(fixture, 10);
    done = due(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.has_more);
    done = due(fixture, fixture->ns, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.has_more);
    for (int i = 0; i < 8; i++)
        put_large(fixture, i, 0);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 5);
    assert_true(done.has_more);
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 3);
    assert_false(done.has_more);
    inside_recount(fixture);
}

static kvi_namespace_counts counts(struct fixture *fixture)
{
    kvi_namespace_counts got;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_namespaces_counts(txn, &got), KV_OK);
    kvi_txn_abort(txn);
    return got;
}

static void test_dropped_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other, empty;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "empty", 5, &empty), KV_OK);
    for (int i = 0; i < 20; i++) {
        put_for(fixture, fixture->ns, i, i % 2 != 0 ? 1000 : 0);
        put_for(fixture, other, i, 0);
    }
    done = dropped(fixture, 100);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more); /* None is dropped. */
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = dropped(fixture, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = dropped(fixture, 12);
    assert_int_equal(done.rows, 12);
    assert_int_equal(done.bytes, 12 * 12);
    assert_true(done.has_more);
    assert_int_equal(counts(fixture).dropped, 1);
    done = dropped(fixture, 8);
    assert_int_equal(done.rows, 8);
    assert_false(done.has_more); /* With its last row it went itself. */
    assert_int_equal(counts(fixture).dropped, 0);
    assert_int_equal(counts(fixture).live, 2);
    assert_int_equal(key_count(fixture, other), 20);
    inside_recount(fixture);
}

static void test_dropped_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    kv_ns ids[3];
    char name[2] = "a";

    for (size_t i = 0; i < 3; i++, name[0]++) {
        assert_status(kv_namespace_create(fixture->db, name, 1, &ids[i]), KV_OK);
        assert_status(kv_namespace_drop(fixture->db, ids[i]), KV_OK);
    }
    assert_int_equal(counts(fixture).dropped, 3);
    assert_true(dropped(fixture, 10).has_more);
    assert_true(dropped(fixture, 10).has_more);
    assert_false(dropped(fixture, 10).has_more);
    assert_int_equal(counts(fixture).dropped, 0);
    assert_int_equal(counts(fixture).next_id, ids[2] + 1);
}

/* A batch does a share of both by itself. */
static void test_batches_share(void **state)
{
    struct fixture *fixture = *state;
    kv_report report = KV_REPORT_INIT;
    kv_op op = op_put("new", "value");
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 100; i++) {
        put_for(fixture, fixture->ns, i, 10);
        put_for(fixture, other, i, 0);
    }
    assert_status(kv_namespace_drop(fixture->db, other), KV_OK);
    fixture_advance(fixture, 10);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(report.swept, 16);
    assert_int_equal(key_count(fixture, fixture->ns), 85);
    assert_int_equal(counts(fixture).dropped, 1);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_OK);
    assert_int_equal(counts(fixture).dropped, 0); /* 64 rows with each. */
    inside_recount(fixture);
}

/* ---- Near the cap */

/* A row is charged 5 pages. Half of what is above the reserve stays for the batch that the portion
   goes along with, or half of the reserve for the next portion. */
static const struct room_row {
    const char *name;
    uint64_t pages, reserve, handled;
} room_rows[] = {
    {"room: half of the reserve", 256, 256, 25}, {"room: half of what is above", 456, 256, 20},
    {"room: all of the portion", 5000, 256, 30}, {"room: a row's", 5, 256, 1},
    {"room: less than a row's", 4, 256, 0},      {"room: none", 0, 0, 0},
};

static kvi_write_txn *begin_short(struct fixture *fixture, const struct room_row *row)
{
    kvi_write_txn *write = begin(fixture);

    write->room = (kvi_room){.is_short = true,
                             .status = KV_STORE_FULL,
                             .pages = row->pages,
                             .reserve = row->reserve,
                             .trees = {{100, 1000, 1}, {100, 1000, 1}, {100, 1000, 1}}};
    return write;
}

static void test_room(void **state)
{
    struct fixture *fixture = *state;
    const struct room_row *row = fixture->row;
    kvi_reclaimed done = {0};
    kvi_write_txn *write;

    for (int i = 0; i < 50; i++)
        put_for(fixture, fixture->ns, i, 10);
    fixture_advance(fixture, 10);
    write = begin_short(fixture, row);
    assert_status(kvi_reclaim_namespace_due(write, fixture->ns, now(fixture), 30, &done), KV_OK);
    assert_int_equal(done.handled, row->handled);
    assert_int_equal(done.rows, row->handled);
    assert_true(done.has_more);
    assert_int_equal(write->is_dirty, row->handled > 0);
    kvi_write_txn_abort(write);

    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = (kvi_reclaimed){0};
    write = begin_short(fixture, row);
    assert_status(kvi_reclaim_dropped(write, 30, &done), KV_OK);
    assert_int_equal(done.handled, row->handled);
    assert_true(done.has_more);
    kvi_write_txn_abort(write);
}

/* ---- Damage */

static kv_status sweep(struct fixture *fixture, kv_work *work)
{
    *work = (kv_work)KV_WORK_INIT;
    return kv_sweep(fixture->db, work);
}

/* The row of a key that put_for() made, with its checksum wrong. */
static void damage_record(struct fixture *fixture, kv_ns ns, int number)
{
    char key[16];

    (void)snprintf(key, sizeof(key), "key-%03d", number);
    inside_flip(fixture, KVI_VALUES, inside_values_key(ns, key), 6, 3);
}

/* Of a damaged record the row of the index goes, within the portion. */
static void test_due_damaged(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 15; i++)
        put_for(fixture, fixture->ns, i, 10 + i);
    for (int i = 0; i < 10; i++)
        damage_record(fixture, fixture->ns, i);
    fixture_advance(fixture, 100);
    done = due(fixture, fixture->ns, 8);
    assert_int_equal(done.handled, 8);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = due(fixture, fixture->ns, 8);
    assert_int_equal(done.handled, 7);
    assert_int_equal(done.rows, 5);
    assert_false(done.has_more);
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 0);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 10);
}

/* In branch pages whose keys are positions of the index, the second key becomes a very small one: a
   walk begins in the first leaf, search never finds its rows. How many pages were changed. */
static int damage_index_branches(struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    uint8_t page[4096];
    int fd, changed = 0;

    assert_int_equal(tempdir_find(path, fixture->path, "*/data.mdb"), 0);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (off_t at = 0; pread(fd, page, sizeof(page), at) == sizeof(page); at += 4096) {
        uint8_t *second = page + (page[18] | page[19] << 8);

        if (!(page[10] & 0x01) || (page[12] | page[13] << 8) < 16 + 2 * 2 ||
            second > page + sizeof(page) - 28 || second[6] != 20)
            continue;
        memset(second + 8 + 4, 0, 16); /* Behind the namespace. */
        second[8 + 19] = 1;
        assert_int_equal(pwrite(fd, page, sizeof(page), at), sizeof(page));
        changed++;
    }
    assert_int_equal(close(fd), 0);
    return changed;
}

/* A sweep that is shown rows which it cannot find ends, and goes on with other namespaces. */
static void test_due_index_damaged(void **state)
{
    struct fixture *fixture = *state;
    kv_ns other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 900; i++)
        put_for(fixture, fixture->ns, i, 10);
    put_for(fixture, other, 0, 10);
    fixture_close(fixture);
    assert_true(damage_index_branches(fixture) > 0);
    fixture_open(fixture);
    fixture_advance(fixture, 10);
    alarm(60); /* Not for ever. */
    assert_status(sweep(fixture, &work), KV_CORRUPT);
    alarm(0);
    assert_int_equal(work.finished, 0);
    assert_int_equal(fixture_describe(fixture, other).key_count, 0);
}

static kv_slice ns_key(kv_ns ns)
{
    static uint8_t bytes[4];

    kvi_be32_store(bytes, ns);
    return kvi_slice(bytes, 4);
}

/* Sums that lack what goes: who writes there is told, and nothing goes; others are not concerned.
 */
static void test_due_underflow(void **state)
{
    static const uint8_t zeros[40];
    struct fixture *fixture = *state;
    kv_op op = op_put("new", "value");
    kv_ns other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 10; i++) {
        put_for(fixture, fixture->ns, i, 10);
        put_for(fixture, other, i, 10);
    }
    inside_put_row(fixture, KVI_USAGE, ns_key(fixture->ns), kvi_slice(zeros, sizeof(zeros)),
                   kvi_slice(NULL, 0));
    fixture_advance(fixture, 10);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_CORRUPT);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 20);
    assert_status(sweep(fixture, &work), KV_CORRUPT);
    assert_int_equal(work.finished, 0);
    assert_int_equal(work.items_done, 10);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 10);
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 10);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK); /* That helps. */
    assert_status(sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 1);
    inside_recount(fixture);
}

/* ---- Damage of a dropped namespace: it stops nobody, and the store's sums come out right. */

static void own_row(struct fixture *fixture, kv_ns ns)
{
    uint8_t key[5] = {0};

    kvi_be32_store(key + 1, ns);
    inside_put(fixture, KVI_NAMESPACES, kvi_slice(key, 5), "\1\xFFx", 3);
}

static void usage_short(struct fixture *fixture, kv_ns ns)
{
    inside_put(fixture, KVI_USAGE, ns_key(ns), "short", 5);
}

static void usage_small(struct fixture *fixture, kv_ns ns)
{
    static const uint8_t small[40] = {3, 0, 0, 0, 0, 0, 0, 0, 1};

    inside_put_row(fixture, KVI_USAGE, ns_key(ns), kvi_slice(small, sizeof(small)),
                   kvi_slice(NULL, 0));
}

static void usage_large(struct fixture *fixture, kv_ns ns)
{
    for (size_t at = 6; at < 40; at += 8)
        inside_flip_field(fixture, KVI_USAGE, ns_key(ns), at, 0x10);
}

static void usage_flipped(struct fixture *fixture, kv_ns ns)
{
    inside_flip(fixture, KVI_USAGE, ns_key(ns), 20, 0x10);
}

static void usage_missing(struct fixture *fixture, kv_ns ns)
{
    inside_delete(fixture, KVI_USAGE, ns_key(ns));
}

static void records(struct fixture *fixture, kv_ns ns)
{
    for (int i = 0; i < 200; i += 7)
        damage_record(fixture, ns, i);
}

static void records_and_usage_large(struct fixture *fixture, kv_ns ns)
{
    records(fixture, ns);
    usage_large(fixture, ns);
}

static void records_and_usage_flipped(struct fixture *fixture, kv_ns ns)
{
    records(fixture, ns);
    usage_flipped(fixture, ns);
}

/* A row that is nothing but the namespace's prefix. */
static void key_missing(struct fixture *fixture, kv_ns ns)
{
    inside_put(fixture, KVI_VALUES, ns_key(ns), "x", 1);
}

static void counts_row(struct fixture *fixture, kv_ns ns)
{
    (void)ns;
    inside_put(fixture, KVI_NAMESPACES, kvi_slice("", 1), "short", 5);
}

static const struct dropped_row {
    const char *name;
    void (*damage)(struct fixture *fixture, kv_ns ns);
    bool stays; /* Out of sight. */
} dropped_rows[] = {
    {"dropped: its row", own_row, true},
    {"dropped: the counts", counts_row, true},
    {"dropped: usage of another size", usage_short, false},
    {"dropped: usage too small", usage_small, false},
    {"dropped: usage too large", usage_large, false},
    {"dropped: no usage", usage_missing, false},
    {"dropped: records", records, false},
    {"dropped: records, and usage too large", records_and_usage_large, false},
    {"dropped: usage with a bit flipped", usage_flipped, false},
    {"dropped: records, and usage with a bit flipped", records_and_usage_flipped, false},
    {"dropped: a row without a key", key_missing, false},
};

static void test_dropped_damaged(void **state)
{
    enum { COUNT = 200 };
    struct fixture *fixture = *state;
    const struct dropped_row *row = fixture->row;
    kv_work work;
    kv_ns gone;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    for (int i = 0; i < COUNT; i++)
        put_for(fixture, gone, i, i % 2 != 0 ? 10 : 0);
    put_for(fixture, fixture->ns, 0, 0);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    row->damage(fixture, gone);
    fixture_advance(fixture, 10);
    for (int i = 1; i < 10; i++) /* Each reclaims a portion. */
        put_for(fixture, fixture->ns, i, 0);
    assert_status(kv_delete(fixture->db, fixture->ns, "key-000", 7, NULL), KV_OK);
    assert_status(sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(key_count(fixture, fixture->ns), 9);
    if (!row->stays) {
        assert_int_equal(inside_entries(fixture, KVI_VALUES), 9);
        assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 0);
        assert_int_equal(counts(fixture).dropped, 0);
        inside_recount(fixture);
    }
    assert_status(kv_delete(fixture->db, fixture->ns, "key-001", 7, NULL), KV_OK);
}

/* The total is added up anew only from rows that can be read. */
static void test_dropped_total(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;
    kv_ns gone, other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 10; i++) {
        put_for(fixture, gone, i, 0);
        put_for(fixture, other, i, 0);
        put_for(fixture, fixture->ns, i, 0);
    }
    damage_record(fixture, gone, 5);
    usage_short(fixture, other);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    assert_status(sweep(fixture, &work), KV_OK);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_int_equal(stats.store_keys, 21); /* Too many, rather than too few. */
    assert_status(kv_delete(fixture->db, fixture->ns, "key-001", 7, NULL), KV_OK);
    assert_status(kv_delete(fixture->db, other, "key-001", 7, NULL), KV_CORRUPT);
}

/* Make a key's size in the file, wherever a page has it, one that LMDB would not write. */
static void forge_key_size(struct fixture *fixture, kv_slice key, uint16_t size)
{
    static uint8_t bytes[1 << 20];
    char path[TEMPDIR_PATH_MAX];
    uint8_t *at = bytes, node[16];
    uint16_t real = (uint16_t)key.size;
    ssize_t total;
    size_t forged = 0;
    int fd;

    assert_status(
        kvi_generation_path(fixture->path, fixture->db->current.generation, "data.mdb", path),
        KV_OK);
    fixture_close(fixture);
    memcpy(node, &real, sizeof(real));
    memcpy(node + 2, key.data, key.size);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    total = read(fd, bytes, sizeof(bytes));
    assert_true(total > 0);
    while ((at = memmem(at, (size_t)(bytes + total - at), node, 2 + key.size)) != NULL) {
        assert_int_equal(pwrite(fd, &size, sizeof(size), at - bytes), sizeof(size));
        at++;
        forged++;
    }
    assert_true(forged > 0);
    assert_int_equal(close(fd), 0);
    fixture_open(fixture);
}

/* A key of a size that no key has is not copied to where it has no room. */
static void test_dropped_key_too_long(void **state)
{
    struct fixture *fixture = *state;
    char value[1500];
    kv_op op = op_put("odd-key", "");
    kv_work work;

    memset(value, 'v', sizeof(value));
    op.value = value;
    op.value_size = sizeof(value);
    fixture->options.compress_min = 1 << 20;
    fixture_close(fixture);
    fixture_open(fixture);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    forge_key_size(fixture, inside_values_key(fixture->ns, "odd-key"), 1200);
    assert_status(sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("reclaim: due rows in portions", test_due_in_portions),
        STORE_TEST("reclaim: just the portion", test_due_exactly),
        STORE_TEST("reclaim: rows that move", test_due_moves),
        STORE_TEST("reclaim: large values", test_large_values),
        STORE_TEST("reclaim: a dropped namespace in portions", test_dropped_in_portions),
        STORE_TEST("reclaim: dropped namespaces one by one", test_dropped_one_by_one),
        STORE_TEST("reclaim: a batch's share", test_batches_share),
        STORE_TEST("reclaim: damaged records that are due", test_due_damaged),
        STORE_TEST("due: an index whose branches are damaged", test_due_index_damaged),
        STORE_TEST("reclaim: sums that lack what is due", test_due_underflow),
        STORE_TEST("reclaim: the total, and another damaged row", test_dropped_total),
        STORE_TEST("reclaim: a key too long to be one", test_dropped_key_too_long),
    };

    run_rows(room_rows, test_room, fixture_setup, fixture_teardown);
    run_rows(dropped_rows, test_dropped_damaged, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("reclaim");
}
