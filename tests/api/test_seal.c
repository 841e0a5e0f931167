/* kv_seal(): a store that is shipped is read by anyone and written by nobody. */
#include "support/fixture.h"
#include "support/child.h"
#include "support/faults.h"
#include "support/log_tape.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void seal(struct fixture *fixture)
{
    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    assert_status(kv_seal(fixture->db), KV_OK);
}

static void test_writes_end(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("c", "3");
    kv_ns id;

    seal(fixture);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_READ_ONLY);
    assert_status(kv_namespace_create(fixture->db, "n", 1, &id), KV_READ_ONLY);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_READ_ONLY);
    fixture_expect(fixture, "a", "1");
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_WRITE;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL),
                  KV_READ_ONLY);
    assert_null(fixture->db);
}

static void test_opens_sealed(void **state)
{
    struct fixture *fixture = *state;

    seal(fixture);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "b", "2");
    fixture_expect_absent(fixture, "c");
    assert_status(kv_health(fixture->db), KV_OK);
}

static void test_unsealed_is_refused(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL), KV_INVALID);
    assert_null(fixture->db);
}

static void test_seal_twice(void **state)
{
    struct fixture *fixture = *state;

    seal(fixture);
    assert_status(kv_seal(fixture->db), KV_OK);
    fixture_expect(fixture, "a", "1");
}

static int on_read_only_media(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_snapshot *snapshot = NULL;
    kv_slice value;

    if (!child_mount_read_only(fixture->root))
        return child_skip_mount();
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    if (kv_snapshot_begin(fixture->db, &snapshot) != KV_OK)
        return 2;
    if (kv_get(snapshot, fixture->ns, "b", 1, &fixture->buf, &value) != KV_OK || value.size != 1 ||
        memcmp(value.data, "2", 1) != 0)
        return 3;
    kv_snapshot_end(snapshot);
    kv_close(fixture->db);
    return 0;
}

static void test_read_only_media(void **state)
{
    struct fixture *fixture = *state;

    seal(fixture);
    fixture_close(fixture);
    assert_int_equal(child_run(on_read_only_media, fixture), 0);
}

/* ---- Sealing is a commit and a change of CURRENT: what happens in between. */

static pid_t opener;

/** Before the new CURRENT is synced: another process opens, and would finish the seal itself. */
static void open_meanwhile(void *ctx)
{
    struct fixture *fixture = ctx;
    kv_options options = fixture->options;
    kv_db *db = NULL;

    if (opener != 0)
        return;
    opener = fork();
    if (opener == 0) {
        faults_reset();
        (void)alarm(20);
        options.flags = 0;
        options.mode = KV_OPEN_READ_ONLY;
        _exit(kv_open(fixture->path, &options, NULL, &db, NULL) == KV_OK ? 0 : 1);
    }
    for (int i = 0; i < 30; i++) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)opener, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != 0)
            break; /* It did not wait for us. */
        (void)usleep(10000);
    }
}

static void test_open_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    int status = 0;

    fixture_put(fixture, "b", "2");
    opener = 0;
    faults_reset();
    faults_hook(FAULTS_FSYNC, open_meanwhile, fixture);
    assert_status(kv_seal(fixture->db), KV_OK);
    faults_reset();
    assert_true(opener > 0);
    assert_int_equal(waitpid(opener, &status, 0), opener);
    assert_int_equal(status, 0);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
    fixture_expect(fixture, "b", "2");
}

/** A seal that came no further than its commit is repeated. */
static void test_repeated(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "b", "2");
    faults_reset();
    faults_fail(FAULTS_FSYNC, EIO, 0, 1);
    assert_status(kv_seal(fixture->db), KV_IO);
    assert_int_equal(faults_fired(FAULTS_FSYNC), 1);
    faults_reset();
    assert_status(kv_seal(fixture->db), KV_OK);
    assert_int_equal(faults_count(FAULTS_FSYNC), 2); /* CURRENT, and its name. */
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
    fixture_expect(fixture, "b", "2");
    assert_status(kv_seal(fixture->db), KV_READ_ONLY); /* The handle's mode. */
}

