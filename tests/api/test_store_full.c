/* The map cap: a verdict for each key in input order, deletes that still work, room that comes
 * back, dead data that refuses nothing. And a disk without room for all of a batch. */
#include "support/faults.h"
#include "support/fixture.h"
#include "support/holder.h"
#include "support/random.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_SIZE ((size_t)3000)
#define BATCH 100
#define PAGES (KV_MAP_SIZE_MIN / 4096)

static char noise[VALUE_SIZE];

static int setup(void **state)
{
    kv_settings settings = KV_SETTINGS_INIT;
    struct rng rng = {1};

    faults_reset(); /* A test that failed may have left its plans behind. */
    rng_fill(&rng, noise, sizeof(noise));
    if (fixture_setup_empty(state) != 0)
        return -1;
    settings.map_size_max = KV_MAP_SIZE_MIN;
    settings.changes_bytes_max = 100000;
    fixture_create(*state, &settings);
    return 0;
}

/** Put BATCH keys from `first` on; how many were written. They must be the first ones. */
static size_t put_batch(struct fixture *fixture, size_t first)
{
    char keys[BATCH][32];
    kv_op ops[BATCH];
    kv_verdict verdicts[BATCH];
    kv_report report = KV_REPORT_INIT;
    size_t written = 0;

    for (size_t i = 0; i < BATCH; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", first + i);
        ops[i] = op_put(keys[i], "");
        ops[i].value = noise;
        ops[i].value_size = VALUE_SIZE;
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, BATCH, NULL, verdicts, &report), KV_OK);
    while (written < BATCH && verdicts[written].status == KV_OK)
        written++;
    for (size_t i = written; i < BATCH; i++)
        assert_status(verdicts[i].status, KV_STORE_FULL);
    assert_int_equal(report.written, written);
    assert_int_equal(report.first_failed, written);
    return written;
}

/** Until nothing more goes in; how many keys there are. */
static size_t fill(struct fixture *fixture)
{
    size_t total = 0, written;

    do {
        written = put_batch(fixture, total);
        total += written;
    } while (written == BATCH && total < 20000);
    return total;
}

static void delete_keys(struct fixture *fixture, size_t first, size_t count)
{
    char key[32];

    for (size_t i = 0; i < count; i++) {
        int size = snprintf(key, sizeof(key), "k%zu", first + i);

        assert_status(kv_delete(fixture->db, fixture->ns, key, (size_t)size, NULL), KV_OK);
    }
}

static void test_in_input_order(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    assert_true(total > PAGES * 2 / 3); /* A page each: most of the cap was of use. */
    assert_true(total < PAGES);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, total);
}

static void test_deletes_work(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    delete_keys(fixture, 0, total);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    fixture_put(fixture, "after", "1");
    fixture_expect(fixture, "after", "1");
}

/** A full store still says which namespaces there are. */
static void test_namespaces(void **state)
{
    struct fixture *fixture = *state;
    char key[32];
    kv_ns id;

    for (size_t at = fill(fixture); at < 20000; at++) { /* Into the last pages, too. */
        kv_op op = op_put(key, "1");

        op.key_size = (size_t)snprintf(key, sizeof(key), "small%zu", at);
        if (kv_put(fixture->db, fixture->ns, &op, NULL) != KV_OK)
            break;
    }
    assert_status(kv_namespace_create(fixture->db, "new", 3, &id), KV_STORE_FULL);
    assert_status(kv_namespace_rename(fixture->db, fixture->ns, "new", 3), KV_STORE_FULL);
    assert_status(kv_namespace_create(fixture->db, "MAIN", 4, &id), KV_NAMESPACE_EXISTS);
    assert_int_equal(id, fixture->ns);
    assert_status(kv_namespace_id(fixture->db, "new", 3, &id), KV_NAMESPACE_NOT_FOUND);
}

/** Round after round, not a little less each time. */
static void test_room_comes_back(void **state)
{
    struct fixture *fixture = *state;
    size_t first = fill(fixture), total = first;

    for (int round = 0; round < 8; round++) {
        delete_keys(fixture, 0, total);
        total = fill(fixture);
        assert_true(total >= first * 9 / 10);
    }
}

/** Delete these keys in batches as large as the store takes: one without room is refused as a
   whole. How many batches were. */
