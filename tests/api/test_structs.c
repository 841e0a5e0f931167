/* Growing structs: callers of an older and of a newer header than the library. */
#include "support/fixture.h"

#include "api/structs.h"

#include <stdbool.h>
#include <string.h>

/* What 0.1 shipped, what the library has, what a later header has. */
struct sample {
    size_t size;
    uint64_t first, second;
    uint64_t later, latest;
};
#define SIZE_SHIPPED offsetof(struct sample, second)
#define SIZE_OWN offsetof(struct sample, later)

static const struct row {
    const char *name;
    size_t size;
    uint64_t later, latest;
    kv_status want;
} rows[] = {
    {"take: as shipped", SIZE_SHIPPED, 9, 9, KV_OK},
    {"take: of the library", SIZE_OWN, 9, 9, KV_OK},
    {"take: between the two", SIZE_SHIPPED + 4, 9, 9, KV_OK},
    {"take: newer, nothing set", sizeof(struct sample), 0, 0, KV_OK},
    {"take: newer, the next field set", sizeof(struct sample), 1, 0, KV_UNSUPPORTED},
    {"take: newer, the last field set", sizeof(struct sample), 0, 1, KV_UNSUPPORTED},
    {"take: newer, its last byte set", sizeof(struct sample), 0, UINT64_C(1) << 63, KV_UNSUPPORTED},
    {"take: newer by one field, the other is not looked at", SIZE_OWN + 8, 0, 9, KV_OK},
    {"take: size 0", 0, 0, 0, KV_INVALID},
    {"take: one byte less than shipped", SIZE_SHIPPED - 1, 0, 0, KV_INVALID},
    {"take: 65,537 bytes", 65537, 0, 0, KV_INVALID},
    {"take: half of all bytes", SIZE_MAX / 2, 0, 0, KV_INVALID},
    {"take: SIZE_MAX", SIZE_MAX, 0, 0, KV_INVALID},
};

static void test_take(void **state)
{
    const struct row *row = *state;
    struct sample given = {row->size, 1, 0x0202020202020202, row->later, row->latest};
    struct sample own;

    memset(&own, 0xAA, sizeof(own));
    assert_status(kvi_struct_take(&own, SIZE_OWN, &given, SIZE_SHIPPED), row->want);
    if (row->want == KV_OK)
        assert_int_equal(own.size, row->size < SIZE_OWN ? row->size : SIZE_OWN);
    assert_int_equal(own.later, 0xAAAAAAAAAAAAAAAA);
    if (row->want != KV_OK)
        return;
    assert_int_equal(own.first, 1);
    if (row->size == SIZE_SHIPPED)
        assert_int_equal(own.second, 0);
    else if (row->size == SIZE_SHIPPED + 4)
        assert_int_equal(own.second, 0x02020202);
    else
        assert_int_equal(own.second, given.second);
    assert_int_equal(given.size, row->size);
}

static void test_take_null(void **state)
{
    struct sample own = {1, 2, 3, 4, 5};

    (void)state;
    assert_status(kvi_struct_take(&own, SIZE_OWN, NULL, SIZE_SHIPPED), KV_OK);
    assert_int_equal(own.size, SIZE_OWN);
    assert_int_equal(own.first, 0);
    assert_int_equal(own.second, 0);
    assert_int_equal(own.later, 4);
}

/* 65,536 is the largest size that is believed; what lies there must be readable. */
static void test_take_largest(void **state)
{
    static unsigned char given[65536];
    const size_t size = sizeof(given);
    struct sample own;

    (void)state;
    memcpy(given, &size, sizeof(size));
    assert_status(kvi_struct_take(&own, SIZE_OWN, given, SIZE_SHIPPED), KV_OK);
    given[sizeof(given) - 1] = 1;
    assert_status(kvi_struct_take(&own, SIZE_OWN, given, SIZE_SHIPPED), KV_UNSUPPORTED);
}

static void test_check(void **state)
{
    size_t size = SIZE_SHIPPED;

    (void)state;
    assert_status(kvi_struct_check(NULL, SIZE_SHIPPED), KV_INVALID);
    assert_status(kvi_struct_check(&size, SIZE_SHIPPED), KV_OK);
    size = SIZE_SHIPPED - 1;
    assert_status(kvi_struct_check(&size, SIZE_SHIPPED), KV_INVALID);
    size = 65536;
    assert_status(kvi_struct_check(&size, SIZE_SHIPPED), KV_OK);
    size = 65537;
    assert_status(kvi_struct_check(&size, SIZE_SHIPPED), KV_INVALID);
}

