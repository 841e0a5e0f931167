/* What the store says of itself: features, epoch, settings, and the marks of an interrupted switch.
 */
#include "support/fixture.h"
#include "support/faults.h"
#include "support/log_tape.h"

#include "support/inside.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/db.h"
#include "tables/meta.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static kvi_txn *begin(struct fixture *fixture)
{
    kvi_txn *txn;

    assert_status(kvi_txn_begin_write(fixture->db->env, &txn), KV_OK);
    return txn;
}

static kv_slice text(const char *s)
{
    return kvi_slice(s, strlen(s));
}

static void row_set(struct fixture *fixture, const char *name, const void *row, size_t size)
{
    kvi_txn *txn = begin(fixture);

    assert_status(kvi_txn_put(txn, KVI_META, text(name), kvi_slice(row, size)), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static void row_remove(struct fixture *fixture, const char *name)
{
    kvi_txn *txn = begin(fixture);

    assert_status(kvi_txn_delete(txn, KVI_META, text(name)), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static void state_set(struct fixture *fixture, bool sealed, const char *superseded_by)
{
    kvi_meta_state state = {.is_sealed = sealed};
    kvi_txn *txn = begin(fixture);

    (void)snprintf(state.superseded_by, sizeof(state.superseded_by), "%s", superseded_by);
    assert_status(kvi_meta_state_put(txn, &state), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

/* Open as an owner would, who creates nothing. */
static kv_status try_open(struct fixture *fixture, uint32_t mode, kv_error *error)
{
    *error = (kv_error)KV_ERROR_INIT;
    fixture->options.flags = 0;
    fixture->options.mode = mode;
    return kv_open(fixture->path, &fixture->options, NULL, &fixture->db, error);
}

static kv_position position(struct fixture *fixture)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    return at;
}

/* ---- Rows */

static void test_rows(void **state)
{
    kvi_txn *txn = begin(*state);
    kv_settings settings = {sizeof(settings), 1, 2, 3, -4, 5, 0}, got;
    kvi_meta_state mark = {true, "g-x"}, mark_got;
    char why[KVI_FEATURES_WHY_MAX];

    assert_status(kvi_meta_create(txn, &settings), KV_OK);
    assert_status(kvi_meta_check(txn, true, why), KV_OK);
    assert_status(kvi_meta_settings_get(txn, &got), KV_OK);
    assert_memory_equal(&got, &settings, sizeof(got));
    assert_status(kvi_meta_state_get(txn, &mark_got), KV_OK);
    assert_false(mark_got.is_sealed);
    assert_string_equal(mark_got.superseded_by, "");
    assert_status(kvi_meta_state_put(txn, &mark), KV_OK);
    assert_status(kvi_meta_state_get(txn, &mark_got), KV_OK);
    assert_true(mark_got.is_sealed);
    assert_string_equal(mark_got.superseded_by, "g-x");
    memset(mark.superseded_by, 'g', sizeof(mark.superseded_by) - 1);
    assert_status(kvi_meta_state_put(txn, &mark), KV_OK);
    assert_status(kvi_meta_state_get(txn, &mark_got), KV_OK);
    assert_int_equal(strlen(mark_got.superseded_by), KVI_GENERATION_NAME_MAX - 1);
    kvi_txn_abort(txn);
}

/* ---- Epochs and their ancestors */

static void expect_last(kvi_txn *txn, uint64_t epoch, kv_status want, uint64_t want_last)
{
    uint64_t last = 0;

    assert_status(kvi_meta_epoch_last(txn, epoch, &last), want);
    if (want == KV_OK)
        assert_true(last == want_last);
}

/* More epochs than a row remembers: the newest are there, the older are forgotten. */
static void test_epochs(void **state)
{
    enum { EPOCHS = KVI_ANCESTORS_MAX + 5 };
    uint64_t epochs[EPOCHS];
    kvi_txn *txn = begin(*state);

    for (size_t i = 0; i < EPOCHS; i++) {
        assert_status(kvi_meta_epoch_get(txn, &epochs[i]), KV_OK);
        assert_true(epochs[i] <= INT64_MAX);
        for (size_t j = 0; j < i; j++) {
            bool is_kept = j + KVI_ANCESTORS_MAX >= i;
            assert_true(epochs[j] != epochs[i]);
            expect_last(txn, epochs[j], is_kept ? KV_OK : KV_NOT_FOUND, 100 + j);
        }
        expect_last(txn, epochs[i], KV_OK, UINT64_MAX);
        expect_last(txn, epochs[i] ^ 1, KV_NOT_FOUND, 0);
        assert_status(kvi_meta_epoch_renew(txn, 100 + i), KV_OK);
    }
    /* One that does not continue what was there. */
    assert_status(kvi_meta_epoch_begin(txn), KV_OK);
    for (size_t i = 0; i < EPOCHS; i++)
        expect_last(txn, epochs[i], KV_NOT_FOUND, 0);
    kvi_txn_abort(txn);
}

/* A damaged row does not stop who begins another epoch; it has no ancestors then. */
static void test_epoch_damaged(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before, after;
    kvi_txn *txn = begin(fixture);

    assert_status(kvi_meta_epoch_get(txn, &before), KV_OK);
    kvi_txn_abort(txn);
    inside_flip(fixture, KVI_META, text("epoch"), 8, 1);
    txn = begin(fixture);
    assert_status(kvi_meta_epoch_get(txn, &after), KV_CORRUPT);
    assert_status(kvi_meta_epoch_renew(txn, 7), KV_OK);
    assert_status(kvi_meta_epoch_get(txn, &after), KV_OK);
    expect_last(txn, before, KV_NOT_FOUND, 0);
    kvi_txn_abort(txn);
}

/* ---- What a newer version put behind that which is known stays, whoever rewrites the row */

static const uint8_t more[] = {0xA1, 0xA2, 0xA3, 0xA4, 0xA5};

static void grow(struct fixture *fixture, const char *name)
{
    kvi_envelope row = inside_row(fixture, KVI_META, text(name));
    uint8_t fields[100], parts[100];

    memcpy(fields, row.fields.data, row.fields.size);
    memcpy(fields + row.fields.size, more, sizeof(more));
    if (row.parts.size > 0)
        memcpy(parts, row.parts.data, row.parts.size);
    memcpy(parts + row.parts.size, more, 3);
    inside_put_row(fixture, KVI_META, text(name), kvi_slice(fields, row.fields.size + sizeof(more)),
                   kvi_slice(parts, row.parts.size + 3));
}

static void expect_grown(struct fixture *fixture, const char *name, size_t known)
{
    kvi_envelope row = inside_row(fixture, KVI_META, text(name));

    assert_int_equal(row.fields.size, known + sizeof(more));
    assert_memory_equal((const uint8_t *)row.fields.data + known, more, sizeof(more));
    assert_true(row.parts.size >= 3);
    assert_memory_equal((const uint8_t *)row.parts.data + row.parts.size - 3, more, 3);
}

static void test_rows_grown(void **state)
{
    static const char *const names[] = {"features", "id", "epoch", "settings", "state"};
    static const size_t sizes[] = {24, 16, 9, 36, 1};
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT, got = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    kvi_txn *txn;

    fixture_put(fixture, "a", "1");
    for (size_t i = 0; i < COUNT(names); i++)
        grow(fixture, names[i]);
    fixture_close(fixture);
    fixture_open(fixture);
    fixture_expect(fixture, "a", "1");
    settings.changes_age_max_s = 77;
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_settings_get(snapshot, &got), KV_OK);
    assert_int_equal(got.changes_age_max_s, 77);
    kv_snapshot_end(snapshot);
    txn = begin(fixture);
    assert_status(kvi_meta_epoch_renew(txn, 1), KV_OK);
    assert_status(kvi_meta_epoch_renew(txn, 2), KV_OK);
    assert_status(kvi_meta_state_put(txn, &(kvi_meta_state){.superseded_by = "g-1"}), KV_OK);
    assert_status(kvi_meta_state_put(txn, &(kvi_meta_state){.is_sealed = true}), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    for (size_t i = 0; i < COUNT(names); i++)
        expect_grown(fixture, names[i], sizes[i]);
}

/* ---- Features */

static const struct feature {
    const char *name;
    uint64_t words[3]; /* compatible, read_compatible, incompatible */
    kv_status write, read;
    const char *says; /* Part of the message. */
} features[] = {
    {"features: none", {0, 0, 0}, KV_OK, KV_OK, NULL},
    {"features: all compatible ones", {UINT64_MAX, 0, 0}, KV_OK, KV_OK, NULL},
    {"features: dictionaries", {0, 1, 0}, KV_UNSUPPORTED, KV_OK, "read-only"},
    {"features: one to write, without a name", {0, 1 << 9, 0}, KV_UNSUPPORTED, KV_OK, "bit 9"},
    {"features: logged", {0, 0, 1}, KV_UNSUPPORTED, KV_UNSUPPORTED, "needs \"logged\", which"},
    {"features: one without a name", {0, 0, 1 << 17}, KV_UNSUPPORTED, KV_UNSUPPORTED, "bit 17"},
    {"features: the last", {0, 0, UINT64_C(1) << 63}, KV_UNSUPPORTED, KV_UNSUPPORTED, "bit 63"},
    {"features: all",
     {UINT64_MAX, UINT64_MAX, UINT64_MAX},
     KV_UNSUPPORTED,
     KV_UNSUPPORTED,
     "bit 2"},
};

static void features_set(struct fixture *fixture, const uint64_t words[3])
{
    uint8_t fields[24];

    for (size_t i = 0; i < 3; i++)
        kvi_le64_store(fields + 8 * i, words[i]);
    inside_put_row(fixture, KVI_META, text("features"), kvi_slice(fields, sizeof(fields)),
                   kvi_slice(NULL, 0));
}

static void test_features(void **state)
{
    struct fixture *fixture = *state;
    const struct feature *feature = fixture->row;
    kv_error error;

    fixture_put(fixture, "a", "1");
    features_set(fixture, feature->words);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), feature->write);
    if (feature->write == KV_UNSUPPORTED) {
        assert_non_null(strstr(error.message, fixture->path));
        assert_non_null(strstr(error.message, feature->says));
    }
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), feature->read);
    if (feature->read == KV_OK)
        fixture_expect(fixture, "a", "1");
    else
        assert_non_null(strstr(error.message, feature->says));
}

static const uint8_t some[80] = {1};

/* A row of these bytes as they are; size SIZE_MAX: the row is missing. */
static const struct row {
    const char *name, *row;
    const void *bytes;
    size_t size;
    kv_status want;
} rows[] = {
    {"meta: no features", "features", NULL, SIZE_MAX, KV_CORRUPT},
    {"meta: empty features", "features", "", 0, KV_CORRUPT},
    {"meta: features with a checksum that is wrong", "features", some, 30, KV_CORRUPT},
    {"meta: no state", "state", NULL, SIZE_MAX, KV_CORRUPT},
    {"meta: an empty state", "state", "", 0, KV_CORRUPT},
    {"meta: a state with a checksum that is wrong", "state", some, 8, KV_CORRUPT},
};

/* The same with a checksum that is right. */
static const struct sealed_row {
    const char *name, *row;
    size_t fields, parts;
    uint8_t part; /* Its first byte: a size or a count. */
} sealed_rows[] = {
    {"meta: two features words", "features", 23, 0, 0},
    {"meta: a state without fields", "state", 0, 1, 0},
    {"meta: a state without a successor", "state", 1, 0, 0},
    {"meta: a successor cut short", "state", 1, 5, 5},
    {"meta: a successor too long", "state", 1, 65, 64},
};

static void test_open_refuses_sealed(void **state)
{
    static const uint8_t fields[40];
    struct fixture *fixture = *state;
    const struct sealed_row *row = fixture->row;
    uint8_t parts[80] = {row->part};
    kv_error error;

    inside_put_row(fixture, KVI_META, text(row->row), kvi_slice(fields, row->fields),
                   kvi_slice(parts, row->parts));
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_CORRUPT);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_CORRUPT);
}

