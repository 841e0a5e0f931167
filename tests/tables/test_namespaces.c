/* Names, ids and rows of namespaces. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "support/inside.h"
#include "tables/catalog.h"
#include "tables/namespaces.h"

#include <string.h>

#define MAX 1000

static kv_slice text(const char *s)
{
    return kvi_slice(s, strlen(s));
}

static kv_status create(kvi_txn *txn, const char *name, uint32_t max, kv_ns *id)
{
    kvi_namespace row = {.name = text(name), .created = 7, .capacity = 100};
    kv_status status = kvi_namespaces_create(txn, &row, max);

    *id = row.id;
    return status;
}

static void expect_counts(kvi_txn *txn, kv_ns next_id, uint32_t live, uint32_t dropped)
{
    kvi_namespace_counts counts;

    assert_status(kvi_namespaces_counts(txn, &counts), KV_OK);
    assert_int_equal(counts.next_id, next_id);
    assert_int_equal(counts.live, live);
    assert_int_equal(counts.dropped, dropped);
}

static kv_slice id_key(kv_ns id, uint8_t out[5])
{
    out[0] = 0;
    kvi_be32_store(out + 1, id);
    return kvi_slice(out, 5);
}

/* The fixture's own namespace is 1. */
static void test_life(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kvi_namespace row;
    kv_ns id, again;

    assert_status(create(txn, "One", MAX, &id), KV_OK);
    assert_int_equal(id, 2);
    expect_counts(txn, 3, 2, 0);
    assert_status(create(txn, "oNE", MAX, &again), KV_NAMESPACE_EXISTS);
    assert_status(kvi_namespaces_find(txn, text("ONE"), &again), KV_OK);
    assert_int_equal(again, 2);
    assert_status(kvi_namespaces_get_live(txn, 2, &row), KV_OK);
    assert_true(kvi_slice_equal(row.name, text("One")));
    assert_int_equal(row.created, 7);
    assert_int_equal(row.capacity, 100);
    assert_int_equal(row.description.size, 0);

    assert_status(kvi_namespaces_drop(txn, 2), KV_OK);
    expect_counts(txn, 3, 1, 1);
    assert_status(kvi_namespaces_find(txn, text("one"), &again), KV_NAMESPACE_NOT_FOUND);
    assert_status(kvi_namespaces_get_live(txn, 2, &row), KV_NAMESPACE_NOT_FOUND);
    assert_status(kvi_namespaces_next(txn, 1, KVI_NAMESPACE_DROPPED, &row), KV_OK);
    assert_int_equal(row.id, 2);
    assert_int_equal(row.status, KVI_NAMESPACE_DROPPED);
    assert_status(kvi_namespaces_drop(txn, 2), KV_NAMESPACE_NOT_FOUND);

    assert_status(create(txn, "one", MAX, &id), KV_OK); /* The name is free, the id is not. */
    assert_int_equal(id, 3);
    assert_status(kvi_namespaces_remove(txn, 2), KV_OK);
    expect_counts(txn, 4, 2, 0);
    assert_status(kvi_namespaces_next(txn, 1, KVI_NAMESPACE_DROPPED, &row), KV_NOT_FOUND);
    assert_status(kvi_namespaces_remove(txn, 2), KV_CORRUPT); /* None is dropped. */
    assert_status(create(txn, "two", MAX, &id), KV_OK);
    assert_int_equal(id, 4);
    kvi_txn_abort(txn);
}

static void test_next(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kvi_namespace row;
    kv_ns id;

    for (char name[2] = "a"; name[0] <= 'e'; name[0]++)
        assert_status(create(txn, name, MAX, &id), KV_OK); /* 2 to 6. */
    for (id = 3; id <= 5; id += 2)
        assert_status(kvi_namespaces_drop(txn, id), KV_OK);
    static const struct {
        kv_ns after;
        uint8_t status;
        kv_ns want; /* 0: no more. */
    } steps[] = {{0, KVI_NAMESPACE_LIVE, 1},
                 {1, KVI_NAMESPACE_LIVE, 2},
                 {2, KVI_NAMESPACE_LIVE, 4},
                 {4, KVI_NAMESPACE_LIVE, 6},
                 {6, KVI_NAMESPACE_LIVE, 0},
                 {0, KVI_NAMESPACE_DROPPED, 3},
                 {3, KVI_NAMESPACE_DROPPED, 5},
                 {5, KVI_NAMESPACE_DROPPED, 0},
                 {UINT32_MAX - 1, KVI_NAMESPACE_LIVE, 0},
                 {UINT32_MAX, KVI_NAMESPACE_LIVE, 0}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        kv_status want = steps[i].want != 0 ? KV_OK : KV_NOT_FOUND;
        assert_status(kvi_namespaces_next(txn, steps[i].after, steps[i].status, &row), want);
        if (steps[i].want != 0)
            assert_int_equal(row.id, steps[i].want);
    }
    kvi_txn_abort(txn);
}

