/* multipart/form-data: read the same in whatever pieces it comes. */
#include "edge/multipart.h"

#include "support/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "multipart/form-data; boundary=xYz"
#define PART(name, data)                                                                           \
    "--xYz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" data "\r\n"

/* What the reader was told: "name=data;" of each part. */
struct told {
    char text[4096];
    kv_status fail_at_part;
};

static kv_status told_part(void *ctx, kv_slice name)
{
    struct told *told = ctx;
    size_t size = strlen(told->text);

    (void)snprintf(told->text + size, sizeof(told->text) - size, ";%.*s=", (int)name.size,
                   (const char *)name.data);
    return told->fail_at_part;
}

static kv_status told_data(void *ctx, const void *data, size_t size)
{
    struct told *told = ctx;
    size_t used = strlen(told->text);

    assert_true(size > 0);
    (void)snprintf(told->text + used, sizeof(told->text) - used, "%.*s", (int)size,
                   (const char *)data);
    return KV_OK;
}

/* Send in pieces; at the first refusal stop. */
static kv_status read_all(const char *type, const char *body, size_t chunk, struct told *told,
                          bool *complete)
{
    kvi_multipart_reader reader = {told_part, told_data, told};
    kvi_multipart *multipart = NULL;
    kv_status status = kvi_multipart_begin((kv_slice){type, strlen(type)}, &reader, &multipart);
    size_t size = strlen(body);

    told->text[0] = '\0';
    *complete = false;
    for (size_t at = 0; at < size && status == KV_OK; at += chunk)
        status = kvi_multipart_add(multipart, body + at, size - at < chunk ? size - at : chunk);
    if (status == KV_OK)
        *complete = kvi_multipart_is_complete(multipart);
    kvi_multipart_end(multipart);
    return status;
}

static const struct body {
    const char *name, *type, *body, *want;
    kv_status status;
    bool complete;
} bodies[] = {
    {"one part", TYPE, PART("a", "1") "--xYz--\r\n", ";a=1", KV_OK, true},
    {"two parts", TYPE, PART("a", "1") PART("b", "two") "--xYz--", ";a=1;b=two", KV_OK, true},
    {"no parts", TYPE, "--xYz--\r\n", "", KV_OK, true},
    {"nothing", TYPE, "", "", KV_OK, false},
    {"an empty part", TYPE, PART("a", "") PART("b", "") "--xYz--", ";a=;b=", KV_OK, true},
    {"a preamble and an epilogue", TYPE, "before\r\n" PART("a", "1") "--xYz--\r\nbehind --xYz",
     ";a=1", KV_OK, true},
    {"data like a delimiter", TYPE, PART("a", "\r\n--xYy\r\n--xY\r\n\r\n--") "--xYz--",
     ";a=\r\n--xYy\r\n--xY\r\n\r\n--", KV_OK, true},
    {"a boundary in the midst of a line ends a part", TYPE,
     "--xYz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{}" PART(
         "b", "1\r") "\r\n--xYz--\r\n",
     ";file={};b=1\r\r\n", KV_OK, true},
    {"other headers", TYPE,
     "--xYz\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION: form-data; filename=\"f\"; "
     "name=\"file\"\r\nX: y\r\n\r\n1\r\n--xYz--",
     ";file=1", KV_OK, true},
    {"a name without quotes", TYPE,
     "--xYz\r\nContent-Disposition: form-data; name=key\r\n\r\n1\r\n--xYz--", ";key=1", KV_OK,
     true},
    {"a boundary in quotes", "Multipart/Form-Data; charset=x; boundary=\"xYz\"",
     PART("a", "1") "--xYz--", ";a=1", KV_OK, true},
    {"cut off in the data", TYPE, PART("a", "1") "--xY", ";a=1", KV_OK, false},
    {"cut off in the headers", TYPE, "--xYz\r\nContent-Disposition: form-data", "", KV_OK, false},
    {"no name", TYPE, "--xYz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xYz--", "", KV_INVALID,
     false},
    {"a filename is no name", TYPE,
     "--xYz\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\n1\r\n--xYz--", "", KV_INVALID,
     false},
    {"a quote that does not end", TYPE,
     "--xYz\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--xYz--", "", KV_INVALID,
     false},
    {"no headers at all", TYPE, "--xYz\r\n\r\n\r\n1\r\n--xYz--", "", KV_INVALID, false},
    {"something else behind a boundary", TYPE, "--xYzz\r\n", "", KV_INVALID, false},
};

