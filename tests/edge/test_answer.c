/* Answers: that what is written is JSON, says what it should, and that a fault needs no memory. */
#include "edge/answer.h"
#include "edge/utf8.h"
#include "support/run.h"

#include <jansson.h>

#include <stdio.h>
#include <string.h>

#define BYTES(literal) ((kv_slice){literal, sizeof(literal) - 1})

/* End the answer; its JSON, owned. */
static json_t *finish(kvi_answer *answer)
{
    kv_slice text = kvi_answer_finish(answer, "localhost:8787");
    json_error_t error;
    json_t *json =
        json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (json == NULL)
        fail_msg("%s: %.*s", error.text, (int)text.size, (const char *)text.data);
    return json;
}

static void check_member(const json_t *json, const char *name, kv_slice want)
{
    const json_t *member = json_object_get(json, name);

    assert_true(json_is_string(member));
    assert_int_equal(json_string_length(member), want.size);
    assert_memory_equal(json_string_value(member), want.data, want.size);
}

/* ---- One member, written and read back */

static const struct escape {
    const char *name;
    kv_slice value;
    const char *want; /* As it stands in the text. */
} escapes[] = {
    {"escape: nothing", {"", 0}, "\"\""},
    {"escape: plain", {"abc", 3}, "\"abc\""},
    {"escape: eight and more", {"0123456789abcdefg", 17}, "\"0123456789abcdefg\""},
    {"escape: quote", {"a\"b", 3}, "\"a\\\"b\""},
    {"escape: backslash", {"\\", 1}, "\"\\\\\""},
    {"escape: line feed", {"a\n", 2}, "\"a\\n\""},
    {"escape: zero byte", {"\0", 1}, "\"\\u0000\""},
    {"escape: control characters", {"\x01\x1f\x7f", 3}, "\"\\u0001\\u001f\x7f\""},
    {"escape: in the eighth byte", {"0123456\"0123456\\", 16}, "\"0123456\\\"0123456\\\\\""},
    {"escape: UTF-8", {"\xc3\xa9\xf0\x9f\x98\x80", 6}, "\"\xc3\xa9\xf0\x9f\x98\x80\""},
    {"escape: slash stays", {"a/b", 3}, "\"a/b\""},
};

static void test_escape(void **state)
{
    const struct escape *row = *state;
    kvi_answer answer;
    json_t *json = NULL;
    kv_slice text;
    char want[64];

    kvi_answer_begin(&answer);
    kvi_answer_text(&answer, "Value", row->value);
    text = kvi_answer_finish(&answer, "host");
    (void)snprintf(want, sizeof(want), "\"Value\":%s}", row->want);
    assert_true(text.size > strlen(want));
    assert_memory_equal((const char *)text.data + text.size - strlen(want), want, strlen(want));
    json = json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL);
    check_member(json, "Value", row->value);
    json_decref(json);
    kvi_answer_free(&answer);
}

/* Every byte at every place of a word, with every neighbour that matters. */
static void test_escape_everywhere(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 128; byte++) {
        char value[24];
        kvi_answer answer;
        json_t *json = NULL;

        memset(value, 'x', sizeof(value));
        kvi_answer_begin(&answer);
        for (size_t at = 0; at < sizeof(value); at++) {
            char name[8];

            value[at] = (char)byte;
            (void)snprintf(name, sizeof(name), "v%zu", at);
            kvi_answer_text(&answer, name, (kv_slice){value, sizeof(value)});
            value[at] = at % 3 == 0 ? '!' : 'x';
        }
        memset(value, 'x', sizeof(value));
        json = finish(&answer);
        for (size_t at = 0; at < sizeof(value); at++) {
            char name[8];

            value[at] = (char)byte;
            (void)snprintf(name, sizeof(name), "v%zu", at);
            check_member(json, name, (kv_slice){value, sizeof(value)});
            value[at] = at % 3 == 0 ? '!' : 'x';
        }
        json_decref(json);
        kvi_answer_free(&answer);
    }
}

/* ---- Kinds of members */

