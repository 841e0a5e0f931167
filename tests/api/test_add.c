/* KV_ADD: numbers in values, added to in one step. What is a number: tests/codec/test_decimal.c. */
#include "support/fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- One addition */

static const struct row {
    const char *name;
    const char *old; /* NULL: absent. */
    int64_t addend;
    kv_status want;
    const char *text; /* Afterwards; NULL: absent. */
    int64_t number;
} rows[] = {
    {"add: to nothing", NULL, 5, KV_OK, "5", 5},
    {"add: nothing to nothing", NULL, 0, KV_OK, "0", 0},
    {"add: less than nothing", NULL, -5, KV_OK, "-5", -5},
    {"add: to a number", "40", 2, KV_OK, "42", 42},
    {"add: through 0", "3", -10, KV_OK, "-7", -7},
    {"add: to a number with zeros", "-007", 0, KV_OK, "-7", -7},
    {"add: up to the largest", "1", INT64_MAX - 1, KV_OK, "9223372036854775807", INT64_MAX},
    {"add: above the largest", "2", INT64_MAX - 1, KV_NOT_A_NUMBER, "2", 0},
    {"add: down to the smallest", "-1", INT64_MIN + 1, KV_OK, "-9223372036854775808", INT64_MIN},
    {"add: below the smallest", "-1", INT64_MIN, KV_NOT_A_NUMBER, "-1", 0},
    {"add: the extremes", "9223372036854775807", INT64_MIN, KV_OK, "-1", -1},
    {"add: to text", "four", 1, KV_NOT_A_NUMBER, "four", 0},
    {"add: to an empty value", "", 1, KV_NOT_A_NUMBER, "", 0},
    {"add: to 21 bytes", "000000000000000000001", 1, KV_NOT_A_NUMBER, "000000000000000000001", 0},
};

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_op op = op_add("key", row->addend);
    kv_verdict verdict;
    uint64_t before;

    if (row->old != NULL)
        fixture_put(fixture, "key", row->old);
    before = kv_sequence(fixture->db);
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), row->want);
    assert_status(verdict.status, row->want);
    assert_true(verdict.number == row->number);
    fixture_expect(fixture, "key", row->text);
    assert_int_equal(kv_sequence(fixture->db) - before, row->want == KV_OK);
    assert_int_equal(verdict.version, row->want == KV_OK ? before + 1 : 0);
    if (row->want == KV_OK)
        assert_int_equal(verdict.flags, row->old != NULL ? KV_REPLACED : KV_CREATED);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 3 + strlen(row->text));
}

/* ---- Several operations on one key act as if done in order. */

struct step {
    enum { STEP_END, STEP_PUT, STEP_GONE, STEP_DELETE, STEP_TOUCH, STEP_ADD } what;
    const char *value; /* Of a put. */
    int64_t addend;
    kv_status want;
    int64_t sum;
};

#define PUT(text)                                                                                  \
    {                                                                                              \
        STEP_PUT, text, 0, KV_OK, 0                                                                \
    }
#define GONE(text)                                                                                 \
    {                                                                                              \
        STEP_GONE, text, 0, KV_OK, 0                                                               \
    } /* A put that expires at once. */
#define DELETE                                                                                     \
    {                                                                                              \
        STEP_DELETE, NULL, 0, KV_OK, 0                                                             \
    }
#define TOUCH                                                                                      \
    {                                                                                              \
        STEP_TOUCH, NULL, 0, KV_OK, 0                                                              \
    }
#define ADD(addend, sum)                                                                           \
    {                                                                                              \
        STEP_ADD, NULL, addend, KV_OK, sum                                                         \
    }
#define ADD_FAILS(addend)                                                                          \
    {                                                                                              \
        STEP_ADD, NULL, addend, KV_NOT_A_NUMBER, 0                                                 \
    }
#define STEPS 4

