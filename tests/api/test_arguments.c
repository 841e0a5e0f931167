/* Bad arguments to every call: NULL, zero, and sizes near SIZE_MAX answer KV_INVALID (or the key's
 * own status) and change nothing. Counts: test_commit. */
#include "support/fixture.h"

#include <string.h>

static char long_part[KV_KEY_SIZE_MAX + 1];

static int no_chunk(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return 0;
}

static void test_open(void **state)
{
    struct fixture *fixture = *state;
    kv_error error = KV_ERROR_INIT;
    kv_db *db = (kv_db *)fixture;

    assert_status(kv_open(NULL, &fixture->options, NULL, &db, &error), KV_INVALID);
    assert_null(db);
    assert_status(kv_open("", &fixture->options, NULL, &db, &error), KV_INVALID);
    assert_status(kv_open(fixture->path, &fixture->options, NULL, NULL, &error), KV_INVALID);
    error.size = 0;
    assert_status(kv_open("/nonexistent/store", NULL, NULL, &db, &error), KV_NOT_FOUND);
    error.size = SIZE_MAX;
    assert_status(kv_open("/nonexistent/store", NULL, NULL, &db, &error), KV_NOT_FOUND);
    assert_status(kv_open("/nonexistent/store", NULL, NULL, &db, NULL), KV_NOT_FOUND);
}

/** An error struct of a size that no header has is left alone; the call is not. */
static void test_error_size(void **state)
{
    static const size_t sizes[] = {0, offsetof(kv_error, message) + 8, sizeof(kv_error) - 1,
                                   SIZE_MAX};
    kv_error error, before;
    kv_db *db;

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(&error, 0x5A, sizeof(error));
        error.size = sizes[i];
        before = error;
        assert_status(kv_open("/nonexistent/store", NULL, NULL, &db, &error), KV_NOT_FOUND);
        assert_memory_equal(&error, &before, sizeof(error));
    }
    error.size = sizeof(error);
    assert_status(kv_open("/nonexistent/store", NULL, NULL, &db, &error), KV_NOT_FOUND);
    assert_status(error.status, KV_NOT_FOUND);
    assert_int_equal(error.os_errno, 0);
    assert_non_null(strstr(error.message, "/nonexistent/store"));
}

static void test_long_path(void **state)
{
    struct fixture *fixture = *state;
    static char path[6000];
    kv_db *db = NULL;

    memset(path, 'p', sizeof(path) - 1);
    path[0] = '/';
    assert_status(kv_open(path, &fixture->options, NULL, &db, NULL), KV_INVALID);
    assert_null(db);
}

static void test_null_handles(void **state)
{
    kv_snapshot *snapshot;
    kv_ns id;
    kv_op op = op_put("a", "1");
    kv_buf buf = {NULL, 0, 0};
    kv_slice value;
    kv_prepared *prepared;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_stats stats = KV_STATS_INIT;
    const uint64_t token[2] = {1, 2};

    (void)state;
    assert_status(kv_health(NULL), KV_INVALID);
    assert_status(kv_sync(NULL), KV_INVALID);
    assert_status(kv_seal(NULL), KV_INVALID);
    assert_status(kv_snapshot_begin(NULL, &snapshot), KV_INVALID);
    assert_status(kv_settings_set(NULL, &settings), KV_INVALID);
    assert_status(kv_namespace_create(NULL, "a", 1, &id), KV_INVALID);
    assert_status(kv_namespace_id(NULL, "a", 1, &id), KV_INVALID);
    assert_status(kv_namespace_rename(NULL, 1, "a", 1), KV_INVALID);
    assert_status(kv_get_now(NULL, 1, "a", 1, &buf, &value), KV_INVALID);
    assert_status(kv_namespace_set(NULL, 1, 1, NULL, 0), KV_INVALID);
    assert_status(kv_namespace_drop(NULL, 1), KV_INVALID);
    assert_status(kv_batch(NULL, 1, &op, 1, NULL, NULL, NULL), KV_INVALID);
    assert_status(kv_put(NULL, 1, &op, NULL), KV_INVALID);
    assert_status(kv_delete(NULL, 1, "a", 1, NULL), KV_INVALID);
    assert_status(kv_prepare(NULL, 1, &op, 1, NULL, NULL, &prepared), KV_INVALID);
    assert_status(kv_commit(NULL, &prepared, 1, NULL), KV_INVALID);
    assert_status(kv_batch_outcome(NULL, token), KV_INVALID);
    assert_status(kv_sweep(NULL, NULL), KV_INVALID);
    assert_status(kv_changes_wait(NULL, (kv_position){0, 0}, 0), KV_INVALID);
    assert_int_equal(kv_sequence(NULL), 0);
    assert_status(kv_stats_get(NULL, &stats), KV_INVALID);
}

