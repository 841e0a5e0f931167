/* Frames: of the promised form, refused when damaged, never past the end of memory. */
#include "codec/compress.h"

#include "support/guard.h"
#include "support/random.h"
#include "support/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED UINT64_C(20240503)

struct frame {
    uint8_t *raw, *bytes; /* The value, and its frame in memory that ends with it. */
    size_t raw_size, size;
};

static struct frame frame_make(const uint8_t *raw, size_t raw_size, int level)
{
    kvi_compressor *c = kvi_compressor_create(level);
    size_t bound = kvi_compress_bound(raw_size);
    struct frame frame = {.raw = malloc(raw_size + 1), .raw_size = raw_size};
    uint8_t *room = malloc(bound);

    assert_non_null(c);
    assert_non_null(frame.raw);
    assert_non_null(room);
    if (raw_size > 0)
        memcpy(frame.raw, raw, raw_size);
    assert_int_equal(kvi_compress(c, raw, raw_size, room, bound, &frame.size), KV_OK);
    assert_true(frame.size > 0);
    frame.bytes = guard_take(frame.size);
    memcpy(frame.bytes, room, frame.size);
    free(room);
    kvi_compressor_free(c);
    return frame;
}

static void frame_free(struct frame *frame)
{
    guard_free(frame->bytes, frame->size);
    free(frame->raw);
}

static struct frame frame_of_text(size_t raw_size)
{
    struct rng rng = {SEED};
    uint8_t *raw = malloc(raw_size);
    struct frame frame;

    assert_non_null(raw);
    rng_fill_text(&rng, raw, raw_size);
    frame = frame_make(raw, raw_size, 3);
    free(raw);
    return frame;
}

/* The status of a decompression into memory of exactly raw_size; on KV_OK it gave `want`. */
static kv_status decompress(const uint8_t *bytes, size_t size, size_t raw_size, const uint8_t *want)
{
    kvi_decompressor *d = kvi_decompressor_create();
    uint8_t *out = guard_take(raw_size);
    kv_status status;

    assert_non_null(d);
    status = kvi_decompress(d, bytes, size, out, raw_size);
    if (status == KV_OK && want != NULL)
        assert_memory_equal(out, want, raw_size);
    guard_free(out, raw_size);
    kvi_decompressor_free(d);
    return status;
}

struct collected {
    uint8_t *data;
    size_t size, capacity, chunks, chunks_max; /* 0: no bound. */
};

static int collect(void *ctx, const void *data, size_t size)
{
    struct collected *collected = ctx;

    if (++collected->chunks == collected->chunks_max)
        return 1;
    if (size > collected->capacity - collected->size)
        return 1;
    memcpy(collected->data + collected->size, data, size);
    collected->size += size;
    return 0;
}

/* Feed a frame in parts. */
static kv_status feed(const uint8_t *bytes, size_t size, size_t part, struct collected *collected,
                      bool *has_ended)
{
    kvi_decompressor *d = kvi_decompressor_create();
    kv_status status;

    assert_non_null(d);
    *has_ended = false;
    status = kvi_decompress_begin(d);
    for (size_t at = 0; at < size && status == KV_OK; at += part)
        status = kvi_decompress_feed(d, bytes + at, size - at < part ? size - at : part, collect,
                                     collected, has_ended);
    kvi_decompressor_free(d);
    return status;
}

/* Pull a frame that comes in parts, `capacity` bytes at a time; `out` NULL: and drop them. How many
 * bytes came out. */
static size_t pull(const uint8_t *bytes, size_t size, size_t part, size_t capacity, uint8_t *out,
                   kv_status *status)
{
    kvi_decompressor *d = kvi_decompressor_create();
    bool has_ended = false;
    size_t total = 0, got;

    assert_non_null(d);
    *status = kvi_decompress_begin(d);
    for (size_t at = 0; at < size && !has_ended && *status == KV_OK; at += part) {
        kv_slice left = {bytes + at, size - at < part ? size - at : part};
        do {
            *status = kvi_decompress_pull(d, &left, out != NULL ? out + total : NULL, capacity,
                                          &got, &has_ended);
            assert_true(got <= capacity);
            total += got;
        } while (*status == KV_OK && !has_ended && got == capacity);
        if (*status == KV_OK && !has_ended)
            assert_int_equal(left.size, 0); /* It asked for more only when it had used this. */
    }
    if (*status == KV_OK && !has_ended)
        *status = KV_CORRUPT;
    kvi_decompressor_free(d);
    return total;
}