static void test_give(void **state)
{
    static const size_t sizes[] = {SIZE_SHIPPED, SIZE_SHIPPED + 3, SIZE_OWN, SIZE_OWN + 8};
    const struct sample own = {SIZE_OWN, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct sample given = {.size = sizes[i]};
        size_t filled = sizes[i] < SIZE_OWN ? sizes[i] : SIZE_OWN;
        const unsigned char *bytes = (const unsigned char *)&given;
        kvi_struct_give(&given, &own, SIZE_OWN);
        assert_int_equal(given.size, sizes[i]);
        for (size_t at = sizeof(size_t); at < sizeof(given); at++)
            assert_int_equal(bytes[at], at < filled ? 0xFF : 0);
    }
}

static void test_options_defaults(void **state)
{
    kv_options own;

    (void)state;
    assert_status(kvi_options_take(&own, NULL), KV_OK);
    assert_int_equal(own.size, sizeof(own));
    assert_int_equal(own.file_mode, 0600);
    assert_int_equal(own.snapshots_max, 256);
    assert_int_equal(own.queue_bytes_max, UINT64_C(256) << 20);
    assert_int_equal(own.compress_level, 3);
    assert_int_equal(own.compress_min, 512);
    assert_int_equal(own.limits.value_size_max, KV_VALUE_SIZE_DEFAULT);
    assert_int_equal(own.limits.batch_size_max, KV_BATCH_SIZE_DEFAULT);
    assert_int_equal(own.limits.batch_count_max, KV_BATCH_COUNT_DEFAULT);
}

/* A file that its own maker cannot open again is no store. */
static void test_options_file_mode(void **state)
{
    static const struct {
        uint32_t mode;
        kv_status want;
    } modes[] = {{0600, KV_OK},      {0660, KV_OK},       {0777, KV_OK},     {0400, KV_INVALID},
                 {0200, KV_INVALID}, {01600, KV_INVALID}, {0066, KV_INVALID}};

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        kv_options given = KV_OPTIONS_INIT, own;
        given.file_mode = modes[i].mode;
        assert_status(kvi_options_take(&own, &given), modes[i].want);
    }
}

/* Settings of zeros are those of NULL. */
static void test_settings_defaults(void **state)
{
    const kv_settings zeros = {.size = sizeof(zeros)};
    const kv_settings *given[] = {NULL, &zeros};
    kv_settings own;

    (void)state;
    for (size_t i = 0; i < COUNT(given); i++) {
        assert_status(kvi_settings_take(&own, given[i]), KV_OK);
        assert_int_equal(own.size, sizeof(own));
        assert_int_equal(own.changes_bytes_max, KV_CHANGES_BYTES_DEFAULT);
        assert_int_equal(own.namespace_capacity_default, KV_NAMESPACE_CAPACITY_DEFAULT);
        assert_int_equal(own.namespaces_max, KV_NAMESPACES_DEFAULT);
        assert_int_equal(own.map_size_max, 0);
        assert_int_equal(own.flags, 0);
    }
}

