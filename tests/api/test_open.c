/* kv_open() and kv_close(): options, modes, second opens, and directories that hold no store. */
#include "support/fixture.h"
#include "support/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Options as a caller of another version might have them: more bytes behind the struct. */
struct longer {
    kv_options options;
    uint64_t tail[2];
};

static void find_data_file(const struct fixture *fixture, char path[TEMPDIR_PATH_MAX])
{
    assert_int_equal(tempdir_find(path, fixture->path, "*/data.mdb"), 0);
}

static kv_status try_open(const struct fixture *fixture, const kv_options *options)
{
    kv_error error = KV_ERROR_INIT;
    kv_db *db = (kv_db *)&error;
    kv_status status = kv_open(fixture->path, options, NULL, &db, &error);

    assert_status(error.status, status);
    assert_non_null(memchr(error.message, '\0', sizeof(error.message)));
    if (status == KV_OK) {
        assert_non_null(db);
        kv_close(db);
    } else {
        assert_null(db);
        assert_true(error.message[0] != '\0');
    }
    return status;
}

/* ---- What options may say */

static void options_plain(struct longer *o)
{
    (void)o;
}
static void options_size_zero(struct longer *o)
{
    o->options.size = 0;
}
static void options_size_huge(struct longer *o)
{
    o->options.size = SIZE_MAX;
}
static void options_newer_zero(struct longer *o)
{
    o->options.size = sizeof(*o);
}
static void options_newer_set(struct longer *o)
{
    o->options.size = sizeof(*o);
    o->tail[1] = 1;
}
static void options_bad_mode(struct longer *o)
{
    o->options.mode = 3;
}
static void options_bad_sync(struct longer *o)
{
    o->options.sync = 2;
}
static void options_untrusted(struct longer *o)
{
    o->options.flags |= KV_UNTRUSTED;
}
static void options_level_high(struct longer *o)
{
    o->options.compress_level = 20;
}
static void options_level_low(struct longer *o)
{
    o->options.compress_level = -1;
}
static void options_level_top(struct longer *o)
{
    o->options.compress_level = 19;
}
static void options_snapshots_high(struct longer *o)
{
    o->options.snapshots_max = 2001;
}
static void options_snapshots_top(struct longer *o)
{
    o->options.snapshots_max = 2000;
}
static void options_value_high(struct longer *o)
{
    o->options.limits.value_size_max = KV_VALUE_SIZE_CEILING + 1;
}
static void options_value_top(struct longer *o)
{
    o->options.limits.value_size_max = KV_VALUE_SIZE_CEILING;
}
static void options_batch_high(struct longer *o)
{
    o->options.limits.batch_size_max = KV_BATCH_SIZE_CEILING + 1;
}
static void options_count_high(struct longer *o)
{
    o->options.limits.batch_count_max = KV_BATCH_COUNT_CEILING + 1;
}
static void options_limits_reserved(struct longer *o)
{
    o->options.limits.reserved = 1;
}

static const struct row {
    const char *name;
    void (*change)(struct longer *options);
    kv_status want;
} option_rows[] = {
    {"open: options of this version", options_plain, KV_OK},
    {"open: size 0", options_size_zero, KV_INVALID},
    {"open: size SIZE_MAX", options_size_huge, KV_INVALID},
    {"open: newer options, unset", options_newer_zero, KV_OK},
    {"open: newer options, set", options_newer_set, KV_UNSUPPORTED},
    {"open: unknown mode", options_bad_mode, KV_INVALID},
    {"open: unknown sync level", options_bad_sync, KV_INVALID},
    {"open: KV_UNTRUSTED", options_untrusted, KV_OK},
    {"open: compress_level 20", options_level_high, KV_INVALID},
    {"open: compress_level -1", options_level_low, KV_INVALID},
    {"open: compress_level 19", options_level_top, KV_OK},
    {"open: snapshots_max 2,001", options_snapshots_high, KV_INVALID},
    {"open: snapshots_max 2,000", options_snapshots_top, KV_OK},
    {"open: value_size_max above the ceiling", options_value_high, KV_INVALID},
    {"open: value_size_max at the ceiling", options_value_top, KV_OK},
    {"open: batch_size_max above the ceiling", options_batch_high, KV_INVALID},
    {"open: batch_count_max above the ceiling", options_count_high, KV_INVALID},
    {"open: limits.reserved", options_limits_reserved, KV_INVALID},
};