static void test_full(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kv_ns id;

    assert_status(create(txn, "a", 2, &id), KV_OK);
    assert_status(create(txn, "b", 2, &id), KV_NAMESPACES_FULL);
    assert_status(create(txn, "A", 2, &id), KV_NAMESPACE_EXISTS);
    assert_status(kvi_namespaces_drop(txn, 2), KV_OK);
    assert_status(create(txn, "b", 2, &id), KV_OK); /* Dropped ones do not count. */
    expect_counts(txn, 4, 2, 1);
    kvi_txn_abort(txn);
}

/* The last id is never given out, so "above it" can be said. */
static void test_ids_used_up(void **state)
{
    uint8_t counts[12] = {0xFE, 0xFF, 0xFF, 0xFF, 1};
    kvi_txn *txn;
    kv_ns id;

    inside_put_row(*state, KVI_NAMESPACES, kvi_slice("", 1), kvi_slice(counts, 12),
                   kvi_slice(NULL, 0));
    txn = inside_begin(*state);
    assert_status(create(txn, "a", MAX, &id), KV_OK);
    assert_int_equal(id, UINT32_MAX - 1);
    assert_status(create(txn, "b", MAX, &id), KV_NAMESPACES_FULL);
    expect_counts(txn, UINT32_MAX, 2, 0);
    kvi_txn_abort(txn);
}

static void test_update(void **state)
{
    static char description[KV_DESCRIPTION_SIZE_MAX];
    kvi_txn *txn = inside_begin(*state);
    kvi_namespace row, got;
    char name[KV_NAMESPACE_NAME_MAX];

    memset(name, 'n', sizeof(name));
    memset(description, 'd', sizeof(description));
    row = (kvi_namespace){.name = kvi_slice(name, sizeof(name)), .created = INT64_MIN};
    assert_status(kvi_namespaces_create(txn, &row, MAX), KV_OK);
    row.capacity = KV_CAPACITY_UNLIMITED;
    row.description = kvi_slice(description, sizeof(description));
    assert_status(kvi_namespaces_update(txn, &row), KV_OK);
    assert_status(kvi_namespaces_get_live(txn, row.id, &got), KV_OK);
    assert_true(kvi_slice_equal(got.name, row.name));
    assert_true(kvi_slice_equal(got.description, row.description));
    assert_int_equal(got.created, INT64_MIN);
    assert_int_equal(got.capacity, KV_CAPACITY_UNLIMITED);
    assert_status(kvi_namespaces_drop(txn, row.id), KV_OK);
    assert_status(kvi_namespaces_next(txn, row.id - 1, KVI_NAMESPACE_DROPPED, &got), KV_OK);
    assert_true(kvi_slice_equal(got.name, row.name));
    kvi_txn_abort(txn);
}

/* What a newer version put behind the fields of both rows stays at the row, or goes with the name.
 */