static size_t delete_in_batches(struct fixture *fixture, const kv_op *ops, size_t count)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report report = KV_REPORT_INIT;
    size_t most = count, done = 0, refused = 0;

    options.limits.batch_count_max = KV_BATCH_COUNT_CEILING;
    while (done < count) {
        size_t part = count - done < most ? count - done : most;
        kv_status status =
            kv_batch(fixture->db, fixture->ns, ops + done, part, &options, NULL, &report);

        if (status == KV_OK) {
            assert_int_equal(report.failed, 0);
            done += part;
            continue;
        }
        assert_status(status, KV_STORE_FULL);
        assert_int_equal(report.written, 0);
        assert_true(part > 1); /* A single one is never refused. */
        most = part / 2;
        refused++;
    }
    return refused;
}

static void test_one_batch_of_deletes(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);
    char(*keys)[32] = calloc(total, sizeof(*keys));
    kv_op *ops = calloc(total, sizeof(*ops));

    assert_non_null(keys);
    assert_non_null(ops);
    for (size_t i = 0; i < total; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        ops[i] = op_delete(keys[i]);
    }
    /* Their rows share some 20 leaves. */
    assert_true(delete_in_batches(fixture, ops, 500) == 0);
    (void)delete_in_batches(fixture, ops + 500, total - 500);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
    free(keys);
    free(ops);
}

/* ---- A snapshot that keeps the room */

/* Delete keys in batches of `count`, from *next on, until one is refused; its report. */
static kv_report delete_until_refused(struct fixture *fixture, size_t *next, size_t total,
                                      size_t count)
{
    for (; *next + count <= total; *next += count) {
        char keys[BATCH][32];
        kv_op ops[BATCH];
        kv_report report = KV_REPORT_INIT;
        kv_status status;

        for (size_t i = 0; i < count; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", *next + i);
            ops[i] = op_delete(keys[i]);
        }
        status = kv_batch(fixture->db, fixture->ns, ops, count, NULL, NULL, &report);
        if (status == KV_OK)
            continue;
        assert_status(status, KV_STORE_FULL);
        assert_int_equal(report.error.status, status);
        return report;
    }
    fail_msg("all was deleted under a snapshot");
    return (kv_report)KV_REPORT_INIT;
}

/* One by one, until none fits; then batches: each is refused for the snapshot and names whose it
 * is. */
static void expect_named(struct fixture *fixture, size_t *next, size_t total, const char *owner)
{
    static const size_t counts[] = {1, 10, BATCH};

    for (size_t i = 0; i < COUNT(counts); i++) {
        kv_report report = delete_until_refused(fixture, next, total, counts[i]);

        if (strstr(report.error.message, owner) == NULL ||
            strstr(report.error.message, " MiB: end it") == NULL ||
            strstr(report.error.message, "delete") != NULL)
            fail_msg("%zu deletes: %s", counts[i], report.error.message);
    }
}

static void test_snapshot_of_another(void **state)
{
    struct fixture *fixture = *state;
    struct holder holder;
    size_t total = fill(fixture), next = 0;
    char owner[64];

    holder_start(&holder, fixture);
    (void)snprintf(owner, sizeof(owner), ": a snapshot of process %d, ", (int)holder.child);
    expect_named(fixture, &next, total, owner);
    holder_end(&holder);
    delete_keys(fixture, next, total - next);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

static void test_snapshot_of_ours(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture), next = 0;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    expect_named(fixture, &next, total, ": a snapshot of this process, ");
    kv_snapshot_end(snapshot);
    delete_keys(fixture, next, total - next);
}

/** Of a killed process it keeps the room until writes look for the dead: the next one does. */
static void test_snapshot_of_the_dead(void **state)
{
    struct fixture *fixture = *state;
    struct holder holder;
    size_t total = fill(fixture), next = 0;
    kv_report report;
    char owner[64];

    holder_start(&holder, fixture);
    holder_kill(&holder);
    (void)snprintf(owner, sizeof(owner), ": a snapshot of process %d, ", (int)holder.child);
    report = delete_until_refused(fixture, &next, total, 1);
    assert_non_null(strstr(report.error.message, owner));
    delete_keys(fixture, next, total - next);
}