static void check_pull(const struct frame *frame, size_t part, size_t capacity)
{
    uint8_t *out = malloc(frame->raw_size + capacity);
    kv_status status;

    assert_non_null(out);
    assert_int_equal(pull(frame->bytes, frame->size, part, capacity, out, &status),
                     frame->raw_size);
    assert_int_equal(status, KV_OK);
    assert_memory_equal(out, frame->raw, frame->raw_size);
    assert_int_equal(pull(frame->bytes, frame->size, part, capacity, NULL, &status),
                     frame->raw_size);
    assert_int_equal(status, KV_OK);
    free(out);
}

static void check_feed(const struct frame *frame, size_t part)
{
    struct collected collected = {.data = malloc(frame->raw_size + 1), .capacity = frame->raw_size};
    bool has_ended;

    assert_non_null(collected.data);
    assert_int_equal(feed(frame->bytes, frame->size, part, &collected, &has_ended), KV_OK);
    assert_true(has_ended);
    assert_int_equal(collected.size, frame->raw_size);
    assert_memory_equal(collected.data, frame->raw, frame->raw_size);
    free(collected.data);
    check_pull(frame, part, frame->raw_size / 7 + 1);
    check_pull(frame, part, frame->raw_size + 1);
}

/* ---- What is worth it */

static const struct row {
    const char *name;
    size_t size;
    bool text, kept;
} rows[] = {
    {"compress: nothing", 0, true, false},
    {"compress: one byte", 1, true, false},
    {"compress: 15 bytes of text", 15, true, false},
    {"compress: 512 bytes of text", 512, true, true},
    {"compress: 512 random bytes", 512, false, false},
    {"compress: 1,000 random bytes", 1000, false, false},
    {"compress: 65,537 bytes of text", 65537, true, true},
    {"compress: 65,537 random bytes", 65537, false, false},
    {"compress: 2,000,000 bytes of text", 2000000, true, true},
};

static void test_worth(void **state)
{
    const struct row *row = *state;
    struct rng rng = {SEED};
    kvi_compressor *c = kvi_compressor_create(3);
    size_t bound = kvi_compress_bound(row->size), size = 99;
    uint8_t *raw = malloc(row->size + 1), *out = guard_take(bound);

    assert_true(c != NULL && raw != NULL);
    if (row->text)
        rng_fill_text(&rng, raw, row->size);
    else
        rng_fill(&rng, raw, row->size);
    assert_int_equal(kvi_compress(c, raw, row->size, out, bound, &size), KV_OK);
    assert_int_equal(size > 0, row->kept);
    if (row->kept) {
        assert_true(size <= row->size - row->size / 16);
        assert_int_equal(decompress(out, size, row->size, raw), KV_OK);
    }
    guard_free(out, bound);
    free(raw);
    kvi_compressor_free(c);
}

/* Just enough and just not enough saved: random bytes with a compressible tail that grows. */
static void test_worth_edge(void **state)
{
    enum { SIZE = 4096, TRIES = 6000 };
    kvi_compressor *c = kvi_compressor_create(3);
    uint8_t raw[SIZE], out[2 * SIZE];
    size_t kept = 0, smallest_saving = SIZE;
    struct rng rng = {SEED};

    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < TRIES; i++) {
        size_t size, tail = i % 600;

        rng_fill(&rng, raw, sizeof(raw));
        memset(raw + SIZE - tail, 'z', tail);
        assert_int_equal(kvi_compress(c, raw, SIZE, out, sizeof(out), &size), KV_OK);
        if (size == 0)
            continue;
        kept++;
        assert_true(size <= SIZE - SIZE / 16);
        if (SIZE - size < smallest_saving)
            smallest_saving = SIZE - size;
    }
    /* Kept from one part in sixteen saved on, not later. */
    assert_true(kept > 0 && kept < TRIES);
    assert_in_range(smallest_saving, SIZE / 16, SIZE / 15 - 1);
    kvi_compressor_free(c);
}