static void test_rename(void **state)
{
    static const uint8_t fields[4 + 3] = {1, 0, 0, 0, 7, 8, 9};
    struct fixture *fixture = *state;
    kvi_namespace row;
    kvi_txn *txn;
    kv_ns id;

    inside_put_row(fixture, KVI_NAMESPACES, text("main"), kvi_slice(fields, sizeof(fields)),
                   kvi_slice(NULL, 0));
    txn = inside_begin(fixture);
    assert_status(create(txn, "Two", MAX, &id), KV_OK);
    assert_status(kvi_namespaces_rename(txn, 1, text("TWO")), KV_NAMESPACE_EXISTS);
    assert_status(kvi_namespaces_rename(txn, 9, text("nine")), KV_NAMESPACE_NOT_FOUND);
    assert_status(kvi_namespaces_rename(txn, 1, text("Main")), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    assert_int_equal(inside_row(fixture, KVI_NAMESPACES, text("main")).fields.size, 7);
    txn = inside_begin(fixture);
    assert_status(kvi_namespaces_rename(txn, 1, text("One")), KV_OK);
    expect_counts(txn, 3, 2, 0);
    assert_status(kvi_namespaces_find(txn, text("main"), &id), KV_NAMESPACE_NOT_FOUND);
    assert_status(kvi_namespaces_find(txn, text("oNE"), &id), KV_OK);
    assert_int_equal(id, 1);
    assert_status(kvi_namespaces_get_live(txn, 1, &row), KV_OK);
    assert_true(kvi_slice_equal(row.name, text("One")));
    assert_status(kvi_txn_commit(txn), KV_OK);
}

/* ---- Damage */

/* Its parts: a name "ab" and a description of one byte. */
#define PARTS                                                                                      \
    {                                                                                              \
        2, 'a', 'b', 1, 0, 'd'                                                                     \
    }

/* Of a row whose checksum is right. */
static const struct row {
    const char *name;
    size_t fields;
    uint8_t status;
    int at; /* In the parts. */
    uint8_t byte;
    size_t parts;
    kv_status want;
} rows[] = {
    {"namespaces: a good row", 17, 0, 0, 2, 6, KV_OK},
    {"namespaces: longer fields", 30, 0, 0, 2, 6, KV_OK},
    {"namespaces: more parts", 17, 0, 0, 2, 60, KV_OK},
    {"namespaces: no description", 17, 0, 3, 0, 5, KV_OK},
    {"namespaces: no name", 17, 0, 0, 0, 1200, KV_CORRUPT}, /* Then a description of 25,185. */
    {"namespaces: fields without their end", 16, 0, 0, 2, 6, KV_CORRUPT},
    {"namespaces: no fields", 0, 0, 0, 2, 6, KV_CORRUPT},
    {"namespaces: no parts", 17, 0, 0, 2, 0, KV_CORRUPT},
    {"namespaces: an unknown status", 17, 2, 0, 2, 6, KV_CORRUPT},
    {"namespaces: a name past the row", 17, 0, 0, 6, 6, KV_CORRUPT},
    {"namespaces: a name of 65 bytes", 17, 0, 0, 65, 200, KV_CORRUPT},
    {"namespaces: a name of 255 bytes", 17, 0, 0, 255, 400, KV_CORRUPT},
    {"namespaces: no size of the description", 17, 0, 0, 2, 4, KV_CORRUPT},
    {"namespaces: a description past the row", 17, 0, 3, 2, 6, KV_CORRUPT},
    {"namespaces: the longest description", 17, 0, 4, 4, 1400, KV_CORRUPT}, /* 1,025 bytes. */
};

static void test_damaged_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *damage = fixture->row;
    uint8_t fields[40] = {damage->status}, parts[1400] = PARTS, key[5];
    kvi_txn *txn;
    kvi_namespace got;

    parts[damage->at] = damage->byte;
    inside_put_row(fixture, KVI_NAMESPACES, id_key(2, key), kvi_slice(fields, damage->fields),
                   kvi_slice(parts, damage->parts));
    txn = inside_begin(fixture);
    assert_status(kvi_namespaces_get_live(txn, 2, &got), damage->want);
    assert_status(kvi_namespaces_next(txn, 1, KVI_NAMESPACE_LIVE, &got), damage->want);
    if (damage->want == KV_CORRUPT)
        assert_status(kvi_namespaces_drop(txn, 2), KV_CORRUPT);
    assert_status(kvi_namespaces_get_live(txn, 1, &got), KV_OK);
    kvi_txn_abort(txn);
}

