/* The grammar of JSON: what is accepted, what is refused, and where the fault is said to be. What
 * is in accepted text, fuzz/fuzz_json.c compares with another reader of JSON. */
#include "edge/json_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/run.h"
#include "support/count.h"

/* Text at the end of its memory, so that ASan sees a byte too many. */
static kv_slice tight(const char *text, size_t size)
{
    char *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, text, size);
    return (kv_slice){copy, size};
}

static const struct accepted {
    const char *name, *text;
    const char *root; /* NULL: all of text. */
} accepted[] = {
    {"json accepts: an empty array", "[]", NULL},
    {"json accepts: an empty object", "{}", NULL},
    {"json accepts: white space around", " \t\r\n[ ] \n", "[ ]"},
    {"json accepts: every kind", "[1,-2,0,-0,1.5,2e3,2E-3,2.0e+1,\"s\",true,false,null,[],{}]",
     NULL},
    {"json accepts: members", "{\"a\":1,\"b\":{\"c\":[{}]}}", NULL},
    {"json accepts: a member twice", "{\"a\":1,\"a\":2}", NULL},
    {"json accepts: every escape", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFFFF\\ud83d\\ude00\"]",
     NULL},
    {"json accepts: DEL and UTF-8", "[\"\x7f\xc2\x80\xf4\x8f\xbf\xbf\"]", NULL},
    {"json accepts: the largest integers", "[9223372036854775807,-9223372036854775808]", NULL},
    {"json accepts: a real of many digits", "[123456789012345678901234567890.5]", NULL},
};

static void test_accepted(void **state)
{
    const struct accepted *row = *state;
    const char *want = row->root == NULL ? row->text : row->root;
    kv_slice text = tight(row->text, strlen(row->text));
    kvi_json_fault fault;
    kv_slice root;

    assert_int_equal(kvi_json_check(text, 0, &root, &fault), KV_OK);
    assert_int_equal(root.size, strlen(want));
    assert_memory_equal(root.data, want, root.size);
    free((void *)(uintptr_t)text.data);
}

#define ROW(name, text, line, column, what)                                                        \
    {                                                                                              \
        "json refuses: " name, text, sizeof(text) - 1, line, column, what                          \
    }
static const struct refused {
    const char *name, *text;
    size_t size, line, column;
    const char *what;
} refused[] = {
    ROW("nothing", "", 1, 0, "'[' or '{' expected"),
    ROW("white space", " \n ", 2, 1, "'[' or '{' expected"),
    ROW("a bare value", "1", 1, 1, "'[' or '{' expected"),
    ROW("text behind", "[] x", 1, 4, "end of text expected"),
    ROW("a second document", "{}{}", 1, 3, "end of text expected"),
    ROW("a zero byte behind", "[]\0", 1, 3, "end of text expected"),
    ROW("a zero byte", "[\0]", 1, 2, "no value"),
    ROW("an array cut off", "[1", 1, 2, "no ',' or ']' behind an element"),
    ROW("an array cut off behind a comma", "[1,", 1, 3, "the text ends too early"),
    ROW("a comma first", "[,1]", 1, 2, "no value"),
    ROW("a comma last", "[1,\n]", 2, 1, "no value"),
    ROW("no comma", "[1 2]", 1, 4, "no ',' or ']' behind an element"),
    ROW("an object closed as an array", "{]", 1, 2, "a member's name expected"),
    ROW("an array closed as an object", "[1}", 1, 3, "no ',' or ']' behind an element"),
    ROW("a name that is none", "{a:1}", 1, 2, "a member's name expected"),
    ROW("no colon", "{\"a\" 1}", 1, 6, "no ':' behind a name"),
    ROW("no value", "{\"a\":}", 1, 6, "no value"),
    ROW("a comma last in an object", "{\"a\":1,}", 1, 8, "a member's name expected"),
    ROW("a name alone", "{\"a\"}", 1, 5, "no ':' behind a name"),
    ROW("a word that is none", "[True]", 1, 2, "no value"),
    ROW("half a word", "[tru]", 1, 2, "no value"),
    ROW("a minus alone", "[-]", 1, 3, "an invalid number"),
    ROW("a plus", "[+1]", 1, 2, "no value"),
    ROW("a zero in front", "[01]", 1, 2, "an invalid number"),
    ROW("no digit behind the point", "[1.]", 1, 3, "an invalid number"),
    ROW("no digit before the point", "[.5]", 1, 2, "no value"),
    ROW("no exponent", "[1e+]", 1, 3, "an invalid number"),
    ROW("an integer of 65 bits", "[9223372036854775808]", 1, 20, "an integer that is too large"),
    ROW("a negative one", "[-9223372036854775809]", 1, 21, "an integer that is too large"),
    ROW("a string cut off", "[\"abc", 1, 5, "the text ends in a string"),
    ROW("a string cut off in an escape", "[\"a\\", 1, 4, "an invalid escape"),
    ROW("an escape that is none", "[\"\\x\"]", 1, 4, "an invalid escape"),
    ROW("an escape of three digits", "[\"\\u12\"]", 1, 4, "an invalid escape"),
    ROW("an escape cut off", "[\"\\u12", 1, 4, "an invalid escape"),
    ROW("a high surrogate alone", "[\"\\ud800\"]", 1, 8, "a lone surrogate, which is no character"),
    ROW("a high one before another", "[\"\\ud800\\ud800\"]", 1, 8,
        "a lone surrogate, which is no character"),
    ROW("a low surrogate first", "[\"\\udc00\\ud800\"]", 1, 8,
        "a lone surrogate, which is no character"),
    ROW("a line feed in a string", "[\"a\nb\"]", 2, 0, "a control character in a string"),
    ROW("a tab in a name", "{\"\t\":1}", 1, 3, "a control character in a string"),
    ROW("not UTF-8", "[\"\xc3\xa9\xff\"]", 1, 4, "not UTF-8 text"),
    ROW("UTF-8 cut off", "[\"\xc3", 1, 3, "not UTF-8 text"),
    ROW("a surrogate in UTF-8", "[\"\xed\xa0\x80\"]", 1, 3, "not UTF-8 text"),
};

