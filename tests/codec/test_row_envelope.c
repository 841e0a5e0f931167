/* The envelope of rows: what it finds, and that nothing in it is lost when it is made anew. */
#include "codec/row_envelope.h"

#include "base/slice.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const kvi_envelope none;
static const kvi_envelope_place here = {5, {"key", 3}};

typedef kv_status (*open_function)(kvi_envelope_place place, kv_slice row, size_t known,
                                   kvi_envelope *out);

/* A row of `fields` bytes of 'f' and `parts` of 'p'. */
static kv_slice make(kvi_envelope_writer *writer, size_t fields, size_t parts, bool covers_parts)
{
    uint8_t bytes[KVI_ENVELOPE_ROW_MAX];
    kv_slice row;

    memset(bytes, 'p', sizeof(bytes));
    kvi_envelope_begin(writer, fields, &none);
    memset(writer->fields, 'f', fields);
    kvi_envelope_add(writer, bytes, parts);
    assert_int_equal(covers_parts ? kvi_envelope_end(writer, here, &row)
                                  : kvi_envelope_end_fields(writer, here, &row),
                     KV_OK);
    assert_int_equal(row.size, KVI_ROW_ENVELOPE_HEADER + fields + parts);
    return row;
}

/* What opens is found whole; whatever the size, the row's end is the end of memory. */
static void check_open(open_function open, kv_slice row, size_t fields, size_t parts)
{
    uint8_t *copy = guard_copy(row.data, row.size);
    kvi_envelope got;

    assert_int_equal(open(here, kvi_slice(copy, row.size), fields, &got), KV_OK);
    assert_int_equal(got.fields.size, fields);
    assert_int_equal(got.parts.size, parts);
    assert_int_equal(open(here, kvi_slice(copy, row.size), fields + 1, &got), KV_CORRUPT);
    assert_int_equal(got.fields.size + got.parts.size, 0);
    guard_free(copy, row.size);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 40, 255, 256, 1000, 2000};
    kvi_envelope_writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            check_open(kvi_envelope_open, make(&writer, sizes[i], sizes[j], true), sizes[i],
                       sizes[j]);
            check_open(kvi_envelope_open_fields, make(&writer, sizes[i], sizes[j], false), sizes[i],
                       sizes[j]);
        }
}

/* No bit of it can be another, and no proper prefix passes. */
static void test_damage(void **state)
{
    kvi_envelope_writer writer;
    kv_slice row = make(&writer, 9, 12, true);
    uint8_t *bytes = writer.bytes;
    kvi_envelope got;

    (void)state;
    for (size_t bit = 0; bit < row.size * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(kvi_envelope_open(here, row, 0, &got), KV_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t size = 0; size < row.size; size++)
        assert_int_equal(kvi_envelope_open(here, kvi_slice(bytes, size), 0, &got), KV_CORRUPT);
    assert_int_equal(kvi_envelope_open(here, row, 0, &got), KV_OK);
}

/* The other kind covers the fields and nothing behind them. */
static void test_damage_behind_fields(void **state)
{
    kvi_envelope_writer writer;
    kv_slice row = make(&writer, 9, 12, false);
    uint8_t *bytes = writer.bytes;
    kvi_envelope got;

    (void)state;
    for (size_t bit = 0; bit < row.size * 8; bit++) {
        bool is_covered = bit / 8 < KVI_ROW_ENVELOPE_HEADER + 9;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(kvi_envelope_open_fields(here, row, 0, &got),
                         is_covered ? KV_CORRUPT : KV_OK);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_other_place(void **state)
{
    static const kvi_envelope_place others[] = {
        {4, {"key", 3}}, {0, {"key", 3}}, {5, {"kez", 3}}, {5, {"ke", 2}}, {5, {"", 0}}};
    kvi_envelope_writer writer;
    kv_slice row = make(&writer, 9, 12, true);
    kvi_envelope got;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(kvi_envelope_open(others[i], row, 0, &got), KV_CORRUPT);
}

/* Written anew by who knows less of it: only what is known changes. */
static void test_unknown_is_kept(void **state)
{
    kvi_envelope_writer first, second;
    kv_slice row = make(&first, 20, 12, true), again;
    kvi_envelope old, got;

    (void)state;
    assert_int_equal(kvi_envelope_open(here, row, 8, &old), KV_OK);
    kvi_envelope_begin(&second, 8, &old);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(second.fields[i], 0);
    kvi_envelope_add(&second, "part", 4);
    kvi_envelope_add(&second, old.parts.data, old.parts.size);
    assert_int_equal(kvi_envelope_end(&second, here, &again), KV_OK);
    assert_int_equal(kvi_envelope_open(here, again, 20, &got), KV_OK);
    assert_int_equal(got.fields.size, 20);
    assert_memory_equal((const uint8_t *)got.fields.data + 8, "ffffffffffff", 12);
    assert_true(kvi_slice_equal(got.parts, kvi_slice("partpppppppppppp", 16)));
}

static void test_too_large(void **state)
{
    static uint8_t bytes[KVI_ENVELOPE_ROW_MAX + 1];
    kvi_envelope_writer writer;
    kvi_envelope got;
    kv_slice row = make(&writer, 10, KVI_ENVELOPE_ROW_MAX - 16, true);

    (void)state;
    assert_int_equal(row.size, KVI_ENVELOPE_ROW_MAX);
    assert_int_equal(kvi_envelope_open(here, row, 10, &got), KV_OK);
    kvi_envelope_begin(&writer, 10, &none);
    kvi_envelope_add(&writer, bytes, KVI_ENVELOPE_ROW_MAX - 15);
    kvi_envelope_add(&writer, bytes, 1); /* What fits does not make it whole. */
    assert_int_equal(kvi_envelope_end(&writer, here, &row), KV_CORRUPT);
    assert_int_equal(kvi_envelope_open(here, kvi_slice(bytes, sizeof(bytes)), 0, &got), KV_CORRUPT);
}

static void test_take(void **state)
{
    kv_slice parts = kvi_slice("abcdef", 6), part;

    (void)state;
    assert_true(kvi_envelope_take(&parts, 2, &part));
    assert_true(kvi_slice_equal(part, kvi_slice("ab", 2)));
    assert_false(kvi_envelope_take(&parts, 5, &part));
    assert_false(kvi_envelope_take(&parts, SIZE_MAX, &part));
    assert_true(kvi_envelope_take(&parts, 4, &part));
    assert_true(kvi_slice_equal(part, kvi_slice("cdef", 4)));
    assert_true(kvi_envelope_take(&parts, 0, &part));
    assert_false(kvi_envelope_take(&parts, 1, &part));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"envelope: every size", test_sizes, NULL, NULL, NULL},
        {"envelope: every bit and every prefix", test_damage, NULL, NULL, NULL},
        {"envelope: behind the fields", test_damage_behind_fields, NULL, NULL, NULL},
        {"envelope: at another place", test_other_place, NULL, NULL, NULL},
        {"envelope: what is not known is kept", test_unknown_is_kept, NULL, NULL, NULL},
        {"envelope: larger than a row may be", test_too_large, NULL, NULL, NULL},
        {"envelope: parts", test_take, NULL, NULL, NULL},
    };

    run_tests(tests);
    return run_all("envelope");
}
