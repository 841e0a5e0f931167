/* Lists. One set of keys, many ways through it: each row names what must come out, in order. */
#include "support/fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"a", "a/1", "a/2", "a0", "b", "b/1", "\xC3\xA9", "\xC3\xA9/1"};

static const struct row {
    const char *name, *prefix, *after;
    uint32_t flags;
    uint64_t skip;
    kv_status want;
    const char *listed; /* Keys with a space behind each. */
    const char *end;    /* NULL: none. */
} rows[] = {
    {"list: all", "", "", 0, 0, KV_OK, "a a/1 a/2 a0 b b/1 \xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: all in reverse", "", "", KV_LIST_REVERSE, 0, KV_OK,
     "\xC3\xA9/1 \xC3\xA9 b/1 b a0 a/2 a/1 a ", NULL},
    {"list: a prefix", "a/", "", 0, 0, KV_OK, "a/1 a/2 ", NULL},
    {"list: a prefix in reverse", "a", "", KV_LIST_REVERSE, 0, KV_OK, "a0 a/2 a/1 a ", NULL},
    {"list: the last prefix in reverse", "\xC3\xA9", "", KV_LIST_REVERSE, 0, KV_OK,
     "\xC3\xA9/1 \xC3\xA9 ", NULL},
    {"list: a prefix that cuts a character", "\xC3", "", 0, 0, KV_OK, "\xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: a prefix nothing has", "zzz", "", 0, 0, KV_OK, "", NULL},
    {"list: after a key", "", "a/2", 0, 0, KV_OK, "a0 b b/1 \xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: after a key that is not there", "", "a/15", 0, 0, KV_OK,
     "a/2 a0 b b/1 \xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: before a key, in reverse", "", "a/2", KV_LIST_REVERSE, 0, KV_OK, "a/1 a ", NULL},
    {"list: before a key that is not there", "", "a/15", KV_LIST_REVERSE, 0, KV_OK, "a/1 a ", NULL},
    {"list: after, within the prefix", "a", "a/1", 0, 0, KV_OK, "a/2 a0 ", NULL},
    {"list: after the prefix's end", "a", "b", 0, 0, KV_OK, "", NULL},
    {"list: after, ahead of the prefix", "b", "a", 0, 0, KV_OK, "b b/1 ", NULL},
    {"list: reverse from past the prefix", "a", "b", KV_LIST_REVERSE, 0, KV_OK, "a0 a/2 a/1 a ",
     NULL},
    {"list: reverse from below the prefix", "b", "a0", KV_LIST_REVERSE, 0, KV_OK, "", NULL},
    {"list: after the last", "", "\xC3\xA9/1", 0, 0, KV_OK, "", NULL},
    {"list: before the first, in reverse", "", "a", KV_LIST_REVERSE, 0, KV_OK, "", NULL},
    {"list: skip", "", "", 0, 3, KV_OK, "a0 b b/1 \xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: skip in reverse", "", "", KV_LIST_REVERSE, 6, KV_OK, "a/1 a ", NULL},
    {"list: skip past the end", "", "", 0, 8, KV_OK, "", NULL},
    {"list: skip too deep", "", "", 0, 50001, KV_TOO_LARGE, "", NULL},
    {"list: skip at the bound", "", "", 0, 50000, KV_OK, "", NULL},
    {"list: keys only", "b", "", KV_LIST_KEYS_ONLY, 0, KV_OK, "b b/1 ", NULL},
    {"list: with values", "b", "", KV_LIST_VALUES, 0, KV_OK, "b b/1 ", NULL},
    {"list: with renewal", "", "", KV_LIST_RENEW | KV_LIST_VALUES, 0, KV_OK,
     "a a/1 a/2 a0 b b/1 \xC3\xA9 \xC3\xA9/1 ", NULL},
    {"list: with renewal, in reverse", "a", "a0", KV_LIST_RENEW | KV_LIST_REVERSE, 1, KV_OK,
     "a/1 a ", NULL},
    {"list: a malformed prefix", "a b", "", 0, 0, KV_KEY_MALFORMED, "", NULL},
    {"list: a malformed cursor", "", "\x7F", 0, 0, KV_KEY_MALFORMED, "", NULL},
    {"list: a malformed end", "", "", 0, 0, KV_KEY_MALFORMED, "", "a b"},
    {"list: to a key", "", "", 0, 0, KV_OK, "a a/1 a/2 a0 ", "b"},
    {"list: to a key that is not there", "", "", 0, 0, KV_OK, "a a/1 ", "a/15"},
    {"list: to the first", "", "", 0, 0, KV_OK, "", "a"},
    {"list: to a key before the first", "", "", 0, 0, KV_OK, "", "A"},
    {"list: to a key behind the last", "b", "", 0, 0, KV_OK, "b b/1 ", "\xC3\xA9/2"},
    {"list: to half a character", "", "b", 0, 0, KV_OK, "b/1 ", "\xC3"},
    {"list: down to a key", "", "", KV_LIST_REVERSE, 0, KV_OK, "\xC3\xA9/1 \xC3\xA9 b/1 ", "b"},
    {"list: down to a key that is not there", "", "b", KV_LIST_REVERSE, 0, KV_OK, "a0 a/2 ",
     "a/15"},
    {"list: down to the last", "", "", KV_LIST_REVERSE, 0, KV_OK, "", "\xC3\xA9/1"},
    {"list: down to a key before the first", "a/", "", KV_LIST_REVERSE, 0, KV_OK, "a/2 a/1 ", "A"},
    {"list: a range", "", "a", 0, 0, KV_OK, "a/1 a/2 ", "a0"},
    {"list: a range with a prefix", "a/", "a", 0, 0, KV_OK, "a/1 ", "a/2"},
    {"list: a range that ends where it begins", "", "a/1", 0, 0, KV_OK, "", "a/1"},
    {"list: a range the wrong way round", "", "b", 0, 0, KV_OK, "", "a/1"},
    {"list: a range the wrong way round, in reverse", "", "a/1", KV_LIST_REVERSE, 0, KV_OK, "",
     "b"},
    {"list: a range and skip", "", "a", 0, 1, KV_OK, "a/2 ", "a0"},
    {"list: a range and skip past it", "", "a", 0, 2, KV_OK, "", "a0"},
    {"list: a range with renewal", "", "a", KV_LIST_RENEW, 0, KV_OK, "a/1 a/2 ", "a0"},
    {"list: a range down with renewal", "", "b", KV_LIST_RENEW | KV_LIST_REVERSE, 0, KV_OK,
     "a0 a/2 ", "a/1"},
};