/* Each kind of row: a flipped bit, and the row of another key. */
static void test_flipped(void **state)
{
    struct fixture *fixture = *state;
    uint8_t one[5], two[5];
    kvi_namespace got;
    kvi_envelope row;
    kvi_txn *txn;
    kv_ns id;

    txn = inside_begin(fixture);
    assert_status(create(txn, "other", MAX, &id), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    row = inside_row(fixture, KVI_NAMESPACES, id_key(fixture->ns, one));
    inside_put(fixture, KVI_NAMESPACES, id_key(id, two),
               (const uint8_t *)row.fields.data - KVI_ROW_ENVELOPE_HEADER,
               KVI_ROW_ENVELOPE_HEADER + row.fields.size + row.parts.size);
    txn = inside_begin(fixture);
    assert_status(kvi_namespaces_get_live(txn, id, &got), KV_CORRUPT);
    assert_status(kvi_namespaces_find(txn, text("main"), &id), KV_OK);
    kvi_txn_abort(txn);
    inside_flip(fixture, KVI_NAMESPACES, text("main"), 6, 2);
    txn = inside_begin(fixture);
    assert_status(kvi_namespaces_find(txn, text("main"), &id), KV_CORRUPT);
    assert_status(kvi_namespaces_get_live(txn, fixture->ns, &got), KV_OK);
    kvi_txn_abort(txn);
}

static void test_damaged_name(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kv_ns id;

    assert_status(kvi_txn_put(txn, KVI_NAMESPACES, text("odd"), text("123")), KV_OK);
    assert_status(kvi_namespaces_find(txn, text("Odd"), &id), KV_CORRUPT);
    assert_status(create(txn, "odd", MAX, &id), KV_CORRUPT);
    kvi_txn_abort(txn);
}

static void test_damaged_counts(void **state)
{
    static const uint8_t none[12] = {5};
    static const size_t sizes[] = {11, 12};
    struct fixture *fixture = *state;
    kvi_namespace_counts counts;
    kvi_txn *txn;
    kv_ns id;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        inside_put_row(fixture, KVI_NAMESPACES, kvi_slice("", 1), kvi_slice(none, sizes[i]),
                       kvi_slice(NULL, 0));
        txn = inside_begin(fixture);
        assert_status(kvi_namespaces_counts(txn, &counts), sizes[i] == 12 ? KV_OK : KV_CORRUPT);
        assert_status(kvi_namespaces_drop(txn, fixture->ns), KV_CORRUPT); /* None is live. */
        assert_status(kvi_namespaces_remove(txn, fixture->ns), KV_CORRUPT);
        assert_status(create(txn, "a", MAX, &id), sizes[i] == 12 ? KV_OK : KV_CORRUPT);
        kvi_txn_abort(txn);
    }
    txn = inside_begin(fixture);
    assert_status(kvi_txn_delete(txn, KVI_NAMESPACES, kvi_slice("", 1)), KV_OK);
    assert_status(kvi_namespaces_counts(txn, &counts), KV_CORRUPT);
    kvi_txn_abort(txn);
}

/* What a newer version put behind fields and parts stays when a row is made anew. */
static void test_rows_grown(void **state)
{
    struct fixture *fixture = *state;
    uint8_t key[5], fields[40], parts[60];
    kvi_namespace row;
    kvi_envelope grown = inside_row(fixture, KVI_NAMESPACES, id_key(fixture->ns, key));
    kvi_txn *txn;

    memcpy(fields, grown.fields.data, grown.fields.size);
    memcpy(fields + grown.fields.size, "more", 4);
    memcpy(parts, grown.parts.data, grown.parts.size);
    memcpy(parts + grown.parts.size, "part", 4);
    inside_put_row(fixture, KVI_NAMESPACES, id_key(fixture->ns, key),
                   kvi_slice(fields, grown.fields.size + 4),
                   kvi_slice(parts, grown.parts.size + 4));
    inside_put_row(fixture, KVI_NAMESPACES, kvi_slice("", 1),
                   kvi_slice("\2\0\0\0\1\0\0\0\0\0\0\0more", 16), kvi_slice("part", 4));
    txn = inside_begin(fixture);
    assert_status(kvi_namespaces_get_live(txn, fixture->ns, &row), KV_OK);
    row.name = text("main");
    row.description = text("described");
    assert_status(kvi_namespaces_update(txn, &row), KV_OK);
    assert_status(kvi_namespaces_drop(txn, fixture->ns), KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
    grown = inside_row(fixture, KVI_NAMESPACES, id_key(fixture->ns, key));
    assert_int_equal(grown.fields.size, 21);
    assert_memory_equal((const uint8_t *)grown.fields.data + 17, "more", 4);
    assert_int_equal(grown.parts.size, 1 + 4 + 2 + 4);
    assert_memory_equal((const uint8_t *)grown.parts.data + 7, "part", 4);
    grown = inside_row(fixture, KVI_NAMESPACES, kvi_slice("", 1));
    assert_memory_equal((const uint8_t *)grown.fields.data + 12, "more", 4);
    assert_true(kvi_slice_equal(grown.parts, text("part")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("namespaces: created, dropped, removed", test_life),
        STORE_TEST("namespaces: in order of id", test_next),
        STORE_TEST("namespaces: full", test_full),
        STORE_TEST("namespaces: ids used up", test_ids_used_up),
        STORE_TEST("namespaces: updated", test_update),
        STORE_TEST("namespaces: renamed", test_rename),
        STORE_TEST("namespaces: a damaged name", test_damaged_name),
        STORE_TEST("namespaces: damaged counts", test_damaged_counts),
        STORE_TEST("namespaces: flipped and at another key", test_flipped),
        STORE_TEST("namespaces: rows that a newer version made longer", test_rows_grown),
    };

    run_rows(rows, test_damaged_row, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("namespaces");
}
