/* Rows of dropped namespaces, removed in portions; damaged ones too. */
#include "support/portions.h"

#include "support/inside.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "storage/generation.h"
#include "tables/catalog.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void test_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other, empty;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "empty", 5, &empty), KV_OK);
    for (int i = 0; i < 20; i++) {
        portions_put(fixture, fixture->ns, i, i % 2 != 0 ? 1000 : 0);
        portions_put(fixture, other, i, 0);
    }
    done = portions_dropped(fixture, 100);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more); /* None is dropped. */
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    done = portions_dropped(fixture, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = portions_dropped(fixture, 12);
    assert_int_equal(done.rows, 12);
    assert_int_equal(done.bytes, 12 * 12);
    assert_true(done.has_more);
    assert_int_equal(portions_counts(fixture).dropped, 1);
    done = portions_dropped(fixture, 8);
    assert_int_equal(done.rows, 8);
    assert_false(done.has_more); /* With its last row it went itself. */
    assert_int_equal(portions_counts(fixture).dropped, 0);
    assert_int_equal(portions_counts(fixture).live, 2);
    assert_int_equal(portions_key_count(fixture, other), 20);
    inside_recount(fixture);
}

static void test_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    kv_ns ids[3];
    char name[2] = "a";

    for (size_t i = 0; i < 3; i++, name[0]++) {
        assert_status(kv_namespace_create(fixture->db, name, 1, &ids[i]), KV_OK);
        assert_status(kv_namespace_drop(fixture->db, ids[i]), KV_OK);
    }
    assert_int_equal(portions_counts(fixture).dropped, 3);
    assert_true(portions_dropped(fixture, 10).has_more);
    assert_true(portions_dropped(fixture, 10).has_more);
    assert_false(portions_dropped(fixture, 10).has_more);
    assert_int_equal(portions_counts(fixture).dropped, 0);
    assert_int_equal(portions_counts(fixture).next_id, ids[2] + 1);
}

/* ---- Damage of a dropped namespace: it stops nobody, and the store's sums come out right. */

static kv_slice ns_key(kv_ns ns)
{
    static uint8_t bytes[4];

    kvi_be32_store(bytes, ns);
    return kvi_slice(bytes, 4);
}

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
        portions_damage_record(fixture, ns, i);
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

static void test_damaged(void **state)
{
    enum { COUNT = 200 };
    struct fixture *fixture = *state;
    const struct dropped_row *row = fixture->row;
    kv_work work;
    kv_ns gone;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    for (int i = 0; i < COUNT; i++)
        portions_put(fixture, gone, i, i % 2 != 0 ? 10 : 0);
    portions_put(fixture, fixture->ns, 0, 0);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    row->damage(fixture, gone);
    fixture_advance(fixture, 10);
    for (int i = 1; i < 10; i++) /* Each reclaims a portion. */
        portions_put(fixture, fixture->ns, i, 0);
    assert_status(kv_delete(fixture->db, fixture->ns, "key-000", 7, NULL), KV_OK);
    assert_status(portions_sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(portions_key_count(fixture, fixture->ns), 9);
    if (!row->stays) {
        assert_int_equal(inside_entries(fixture, KVI_VALUES), 9);
        assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 0);
        assert_int_equal(portions_counts(fixture).dropped, 0);
        inside_recount(fixture);
    }
    assert_status(kv_delete(fixture->db, fixture->ns, "key-001", 7, NULL), KV_OK);
}

/* The total is added up anew only from rows that can be read. */
static void test_total(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;
    kv_ns gone, other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 10; i++) {
        portions_put(fixture, gone, i, 0);
        portions_put(fixture, other, i, 0);
        portions_put(fixture, fixture->ns, i, 0);
    }
    portions_damage_record(fixture, gone, 5);
    usage_short(fixture, other);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    assert_status(portions_sweep(fixture, &work), KV_OK);
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
static void test_key_too_long(void **state)
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
    assert_status(portions_sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("dropped: in portions", test_in_portions),
        STORE_TEST("dropped: one by one", test_one_by_one),
        STORE_TEST("dropped: the total, and another damaged row", test_total),
        STORE_TEST("dropped: a key too long to be one", test_key_too_long),
    };

    run_rows(dropped_rows, test_damaged, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("dropped");
}
