/* A disk that is full or broken: what the calls say, what is left, and what an unknown outcome
 * turns out to be. */
#include "support/fixture.h"
#include "support/child.h"
#include "support/faults.h"
#include "support/log_tape.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static char noise[200000];

static void noise_fill(void)
{
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof(noise); i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (char)(state >> 24);
    }
}

static kv_op op_noise(const char *key, size_t size)
{
    kv_op op = op_put(key, "");

    op.value = noise;
    op.value_size = size;
    return op;
}

/** A test that failed may have left its plans behind. */
static int setup_empty(void **state)
{
    faults_reset();
    noise_fill();
    return fixture_setup_empty(state);
}

static int setup(void **state)
{
    faults_reset();
    noise_fill();
    return fixture_setup(state);
}

/* ---- A commit that fails wrote nothing */

static const struct row {
    const char *name;
    enum faults_call call;
    int os_errno;
    kv_status want;
    size_t count; /* Operations: one page alone goes by pwrite, several by writev. */
} rows[] = {
    {"commit: no space for the pages (pwrite)", FAULTS_PWRITE, ENOSPC, KV_DISK_FULL, 1},
    {"commit: no space for the pages (writev)", FAULTS_WRITEV, ENOSPC, KV_DISK_FULL, 100},
    {"commit: an error writing pages (writev)", FAULTS_WRITEV, EIO, KV_IO, 100},
    {"commit: an error in fdatasync", FAULTS_FDATASYNC, EIO, KV_IO, 100},
    {"commit: no space in fdatasync", FAULTS_FDATASYNC, ENOSPC, KV_DISK_FULL, 100},
};

/** Commits that leave free pages here and there, so that single ones are written too. */
static void scatter(struct fixture *fixture)
{
    char key[32];

    for (int i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "s%d", i);
        fixture_put(fixture, key, "x");
    }
    for (int i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof(key), "s%d", i);
        assert_status(kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL), KV_OK);
    }
}

static void put_until_fault(struct fixture *fixture, const struct row *row)
{
    char keys[100][8];
    kv_op ops[100];
    kv_verdict verdicts[100];
    kv_report report;

    for (size_t i = 0; i < 100; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%02u", (unsigned)i % 100);
        ops[i] = op_noise(keys[i], 1500);
    }
    report = (kv_report)KV_REPORT_INIT;
    faults_reset();
    faults_fail(row->call, row->os_errno, 0, FAULTS_FOR_EVER);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, row->count, NULL, verdicts, &report),
                  row->want);
    assert_true(faults_fired(row->call) > 0);
    faults_reset();
    for (size_t i = 0; i < row->count; i++)
        assert_status(verdicts[i].status, row->want);
    assert_status(report.error.status, row->want);
    assert_int_equal(report.written, 0);
    assert_status(kv_batch_outcome(fixture->db, report.token), KV_NOT_FOUND);
    /* The handle goes on. */
    fixture_expect_absent(fixture, "k00");
    assert_status(kv_batch(fixture->db, fixture->ns, ops, row->count, NULL, verdicts, &report),
                  KV_OK);
    assert_int_equal(report.written, row->count);
}

static void test_commit_fails(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;

    fixture_put(fixture, "kept", "1");
    scatter(fixture);
    put_until_fault(fixture, row);
    fixture_expect(fixture, "kept", "1");
    fixture_close(fixture);
    fixture_open(fixture);
    fixture_expect(fixture, "kept", "1");
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, row->count + 1);
}

/* ---- No space to extend the file */

static void test_no_space_to_extend(void **state)
{
    struct fixture *fixture = *state;
    kv_status status = KV_OK;
    char key[32];
    int written = 0;

    fixture_put(fixture, "kept", "1");
    faults_fail(FAULTS_FALLOCATE, ENOSPC, 0, FAULTS_FOR_EVER);
    faults_fail(FAULTS_FTRUNCATE, ENOSPC, 0, FAULTS_FOR_EVER);
    for (; written < 500 && status == KV_OK; written++) {
        kv_op op;

        (void)snprintf(key, sizeof(key), "k%d", written);
        op = op_noise(key, 20000);
        status = kv_put(fixture->db, fixture->ns, &op, NULL);
    }
    assert_status(status, KV_DISK_FULL);
    assert_true(faults_fired(FAULTS_FALLOCATE) > 0);
    /* Deletes still work, and what they free can be used again. */
    for (int i = 0; i < written - 1; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_status(kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL), KV_OK);
    }
    fixture_put(fixture, "small", "2");
    faults_reset();
    for (int i = 0; i < 50; i++) {
        kv_op op;

        (void)snprintf(key, sizeof(key), "k%d", i);
        op = op_noise(key, 20000);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    fixture_expect(fixture, "kept", "1");
    fixture_expect(fixture, "small", "2");
}

