/* Settings belong to the store: kept in the file, changed for every process at once. */
#include "support/fixture.h"

#include <string.h>

static kv_settings settings_now(struct fixture *fixture)
{
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    assert_status(kv_settings_get(snapshot, &settings), KV_OK);
    kv_snapshot_end(snapshot);
    return settings;
}

static void test_defaults(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = settings_now(fixture);

    assert_true(settings.map_size_max == KV_MAP_SIZE_DEFAULT);
    assert_true(settings.namespace_capacity_default == KV_NAMESPACE_CAPACITY_DEFAULT);
    assert_int_equal(settings.changes_bytes_max, KV_CHANGES_BYTES_DEFAULT);
    assert_int_equal(settings.changes_age_max_s, 0);
    assert_int_equal(settings.namespaces_max, KV_NAMESPACES_DEFAULT);
}

static void test_given_and_kept(void **state)
{
    struct fixture *fixture = *state;
    kv_settings given = KV_SETTINGS_INIT, kept;

    given.map_size_max = UINT64_C(64) << 20;
    given.namespace_capacity_default = 5000;
    given.changes_bytes_max = 100000;
    given.changes_age_max_s = 3600;
    given.namespaces_max = 7;
    fixture_create(fixture, &given);
    for (int round = 0; round < 2; round++) {
        kept = settings_now(fixture);
        assert_memory_equal(&kept, &given, sizeof(kept));
        assert_int_equal(fixture_describe(fixture, fixture->ns).capacity, 5000);
        fixture_close(fixture);
        fixture_open(fixture);
    }
}

static void test_set(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = settings_now(fixture);
    kv_ns id;

    settings.namespace_capacity_default = 777;
    settings.namespaces_max = 2;
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "second", 6, &id), KV_OK);
    assert_int_equal(fixture_describe(fixture, id).capacity, 777);
    assert_true(fixture_describe(fixture, fixture->ns).capacity == KV_NAMESPACE_CAPACITY_DEFAULT);
    assert_status(kv_namespace_create(fixture->db, "third", 5, &id), KV_NAMESPACES_FULL);
    settings.map_size_max = 0;
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_true(settings_now(fixture).map_size_max == KV_MAP_SIZE_DEFAULT);
    settings.map_size_max = KV_MAP_SIZE_DEFAULT + 4096;
    assert_status(kv_settings_set(fixture->db, &settings), KV_INVALID);
}

/** The cap is rounded up, so it is compared rounded up: what made the store may be given again. */
static void test_set_as_created(void **state)
{
    struct fixture *fixture = *state;
    kv_settings settings = KV_SETTINGS_INIT;

    settings.map_size_max = UINT64_C(10000000);
    fixture_create(fixture, &settings);
    assert_int_equal(settings_now(fixture).map_size_max, 10027008);
    settings.namespaces_max = 5;
    assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
    assert_int_equal(settings_now(fixture).namespaces_max, 5);
    settings.map_size_max = UINT64_C(10027009);
    assert_status(kv_settings_set(fixture->db, &settings), KV_INVALID);
}

static const struct row {
    const char *name;
    kv_settings settings;
    kv_status want;
} rows[] = {
    {"settings: all zero", {.size = sizeof(kv_settings)}, KV_OK},
    {"settings: size 0", {.size = 0}, KV_INVALID},
    {"settings: size SIZE_MAX", {.size = SIZE_MAX}, KV_INVALID},
    {"settings: reserved", {.size = sizeof(kv_settings), .reserved = 1}, KV_INVALID},
    {"settings: a negative age",
     {.size = sizeof(kv_settings), .changes_age_max_s = -1},
     KV_INVALID},
    {"settings: the smallest map",
     {.size = sizeof(kv_settings), .map_size_max = KV_MAP_SIZE_MIN},
     KV_OK},
    {"settings: a map below the smallest",
     {.size = sizeof(kv_settings), .map_size_max = KV_MAP_SIZE_MIN - 1},
     KV_INVALID},
    {"settings: a map beyond all memory",
     {.size = sizeof(kv_settings), .map_size_max = UINT64_MAX},
     KV_INVALID},
};

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;

    assert_status(kv_open(fixture->path, &fixture->options, &row->settings, &fixture->db, NULL),
                  row->want);
    if (row->want != KV_OK)
        assert_null(fixture->db);
}

static void test_other_sizes(void **state)
{
    struct fixture *fixture = *state;
    struct {
        kv_settings settings;
        uint64_t tail[4];
    } newer;
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    memset(&newer, 0x5A, sizeof(newer));
    newer.settings.size = sizeof(newer);
    assert_status(kv_settings_get(snapshot, &newer.settings), KV_OK);
    assert_int_equal(newer.settings.changes_bytes_max, KV_CHANGES_BYTES_DEFAULT);
    assert_true(newer.tail[0] == UINT64_C(0x5A5A5A5A5A5A5A5A));
    newer.settings.size = offsetof(kv_settings, namespaces_max);
    assert_status(kv_settings_get(snapshot, &newer.settings), KV_INVALID);
    kv_snapshot_end(snapshot);
}

static const struct CMUnitTest plain_tests[] = {
    STORE_TEST("settings: defaults", test_defaults),
    EMPTY_TEST("settings: given at creation and kept", test_given_and_kept),
    STORE_TEST("settings: set", test_set),
    EMPTY_TEST("settings: set with the cap given at creation", test_set_as_created),
    STORE_TEST("settings: a struct of another size", test_other_sizes),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup_empty, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: settings");
}
