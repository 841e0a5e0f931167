/* Namespaces: names, ids, descriptions, dropping and what comes after. */
#include "support/faults.h"
#include "support/fixture.h"
#include "support/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct row {
    const char *name;
    const char *given;
    size_t size;
    kv_status want;
} rows[] = {
    {"namespace name: one letter", "a", 1, KV_OK},
    {"namespace name: all kinds of characters", "aZ09-_", 6, KV_OK},
    {"namespace name: 64 bytes", "0123456789012345678901234567890123456789012345678901234567890123",
     64, KV_OK},
    {"namespace name: 65 bytes",
     "01234567890123456789012345678901234567890123456789012345678901234", 65,
     KV_NAMESPACE_MALFORMED},
    {"namespace name: empty", "", 0, KV_NAMESPACE_MALFORMED},
    {"namespace name: a space", "a b", 3, KV_NAMESPACE_MALFORMED},
    {"namespace name: a slash", "a/b", 3, KV_NAMESPACE_MALFORMED},
    {"namespace name: a dot", ".", 1, KV_NAMESPACE_MALFORMED},
    {"namespace name: a NUL", "a\0b", 3, KV_NAMESPACE_MALFORMED},
    {"namespace name: not ASCII", "\xC3\xA9", 2, KV_NAMESPACE_MALFORMED},
    {"namespace name: there already", "main", 4, KV_NAMESPACE_EXISTS},
    {"namespace name: there in other case", "MaIn", 4, KV_NAMESPACE_EXISTS},
};

static void test_name(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_snapshot *snapshot;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_ns id = 0, found = 0;

    assert_status(kv_namespace_create(fixture->db, row->given, row->size, &id), row->want);
    snapshot = fixture_snapshot(fixture);
    if (row->want == KV_OK) {
        assert_status(kv_namespace_find(snapshot, row->given, row->size, &found), KV_OK);
        assert_int_equal(found, id);
        assert_status(kv_namespace_describe(snapshot, id, &info), KV_OK);
        assert_int_equal(strlen(info.name), row->size);
        assert_memory_equal(info.name, row->given, row->size);
        assert_status(kv_namespace_id(fixture->db, row->given, row->size, &found), KV_OK);
        assert_int_equal(found, id);
    } else if (row->want == KV_NAMESPACE_EXISTS) {
        assert_int_equal(id, fixture->ns);
    } else if (row->want == KV_NAMESPACE_MALFORMED) {
        assert_status(kv_namespace_id(fixture->db, row->given, row->size, &found),
                      KV_NAMESPACE_MALFORMED);
        assert_status(kv_namespace_rename(fixture->db, fixture->ns, row->given, row->size),
                      KV_NAMESPACE_MALFORMED);
        assert_status(kv_namespace_find(snapshot, row->given, row->size, &found),
                      KV_NAMESPACE_MALFORMED);
    }
    kv_snapshot_end(snapshot);
}

static void test_case(void **state)
{
    struct fixture *fixture = *state;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_snapshot *snapshot;
    kv_ns id, found;

    assert_status(kv_namespace_create(fixture->db, "Site", 4, &id), KV_OK);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_namespace_find(snapshot, "sITE", 4, &found), KV_OK);
    assert_int_equal(found, id);
    assert_status(kv_namespace_describe(snapshot, id, &info), KV_OK);
    assert_string_equal(info.name, "Site");
    assert_int_equal(info.created_at, FAKE_CLOCK_START);
    assert_true(info.capacity == KV_NAMESPACE_CAPACITY_DEFAULT);
    assert_string_equal(info.description, "");
    assert_status(kv_namespace_find(snapshot, "other", 5, &found), KV_NAMESPACE_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

/* What the look-up without a snapshot answers is always the present. */
static void test_id(void **state)
{
    struct fixture *fixture = *state;
    kv_ns id = 99, second;

    assert_status(kv_namespace_id(fixture->db, "other", 5, &id), KV_NAMESPACE_NOT_FOUND);
    assert_int_equal(id, 99);
    assert_status(kv_namespace_create(fixture->db, "Other", 5, &second), KV_OK);
    assert_status(kv_namespace_id(fixture->db, "oTHER", 5, &id), KV_OK);
    assert_int_equal(id, second);
    assert_status(kv_namespace_drop(fixture->db, second), KV_OK);
    assert_status(kv_namespace_id(fixture->db, "Other", 5, &id), KV_NAMESPACE_NOT_FOUND);
}

static void test_set(void **state)
{
    struct fixture *fixture = *state;
    kv_namespace_info info;
    char text[KV_DESCRIPTION_SIZE_MAX + 1];

    memset(text, 'd', sizeof(text));
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 5000, "what it is", 10), KV_OK);
    info = fixture_describe(fixture, fixture->ns);
    assert_int_equal(info.capacity, 5000);
    assert_string_equal(info.description, "what it is");
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 0, text, KV_DESCRIPTION_SIZE_MAX),
                  KV_OK);
    info = fixture_describe(fixture, fixture->ns);
    assert_int_equal(info.capacity, 5000);
    assert_int_equal(strlen(info.description), KV_DESCRIPTION_SIZE_MAX);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 0, text, sizeof(text)), KV_INVALID);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, KV_CAPACITY_UNLIMITED, NULL, 0),
                  KV_OK);
    info = fixture_describe(fixture, fixture->ns);
    assert_true(info.capacity == KV_CAPACITY_UNLIMITED);
    assert_int_equal(strlen(info.description), KV_DESCRIPTION_SIZE_MAX);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 0, "", 0), KV_OK);
    assert_string_equal(fixture_describe(fixture, fixture->ns).description, "");
    assert_status(kv_namespace_set(fixture->db, 4000000000u, 1, NULL, 0), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_set(fixture->db, 0, 1, NULL, 0), KV_NAMESPACE_NOT_FOUND);
}