/** Every read without a snapshot, or without the list that it goes on with. */
static void test_null_snapshot(void **state)
{
    kv_slice value, key = {"a", 1};
    kv_buf buf = {NULL, 0, 0};
    kv_settings settings = KV_SETTINGS_INIT;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_error error = KV_ERROR_INIT;
    kv_position position;
    kv_change change;
    kv_entry entry;
    kv_list *list = (kv_list *)state;
    size_t size, count;
    uint64_t number;
    int64_t now;
    kv_ns id;

    assert_status(kv_snapshot_renew(NULL), KV_INVALID);
    assert_status(kv_snapshot_info(NULL, &position, &now), KV_INVALID);
    assert_status(kv_snapshot_error(NULL, &error), KV_INVALID);
    assert_status(kv_settings_get(NULL, &settings), KV_INVALID);
    assert_status(kv_namespace_find(NULL, "a", 1, &id), KV_INVALID);
    assert_status(kv_namespace_describe(NULL, 1, &info), KV_INVALID);
    assert_status(kv_namespace_next(NULL, 0, &info), KV_INVALID);
    assert_status(kv_get(NULL, 1, "a", 1, &buf, &value), KV_INVALID);
    assert_status(kv_get_into(NULL, 1, "a", 1, NULL, 0, &size), KV_INVALID);
    assert_status(kv_get_range(NULL, 1, "a", 1, NULL, 0, NULL, 0, &size), KV_INVALID);
    assert_status(kv_get_entry(NULL, 1, "a", 1, 0, &buf, &entry), KV_INVALID);
    assert_status(kv_get_many(NULL, 1, &key, 1, 0, &buf, &entry), KV_INVALID);
    assert_status(kv_get_many(NULL, 1, NULL, 0, 0, &buf, NULL), KV_INVALID);
    assert_status(kv_get_chunks(NULL, 1, "a", 1, no_chunk, NULL), KV_INVALID);
    assert_status(kv_list_begin(NULL, 1, NULL, &list), KV_INVALID);
    assert_null(list);
    assert_status(kv_list_next(NULL, &entry), KV_INVALID);
    assert_status(kv_count(NULL, 1, key, 0, &number, NULL), KV_INVALID);
    assert_status(kv_changes_read(NULL, (kv_position){1, 1}, &buf, &change, 1, &count), KV_INVALID);
    kv_snapshot_end(NULL);
    kv_list_end(NULL);
}