static void fill(struct fixture *fixture)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        kv_op op = op_put(keys[i], keys[i]);
        char dead[16];

        op.metadata = "m";
        op.metadata_size = 1;
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        /* Expired ones in between are never seen and never skipped over. */
        op.flags = KV_OP_TTL;
        op.ttl_s = 1;
        (void)snprintf(dead, sizeof(dead), "%s-dead", keys[i]);
        op.key = dead;
        op.key_size = strlen(dead);
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    }
    fixture_advance(fixture, 1);
}

static void check_entry(const kv_entry *entry, uint32_t flags)
{
    bool values = (flags & KV_LIST_VALUES) != 0, metadata = (flags & KV_LIST_KEYS_ONLY) == 0;

    assert_status(entry->status, KV_OK);
    assert_int_equal(entry->value_size, entry->key.size);
    assert_int_equal(entry->value.size, values ? entry->key.size : 0);
    if (values)
        assert_memory_equal(entry->value.data, entry->key.data, entry->key.size);
    assert_int_equal(entry->metadata.size, metadata ? 1 : 0);
    assert_true(entry->version > 0);
}

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;
    char listed[256] = "";

    fill(fixture);
    options.prefix = (kv_slice){row->prefix, strlen(row->prefix)};
    options.after = (kv_slice){row->after, strlen(row->after)};
    if (row->end != NULL)
        options.end = (kv_slice){row->end, strlen(row->end)};
    options.flags = row->flags;
    options.skip = row->skip;
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), row->want);
    if (row->want == KV_OK) {
        while (kv_list_next(list, &entry) == KV_OK) {
            check_entry(&entry, row->flags);
            (void)strncat(listed, entry.key.data, entry.key.size);
            (void)strncat(listed, " ", sizeof(listed) - strlen(listed) - 1);
        }
        assert_status(kv_list_next(list, &entry), KV_NOT_FOUND);
        assert_string_equal(listed, row->listed);
    } else {
        assert_null(list);
    }
    kv_list_end(list);
    kv_snapshot_end(snapshot);
}

static void put_numbered(struct fixture *fixture, size_t count, const char *value)
{
    kv_op *ops = calloc(count, sizeof(*ops));
    char(*names)[32] = calloc(count, sizeof(*names));

    assert_non_null(ops);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "k%06zu", i);
        ops[i] = op_put(names[i], value);
    }
    assert_status(kv_batch(fixture->db, fixture->ns, ops, count, NULL, NULL, NULL), KV_OK);
    free(ops);
    free(names);
}

static size_t list_length(kv_list *list)
{
    char last[16] = "";
    kv_entry entry;
    size_t count = 0;

    while (kv_list_next(list, &entry) == KV_OK) {
        assert_true(strncmp(last, entry.key.data, entry.key.size) < 0);
        (void)snprintf(last, sizeof(last), "%.*s", (int)entry.key.size,
                       (const char *)entry.key.data);
        count++;
    }
    return count;
}

/** A list over a snapshot is one view, whatever is written meanwhile. */
static void test_one_view(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;

    put_numbered(fixture, 5000, "old");
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, NULL, &list), KV_OK);
    assert_status(kv_list_next(list, &entry), KV_OK);
    for (int i = 0; i < 5000; i += 2) {
        char key[32];

        (void)snprintf(key, sizeof(key), "k%06d", i);
        assert_status(kv_delete(fixture->db, fixture->ns, key, strlen(key), NULL), KV_OK);
    }
    assert_int_equal(list_length(list), 4999);
    kv_list_end(list);
    kv_snapshot_end(snapshot);
}