/** One that keeps next to nothing is not blamed: how many deletes fit is said. */
static void test_snapshot_that_keeps_little(void **state)
{
    enum { SMALL = 200, STEP = 10, DELETES = 1500 }; /* Nearly each in a leaf of its own. */
    static char keys[DELETES * STEP][32];
    static kv_op ops[DELETES * STEP];
    struct fixture *fixture = *state;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report report = KV_REPORT_INIT;
    kv_snapshot *snapshot;

    for (size_t i = 0; i < DELETES * STEP; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "a%05zu", i);
        ops[i] = op_put(keys[i], "");
        ops[i].value = noise;
        ops[i].value_size = SMALL;
    }
    options.limits.batch_count_max = DELETES * STEP;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, DELETES * STEP, &options, NULL, &report),
                  KV_OK);
    (void)fill(fixture);
    delete_keys(fixture, 0, 1);
    snapshot = fixture_snapshot(fixture);
    delete_keys(fixture, 1, 1);
    for (size_t i = 0; i < DELETES; i++)
        ops[i] = op_delete(keys[i * STEP]);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, DELETES, NULL, NULL, &report),
                  KV_STORE_FULL);
    assert_non_null(strstr(report.error.message, "deletes at once"));
    kv_snapshot_end(snapshot);
}

/** What one transaction frees is of use two transactions later. If all that comes next is refused,
   and so not committed, it must come to use all the same. */
static void test_emptied_at_once(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);
    char(*keys)[32] = calloc(total, sizeof(*keys));
    kv_op *ops = calloc(total, sizeof(*ops));

    assert_non_null(keys);
    assert_non_null(ops);
    for (size_t i = 0; i < total; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        ops[i] = op_delete(keys[i]);
    }
    assert_int_equal(delete_in_batches(fixture, ops, total), 0);
    assert_true(fill(fixture) >= total * 9 / 10);
    free(keys);
    free(ops);
}

/** Values that take more than a page each go in, and can be touched, although the end of the file,
    where alone pages are sure to lie together, is used up. */
static void test_values_of_pages(void **state)
{
    static const size_t sizes[] = {4000, 4100, 5000, 9000, 33000, 65000, 65536, 65537, 70000};
    static char value[70000];
    struct fixture *fixture = *state;
    size_t total = fill(fixture), first = 0;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    struct rng rng = {4};
    char key[32];

    rng_fill(&rng, value, sizeof(value));
    for (;; first++) { /* The end of the file serves deletes under a snapshot, and is gone. */
        int size = snprintf(key, sizeof(key), "k%zu", first);
        if (kv_delete(fixture->db, fixture->ns, key, (size_t)size, NULL) != KV_OK)
            break;
    }
    kv_snapshot_end(snapshot);
    delete_keys(fixture, first, total - first);
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(sizes); i++) {
            kv_op op = op_put("", value), touch;

            op.key_size = (size_t)snprintf(key, sizeof(key), "value-%zu", i);
            op.key = key;
            op.value_size = sizes[i];
            assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
            touch = op_touch(key);
            touch.flags = KV_OP_TTL;
            touch.ttl_s = 1000;
            assert_status(kv_put(fixture->db, fixture->ns, &touch, NULL), KV_OK);
        }
    snapshot = fixture_snapshot(fixture);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = (size_t)snprintf(key, sizeof(key), "value-%zu", i);
        kv_slice got;

        assert_status(kv_get(snapshot, fixture->ns, key, size, &fixture->buf, &got), KV_OK);
        assert_int_equal(got.size, sizes[i]);
        assert_memory_equal(got.data, value, got.size);
    }
    kv_snapshot_end(snapshot);
}

static void test_dropped_namespace(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "next", 4, &fixture->ns), KV_OK);
    assert_true(fill(fixture) >= total * 9 / 10);
}

static void test_reopened(void **state)
{
    struct fixture *fixture = *state;
    size_t total = fill(fixture);

    fixture_close(fixture);
    fixture_open(fixture);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, total);
    assert_true(put_batch(fixture, total) < BATCH);
    delete_keys(fixture, 0, total / 2);
    assert_int_equal(put_batch(fixture, total), BATCH);
}

/** A value larger than what is left is refused alone; smaller ones behind it go in. */
static void test_large_value(void **state)
{
    struct fixture *fixture = *state;
    static char large[9 << 20];
    kv_op ops[2] = {op_put("large", ""), op_put("small", "1")};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict verdicts[2];
    struct rng rng = {3};

    rng_fill(&rng, large, sizeof(large));
    options.limits.value_size_max = sizeof(large);
    options.limits.batch_size_max = 2 * sizeof(large);
    ops[0].value = large;
    ops[0].value_size = sizeof(large);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, &options, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_STORE_FULL);
    assert_status(verdicts[1].status, KV_OK);
    fixture_expect(fixture, "small", "1");
    fixture_expect_absent(fixture, "large");
}

/* ---- A full store whose dead rows lie each in a leaf of its own */

#define LIVE_PER_DEAD 30