static void test_members(void **state)
{
    kvi_answer answer;
    json_t *json = NULL;
    json_t *want = json_loads("{\"S\":\"x\",\"N\":9007199254740991,\"Z\":0,\"B\":true,\"C\":false,"
                              "\"D\":\"18446744073709551615\",\"E\":\"-9223372036854775808\","
                              "\"X\":\"AAH/\",\"L\":[\"a\",{},{\"K\":1},[]],\"O\":{\"P\":\"q\"}}",
                              0, NULL);

    (void)state;
    kvi_answer_begin(&answer);
    kvi_answer_string(&answer, "S", "x");
    kvi_answer_number(&answer, "N", UINT64_MAX);
    kvi_answer_number(&answer, "Z", 0);
    kvi_answer_boolean(&answer, "B", true);
    kvi_answer_boolean(&answer, "C", false);
    kvi_answer_digits(&answer, "D", UINT64_MAX);
    kvi_answer_digits_signed(&answer, "E", INT64_MIN);
    kvi_answer_base64(&answer, "X", BYTES("\0\1\xff"));
    kvi_answer_array_begin(&answer, "L");
    kvi_answer_string(&answer, NULL, "a");
    kvi_answer_object_begin(&answer, NULL);
    kvi_answer_object_end(&answer);
    kvi_answer_object_begin(&answer, NULL);
    kvi_answer_number(&answer, "K", 1);
    kvi_answer_object_end(&answer);
    kvi_answer_array_begin(&answer, NULL);
    kvi_answer_array_end(&answer);
    kvi_answer_array_end(&answer);
    kvi_answer_object_begin(&answer, "O");
    kvi_answer_string(&answer, "P", "q");
    kvi_answer_object_end(&answer);
    json = finish(&answer);
    assert_int_equal(answer.http, 200);
    check_member(json, "RequestId", (kv_slice){answer.request_id, KVI_REQUEST_ID_SIZE});
    assert_int_equal(json_object_del(json, "RequestId"), 0);
    assert_true(json_equal(json, want));
    json_decref(json);
    json_decref(want);
    kvi_answer_free(&answer);
}

static void test_ids_differ(void **state)
{
    kvi_answer one, other;

    (void)state;
    kvi_answer_begin(&one);
    kvi_answer_begin(&other);
    assert_string_not_equal(one.request_id, other.request_id);
    kvi_answer_free(&one);
    kvi_answer_free(&other);
}

/* ---- Texts of time and size */

static const struct moment {
    const char *name;
    int64_t unix_s;
    const char *utc, *china;
} moments[] = {
    {"time: 1970", 0, "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00"},
    {"time: the service's sample", 1694417984, "2023-09-11T07:39:44Z", "2023-09-11T15:39:44+08:00"},
    {"time: a leap day", 1709251199, "2024-02-29T23:59:59Z", "2024-03-01T07:59:59+08:00"},
    {"time: no leap day", 4107542400, "2100-03-01T00:00:00Z", "2100-03-01T08:00:00+08:00"},
    {"time: before 1970", -1, "1969-12-31T23:59:59Z", "1970-01-01T07:59:59+08:00"},
    {"time: the last second", 253402300799, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+08:00"},
    {"time: beyond", INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+08:00"},
    {"time: before all", INT64_MIN, "0000-01-01T00:00:00Z", "0000-01-01T08:00:00+08:00"},
};

static void test_moment(void **state)
{
    const struct moment *row = *state;
    kvi_answer answer;
    json_t *json = NULL;

    kvi_answer_begin(&answer);
    kvi_answer_time(&answer, "Utc", row->unix_s);
    kvi_answer_time_china(&answer, "China", row->unix_s);
    json = finish(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "Utc")), row->utc);
    assert_string_equal(json_string_value(json_object_get(json, "China")), row->china);
    json_decref(json);
    kvi_answer_free(&answer);
}

