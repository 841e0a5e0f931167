/* The ring of tokens. */
#include "support/fixture.h"
#include "support/inside.h"

#include "base/slice.h"
#include "tables/catalog.h"
#include "tables/tokens.h"

#include <string.h>

/* The newest `count` of `pushed` tokens, newest first. */
static void expect_tokens(kvi_txn *txn, uint64_t pushed, size_t want)
{
    kvi_token tokens[KVI_TOKENS_MAX];
    size_t count;

    assert_status(kvi_tokens_get(txn, tokens, &count), KV_OK);
    assert_int_equal(count, want);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tokens[i].sequence, pushed - i);
        assert_int_equal(tokens[i].random, (pushed - i) * 3);
    }
}

static void test_ring(void **state)
{
    kvi_txn *txn = inside_begin(*state);
    kv_status status = kvi_txn_delete(txn, KVI_USAGE, kvi_slice("\0\0\0\0\1", 5));

    assert_status(status, KV_OK); /* Creating the namespace left one. */
    expect_tokens(txn, 0, 0);
    for (uint64_t i = 1; i <= 200; i++) {
        assert_status(kvi_tokens_push(txn, (kvi_token){i, i * 3}), KV_OK);
        if (i == 1 || (i >= 63 && i <= 66) || i == 200)
            expect_tokens(txn, i, i < KVI_TOKENS_MAX ? i : KVI_TOKENS_MAX);
    }
    kvi_txn_abort(txn);
}

/* A damaged row stops no writer. Of what was in it nobody is told that it was not applied. */
static void test_odd_ring(void **state)
{
    static const uint8_t key[5] = {0, 0, 0, 0, 1};
    static const struct {
        uint8_t count;
        size_t size; /* Of all tokens. */
    } odd[] = {{1, 0}, {1, 15}, {65, 65 * 16}, {255, 40}};
    /* Of a full row: checksum, size, sum, count, a sequence, a random number, the last byte. */
    static const size_t flips[] = {0, 4, 6, 13, 14, 15, 30, 31, 14 + 64 * 16};
    struct fixture *fixture = *state;
    kvi_token tokens[KVI_TOKENS_MAX];
    size_t count;
    kvi_txn *txn;

    for (size_t i = 0; i < COUNT(odd) + COUNT(flips); i++) {
        uint8_t parts[1100] = {0};
        if (i >= COUNT(odd)) {
            inside_flip(fixture, KVI_USAGE, kvi_slice(key, 5), flips[i - COUNT(odd)], 1);
        } else {
            parts[0] = odd[i].count;
            inside_put_row(fixture, KVI_USAGE, kvi_slice(key, 5), kvi_slice(NULL, 0),
                           kvi_slice(parts, 1 + odd[i].size));
        }
        txn = inside_begin(fixture);
        assert_status(kvi_tokens_get(txn, tokens, &count), KV_CORRUPT);
        assert_int_equal(count, 0);
        assert_status(kvi_tokens_push(txn, (kvi_token){9, 2}), KV_OK);
        assert_status(kvi_tokens_get(txn, tokens, &count), KV_OK);
        assert_int_equal(count, KVI_TOKENS_MAX);
        for (size_t j = 0; j < count; j++)
            assert_true(tokens[j].sequence == 9 && tokens[j].random == 2);
        assert_status(kvi_txn_commit(txn), KV_OK);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("tokens: the ring", test_ring),
        STORE_TEST("tokens: a damaged ring", test_odd_ring),
    };

    run_tests(tests);
    return run_all("tokens");
}