static void test_refused(void **state)
{
    const struct refused *row = *state;
    kv_slice text = tight(row->text, row->size);
    kvi_json_fault fault = {0};
    kv_slice root;

    assert_int_equal(kvi_json_check(text, 0, &root, &fault), KV_INVALID);
    assert_string_equal(fault.what, row->what);
    assert_int_equal(fault.line, row->line);
    assert_int_equal(fault.column, row->column);
    free((void *)(uintptr_t)text.data);
}

static void test_unique(void **state)
{
    static const struct {
        const char *text;
        size_t column; /* 0: no fault. */
    } rows[] = {
        {"{\"a\":1,\"b\":2,\"A\":3}", 0},
        {"{\"a\":{\"a\":1},\"b\":{\"a\":2}}", 0},
        {"[{\"a\":1},{\"a\":2}]", 0},
        {"{\"\":1,\"\":2}", 8},
        {"{\"a\":1,\"b\":{\"c\":[1]},\"a\":2}", 24},
        {"{\"\xc3\xa9\":1,\"\\u00e9\":2}", 15},
        {"{\"a\":{\"x\":1,\"x\":2}}", 15},
    };
    kvi_json_fault fault;
    kv_slice root;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        kv_slice text = {rows[i].text, strlen(rows[i].text)};

        assert_int_equal(kvi_json_check(text, 0, &root, &fault), KV_OK);
        fault.column = 0;
        assert_int_equal(kvi_json_check(text, KVI_JSON_UNIQUE, &root, &fault),
                         rows[i].column == 0 ? KV_OK : KV_INVALID);
        assert_int_equal(fault.column, rows[i].column);
    }
}

static void test_depth(void **state)
{
    char text[2 * KVI_JSON_DEPTH_MAX + 2];
    kvi_json_fault fault;
    kv_slice root;

    (void)state;
    for (size_t depth = KVI_JSON_DEPTH_MAX; depth <= KVI_JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(kvi_json_check((kv_slice){text, 2 * depth}, 0, &root, &fault),
                         depth == KVI_JSON_DEPTH_MAX ? KV_OK : KV_INVALID);
    }
    assert_string_equal(fault.what, "too deep");
    assert_int_equal(fault.column, KVI_JSON_DEPTH_MAX + 1);
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        {"json: members twice, where they may not be", test_unique, NULL, NULL, NULL},
        {"json: depth", test_depth, NULL, NULL, NULL},
    };
    struct CMUnitTest tests[COUNT(accepted) + COUNT(refused) + COUNT(single)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(accepted); i++)
        tests[count++] = (struct CMUnitTest){accepted[i].name, test_accepted, NULL, NULL,
                                             (void *)(uintptr_t)&accepted[i]};
    for (size_t i = 0; i < COUNT(refused); i++)
        tests[count++] = (struct CMUnitTest){refused[i].name, test_refused, NULL, NULL,
                                             (void *)(uintptr_t)&refused[i]};
    for (size_t i = 0; i < COUNT(single); i++)
        tests[count++] = single[i];
    run_tests(tests);
    return run_all("edge_json_check");
}
