/* kv_changes_select(): which changes a filter lets through, and how far one call looks. */
#include "support/fixture.h"

#include <stdio.h>
#include <string.h>

#define CHANGES_MAX 64

/* One history: in "main" (a), in "other" (b), and what happens to the namespaces themselves. Its
   changes by letter, in order:
     p put a/1    q put a/2    r put b/1    s set b    t put aa/1 (main)    u settings
     v create c   w delete a/1 x drop c     y put "z" (main)                z drop b */
static const char history[] = "pqrstuvwxyz";

struct told {
    struct fixture *fixture;
    kv_position start;
    kv_ns other, third;
};

static void put(struct fixture *fixture, kv_ns ns, const char *key)
{
    kv_op op = op_put(key, "1");

    assert_status(kv_put(fixture->db, ns, &op, NULL), KV_OK);
}

static struct told tell(struct fixture *fixture)
{
    struct told told = {.fixture = fixture};
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &told.other), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_snapshot_info(snapshot, &told.start, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    put(fixture, fixture->ns, "a/1");
    put(fixture, fixture->ns, "a/2");
    put(fixture, told.other, "b/1");
    assert_status(kv_namespace_set(fixture->db, told.other, 5000, NULL, 0), KV_OK);
    put(fixture, fixture->ns, "aa/1");
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "third", 5, &told.third), KV_OK);
    assert_status(kv_delete(fixture->db, fixture->ns, "a/1", 3, NULL), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, told.third), KV_OK);
    put(fixture, fixture->ns, "z");
    assert_status(kv_namespace_drop(fixture->db, told.other), KV_OK);
    return told;
}

static const struct row {
    const char *name;
    char ns;            /* 'm'ain, 'o'ther, 't'hird, 'n'obody's; 0: all. */
    const char *prefix; /* NULL: none. */
    const char *want;   /* Letters of history[]. */
} rows[] = {
    {"select: all", 0, NULL, "pqrstuvwxyz"},
    {"select: one namespace", 'm', NULL, "pqtwy"},
    {"select: a namespace that was dropped", 'o', NULL, "rsz"},
    {"select: a namespace that came and went", 't', NULL, "vx"},
    {"select: a namespace that never was", 'n', NULL, ""},
    {"select: a prefix", 'm', "a/", "pqw"},
    {"select: a prefix that is a key", 'm', "z", "y"},
    {"select: a prefix longer than the key", 'm', "zz", ""},
    {"select: a prefix, and what happens to the namespace", 'o', "none", "sz"},
    {"select: a prefix of the namespace's own name is none", 't', "th", "vx"},
    {"select: a prefix in all namespaces", 0, "b", "rsuvxz"},
    {"select: a prefix without keys in all namespaces", 0, "none", "suvxz"},
};

static kv_changes_filter filter_of(const struct row *row, const struct told *told)
{
    kv_changes_filter filter = KV_CHANGES_FILTER_INIT;

    switch (row->ns) {
    case 'm':
        filter.ns = told->fixture->ns;
        break;
    case 'o':
        filter.ns = told->other;
        break;
    case 't':
        filter.ns = told->third;
        break;
    case 'n':
        filter.ns = 999;
        break;
    }
    if (row->prefix != NULL)
        filter.prefix = (kv_slice){row->prefix, strlen(row->prefix)};
    return filter;
}