static const struct history_row {
    const char *name, *old;
    struct step steps[STEPS];
    const char *text; /* NULL: absent. */
} history_rows[] = {
    {"in a batch: put, add, add", NULL, {PUT("5"), ADD(3, 8), ADD(-1, 7)}, "7"},
    {"in a batch: add, add", "1", {ADD(1, 2), ADD(40, 42)}, "42"},
    {"in a batch: delete, add", "10", {DELETE, ADD(3, 3)}, "3"},
    {"in a batch: delete of text, add", "text", {DELETE, ADD(3, 3)}, "3"},
    {"in a batch: add, delete", "10", {ADD(3, 13), DELETE}, NULL},
    {"in a batch: add, delete of a new key", NULL, {ADD(3, 3), DELETE}, NULL},
    {"in a batch: add, delete, add", "9", {ADD(1, 10), DELETE, ADD(1, 1)}, "1"},
    {"in a batch: add, touch", "10", {ADD(3, 13), TOUCH}, "13"},
    {"in a batch: touch, add", "10", {TOUCH, ADD(3, 13)}, "13"},
    {"in a batch: add, touch, add", NULL, {ADD(1, 1), TOUCH, ADD(1, 2)}, "2"},
    {"in a batch: add, put", "10", {ADD(3, 13), PUT("text")}, "text"},
    {"in a batch: add, put, touch", "10", {ADD(3, 13), PUT("text"), TOUCH}, "text"},
    {"in a batch: put of text, add", "10", {PUT("text"), ADD_FAILS(3)}, "text"},
    {"in a batch: put over text, add", "text", {PUT("4"), ADD(3, 7)}, "7"},
    {"in a batch: one that fails", "1", {ADD(1, 2), ADD_FAILS(INT64_MAX), ADD(1, 3)}, "3"},
    {"in a batch: put that is gone, add", "10", {GONE("7"), ADD(3, 3)}, "3"},
};

static kv_op step_op(struct fixture *fixture, const struct step *step)
{
    kv_op op = step->value != NULL         ? op_put("key", step->value)
               : step->what == STEP_DELETE ? op_delete("key")
               : step->what == STEP_TOUCH  ? op_touch("key")
                                           : op_add("key", step->addend);

    if (step->what == STEP_GONE) {
        op.flags = KV_OP_EXPIRES_AT;
        op.expires_at = atomic_load(&fixture->clock.now);
    }
    return op;
}

static void test_history(void **state)
{
    struct fixture *fixture = *state;
    const struct history_row *row = fixture->row;
    kv_verdict verdicts[STEPS];
    kv_op ops[STEPS];
    size_t count = 0, last = 0;

    if (row->old != NULL)
        fixture_put(fixture, "key", row->old);
    for (; count < STEPS && row->steps[count].what != STEP_END; count++)
        ops[count] = step_op(fixture, &row->steps[count]);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, count, NULL, verdicts, NULL), KV_OK);
    for (size_t i = 0; i < count; i++) {
        assert_status(verdicts[i].status, row->steps[i].want);
        assert_true(verdicts[i].number == row->steps[i].sum);
        if (verdicts[i].status == KV_OK)
            last = i;
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal((verdicts[i].flags & KV_SUPERSEDED) != 0,
                         verdicts[i].status == KV_OK && i != last);
    if (row->text != NULL)
        fixture_expect(fixture, "key", row->text);
    else
        fixture_expect_absent(fixture, "key");
    assert_int_equal(fixture_usage(fixture, fixture->ns),
                     row->text != NULL ? 3 + strlen(row->text) : 0);
}

/* ---- What an addition may be */

static void with_value(kv_op *op)
{
    op->value = "1";
    op->value_size = 1;
}
static void with_metadata(kv_op *op)
{
    op->metadata = "1";
    op->metadata_size = 1;
}
static void with_if_absent(kv_op *op)
{
    op->flags = KV_OP_IF_ABSENT;
}
static void with_bad_ttl(kv_op *op)
{
    op->flags = KV_OP_TTL;
}
static void with_bad_key(kv_op *op)
{
    op->key = "a b";
}
static void with_version(kv_op *op)
{
    op->flags = KV_OP_IF_VERSION;
    op->if_version = 2; /* That of the first put of a fixture. */
}
static void with_other_version(kv_op *op)
{
    op->flags = KV_OP_IF_VERSION;
    op->if_version = 9;
}
static void if_not_there(kv_op *op)
{
    op->flags = KV_OP_IF_VERSION;
}

static const struct op_row {
    const char *name;
    void (*change)(kv_op *op);
    kv_status want;
} op_rows[] = {
    {"add: with a value", with_value, KV_INVALID},
    {"add: with metadata", with_metadata, KV_INVALID},
    {"add: if absent", with_if_absent, KV_INVALID},
    {"add: a TTL of 0", with_bad_ttl, KV_EXPIRY_INVALID},
    {"add: a malformed key", with_bad_key, KV_KEY_MALFORMED},
    {"add: if the version is there", with_version, KV_OK},
    {"add: if another version is there", with_other_version, KV_VERSION_MISMATCH},
    {"add: if version 0, and the key is there", if_not_there, KV_VERSION_MISMATCH},
};