static void test_options(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    struct longer options;

    memset(&options, 0, sizeof(options));
    options.options = fixture->options;
    row->change(&options);
    assert_status(try_open(fixture, &options.options), row->want);
}

/* ---- Opening what is there, or not */

static void test_no_store(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.flags = 0;
    assert_status(try_open(fixture, &fixture->options), KV_NOT_FOUND);
    assert_status(try_open(fixture, NULL), KV_NOT_FOUND);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_status(try_open(fixture, &fixture->options), KV_NOT_FOUND);
    fixture->options.flags = KV_CREATE;
    assert_status(try_open(fixture, &fixture->options), KV_OK);
}

static void test_no_parent(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_db *db = NULL;

    tempdir_join(fixture->path, fixture->root, "missing/store");
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &db, &error), KV_IO);
    assert_int_equal(error.os_errno, ENOENT);
    assert_null(db);
}

static void test_path_is_a_file(void **state)
{
    struct fixture *fixture = *state;

    tempdir_write(fixture->root, "store", "hello", 5);
    assert_status(try_open(fixture, &fixture->options), KV_IO);
    fixture->options.flags = 0;
    assert_status(try_open(fixture, &fixture->options), KV_NOT_FOUND);
}

static void test_read_only_creates_nothing(void **state)
{
    struct fixture *fixture = *state;

    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture->options.flags = 0;
    assert_status(try_open(fixture, &fixture->options), KV_NOT_FOUND);
    assert_int_equal(access(fixture->path, F_OK), -1);
}

static void test_read_only(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "2");
    kv_verdict verdict;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_ns id;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture->options.flags = 0;
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_READ_ONLY);
    assert_status(verdict.status, KV_READ_ONLY);
    assert_status(kv_delete(fixture->db, fixture->ns, "a", 1, NULL), KV_READ_ONLY);
    assert_status(kv_namespace_create(fixture->db, "n", 1, &id), KV_READ_ONLY);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 1000, NULL, 0), KV_READ_ONLY);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_READ_ONLY);
    assert_status(kv_settings_set(fixture->db, &settings), KV_READ_ONLY);
    assert_status(kv_sweep(fixture->db, NULL), KV_READ_ONLY);
    assert_status(kv_seal(fixture->db), KV_READ_ONLY);
    assert_status(kv_health(fixture->db), KV_OK);
    fixture_expect(fixture, "a", "1");
}

