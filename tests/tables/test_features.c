/* Features by name: what is said of those that are missing. */
#include "tables/features.h"

#include "support/fixture.h"

#include <string.h>

static const struct row {
    const char *name;
    kvi_features features;
    bool may_write;
    kv_status want;
    const char *why;
} rows[] = {
    {"features: none, written", {0, 0, 0}, true, KV_OK, ""},
    {"features: compatible ones, written", {UINT64_MAX, 0, 0}, true, KV_OK, ""},
    {"features: dictionaries, read", {0, 1, 0}, false, KV_OK, ""},
    {"features: dictionaries, written",
     {0, 1, 0},
     true,
     KV_UNSUPPORTED,
     "can only be opened read-only: to write needs \"dictionaries\", which this version of libkv "
     "does not have"},
    {"features: logged",
     {0, 0, 1},
     false,
     KV_UNSUPPORTED,
     "needs \"logged\", which this version of libkv does not have"},
    {"features: without a name",
     {0, 0, 1 << 17},
     true,
     KV_UNSUPPORTED,
     "needs bit 17, which this version of libkv does not have"},
    {"features: two",
     {0, 0, 1 | UINT64_C(1) << 63},
     true,
     KV_UNSUPPORTED,
     "needs \"logged\" and bit 63, which this version of libkv does not have"},
    {"features: three, and one to write",
     {0, 2, 7},
     true,
     KV_UNSUPPORTED,
     "needs \"logged\", bit 1 and bit 2, which this version of libkv does not have"},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    char why[KVI_FEATURES_WHY_MAX];

    assert_status(kvi_features_check(&row->features, row->may_write, why), row->want);
    assert_string_equal(why, row->why);
}

/* More names than there is room for: cut, and terminated. */
static void test_all(void **state)
{
    static const kvi_features all = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    char why[KVI_FEATURES_WHY_MAX];

    (void)state;
    memset(why, 'x', sizeof(why));
    assert_status(kvi_features_check(&all, false, why), KV_UNSUPPORTED);
    assert_non_null(memchr(why, '\0', sizeof(why)));
    assert_memory_equal(why, "needs \"logged\", bit 1, bit 2, ", 30);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    tests[COUNT(rows)] = (struct CMUnitTest){"features: all of them", test_all, NULL, NULL, NULL};
    run_tests(tests);
    return run_all("features");
}