static void test_gets(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_slice value;
    kv_entry entry;
    size_t size;
    kv_ns ns = fixture->ns;

    fixture_put(fixture, "a", "1");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, ns, NULL, 1, NULL, &value), KV_INVALID);
    assert_status(kv_get(snapshot, ns, NULL, SIZE_MAX, NULL, &value), KV_INVALID);
    assert_status(kv_get(snapshot, ns, "a", 1, NULL, NULL), KV_INVALID);
    assert_status(kv_get(snapshot, ns, "a", SIZE_MAX, NULL, &value), KV_KEY_TOO_LONG);
    assert_status(kv_get_now(fixture->db, ns, NULL, 1, &fixture->buf, &value), KV_INVALID);
    assert_status(kv_get_now(fixture->db, ns, "a", 1, NULL, &value), KV_INVALID);
    assert_status(kv_get_now(fixture->db, ns, "a", 1, &fixture->buf, NULL), KV_INVALID);
    assert_status(kv_get_into(snapshot, ns, "a", 1, NULL, 5, &size), KV_INVALID);
    assert_status(kv_get_into(snapshot, ns, "a", 1, NULL, 0, NULL), KV_INVALID);
    assert_status(kv_get_into(snapshot, ns, NULL, 1, NULL, 0, &size), KV_INVALID);
    assert_status(kv_get_range(snapshot, ns, "a", 1, NULL, 0, NULL, 5, &size), KV_INVALID);
    assert_status(kv_get_range(snapshot, ns, "a", 1, NULL, 0, NULL, 0, NULL), KV_INVALID);
    assert_status(kv_get_range(snapshot, ns, NULL, 1, NULL, 0, NULL, 0, &size), KV_INVALID);
    assert_status(kv_get_range(snapshot, ns, "a", 1, NULL, 0, NULL, 0, &size), KV_OK);
    assert_status(kv_get_entry(snapshot, ns, "a", 1, KV_GET_FACTS, NULL, NULL), KV_INVALID);
    assert_status(kv_get_entry(snapshot, ns, NULL, 1, KV_GET_FACTS, NULL, &entry), KV_INVALID);
    assert_status(kv_get_entry(snapshot, ns, "a", 1, 1u << 9, NULL, &entry), KV_INVALID);
    assert_status(
        kv_get_entry(snapshot, ns, "a", 1, KV_GET_FACTS | KV_GET_STORED, &fixture->buf, &entry),
        KV_INVALID);
    assert_status(kv_get_chunks(snapshot, ns, "a", 1, NULL, NULL), KV_INVALID);
    assert_status(kv_get_chunks(snapshot, ns, NULL, 1, no_chunk, NULL), KV_INVALID);
    kv_snapshot_end(snapshot);
}

static void test_get_many(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_slice key = {"a", 1}, mixed[2] = {{"a", 1}, {NULL, 1}};
    kv_entry entries[2];
    kv_ns ns = fixture->ns;

    assert_status(kv_get_many(snapshot, ns, NULL, 1, 0, &fixture->buf, entries), KV_INVALID);
    assert_status(kv_get_many(snapshot, ns, &key, 1, 0, NULL, entries), KV_INVALID);
    assert_status(kv_get_many(snapshot, ns, &key, 1, 0, &fixture->buf, NULL), KV_INVALID);
    assert_status(kv_get_many(snapshot, ns, mixed, 2, 0, &fixture->buf, entries), KV_INVALID);
    mixed[1].size = 0; /* No key, which is this key's own fault. */
    assert_status(kv_get_many(snapshot, ns, mixed, 2, 0, &fixture->buf, entries), KV_OK);
    assert_status(entries[1].status, KV_KEY_MALFORMED);
    kv_snapshot_end(snapshot);
}

/** A prefix and a cursor are judged the same way in lists and counts. */
static const struct part {
    const char *name;
    kv_slice part;
    kv_status want;
} parts[] = {
    {"part: none", {NULL, 0}, KV_OK},
    {"part: NULL with a size", {NULL, 1}, KV_INVALID},
    {"part: NULL with SIZE_MAX", {NULL, SIZE_MAX}, KV_INVALID},
    {"part: a space", {"a b", 3}, KV_KEY_MALFORMED},
    {"part: half a character", {"\xC3", 1}, KV_OK},
    {"part: 512 bytes", {long_part, KV_KEY_SIZE_MAX}, KV_OK},
    {"part: 513 bytes", {long_part, KV_KEY_SIZE_MAX + 1}, KV_KEY_TOO_LONG},
    {"part: SIZE_MAX bytes", {long_part, SIZE_MAX}, KV_KEY_TOO_LONG},
};

static void test_part(void **state)
{
    struct fixture *fixture = *state;
    const struct part *row = fixture->row;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    uint64_t number;

    memset(long_part, 'k', sizeof(long_part));
    options.prefix = row->part;
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), row->want);
    assert_int_equal(list != NULL, row->want == KV_OK);
    kv_list_end(list);
    options.prefix = (kv_slice){NULL, 0};
    options.after = row->part;
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), row->want);
    kv_list_end(list);
    options.after = (kv_slice){NULL, 0};
    options.end = row->part;
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), row->want);
    kv_list_end(list);
    assert_status(kv_count(snapshot, fixture->ns, row->part, 0, &number, NULL), row->want);
    kv_snapshot_end(snapshot);
}