static void test_file_mode(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    struct stat st;

    find_data_file(fixture, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_file_mode_given(void **state)
{
    struct fixture *fixture = *state;
    mode_t before = umask(0);
    char path[TEMPDIR_PATH_MAX];
    struct stat st;

    fixture->options.file_mode = 0660;
    fixture_create(fixture, NULL);
    (void)umask(before);
    find_data_file(fixture, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void test_create_keeps_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT, back = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    kv_db *db;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    settings.namespaces_max = 3;
    assert_status(kv_open(fixture->path, &fixture->options, &settings, &db, NULL), KV_OK);
    fixture->db = db;
    fixture_expect(fixture, "a", "1");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_settings_get(snapshot, &back), KV_OK);
    assert_int_not_equal(back.namespaces_max, 3);
    kv_snapshot_end(snapshot);
}

/* ---- A second open in the process */

static void test_second_open_equal(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_db *second;

    assert_status(kv_open(fixture->path, &fixture->options, NULL, &second, NULL), KV_OK);
    assert_status(kv_put(second, fixture->ns, &op, NULL), KV_OK);
    fixture_expect(fixture, "a", "1");
    kv_close(second);
    fixture_expect(fixture, "a", "1"); /* The first close of two changes nothing. */
    fixture_put(fixture, "b", "2");
}

static void test_second_open_other_path(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    char alias[TEMPDIR_PATH_MAX];
    kv_db *second;

    tempdir_join(alias, fixture->root, "alias");
    assert_int_equal(symlink(fixture->path, alias), 0);
    assert_status(kv_open(alias, &fixture->options, NULL, &second, NULL), KV_OK);
    assert_status(kv_put(second, fixture->ns, &op, NULL), KV_OK);
    fixture_expect(fixture, "a", "1");
    kv_close(second);
}

static void ignore_log(void *ctx, int level, kv_status status, const char *message, size_t size)
{
    (void)ctx;
    (void)level;
    (void)status;
    (void)message;
    (void)size;
}
static int64_t other_clock(void *ctx)
{
    (void)ctx;
    return FAKE_CLOCK_START;
}

static void second_mode(kv_options *o)
{
    o->mode = KV_OPEN_READ_ONLY;
    o->flags = 0;
}
static void second_sync(kv_options *o)
{
    o->sync = KV_SYNC_LAZY;
}
static void second_clock(kv_options *o)
{
    o->clock = other_clock;
}
static void second_clock_ctx(kv_options *o)
{
    o->clock_ctx = &o->clock_ctx;
}
static void second_log(kv_options *o)
{
    o->log = ignore_log;
}
static void second_log_ctx(kv_options *o)
{
    o->log_ctx = &o->log_ctx;
}
static void second_file_mode(kv_options *o)
{
    o->file_mode = 0660;
}
static void second_snapshots(kv_options *o)
{
    o->snapshots_max = 3;
}
static void second_queue(kv_options *o)
{
    o->queue_bytes_max = 1;
}
static void second_wait(kv_options *o)
{
    o->write_wait_ms = 1;
}
static void second_compression(kv_options *o)
{
    o->compress_level = 1;
    o->compress_min = 1;
}
static void second_limits(kv_options *o)
{
    o->limits.value_size_max = 2;
    o->limits.batch_count_max = 1;
    o->limits.batch_size_max = 1;
}
static void second_create(kv_options *o)
{
    o->flags = 0;
}
static void second_out_of_range(kv_options *o)
{
    o->compress_level = 20;
}

static const struct second_row {
    const char *name;
    void (*change)(kv_options *options);
    kv_status want;
    const char *says; /* What the message names. */
} second_rows[] = {
    {"second open: another mode", second_mode, KV_ALREADY_OPEN, ": mode"},
    {"second open: another sync", second_sync, KV_ALREADY_OPEN, ": sync"},
    {"second open: another clock", second_clock, KV_ALREADY_OPEN, ": clock"},
    {"second open: another clock_ctx", second_clock_ctx, KV_ALREADY_OPEN, ": clock"},
    {"second open: another log", second_log, KV_ALREADY_OPEN, ": log"},
    {"second open: another log_ctx", second_log_ctx, KV_ALREADY_OPEN, ": log"},
    {"second open: another file_mode", second_file_mode, KV_OK, ""},
    {"second open: another snapshots_max", second_snapshots, KV_OK, ""},
    {"second open: another queue_bytes_max", second_queue, KV_OK, ""},
    {"second open: another write_wait_ms", second_wait, KV_OK, ""},
    {"second open: other compression", second_compression, KV_OK, ""},
    {"second open: other limits", second_limits, KV_OK, ""},
    {"second open: without KV_CREATE", second_create, KV_OK, ""},
    {"second open: a preference out of range", second_out_of_range, KV_INVALID, "option"},
};

static void test_second_open(void **state)
{
    struct fixture *fixture = *state;
    const struct second_row *row = fixture->row;
    kv_options other = fixture->options;
    kv_op ops[2] = {op_put("a", "a longer value"), op_put("b", "2")};
    kv_error error = KV_ERROR_INIT;
    kv_db *second;

    row->change(&other);
    assert_status(kv_open(fixture->path, &other, NULL, &second, &error), row->want);
    assert_non_null(strstr(error.message, row->says));
    if (row->want == KV_OK) { /* What the first opener said stays in force. */
        assert_ptr_equal(second, fixture->db);
        assert_status(kv_batch(second, fixture->ns, ops, 2, NULL, NULL, NULL), KV_OK);
        kv_close(second);
    }
    fixture_put(fixture, "a", "a longer value");
    fixture_close(fixture);
    if (row->want == KV_ALREADY_OPEN) /* And nothing of it is left. */
        assert_status(try_open(fixture, &other), KV_OK);
}

/** The first opener closes first; its preferences stay until the last one closes. */
static void test_second_open_outlives(void **state)
{
    struct fixture *fixture = *state;
    kv_options first = fixture->options;
    kv_op op = op_put("a", "longer than two");
    kv_db *second;

    fixture_close(fixture);
    first.limits.value_size_max = 2;
    assert_status(kv_open(fixture->path, &first, NULL, &fixture->db, NULL), KV_OK);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &second, NULL), KV_OK);
    fixture_close(fixture);
    assert_status(kv_put(second, fixture->ns, &op, NULL), KV_VALUE_TOO_LONG);
    kv_close(second);
    fixture_open(fixture);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

static void test_open_many_times(void **state)
{
    struct fixture *fixture = *state;
    char key[32];

    for (int i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        fixture_put(fixture, key, key);
        fixture_close(fixture);
        fixture_open(fixture);
        fixture_expect(fixture, key, key);
    }
}

/* ---- Close */

static void test_close_with_snapshots_out(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *first, *second;
    kv_slice value;
    kv_list *list;
    kv_entry entry;

    fixture_put(fixture, "a", "1");
    first = fixture_snapshot(fixture);
    second = fixture_snapshot(fixture);
    assert_status(kv_list_begin(second, fixture->ns, NULL, &list), KV_OK);
    fixture_close(fixture);
    assert_status(kv_get(first, fixture->ns, "a", 1, NULL, &value), KV_REOPEN_NEEDED);
    assert_status(kv_list_next(list, &entry), KV_REOPEN_NEEDED);
    assert_status(kv_snapshot_renew(first), KV_REOPEN_NEEDED);
    kv_snapshot_end(first);
    kv_list_end(list);
    kv_snapshot_end(second);
    fixture_open(fixture); /* With the last of them the store is closed, so it opens. */
    fixture_expect(fixture, "a", "1");
}

/** A renewing list outlives its snapshot, and the handle too. */
static void test_close_with_list_out(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list, *fresh;
    kv_entry entry;

    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "b", "2");
    options.flags = KV_LIST_RENEW;
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &fresh), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kv_list_next(list, &entry), KV_OK);
    fixture_close(fixture);
    assert_status(kv_list_next(list, &entry), KV_REOPEN_NEEDED);
    assert_status(kv_list_next(fresh, &entry), KV_REOPEN_NEEDED);
    kv_list_end(fresh);
    kv_list_end(list);
    fixture_open(fixture);
    fixture_expect(fixture, "b", "2");
}