/* ---- The form of a frame, by RFC 8878: fit to be sent as it is */

static void check_form(int level, size_t raw_size)
{
    uint8_t *raw = calloc(raw_size, 1);
    struct frame frame;
    uint8_t descriptor;

    assert_non_null(raw);
    frame = frame_make(raw, raw_size, level);
    assert_memory_equal(frame.bytes, "\x28\xB5\x2F\xFD", 4);
    descriptor = frame.bytes[4];
    assert_int_equal(descriptor & 0x03, 0); /* No dictionary. */
    assert_int_equal(descriptor & 0x04, 0); /* No checksum. */
    if (descriptor & 0x20) {                /* One segment: the window is the content. */
        assert_true(raw_size <= (size_t)8 << 20);
    } else {
        assert_true(descriptor >> 6 != 0); /* The content's size is there. */
        assert_true(frame.bytes[5] <= (23 - 10) << 3);
    }
    assert_int_equal(decompress(frame.bytes, frame.size, raw_size, frame.raw), KV_OK);
    check_feed(&frame, frame.size);
    frame_free(&frame);
    free(raw);
}

static const int levels[] = {1, 3, 9, 15, 19};

static void test_form(void **state)
{
    const int *level = *state;

    check_form(*level, 600);
    check_form(*level, (size_t)8 << 20);
    check_form(*level, ((size_t)8 << 20) + 1);
    check_form(*level, KV_VALUE_SIZE_CEILING);
}

/* ---- Round trips */

static void test_sizes(void **state)
{
    (void)state;
    for (unsigned bit = 9; bit <= 20; bit++) {
        for (int off = -1; off <= 1; off++) {
            size_t raw_size = ((size_t)1 << bit) + (size_t)(off + 1) - 1;
            struct frame frame = frame_of_text(raw_size);

            assert_int_equal(decompress(frame.bytes, frame.size, raw_size, frame.raw), KV_OK);
            assert_int_equal(decompress(frame.bytes, frame.size, raw_size - 1, NULL), KV_CORRUPT);
            assert_int_equal(decompress(frame.bytes, frame.size, raw_size + 1, NULL), KV_CORRUPT);
            assert_int_equal(decompress(frame.bytes, frame.size, 0, NULL), KV_CORRUPT);
            check_feed(&frame, frame.size);
            check_feed(&frame, 4080);
            frame_free(&frame);
        }
    }
}

static void test_bytewise(void **state)
{
    struct frame frame = frame_of_text(300000);

    (void)state;
    check_feed(&frame, 1);
    check_feed(&frame, 7);
    frame_free(&frame);
}

/* ---- Damage */

static void test_prefixes(void **state)
{
    struct frame frame = frame_of_text(3000);

    (void)state;
    for (size_t cut = 0; cut < frame.size; cut++) {
        uint8_t *part = guard_take(cut), out[3000];
        struct collected collected = {.data = out, .capacity = sizeof(out)};
        bool has_ended;

        memcpy(part, frame.bytes, cut);
        assert_int_equal(decompress(part, cut, frame.raw_size, NULL), KV_CORRUPT);
        assert_int_equal(feed(part, cut, 50, &collected, &has_ended), KV_OK);
        assert_false(has_ended);
        guard_free(part, cut);
    }
    frame_free(&frame);
}