/** A row for 10 seconds and LIVE_PER_DEAD small ones, about a leaf; false: there was no room. */
static bool put_dead_and_live(struct fixture *fixture, size_t number, size_t dead_size)
{
    char keys[1 + LIVE_PER_DEAD][48];
    kv_op ops[1 + LIVE_PER_DEAD];
    kv_report report = KV_REPORT_INIT;

    for (size_t i = 0; i <= LIVE_PER_DEAD; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "%05zu-%02zu", number, i);
        ops[i] = op_put(keys[i], "");
        ops[i].value = noise;
        ops[i].value_size = i == 0 ? dead_size : 80;
    }
    ops[0].flags = KV_OP_TTL;
    ops[0].ttl_s = 10;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 1 + LIVE_PER_DEAD, NULL, NULL, &report),
                  KV_OK);
    return report.failed == 0;
}

/** How many of them are in a store that is full; then the dead are dead. */
static size_t fill_with_dead(struct fixture *fixture, size_t dead_size)
{
    size_t count = 0;

    while (put_dead_and_live(fixture, count, dead_size))
        count++;
    assert_true(count > 500);
    assert_true(put_batch(fixture, 0) < BATCH);
    fixture_advance(fixture, 10);
    return count;
}

/** Its share of dead rows goes along, and leaves room for the deletes themselves. */
static void test_dead_and_deletes(void **state)
{
    struct fixture *fixture = *state;
    size_t dead = fill_with_dead(fixture, 80), count = dead * LIVE_PER_DEAD;
    char(*keys)[48] = calloc(count, sizeof(*keys));
    kv_op *ops = calloc(count, sizeof(*ops));

    assert_non_null(keys);
    assert_non_null(ops);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "%05zu-%02zu", i / LIVE_PER_DEAD,
                       1 + i % LIVE_PER_DEAD);
        ops[i] = op_delete(keys[i]);
    }
    (void)delete_in_batches(fixture, ops, count);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count <= dead, 1);
    free(keys);
    free(ops);
}

/** Dead data refuses nothing: before a put is refused all of it is swept. */
static void test_dead_and_puts(void **state)
{
    struct fixture *fixture = *state;
    size_t dead = fill_with_dead(fixture, VALUE_SIZE), total = 0;
    uint64_t rows = fixture_describe(fixture, fixture->ns).key_count, left;

    for (int round = 0; round < 20 && total < dead / 2; round++) {
        size_t written = put_batch(fixture, BATCH + total);

        total += written;
        left = fixture_describe(fixture, fixture->ns).key_count;
        assert_true(written > 0);
        if (written < BATCH)
            assert_true(left <= rows - dead + total);
    }
    assert_true(total >= dead / 2);
}

/** With a snapshot that keeps all freed pages it gets as far as the reserve does. */
static void test_dead_and_sweep(void **state)
{
    struct fixture *fixture = *state;
    size_t dead = fill_with_dead(fixture, 80), done;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_work work = KV_WORK_INIT;

    assert_status(kv_sweep(fixture->db, &work), KV_STORE_FULL);
    assert_int_equal(work.finished, 0);
    assert_true(work.items_done > 0);
    done = work.items_done;
    kv_snapshot_end(snapshot);
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_true(done + work.items_done >= dead);
}

/** The same for rows of a namespace that was dropped. */
static void test_dead_and_dropped(void **state)
{
    struct fixture *fixture = *state;
    kv_work work = KV_WORK_INIT;

    (void)fill_with_dead(fixture, 80);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    assert_status(kv_namespace_create(fixture->db, "next", 4, &fixture->ns), KV_OK);
    assert_true(fill(fixture) > PAGES * 2 / 3);
}

/* ---- Large batches of small pairs: at worst each takes a page or two, together a hundredth */

#define LARGE 10000
#define KEY_SIZE 16

static const struct large_row {
    const char *name;
    uint64_t map_size;
    size_t beside;  /**< Batches of BATCH values that are there already. */
    size_t batches; /**< Of LARGE empty values: all go in. */
    bool expire;
} large_rows[] = {
    {"large batches: beside 3 MB", UINT64_C(64) << 20, 10, 2, false},
    {"large batches: with deadlines beside 3 MB", UINT64_C(64) << 20, 10, 2, true},
    {"large batches: in the smallest store", KV_MAP_SIZE_MIN, 0, 2, false},
    {"large batches: with deadlines in the smallest store", KV_MAP_SIZE_MIN, 0, 1, true},
};

