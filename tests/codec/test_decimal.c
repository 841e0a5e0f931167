/* Decimal numbers: which text is one, and the text of each. */
#include "codec/decimal.h"

#include "support/guard.h"
#include "support/run.h"

#include <string.h>

static const struct row {
    const char *name, *text;
    kv_status want;
    int64_t number;
} rows[] = {
    {"decimal: 0", "0", KV_OK, 0},
    {"decimal: one digit", "7", KV_OK, 7},
    {"decimal: negative", "-5", KV_OK, -5},
    {"decimal: zeros at the front", "007", KV_OK, 7},
    {"decimal: -0", "-0", KV_OK, 0},
    {"decimal: the largest", "9223372036854775807", KV_OK, INT64_MAX},
    {"decimal: one more", "9223372036854775808", KV_NOT_A_NUMBER, 0},
    {"decimal: ten times more", "92233720368547758070", KV_NOT_A_NUMBER, 0},
    {"decimal: the smallest", "-9223372036854775808", KV_OK, INT64_MIN},
    {"decimal: one less", "-9223372036854775809", KV_NOT_A_NUMBER, 0},
    {"decimal: 20 bytes", "00000000000000000012", KV_OK, 12},
    {"decimal: 21 bytes", "000000000000000000012", KV_NOT_A_NUMBER, 0},
    {"decimal: nothing", "", KV_NOT_A_NUMBER, 0},
    {"decimal: a sign alone", "-", KV_NOT_A_NUMBER, 0},
    {"decimal: two signs", "--1", KV_NOT_A_NUMBER, 0},
    {"decimal: plus", "+1", KV_NOT_A_NUMBER, 0},
    {"decimal: a space before", " 1", KV_NOT_A_NUMBER, 0},
    {"decimal: a space behind", "1 ", KV_NOT_A_NUMBER, 0},
    {"decimal: a line feed", "1\n", KV_NOT_A_NUMBER, 0},
    {"decimal: a point", "1.0", KV_NOT_A_NUMBER, 0},
    {"decimal: hexadecimal", "0x1", KV_NOT_A_NUMBER, 0},
    {"decimal: before 0", "1/", KV_NOT_A_NUMBER, 0},
    {"decimal: behind 9", "1:", KV_NOT_A_NUMBER, 0},
    {"decimal: not ASCII", "\xB2", KV_NOT_A_NUMBER, 0},
};

static void test_parse(void **state)
{
    const struct row *row = *state;
    size_t size = strlen(row->text);
    uint8_t *in = guard_copy(row->text, size);
    int64_t number = 77;

    assert_int_equal(kvi_decimal_parse((kv_slice){in, size}, &number), row->want);
    assert_true(number == (row->want == KV_OK ? row->number : 77));
    guard_free(in, size);
}

static void expect_text(int64_t number, const char *want)
{
    char text[KVI_DECIMAL_MAX + 1];
    int64_t got = 0;
    size_t size;

    memset(text, 'x', sizeof(text));
    size = kvi_decimal_print(number, text);
    if (want != NULL)
        assert_int_equal(size, strlen(want));
    if (want != NULL)
        assert_memory_equal(text, want, size);
    assert_int_equal(text[size], 'x');
    assert_int_equal(kvi_decimal_parse((kv_slice){text, size}, &got), KV_OK);
    assert_true(got == number);
}

static void test_print(void **state)
{
    (void)state;
    expect_text(0, "0");
    expect_text(-1, "-1");
    expect_text(10, "10");
    expect_text(INT64_MAX, "9223372036854775807");
    expect_text(INT64_MIN, "-9223372036854775808");
    for (int bit = 0; bit < 63; bit++)
        for (int64_t beside = -1; beside <= 1; beside++) {
            expect_text((INT64_C(1) << bit) + beside, NULL);
            expect_text(-(INT64_C(1) << bit) + beside, NULL);
        }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("decimal: the text of numbers", test_print),
    };

    run_rows(rows, test_parse, NULL, NULL);
    run_tests(tests);
    return run_all("decimal");
}
