/* Base64: RFC 4648's vectors, one text for one value, and decoding in place. */
#include "edge/base64.h"

#include "support/random.h"
#include "support/run.h"

#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *name;
    const char *text;
    const char *bytes; /* NULL: refused. */
} rows[] = {
    {"base64: nothing", "", ""},
    {"base64: f", "Zg==", "f"},
    {"base64: fo", "Zm8=", "fo"},
    {"base64: foo", "Zm9v", "foo"},
    {"base64: foob", "Zm9vYg==", "foob"},
    {"base64: fooba", "Zm9vYmE=", "fooba"},
    {"base64: foobar", "Zm9vYmFy", "foobar"},
    {"base64: both signs", "+/+/", "\xFB\xFF\xBF"},
    {"base64 refuses: no padding", "Zg", NULL},
    {"base64 refuses: one pad of two", "Zg=", NULL},
    {"base64 refuses: three pads", "Z===", NULL},
    {"base64 refuses: only pads", "====", NULL},
    {"base64 refuses: pads inside", "Zg==Zg==", NULL},
    {"base64 refuses: a pad before a digit", "Zg=v", NULL},
    {"base64 refuses: bits behind two pads", "Zh==", NULL},
    {"base64 refuses: bits behind one pad", "Zm9=", NULL},
    {"base64 refuses: a space", "Zm 9", NULL},
    {"base64 refuses: a line feed at the end", "Zm9v\n", NULL},
    {"base64 refuses: the URL's alphabet", "-_-_", NULL},
    {"base64 refuses: a byte over 127", "Zm9\xE1", NULL},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    size_t size = strlen(row->text);
    char *text = malloc(size + 1); /* In place: so what it must not touch is watched. */
    char out[32];
    size_t decoded = 99;

    assert_non_null(text);
    memcpy(text, row->text, size + 1);
    if (row->bytes == NULL) {
        assert_int_equal(kvi_base64_decode(text, size, text, &decoded), KV_INVALID);
        assert_int_equal(decoded, 0);
        free(text);
        return;
    }
    assert_int_equal(kvi_base64_decode(text, size, text, &decoded), KV_OK);
    assert_int_equal(decoded, strlen(row->bytes));
    assert_memory_equal(text, row->bytes, decoded);
    assert_int_equal(kvi_base64_size(decoded), size);
    kvi_base64_encode(row->bytes, decoded, out);
    assert_memory_equal(out, row->text, size);
    free(text);
}

static void test_round_trip(void **state)
{
    struct rng rng = {4648};

    (void)state;
    for (size_t size = 0; size <= 200; size++) {
        unsigned char *bytes = malloc(size + 1);
        unsigned char *again = malloc((size + 2) / 3 * 3 + 1);
        char *text = malloc(kvi_base64_size(size) + 1);
        size_t again_size = 0;

        assert_true(bytes != NULL && again != NULL && text != NULL);
        rng_fill(&rng, bytes, size);
        kvi_base64_encode(bytes, size, text);
        assert_int_equal(kvi_base64_decode(text, kvi_base64_size(size), again, &again_size), KV_OK);
        assert_int_equal(again_size, size);
        assert_memory_equal(again, bytes, size);
        free(bytes);
        free(again);
        free(text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("base64: 0 to 200 bytes", test_round_trip),
    };

    run_rows(rows, test_row, NULL, NULL);
    run_tests(tests);
    return run_all("edge_base64");
}