/* Every room there is: the same changes, in portions. */
static void test_row(void **state)
{
    const struct row *row = ((struct fixture *)*state)->row;
    struct told told = tell(*state);
    kv_changes_filter filter = filter_of(row, &told);
    kv_snapshot *snapshot = fixture_snapshot(told.fixture);
    uint64_t end = told.start.sequence + strlen(history);

    for (size_t room = 1; room <= strlen(history); room++) {
        char got[CHANGES_MAX] = "";
        size_t found = 0;
        kv_position at = told.start;
        while (at.sequence < end) {
            kv_change changes[CHANGES_MAX];
            uint64_t looked;
            size_t count;
            assert_status(kv_changes_select(snapshot, &filter, at, &told.fixture->buf, changes,
                                            room, &count, &looked),
                          KV_OK);
            assert_in_range(looked, at.sequence + 1, end);
            assert_true(count <= room);
            for (size_t i = 0; i < count; i++) {
                assert_in_range(changes[i].sequence, at.sequence + 1, looked);
                got[found++] = history[changes[i].sequence - told.start.sequence - 1];
                at.sequence = changes[i].sequence;
            }
            at.sequence = looked;
        }
        assert_string_equal(got, row->want);
    }
    kv_snapshot_end(snapshot);
}

/** At the end there is nothing, and the place stays. */
static void test_nothing_newer(void **state)
{
    struct told told = tell(*state);
    kv_snapshot *snapshot = fixture_snapshot(told.fixture);
    kv_position at;
    kv_change change;
    uint64_t looked = 0;
    size_t count = 9;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    assert_status(
        kv_changes_select(snapshot, NULL, at, &told.fixture->buf, &change, 1, &count, &looked),
        KV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(looked, at.sequence);
    at.sequence++;
    assert_status(
        kv_changes_select(snapshot, NULL, at, &told.fixture->buf, &change, 1, &count, &looked),
        KV_CHANGES_TRIMMED);
    assert_int_equal(count, 0);
    kv_snapshot_end(snapshot);
}

/** A transaction of which some changes match: the mark stands where the log has it. */
static void test_last(void **state)
{
    static const struct {
        const char *prefix;
        uint32_t flags;
    } wants[] = {{"a", 0}, {"b", 0}, {"c", KV_CHANGE_LAST}};
    struct fixture *fixture = *state;
    kv_op ops[3] = {op_put("a", "1"), op_put("b", "1"), op_put("c", "1")};
    kv_position start, end;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kv_snapshot_info(snapshot, &start, NULL), KV_OK);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, NULL, NULL), KV_OK);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_snapshot_info(snapshot, &end, NULL), KV_OK);
    for (size_t i = 0; i < COUNT(wants); i++) {
        kv_changes_filter filter = KV_CHANGES_FILTER_INIT;
        kv_change changes[4];
        uint64_t looked;
        size_t count;
        filter.prefix = (kv_slice){wants[i].prefix, 1};
        assert_status(
            kv_changes_select(snapshot, &filter, start, &fixture->buf, changes, 4, &count, &looked),
            KV_OK);
        assert_int_equal(count, 1);
        assert_int_equal(changes[0].flags, wants[i].flags);
        assert_memory_equal(changes[0].key.data, wants[i].prefix, 1);
        assert_int_equal(looked, end.sequence); /* So the transaction has been seen whole. */
    }
    kv_snapshot_end(snapshot);
}

/* That many puts, in batches. */
static void put_many(struct fixture *fixture, uint64_t count)
{
    static char keys[KV_BATCH_COUNT_DEFAULT][12];
    static kv_op ops[KV_BATCH_COUNT_DEFAULT];

    while (count > 0) {
        size_t some = count < COUNT(ops) ? (size_t)count : COUNT(ops);
        for (size_t i = 0; i < some; i++) {
            (void)snprintf(keys[i], sizeof(keys[i]), "k%05zu", i);
            ops[i] = op_put(keys[i], "");
        }
        assert_status(kv_batch(fixture->db, fixture->ns, ops, some, NULL, NULL, NULL), KV_OK);
        count -= some;
    }
}

