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

#define SETTINGS(...)                                                                              \
    {                                                                                              \
        .size = sizeof(kv_settings), __VA_ARGS__                                                   \
    }

static const struct row {
    const char *name;
    kv_settings settings;
    uint64_t changes_bytes_max; /* Of the store that is made. */
    kv_status want;
} rows[] = {
    {"settings: all zero", {.size = sizeof(kv_settings)}, KV_CHANGES_BYTES_DEFAULT, KV_OK},
    {"settings: as KV_SETTINGS_INIT", KV_SETTINGS_INIT, KV_CHANGES_BYTES_DEFAULT, KV_OK},
    {"settings: a log bounded by bytes", SETTINGS(.changes_bytes_max = 5000), 5000, KV_OK},
    {"settings: a log bounded by age only", SETTINGS(.changes_age_max_s = 60), 0, KV_OK},
    {"settings: no log", SETTINGS(.flags = KV_SETTINGS_NO_CHANGES), 0, KV_OK},
    {"settings: no log, bounded by bytes",
     SETTINGS(.flags = KV_SETTINGS_NO_CHANGES, .changes_bytes_max = 1), 0, KV_INVALID},
    {"settings: no log, bounded by age",
     SETTINGS(.flags = KV_SETTINGS_NO_CHANGES, .changes_age_max_s = 1), 0, KV_INVALID},
    {"settings: size 0", {.size = 0}, 0, KV_INVALID},
    {"settings: size SIZE_MAX", {.size = SIZE_MAX}, 0, KV_INVALID},
    {"settings: an unknown flag", SETTINGS(.flags = 2), 0, KV_INVALID},
    {"settings: a negative age", SETTINGS(.changes_age_max_s = -1), 0, KV_INVALID},
    {"settings: the smallest map", SETTINGS(.map_size_max = KV_MAP_SIZE_MIN),
     KV_CHANGES_BYTES_DEFAULT, KV_OK},
    {"settings: a map below the smallest", SETTINGS(.map_size_max = KV_MAP_SIZE_MIN - 1), 0,
     KV_INVALID},
    {"settings: a map beyond all memory", SETTINGS(.map_size_max = UINT64_MAX), 0, KV_INVALID},
};

static void test_row(void **state)
{
    struct fixture *fixture = *state;
    const struct row *row = fixture->row;
    kv_settings kept;

    assert_status(kv_open(fixture->path, &fixture->options, &row->settings, &fixture->db, NULL),
                  row->want);
    if (row->want != KV_OK) {
        assert_null(fixture->db);
        return;
    }
    for (int round = 0; round < 2; round++) {
        kept = settings_now(fixture);
        assert_int_equal(kept.changes_bytes_max, row->changes_bytes_max);
        assert_int_equal(kept.changes_age_max_s, row->settings.changes_age_max_s);
        assert_int_equal(kept.flags, row->settings.flags);
        assert_status(kv_settings_set(fixture->db, &kept), KV_OK); /* What is got can be set. */
    }
}

/** One store whose log is turned off and on again, each time with one change of the settings. */
static void test_log_off_and_on(void **state)
{
    static const struct {
        kv_settings settings;
        uint64_t bytes;
        uint32_t flags;
    } steps[] = {
        {{.flags = KV_SETTINGS_NO_CHANGES}, 0, KV_SETTINGS_NO_CHANGES},
        {{.changes_bytes_max = 9000}, 9000, 0},
        {{.flags = KV_SETTINGS_NO_CHANGES}, 0, KV_SETTINGS_NO_CHANGES},
        {{.changes_age_max_s = 9}, 0, 0},
        {{.flags = KV_SETTINGS_NO_CHANGES}, 0, KV_SETTINGS_NO_CHANGES},
        {{.flags = 0}, KV_CHANGES_BYTES_DEFAULT, 0},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(steps); i++) {
        kv_settings settings = steps[i].settings, kept;
        kv_stats stats = KV_STATS_INIT;
        settings.size = sizeof(settings);
        assert_status(kv_settings_set(fixture->db, &settings), KV_OK);
        kept = settings_now(fixture);
        assert_int_equal(kept.changes_bytes_max, steps[i].bytes);
        assert_int_equal(kept.flags, steps[i].flags);
        for (int written = 0; written < 2; written++) { /* Off at once; on from the next write. */
            assert_status(kv_stats_get(fixture->db, &stats), KV_OK);
            if (steps[i].flags != 0)
                assert_int_equal(stats.store_changes_first, stats.store_sequence + 1);
            else if (written == 1)
                assert_true(stats.store_changes_first <= stats.store_sequence);
            fixture_put(fixture, "a", "1");
        }
    }
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
    STORE_TEST("settings: the change log off and on", test_log_off_and_on),
};

int main(void)
{
    run_rows(rows, test_row, fixture_setup_empty, fixture_teardown);
    run_tests(plain_tests);
    return run_all("api: settings");
}
