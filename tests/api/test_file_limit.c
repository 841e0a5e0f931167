/* RLIMIT_FSIZE: what would write beyond it answers KV_DISK_FULL, and no signal ends the process. */
#include "support/fixture.h"
#include "support/child.h"
#include "support/random.h"
#include "support/recount.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char noise[300000];

static void limit_set(rlim_t bytes)
{
    struct rlimit limit;

    (void)getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    (void)setrlimit(RLIMIT_FSIZE, &limit);
}

/* cmocka's handlers would continue with the next test. */
static void signal_default(void)
{
    (void)signal(SIGXFSZ, SIG_DFL);
}

static uint64_t file_size(const struct fixture *fixture)
{
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    if (tempdir_find(path, fixture->path, "*/data.mdb") != 0 || stat(path, &file) != 0)
        return 0;
    return (uint64_t)file.st_size;
}

static bool is_kept(struct fixture *fixture)
{
    kv_snapshot *snapshot = NULL;
    kv_slice value = {NULL, 0};
    bool is_good = kv_snapshot_begin(fixture->db, &snapshot) == KV_OK &&
                   kv_get(snapshot, fixture->ns, "kept", 4, &fixture->buf, &value) == KV_OK &&
                   value.size == 1 && memcmp(value.data, "1", 1) == 0;

    kv_snapshot_end(snapshot);
    return is_good;
}

static kv_status put_noise(struct fixture *fixture, int number, size_t size)
{
    char key[32];
    kv_op op;

    (void)snprintf(key, sizeof(key), "k%d", number);
    op = op_put(key, "");
    op.value = noise;
    op.value_size = size;
    return kv_put(fixture->db, fixture->ns, &op, NULL);
}

/* Each child answers 0, or the place where it went wrong. */
struct part {
    struct fixture *fixture;
    rlim_t limit;
};

/* ---- Creation */

static int create_limited(void *ctx)
{
    struct part *part = ctx;
    kv_error error = KV_ERROR_INIT;
    kv_status status;

    signal_default();
    limit_set(part->limit);
    status =
        kv_open(part->fixture->path, &part->fixture->options, NULL, &part->fixture->db, &error);
    if (status == KV_OK)
        return 0;
    if (status != KV_DISK_FULL || part->fixture->db != NULL)
        return 1;
    return error.message[0] != '\0' ? 100 : 2;
}

/** Whatever is written first: GUARD, the lock file, LMDB's first pages, CURRENT. */
static void test_creation(void **state)
{
    struct part part = {.fixture = *state};
    int refused = 0, made = 0;

    for (rlim_t pages = 0; pages < 80; pages++)
        for (rlim_t more = 0; more < 3; more++) {
            int answer;

            part.limit = 4096 * pages + 2047 * more; /* Whole pages, halves, and all but a bit. */
            answer = child_run(create_limited, &part);
            assert_true(answer == 0 || answer == 100);
            refused += answer == 100;
            made += answer == 0;
            fixture_open(part.fixture); /* What is left is no obstacle. */
            fixture_close(part.fixture);
            tempdir_remove(part.fixture->path);
        }
    assert_true(refused > 10 && made > 10);
}

/* ---- A store that is there */

static void store_make(struct fixture *fixture)
{
    fixture_put(fixture, "kept", "1");
    for (int i = 1000; i < 1030; i++)
        assert_status(put_noise(fixture, i, 20000), KV_OK);
}

static int fill_limited(void *ctx)
{
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;
    struct rng rng = {part->limit};
    sigset_t pending, mask;
    int written = 0;
    kv_status status = KV_OK;

    signal_default();
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    limit_set(part->limit);
    while (written < 1000 &&
           (status = put_noise(fixture, written, rng_between(&rng, 1, sizeof(noise)))) == KV_OK)
        written++;
    if (status != KV_DISK_FULL)
        return 2;
    for (int i = 0; i < written; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "k%d", i);
        if (kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL) != KV_OK)
            return 3;
    }
    for (int i = 0; i < written / 4; i++)
        if (put_noise(fixture, i, 50) != KV_OK)
            return 4;
    if (file_size(fixture) > part->limit)
        return 5;
    (void)sigpending(&pending);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (sigismember(&pending, SIGXFSZ) || sigismember(&mask, SIGXFSZ))
        return 6;
    kv_close(fixture->db);
    return 0;
}

/** As on a full disk: what has no room is refused, deletes work, and give room. */
static void test_fill(void **state)
{
    struct part part = {.fixture = *state};
    uint64_t before;

    store_make(part.fixture);
    fixture_close(part.fixture);
    before = file_size(part.fixture);
    for (int i = 0; i < 12; i++) {
        part.limit = (rlim_t)(before + (2 << 20) + (uint64_t)i * 77777);
        assert_int_equal(child_run(fill_limited, &part), 0);
        assert_int_equal(support_recount(part.fixture->path), 0);
    }
    fixture_open(part.fixture);
    fixture_expect(part.fixture, "kept", "1");
}