/** A call skips so many changes and no more; what matches is not counted. */
static void test_bound(void **state)
{
    struct fixture *fixture = *state;
    kv_changes_filter filter = KV_CHANGES_FILTER_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;
    kv_change changes[4];
    uint64_t looked, start;
    size_t count;
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    start = at.sequence;
    put(fixture, other, "first");
    put_many(fixture, KV_CHANGES_SKIP_MAX);
    put(fixture, other, "last");
    put_many(fixture, 1);
    put(fixture, other, "beyond");
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    filter.ns = other;
    assert_status(
        kv_changes_select(snapshot, &filter, at, &fixture->buf, changes, 4, &count, &looked),
        KV_OK);
    assert_int_equal(count, 2); /* The 65,537th that does not match ends the call. */
    assert_memory_equal(changes[0].key.data, "first", 5);
    assert_memory_equal(changes[1].key.data, "last", 4);
    assert_int_equal(looked, start + 2 + KV_CHANGES_SKIP_MAX);
    at.sequence = looked;
    assert_status(
        kv_changes_select(snapshot, &filter, at, &fixture->buf, changes, 4, &count, &looked),
        KV_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(changes[0].key.data, "beyond", 6);
    filter.ns = 999;
    at.sequence = start;
    assert_status(
        kv_changes_select(snapshot, &filter, at, &fixture->buf, changes, 4, &count, &looked),
        KV_OK);
    assert_int_equal(count, 0);
    assert_int_equal(looked, start + KV_CHANGES_SKIP_MAX);
    kv_snapshot_end(snapshot);
}

static char long_prefix[KV_KEY_SIZE_MAX + 1];

static const struct bad_row {
    const char *name;
    kv_changes_filter filter;
    kv_status want;
} bad_rows[] = {
    {"select: as KV_CHANGES_FILTER_INIT", KV_CHANGES_FILTER_INIT, KV_OK},
    {"select: size 0", {.size = 0}, KV_INVALID},
    {"select: size SIZE_MAX", {.size = SIZE_MAX}, KV_INVALID},
    {"select: reserved", {.size = sizeof(kv_changes_filter), .reserved = 1}, KV_INVALID},
    {"select: a prefix without bytes",
     {.size = sizeof(kv_changes_filter), .prefix = {NULL, 1}},
     KV_INVALID},
    {"select: a prefix with a space",
     {.size = sizeof(kv_changes_filter), .prefix = {"a b", 3}},
     KV_KEY_MALFORMED},
    {"select: the longest prefix",
     {.size = sizeof(kv_changes_filter), .prefix = {long_prefix, KV_KEY_SIZE_MAX}},
     KV_OK},
    {"select: a prefix too long",
     {.size = sizeof(kv_changes_filter), .prefix = {long_prefix, KV_KEY_SIZE_MAX + 1}},
     KV_KEY_TOO_LONG},
    {"select: a prefix that cuts a character",
     {.size = sizeof(kv_changes_filter), .prefix = {"\xC3", 1}},
     KV_OK},
};

static void test_bad(void **state)
{
    struct fixture *fixture = *state;
    const struct bad_row *row = fixture->row;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;
    kv_change change;
    uint64_t looked;
    size_t count;

    memset(long_prefix, 'p', sizeof(long_prefix));
    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    assert_status(
        kv_changes_select(snapshot, &row->filter, at, &fixture->buf, &change, 1, &count, &looked),
        row->want);
    kv_snapshot_end(snapshot);
}

/** A filter of a later header: what is not known here must be zero. */
static void test_newer_filter(void **state)
{
    struct fixture *fixture = *state;
    struct {
        kv_changes_filter filter;
        uint64_t more;
    } newer = {.filter.size = sizeof(newer)};
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;
    kv_change change;
    uint64_t looked;
    size_t count;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    for (newer.more = 0; newer.more < 2; newer.more++)
        assert_status(kv_changes_select(snapshot, &newer.filter, at, &fixture->buf, &change, 1,
                                        &count, &looked),
                      newer.more == 0 ? KV_OK : KV_UNSUPPORTED);
    kv_snapshot_end(snapshot);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("select: nothing newer", test_nothing_newer),
        STORE_TEST("select: the last of a transaction", test_last),
        STORE_TEST("select: how far a call looks", test_bound),
        STORE_TEST("select: a filter of a later header", test_newer_filter),
    };

    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_rows(bad_rows, test_bad, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("api: select");
}