/* zstd's own checksum is off: a flip may decode, but only to as many bytes. The record finds it. */
static void test_flips(void **state)
{
    struct frame frame = frame_of_text(3000);
    size_t refused = 0;

    (void)state;
    for (size_t bit = 0; bit < frame.size * 8; bit++) {
        uint8_t out[3000];
        struct collected collected = {.data = out, .capacity = sizeof(out)};
        kv_status status;
        bool has_ended;

        frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        status = decompress(frame.bytes, frame.size, frame.raw_size, NULL);
        assert_true(status == KV_OK || status == KV_CORRUPT);
        refused += status == KV_CORRUPT;
        status = feed(frame.bytes, frame.size, 50, &collected, &has_ended);
        assert_true(status == KV_OK || status == KV_CORRUPT || status == KV_CANCELLED);
        frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(refused > 100);
    frame_free(&frame);
}

/* Two frames, and a frame with a byte behind it, are not one frame. */
static void test_behind(void **state)
{
    struct frame frame = frame_of_text(3000);
    uint8_t *twice = guard_take(2 * frame.size), out[6001];

    (void)state;
    memcpy(twice, frame.bytes, frame.size);
    memcpy(twice + frame.size, frame.bytes, frame.size);
    for (size_t more = 1; more <= frame.size; more += frame.size - 1) {
        for (size_t part = 50; part <= 2 * frame.size; part += 2 * frame.size - 50) {
            struct collected collected = {.data = out, .capacity = sizeof(out)};
            bool has_ended;

            assert_int_equal(feed(twice, frame.size + more, part, &collected, &has_ended),
                             KV_CORRUPT);
        }
        assert_int_equal(decompress(twice, frame.size + more, 3000, NULL), KV_CORRUPT);
        assert_int_equal(decompress(twice, frame.size + more, 6000, NULL), KV_CORRUPT);
    }
    guard_free(twice, 2 * frame.size);
    frame_free(&frame);
}

/* A skippable frame behind it adds no bytes, but it is a second frame. */
static void test_skippable_behind(void **state)
{
    static const uint8_t skippable[] = {0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 'x'};
    struct frame frame = frame_of_text(3000);
    size_t size = frame.size + sizeof(skippable);
    uint8_t *both = guard_take(size);

    (void)state;
    memcpy(both, frame.bytes, frame.size);
    memcpy(both + frame.size, skippable, sizeof(skippable));
    assert_int_equal(decompress(both, size, 3000, NULL), KV_CORRUPT);
    guard_free(both, size);
    frame_free(&frame);
}

static void test_random(void **state)
{
    struct rng rng = {SEED};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        uint8_t bytes[64], out[256];
        size_t size = rng_below(&rng, sizeof(bytes) + 1);
        struct collected collected = {.data = out, .capacity = sizeof(out)};
        bool has_ended;

        rng_fill(&rng, bytes, size);
        if (size >= 4 && rng_percent(&rng, 90))
            memcpy(bytes, "\x28\xB5\x2F\xFD", 4);
        (void)decompress(bytes, size, rng_below(&rng, 256), NULL);
        (void)feed(bytes, size, 1 + rng_below(&rng, 20), &collected, &has_ended);
    }
}

/* A frame that asks for a window of 16 MB; its one block is raw: "a". */
static void test_window(void **state)
{
    static const uint8_t bytes[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, (24 - 10) << 3, 0x09, 0, 0, 'a'};
    struct collected collected = {.data = (uint8_t[1]){0}, .capacity = 1};
    uint8_t allowed[sizeof(bytes)];
    bool has_ended;

    (void)state;
    assert_int_equal(feed(bytes, sizeof(bytes), sizeof(bytes), &collected, &has_ended), KV_CORRUPT);
    memcpy(allowed, bytes, sizeof(bytes));
    allowed[5] = (23 - 10) << 3;
    assert_int_equal(feed(allowed, sizeof(bytes), sizeof(bytes), &collected, &has_ended), KV_OK);
    assert_int_equal(collected.size, 1);
    /* Its content's size is not said: our reader takes no such frame. */
    assert_int_equal(decompress(allowed, sizeof(bytes), 1, NULL), KV_CORRUPT);
}

/* ---- Use */