static void test_lists(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_ns ns = fixture->ns;

    assert_status(kv_list_begin(snapshot, ns, NULL, NULL), KV_INVALID);
    assert_status(kv_list_begin(snapshot, ns, NULL, &list), KV_OK);
    assert_status(kv_list_next(list, NULL), KV_INVALID);
    kv_list_end(list);
    options.flags = KV_LIST_KEYS_ONLY | KV_LIST_VALUES;
    assert_status(kv_list_begin(snapshot, ns, &options, &list), KV_INVALID);
    assert_null(list);
    options.flags = 1u << 4;
    assert_status(kv_list_begin(snapshot, ns, &options, &list), KV_INVALID);
    options.flags = 0;
    options.size = 0;
    assert_status(kv_list_begin(snapshot, ns, &options, &list), KV_INVALID);
    assert_status(kv_count(snapshot, ns, (kv_slice){NULL, 0}, 0, NULL, NULL), KV_INVALID);
    kv_snapshot_end(snapshot);
}

static void test_other_reads(void **state)
{
    struct fixture *fixture = *state;
    const kv_position start = {1, 1};
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_buf *buf = &fixture->buf;
    kv_error error = KV_ERROR_INIT;
    kv_change change;
    kv_ns ns = fixture->ns, id;
    size_t count;

    assert_status(kv_snapshot_error(snapshot, NULL), KV_INVALID);
    assert_status(kv_snapshot_error(snapshot, &error), KV_NOT_FOUND);
    error.size--;
    assert_status(kv_snapshot_error(snapshot, &error), KV_INVALID);

    assert_status(kv_namespace_find(snapshot, NULL, 1, &id), KV_INVALID);
    assert_status(kv_namespace_find(snapshot, "main", 4, NULL), KV_INVALID);
    assert_status(kv_namespace_find(snapshot, "main", SIZE_MAX, &id), KV_NAMESPACE_MALFORMED);
    assert_status(kv_namespace_id(fixture->db, NULL, 1, &id), KV_INVALID);
    assert_status(kv_namespace_id(fixture->db, "main", 4, NULL), KV_INVALID);
    assert_status(kv_namespace_id(fixture->db, "main", SIZE_MAX, &id), KV_NAMESPACE_MALFORMED);
    assert_status(kv_namespace_describe(snapshot, ns, NULL), KV_INVALID);
    assert_status(kv_namespace_next(snapshot, 0, NULL), KV_INVALID);
    info.size = 0;
    assert_status(kv_namespace_describe(snapshot, ns, &info), KV_INVALID);
    assert_status(kv_namespace_next(snapshot, 0, &info), KV_INVALID);
    assert_status(kv_settings_get(snapshot, NULL), KV_INVALID);
    assert_status(kv_snapshot_info(snapshot, NULL, NULL), KV_OK);
    assert_status(kv_changes_read(snapshot, start, NULL, &change, 1, &count), KV_INVALID);
    assert_status(kv_changes_read(snapshot, start, buf, NULL, 1, &count), KV_INVALID);
    assert_status(kv_changes_read(snapshot, start, buf, &change, 0, &count), KV_INVALID);
    assert_status(kv_changes_read(snapshot, start, buf, &change, 1, NULL), KV_INVALID);
    kv_snapshot_end(snapshot);
    assert_status(kv_snapshot_begin(fixture->db, NULL), KV_INVALID);
}