/** A signal in the middle of it is no failure. */
static void test_interrupted_extension(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_noise("large", sizeof(noise));

    fixture_put(fixture, "kept", "1");
    for (int i = 0; i < 40 && faults_fired(FAULTS_FALLOCATE) == 0; i++) {
        char key[32];

        (void)snprintf(key, sizeof(key), "k%d", i);
        op.key = key;
        op.key_size = strlen(key);
        faults_fail(FAULTS_FALLOCATE, EINTR, 0, 3);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    assert_int_equal(faults_fired(FAULTS_FALLOCATE), 3);
}

/** A file system that cannot allocate ahead gets a longer file, never a shorter one. */
static void test_no_fallocate(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_noise("large", sizeof(noise));

    faults_fail(FAULTS_FALLOCATE, EOPNOTSUPP, 0, FAULTS_FOR_EVER);
    faults_fail(FAULTS_FTRUNCATE, EINTR, 0, 2);
    for (int i = 0; i < 40; i++) {
        kv_stats before = KV_STATS_INIT, after = KV_STATS_INIT;
        char key[32];

        (void)snprintf(key, sizeof(key), "k%d", i % 20);
        op.key = key;
        op.key_size = strlen(key);
        assert_status(kv_stats_get(fixture->db, &before), KV_OK);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        assert_status(kv_stats_get(fixture->db, &after), KV_OK);
        assert_true(after.store_file_bytes >= before.store_file_bytes);
    }
    assert_true(faults_count(FAULTS_FTRUNCATE) > 3);
    fixture_close(fixture);
    fixture_open(fixture);
}

/* ---- A failed meta write: unknown, until the store is opened anew */

static void fail_write_back(void *ctx)
{
    (void)ctx;
    faults_fail(FAULTS_PWRITE, EIO, 0, FAULTS_FOR_EVER);
}

static void unknown_then_known(struct fixture *fixture, kv_status outcome)
{
    const struct log_tape *tape = fixture->options.log_ctx;
    kv_op op = op_put("unsure", "2");
    kv_verdict verdict;
    kv_report report = KV_REPORT_INIT;
    kv_snapshot *snapshot;
    uint64_t token[2];

    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, &verdict, &report),
                  KV_COMMIT_UNKNOWN);
    assert_true(faults_fired(FAULTS_META) > 0);
    assert_int_equal(tape->count, 1);
    assert_int_equal(log_tape_count(tape, KV_LOG_ERROR, KV_COMMIT_UNKNOWN, "meta page"), 1);
    assert_status(verdict.status, KV_COMMIT_UNKNOWN);
    assert_status(report.error.status, KV_COMMIT_UNKNOWN);
    memcpy(token, report.token, sizeof(token));
    assert_true(token[0] != 0);
    faults_reset();
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_REOPEN_NEEDED);
    assert_status(kv_snapshot_begin(fixture->db, &snapshot), KV_REOPEN_NEEDED);
    assert_status(kv_health(fixture->db), KV_REOPEN_NEEDED);
    assert_int_equal(kv_sequence(fixture->db), 0);
    fixture_close(fixture);
    fixture_open(fixture);
    assert_status(kv_batch_outcome(fixture->db, token), outcome);
    if (outcome == KV_OK)
        fixture_expect(fixture, "unsure", "2");
    else
        fixture_expect_absent(fixture, "unsure");
    fixture_expect(fixture, "kept", "1");
    fixture_put(fixture, "after", "3");
    assert_status(kv_batch_outcome(fixture->db, token), outcome);
}

/** Open it anew with a log. */
static void log_begin(struct fixture *fixture)
{
    static struct log_tape tape;

    memset(&tape, 0, sizeof(tape));
    fixture_close(fixture);
    log_tape_attach(&tape, &fixture->options);
    fixture_open(fixture);
}