static void test_open_refuses(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    static const uint32_t modes[] = {KV_OPEN_READ_WRITE, KV_OPEN_READ_ONLY};
    kv_error error;

    if (row->size == SIZE_MAX)
        row_remove(fixture, row->row);
    else
        row_set(fixture, row->row, row->bytes, row->size);
    fixture_close(fixture);
    for (size_t i = 0; i < 2; i++) {
        assert_status(try_open(fixture, modes[i], &error), row->want);
        assert_null(fixture->db);
        assert_status(error.status, row->want);
        assert_non_null(strstr(error.message, fixture->path));
    }
}

/* What an open has no use for shows where it is used. */
static void test_rows_missing_later(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    kv_position at;

    fixture_put(fixture, "b", "2");
    row_remove(fixture, "settings");
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_CORRUPT);
    row_set(fixture, "epoch", some, 7);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_settings_get(snapshot, &settings), KV_CORRUPT);
    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_CORRUPT);
    kv_snapshot_end(snapshot);
    fixture_expect(fixture, "b", "2");
}

/* ---- Marks */

static struct log_tape tape;

static void tape_begin(struct fixture *fixture)
{
    memset(&tape, 0, sizeof(tape));
    log_tape_attach(&tape, &fixture->options);
}

/* Build another generation beside the store's: one with the key "newer". */
static void second_generation(struct fixture *fixture, char name[KVI_GENERATION_NAME_MAX])
{
    char other[TEMPDIR_PATH_MAX], from[TEMPDIR_PATH_MAX], to[TEMPDIR_PATH_MAX];
    kv_op op = op_put("newer", "yes");
    kv_db *db;
    kv_ns ns;

    tempdir_join(other, fixture->root, "other");
    assert_status(kv_open(other, &fixture->options, NULL, &db, NULL), KV_OK);
    assert_status(kv_namespace_create(db, "main", 4, &ns), KV_OK);
    assert_int_equal(ns, fixture->ns);
    assert_status(kv_put(db, ns, &op, NULL), KV_OK);
    (void)snprintf(name, KVI_GENERATION_NAME_MAX, "%s", db->current.generation);
    kv_close(db);
    tempdir_join(from, other, name);
    tempdir_join(to, fixture->path, name);
    assert_int_equal(rename(from, to), 0);
}