/* ---- Renaming. "main" has a key and a description; "Other" and a dropped "gone" are there. */

static const struct rename {
    const char *name, *given;
    kv_status want;
} renames[] = {
    {"rename: a new name", "Second", KV_OK},
    {"rename: its own", "main", KV_OK},
    {"rename: its own in other case", "MAIN", KV_OK},
    {"rename: a longer one that begins with it", "main-2", KV_OK},
    {"rename: a dropped one's", "gone", KV_OK},
    {"rename: another's", "Other", KV_NAMESPACE_EXISTS},
    {"rename: another's in other case", "oTHER", KV_NAMESPACE_EXISTS},
    {"rename: malformed", "a b", KV_NAMESPACE_MALFORMED},
};

static void expect_named(struct fixture *fixture, kv_ns ns, const char *name)
{
    kv_ns id = 0;

    assert_string_equal(fixture_describe(fixture, ns).name, name);
    assert_status(kv_namespace_id(fixture->db, name, strlen(name), &id), KV_OK);
    assert_int_equal(id, ns);
}

static void test_rename(void **state)
{
    struct fixture *fixture = *state;
    const struct rename *row = fixture->row;
    kv_ns other, gone, id;

    fixture_put(fixture, "a", "1");
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 5000, "what", 4), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "Other", 5, &other), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    for (int round = 0; round < 2; round++) { /* As it is, and when the store is opened anew. */
        assert_status(kv_namespace_rename(fixture->db, fixture->ns, row->given, strlen(row->given)),
                      row->want);
        expect_named(fixture, fixture->ns, row->want == KV_OK ? row->given : "main");
        expect_named(fixture, other, "Other");
        fixture_expect(fixture, "a", "1");
        assert_int_equal(fixture_describe(fixture, fixture->ns).capacity, 5000);
        assert_string_equal(fixture_describe(fixture, fixture->ns).description, "what");
        fixture_close(fixture);
        fixture_open(fixture);
    }
    /* The old name is free if and only if it has another one. */
    if (row->want == KV_OK && strcmp(row->given, "main") != 0 && strcmp(row->given, "MAIN") != 0) {
        assert_status(kv_namespace_id(fixture->db, "main", 4, &id), KV_NAMESPACE_NOT_FOUND);
        assert_status(kv_namespace_create(fixture->db, "main", 4, &id), KV_OK);
        assert_true(id > gone);
    } else {
        assert_status(kv_namespace_create(fixture->db, "main", 4, &id), KV_NAMESPACE_EXISTS);
        assert_int_equal(id, fixture->ns);
    }
}

static void test_rename_nobody(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sequence;
    kv_ns gone, other;

    assert_status(kv_namespace_create(fixture->db, "gone", 4, &gone), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, gone), KV_OK);
    sequence = kv_sequence(fixture->db);
    assert_status(kv_namespace_rename(fixture->db, gone, "new", 3), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_rename(fixture->db, gone, "other", 5), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_rename(fixture->db, 0, "new", 3), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_rename(fixture->db, 4000000000u, "new", 3), KV_NAMESPACE_NOT_FOUND);
    assert_int_equal(kv_sequence(fixture->db), sequence);
}