static void test_cancelled(void **state)
{
    struct frame frame = frame_of_text(1000000);
    struct collected collected = {
        .data = malloc(frame.raw_size), .capacity = frame.raw_size, .chunks_max = 2};
    bool has_ended;

    (void)state;
    assert_non_null(collected.data);
    assert_int_equal(feed(frame.bytes, frame.size, frame.size, &collected, &has_ended),
                     KV_CANCELLED);
    assert_int_equal(collected.chunks, 2);
    free(collected.data);
    frame_free(&frame);
}

/* Why a frame was refused: its content's size if that is stated and another, else the frame. */
static void test_fault(void **state)
{
    struct frame frame = frame_of_text(3000);

    (void)state;
    assert_int_equal(kvi_decompress_fault(frame.bytes, frame.size, 3000), KVI_FAULT_FRAME);
    assert_int_equal(kvi_decompress_fault(frame.bytes, frame.size, 2999), KVI_FAULT_FRAME_SIZE);
    assert_int_equal(kvi_decompress_fault(frame.bytes, frame.size, 0), KVI_FAULT_FRAME_SIZE);
    assert_int_equal(kvi_decompress_fault(frame.bytes, 3, 2999), KVI_FAULT_FRAME);
    assert_int_equal(kvi_decompress_fault("", 0, 2999), KVI_FAULT_FRAME);
    assert_int_equal(kvi_decompress_fault("nonsense", 8, 2999), KVI_FAULT_FRAME);
    frame_free(&frame);
}

/* A context serves on after what was refused or left half done. */
static void test_used_again(void **state)
{
    struct frame frame = frame_of_text(3000);
    kvi_decompressor *d = kvi_decompressor_create();
    uint8_t out[3000];
    bool has_ended = false;

    (void)state;
    assert_non_null(d);
    for (int i = 0; i < 10; i++) {
        struct collected collected = {.data = out, .capacity = sizeof(out)};

        assert_int_equal(kvi_decompress(d, "nonsense", 8, out, 3000), KV_CORRUPT);
        assert_int_equal(kvi_decompress_begin(d), KV_OK);
        assert_int_equal(kvi_decompress_feed(d, frame.bytes, 60, collect, &collected, &has_ended),
                         KV_OK);
        assert_int_equal(kvi_decompress(d, frame.bytes, frame.size, out, 3000), KV_OK);
        assert_memory_equal(out, frame.raw, 3000);
    }
    kvi_decompressor_free(d);
    frame_free(&frame);
}

static void test_no_room(void **state)
{
    kvi_compressor *c = kvi_compressor_create(3);
    uint8_t raw[2000], *out = guard_take(5);
    size_t size = 99;

    (void)state;
    assert_non_null(c);
    memset(raw, 'a', sizeof(raw));
    assert_int_equal(kvi_compress(c, raw, sizeof(raw), out, 5, &size), KV_NO_MEMORY);
    assert_int_equal(size, 0);
    guard_free(out, 5);
    kvi_compressor_free(c);
    kvi_compressor_free(NULL);
    kvi_decompressor_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("compress: worth it from a sixteenth on", test_worth_edge),
        TEST("frame: sizes around powers of two", test_sizes),
        TEST("frame: byte by byte", test_bytewise),
        TEST("frame: every prefix", test_prefixes),
        TEST("frame: every bit flipped", test_flips),
        TEST("frame: something behind it", test_behind),
        TEST("frame: a skippable one behind it", test_skippable_behind),
        TEST("frame: random bytes", test_random),
        TEST("frame: a window above 8 MB", test_window),
        TEST("decompress: cancelled", test_cancelled),
        TEST("decompress: why it was refused", test_fault),
        TEST("decompress: used again", test_used_again),
        TEST("compress: no room", test_no_room),
    };

    run_rows(rows, test_worth, NULL, NULL);
    for (size_t i = 0; i < COUNT(levels); i++)
        run_row(run_name("frame: its form at level %d", levels[i]), test_form, NULL, NULL,
                &levels[i]);
    run_tests(tests);
    return run_all("compress");
}