static const struct capacity {
    const char *name;
    uint64_t bytes;
    const char *want;
} capacities[] = {
    {"capacity: 0", 0, "0 B"},
    {"capacity: 1023", 1023, "1023 B"},
    {"capacity: 1 KB", 1024, "1 KB"},
    {"capacity: 1.5 KB", 1536, "1.5 KB"},
    {"capacity: a hundredth", 1024 + 11, "1.01 KB"},
    {"capacity: cut, not rounded", 1024 * 1024 - 1, "1023.99 KB"},
    {"capacity: 1.5 MB", 3 << 19, "1.5 MB"},
    {"capacity: 100 MB", 100 << 20, "100 MB"},
    {"capacity: 1 GB", 1 << 30, "1 GB"},
    {"capacity: 10 GB", UINT64_C(10) << 30, "10 GB"},
    {"capacity: 64 TB", UINT64_C(64) << 40, "64 TB"},
    {"capacity: all bits", UINT64_MAX, "15.99 EB"},
};

static void test_capacity(void **state)
{
    const struct capacity *row = *state;
    kvi_answer answer;
    json_t *json = NULL;

    kvi_answer_begin(&answer);
    kvi_answer_capacity(&answer, "C", row->bytes);
    json = finish(&answer);
    assert_string_equal(json_string_value(json_object_get(json, "C")), row->want);
    json_decref(json);
    kvi_answer_free(&answer);
}

/* ---- Long values */

static void test_shortened(void **state)
{
    char value[400 * 4];
    char want[203 * 4];
    kvi_answer answer;
    json_t *json = NULL;

    (void)state;
    memset(value, 'a', 256);
    kvi_answer_begin(&answer);
    kvi_answer_shortened(&answer, "Whole", (kv_slice){value, 256});
    /* Characters count, not bytes: 256 of four bytes each. */
    for (size_t i = 0; i < 400; i++)
        memcpy(value + 4 * i, "\xf0\x9f\x98\x80", 4);
    kvi_answer_shortened(&answer, "Wide", (kv_slice){value, 1024});
    memcpy(value, "\"", 1); /* 257: a quote and 256 of four bytes. */
    for (size_t i = 0; i < 256; i++)
        memcpy(value + 1 + 4 * i, "\xf0\x9f\x98\x80", 4);
    kvi_answer_shortened(&answer, "Short", (kv_slice){value, 1 + 1024});
    json = finish(&answer);
    assert_int_equal(json_string_length(json_object_get(json, "Whole")), 256);
    assert_int_equal(json_string_length(json_object_get(json, "Wide")), 1024);
    memcpy(want, value, 1 + 99 * 4);
    memcpy(want + 397, "...", 3);
    memcpy(want + 400, value + 1 + 1024 - 400, 400);
    check_member(json, "Short", (kv_slice){want, 800});
    json_decref(json);
    kvi_answer_free(&answer);
}

/* ---- Faults */

static void test_fault(void **state)
{
    kvi_answer answer;
    json_t *json = NULL;

    (void)state;
    kvi_answer_begin(&answer);
    kvi_answer_string(&answer, "Secret", "of the success that was not");
    kvi_answer_status(&answer, KV_OK); /* Is none. */
    assert_null(answer.code);
    kvi_answer_status(&answer, KV_NAMESPACE_NOT_FOUND);
    kvi_answer_status(&answer, KV_NOT_FOUND); /* The first one stays. */
    kvi_answer_string(&answer, "Late", "too");
    json = finish(&answer);
    assert_int_equal(answer.http, 404);
    assert_int_equal(json_object_size(json), 4);
    check_member(json, "RequestId", (kv_slice){answer.request_id, KVI_REQUEST_ID_SIZE});
    check_member(json, "HostId", BYTES("localhost:8787"));
    check_member(json, "Code", BYTES("InvalidNameSpace.NotFound"));
    check_member(json, "Message", BYTES("The specified namespace does not exist."));
    json_decref(json);
    kvi_answer_free(&answer);
}