static void test_meta_not_written(void **state)
{
    struct fixture *fixture = *state;

    log_begin(fixture);
    fixture_put(fixture, "kept", "1");
    faults_reset();
    faults_fail(FAULTS_META, EIO, 0, 1);
    unknown_then_known(fixture, KV_NOT_FOUND);
}

/** The bytes reach the file, the error is told, and they cannot be taken back either. */
static void test_meta_written(void **state)
{
    struct fixture *fixture = *state;

    log_begin(fixture);
    fixture_put(fixture, "kept", "1");
    faults_reset();
    faults_hook(FAULTS_META, fail_write_back, NULL);
    faults_fail_after(FAULTS_META, EIO, 0, 1);
    unknown_then_known(fixture, KV_OK);
}

/** Snapshots that were out when it happened end in peace. */
static void test_unknown_with_snapshot(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("unsure", "2");
    kv_snapshot *snapshot;
    kv_slice value;

    fixture_put(fixture, "kept", "1");
    snapshot = fixture_snapshot(fixture);
    faults_reset();
    faults_fail(FAULTS_META, EIO, 0, 1);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_COMMIT_UNKNOWN);
    faults_reset();
    assert_status(kv_get(snapshot, fixture->ns, "kept", 4, &fixture->buf, &value),
                  KV_REOPEN_NEEDED);
    kv_snapshot_end(snapshot);
    fixture_close(fixture);
    fixture_open(fixture);
    fixture_expect(fixture, "kept", "1");
}

/* ---- Creation on a full disk */

static const enum faults_call creation_calls[] = {FAULTS_PWRITE,    FAULTS_WRITEV,    FAULTS_WRITE,
                                                  FAULTS_FALLOCATE, FAULTS_FDATASYNC, FAULTS_FSYNC,
                                                  FAULTS_META,      FAULTS_LINK};

static void test_creation(void **state)
{
    struct fixture *fixture = *state;
    const enum faults_call *calls = creation_calls;

    for (size_t i = 0; i < COUNT(creation_calls); i++) {
        for (uint64_t skip = 0; skip < 40; skip++) {
            kv_status status;

            faults_reset();
            faults_fail(calls[i], ENOSPC, skip, 1);
            status = kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL);
            if (faults_fired(calls[i]) == 0) {
                faults_reset();
                fixture_close(fixture);
                tempdir_remove(fixture->path);
                break;
            }
            faults_reset();
            if (status != KV_OK)
                assert_null(fixture->db);
            fixture_close(fixture);
            fixture_open(fixture); /* What was begun is no obstacle. */
            assert_status(kv_namespace_create(fixture->db, "main", 4, &fixture->ns), KV_OK);
            fixture_put(fixture, "a", "1");
            fixture_close(fixture);
            tempdir_remove(fixture->path);
        }
    }
}

struct killing {
    struct fixture *fixture;
    enum faults_call call;
    uint64_t at; /* Which of them. */
};

static void kill_hook(void *ctx)
{
    const struct killing *killing = ctx;

    if (faults_count(killing->call) == killing->at)
        _exit(9);
}

static int create_and_die(void *ctx)
{
    struct killing *killing = ctx;
    struct fixture *fixture = killing->fixture;
    kv_db *db = NULL;

    faults_reset();
    faults_hook(killing->call, kill_hook, killing);
    return kv_open(fixture->path, &fixture->options, NULL, &db, NULL) == KV_OK ? 0 : 1;
}

/** A creator that is killed at any step leaves nothing that the next one would not remove. */
static void test_creation_killed(void **state)
{
    struct fixture *fixture = *state;
    static struct log_tape tape;
    int killed = 0, removed = 0;

    log_tape_attach(&tape, &fixture->options);
    for (size_t i = 0; i < COUNT(creation_calls); i++) {
        struct killing killing = {fixture, creation_calls[i], 0};

        do {
            killing.at++;
            memset(&tape, 0, sizeof(tape));
            if (child_run(create_and_die, &killing) == 0)
                break;
            killed++;
            fixture_open(fixture);
            removed += log_tape_count(&tape, KV_LOG_INFO, KV_OK, "left-overs");
            assert_status(kv_namespace_create(fixture->db, "main", 4, &fixture->ns), KV_OK);
            fixture_put(fixture, "a", "1");
            fixture_close(fixture);
            tempdir_remove(fixture->path);
        } while (killing.at < 40);
        tempdir_remove(fixture->path);
    }
    assert_true(killed > 10);
    assert_true(removed > 5);
}