/* The map is whole pages of any size; 0 asks for the default or for what there is. */
static void test_settings_map_size(void **state)
{
    static const struct {
        uint64_t given, own; /* own 0 of another than 0: KV_INVALID. */
    } sizes[] = {{0, 0},
                 {KV_MAP_SIZE_MIN, KV_MAP_SIZE_MIN},
                 {KV_MAP_SIZE_MIN - 1, 0},
                 {KV_MAP_SIZE_MIN + 1, KV_MAP_SIZE_MIN + 65536},
                 {10000000, 10027008},
                 {UINT64_C(1) << 46, UINT64_C(1) << 46},
                 {(UINT64_C(1) << 46) + 1, 0},
                 {UINT64_MAX, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        kv_settings given = KV_SETTINGS_INIT, own;
        bool is_valid = sizes[i].own != 0 || sizes[i].given == 0;
        given.map_size_max = sizes[i].given;
        assert_status(kvi_settings_take(&own, &given), is_valid ? KV_OK : KV_INVALID);
        if (is_valid)
            assert_int_equal(own.map_size_max, sizes[i].own);
    }
}

/* ---- Starting a struct */

/* One for each, so that every function is called through its own type. */
#define INIT(type)                                                                                 \
    static kv_status init_##type(void *out, size_t size)                                           \
    {                                                                                              \
        return type##_init((type *)out, size);                                                     \
    }
INIT(kv_error)
INIT(kv_options)
INIT(kv_settings)
INIT(kv_namespace_info)
INIT(kv_list_options)
INIT(kv_write_options)
INIT(kv_report)
INIT(kv_work)
INIT(kv_changes_filter)
INIT(kv_stats)

static const kv_error error_init = KV_ERROR_INIT;
static const kv_options options_init = KV_OPTIONS_INIT;
static const kv_settings settings_init = KV_SETTINGS_INIT;
static const kv_namespace_info namespace_info_init = KV_NAMESPACE_INFO_INIT;
static const kv_list_options list_options_init = KV_LIST_OPTIONS_INIT;
static const kv_write_options write_options_init = KV_WRITE_OPTIONS_INIT;
static const kv_report report_init = KV_REPORT_INIT;
static const kv_work work_init = KV_WORK_INIT;
static const kv_changes_filter changes_filter_init = KV_CHANGES_FILTER_INIT;
static const kv_stats stats_init = KV_STATS_INIT;

static const struct init_row {
    const char *name;
    kv_status (*init)(void *out, size_t size);
    const void *macro; /* What the macro gives. */
    size_t size, size_min;
} init_rows[] = {
    {"init: kv_error", init_kv_error, &error_init, sizeof(kv_error), 256},
    {"init: kv_options", init_kv_options, &options_init, sizeof(kv_options), 104},
    {"init: kv_settings", init_kv_settings, &settings_init, sizeof(kv_settings), 48},
    {"init: kv_namespace_info", init_kv_namespace_info, &namespace_info_init,
     sizeof(kv_namespace_info), 1176},
    {"init: kv_list_options", init_kv_list_options, &list_options_init, sizeof(kv_list_options),
     56},
    {"init: kv_write_options", init_kv_write_options, &write_options_init, sizeof(kv_write_options),
     40},
    {"init: kv_report", init_kv_report, &report_init, sizeof(kv_report), 376},
    {"init: kv_work", init_kv_work, &work_init, sizeof(kv_work), 64},
    {"init: kv_changes_filter", init_kv_changes_filter, &changes_filter_init,
     sizeof(kv_changes_filter), 32},
    {"init: kv_stats", init_kv_stats, &stats_init, sizeof(kv_stats), 320},
};

/* So many bytes of a pattern, begun as a struct of that size; what is written, and nothing more. */
static void test_init(void **state)
{
    static unsigned char out[65537 + 1];
    const struct init_row *row = *state;
    const size_t sizes[] = {row->size, row->size_min,     row->size + 8, 65536,   0,
                            8,         row->size_min - 1, 65537,         SIZE_MAX};

    assert_status(row->init(NULL, row->size), KV_INVALID);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t size = sizes[i], written = 0;
        bool is_known = size >= row->size_min && size <= 65536;
        memset(out, 0x5A, sizeof(out));
        assert_status(row->init(out, size), is_known ? KV_OK : KV_INVALID);
        if (is_known) {
            memcpy(&written, out, sizeof(written));
            assert_int_equal(written, size);
            for (size_t at = sizeof(size); at < size; at++)
                assert_int_equal(out[at], 0);
            written = size;
        }
        for (size_t at = written; at < sizeof(out); at++)
            assert_int_equal(out[at], 0x5A);
    }
    assert_status(row->init(out, row->size), KV_OK);
    assert_memory_equal(out, row->macro, row->size);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("structs: take null", test_take_null),
        TEST("structs: take largest", test_take_largest),
        TEST("structs: check", test_check),
        TEST("structs: give", test_give),
        TEST("structs: options defaults", test_options_defaults),
        TEST("structs: options file mode", test_options_file_mode),
        TEST("structs: settings defaults", test_settings_defaults),
        TEST("structs: settings map size", test_settings_map_size),
    };

    run_rows(rows, test_take, NULL, NULL);
    run_rows(init_rows, test_init, NULL, NULL);
    run_tests(tests);
    return run_all("structs");
}