static void test_close_while_shared(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_slice value;
    kv_db *second;

    fixture_put(fixture, "a", "1");
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &second, NULL), KV_OK);
    snapshot = fixture_snapshot(fixture);
    kv_close(second); /* Not the last: the snapshot stays usable. */
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    kv_snapshot_end(snapshot);
}

static void test_close_null(void **state)
{
    (void)state;
    kv_close(NULL);
    kv_snapshot_end(NULL);
    kv_list_end(NULL);
    kv_prepared_free(NULL);
    kv_buf_free(NULL);
}

/* ---- Directories that hold something else */

/** KV_CREATE makes nothing among the files of others, whatever their names. */
static void test_foreign_directory(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    char found[TEMPDIR_PATH_MAX];
    kv_db *db;

    assert_int_equal(mkdir(fixture->path, 0700), 0);
    tempdir_write(fixture->path, "notes.txt", "mine", 4);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &db, &error), KV_INVALID);
    assert_null(db);
    assert_non_null(strstr(error.message, "notes.txt"));
    assert_int_equal(tempdir_find(found, fixture->path, "*"), 0); /* It is alone there. */
    fixture->options.flags = 0;
    assert_status(try_open(fixture, &fixture->options), KV_NOT_FOUND);
    fixture->options.flags = KV_CREATE;
    tempdir_remove(fixture->path);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    fixture_create(fixture, NULL);
    fixture_close(fixture);
    tempdir_write(fixture->path, "notes.txt", "mine", 4); /* A store that is there opens. */
    fixture_open(fixture);
    fixture_put(fixture, "a", "1");
}