/** Each step is synced: the store's name, the data, the generation's names and its own, CURRENT
 *  and its name; and CURRENT is put in place so that it replaces no other. */
static void test_creation_syncs(void **state)
{
    struct fixture *fixture = *state;

    fixture_open(fixture);
    assert_int_equal(faults_count(FAULTS_FSYNC), 6 + 1); /* The open's. */
    assert_int_equal(faults_count(FAULTS_LINK), 1);
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 2); /* Of its two transactions. */
    assert_int_equal(faults_count(FAULTS_META), 2);
}

/** The last of them fails: the store is there, and the caller is told so. */
static void test_creation_last_sync(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;

    faults_fail(FAULTS_FSYNC, EIO, 5, 1);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error), KV_IO);
    assert_null(fixture->db);
    assert_int_equal(error.os_errno, EIO);
    assert_non_null(strstr(error.message, "was created"));
    faults_reset();
    fixture->options.flags = 0;
    faults_fail(FAULTS_FSYNC, EIO, 0, 1);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error), KV_IO);
    fixture_open(fixture); /* It has synced what the creator could not. */
    assert_int_equal(faults_count(FAULTS_FSYNC), 2);
    fixture_close(fixture);
    tempdir_remove(fixture->path);
    /* One before: it is not. */
    fixture->options.flags = KV_CREATE;
    faults_fail(FAULTS_FSYNC, EIO, 4, 1);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error), KV_IO);
    assert_null(strstr(error.message, "was created"));
    fixture->options.flags = 0;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error),
                  KV_NOT_FOUND);
}

/* ---- A file system that is really full */

static kv_status put_noise(struct fixture *fixture, char letter, int number)
{
    char key[32];
    kv_op op;

    (void)snprintf(key, sizeof(key), "%c%d", letter, number);
    op = op_noise(key, 50000);
    return kv_put(fixture->db, fixture->ns, &op, NULL);
}

/** Whether it has the key with the value "1". */
static bool has_kept(struct fixture *fixture)
{
    kv_snapshot *snapshot = NULL;
    kv_slice value = {NULL, 0};
    bool good = kv_snapshot_begin(fixture->db, &snapshot) == KV_OK &&
                kv_get(snapshot, fixture->ns, "kept", 4, &fixture->buf, &value) == KV_OK &&
                value.size == 1 && memcmp(value.data, "1", 1) == 0;

    kv_snapshot_end(snapshot);
    return good;
}

/* In a child: a file system of that size at the fixture's root. false: no mounts here. */
static bool small_disk_mount(struct fixture *fixture, const char *size)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", fixture->root, "tmpfs", 0, size) == 0;
}

static int on_small_disk(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_op kept = op_put("kept", "1");
    kv_status status = KV_OK;
    char key[32];
    int written = 0;

    if (!small_disk_mount(fixture, "size=12m"))
        return child_skip_mount();
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK ||
        kv_namespace_create(fixture->db, "main", 4, &fixture->ns) != KV_OK ||
        kv_put(fixture->db, fixture->ns, &kept, NULL) != KV_OK)
        return 1;
    while (written < 1000 && (status = put_noise(fixture, 'k', written)) == KV_OK)
        written++;
    if (status != KV_DISK_FULL)
        return 2;
    for (int i = 0; i < written; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        if (kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL) != KV_OK)
            return 3;
    }
    for (int i = 0; i < written / 2; i++)
        if (put_noise(fixture, 'n', i) != KV_OK)
            return 4;
    fixture_close(fixture);
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 5;
    return has_kept(fixture) ? 0 : 6;
}

static void test_small_disk(void **state)
{
    assert_int_equal(child_run(on_small_disk, *state), 0);
}

/* Take what is left of the disk. false: there is still some. */
static bool fill_disk(struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    ssize_t got = 1;
    int fd;

    tempdir_join(path, fixture->root, "ballast");
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (size_t size = sizeof(noise); fd >= 0 && (got > 0 || size > 1);
         size = got > 0 ? size : size / 2)
        got = write(fd, noise, size);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 && errno == ENOSPC;
}