static void test_batches(void **state)
{
    struct fixture *fixture = *state;
    kv_db *db = fixture->db;
    kv_ns ns = fixture->ns;
    kv_op op = op_put("a", "1");
    kv_verdict verdict;
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_prepared *prepared = NULL, *none = NULL;
    uint64_t sequence = kv_sequence(db);

    assert_status(kv_batch(db, ns, NULL, 1, NULL, &verdict, NULL), KV_INVALID);
    assert_status(verdict.status, KV_INVALID);
    assert_status(kv_batch(db, ns, &op, 0, NULL, &verdict, NULL), KV_INVALID);
    assert_status(kv_batch(db, ns, NULL, 0, NULL, NULL, NULL), KV_INVALID);
    assert_status(kv_batch(db, ns, &op, SIZE_MAX, NULL, NULL, NULL), KV_TOO_MANY_KEYS);
    options.size = 0;
    assert_status(kv_batch(db, ns, &op, 1, &options, &verdict, NULL), KV_INVALID);
    options.size = SIZE_MAX;
    assert_status(kv_batch(db, ns, &op, 1, &options, &verdict, NULL), KV_INVALID);
    assert_status(kv_put(db, ns, NULL, &verdict), KV_INVALID);
    assert_status(kv_delete(db, ns, NULL, 1, &verdict), KV_INVALID);
    assert_status(kv_delete(db, ns, NULL, 0, &verdict), KV_KEY_MALFORMED);
    assert_status(kv_prepare(db, ns, NULL, 1, NULL, &verdict, &prepared), KV_INVALID);
    assert_status(kv_prepare(db, ns, &op, 0, NULL, &verdict, &prepared), KV_INVALID);
    verdict.status = KV_OK;
    assert_status(kv_prepare(db, ns, &op, 1, NULL, &verdict, NULL), KV_INVALID);
    assert_status(verdict.status, KV_INVALID);
    assert_status(kv_commit(db, NULL, 1, NULL), KV_INVALID);
    assert_status(kv_commit(db, &none, 1, NULL), KV_INVALID);
    assert_status(kv_commit(db, &none, 0, NULL), KV_INVALID);
    assert_status(kv_batch_outcome(db, NULL), KV_INVALID);
    assert_int_equal(kv_sequence(db), sequence);
}

static void test_other_writes(void **state)
{
    struct fixture *fixture = *state;
    kv_db *db = fixture->db;
    kv_ns ns = fixture->ns, id;
    kv_work work = KV_WORK_INIT;
    uint64_t sequence = kv_sequence(db);

    assert_status(kv_namespace_create(db, NULL, 1, &id), KV_INVALID);
    assert_status(kv_namespace_create(db, "a", SIZE_MAX, &id), KV_NAMESPACE_MALFORMED);
    assert_status(kv_namespace_create(db, "a", 1, NULL), KV_INVALID);
    assert_status(kv_namespace_rename(db, ns, NULL, 1), KV_INVALID);
    assert_status(kv_namespace_rename(db, ns, "a", SIZE_MAX), KV_NAMESPACE_MALFORMED);
    assert_status(kv_namespace_set(db, ns, 0, "x", SIZE_MAX), KV_INVALID);
    assert_status(kv_namespace_set(db, ns, 0, NULL, 5), KV_INVALID);
    assert_status(kv_settings_set(db, NULL), KV_INVALID);
    work.size = 0;
    assert_status(kv_sweep(db, &work), KV_INVALID);
    work.size = SIZE_MAX;
    assert_status(kv_sweep(db, &work), KV_INVALID);
    assert_int_equal(kv_sequence(db), sequence);
}

static void test_stats(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;

    assert_status(kv_stats_get(fixture->db, NULL), KV_INVALID);
    assert_status(kv_stats_text(NULL, &fixture->buf), KV_INVALID);
    assert_status(kv_stats_text(&stats, NULL), KV_INVALID);
    stats.size = 0;
    assert_status(kv_stats_get(fixture->db, &stats), KV_INVALID);
    assert_status(kv_stats_text(&stats, &fixture->buf), KV_INVALID);
}