/* The data says "superseded", CURRENT does not yet. */
static void test_superseded(void **state)
{
    struct fixture *fixture = *state;
    char name[KVI_GENERATION_NAME_MAX];
    kv_op op = op_put("late", "1");
    kv_report report = KV_REPORT_INIT;
    kvi_current current;
    kv_error error;
    kv_ns id;

    fixture_put(fixture, "older", "yes");
    second_generation(fixture, name);
    state_set(fixture, false, name);
    assert_status(kv_batch(fixture->db, fixture->ns, &op, 1, NULL, NULL, &report), KV_MOVED);
    assert_true(report.error.message[0] != '\0');
    assert_status(kv_namespace_create(fixture->db, "more", 4, &id), KV_MOVED);
    assert_status(kv_sweep(fixture->db, NULL), KV_MOVED);
    assert_status(kv_sync(fixture->db), KV_MOVED);
    assert_status(kv_seal(fixture->db), KV_MOVED);
    fixture_expect(fixture, "older", "yes");      /* Reading goes on. */
    assert_status(kv_health(fixture->db), KV_OK); /* The path still names us. */
    fixture_close(fixture);

    tape_begin(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    assert_int_equal(tape.count, 1);
    assert_int_equal(log_tape_count(&tape, KV_LOG_INFO, KV_OK, "interrupted switch"), 1);
    fixture_expect(fixture, "newer", "yes");
    fixture_expect_absent(fixture, "older");
    fixture_expect_absent(fixture, "late");
    fixture_put(fixture, "late", "1");
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    assert_string_equal(current.generation, name);
    assert_false(current.is_sealed);
}

/* Another process finishes the switch while we have the old generation open. */
static void test_health_moved(void **state)
{
    struct fixture *fixture = *state;
    char name[KVI_GENERATION_NAME_MAX];
    kvi_current current = {.is_sealed = false};
    kv_position at;

    fixture_put(fixture, "older", "yes");
    second_generation(fixture, name);
    state_set(fixture, false, name);
    assert_status(kv_health(fixture->db), KV_OK);
    memcpy(current.generation, name, sizeof(current.generation));
    assert_status(kvi_current_replace(fixture->path, &fixture->db->current, &current, NULL), KV_OK);
    atomic_store(&fixture->db->health_at_ms, 0); /* It looks now and then only. */
    assert_status(kv_health(fixture->db), KV_MOVED);
    fixture_expect(fixture, "older", "yes");
    at = position(fixture);
    assert_status(kv_changes_wait(fixture->db, at, 10000), KV_MOVED);
}

static void test_superseded_twice(void **state)
{
    struct fixture *fixture = *state;
    char first[KVI_GENERATION_NAME_MAX], second[KVI_GENERATION_NAME_MAX];
    char other[TEMPDIR_PATH_MAX];
    kvi_current current = {.is_sealed = false};
    kv_error error;

    second_generation(fixture, first);
    tempdir_join(other, fixture->root, "other");
    tempdir_remove(other);
    second_generation(fixture, second);
    state_set(fixture, false, first);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    state_set(fixture, false, second);
    memcpy(current.generation, fixture->db->current.generation, sizeof(current.generation));
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    assert_string_equal(fixture->db->current.generation, second);
    fixture_expect(fixture, "newer", "yes");
}

/* Generations that name each other: there is an end to it. */
static void test_superseded_in_a_circle(void **state)
{
    struct fixture *fixture = *state;
    char first[KVI_GENERATION_NAME_MAX], second[KVI_GENERATION_NAME_MAX];
    kv_error error;

    (void)snprintf(first, sizeof(first), "%s", fixture->db->current.generation);
    second_generation(fixture, second);
    state_set(fixture, false, second);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    state_set(fixture, false, first);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_CORRUPT);
    assert_null(fixture->db);
    assert_non_null(strstr(error.message, "supersede each other"));
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_CORRUPT);
}