static void test_op(void **state)
{
    struct fixture *fixture = *state;
    const struct op_row *row = fixture->row;
    uint64_t version = fixture_put(fixture, "key", "1");
    kv_op op = op_add("key", 1);
    kv_verdict verdict;

    row->change(&op);
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), row->want);
    fixture_expect(fixture, "key", row->want == KV_OK ? "2" : "1");
    assert_true(verdict.number == (row->want == KV_OK ? 2 : 0));
    if (row->want == KV_VERSION_MISMATCH)
        assert_int_equal(verdict.version, version);
}

/* ---- Deadlines */

static kv_verdict add(struct fixture *fixture, const char *key, int64_t addend, int64_t ttl_s)
{
    kv_op op = op_add(key, addend);
    kv_verdict verdict;

    op.flags = ttl_s > 0 ? KV_OP_TTL : 0;
    op.ttl_s = ttl_s;
    assert_status(kv_put(fixture->db, fixture->ns, &op, &verdict), KV_OK);
    return verdict;
}

static void expect_verdict(kv_verdict verdict, int64_t number, uint32_t flags, int64_t expires_at)
{
    assert_true(verdict.number == number);
    assert_int_equal(verdict.flags, flags);
    assert_true(verdict.expires_at == expires_at);
}

/** A counter with a deadline keeps it; when it has expired, counting begins at 0, for good. */
static void test_deadline(void **state)
{
    struct fixture *fixture = *state;
    int64_t start = atomic_load(&fixture->clock.now);

    expect_verdict(add(fixture, "n", 1, 10), 1, KV_CREATED | KV_EXPIRES, start + 10);
    fixture_advance(fixture, 9);
    expect_verdict(add(fixture, "n", 1, 0), 2, KV_REPLACED | KV_EXPIRES, start + 10);
    fixture_advance(fixture, 1);
    fixture_expect_absent(fixture, "n");
    expect_verdict(add(fixture, "n", 5, 0), 5, KV_CREATED, 0);
    fixture_advance(fixture, 100000);
    expect_verdict(add(fixture, "n", 1, 0), 6, KV_REPLACED, 0);
    expect_verdict(add(fixture, "n", 1, 20), 7, KV_REPLACED | KV_EXPIRES, start + 100030);
    expect_verdict(add(fixture, "n", 1, 10), 8, KV_REPLACED | KV_EXPIRES, start + 100020);
    fixture_advance(fixture, 10);
    fixture_expect_absent(fixture, "n");
    expect_verdict(add(fixture, "n", 1, 30), 1, KV_CREATED | KV_EXPIRES, start + 100050);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect(fixture, "n", "1");
    fixture_advance(fixture, 30);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 0);
}

/** Within a batch: put with a deadline, add, touch. */
static void test_deadline_in_batch(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[4] = {op_put("n", "1"), op_add("n", 1), op_touch("n"), op_add("n", 1)};
    int64_t start = atomic_load(&fixture->clock.now);
    kv_verdict verdicts[4];

    ops[0].flags = KV_OP_TTL;
    ops[0].ttl_s = 10;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_OK);
    expect_verdict(verdicts[1], 2, KV_REPLACED | KV_EXPIRES, start + 10);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 4, NULL, verdicts, NULL), KV_OK);
    expect_verdict(verdicts[1], 2, KV_REPLACED | KV_EXPIRES | KV_SUPERSEDED, start + 10);
    expect_verdict(verdicts[3], 3, KV_REPLACED, 0);
    fixture_advance(fixture, 10);
    fixture_expect(fixture, "n", "3");
}

/* ---- Metadata */

static void expect_metadata(struct fixture *fixture, const char *key, const char *value,
                            const char *metadata)
{
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_entry entry;

    assert_status(kv_get_entry(snapshot, fixture->ns, key, strlen(key), 0, NULL, &entry), KV_OK);
    assert_int_equal(entry.value.size, strlen(value));
    assert_memory_equal(entry.value.data, value, strlen(value));
    assert_int_equal(entry.metadata.size, strlen(metadata));
    assert_memory_equal(entry.metadata.data, metadata, strlen(metadata));
    kv_snapshot_end(snapshot);
}

