/* Expired rows, removed in portions; damaged ones too. */
#include "support/portions.h"

#include "ops/write_txn.h"
#include "support/inside.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "tables/catalog.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void test_in_portions(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 50; i++) {
        portions_put(fixture, fixture->ns, i, 100 - i); /* The last put is due first. */
        portions_put(fixture, other, i, 10);
    }
    fixture_advance(fixture, 90);
    done = portions_expired(fixture, fixture->ns, 0);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = portions_expired(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 30);
    assert_int_equal(done.bytes, 30 * 12);
    assert_true(done.has_more);
    assert_int_equal(portions_key_count(fixture, fixture->ns), 20);
    done = portions_expired(fixture, fixture->ns, 30);
    assert_int_equal(done.rows, 10); /* Those due at 90 and before. */
    assert_false(done.has_more);
    fixture_advance(fixture, 1);
    assert_int_equal(portions_expired(fixture, fixture->ns, 30).rows, 1);
    assert_int_equal(portions_key_count(fixture, other), 50); /* Another's is another's. */
    inside_recount(fixture);
    fixture_expect(fixture, "key-000", "value");
    fixture_expect_absent(fixture, "key-009");
    fixture_expect(fixture, "key-008", "value");
}

/* A portion that is just what there is says that nothing is left. */
static void test_exactly(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++)
        portions_put(fixture, fixture->ns, i, 10);
    fixture_advance(fixture, 10);
    done = portions_expired(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 10);
    assert_false(done.has_more);
    done = portions_expired(fixture, fixture->ns, 10);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more);
}

/* Moving the row of a refreshed record is work too, and counts against the portion. */
static void test_moves(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 10; i++) {
        portions_put(fixture, fixture->ns, i, 10);
        portions_put(fixture, fixture->ns, i, 100);
    }
    fixture_advance(fixture, 50);
    done = portions_expired(fixture, fixture->ns, 4);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = portions_expired(fixture, fixture->ns, 6);
    assert_int_equal(done.rows, 0);
    assert_false(done.has_more);
    assert_int_equal(portions_key_count(fixture, fixture->ns), 10);
    inside_recount(fixture);
}

/* ---- Damage */

/* Of a damaged record only the row of the index is removed; it counts against the portion. */
static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    kvi_reclaimed done;

    for (int i = 0; i < 15; i++)
        portions_put(fixture, fixture->ns, i, 10 + i);
    for (int i = 0; i < 10; i++)
        portions_damage_record(fixture, fixture->ns, i);
    fixture_advance(fixture, 100);
    done = portions_expired(fixture, fixture->ns, 8);
    assert_int_equal(done.handled, 8);
    assert_int_equal(done.rows, 0);
    assert_true(done.has_more);
    done = portions_expired(fixture, fixture->ns, 8);
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

/* A sweep ends although the index shows rows that cannot be found, and sweeps other namespaces. */
static void test_index_damaged(void **state)
{
    struct fixture *fixture = *state;
    kv_ns other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 900; i++)
        portions_put(fixture, fixture->ns, i, 10);
    portions_put(fixture, other, 0, 10);
    fixture_close(fixture);
    assert_true(damage_index_branches(fixture) > 0);
    fixture_open(fixture);
    fixture_advance(fixture, 10);
    alarm(60); /* Not for ever. */
    assert_status(portions_sweep(fixture, &work), KV_CORRUPT);
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

/* Sums that lack what goes: a write there fails and nothing goes; other namespaces work. */
static void test_underflow(void **state)
{
    static const uint8_t zeros[40];
    struct fixture *fixture = *state;
    kv_op op = op_put("new", "value");
    kv_ns other;
    kv_work work;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    for (int i = 0; i < 10; i++) {
        portions_put(fixture, fixture->ns, i, 10);
        portions_put(fixture, other, i, 10);
    }
    inside_put_row(fixture, KVI_USAGE, ns_key(fixture->ns), kvi_slice(zeros, sizeof(zeros)),
                   kvi_slice(NULL, 0));
    fixture_advance(fixture, 10);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_CORRUPT);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 20);
    assert_status(portions_sweep(fixture, &work), KV_CORRUPT);
    assert_int_equal(work.finished, 0);
    assert_int_equal(work.items_done, 10);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 10);
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 10);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK); /* That helps. */
    assert_status(portions_sweep(fixture, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 1);
    inside_recount(fixture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("expired: rows in portions", test_in_portions),
        STORE_TEST("expired: just the portion", test_exactly),
        STORE_TEST("expired: rows that move", test_moves),
        STORE_TEST("expired: damaged records", test_damaged),
        STORE_TEST("expired: an index whose branches are damaged", test_index_damaged),
        STORE_TEST("expired: sums that lack what goes", test_underflow),
    };

    run_tests(tests);
    return run_all("expired");
}