/* As many switches as an open finishes, one behind the other. */
static void test_superseded_in_a_row(void **state)
{
    enum { COUNT = 4 };
    struct fixture *fixture = *state;
    char names[COUNT][KVI_GENERATION_NAME_MAX], other[TEMPDIR_PATH_MAX];
    kvi_current first = fixture->db->current;
    kv_error error;

    tempdir_join(other, fixture->root, "other");
    for (int i = 0; i < COUNT; i++) {
        fixture->options.flags = KV_CREATE;
        second_generation(fixture, names[i]);
        tempdir_remove(other);
        state_set(fixture, false, names[i]);
        fixture_close(fixture);
        assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
        assert_string_equal(fixture->db->current.generation, names[i]);
    }
    /* Back to the first, which leads to the last again. */
    assert_status(kvi_current_replace(fixture->path, &fixture->db->current, &first, NULL), KV_OK);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    assert_string_equal(fixture->db->current.generation, names[COUNT - 1]);
}

/* Who only reads may have no way to write CURRENT, and no need. */
static const int refusals[] = {EROFS, EACCES, ENOSPC, EIO};

static void test_read_only_switch(void **state)
{
    struct fixture *fixture = *state;
    char name[KVI_GENERATION_NAME_MAX];
    kvi_current before = fixture->db->current, after;
    kv_error error;
    kv_db *again;

    fixture_put(fixture, "older", "yes");
    second_generation(fixture, name);
    state_set(fixture, false, name);
    fixture_close(fixture);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        faults_reset();
        faults_fail(FAULTS_FSYNC, refusals[i], 0, FAULTS_FOR_EVER);
        assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
        assert_true(faults_fired(FAULTS_FSYNC) > 0);
        assert_int_equal(error.os_errno, 0);
        fixture_expect(fixture, "newer", "yes");
        assert_status(kv_health(fixture->db), KV_OK);
        /* The data that CURRENT leads to in the end is open: it is not opened twice. */
        assert_status(kv_open(fixture->path, &fixture->options, NULL, &again, NULL), KV_OK);
        assert_ptr_equal(again, fixture->db);
        kv_close(again);
        fixture_close(fixture);
        assert_int_not_equal(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
        faults_reset();
        assert_status(kvi_current_read(fixture->path, &after, NULL), KV_OK);
        assert_string_equal(after.generation, before.generation);
    }
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    assert_status(kvi_current_read(fixture->path, &after, NULL), KV_OK);
    assert_string_equal(after.generation, name);
}

