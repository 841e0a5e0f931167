/* Varints: one spelling for each number, nothing read beyond the end. */
#include "codec/varint.h"

#include "support/guard.h"
#include "support/run.h"

#include <string.h>

/* ---- Bytes and what they are */

static const struct row {
    const char *name;
    const char *bytes;
    size_t size;
    size_t used; /* 0: refused. */
    uint64_t value;
} rows[] = {
    {"varint: nothing", "", 0, 0, 0},
    {"varint: 0", "\x00", 1, 1, 0},
    {"varint: 1", "\x01", 1, 1, 1},
    {"varint: 127", "\x7F", 1, 1, 127},
    {"varint: 128", "\x80\x01", 2, 2, 128},
    {"varint: 300", "\xAC\x02", 2, 2, 300},
    {"varint: what follows stays", "\x05\x80", 2, 1, 5},
    {"varint: the largest", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10, 10, UINT64_MAX},
    {"varint: bit 63 alone", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10, 10, UINT64_C(1) << 63},
    {"varint: bit 64", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10, 0, 0},
    {"varint: 0 in two bytes", "\x80\x00", 2, 0, 0},
    {"varint: 1 in two bytes", "\x81\x00", 2, 0, 0},
    {"varint: 0 in ten bytes", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10, 0, 0},
    {"varint: eleven bytes", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, 0, 0},
    {"varint: no end", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12, 0, 0},
    {"varint: cut short", "\x80", 1, 0, 0},
};

static void test_take(void **state)
{
    const struct row *row = *state;
    uint8_t *in = guard_copy(row->bytes, row->size);
    const uint8_t *p = in;
    uint64_t value = 77;

    assert_int_equal(kvi_varint_take(&p, in + row->size, &value), row->used > 0);
    /* Refused: neither the place nor the number changes. */
    assert_int_equal(p - in, row->used);
    assert_true(value == (row->used > 0 ? row->value : 77));
    guard_free(in, row->size);
}

/* ---- All powers of two and their neighbours */

static void check_number(uint64_t number)
{
    uint8_t bytes[KVI_VARINT_SIZE_MAX + 1], *in;
    const uint8_t *p;
    size_t size, bits = 0;
    uint64_t got = 0;

    memset(bytes, 0xEE, sizeof(bytes));
    size = (size_t)(kvi_varint_put(bytes, number) - bytes);
    for (uint64_t rest = number; rest > 0; rest >>= 1)
        bits++;
    assert_int_equal(size, bits == 0 ? 1 : (bits + 6) / 7);
    assert_int_equal(kvi_varint_size(number), size);
    assert_int_equal(bytes[size], 0xEE);
    for (size_t cut = 0; cut <= size; cut++) {
        in = guard_copy(bytes, cut);
        p = in;
        assert_int_equal(kvi_varint_take(&p, in + cut, &got), cut == size);
        assert_int_equal(p - in, cut == size ? cut : 0);
        if (cut == size)
            assert_true(got == number);
        guard_free(in, cut);
    }
}

static void test_powers(void **state)
{
    (void)state;
    check_number(0);
    check_number(UINT64_MAX);
    for (unsigned bit = 0; bit < 64; bit++) {
        check_number((UINT64_C(1) << bit) - 1);
        check_number(UINT64_C(1) << bit);
        check_number((UINT64_C(1) << bit) + 1);
    }
}

/* Every string of two bytes is a number's one spelling, or refused. */
static void test_unique(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= UINT16_MAX; i++) {
        uint8_t in[2] = {(uint8_t)i, (uint8_t)(i >> 8)}, again[KVI_VARINT_SIZE_MAX];
        const uint8_t *p = in;
        uint64_t value;

        if (!kvi_varint_take(&p, in + 2, &value))
            continue;
        assert_int_equal(kvi_varint_put(again, value) - again, p - in);
        assert_memory_equal(again, in, (size_t)(p - in));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("varint: around all powers of two, and every prefix", test_powers),
        TEST("varint: one spelling", test_unique),
    };

    run_rows(rows, test_take, NULL, NULL);
    run_tests(tests);
    return run_all("varint");
}