/** It took effect although it failed: the log says so, and what the next open does. */
static void test_failed_half_way(void **state)
{
    static struct log_tape tape;
    struct fixture *fixture = *state;
    kv_op op = op_put("c", "3");

    fixture_close(fixture);
    memset(&tape, 0, sizeof(tape));
    log_tape_attach(&tape, &fixture->options);
    fixture_open(fixture);
    for (uint64_t skip = 0; skip < 2; skip++) { /* CURRENT, and its name. */
        tape.count = 0;
        faults_reset();
        faults_fail(FAULTS_FSYNC, EIO, skip, 1);
        assert_status(kv_seal(fixture->db), KV_IO);
        faults_reset();
        assert_int_equal(tape.count, 1);
        assert_int_equal(log_tape_count(&tape, KV_LOG_ERROR, KV_IO, "the store is sealed"), 1);
        assert_int_equal(log_tape_count(&tape, KV_LOG_ERROR, KV_IO, "next open"), 1);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_READ_ONLY);
    }
    faults_fail(FAULTS_FSYNC, EIO, 0, 1); /* CURRENT says so, but may still be lost. */
    assert_status(kv_seal(fixture->db), KV_IO);
    assert_status(kv_seal(fixture->db), KV_OK);
    faults_reset();
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    fixture_close(fixture);
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
}

/** One that did not take effect says nothing of the kind. */
static void test_failed_at_once(void **state)
{
    static struct log_tape tape;
    struct fixture *fixture = *state;

    fixture_close(fixture);
    memset(&tape, 0, sizeof(tape));
    log_tape_attach(&tape, &fixture->options);
    fixture_open(fixture);
    faults_reset();
    faults_fail(FAULTS_FDATASYNC, EIO, 0, 1);
    assert_status(kv_seal(fixture->db), KV_IO);
    faults_reset();
    assert_int_equal(tape.count, 0);
    fixture_put(fixture, "c", "3");
}

/** Each step is synced: the commit, the data file's length, the new CURRENT, the directory that
 *  names it. */
static void test_syncs(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "b", "2");
    faults_reset();
    assert_status(kv_seal(fixture->db), KV_OK);
    assert_int_equal(faults_count(FAULTS_FDATASYNC), 2);
    assert_int_equal(faults_count(FAULTS_META), 1);
    assert_int_equal(faults_count(FAULTS_FSYNC), 2);
}

/* ---- A sealed store has no slack. */

/** Bytes of the data file. */
static uint64_t data_size(const struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    assert_int_equal(tempdir_find(path, fixture->path, "*/data.mdb"), 0);
    assert_int_equal(stat(path, &file), 0);
    return (uint64_t)file.st_size;
}

/** Bytes of the pages up to the highest that was ever used. */
static uint64_t used_size(const struct fixture *fixture)
{
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_int_equal(stats.store_file_bytes, data_size(fixture));
    return stats.store_pages_used * stats.store_page_size;
}

static void reopen_sealed(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
}

/** What was allocated ahead goes; an older snapshot still reads what it saw. */
static void test_no_slack(void **state)
{
    struct fixture *fixture = *state;
    static char large[300000];
    kv_op op = op_put("large", "");
    kv_snapshot *snapshot;
    kv_slice value;

    memset(large, 'x', sizeof(large));
    op.value = large;
    op.value_size = sizeof(large);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_delete(fixture->db, fixture->ns, "large", 5, NULL), KV_OK);
    assert_true(data_size(fixture) > used_size(fixture));
    seal(fixture);
    assert_int_equal(data_size(fixture), used_size(fixture));
    assert_status(kv_get(snapshot, fixture->ns, "large", 5, &fixture->buf, &value), KV_OK);
    assert_int_equal(value.size, sizeof(large));
    assert_memory_equal(value.data, large, sizeof(large));
    kv_snapshot_end(snapshot);
    reopen_sealed(fixture);
    fixture_expect(fixture, "b", "2");
    fixture_expect_absent(fixture, "large");
    assert_int_equal(data_size(fixture), used_size(fixture));
}

static const struct slack_row {
    const char *name;
    enum faults_call call;
    uint64_t skip;
    uint32_t mode; /* Of the open that finishes it; or the seal again. */
    bool is_again;
} slack_rows[] = {
    {"seal: the cut failed, repeated", FAULTS_FTRUNCATE, 0, 0, true},
    {"seal: the cut failed, finished by a reader", FAULTS_FTRUNCATE, 0, KV_OPEN_READ_ONLY, false},
    {"seal: the cut failed, finished by a writer", FAULTS_FTRUNCATE, 0, KV_OPEN_READ_WRITE, false},
    {"seal: the cut's sync failed, repeated", FAULTS_FDATASYNC, 1, 0, true},
    {"seal: the cut's sync failed, finished by a reader", FAULTS_FDATASYNC, 1, KV_OPEN_READ_ONLY,
     false},
};

