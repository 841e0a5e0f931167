/* Keys: which are valid, and that the encoding keeps their order, fits and is unique. */
#include "codec/key.h"

#include "base/slice.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/run.h"
#include "tables/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1
#define SEED UINT64_C(20240501)
#define PER_SIZE 12 /* Random keys of each size, besides those at the edges. */
#define KEYS_MAX (KV_KEY_SIZE_MAX * (PER_SIZE + 6))

/* ---- Which are keys */

static const struct row {
    const char *name;
    const char *bytes;
    size_t size;
    kv_status key, part; /* Of kvi_key_check() and kvi_key_check_part(). */
} rows[] = {
    {"key: empty", "", 0, KV_KEY_MALFORMED, KV_OK},
    {"key: one letter", BYTES("a"), KV_OK, KV_OK},
    {"key: a path", BYTES("assets/logo\\v2.png?x=1"), KV_OK, KV_OK},
    {"key: 0x20", BYTES("a b"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x20 behind a word", BYTES("abcdefgh "), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x20 inside a word", BYTES("abc defghijkl"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x00", BYTES("a\0b"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x00 inside a word", BYTES("abcd\0efghijkl"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x1F", BYTES("\x1F"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x21", BYTES("!"), KV_OK, KV_OK},
    {"key: 0x7E", BYTES("~"), KV_OK, KV_OK},
    {"key: 0x7F", BYTES("\x7F"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0x7F inside a word", BYTES("abcdefg\x7F"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 2 bytes, the first", BYTES("\xC2\x80"), KV_OK, KV_OK},
    {"key: 2 bytes, the last", BYTES("\xDF\xBF"), KV_OK, KV_OK},
    {"key: 2 bytes, overlong", BYTES("\xC1\xBF"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 2 bytes, cut", BYTES("\xC3"), KV_KEY_MALFORMED, KV_OK},
    {"key: 2 bytes, second too low", BYTES("\xC3\x7E"), KV_KEY_MALFORMED, KV_OK},
    {"key: 2 bytes, second too high", BYTES("\xC3\xC3"), KV_KEY_MALFORMED, KV_OK},
    {"key: a stray 0x80", BYTES("a\x80"), KV_KEY_MALFORMED, KV_OK},
    {"key: a C1 control, U+0085", BYTES("a\xC2\x85"), KV_OK, KV_OK},
    {"key: a Unicode space, U+00A0", BYTES("a\xC2\xA0z"), KV_OK, KV_OK},
    {"key: a wide space, U+3000", BYTES("\xE3\x80\x80"), KV_OK, KV_OK},
    {"key: 3 bytes, the first", BYTES("\xE0\xA0\x80"), KV_OK, KV_OK},
    {"key: 3 bytes, overlong", BYTES("\xE0\x9F\xBF"), KV_KEY_MALFORMED, KV_OK},
    {"key: below the surrogates", BYTES("\xED\x9F\xBF"), KV_OK, KV_OK},
    {"key: the first surrogate", BYTES("\xED\xA0\x80"), KV_KEY_MALFORMED, KV_OK},
    {"key: above the surrogates", BYTES("\xEE\x80\x80"), KV_OK, KV_OK},
    {"key: 3 bytes, the last", BYTES("\xEF\xBF\xBF"), KV_OK, KV_OK},
    {"key: 3 bytes, third wrong", BYTES("\xE1\x80z"), KV_KEY_MALFORMED, KV_OK},
    {"key: 4 bytes, the first", BYTES("\xF0\x90\x80\x80"), KV_OK, KV_OK},
    {"key: 4 bytes, overlong", BYTES("\xF0\x8F\xBF\xBF"), KV_KEY_MALFORMED, KV_OK},
    {"key: 4 bytes, the last", BYTES("\xF4\x8F\xBF\xBF"), KV_OK, KV_OK},
    {"key: above U+10FFFF", BYTES("\xF4\x90\x80\x80"), KV_KEY_MALFORMED, KV_OK},
    {"key: 0xF5", BYTES("\xF5\x80\x80\x80"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 0xFF", BYTES("\xFF"), KV_KEY_MALFORMED, KV_KEY_MALFORMED},
    {"key: 4 bytes, cut", BYTES("\xF0\x9F\x98"), KV_KEY_MALFORMED, KV_OK},
    {"key: 4 bytes, fourth wrong", BYTES("\xF0\x9F\x98z"), KV_KEY_MALFORMED, KV_OK},
};

static void test_check(void **state)
{
    const struct row *row = *state;
    uint8_t *copy = guard_copy(row->bytes, row->size);

    assert_int_equal(kvi_key_check(copy, row->size), row->key);
    assert_int_equal(kvi_key_check_part(copy, row->size), row->part);
    guard_free(copy, row->size);
}

static void test_size(void **state)
{
    char bytes[KV_KEY_SIZE_MAX + 1];

    (void)state;
    memset(bytes, 'k', sizeof(bytes));
    assert_int_equal(kvi_key_check(bytes, KV_KEY_SIZE_MAX), KV_OK);
    assert_int_equal(kvi_key_check(bytes, KV_KEY_SIZE_MAX + 1), KV_KEY_TOO_LONG);
    assert_int_equal(kvi_key_check(bytes, SIZE_MAX), KV_KEY_TOO_LONG);
    assert_int_equal(kvi_key_check_part(bytes, KV_KEY_SIZE_MAX), KV_OK);
    assert_int_equal(kvi_key_check_part(bytes, KV_KEY_SIZE_MAX + 1), KV_KEY_TOO_LONG);
    /* Too long comes first: the service says so whatever the bytes are. */
    memset(bytes, ' ', sizeof(bytes));
    assert_int_equal(kvi_key_check(bytes, KV_KEY_SIZE_MAX + 1), KV_KEY_TOO_LONG);
}

/* Each byte that may not be in a key is found wherever it stands. */
static void test_every_place(void **state)
{
    static const char never[] = {0, 1, 0x0A, 0x1F, 0x20, 0x7F, (char)0xC0, (char)0xFE};

    (void)state;
    for (size_t size = 1; size <= 40; size++)
        for (size_t at = 0; at < size; at++)
            for (size_t i = 0; i < COUNT(never); i++) {
                char bytes[40];

                memset(bytes, 'k', sizeof(bytes));
                bytes[at] = never[i];
                assert_int_equal(kvi_key_check(bytes, size), KV_KEY_MALFORMED);
                assert_int_equal(kvi_key_check_part(bytes, size), KV_KEY_MALFORMED);
            }
}

/* ---- Many keys: of every size, random ones and those at the edges */

struct key {
    size_t size, encoded_size;
    uint8_t bytes[KV_KEY_SIZE_MAX], encoded[KVI_KEY_ENCODED_MAX];
};

static struct key *keys;
static size_t key_count;

/* A random character of at most `room` bytes. */
static size_t put_character(struct rng *rng, uint8_t *out, size_t room)
{
    static const struct {
        uint32_t low, high;
    } ranges[] = {{0x21, 0x7E}, {0x80, 0x7FF}, {0x800, 0xD7FF}, {0x10000, 0x10FFFF}};
    size_t size = 1 + rng_below(rng, rng_percent(rng, 50) ? 1 : room < 4 ? room : 4);
    uint32_t c = (uint32_t)rng_between(rng, ranges[size - 1].low, ranges[size - 1].high);

    if (size == 1) {
        out[0] = (uint8_t)c;
        return 1;
    }
    for (size_t i = size; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    out[0] = (uint8_t)((size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0) | c);
    return size;
}

static struct key *key_new(size_t size)
{
    struct key *key = &keys[key_count++];

    assert_true(key_count <= KEYS_MAX);
    key->size = size;
    return key;
}

static void key_random(struct rng *rng, size_t size)
{
    struct key *key = key_new(size);
    size_t at = 0;

    /* Half of them share their beginning with the key before, so that order is decided late. */
    if (key_count > 1 && rng_percent(rng, 50)) {
        at = keys[key_count - 2].size;
        at = at < size ? at : size;
        memcpy(key->bytes, keys[key_count - 2].bytes, at);
        while (at > 0 && kvi_key_check(key->bytes, at) != KV_OK)
            at--;
        at -= at > 0 && rng_percent(rng, 50) && key->bytes[at - 1] < 0x80;
    }
    while (at < size)
        at += put_character(rng, key->bytes + at, size - at);
}

/* `size` bytes: the same character as long as it fits, then `last`. */
static void key_edge(size_t size, const char *unit, char last)
{
    struct key *key = key_new(size);
    size_t width = strlen(unit), at = 0;

    for (; at + width < size; at += width)
        memcpy(key->bytes + at, unit, width);
    memset(key->bytes + at, last, size - at);
}

static int keys_make(void **state)
{
    struct rng rng = {SEED};

    (void)state;
    keys = calloc(KEYS_MAX, sizeof(*keys));
    if (keys == NULL)
        return -1;
    key_count = 0;
    for (size_t size = 1; size <= KV_KEY_SIZE_MAX; size++) {
        for (size_t i = 0; i < PER_SIZE; i++)
            key_random(&rng, size);
        key_edge(size, "!", '!');
        key_edge(size, "!", '~');
        key_edge(size, "~", '~');
        key_edge(size, "~", '!');
        key_edge(size, "\xF4\x8F\xBF\xBF", '!');
        key_edge(size, "\xC2\x80", '~');
    }
    return 0;
}

static int keys_free(void **state)
{
    (void)state;
    free(keys);
    return 0;
}

static void fail_key(const char *what, size_t index)
{
    fail_msg("%s: key %zu of seed %llu, %zu bytes", what, index, (unsigned long long)SEED,
             keys[index].size);
}

static void test_round_trip(void **state)
{
    (void)state;
    assert_true(key_count >= 6000);
    for (size_t i = 0; i < key_count; i++) {
        struct key *key = &keys[i];
        uint8_t *out, *in, scratch[KV_KEY_SIZE_MAX];
        size_t packed = key->size > KVI_KEY_PLAIN_SIZE ? key->size - KVI_KEY_PLAIN_SIZE : 0;
        size_t want =
            key->size - packed +
            (packed + KVI_KEY_BLOCK_SYMBOLS - 1) / KVI_KEY_BLOCK_SYMBOLS * KVI_KEY_BLOCK_SIZE;
        kv_slice got;

        if (kvi_key_check(key->bytes, key->size) != KV_OK)
            fail_key("not valid", i);
        out = guard_take(want); /* One byte more would fault. */
        key->encoded_size = kvi_key_encode(key->bytes, key->size, out);
        if (key->encoded_size != want || want > KVI_KEY_ENCODED_MAX)
            fail_key("encoded size", i);
        memcpy(key->encoded, out, want);
        guard_free(out, want);
        in = guard_copy(key->encoded, want);
        if (kvi_key_decode(in, want, scratch, &got) != KV_OK)
            fail_key("does not decode", i);
        if (!kvi_slice_equal(got, kvi_slice(key->bytes, key->size)))
            fail_key("decodes to another key", i);
        if (key->size <= KVI_KEY_PLAIN_SIZE && got.data != in)
            fail_key("not borrowed", i);
        guard_free(in, want);
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return kvi_slice_compare(kvi_slice(x->bytes, x->size), kvi_slice(y->bytes, y->size));
}

static void test_order(void **state)
{
    size_t different = 0;

    (void)state;
    for (size_t i = 0; i < key_count; i++)
        keys[i].encoded_size = kvi_key_encode(keys[i].bytes, keys[i].size, keys[i].encoded);
    qsort(keys, key_count, sizeof(*keys), compare_keys);
    /* Sorted by the keys, neighbours must ascend in their encoded form, and so do all. */
    for (size_t i = 1; i < key_count; i++) {
        const struct key *a = &keys[i - 1], *b = &keys[i];
        int by_key = compare_keys(a, b);
        int encoded = kvi_slice_compare(kvi_slice(a->encoded, a->encoded_size),
                                        kvi_slice(b->encoded, b->encoded_size));

        if ((by_key == 0) != (encoded == 0) || (by_key < 0) != (encoded < 0))
            fail_key("out of order", i);
        different += by_key != 0;
    }
    assert_true(different >= 6000);
}

static void test_longest(void **state)
{
    uint8_t longest[KV_KEY_SIZE_MAX], row_key[KVI_VALUES_KEY_MAX];

    (void)state;
    memset(longest, '~', sizeof(longest));
    assert_int_equal(kvi_key_encode(longest, sizeof(longest), row_key), KVI_KEY_ENCODED_MAX);
    assert_int_equal(KVI_KEY_ENCODED_MAX, 507);
    /* With the namespace in front: LMDB's limit. */
    assert_int_equal(kvi_values_key(1, longest, sizeof(longest), row_key).size, 511);
}

/* ---- Stored bytes that no key made */

/* Refused, or what they decode to encodes to them. */
static bool check_stored(const uint8_t *bytes, size_t size)
{
    uint8_t *in = guard_copy(bytes, size), *scratch = guard_take(KV_KEY_SIZE_MAX);
    uint8_t again[KVI_KEY_ENCODED_MAX];
    kv_slice key;
    kv_status status = kvi_key_decode(in, size, scratch, &key);

    if (status == KV_OK) {
        assert_in_range(key.size, 1, KV_KEY_SIZE_MAX);
        assert_int_equal(kvi_key_encode(key.data, key.size, again), size);
        assert_memory_equal(again, bytes, size);
    } else {
        assert_int_equal(status, KV_CORRUPT);
    }
    guard_free(in, size);
    guard_free(scratch, KV_KEY_SIZE_MAX);
    return status == KV_OK;
}

static void test_stored_random(void **state)
{
    struct rng rng = {SEED};
    size_t good = 0, bad = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[KVI_KEY_ENCODED_MAX + 40];
        size_t size = rng_percent(&rng, 30)
                          ? rng_below(&rng, sizeof(bytes) + 1)
                          : KVI_KEY_PLAIN_SIZE + rng_below(&rng, 6) * KVI_KEY_BLOCK_SIZE;

        rng_fill(&rng, bytes, size);
        /* Low numbers are those whose first symbol is 0 or small. */
        for (size_t at = KVI_KEY_PLAIN_SIZE; rng_percent(&rng, 70) && at < size; at++)
            if ((at - KVI_KEY_PLAIN_SIZE) % KVI_KEY_BLOCK_SIZE == 0)
                bytes[at] = (uint8_t)rng_below(&rng, 250);
        if (check_stored(bytes, size))
            good++;
        else
            bad++;
    }
    assert_true(good > 0 && bad > 0);
}

/* Encoded keys with a bit flipped, and with the tail cut off. */
static void test_stored_damaged(void **state)
{
    struct rng rng = {SEED};

    (void)state;
    for (size_t i = 0; i < key_count; i += 7) {
        struct key *key = &keys[i];
        size_t size = kvi_key_encode(key->bytes, key->size, key->encoded);
        size_t bit = rng_below(&rng, size * 8), cut = rng_below(&rng, size);
        bool good;

        key->encoded[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)check_stored(key->encoded, size);
        key->encoded[bit / 8] ^= (uint8_t)(1 << bit % 8);
        good = check_stored(key->encoded, cut);
        /* Inside a block nothing decodes; at its edge a shorter key does. */
        if (cut == 0 ||
            (cut > KVI_KEY_PLAIN_SIZE && (cut - KVI_KEY_PLAIN_SIZE) % KVI_KEY_BLOCK_SIZE != 0))
            assert_false(good);
        else
            assert_true(good);
    }
}

static const struct block {
    const char *name;
    int fill; /* Of all 27 bytes... */
    int last; /* ...but the last. */
    size_t blocks;
    bool good;
} blocks[] = {
    {"stored: an empty block", 0x00, 0x00, 1, false},
    {"stored: a number above 210^28", 0xFF, 0xFF, 1, false},
    {"stored: nothing before a symbol", 0x00, 0x01, 1, false},
    {"stored: five empty blocks", 0x00, 0x00, 5, false},
    {"stored: six blocks", 0x00, 0x00, 6, false},
};

static void test_block(void **state)
{
    const struct block *block = *state;
    uint8_t bytes[KVI_KEY_PLAIN_SIZE + 6 * KVI_KEY_BLOCK_SIZE];
    size_t size = KVI_KEY_PLAIN_SIZE + block->blocks * KVI_KEY_BLOCK_SIZE;

    memset(bytes, 'a', KVI_KEY_PLAIN_SIZE);
    memset(bytes + KVI_KEY_PLAIN_SIZE, block->fill, sizeof(bytes) - KVI_KEY_PLAIN_SIZE);
    bytes[size - 1] = (uint8_t)block->last;
    assert_int_equal(check_stored(bytes, size), block->good);
}

/* A block that is not full has nothing behind it. */
static void test_short_block_inside(void **state)
{
    uint8_t bytes[KVI_KEY_ENCODED_MAX];
    char key[KVI_KEY_PLAIN_SIZE + 1];
    size_t used;

    (void)state;
    memset(key, 'a', sizeof(key));
    used = kvi_key_encode(key, sizeof(key), bytes);
    assert_true(check_stored(bytes, used));
    memcpy(bytes + used, bytes + KVI_KEY_PLAIN_SIZE, KVI_KEY_BLOCK_SIZE);
    assert_false(check_stored(bytes, used + KVI_KEY_BLOCK_SIZE));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("key: sizes", test_size),
        TEST("key: a wrong byte in every place", test_every_place),
        TEST("keys: round trip, size, bounds", test_round_trip),
        TEST("keys: order of the encoded form", test_order),
        TEST("keys: the longest", test_longest),
        TEST("stored: random bytes", test_stored_random),
        TEST("stored: damaged keys", test_stored_damaged),
        TEST("stored: a short block inside", test_short_block_inside),
    };

    run_rows(rows, test_check, NULL, NULL);
    run_rows(blocks, test_block, NULL, NULL);
    run_tests(tests);
    return run_all_within("key", keys_make, keys_free);
}