static kv_op put_with_metadata(const char *key, const char *value, const char *metadata)
{
    kv_op op = op_put(key, value);

    op.metadata = metadata;
    op.metadata_size = strlen(metadata);
    return op;
}

static void test_metadata(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[3] = {put_with_metadata("n", "1", "first"), op_add("n", 1), op_add("n", 1)};

    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &ops[1], NULL), KV_OK);
    expect_metadata(fixture, "n", "2", "first");
    ops[0] = put_with_metadata("n", "7", "second");
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, NULL, NULL), KV_OK);
    expect_metadata(fixture, "n", "9", "second");
    assert_int_equal(fixture_usage(fixture, fixture->ns), 1 + 1 + 6);
    ops[0] = op_delete("n");
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, NULL), KV_OK);
    expect_metadata(fixture, "n", "1", "");
    assert_int_equal(fixture_usage(fixture, fixture->ns), 1 + 1);
}

#define DUE 50 /* More than a batch sweeps on its way. */

/* Counters "k00", ... that have expired when 9 seconds have passed. */
static void make_due(struct fixture *fixture)
{
    for (int i = 0; i < DUE; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "k%02d", i);
        (void)add(fixture, key, 1, 9);
    }
}

/** Of what has expired nothing stays, whether it was swept or not. */
static void test_metadata_expired(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {put_with_metadata("n", "1", "old"), op_add("n", 1)};

    ops[0].flags = KV_OP_TTL;
    ops[0].ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_OK);
    make_due(fixture);
    fixture_advance(fixture, 10);
    (void)add(fixture, "n", 4, 0);
    expect_metadata(fixture, "n", "4", "");
    ops[0].flags = KV_OP_EXPIRES_AT; /* Gone at once. */
    ops[0].expires_at = atomic_load(&fixture->clock.now);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, NULL), KV_OK);
    expect_metadata(fixture, "n", "1", "");
}

#define NEIGHBOURS 40

/** Rows that the transaction wrote to before move while it writes on: the metadata is the key's
 *  own all the same. */
static void test_metadata_moves(void **state)
{
    struct fixture *fixture = *state;
    static char keys[NEIGHBOURS][8], metadata[NEIGHBOURS][600];
    kv_op first[NEIGHBOURS], second[2 * NEIGHBOURS];
    kv_prepared *batches[2];

    for (size_t i = 0; i < NEIGHBOURS; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%02zu", i);
        memset(metadata[i], (int)('A' + i), sizeof(metadata[i]) - 1);
        first[i] = put_with_metadata(keys[i], "99", metadata[i]);
        second[2 * i] = op_add(keys[i], 1);
        second[2 * i + 1] = op_put(keys[i], "");
        second[2 * i + 1].key = metadata[i]; /* A key that begins elsewhere, to move rows about. */
        second[2 * i + 1].key_size = 200;
    }
    assert_status(kv_prepare(fixture->db, fixture->ns, first, NEIGHBOURS, NULL, NULL, &batches[0]),
                  KV_OK);
    assert_status(
        kv_prepare(fixture->db, fixture->ns, second, 2 * NEIGHBOURS, NULL, NULL, &batches[1]),
        KV_OK);
    assert_status(kv_commit(fixture->db, batches, 2, NULL), KV_OK);
    kv_prepared_free(batches[0]);
    kv_prepared_free(batches[1]);
    for (size_t i = 0; i < NEIGHBOURS; i++)
        expect_metadata(fixture, keys[i], "100", metadata[i]);
}

/* ---- Other values */

/** A number that is stored compressed. */
static void test_compressed(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_entry entry;

    fixture->options.compress_min = 1;
    fixture_create(fixture, NULL);
    fixture_put(fixture, "n", "1111111111111111111");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get_entry(snapshot, fixture->ns, "n", 1, KV_GET_FACTS, NULL, &entry), KV_OK);
    kv_snapshot_end(snapshot);
    assert_int_equal(entry.codec, KV_CODEC_ZSTD);
    assert_true(add(fixture, "n", 1, 0).number == 1111111111111111112);
    fixture_expect(fixture, "n", "1111111111111111112");
}