static void test_large_batches(void **state)
{
    static char keys[LARGE][KEY_SIZE + 1];
    static kv_op ops[LARGE];
    struct fixture *fixture = *state;
    const struct large_row *row = fixture->row;
    kv_settings settings = KV_SETTINGS_INIT;
    struct rng rng = {7};

    settings.map_size_max = row->map_size;
    fixture_create(fixture, &settings);
    for (size_t i = 0; i < row->beside; i++)
        assert_int_equal(put_batch(fixture, i * BATCH), BATCH);
    for (size_t batch = 0; batch < row->batches; batch++) {
        kv_report report = KV_REPORT_INIT;
        uint64_t capacity = fixture_usage(fixture, fixture->ns) + LARGE * KEY_SIZE;

        /* Just enough. */
        assert_status(kv_namespace_set(fixture->db, fixture->ns, capacity, NULL, 0), KV_OK);
        for (size_t i = 0; i < LARGE; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%016llx", (unsigned long long)rng_next(&rng));
            ops[i] = op_put(keys[i], "");
            ops[i].flags = KV_OP_IF_ABSENT | (row->expire ? KV_OP_TTL : 0);
            ops[i].ttl_s = row->expire ? (int64_t)rng_between(&rng, 1000, 100000) : 0;
        }
        assert_status(kv_batch(fixture->db, fixture->ns, ops, LARGE, NULL, NULL, &report), KV_OK);
        assert_int_equal(report.written, LARGE);
    }
}

/* ---- A disk without room for more */

/** What is free in the file serves small pairs; the large ones among them are told. */
static void test_disk_full_for_some(void **state)
{
    struct fixture *fixture = *state;
    static char large[1500000];
    kv_op ops[4] = {op_put("a", "1"), op_put("large", ""), op_delete("old"), op_put("b", "2")};
    kv_verdict verdicts[4];
    kv_report report = KV_REPORT_INIT;
    struct rng rng = {5};

    fixture_put(fixture, "old", "0");
    rng_fill(&rng, large, sizeof(large));
    ops[1].value = large;
    ops[1].value_size = sizeof(large);
    faults_fail(FAULTS_FALLOCATE, ENOSPC, 0, FAULTS_FOR_EVER);
    faults_fail(FAULTS_FTRUNCATE, ENOSPC, 0, FAULTS_FOR_EVER);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 4, NULL, verdicts, &report), KV_OK);
    faults_reset();
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, KV_DISK_FULL);
    assert_status(verdicts[2].status, KV_OK);
    assert_status(verdicts[3].status, KV_OK);
    assert_int_equal(report.first_failed, 1);
    assert_int_equal(report.failed, 1);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "b", "2");
    fixture_expect_absent(fixture, "large");
    fixture_expect_absent(fixture, "old");
    assert_status(kv_put(fixture->db, fixture->ns, &ops[1], NULL), KV_OK);
}

#define FULL_TEST(name, function) TEST_WITHIN(name, function, setup, fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FULL_TEST("store full: verdicts in input order", test_in_input_order),
        FULL_TEST("store full: deletes still work", test_deletes_work),
        FULL_TEST("store full: namespaces that are there", test_namespaces),
        FULL_TEST("store full: room comes back", test_room_comes_back),
        FULL_TEST("store full: one batch of deletes", test_one_batch_of_deletes),
        FULL_TEST("store full: emptied by one batch", test_emptied_at_once),
        FULL_TEST("store full: another process's snapshot is named", test_snapshot_of_another),
        FULL_TEST("store full: a snapshot of ours is named", test_snapshot_of_ours),
        FULL_TEST("store full: a dead process's snapshot", test_snapshot_of_the_dead),
        FULL_TEST("store full: a snapshot that keeps little", test_snapshot_that_keeps_little),
        FULL_TEST("store full: values of several pages", test_values_of_pages),
        FULL_TEST("store full: a dropped namespace gives room", test_dropped_namespace),
        FULL_TEST("store full: after reopening", test_reopened),
        FULL_TEST("store full: a value too large for what is left", test_large_value),
        FULL_TEST("store full: dead rows and a batch of deletes", test_dead_and_deletes),
        FULL_TEST("store full: dead rows and puts", test_dead_and_puts),
        FULL_TEST("store full: dead rows and a sweep", test_dead_and_sweep),
        FULL_TEST("store full: dead rows of a dropped namespace", test_dead_and_dropped),
        FULL_TEST("disk full: for some of a batch", test_disk_full_for_some),
    };

    run_tests(tests);
    run_rows(large_rows, test_large_batches, fixture_setup_empty, fixture_teardown);
    return run_all("api: store full");
}