/* Each row spoils one field of a put, or makes it something else. */
static void spoil_kind(kv_op *op)
{
    op->kind = 3;
}
static void spoil_kind_max(kv_op *op)
{
    op->kind = UINT32_MAX;
}
static void spoil_flags(kv_op *op)
{
    op->flags = 1u << 4;
}
static void spoil_flags_max(kv_op *op)
{
    op->flags = UINT32_MAX;
}
static void spoil_reserved_first(kv_op *op)
{
    op->reserved[0] = 1;
}
static void spoil_reserved_second(kv_op *op)
{
    op->reserved[1] = UINT64_MAX;
}
static void spoil_key_null(kv_op *op)
{
    op->key = NULL;
}
static void spoil_value_null(kv_op *op)
{
    op->value = NULL;
}
static void spoil_metadata_null(kv_op *op)
{
    op->metadata_size = 1;
}
static void spoil_key_size(kv_op *op)
{
    op->key_size = SIZE_MAX;
}
static void spoil_value_size(kv_op *op)
{
    op->value_size = SIZE_MAX;
}
static void spoil_value_size_less(kv_op *op)
{
    op->value_size = SIZE_MAX - 1000;
}
static void spoil_metadata_size(kv_op *op)
{
    op->metadata = "x";
    op->metadata_size = SIZE_MAX;
}
static void spoil_all_sizes(kv_op *op)
{
    op->metadata = "x";
    op->key_size = op->value_size = op->metadata_size = SIZE_MAX / 2;
}
static void spoil_key_empty(kv_op *op)
{
    op->key = NULL;
    op->key_size = 0;
}
static void spoil_value_empty(kv_op *op)
{
    op->value = NULL;
    op->value_size = 0;
}

static const struct row {
    const char *name;
    void (*spoil)(kv_op *op);
    kv_status want;
} rows[] = {
    {"op: an unknown kind", spoil_kind, KV_INVALID},
    {"op: kind UINT32_MAX", spoil_kind_max, KV_INVALID},
    {"op: an unknown flag", spoil_flags, KV_INVALID},
    {"op: all flags", spoil_flags_max, KV_INVALID},
    {"op: reserved, first", spoil_reserved_first, KV_INVALID},
    {"op: reserved, second", spoil_reserved_second, KV_INVALID},
    {"op: key NULL with a size", spoil_key_null, KV_INVALID},
    {"op: value NULL with a size", spoil_value_null, KV_INVALID},
    {"op: metadata NULL with a size", spoil_metadata_null, KV_INVALID},
    {"op: key size SIZE_MAX", spoil_key_size, KV_KEY_TOO_LONG},
    {"op: value size SIZE_MAX", spoil_value_size, KV_VALUE_TOO_LONG},
    {"op: value size near SIZE_MAX", spoil_value_size_less, KV_VALUE_TOO_LONG},
    {"op: metadata size SIZE_MAX", spoil_metadata_size, KV_METADATA_TOO_LONG},
    {"op: sizes whose sum wraps", spoil_all_sizes, KV_KEY_TOO_LONG},
    {"op: no key", spoil_key_empty, KV_KEY_MALFORMED},
    {"op: no value", spoil_value_empty, KV_OK},
};

static void test_op(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_op ops[3] = {op_put("before", "1"), op_put("spoilt", "2"), op_put("behind", "3")};
    kv_verdict verdicts[3];

    row->spoil(&ops[1]);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_OK);
    assert_status(verdicts[1].status, row->want);
    assert_status(verdicts[2].status, KV_OK);
    fixture_expect(fixture, "before", "1");
    fixture_expect(fixture, "behind", "3");
    assert_status(kv_put(fixture->db, fixture->ns, &ops[1], NULL), row->want);
}

static const struct CMUnitTest plain_tests[] = {
    EMPTY_TEST("arguments: open", test_open),
    EMPTY_TEST("arguments: an error struct of another size", test_error_size),
    EMPTY_TEST("arguments: a path of 6,000 bytes", test_long_path),
    EMPTY_TEST("arguments: a NULL handle", test_null_handles),
    EMPTY_TEST("arguments: no snapshot", test_null_snapshot),
    STORE_TEST("arguments: gets", test_gets),
    STORE_TEST("arguments: get_many", test_get_many),
    STORE_TEST("arguments: lists and counts", test_lists),
    STORE_TEST("arguments: other reads", test_other_reads),
    STORE_TEST("arguments: batches", test_batches),
    STORE_TEST("arguments: other writes", test_other_writes),
    STORE_TEST("arguments: statistics", test_stats),
};

int main(void)
{
    run_rows(rows, test_op, fixture_setup, fixture_teardown);
    run_rows(parts, test_part, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: arguments");
}