static void test_empty_path(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_db *db;

    assert_status(kv_open("", &fixture->options, NULL, &db, &error), KV_INVALID);
    assert_non_null(strstr(error.message, "the path is empty"));
    assert_status(kv_open(NULL, &fixture->options, NULL, &db, &error), KV_INVALID);
    assert_non_null(strstr(error.message, "path is NULL"));
    assert_status(kv_open(fixture->path, &fixture->options, NULL, NULL, &error), KV_INVALID);
    assert_non_null(strstr(error.message, "db_out is NULL"));
}

static void test_truncated(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];
    static const off_t sizes[] = {12288, 8192, 5000, 4096, 100, 1, 0};

    for (int i = 0; i < 200; i++) {
        char key[32];

        (void)snprintf(key, sizeof(key), "k%d", i);
        fixture_put(fixture, key, "some value");
    }
    fixture_close(fixture);
    find_data_file(fixture, path);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(truncate(path, sizes[i]), 0);
        assert_status(try_open(fixture, &fixture->options), KV_CORRUPT);
        fixture->options.mode = i % 2 == 0 ? KV_OPEN_READ_ONLY : KV_OPEN_READ_WRITE;
    }
}

static void test_foreign_data_file(void **state)
{
    struct fixture *fixture = *state;
    unsigned char *junk = malloc(65536);
    char path[TEMPDIR_PATH_MAX];
    FILE *file;

    assert_non_null(junk);
    fixture_close(fixture);
    find_data_file(fixture, path);
    for (int round = 0; round < 3; round++) {
        memset(junk, round == 0 ? 0 : round == 1 ? 0xFF : 'x', 65536);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(junk, 1, 65536, file), 65536);
        assert_int_equal(fclose(file), 0);
        assert_status(try_open(fixture, &fixture->options), KV_CORRUPT);
    }
    free(junk);
}

static void test_missing_data_file(void **state)
{
    struct fixture *fixture = *state;
    char path[TEMPDIR_PATH_MAX];

    fixture_close(fixture);
    find_data_file(fixture, path);
    assert_int_equal(unlink(path), 0);
    assert_status(try_open(fixture, &fixture->options), KV_CORRUPT);
    assert_int_equal(access(path, F_OK), -1); /* It was not made anew. */
}

static void test_foreign_current(void **state)
{
    struct fixture *fixture = *state;
    static const char *const texts[] = {"", "hello\n", "MANIFEST-000001\n", "libkv 2\n",
                                        "libkv 0\ngeneration g-a\nsealed no\n"};

    fixture_close(fixture);
    for (size_t i = 0; i < COUNT(texts); i++) {
        tempdir_write(fixture->path, "CURRENT", texts[i], strlen(texts[i]));
        assert_status(try_open(fixture, &fixture->options), KV_CORRUPT);
    }
}

/** A store of another format: who opens it is told what to do, and nothing is touched. */
static void test_other_format(void **state)
{
    static const struct {
        const char *text, *says;
    } others[] = {{"libkv 1\ngeneration g-0123456789abcdef\nsealed no\n", "export"},
                  {"libkv 3\nsomething else\n", "newer"}};
    struct fixture *fixture = *state;

    fixture_close(fixture);
    for (size_t i = 0; i < COUNT(others); i++) {
        kv_error error = KV_ERROR_INIT;
        tempdir_write(fixture->path, "CURRENT", others[i].text, strlen(others[i].text));
        assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error),
                      KV_UNSUPPORTED);
        assert_non_null(strstr(error.message, others[i].says));
    }
}