static void test_body(void **state)
{
    const struct body *row = *state;

    for (size_t chunk = 1; chunk <= strlen(row->body) + 1; chunk++) {
        struct told told = {.fail_at_part = KV_OK};
        bool complete = false;

        assert_int_equal(read_all(row->type, row->body, chunk, &told, &complete), row->status);
        assert_int_equal(complete, row->complete);
        if (row->complete)
            assert_string_equal(told.text, row->want);
    }
}

static void test_types(void **state)
{
    static const char *const wrong[] = {"multipart/form-data", "multipart/form-data; boundary=",
                                        "multipart/form-data; boundary=\"abc", ""};
    char longest[128] = "multipart/form-data; boundary=";
    struct told told = {.fail_at_part = KV_OK};
    bool complete;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(read_all(wrong[i], "", 1, &told, &complete), KV_INVALID);
    memset(longest + 30, 'b', 70);
    assert_int_equal(read_all(longest, "", 1, &told, &complete), KV_OK);
    longest[100] = 'b';
    assert_int_equal(read_all(longest, "", 1, &told, &complete), KV_INVALID);
    assert_true(kvi_multipart_is_type((kv_slice){"MULTIPART/form-data; x", 22}));
    assert_false(kvi_multipart_is_type((kv_slice){"multipart/form-dat", 18}));
    assert_false(kvi_multipart_is_type((kv_slice){NULL, 0}));
}

static void test_bounds(void **state)
{
    struct told told = {.fail_at_part = KV_OK};
    char body[8192] = "--xYz\r\nX: ";
    bool complete;

    (void)state;
    memset(body + 10, 'x', 5000); /* Headers without an end. */
    assert_int_equal(read_all(TYPE, body, 100, &told, &complete), KV_INVALID);
    body[0] = '\0';
    for (int i = 0; i < 32; i++)
        (void)strncat(body, PART("p", ""), sizeof(body) - strlen(body) - 1);
    assert_int_equal(read_all(TYPE, body, 1000, &told, &complete), KV_OK);
    (void)strncat(body, PART("p", ""), sizeof(body) - strlen(body) - 1);
    assert_int_equal(read_all(TYPE, body, 1000, &told, &complete), KV_INVALID);
    told.fail_at_part = KV_NOT_FOUND;
    assert_int_equal(read_all(TYPE, PART("a", "1"), 1000, &told, &complete), KV_NOT_FOUND);
    assert_string_equal(told.text, ";a=");
}

/* Data that is longer than the buffer, with a delimiter across its end. */
struct counted {
    size_t size;
    bool same;
};

static kv_status count_part(void *ctx, kv_slice name)
{
    (void)ctx;
    (void)name;
    return KV_OK;
}

static kv_status count_data(void *ctx, const void *data, size_t size)
{
    struct counted *counted = ctx;

    for (size_t i = 0; i < size; i++)
        counted->same &= ((const char *)data)[i] == (char)('a' + (counted->size + i) % 23);
    counted->size += size;
    return KV_OK;
}

static void test_long(void **state)
{
    static const char head[] = "--xYz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";

    (void)state;
    for (size_t size = 65536 - 80; size < 65536 + 20; size += 7) {
        struct counted counted = {0, true};
        kvi_multipart_reader reader = {count_part, count_data, &counted};
        kvi_multipart *multipart = NULL;
        char *body = malloc(sizeof(head) + size + 16);
        size_t body_size;

        assert_non_null(body);
        memcpy(body, head, sizeof(head) - 1);
        for (size_t i = 0; i < size; i++)
            body[sizeof(head) - 1 + i] = (char)('a' + i % 23);
        memcpy(body + sizeof(head) - 1 + size, "\r\n--xYz--", 9);
        body_size = sizeof(head) - 1 + size + 9;
        assert_int_equal(kvi_multipart_begin((kv_slice){TYPE, strlen(TYPE)}, &reader, &multipart),
                         KV_OK);
        assert_int_equal(kvi_multipart_add(multipart, body, body_size), KV_OK);
        assert_true(kvi_multipart_is_complete(multipart));
        assert_int_equal(counted.size, size);
        assert_true(counted.same);
        kvi_multipart_end(multipart);
        free(body);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("multipart: types", test_types),
        TEST("multipart: bounds", test_bounds),
        TEST("multipart: long", test_long),
    };

    run_tests(tests);
    run_rows(bodies, test_body, NULL, NULL);
    return run_all("edge_multipart");
}