static void test_fault_message(void **state)
{
    kvi_answer answer;
    json_t *json = NULL;
    char longest[4096];

    (void)state;
    kvi_answer_begin(&answer);
    kvi_answer_invalid(&answer, "not \"UTF-8\": \xff\xc3 and %d.", 7);
    json = finish(&answer);
    assert_int_equal(answer.http, 400);
    check_member(json, "Message",
                 BYTES("The specified parameter is invalid. not \"UTF-8\": \?\? and 7."));
    json_decref(json);
    kvi_answer_free(&answer);

    /* Control characters six times as long, cut in the midst of one: it still fits and is JSON. */
    memset(longest, 1, sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    kvi_answer_begin(&answer);
    kvi_answer_fault(&answer, 400, "Long", longest);
    (void)kvi_answer_finish(&answer, longest);
    json = json_loadb(answer.fault, answer.fault_size, 0, NULL);
    assert_non_null(json);
    assert_int_equal(json_string_length(json_object_get(json, "Message")),
                     sizeof(answer.message) - 1);
    json_decref(json);
    kvi_answer_free(&answer);
}

/* ---- UTF-8 */

static const struct utf8 {
    const char *name;
    kv_slice text;
    size_t valid;
} utf8s[] = {
    {"utf8: ASCII", {"abcdefghijklmnop", 16}, 16},
    {"utf8: two bytes", {"\xc2\x80\xdf\xbf", 4}, 4},
    {"utf8: overlong two", {"a\xc1\xbf", 3}, 1},
    {"utf8: three bytes", {"\xe0\xa0\x80\xef\xbf\xbf", 6}, 6},
    {"utf8: overlong three", {"\xe0\x9f\xbf", 3}, 0},
    {"utf8: before the surrogates", {"\xed\x9f\xbf", 3}, 3},
    {"utf8: a surrogate", {"\xed\xa0\x80", 3}, 0},
    {"utf8: four bytes", {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8}, 8},
    {"utf8: overlong four", {"\xf0\x8f\xbf\xbf", 4}, 0},
    {"utf8: beyond Unicode", {"\xf4\x90\x80\x80", 4}, 0},
    {"utf8: five bytes", {"\xf8\x88\x80\x80\x80", 5}, 0},
    {"utf8: cut off", {"abc\xe2\x82", 5}, 3},
    {"utf8: continues nothing", {"abc\x80", 4}, 3},
    {"utf8: broken third", {"\xe2\x82\x28", 3}, 0},
    {"utf8: broken fourth", {"\xf0\x9f\x98\x28", 4}, 0},
    {"utf8: behind a whole word", {"01234567\xff", 9}, 8},
    {"utf8: in a word", {"0123456\xff", 8}, 7},
};

static void test_utf8(void **state)
{
    const struct utf8 *row = *state;

    assert_int_equal(kvi_utf8_valid_size(row->text.data, row->text.size), row->valid);
    assert_int_equal(kvi_utf8_is_valid(row->text), row->valid == row->text.size);
}

static void test_utf8_counts(void **state)
{
    kv_slice text = BYTES("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");

    (void)state;
    assert_int_equal(kvi_utf8_count(text), 5);
    assert_int_equal(kvi_utf8_first(text, 0), 0);
    assert_int_equal(kvi_utf8_first(text, 2), 3);
    assert_int_equal(kvi_utf8_first(text, 4), 10);
    assert_int_equal(kvi_utf8_first(text, 9), 11);
    assert_int_equal(kvi_utf8_last(text, 0), 0);
    assert_int_equal(kvi_utf8_last(text, 2), 5);
    assert_int_equal(kvi_utf8_last(text, 9), 11);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("answer: escape everywhere", test_escape_everywhere),
        TEST("answer: members", test_members),
        TEST("answer: ids differ", test_ids_differ),
        TEST("answer: shortened", test_shortened),
        TEST("answer: fault", test_fault),
        TEST("answer: fault message", test_fault_message),
        TEST("answer: utf8 counts", test_utf8_counts),
    };

    run_tests(tests);
    run_rows(escapes, test_escape, NULL, NULL);
    run_rows(moments, test_moment, NULL, NULL);
    run_rows(capacities, test_capacity, NULL, NULL);
    run_rows(utf8s, test_utf8, NULL, NULL);
    return run_all("edge_answer");
}