/** A value in pieces is no number; one that has expired, or is deleted in the same batch, is. */
static void test_large(void **state)
{
    struct fixture *fixture = *state;
    static char large[200000];
    kv_op ops[2] = {op_put("n", ""), op_add("n", 1)};

    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)('0' + i * i % 7 % 3);
    ops[0].value = large;
    ops[0].value_size = sizeof(large);
    ops[0].flags = KV_OP_TTL;
    ops[0].ttl_s = 10;
    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &ops[1], NULL), KV_NOT_A_NUMBER);
    fixture_advance(fixture, 10);
    assert_true(add(fixture, "n", 2, 0).number == 2);
    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_OK);
    ops[0] = op_delete("n");
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, NULL, NULL), KV_OK);
    fixture_expect(fixture, "n", "1");
    assert_int_equal(fixture_describe(fixture, fixture->ns).stored_bytes, 1);
}

/* ---- Limits, quota, the log, the report */

static void test_batch_size(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[2] = {op_add("abc", 1), op_add("de", 1)};
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_report report = KV_REPORT_INIT;

    options.limits.batch_size_max = 4;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, &options, NULL, NULL),
                  KV_BATCH_TOO_LARGE);
    options.limits.batch_size_max = 5;
    ops[1].addend = -100;
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, &options, NULL, &report), KV_OK);
    assert_int_equal(report.bytes_given, 5);
    assert_int_equal(report.bytes_stored, 1 + 4);
}

static void test_quota(void **state)
{
    struct fixture *fixture = *state;
    kv_op grow = op_add("n", 1), shrink = op_add("n", -1), other = op_add("m", 1);
    kv_verdict verdict;

    fixture_put(fixture, "n", "99");
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 3, NULL, 0), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &grow, &verdict), KV_NAMESPACE_FULL);
    assert_true(verdict.number == 0);
    assert_status(kv_put(fixture->db, fixture->ns, &other, NULL), KV_NAMESPACE_FULL);
    assert_status(kv_put(fixture->db, fixture->ns, &shrink, NULL), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &grow, NULL), KV_OK);
    fixture_expect(fixture, "n", "99");
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 4, NULL, 0), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &grow, NULL), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 4);
    assert_status(kv_put(fixture->db, fixture->ns, &shrink, NULL), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &other, NULL), KV_NAMESPACE_FULL);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 3);
}

/** Dead data never causes a refusal, also if all that is new is the text of a number. */
static void test_quota_and_dead_rows(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_add("n", INT64_MIN);

    make_due(fixture);
    /* The key alone would fit beside what the batch's own sweep leaves. */
    assert_status(kv_namespace_set(fixture->db, fixture->ns, (DUE - 16) * 4 + 5, NULL, 0), KV_OK);
    fixture_advance(fixture, 9);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_int_equal(fixture_usage(fixture, fixture->ns), 21);
}

static void test_log(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[4] = {op_add("n", 100), op_add("n", -5), op_add("m", -10), op_touch("m")};
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_change changes[8];
    kv_position at;
    size_t count;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 4, NULL, NULL, NULL), KV_OK);
    (void)add(fixture, "n", 1, 60);
    (void)add(fixture, "n", 1, 0);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_changes_read(snapshot, at, &fixture->buf, changes, COUNT(changes), &count),
                  KV_OK);
    kv_snapshot_end(snapshot);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        static const uint64_t sizes[] = {3, 2, 2, 2}; /* "-10", "95", "96", "97" */

        assert_int_equal(changes[i].kind, KV_PUT);
        assert_int_equal(changes[i].size, sizes[i]);
        assert_int_equal(changes[i].flags & KV_CHANGE_EXPIRES, i >= 2 ? KV_CHANGE_EXPIRES : 0);
    }
    assert_true(changes[3].expires_at == changes[2].expires_at);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("add: deadlines", test_deadline),
        STORE_TEST("add: deadlines within a batch", test_deadline_in_batch),
        STORE_TEST("add: metadata stays", test_metadata),
        STORE_TEST("add: metadata of what has expired", test_metadata_expired),
        STORE_TEST("add: metadata of rows that move", test_metadata_moves),
        EMPTY_TEST("add: to a compressed number", test_compressed),
        STORE_TEST("add: to a large value", test_large),
        STORE_TEST("add: what counts for batch_size_max", test_batch_size),
        STORE_TEST("add: quota", test_quota),
        STORE_TEST("add: quota and dead rows", test_quota_and_dead_rows),
        STORE_TEST("add: the change log", test_log),
    };

    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_rows(history_rows, test_history, fixture_setup, fixture_teardown);
    run_rows(op_rows, test_op, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: add");
}
