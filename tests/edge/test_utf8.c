/* UTF-8: which bytes are characters, against the definition itself; counting and cutting; and
 * repair. */
#include "edge/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/run.h"
#include "support/count.h"

/* Bytes at the end of their memory, so that ASan sees one too many. */
static char *tight(const void *data, size_t size)
{
    char *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, data, size);
    return copy;
}

/* ---- Every character, and every sequence that is none */

/* The bytes of a character by the table of RFC 3629, section 3. */
static size_t encode(uint32_t character, unsigned char out[4])
{
    if (character < 0x80) {
        out[0] = (unsigned char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (unsigned char)(0xC0 + character / 64);
        out[1] = (unsigned char)(0x80 + character % 64);
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (unsigned char)(0xE0 + character / 4096);
        out[1] = (unsigned char)(0x80 + character / 64 % 64);
        out[2] = (unsigned char)(0x80 + character % 64);
        return 3;
    }
    out[0] = (unsigned char)(0xF0 + character / 262144);
    out[1] = (unsigned char)(0x80 + character / 4096 % 64);
    out[2] = (unsigned char)(0x80 + character / 64 % 64);
    out[3] = (unsigned char)(0x80 + character % 64);
    return 4;
}

static void test_every_character(void **state)
{
    (void)state;
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        unsigned char want[4];
        char got[4];
        size_t size = encode(character, want);
        bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;

        if (kvi_utf8_character_size(want, size) != (is_surrogate ? 0 : size) ||
            kvi_utf8_character_size(want, size - 1 > 0 ? size - 1 : 1) != (size == 1 ? 1 : 0))
            fail_msg("U+%04X", (unsigned)character);
        if (!is_surrogate &&
            (kvi_utf8_encode(character, got) != size || memcmp(got, want, size) != 0))
            fail_msg("U+%04X is encoded otherwise", (unsigned)character);
    }
}

/* Of all sequences of two and three bytes exactly as many are characters as there are of that size:
 * with the test above, none is one that should not be. */
static void test_no_other_sequence(void **state)
{
    size_t two = 0, three = 0;

    (void)state;
    for (unsigned a = 0x80; a < 0x100; a++) {
        for (unsigned b = 0; b < 0x100; b++) {
            unsigned char bytes[3] = {(unsigned char)a, (unsigned char)b, 0};

            two += kvi_utf8_character_size(bytes, 2) == 2;
            for (unsigned c = 0; c < 0x100; c++) {
                bytes[2] = (unsigned char)c;
                three += kvi_utf8_character_size(bytes, 3) == 3;
            }
        }
    }
    assert_int_equal(two, 0x800 - 0x80);
    assert_int_equal(three, 0x10000 - 0x800 - 0x800);
}

static const struct bytes {
    const char *name, *text;
    size_t size, valid;
} rows[] = {
    {"utf8: above the last character", "\xf4\x90\x80\x80", 4, 0},
    {"utf8: five bytes", "\xf8\x88\x80\x80\x80", 5, 0},
    {"utf8: overlong, four bytes", "\xf0\x8f\xbf\xbf", 4, 0},
    {"utf8: a byte that continues nothing", "a\x80", 2, 1},
    {"utf8: cut off", "\xc3\xa9\xe2\x82", 4, 2},
    {"utf8: ASCII of eight and more", "0123456789abcdef\xff", 17, 16},
    {"utf8: a zero byte is one", "a\0b", 3, 3},
    {"utf8: nothing", "", 0, 0},
};

static void test_row(void **state)
{
    const struct bytes *row = *state;
    char *text = tight(row->text, row->size);

    assert_int_equal(kvi_utf8_valid_size(text, row->size), row->valid);
    assert_int_equal(kvi_utf8_is_valid((kv_slice){text, row->size}), row->valid == row->size);
    free(text);
}

/* ---- Counting and cutting */

static void test_cut(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"; /* Of 1, 2, 3, 4, 1. */
    static const size_t begins[] = {0, 1, 3, 6, 10, 11};
    kv_slice slice = {text, sizeof(text) - 1};

    (void)state;
    assert_int_equal(kvi_utf8_count(slice), COUNT(begins) - 1);
    for (size_t i = 0; i < COUNT(begins) + 2; i++) {
        size_t at = i < COUNT(begins) ? i : COUNT(begins) - 1;

        assert_int_equal(kvi_utf8_first(slice, i), begins[at]);
        assert_int_equal(kvi_utf8_last(slice, i), slice.size - begins[COUNT(begins) - 1 - at]);
    }
}

/* ---- Repair */

static void test_repair(void **state)
{
    static const struct {
        const char *text, *want;
    } repairs[] = {
        {"", ""},
        {"abc", "abc"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\xff", "?"},
        {"a\xff\xfe"
         "b",
         "a??b"},
        {"\xc3", "?"},
        {"\xe2\x82", "??"},
        {"\xed\xa0\x80", "???"},
        {"\xc3\xc3\xa9\xa9", "?\xc3\xa9?"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(repairs); i++) {
        size_t size = strlen(repairs[i].text);
        char *text = tight(repairs[i].text, size);

        kvi_utf8_repair(text, size, '?');
        assert_memory_equal(text, repairs[i].want, size);
        assert_true(kvi_utf8_is_valid((kv_slice){text, size}));
        free(text);
    }
}

int main(void)
{
    static const struct CMUnitTest single[] = {
        {"utf8: every character", test_every_character, NULL, NULL, NULL},
        {"utf8: no other sequence", test_no_other_sequence, NULL, NULL, NULL},
        {"utf8: counted and cut", test_cut, NULL, NULL, NULL},
        {"utf8: repaired", test_repair, NULL, NULL, NULL},
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(single)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < COUNT(single); i++)
        tests[count++] = single[i];
    run_tests(tests);
    return run_all("edge_utf8");
}