/* Names go round among three; each is where the last rename left it, in snapshots of then too. */
static void test_rename_in_turn(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_ns b, c, id;

    assert_status(kv_namespace_create(fixture->db, "b", 1, &b), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "c", 1, &c), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, fixture->ns, "spare", 5), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, b, "MAIN", 4), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, c, "B", 1), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, fixture->ns, "c", 1), KV_OK);
    expect_named(fixture, fixture->ns, "c");
    expect_named(fixture, b, "MAIN");
    expect_named(fixture, c, "B");
    assert_status(kv_namespace_find(snapshot, "main", 4, &id), KV_OK);
    assert_int_equal(id, fixture->ns);
    kv_snapshot_end(snapshot);
    assert_status(kv_namespace_drop(fixture->db, b), KV_OK);
    assert_status(kv_namespace_id(fixture->db, "main", 4, &id), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_rename(fixture->db, c, "main", 4), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    expect_named(fixture, c, "main");
}

static void test_rename_read_only(void **state)
{
    struct fixture *fixture = *state;
    kv_ns id;

    assert_status(kv_seal(fixture->db), KV_OK);
    assert_status(kv_namespace_rename(fixture->db, fixture->ns, "new", 3), KV_READ_ONLY);
    fixture_close(fixture);
    fixture->options.flags = 0;
    fixture->options.mode = KV_OPEN_READ_ONLY;
    fixture_open(fixture);
    assert_status(kv_namespace_rename(fixture->db, fixture->ns, "new", 3), KV_READ_ONLY);
    assert_status(kv_namespace_create(fixture->db, "main", 4, &id), KV_READ_ONLY);
    expect_named(fixture, fixture->ns, "main");
}

/* A rename that fails half way leaves the old name and no trace of the new one. */
static void test_rename_memory(void **state)
{
    struct fixture *fixture = *state;
    kv_status status;
    int64_t runs = 0;
    kv_ns id;

    skip_without_memory_faults();
    do {
        memory_fail_after(runs++);
        status = kv_namespace_rename(fixture->db, fixture->ns, "new", 3);
        memory_fail_after(-1);
        if (status == KV_OK)
            break;
        assert_status(status, KV_NO_MEMORY);
        assert_status(kv_namespace_id(fixture->db, "new", 3, &id), KV_NAMESPACE_NOT_FOUND);
        expect_named(fixture, fixture->ns, "main");
    } while (runs < 1000);
    assert_status(status, KV_OK);
    assert_true(runs > 1);
    expect_named(fixture, fixture->ns, "new");
}

static void test_rename_syscalls(void **state)
{
    static const enum faults_call calls[] = {FAULTS_PWRITE, FAULTS_WRITEV, FAULTS_FDATASYNC};
    struct fixture *fixture = *state;
    uint64_t fired = 0;
    kv_ns id;

    for (size_t i = 0; i < COUNT(calls); i++) {
        kv_status status;

        faults_reset();
        faults_fail(calls[i], EIO, 0, 1);
        status = kv_namespace_rename(fixture->db, fixture->ns, "new", 3);
        fired += faults_fired(calls[i]);
        assert_status(status, faults_fired(calls[i]) > 0 ? KV_IO : KV_OK);
        faults_reset();
        if (status == KV_OK)
            assert_status(kv_namespace_rename(fixture->db, fixture->ns, "main", 4), KV_OK);
        assert_status(kv_namespace_id(fixture->db, "new", 3, &id), KV_NAMESPACE_NOT_FOUND);
        expect_named(fixture, fixture->ns, "main");
    }
    assert_true(fired > 0);
}

static void test_dropped_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "2");
    kv_snapshot *snapshot;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_slice value;
    kv_list *list;
    kv_entry entry;
    kv_slice key = {"a", 1};
    uint64_t count;
    kv_ns id;

    fixture_put(fixture, "a", "1");
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_NAMESPACE_NOT_FOUND);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value),
                  KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_get_entry(snapshot, fixture->ns, "a", 1, KV_GET_FACTS, NULL, &entry),
                  KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_get_many(snapshot, fixture->ns, &key, 1, 0, &fixture->buf, &entry),
                  KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_list_begin(snapshot, fixture->ns, NULL, &list), KV_NAMESPACE_NOT_FOUND);
    assert_null(list);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){NULL, 0}, 0, &count, NULL),
                  KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &info), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_find(snapshot, "main", 4, &id), KV_NAMESPACE_NOT_FOUND);
    assert_status(kv_namespace_next(snapshot, 0, &info), KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

static void test_name_free_at_once(void **state)
{
    struct fixture *fixture = *state;
    kv_ns old = fixture->ns;

    fixture_put(fixture, "a", "1");
    assert_status(kv_namespace_drop(fixture->db, old), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "MAIN", 4, &fixture->ns), KV_OK);
    assert_true(fixture->ns > old);
    fixture_expect_absent(fixture, "a");
    assert_int_equal(fixture_usage(fixture, fixture->ns), 0);
    fixture_put(fixture, "a", "2");
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    fixture_expect(fixture, "a", "2");
    assert_status(kv_namespace_drop(fixture->db, old), KV_NAMESPACE_NOT_FOUND);
}

