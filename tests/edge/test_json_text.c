/* Looks at JSON text: how much is in it, and where a member's value stands. */
#include "edge/json_text.h"

#include "support/run.h"

#include <stdlib.h>
#include <string.h>

/* Text at the end of its memory, so that ASan sees a byte too many. */
static kv_slice tight(const char *text)
{
    size_t size = strlen(text);
    char *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, text, size);
    return (kv_slice){copy, size};
}

static const struct measure {
    const char *name, *text;
    size_t items, values;
} measures[] = {
    {"measure: nothing", "", 0, 1},
    {"measure: empty array", " [ ] ", 0, 2},
    {"measure: empty object", "{}", 0, 2},
    {"measure: one", "[1]", 1, 2},
    {"measure: three", "[1, \"a\" ,null]", 3, 4},
    {"measure: pairs", "[{\"Key\":\"a\",\"Value\":\"b\"},{\"Key\":\"c\",\"Value\":\"d\"}]", 2, 7},
    {"measure: inside strings nothing counts", "[\"a,b[{\",\"\\\",\\\\\"]", 2, 3},
    {"measure: an escaped backslash ends no string", "[\"\\\\\\\",\",1]", 2, 3},
    {"measure: members", "{\"a\":1,\"b\":[1,2,3]}", 2, 6},
    {"measure: nested", "[[[[]]]]", 1, 5},
    {"measure: cut off in a string", "[1,\"abc", 2, 3},
    {"measure: cut off behind a backslash", "[1,\"abc\\", 2, 3},
    {"measure: too many ends", "]]]],[1]", 1, 3},
};

static void test_measure(void **state)
{
    const struct measure *row = *state;
    kv_slice text = tight(row->text);
    kvi_json_measure measure = kvi_json_text_measure(text);

    assert_int_equal(measure.items, row->items);
    assert_int_equal(measure.values, row->values);
    free((void *)(uintptr_t)text.data);
}

static const struct member {
    const char *name, *text;
    kv_status status;
    const char *want;
} members[] = {
    {"member: first", "{\"N\":1,\"M\":2}", KV_OK, "1"},
    {"member: last", "{\"M\":2,\"N\":\"x\"}", KV_OK, "\"x\""},
    {"member: the last of two", "{\"N\":1,\"N\":2}", KV_OK, "2"},
    {"member: an array", "{\"N\":[{\"N\":3},4],\"M\":{}}", KV_OK, "[{\"N\":3},4]"},
    {"member: spaces", " { \"N\" : true , \"M\" : 1 } \n", KV_OK, "true "},
    {"member: brackets in strings", "{\"M\":\"}],\\\"\",\"N\":0}", KV_OK, "0"},
    {"member: not inside another", "{\"M\":{\"N\":1}}", KV_NOT_FOUND, NULL},
    {"member: not a value", "{\"M\":\"N\"}", KV_NOT_FOUND, NULL},
    {"member: none", "{}", KV_NOT_FOUND, NULL},
    {"member: empty text", "", KV_INVALID, NULL},
    {"member: an array for an object", "[1]", KV_INVALID, NULL},
    {"member: text behind", "{\"N\":1} x", KV_INVALID, NULL},
    {"member: text behind nothing", "{}}", KV_INVALID, NULL},
    {"member: cut off", "{\"N\":[1,2", KV_INVALID, NULL},
    {"member: cut off in a name", "{\"N", KV_INVALID, NULL},
    {"member: cut off behind a name", "{\"N\"", KV_INVALID, NULL},
    {"member: cut off behind a colon", "{\"N\":", KV_INVALID, NULL},
    {"member: a comma too many", "{\"N\":1,}", KV_INVALID, NULL},
    {"member: no colon", "{\"N\" 1}", KV_INVALID, NULL},
    {"member: a name that is none", "{N:1}", KV_INVALID, NULL},
};

static void test_member(void **state)
{
    const struct member *row = *state;
    kv_slice text = tight(row->text);
    kv_slice value = {NULL, 0};

    assert_int_equal(kvi_json_text_member(text, "N", &value), row->status);
    if (row->status == KV_OK) {
        assert_int_equal(value.size, strlen(row->want));
        assert_memory_equal(value.data, row->want, value.size);
    }
    free((void *)(uintptr_t)text.data);
}

int main(void)
{
    run_rows(measures, test_measure, NULL, NULL);
    run_rows(members, test_member, NULL, NULL);
    return run_all("edge_json_text");
}