/** With renewal the snapshot may end at once, and what is new further on may be seen. */
static void test_renewing(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;
    size_t count;

    put_numbered(fixture, 5000, "old");
    options.flags = KV_LIST_RENEW;
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kv_list_next(list, &entry), KV_OK);
    fixture_put(fixture, "k999999", "new");
    assert_status(kv_delete(fixture->db, fixture->ns, "k000000", 7, NULL), KV_OK);
    count = list_length(list);
    assert_true(count == 4999 || count == 5000);
    kv_list_end(list);
}

static void test_renewing_dropped(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;
    kv_status status;

    put_numbered(fixture, 9000, "old");
    options.flags = KV_LIST_RENEW;
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    kv_snapshot_end(snapshot);
    assert_status(kv_list_next(list, &entry), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    while ((status = kv_list_next(list, &entry)) == KV_OK)
        continue;
    assert_status(status, KV_NAMESPACE_NOT_FOUND);
    kv_list_end(list);
}

/** Large and compressed values come through a list as they were put. */
static void test_large_values(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    static char large[200000];
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;
    kv_op op;

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(large); i++)
            large[i] = (char)(round == 0 ? i / 100 : (i * i * 2654435761u) >> 13);
        for (int c = 'a'; c < 'f'; c++) {
            char key[2] = {(char)c, '\0'};

            op = op_put(key, "");
            op.value = large;
            op.value_size = sizeof(large) - (size_t)c;
            assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        }
        options.flags = round == 0 ? KV_LIST_VALUES : KV_LIST_VALUES | KV_LIST_RENEW;
        snapshot = fixture_snapshot(fixture);
        assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
        for (int c = 'a'; c < 'f'; c++) {
            assert_status(kv_list_next(list, &entry), KV_OK);
            assert_int_equal(entry.value.size, sizeof(large) - (size_t)c);
            assert_memory_equal(entry.value.data, large, entry.value.size);
        }
        assert_status(kv_list_next(list, &entry), KV_NOT_FOUND);
        kv_list_end(list);
        kv_snapshot_end(snapshot);
    }
}

/** A cursor of one page is the last key of the page before: nothing twice, nothing missed. */
static void test_pages(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    char after[16] = "";
    size_t count = 0, page;

    put_numbered(fixture, 1003, "x");
    do {
        kv_snapshot *snapshot = fixture_snapshot(fixture);
        kv_list *list;
        kv_entry entry;

        options.after = (kv_slice){after, strlen(after)};
        assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
        for (page = 0; page < 100 && kv_list_next(list, &entry) == KV_OK; page++) {
            (void)snprintf(after, sizeof(after), "%.*s", (int)entry.key.size,
                           (const char *)entry.key.data);
            assert_int_equal(strtoul(after + 1, NULL, 10), count);
            count++;
        }
        kv_list_end(list);
        kv_snapshot_end(snapshot);
    } while (page == 100);
    assert_int_equal(count, 1003);
}

/** The end holds in every buffer that a renewing list fills, and whatever is put behind it. */
static void test_end_of_many(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot = NULL;
    char end[] = "k000700";
    kv_list *list;
    kv_entry entry;

    put_numbered(fixture, 1003, "x");
    for (uint32_t flags = 0; flags <= KV_LIST_RENEW; flags += KV_LIST_RENEW) {
        snapshot = fixture_snapshot(fixture);
        options.flags = flags;
        options.end = (kv_slice){end, strlen(end)};
        assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
        memset(end, 'x', sizeof(end) - 1); /* It was copied. */
        assert_int_equal(list_length(list), 700);
        fixture_put(fixture, "k0007", "behind");
        assert_status(kv_list_next(list, &entry), KV_NOT_FOUND);
        kv_list_end(list);
        kv_snapshot_end(snapshot);
        assert_status(kv_delete(fixture->db, fixture->ns, "k0007", 5, NULL), KV_OK);
        memcpy(end, "k000700", sizeof(end));
    }
}

/** Options as 0.1 had them: what lies behind them is not looked at. */
static void test_options_of_0_1(void **state)
{
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list;

    put_numbered(fixture, 5, "x");
    options.size = offsetof(kv_list_options, end);
    assert_int_equal(options.size, 56);
    options.end = (kv_slice){NULL, SIZE_MAX};
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    assert_int_equal(list_length(list), 5);
    kv_list_end(list);
    options.size--;
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_INVALID);
    kv_snapshot_end(snapshot);
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("list: one view", test_one_view),
    STORE_TEST("list: an end among many keys", test_end_of_many),
    STORE_TEST("list: options of version 0.1", test_options_of_0_1),
    STORE_TEST("list: renewing", test_renewing),
    STORE_TEST("list: renewing, and the namespace is dropped", test_renewing_dropped),
    STORE_TEST("list: large values", test_large_values),
    STORE_TEST("list: pages by cursor", test_pages),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: list");
}
