/* Writing JSON: members, items, escapes, and that a failed allocation is remembered. */
#include "edge/json_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/run.h"
#include "support/count.h"
#include "support/memory.h"

#define TEXT(literal) ((kv_slice){literal, sizeof(literal) - 1})

static void assert_text(const kvi_json_writer *json, const char *want)
{
    assert_false(json->has_failed);
    assert_int_equal(json->size, strlen(want));
    assert_memory_equal(json->text, want, json->size);
}

static void write_all(kvi_json_writer *json)
{
    const kv_slice parts[] = {TEXT("one"), TEXT(""), TEXT("\"two\"")};

    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Text", TEXT("a\"\\/\x7f\xc3\xa9"));
    kvi_json_write_text(json, "Control", TEXT("\b\t\n\f\r\x01\x1f"));
    kvi_json_write_parts(json, "Parts", parts, COUNT(parts));
    kvi_json_write_base64(json, "Base64", TEXT("\xff"));
    kvi_json_write_number(json, "Number", UINT64_MAX);
    kvi_json_write_integer(json, "Integer", INT64_MIN);
    kvi_json_write_boolean(json, "Boolean", true);
    kvi_json_write_raw(json, "Raw", "null");
    kvi_json_write_array_begin(json, "Array");
    kvi_json_write_text(json, NULL, TEXT("["));
    kvi_json_write_number(json, NULL, 2);
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_object_end(json);
    kvi_json_write_array_end(json);
    kvi_json_write_object_end(json);
}

static const char all[] =
    "{\"Text\":\"a\\\"\\\\/\x7f\xc3\xa9\",\"Control\":\"\\b\\t\\n\\f\\r\\u0001\\u001f\","
    "\"Parts\":\"one\\\"two\\\"\",\"Base64\":\"/w==\",\"Number\":18446744073709551615,"
    "\"Integer\":-9223372036854775808,\"Boolean\":true,\"Raw\":null,\"Array\":[\"[\",2,{}]}";

static void test_members(void **state)
{
    kvi_json_writer json = {0};

    (void)state;
    write_all(&json);
    assert_text(&json, all);
    kvi_json_write_clear(&json);
    kvi_json_write_array_begin(&json, NULL);
    kvi_json_write_array_end(&json);
    assert_text(&json, "[]");
    kvi_json_write_free(&json);
    assert_null(json.text);
}

/* What was reserved is not asked for again. */
static void test_reserve(void **state)
{
    kvi_json_writer json = {0};

    (void)state;
    skip_without_memory_faults();
    kvi_json_write_reserve(&json, sizeof(all));
    memory_fail_after(0);
    write_all(&json);
    memory_fail_after(-1);
    assert_text(&json, all);
    kvi_json_write_free(&json);
}

/* A writer that has failed once has failed for good: what comes later is not there either. */
static void test_no_memory(void **state)
{
    bool has_failed = true;
    int64_t tries = 0;

    (void)state;
    skip_without_memory_faults();
    for (; has_failed; tries++) {
        kvi_json_writer json = {0};

        memory_fail_after(tries);
        for (int i = 0; i < 20; i++)
            write_all(&json);
        memory_fail_after(-1);
        has_failed = json.has_failed;
        assert_int_equal(has_failed, memory_failed() == 1);
        assert_true(has_failed || json.size == 20 * sizeof(all) - 1);
        kvi_json_write_clear(&json);
        kvi_json_write_boolean(&json, NULL, true);
        assert_int_equal(json.has_failed, has_failed);
        kvi_json_write_free(&json);
    }
    assert_true(tries > 3);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"json: written", test_members, NULL, NULL, NULL},
        {"json: written into what was reserved", test_reserve, NULL, NULL, NULL},
        {"json: no memory to write", test_no_memory, NULL, NULL, NULL},
    };
    run_tests(tests);
    return run_all("edge_json_write");
}
