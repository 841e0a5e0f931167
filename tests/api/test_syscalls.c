/* System calls counted: what a commit of each level syncs, and that reads write nothing. */
#include "support/fixture.h"
#include "support/faults.h"

#include <errno.h>
#include <string.h>

static uint64_t writes(void)
{
    return faults_count(FAULTS_WRITE) + faults_count(FAULTS_PWRITE) + faults_count(FAULTS_WRITEV) +
           faults_count(FAULTS_META) + faults_count(FAULTS_FALLOCATE) +
           faults_count(FAULTS_FTRUNCATE);
}

static uint64_t syncs(void)
{
    return faults_count(FAULTS_FDATASYNC) + faults_count(FAULTS_FSYNC) + faults_count(FAULTS_META);
}

static void expect_full_commit(void)
{
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 1);
    assert_int_equal(faults_count(FAULTS_META), 1);
    assert_int_equal(faults_count(FAULTS_FSYNC), 0);
    assert_true(faults_count(FAULTS_PWRITE) + faults_count(FAULTS_WRITEV) > 0);
}

static void test_full_commit(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_op ops[3] = {op_put("a", "2"), op_delete("b"), op_put("c", "3")};

    fixture_put(fixture, "b", "1");
    for (int i = 0; i < 20; i++) {
        faults_reset();
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        expect_full_commit();
        faults_reset();
        assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, NULL, NULL), KV_OK);
        expect_full_commit();
    }
    faults_reset();
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_OK);
    expect_full_commit();
}

static void test_nothing_to_commit(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a b", "1"), touch = op_touch("absent");

    fixture_put(fixture, "a", "1");
    faults_reset();
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_KEY_MALFORMED);
    assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL), KV_NOT_FOUND);
    assert_status(kv_delete(fixture->db, fixture->ns, "absent", 6, NULL), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(syncs(), 0);
}

static void test_lazy_commit(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.sync = KV_SYNC_LAZY;
    fixture_create(fixture, NULL);
    faults_reset();
    fixture_put(fixture, "a", "1");
    assert_int_equal(faults_count(FAULTS_META), 0);
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 1);
    faults_reset();
    assert_status(kv_sync(fixture->db), KV_OK);
    expect_full_commit();
    faults_reset();
    assert_status(kv_sync(fixture->db), KV_OK); /* Nothing left to harden. */
    assert_int_equal(syncs(), 0);
}

/* Put one key and expect that answer, and that many synced meta pages. */
static void put_counted(struct fixture *fixture, kv_status want, uint64_t metas)
{
    kv_op op = op_put("a", "1");

    faults_fail(FAULTS_FDATASYNC, EIO, 0, want == KV_OK ? 0 : 1);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), want);
    assert_int_equal(faults_count(FAULTS_META), metas);
    faults_reset();
}

/** After a failed sync the system may take pages for written that are not, a lazy commit's meta
 * page among them. So the next commit writes its own for good before any page of that state is used
 *  again. */
static void test_lazy_after_failed_sync(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.sync = KV_SYNC_LAZY;
    fixture_create(fixture, NULL); /* The first commit of a handle is hardened. */
    faults_reset();
    put_counted(fixture, KV_OK, 0);
    put_counted(fixture, KV_IO, 0);
    put_counted(fixture, KV_OK, 1);
    put_counted(fixture, KV_OK, 0);
    put_counted(fixture, KV_IO, 0);
    put_counted(fixture, KV_IO, 0);
    put_counted(fixture, KV_OK, 1);
    put_counted(fixture, KV_OK, 0);
}

/** Another process may have met the failure: each handle's first commit is hardened. */
static void test_lazy_first_commit(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.sync = KV_SYNC_LAZY;
    fixture_create(fixture, NULL);
    fixture_put(fixture, "a", "1");
    for (int i = 0; i < 3; i++) {
        fixture_close(fixture);
        fixture_open(fixture);
        faults_reset();
        put_counted(fixture, KV_OK, 1);
        put_counted(fixture, KV_OK, 0);
    }
}

/** What LMDB wrote over the failed meta page must be on the disk before others write to the pages
 *  that it named: the failed page may be there already. */
static void test_failed_meta(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");

    faults_reset();
    faults_fail_after(FAULTS_META, EIO, 0, 1);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_COMMIT_UNKNOWN);
    assert_int_equal(faults_count(FAULTS_META), 1);
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 1 + 1);
    faults_reset();
}

static void test_sync_without_lazy(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "a", "1");
    faults_reset();
    assert_status(kv_sync(fixture->db), KV_OK);
    assert_int_equal(syncs() + writes(), 0);
}

static int no_chunk(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return 0;
}

static void read_everything(struct fixture *fixture, kv_position start)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_stats stats = KV_STATS_INIT;
    kv_slice value, key = {"a", 1};
    kv_change changes[8];
    kv_list *list;
    kv_entry entry;
    uint64_t number;
    size_t count;
    kv_ns id;

    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_status(kv_get(snapshot, fixture->ns, "x", 1, &fixture->buf, &value), KV_NOT_FOUND);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, 0, &fixture->buf, &entry), KV_OK);
    assert_status(kv_get_many(snapshot, fixture->ns, &key, 1, 0, &fixture->buf, &entry), KV_OK);
    assert_status(kv_get_now(fixture->db, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_status(kv_get_range(snapshot, fixture->ns, "a", 1, NULL, 0, &number, 8, &count), KV_OK);
    assert_status(kv_namespace_id(fixture->db, "main", 4, &id), KV_OK);
    assert_status(kv_get_chunks(snapshot, fixture->ns, "a", 1, no_chunk, NULL), KV_OK);
    assert_status(kv_list_begin(snapshot, fixture->ns, NULL, &list), KV_OK);
    while (kv_list_next(list, &entry) == KV_OK)
        continue;
    kv_list_end(list);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){NULL, 0}, 0, &number, NULL), KV_OK);
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &info), KV_OK);
    assert_status(kv_changes_read(snapshot, start, &fixture->buf, changes, 8, &count), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_status(kv_health(fixture->db), KV_OK);
    assert_true(kv_sequence(fixture->db) > 0);
    assert_status(kv_changes_wait(fixture->db, start, 0), KV_OK);
}

static void test_reads(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position start;

    assert_status(kv_snapshot_info(snapshot, &start, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    faults_reset();
    for (int i = 0; i < 10; i++)
        read_everything(fixture, start);
    assert_int_equal(syncs() + writes(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FAULTS_STORE_TEST("system calls: a FULL commit", test_full_commit),
        FAULTS_STORE_TEST("system calls: nothing to commit", test_nothing_to_commit),
        FAULTS_EMPTY_TEST("system calls: a LAZY commit and kv_sync", test_lazy_commit),
        FAULTS_EMPTY_TEST("system calls: LAZY after a failed sync", test_lazy_after_failed_sync),
        FAULTS_EMPTY_TEST("system calls: the first LAZY commit", test_lazy_first_commit),
        FAULTS_STORE_TEST("system calls: kv_sync without LAZY commits", test_sync_without_lazy),
        FAULTS_STORE_TEST("system calls: a failed meta page", test_failed_meta),
        FAULTS_STORE_TEST("system calls: reads", test_reads),
    };

    run_tests(tests);
    return run_all("api: system calls");
}