/** A cut that failed leaves a seal that is not finished: CURRENT does not say so before. */
static void test_cut_failed(void **state)
{
    struct fixture *fixture = *state;
    const struct slack_row *row = fixture->row;
    kv_op op = op_put("c", "3");

    fixture_put(fixture, "b", "2");
    faults_reset();
    faults_fail(row->call, EIO, row->skip, 1);
    assert_status(kv_seal(fixture->db), KV_IO);
    assert_int_equal(faults_fired(row->call), 1);
    assert_int_equal(faults_count(FAULTS_FSYNC), 0); /* So CURRENT was not written. */
    faults_reset();
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_READ_ONLY);
    if (row->is_again) {
        assert_status(kv_seal(fixture->db), KV_OK);
    } else {
        fixture_close(fixture);
        fixture->options.flags = 0;
        fixture->options.mode = row->mode;
        assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL),
                      row->mode == KV_OPEN_READ_ONLY ? KV_OK : KV_READ_ONLY);
    }
    assert_true(faults_count(FAULTS_FDATASYNC) > 0);
    reopen_sealed(fixture);
    fixture_expect(fixture, "b", "2");
    assert_int_equal(data_size(fixture), used_size(fixture));
}

static void cancel_self(void *ctx)
{
    (void)ctx;
    (void)pthread_cancel(pthread_self());
}

static void *seal_cancelled(void *arg)
{
    struct fixture *fixture = arg;
    kv_status status = kv_seal(fixture->db);

    fixture->row = status == KV_OK ? fixture : NULL; /* Told before the thread ends. */
    pthread_testcancel();
    return NULL;
}

/** A thread that is cancelled meanwhile seals, and leaves the guard free. */
static void test_cancelled(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    void *result;

    fixture_put(fixture, "b", "2");
    faults_reset();
    faults_hook(FAULTS_FSYNC, cancel_self, NULL);
    assert_int_equal(pthread_create(&thread, NULL, seal_cancelled, fixture), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    faults_reset();
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_ptr_equal(fixture->row, fixture);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_SEALED;
    fixture_open(fixture);
}

/** Another process's handle that was open before learns of it. */
static void test_other_process(void **state)
{
    struct fixture *fixture = *state;
    int ready[2], go[2], status = 0;
    char byte = 0;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    fixture_close(fixture);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kv_op op = op_put("z", "9");
        kv_db *db = NULL;

        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            kv_put(db, fixture->ns, &op, NULL) != KV_OK || write(ready[1], "r", 1) != 1 ||
            read(go[0], &byte, 1) != 1)
            _exit(1);
        _exit(kv_put(db, fixture->ns, &op, NULL) == KV_READ_ONLY ? 0 : 2);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    fixture_open(fixture);
    seal(fixture);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("seal: writes end", test_writes_end),
        STORE_TEST("seal: opens sealed", test_opens_sealed),
        STORE_TEST("seal: an unsealed store does not open sealed", test_unsealed_is_refused),
        STORE_TEST("seal: twice", test_seal_twice),
        STORE_TEST("seal: on read-only media", test_read_only_media),
        FAULTS_STORE_TEST("seal: opened by another process meanwhile", test_open_meanwhile),
        FAULTS_STORE_TEST("seal: repeated when it failed half-way", test_repeated),
        FAULTS_STORE_TEST("seal: failed half-way", test_failed_half_way),
        FAULTS_STORE_TEST("seal: failed at once", test_failed_at_once),
        FAULTS_STORE_TEST("seal: what it syncs", test_syncs),
        FAULTS_STORE_TEST("seal: in a thread that is cancelled", test_cancelled),
        STORE_TEST("seal: seen by another process", test_other_process),
        STORE_TEST("seal: no slack is left", test_no_slack),
    };

    run_rows(slack_rows, test_cut_failed, faults_setup, faults_teardown);
    run_tests(tests);
    return run_all("api: seal");
}