static void test_old_snapshot_still_sees_it(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_slice value;

    fixture_put(fixture, "a", "1");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value), KV_OK);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, &fixture->buf, &value),
                  KV_NAMESPACE_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

static void test_space_comes_back(void **state)
{
    struct fixture *fixture = *state;
    kv_stats stats = KV_STATS_INIT;
    char key[32];

    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        fixture_put(fixture, key, "value");
    }
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
    assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
    assert_int_equal(stats.store_keys, 0);
    assert_int_equal(stats.store_namespaces, 0);
    assert_int_equal(stats.store_namespaces_dropped, 0);
}

static void test_next(void **state)
{
    struct fixture *fixture = *state;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_ns ids[4] = {fixture->ns};
    kv_snapshot *snapshot;
    kv_ns after = 0;

    assert_status(kv_namespace_create(fixture->db, "z", 1, &ids[1]), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "gone", 4, &ids[2]), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "a", 1, &ids[3]), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, ids[2]), KV_OK);
    snapshot = fixture_snapshot(fixture);
    for (size_t i = 0; i < 4; i++) {
        if (i == 2)
            continue;
        assert_status(kv_namespace_next(snapshot, after, &info), KV_OK);
        assert_int_equal(info.id, ids[i]);
        after = info.id;
    }
    assert_status(kv_namespace_next(snapshot, after, &info), KV_NOT_FOUND);
    assert_status(kv_namespace_next(snapshot, UINT32_MAX, &info), KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

static void test_namespaces_full(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_ns id, second;

    settings.namespaces_max = 2;
    fixture_create(fixture, &settings);
    assert_status(kv_namespace_create(fixture->db, "second", 6, &second), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "third", 5, &id), KV_NAMESPACES_FULL);
    assert_status(kv_namespace_create(fixture->db, "second", 6, &id), KV_NAMESPACE_EXISTS);
    assert_status(kv_namespace_drop(fixture->db, second), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "third", 5, &id), KV_OK);
}

static void test_other_sizes(void **state)
{
    struct fixture *fixture = *state;
    struct {
        kv_namespace_info info;
        uint64_t tail[4];
    } newer;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    memset(&newer, 0x5A, sizeof(newer));
    newer.info.size = sizeof(newer);
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &newer.info), KV_OK);
    assert_int_equal(newer.info.id, fixture->ns);
    assert_true(newer.tail[0] == UINT64_C(0x5A5A5A5A5A5A5A5A));
    newer.info.size = offsetof(kv_namespace_info, description);
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &newer.info), KV_INVALID);
    kv_snapshot_end(snapshot);
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("namespace: found in any case, shown as given", test_case),
    STORE_TEST("namespace: its id as it is now", test_id),
    STORE_TEST("namespace: set", test_set),
    STORE_TEST("rename: of nobody", test_rename_nobody),
    STORE_TEST("rename: names go round", test_rename_in_turn),
    STORE_TEST("rename: sealed, and read-only", test_rename_read_only),
    STORE_TEST("rename: each allocation fails once", test_rename_memory),
    FAULTS_STORE_TEST("rename: system calls fail", test_rename_syscalls),
    STORE_TEST("namespace: a dropped one is unknown to every call", test_dropped_is_unknown),
    STORE_TEST("namespace: a dropped name is free at once", test_name_free_at_once),
    STORE_TEST("namespace: an older snapshot still sees it", test_old_snapshot_still_sees_it),
    STORE_TEST("namespace: a dropped one's space comes back", test_space_comes_back),
    STORE_TEST("namespace: next", test_next),
    EMPTY_TEST("namespace: namespaces_max", test_namespaces_full),
    STORE_TEST("namespace: an info of another size", test_other_sizes),
};

int main(void)
{
    run_rows(rows, test_name, fixture_setup, fixture_teardown);
    run_rows(renames, test_rename, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: namespaces");
}