/** A restore that lost CURRENT: the data is not taken for what a creator left behind. */
static void test_missing_current(void **state)
{
    struct fixture *fixture = *state;
    char current[TEMPDIR_PATH_MAX], aside[TEMPDIR_PATH_MAX], path[TEMPDIR_PATH_MAX];
    kv_error error = KV_ERROR_INIT;

    fixture_put(fixture, "a", "1");
    fixture_close(fixture);
    find_data_file(fixture, path);
    tempdir_join(current, fixture->path, "CURRENT");
    tempdir_join(aside, fixture->root, "CURRENT");
    assert_int_equal(rename(current, aside), 0);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, &fixture->db, &error),
                  KV_CORRUPT);
    assert_null(fixture->db);
    assert_non_null(strstr(error.message, "CURRENT is missing"));
    assert_non_null(strstr(error.message, "restore"));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(rename(aside, current), 0);
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
}

/* ---- A thread that is cancelled inside */

static void cancel_self(void *ctx)
{
    (void)ctx;
    (void)pthread_cancel(pthread_self());
}

static void *open_cancelled(void *arg)
{
    struct fixture *fixture = arg;

    if (kv_open(fixture->path, &fixture->options, NULL, &fixture->db, NULL) != KV_OK)
        return NULL;
    pthread_testcancel();
    return NULL;
}

static void *close_cancelled(void *arg)
{
    struct fixture *fixture = arg;

    (void)pthread_cancel(pthread_self());
    kv_close(fixture->db);
    fixture->db = NULL;
    pthread_testcancel();
    return NULL;
}

/** It opens or closes to the end; others are not kept out by what it held. */
static void test_cancelled(void **state)
{
    struct fixture *fixture = *state;
    void *(*const parts[])(void *) = {open_cancelled, close_cancelled};
    pthread_t thread;
    void *result;

    (void)alarm(60);
    for (size_t i = 0; i < 2; i++) {
        faults_reset();
        if (i == 0)
            faults_hook(FAULTS_FSYNC, cancel_self, NULL); /* In its creation. */
        assert_int_equal(pthread_create(&thread, NULL, parts[i], fixture), 0);
        assert_int_equal(pthread_join(thread, &result), 0);
        faults_reset();
        assert_ptr_equal(result, PTHREAD_CANCELED);
        assert_int_equal(fixture->db != NULL, i == 0);
    }
    fixture_open(fixture);
    (void)alarm(0);
}

static const struct CMUnitTest plain_tests[] = {
    EMPTY_TEST("open: no store", test_no_store),
    EMPTY_TEST("open: no parent directory", test_no_parent),
    EMPTY_TEST("open: the path is a file", test_path_is_a_file),
    EMPTY_TEST("open: read-only creates nothing", test_read_only_creates_nothing),
    STORE_TEST("open: read-only writes nothing", test_read_only),
    STORE_TEST("open: files are for the owner alone", test_file_mode),
    EMPTY_TEST("open: file_mode", test_file_mode_given),
    STORE_TEST("open: KV_CREATE keeps a store that is there", test_create_keeps_what_is_there),
    STORE_TEST("open: twice with equal options", test_second_open_equal),
    STORE_TEST("open: twice by two paths", test_second_open_other_path),
    STORE_TEST("open: twice, and the first closes first", test_second_open_outlives),
    STORE_TEST("open: many times in turn", test_open_many_times),
    STORE_TEST("close: with snapshots out", test_close_with_snapshots_out),
    STORE_TEST("close: with a renewing list out", test_close_with_list_out),
    STORE_TEST("close: one of two", test_close_while_shared),
    EMPTY_TEST("close: NULL", test_close_null),
    EMPTY_TEST("open: a directory with other files", test_foreign_directory),
    EMPTY_TEST("open: an empty path", test_empty_path),
    STORE_TEST("open: a truncated file", test_truncated),
    STORE_TEST("open: a foreign file", test_foreign_data_file),
    STORE_TEST("open: a missing data file", test_missing_data_file),
    STORE_TEST("open: a foreign CURRENT", test_foreign_current),
    STORE_TEST("open: another format", test_other_format),
    STORE_TEST("open: a missing CURRENT", test_missing_current),
    FAULTS_EMPTY_TEST("open: in a thread that is cancelled", test_cancelled),
};

int main(void)
{
    run_rows(option_rows, test_options, fixture_setup_empty, fixture_teardown);
    run_rows(second_rows, test_second_open, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: open");
}