/* Batches of many rows in random order, whose pages are only estimated. */
static int batches_limited(void *ctx)
{
    enum { COUNT = 500 };
    static char keys[COUNT][24];
    static kv_op ops[COUNT];
    static kv_verdict verdicts[COUNT];
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;
    struct rng rng = {part->limit};
    bool is_refused = false;

    signal_default();
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    limit_set(part->limit);
    for (int round = 0; round < 400 && !is_refused; round++) {
        kv_status status;
        for (int i = 0; i < COUNT; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "%llx", (unsigned long long)rng_next(&rng));
            ops[i] = op_put(keys[i], "");
            ops[i].value = noise;
            ops[i].value_size = rng_between(&rng, 1, 2500);
        }
        status = kv_batch(fixture->db, fixture->ns, ops, COUNT, NULL, verdicts, NULL);
        if (status != KV_OK && status != KV_DISK_FULL)
            return 2;
        for (int i = 0; i < COUNT; i++) {
            if (verdicts[i].status != KV_OK && verdicts[i].status != KV_DISK_FULL)
                return 3;
            is_refused |= verdicts[i].status == KV_DISK_FULL;
        }
    }
    if (!is_refused || file_size(fixture) > part->limit)
        return 4;
    return is_kept(fixture) ? 0 : 5;
}

static void test_batches(void **state)
{
    struct part part = {.fixture = *state};

    store_make(part.fixture);
    fixture_close(part.fixture);
    part.limit = (rlim_t)(file_size(part.fixture) + (6 << 20) + 1234);
    assert_int_equal(child_run(batches_limited, &part), 0);
    assert_int_equal(support_recount(part.fixture->path), 0);
}

/* The limit came down below what the file has. */
static int write_below(void *ctx)
{
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;
    kv_status status;

    signal_default();
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    limit_set(part->limit);
    for (int i = 0; i < 20; i++) {
        status = put_noise(fixture, i, 10000);
        if (status != KV_OK && status != KV_DISK_FULL)
            return 2;
        status = kv_delete(fixture->db, fixture->ns, "k1001", 5, NULL);
        if (status != KV_OK && status != KV_DISK_FULL)
            return 3;
    }
    if (!is_kept(fixture))
        return 4;
    limit_set(RLIM_INFINITY);
    return put_noise(fixture, 1, 10000) == KV_OK ? 0 : 5;
}

static void test_below(void **state)
{
    static const uint64_t parts[] = {0, 1, 4096, 8192, 12288, 100000, 300000, 500000};
    struct part part = {.fixture = *state};

    store_make(part.fixture);
    fixture_close(part.fixture);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        part.limit = (rlim_t)parts[i];
        assert_int_equal(child_run(write_below, &part), 0);
        assert_int_equal(support_recount(part.fixture->path), 0);
    }
}

/* ---- The small files */

static int open_without_lock_file(void *ctx)
{
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;
    kv_error error = KV_ERROR_INIT;

    signal_default();
    limit_set(part->limit);
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error) != KV_DISK_FULL)
        return 1;
    if (strstr(error.message, "lock.mdb") == NULL)
        return 2;
    limit_set(RLIM_INFINITY);
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error) != KV_OK)
        return 3;
    return is_kept(fixture) ? 0 : 4;
}

static void test_no_lock_file(void **state)
{
    struct part part = {.fixture = *state};
    char path[TEMPDIR_PATH_MAX];

    store_make(part.fixture);
    fixture_close(part.fixture);
    for (part.limit = 0; part.limit < 131072; part.limit += 30000) {
        assert_int_equal(tempdir_find(path, part.fixture->path, "*/lock.mdb"), 0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(child_run(open_without_lock_file, &part), 0);
    }
}

static int read_limited(void *ctx)
{
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;

    signal_default();
    limit_set(0);
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    return is_kept(fixture) && put_noise(fixture, 1, 9) == KV_DISK_FULL ? 0 : 2;
}

/** What has all of its files needs no room to be opened and read. */
static void test_reading(void **state)
{
    struct part part = {.fixture = *state};

    store_make(part.fixture);
    fixture_close(part.fixture);
    assert_int_equal(child_run(read_limited, &part), 0);
}

/* Not even the mark can be written: the store is as it was. */
static int seal_limited(void *ctx)
{
    struct part *part = ctx;
    struct fixture *fixture = part->fixture;
    uint64_t size;

    signal_default();
    fixture->options.flags = 0;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 1;
    size = file_size(fixture);
    limit_set(20);
    if (kv_seal(fixture->db) != KV_DISK_FULL)
        return 2;
    kv_close(fixture->db);
    limit_set(RLIM_INFINITY);
    fixture->options.mode = KV_OPEN_READ_ONLY;
    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return 3;
    return is_kept(fixture) && size == file_size(fixture) && kv_seal(fixture->db) == KV_READ_ONLY
               ? 0
               : 4;
}

static void test_seal(void **state)
{
    struct part part = {.fixture = *state};

    store_make(part.fixture);
    fixture_close(part.fixture);
    assert_int_equal(child_run(seal_limited, &part), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        EMPTY_TEST("file limit: creation", test_creation),
        STORE_TEST("file limit: filling", test_fill),
        STORE_TEST("file limit: batches", test_batches),
        STORE_TEST("file limit: below the file's length", test_below),
        STORE_TEST("file limit: a lock file is to be made", test_no_lock_file),
        STORE_TEST("file limit: reading", test_reading),
        STORE_TEST("file limit: a seal", test_seal),
    };
    struct rng rng = {17};

    rng_fill(&rng, noise, sizeof(noise));
    run_tests(tests);
    return run_all("api: file limit");
}