static void test_read_only_seal(void **state)
{
    struct fixture *fixture = *state;
    kvi_current current;
    kv_error error;

    fixture_put(fixture, "a", "1");
    state_set(fixture, true, "");
    fixture_close(fixture);
    faults_reset();
    faults_fail(FAULTS_FSYNC, EROFS, 0, FAULTS_FOR_EVER);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    assert_true(faults_fired(FAULTS_FSYNC) > 0);
    faults_reset();
    fixture_expect(fixture, "a", "1");
    assert_status(kv_health(fixture->db), KV_OK);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    assert_false(current.is_sealed);
}

/* A mark that names nothing usable is damage, and CURRENT stays: it is the only way to the data. */
static const struct mark {
    const char *name, *superseded_by;
} marks[] = {
    {"meta: superseded by no generation's name", "elsewhere"},
    {"meta: superseded by a path", "g-a/../../x"},
    {"meta: superseded by two lines", "g-a\nsealed yes"},
    {"meta: superseded by one that is not there", "g-0000000000000000"},
};

static void test_bad_mark(void **state)
{
    struct fixture *fixture = *state;
    const struct mark *row = fixture->row;
    kvi_current before = fixture->db->current, after;
    kv_error error;

    state_set(fixture, false, row->superseded_by);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_CORRUPT);
    assert_true(error.message[0] != '\0');
    assert_status(kvi_current_read(fixture->path, &after, NULL), KV_OK);
    assert_string_equal(after.generation, before.generation);
}

