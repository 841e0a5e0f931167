/* The arena: pieces are aligned, apart, and stay where they are. */
#include "base/arena.h"

#include "support/random.h"
#include "support/run.h"

#include <stdalign.h>
#include <string.h>

#define SEED UINT64_C(20240504)
#define PIECES 3000

static void test_pieces(void **state)
{
    static struct {
        unsigned char *at;
        size_t size;
    } pieces[PIECES];
    struct rng rng = {SEED};
    kvi_arena arena = {0};
    size_t bytes = 0;

    (void)state;
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = rng_percent(&rng, 1) ? rng_below(&rng, 200000) : rng_below(&rng, 300);

        pieces[i].size = size;
        pieces[i].at = kvi_arena_take(&arena, size);
        assert_non_null(pieces[i].at);
        assert_int_equal((uintptr_t)pieces[i].at % alignof(max_align_t), 0);
        memset(pieces[i].at, (int)(i & 0xFF), size);
        bytes += size;
        assert_true(arena.bytes >= bytes);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t at = 0; at < pieces[i].size; at++)
            if (pieces[i].at[at] != (i & 0xFF))
                fail_msg("piece %zu of seed %llu was written over", i, (unsigned long long)SEED);
    kvi_arena_free(&arena);
    assert_null(arena.newest);
    assert_int_equal(arena.bytes, 0);
}

static void test_trim(void **state)
{
    kvi_arena arena = {0};
    char *a, *b, *c;

    (void)state;
    a = kvi_arena_take(&arena, 10000);
    kvi_arena_trim(&arena, 10000, 100);
    assert_in_range(arena.bytes, 100, 100 + alignof(max_align_t));
    b = kvi_arena_take(&arena, 50);
    assert_true(b >= a + 100 && b <= a + 100 + alignof(max_align_t));
    kvi_arena_trim(&arena, 50, 50);
    c = kvi_arena_take(&arena, 50);
    assert_true(c >= b + 50);
    kvi_arena_trim(&arena, 50, 0);
    assert_ptr_equal(kvi_arena_take(&arena, 1), c);
    kvi_arena_free(&arena);
}

/* A piece larger than any chunk, trimmed to nothing, leaves room for others. */
static void test_trim_large(void **state)
{
    kvi_arena arena = {0};
    char *large = kvi_arena_take(&arena, 10 << 20);

    (void)state;
    assert_non_null(large);
    kvi_arena_trim(&arena, 10 << 20, 0);
    assert_int_equal(arena.bytes, 0);
    assert_ptr_equal(kvi_arena_take(&arena, 5 << 20), large);
    kvi_arena_free(&arena);
}

static void test_empty(void **state)
{
    kvi_arena arena = {0};

    (void)state;
    kvi_arena_free(&arena);
    assert_non_null(kvi_arena_take(&arena, 0));
    kvi_arena_free(&arena);
    kvi_arena_free(&arena);
}

static void test_too_much(void **state)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2 + 1};
    kvi_arena arena = {0};
    char *piece = kvi_arena_take(&arena, 8);

    (void)state;
    assert_non_null(piece);
    memcpy(piece, "as it is", 8);
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_null(kvi_arena_take(&arena, sizes[i]));
    assert_memory_equal(piece, "as it is", 8);
    assert_in_range(arena.bytes, 8, 8 + alignof(max_align_t));
    assert_non_null(kvi_arena_take(&arena, 8));
    kvi_arena_free(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("arena: pieces are aligned and apart", test_pieces), TEST("arena: trim", test_trim),
        TEST("arena: trim a large piece", test_trim_large),       TEST("arena: empty", test_empty),
        TEST("arena: more than there is", test_too_much),
    };

    run_tests(tests);
    return run_all("arena");
}
