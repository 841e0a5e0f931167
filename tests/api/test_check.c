/* kv_check(): what it says of sound and damaged stores, in any state that a store may be in. Which
 * damage is found is the matter of storage/test_page_check, store/test_recount and
 * store/test_hostile. */
#include "support/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct found {
    int faults, progress, stop_after;
    kv_fault first;
};

static int fault_note(void *ctx, const kv_fault *fault)
{
    struct found *found = ctx;

    if (found->faults++ == 0)
        found->first = *fault;
    return found->faults == found->stop_after;
}

static int progress_note(void *ctx, const kv_work *work)
{
    struct found *found = ctx;

    if (work->items_done > work->items_total)
        return 2;
    found->progress++;
    return found->stop_after != 0;
}

static kv_status check(struct fixture *fixture, struct found *found, kv_work *work)
{
    kv_error error = KV_ERROR_INIT;

    return kv_check(fixture->path, 0, work, fault_note, found, &error);
}

static void fill(struct fixture *fixture)
{
    char key[32];

    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        fixture_put(fixture, key, "value");
    }
}

/* Zeros over pages of the data file. */
static void damage(struct fixture *fixture, off_t first, off_t count)
{
    static const char zeros[4096];
    char data[TEMPDIR_PATH_MAX];
    int fd;

    assert_int_equal(tempdir_find(data, fixture->path, "g-*/data.mdb"), 0);
    fd = open(data, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t page = first; page < first + count; page++)
        assert_int_equal(pwrite(fd, zeros, sizeof(zeros), page * 4096), sizeof(zeros));
    assert_int_equal(close(fd), 0);
}

static void test_sound(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {0};
    kv_work work = KV_WORK_INIT;

    fill(fixture);
    fixture_close(fixture);
    work.progress = progress_note;
    work.ctx = &found;
    assert_status(check(fixture, &found, &work), KV_OK);
    assert_int_equal(found.faults, 0);
    assert_int_equal(work.finished, 1);
    assert_true(found.progress > 0);
    assert_in_range(work.items_done, 500, work.items_total);
    assert_int_equal(work.bytes_done, 500 * strlen("value"));
}

/* The store is open here, has a snapshot and is written to: it stays open. */
static void test_open(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {0};
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    fixture->options.flags = 0;
    fill(fixture);
    assert_status(check(fixture, &found, NULL), KV_OK);
    fixture_put(fixture, "key-1", "another");
    assert_status(check(fixture, &found, NULL), KV_OK);
    assert_int_equal(found.faults, 0);
    kv_snapshot_end(snapshot);
    fixture_expect(fixture, "key-1", "another");
}

static void test_sealed(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {0};

    fill(fixture);
    assert_status(kv_seal(fixture->db), KV_OK);
    assert_status(check(fixture, &found, NULL), KV_OK);
    fixture_close(fixture);
    assert_status(check(fixture, &found, NULL), KV_OK);
    damage(fixture, 2, 40);
    assert_status(check(fixture, &found, NULL), KV_CORRUPT);
}

static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {0};
    kv_work work = KV_WORK_INIT;

    fill(fixture);
    fixture_close(fixture);
    damage(fixture, 2, 40);
    assert_status(check(fixture, &found, &work), KV_CORRUPT);
    assert_in_range(found.faults, 1, 100);
    assert_true(found.first.page >= 2 && found.first.message[0] != '\0');
    assert_int_equal(work.finished, 1);
    found = (struct found){.stop_after = 1};
    assert_status(check(fixture, &found, &work), KV_CANCELLED);
    assert_int_equal(found.faults, 1);
    assert_int_equal(work.finished, 0);
    assert_status(kv_check(fixture->path, 0, NULL, NULL, NULL, NULL), KV_CORRUPT);
}

/* Without the check, LMDB would read that page. */
static void test_untrusted(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_options options;
    kv_db *db;

    fill(fixture);
    fixture_close(fixture);
    options = fixture->options;
    options.flags = KV_UNTRUSTED;
    assert_status(kv_open(fixture->path, &options, NULL, &db, &error), KV_OK);
    kv_close(db);
    damage(fixture, 2, 40);
    assert_status(kv_open(fixture->path, &options, NULL, &db, &error), KV_CORRUPT);
    assert_null(db);
    assert_non_null(strstr(error.message, "is damaged: "));
}

static void test_cut_off(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {0};
    char data[TEMPDIR_PATH_MAX];

    fixture_close(fixture);
    assert_int_equal(tempdir_find(data, fixture->path, "g-*/data.mdb"), 0);
    assert_int_equal(truncate(data, 5000), 0);
    assert_status(check(fixture, &found, NULL), KV_CORRUPT);
    assert_int_equal(found.faults, 1);
    assert_int_equal(found.first.page, UINT64_MAX);
    assert_non_null(strstr(found.first.message, "truncated"));
}

static void test_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {.stop_after = 1};
    kv_work work = KV_WORK_INIT;

    fixture_close(fixture);
    work.progress = progress_note;
    work.ctx = &found;
    assert_status(check(fixture, &found, &work), KV_CANCELLED);
    assert_int_equal(found.progress, 1);
}

static void test_arguments(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_work work = {.size = 3};

    assert_status(kv_check(NULL, 0, NULL, NULL, NULL, &error), KV_INVALID);
    assert_true(error.message[0] != '\0');
    assert_status(kv_check("", 0, NULL, NULL, NULL, NULL), KV_INVALID);
    assert_status(kv_check(fixture->path, 1, NULL, NULL, NULL, NULL), KV_INVALID);
    assert_status(kv_check(fixture->path, 0, &work, NULL, NULL, NULL), KV_INVALID);
    assert_status(kv_check(fixture->root, 0, NULL, NULL, NULL, &error), KV_NOT_FOUND);
    assert_int_equal(error.status, KV_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("check: sound", test_sound),
        STORE_TEST("check: open here", test_open),
        STORE_TEST("check: sealed", test_sealed),
        STORE_TEST("check: damaged", test_damaged),
        STORE_TEST("check: KV_UNTRUSTED", test_untrusted),
        STORE_TEST("check: cut off", test_cut_off),
        STORE_TEST("check: cancelled", test_cancelled),
        STORE_TEST("check: arguments", test_arguments),
    };

    run_tests(tests);
    return run_all("api: check");
}