/* The data says "sealed", CURRENT does not yet. */
static void test_sealed(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("late", "1");
    kvi_current current;
    kv_error error;

    fixture_put(fixture, "a", "1");
    state_set(fixture, true, "");
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_READ_ONLY);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_SEALED, &error), KV_INVALID); /* Not yet. */
    tape_begin(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_READ_ONLY);
    assert_null(fixture->db);
    assert_int_equal(tape.count, 1);
    assert_int_equal(log_tape_count(&tape, KV_LOG_INFO, KV_OK, "interrupted seal"), 1);
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    assert_true(current.is_sealed);
    assert_status(try_open(fixture, KV_OPEN_SEALED, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
}

static void test_sealed_read_only(void **state)
{
    struct fixture *fixture = *state;
    kvi_current current;
    kv_error error;

    fixture_put(fixture, "a", "1");
    state_set(fixture, true, "");
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    fixture_expect(fixture, "a", "1");
    assert_status(kvi_current_read(fixture->path, &current, NULL), KV_OK);
    assert_true(current.is_sealed);
}

/* ---- Epochs */

static void lazy_mark_set(struct fixture *fixture, uint64_t boot)
{
    kvi_txn *txn = begin(fixture);
    kvi_usage_store store;
    uint8_t block[4096];

    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    memcpy(block, store.open_block.data, store.open_block.size); /* The row is written anew. */
    store.open_block.data = block;
    store.lazy_boot = boot;
    assert_status(kvi_usage_store_put(txn, &store), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static uint64_t lazy_mark(struct fixture *fixture)
{
    kvi_usage_store store;
    kvi_txn *txn;

    assert_status(kvi_txn_begin_read(fixture->db->env, &txn), KV_OK);
    assert_status(kvi_usage_store_get(txn, &store), KV_OK);
    kvi_txn_abort(txn);
    return store.lazy_boot;
}

static kv_status read_after(struct fixture *fixture, kv_position after)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change changes[4];
    size_t count;
    kv_status status = kv_changes_read(snapshot, after, &fixture->buf, changes, 4, &count);

    kv_snapshot_end(snapshot);
    return status;
}

static void test_epoch_other_boot(void **state)
{
    struct fixture *fixture = *state;
    kv_position before, after;
    kv_error error;

    fixture_put(fixture, "a", "1");
    before = position(fixture);
    before.sequence--;
    assert_status(read_after(fixture, before), KV_OK);
    lazy_mark_set(fixture, fixture->db->boot ^ 2);
    fixture_close(fixture);
    /* Who may not write cannot begin an epoch; the mark stays for one who may. */
    assert_status(try_open(fixture, KV_OPEN_READ_ONLY, &error), KV_OK);
    assert_int_not_equal(lazy_mark(fixture), 0);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    after = position(fixture);
    assert_int_not_equal(after.epoch, before.epoch);
    assert_true(after.sequence >= before.sequence + 1);
    assert_int_equal(lazy_mark(fixture), 0);
    assert_status(read_after(fixture, before), KV_OK); /* It saw nothing that was undone. */
    assert_status(kv_changes_wait(fixture->db, before, 0), KV_OK);
    before.sequence += 2;
    assert_status(read_after(fixture, before), KV_CHANGES_TRIMMED);
    assert_status(kv_changes_wait(fixture->db, before, 0), KV_CHANGES_TRIMMED);
    fixture_expect(fixture, "a", "1");
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK); /* Once. */
    assert_int_equal(position(fixture).epoch, after.epoch);
}

static void test_epoch_same_boot(void **state)
{
    struct fixture *fixture = *state;
    kv_position before;
    kv_error error;

    fixture_put(fixture, "a", "1");
    before = position(fixture);
    lazy_mark_set(fixture, fixture->db->boot);
    fixture_close(fixture);
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    assert_int_equal(position(fixture).epoch, before.epoch);
    assert_status(read_after(fixture, before), KV_OK);
    assert_int_equal(lazy_mark(fixture), fixture->db->boot);
    assert_status(kv_sync(fixture->db), KV_OK);
    assert_int_equal(lazy_mark(fixture), 0);
}

/* Callbacks run while nothing is locked: each of them may wait for another thread's open or close.
 */
static int callbacks, callbacks_locked;

static void *registry_visit(void *unused)
{
    uint64_t word;

    if (kvi_open_stores_lock(&word) == KV_OK)
        kvi_open_stores_unlock();
    return unused;
}

static void callback_check(void)
{
    pthread_t thread;
    struct timespec until;

    callbacks++;
    assert_int_equal(pthread_create(&thread, NULL, registry_visit, NULL), 0);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 5;
    if (pthread_timedjoin_np(thread, NULL, &until) == 0)
        return;
    callbacks_locked++;
    (void)pthread_detach(thread);
}

static int64_t checking_clock(void *ctx)
{
    callback_check();
    return fake_clock_read(ctx);
}

static void test_epoch_callbacks(void **state)
{
    struct fixture *fixture = *state;
    kv_error error;

    fixture_put(fixture, "a", "1");
    lazy_mark_set(fixture, fixture->db->boot ^ 2);
    fixture_close(fixture);
    tape_begin(fixture);
    tape.also = callback_check;
    fixture->options.clock = checking_clock;
    callbacks = callbacks_locked = 0;
    assert_status(try_open(fixture, KV_OPEN_READ_WRITE, &error), KV_OK);
    assert_int_equal(callbacks_locked, 0);
    assert_true(callbacks >= 2); /* The clock and the hook. */
    assert_int_equal(tape.count, 1);
    assert_int_equal(log_tape_count(&tape, KV_LOG_WARNING, KV_OK, "new epoch"), 1);
    tape.also = NULL;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("meta: rows", test_rows),
        STORE_TEST("meta: rows that a newer version made longer", test_rows_grown),
        STORE_TEST("meta: epochs and their ancestors", test_epochs),
        STORE_TEST("meta: a damaged epoch", test_epoch_damaged),
        STORE_TEST("meta: rows missing later", test_rows_missing_later),
        STORE_TEST("meta: superseded", test_superseded),
        STORE_TEST("meta: moved by another process", test_health_moved),
        STORE_TEST("meta: superseded twice", test_superseded_twice),
        STORE_TEST("meta: superseded in a circle", test_superseded_in_a_circle),
        STORE_TEST("meta: superseded in a row", test_superseded_in_a_row),
        FAULTS_STORE_TEST("meta: a switch that a reader cannot write", test_read_only_switch),
        FAULTS_STORE_TEST("meta: a seal that a reader cannot write", test_read_only_seal),
        STORE_TEST("meta: sealed", test_sealed),
        STORE_TEST("meta: sealed, opened read-only", test_sealed_read_only),
        STORE_TEST("epoch: lazy commits of another boot", test_epoch_other_boot),
        STORE_TEST("epoch: lazy commits of this boot", test_epoch_same_boot),
        STORE_TEST("epoch: callbacks run outside locks", test_epoch_callbacks),
    };

    run_rows(rows, test_open_refuses, fixture_setup, fixture_teardown);
    run_rows(sealed_rows, test_open_refuses_sealed, fixture_setup, fixture_teardown);
    run_rows(marks, test_bad_mark, fixture_setup, fixture_teardown);
    run_rows(features, test_features, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("meta");
}