/* LMDB's table of readers is mapped: a hole in it that the disk has no block for ends the process.
   A page of it has room for some 60. */
static int readers_on_full_disk(void *ctx)
{
    enum { READERS = 250 };
    struct fixture *fixture = ctx;
    kv_snapshot *snapshots[READERS];
    kv_op kept = op_put("kept", "1");
    int begun = 0;

    (void)signal(SIGBUS, SIG_DFL); /* Not cmocka's: it would go on with the next test here. */
    if (!small_disk_mount(fixture, "size=2m"))
        return child_skip_mount();
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK ||
        kv_namespace_create(fixture->db, "main", 4, &fixture->ns) != KV_OK ||
        kv_put(fixture->db, fixture->ns, &kept, NULL) != KV_OK)
        return 1;
    if (!fill_disk(fixture))
        return 2;
    while (begun < READERS && kv_snapshot_begin(fixture->db, &snapshots[begun]) == KV_OK)
        begun++;
    if (begun != READERS || !has_kept(fixture))
        return 3;
    while (begun > 0)
        kv_snapshot_end(snapshots[--begun]);
    return 0;
}

static void test_readers_on_full_disk(void **state)
{
    assert_int_equal(child_run(readers_on_full_disk, *state), 0);
}

/* A store whose lock file is gone, as one that was restored. */
static int opened_on_full_disk(void *ctx)
{
    struct fixture *fixture = ctx;
    char lock_file[TEMPDIR_PATH_MAX], ballast[TEMPDIR_PATH_MAX];
    kv_op kept = op_put("kept", "1");
    kv_error error = KV_ERROR_INIT;

    (void)signal(SIGBUS, SIG_DFL); /* Not cmocka's: it would go on with the next test here. */
    if (!small_disk_mount(fixture, "size=2m"))
        return child_skip_mount();
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK ||
        kv_namespace_create(fixture->db, "main", 4, &fixture->ns) != KV_OK ||
        kv_put(fixture->db, fixture->ns, &kept, NULL) != KV_OK)
        return 1;
    fixture_close(fixture);
    if (tempdir_find(lock_file, fixture->path, "*/lock.mdb") != 0 || unlink(lock_file) != 0 ||
        !fill_disk(fixture))
        return 2;
    for (uint32_t mode = KV_OPEN_READ_WRITE; mode <= KV_OPEN_READ_ONLY; mode++) {
        fixture->options.mode = mode;
        fixture->options.flags = 0;
        if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error) != KV_DISK_FULL)
            return 3;
        if (strstr(error.message, "lock.mdb") == NULL)
            return 4;
    }
    tempdir_join(ballast, fixture->root, "ballast");
    if (unlink(ballast) != 0 ||
        kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 5;
    return has_kept(fixture) ? 0 : 6;
}

static void test_opened_on_full_disk(void **state)
{
    assert_int_equal(child_run(opened_on_full_disk, *state), 0);
}

#define FULL_TEST(name, function) TEST_WITHIN(name, function, setup, fixture_teardown)
#define CREATION_TEST(name, function) TEST_WITHIN(name, function, setup_empty, fixture_teardown)

static const struct CMUnitTest plain_tests[] = {
    FULL_TEST("disk full: the file cannot grow", test_no_space_to_extend),
    FULL_TEST("commit unknown: it was not written", test_meta_not_written),
    FULL_TEST("commit unknown: it was written", test_meta_written),
    FULL_TEST("commit unknown: with a snapshot out", test_unknown_with_snapshot),
    FULL_TEST("disk full: a signal while the file grows", test_interrupted_extension),
    FULL_TEST("disk full: no fallocate()", test_no_fallocate),
    CREATION_TEST("disk full: creation", test_creation),
    CREATION_TEST("creation: killed at each step", test_creation_killed),
    CREATION_TEST("creation: what it syncs", test_creation_syncs),
    CREATION_TEST("creation: the last sync fails", test_creation_last_sync),
    CREATION_TEST("disk full: a small file system", test_small_disk),
    CREATION_TEST("disk full: many readers", test_readers_on_full_disk),
    CREATION_TEST("disk full: a lock file is to be made", test_opened_on_full_disk),
};

int main(void)
{
    run_rows(rows, test_commit_fails, setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: disk full");
}
