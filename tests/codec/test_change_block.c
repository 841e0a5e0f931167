/* Blocks of the change log: written, read, taken up again; damage and lies are found. */
#include "codec/change_block.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "support/guard.h"
#include "support/run.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_SIZE 1340
#define TEXT(s) s, sizeof(s) - 1

/* Read a block that ends where memory does. KV_NOT_FOUND: read to its end. */
static kv_status read_all(const uint8_t *data, size_t size, size_t *count_out)
{
    uint8_t *in = guard_copy(data, size);
    kvi_change_reader reader;
    kv_change change;
    kv_status status = kvi_change_reader_begin(&reader, kvi_slice(in, size));

    *count_out = 0;
    while (status == KV_OK) {
        status = kvi_change_reader_next(&reader, &change);
        *count_out += status == KV_OK;
    }
    guard_free(in, size);
    return status;
}

static void repair(uint8_t *block, size_t size)
{
    kvi_le32_store(block + 4, (uint32_t)size);
    kvi_le32_store(block, (uint32_t)kvi_checksum(block + 4, size - 4));
}

static void assert_same(const kv_change *want, const kv_change *got)
{
    assert_true(got->sequence == want->sequence);
    assert_int_equal(got->ns, want->ns);
    assert_int_equal(got->kind, want->kind);
    assert_int_equal(got->flags, want->flags);
    assert_true(got->size == want->size && got->time == want->time);
    assert_true(kvi_slice_equal(got->key, want->key));
    assert_true(got->expires_at == (want->flags & KV_CHANGE_EXPIRES ? want->expires_at : 0));
}

/* ---- One change */

static char longest[KV_KEY_SIZE_MAX];

static const struct row {
    const char *name;
    kv_change change;
} rows[] = {
    {"change: put", {41, 1, KV_PUT, {"key", 3}, 0, 5, 1700000000, 0, 0}},
    {"change: put with a deadline",
     {41, 1, KV_PUT, {"key", 3}, 1700000300, 5, 1700000000, KV_CHANGE_EXPIRES, 0}},
    {"change: a deadline without the flag is left out",
     {41, 1, KV_PUT, {"key", 3}, 1700000300, 5, 1700000000, 0, 0}},
    {"change: the last of its transaction",
     {41, 1, KV_PUT, {"key", 3}, 5, 5, 1700000000, KV_CHANGE_EXPIRES | KV_CHANGE_LAST, 0}},
    {"change: delete", {42, 1, KV_DELETE, {"key", 3}, 0, 0, 1700000000, 0, 0}},
    {"change: touch", {43, 1, KV_TOUCH, {"key", 3}, 1, 0, 1700000000, KV_CHANGE_EXPIRES, 0}},
    {"change: namespace created",
     {1, 1, KV_CHANGE_NAMESPACE_CREATE, {"main", 4}, 0, 1 << 30, 1700000000, 0, 0}},
    {"change: namespace set", {2, 1, KV_CHANGE_NAMESPACE_SET, {NULL, 0}, 0, 7, 1, 0, 0}},
    {"change: namespace renamed", {4, 1, KV_CHANGE_NAMESPACE_RENAME, {"other", 5}, 0, 0, 1, 0, 0}},
    {"change: namespace dropped", {3, 9, KV_CHANGE_NAMESPACE_DROP, {NULL, 0}, 0, 0, 1, 0, 0}},
    {"change: settings", {4, 0, KV_CHANGE_SETTINGS, {NULL, 0}, 0, 0, 1, 0, 0}},
    {"change: all at their largest",
     {UINT64_MAX,
      UINT32_MAX,
      KV_CHANGE_SETTINGS,
      {longest, sizeof(longest)},
      INT64_MIN,
      UINT64_MAX,
      INT64_MAX,
      KV_CHANGE_EXPIRES,
      0}},
    {"change: before 1970",
     {1, 1, KV_PUT, {"k", 1}, INT64_MAX, 0, INT64_MIN, KV_CHANGE_EXPIRES, 0}},
};

/* Behind another change, so that its time is a difference; all prefixes and bit flips fail. */
static void test_row(void **state)
{
    const kv_change *change = &((const struct row *)*state)->change;
    kv_change before = {.sequence = change->sequence - 1, .key = {"before", 6}, .time = 1600000000};
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    kvi_change_reader reader;
    kv_change got;
    size_t count;

    kvi_change_block_init(&block, data, sizeof(data));
    assert_true(kvi_change_block_add(&block, &before));
    assert_true(kvi_change_block_add(&block, change));
    kvi_change_block_finish(&block);
    assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, block.size)), KV_OK);
    assert_int_equal(reader.count, 2);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
    assert_same(&before, &got);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
    assert_same(change, &got);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_NOT_FOUND);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_NOT_FOUND);
    assert_true(reader.time_newest >= change->time && reader.time_oldest == before.time);

    assert_int_equal(read_all(data, block.size, &count), KV_NOT_FOUND);
    for (size_t cut = 0; cut < block.size; cut++)
        assert_int_equal(read_all(data, cut, &count), KV_CORRUPT);
    for (size_t bit = 0; bit < block.size * 8; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(read_all(data, block.size, &count), KV_CORRUPT);
        assert_int_equal(count, 0);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* Alone in its block an entry ends where memory does; shorter, with the checksum right, it fails.
 */
static void test_truncated_entry(void **state)
{
    const kv_change *change = &((const struct row *)*state)->change;
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    size_t count;

    kvi_change_block_init(&block, data, sizeof(data));
    assert_true(kvi_change_block_add(&block, change));
    kvi_change_block_finish(&block);
    assert_true(block.size - KVI_CHANGE_BLOCK_HEADER <= KVI_CHANGE_ENTRY_MAX);
    for (size_t cut = KVI_CHANGE_BLOCK_HEADER; cut < block.size; cut++) {
        repair(data, cut);
        assert_int_equal(read_all(data, cut, &count), KV_CORRUPT);
        assert_int_equal(count, 0);
    }
    repair(data, block.size);
    assert_int_equal(read_all(data, block.size, &count), KV_NOT_FOUND);
    assert_int_equal(count, 1);
}

static void check_numbers(uint64_t number)
{
    kv_change change = {.sequence = number,
                        .ns = (uint32_t)number,
                        .key = {longest, (size_t)(number % (KV_KEY_SIZE_MAX + 1))},
                        .expires_at = (int64_t)number,
                        .size = number,
                        .time = (int64_t)number,
                        .flags = KV_CHANGE_EXPIRES};
    kv_change next = change, got;
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    kvi_change_reader reader;

    next.sequence++;
    next.time = (int64_t)~number; /* As far from the first as can be. */
    kvi_change_block_init(&block, data, sizeof(data));
    assert_true(kvi_change_block_add(&block, &change));
    assert_true(kvi_change_block_add(&block, &next));
    kvi_change_block_finish(&block);
    assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, block.size)), KV_OK);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
    assert_same(&change, &got);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
    assert_same(&next, &got);
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_NOT_FOUND);
}

static void test_powers(void **state)
{
    (void)state;
    check_numbers(0);
    check_numbers(UINT64_MAX);
    for (unsigned bit = 0; bit < 64; bit++) {
        check_numbers((UINT64_C(1) << bit) - 1);
        check_numbers(UINT64_C(1) << bit);
        check_numbers((UINT64_C(1) << bit) + 1);
    }
}

/* ---- Blocks */

static kv_change change_of(uint64_t sequence)
{
    return (kv_change){.sequence = sequence,
                       .ns = 1,
                       .kind = KV_PUT,
                       .key = {longest, 20 + sequence % 7},
                       .size = 1000 + sequence,
                       .time = 1700000000 + (int64_t)(sequence * 7 % 50)};
}

static size_t fill(kvi_change_block *block, uint8_t *data, size_t capacity)
{
    size_t count = 0;

    kvi_change_block_init(block, data, capacity);
    for (;; count++) {
        kv_change change = change_of(count + 1);
        kvi_change_block before = *block;

        if (!kvi_change_block_add(block, &change)) {
            assert_memory_equal(block, &before, sizeof(before)); /* As it was. */
            return count;
        }
    }
}

static void test_full(void **state)
{
    uint8_t *data = guard_take(BLOCK_SIZE); /* One byte more would fault. */
    kvi_change_block block;
    size_t count = fill(&block, data, BLOCK_SIZE), read;

    (void)state;
    assert_true(count > 30 && block.size <= BLOCK_SIZE && BLOCK_SIZE - block.size < 40);
    kvi_change_block_finish(&block);
    assert_int_equal(read_all(data, block.size, &read), KV_NOT_FOUND);
    assert_int_equal(read, count);
    guard_free(data, BLOCK_SIZE);
}

/* An entry fits exactly or not at all. */
static void test_exact_fit(void **state)
{
    kv_change change = change_of(1);
    uint8_t roomy[BLOCK_SIZE];
    kvi_change_block block;
    size_t size;

    (void)state;
    kvi_change_block_init(&block, roomy, sizeof(roomy));
    assert_true(kvi_change_block_add(&block, &change));
    size = block.size;
    for (size_t capacity = KVI_CHANGE_BLOCK_HEADER; capacity < size + 10; capacity++) {
        uint8_t *data = guard_take(capacity);

        kvi_change_block_init(&block, data, capacity);
        assert_int_equal(kvi_change_block_add(&block, &change), capacity >= size);
        guard_free(data, capacity);
    }
}

static void test_times(void **state)
{
    static const int64_t times[] = {500, 400, 600, 550};
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    kvi_change_reader reader;

    (void)state;
    kvi_change_block_init(&block, data, sizeof(data));
    for (size_t i = 0; i < COUNT(times); i++) {
        kv_change change = {.sequence = i + 1, .time = times[i]};

        assert_true(kvi_change_block_add(&block, &change));
    }
    kvi_change_block_finish(&block);
    assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, block.size)), KV_OK);
    assert_int_equal(reader.time_newest, 600);
    for (size_t i = 0; i < COUNT(times); i++) {
        kv_change got;

        assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
        assert_int_equal(got.time, times[i]);
    }
}

/* Stopped after each change and taken up again, a block is the same as written at one go. */
static void test_resume(void **state)
{
    uint8_t whole[BLOCK_SIZE], parts[BLOCK_SIZE], stored[BLOCK_SIZE];
    kvi_change_block at_once, block;
    size_t count = fill(&at_once, whole, sizeof(whole));

    (void)state;
    kvi_change_block_finish(&at_once);
    kvi_change_block_init(&block, parts, sizeof(parts));
    for (size_t i = 0; i < count; i++) {
        kv_change change = change_of(i + 1);
        size_t size;

        kvi_change_block_finish(&block);
        size = block.size;
        memcpy(stored, parts, size);
        memset(parts, 0xEE, sizeof(parts));
        kvi_change_block_init(&block, parts, sizeof(parts));
        assert_int_equal(kvi_change_block_resume(&block, kvi_slice(stored, size)), KV_OK);
        assert_true(kvi_change_block_add(&block, &change));
    }
    kvi_change_block_finish(&block);
    assert_int_equal(block.size, at_once.size);
    assert_memory_equal(parts, whole, block.size);
}

static void test_resume_refused(void **state)
{
    uint8_t whole[BLOCK_SIZE], own[BLOCK_SIZE];
    kvi_change_block full, block;

    (void)state;
    (void)fill(&full, whole, sizeof(whole));
    kvi_change_block_finish(&full);
    kvi_change_block_init(&block, own, full.size);
    assert_int_equal(kvi_change_block_resume(&block, kvi_slice(whole, full.size)), KV_OK);
    kvi_change_block_init(&block, own, full.size - 1);
    assert_int_equal(kvi_change_block_resume(&block, kvi_slice(whole, full.size)), KV_CORRUPT);
    assert_int_equal(block.size, KVI_CHANGE_BLOCK_HEADER);
    whole[full.size - 1] ^= 1;
    kvi_change_block_init(&block, own, sizeof(own));
    assert_int_equal(kvi_change_block_resume(&block, kvi_slice(whole, full.size)), KV_CORRUPT);
    assert_int_equal(kvi_change_block_resume(&block, kvi_slice(NULL, 0)), KV_CORRUPT);
}

static void test_empty(void **state)
{
    uint8_t data[KVI_CHANGE_BLOCK_HEADER];
    kvi_change_block block;
    size_t count;

    (void)state;
    kvi_change_block_init(&block, data, sizeof(data));
    kvi_change_block_finish(&block);
    assert_int_equal(block.size, KVI_CHANGE_BLOCK_HEADER);
    assert_int_equal(read_all(data, sizeof(data), &count), KV_NOT_FOUND);
    assert_int_equal(count, 0);
}

/* The mark is the newest entry's, also of a block that was taken up; without an entry there is
   nothing to mark. */
static void test_mark_last(void **state)
{
    uint8_t data[BLOCK_SIZE], again[BLOCK_SIZE];
    kvi_change_block block;
    kvi_change_reader reader;
    kv_change change;

    (void)state;
    kvi_change_block_init(&block, data, sizeof(data));
    kvi_change_block_mark_last(&block);
    for (uint64_t i = 1; i <= 3; i++) {
        change = change_of(i);
        assert_true(kvi_change_block_add(&block, &change));
    }
    kvi_change_block_mark_last(&block);
    kvi_change_block_finish(&block);
    kvi_change_block_init(&block, again, sizeof(again));
    assert_int_equal(kvi_change_block_resume(&block, kvi_slice(data, kvi_le32_load(data + 4))),
                     KV_OK);
    kvi_change_block_mark_last(&block); /* None was added since. */
    for (uint64_t i = 4; i <= 5; i++) {
        change = change_of(i);
        assert_true(kvi_change_block_add(&block, &change));
    }
    kvi_change_block_mark_last(&block);
    kvi_change_block_finish(&block);
    assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(again, block.size)), KV_OK);
    for (uint64_t i = 1; i <= 5; i++) {
        assert_int_equal(kvi_change_reader_next(&reader, &change), KV_OK);
        assert_int_equal(change.flags, i == 3 || i == 5 ? KV_CHANGE_LAST : 0);
    }
}

/* ---- Entries and blocks of newer versions */

/* Entry bytes behind a header that says `count`, with all checksums right; its size. */
static size_t forge(uint8_t *data, size_t capacity, const char *entries, size_t size,
                    uint32_t count)
{
    assert_true(KVI_CHANGE_BLOCK_HEADER + size <= capacity);
    memset(data, 0, KVI_CHANGE_BLOCK_HEADER);
    data[8] = KVI_CHANGE_BLOCK_FORMAT;
    kvi_le32_store(data + 17, count);
    if (size > 0)
        memcpy(data + KVI_CHANGE_BLOCK_HEADER, entries, size);
    repair(data, KVI_CHANGE_BLOCK_HEADER + size);
    return KVI_CHANGE_BLOCK_HEADER + size;
}

/* One entry, then a plain one of key "z". */
#define PLAIN "\x07\0\0\1\0\1z\5"

static const struct entry {
    const char *name;
    const char *bytes;
    size_t size;
    kv_status want;
    uint32_t flags;
} entries[] = {
    {"entry: plain", TEXT("\x07\0\0\1\0\1k\5"), KV_OK, 0},
    {"entry: a deadline", TEXT("\x08\0\1\1\0\1k\5\2"), KV_OK, KV_CHANGE_EXPIRES},
    {"entry: a value", TEXT("\x0D\0\4\1\0\1k\5\5value"), KV_OK, 0},
    {"entry: a deadline and a value", TEXT("\x0E\0\7\1\0\1k\5\2\5value"), KV_OK,
     KV_CHANGE_EXPIRES | KV_CHANGE_LAST},
    {"entry: 0x08 with something", TEXT("\x0A\0\x08\1\0\1k\5abc"), KV_OK, 0},
    {"entry: 0x10 with nothing", TEXT("\x07\0\x10\1\0\1k\5"), KV_OK, 0},
    {"entry: 0x20 and 0x40", TEXT("\x0A\0\x60\1\0\1k\5abc"), KV_OK, 0},
    {"entry: 0x80", TEXT("\x07\0\x80\1\0\1k\5"), KV_UNSUPPORTED, 0},
    {"entry: 0x80 in a form of its own", TEXT("\x03\0\x83\xFF"), KV_UNSUPPORTED, 0},
    {"entry: an unknown kind", TEXT("\x07\xC8\0\1\0\1k\5"), KV_OK, 0},
};

static void test_entry(void **state)
{
    const struct entry *entry = *state;
    uint8_t data[BLOCK_SIZE];
    char both[100];
    kvi_change_reader reader;
    kv_change got;
    size_t size;

    memcpy(both, entry->bytes, entry->size);
    memcpy(both + entry->size, PLAIN, sizeof(PLAIN) - 1);
    size = forge(data, sizeof(data), both, entry->size + sizeof(PLAIN) - 1, 2);
    assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, size)), KV_OK);
    assert_int_equal(kvi_change_reader_next(&reader, &got), entry->want);
    if (entry->want != KV_OK)
        return;
    assert_int_equal(got.flags, entry->flags);
    assert_int_equal(got.size, 5);
    assert_int_equal(got.expires_at, entry->flags & KV_CHANGE_EXPIRES ? 1 : 0);
    assert_true(kvi_slice_equal(got.key, kvi_slice("k", 1)));
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_OK);
    assert_true(kvi_slice_equal(got.key, kvi_slice("z", 1)));
    assert_int_equal(kvi_change_reader_next(&reader, &got), KV_NOT_FOUND);
}

/* Of another format nothing but checksum and size is known. */
static void test_other_format(void **state)
{
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    kvi_change_reader reader;

    (void)state;
    for (int format = 0; format < 256; format++) {
        for (size_t size = 9; size < 60; size += 50) {
            memset(data, 0xEE, size);
            data[8] = (uint8_t)format;
            repair(data, size);
            if (format == KVI_CHANGE_BLOCK_FORMAT)
                continue;
            assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, size)),
                             KV_UNSUPPORTED);
            kvi_change_block_init(&block, data + 100, 500);
            assert_int_equal(kvi_change_block_resume(&block, kvi_slice(data, size)),
                             KV_UNSUPPORTED);
            assert_int_equal(block.size, KVI_CHANGE_BLOCK_HEADER);
            data[size - 1] ^= 1;
            assert_int_equal(kvi_change_reader_begin(&reader, kvi_slice(data, size)), KV_CORRUPT);
        }
    }
}

/* ---- Lies with a right checksum */

static const struct lie {
    const char *name;
    const char *entry;
    size_t size;
    uint32_t count;
    size_t good; /* Changes read before it is found. */
} lies[] = {
    {"lie: more changes than there are", TEXT(PLAIN), 2, 1},
    {"lie: as many as a number holds", TEXT(PLAIN), UINT32_MAX, 1},
    {"lie: fewer changes than there are", TEXT(PLAIN PLAIN), 1, 1},
    {"lie: none, but bytes", TEXT(PLAIN), 0, 0},
    {"lie: a byte behind the last", TEXT(PLAIN "\0"), 1, 1},
    {"lie: an entry of no size", TEXT("\0"), 1, 0},
    {"lie: an entry of one byte", TEXT("\1\0"), 1, 0},
    {"lie: an entry without fields", TEXT("\2\0\0"), 1, 0},
    {"lie: an entry beyond the block", TEXT("\x08\0\0\1\0\1k\5"), 1, 0},
    {"lie: an entry of all sizes", TEXT("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\0\0\1\0\1k\5"), 1,
     0},
    {"lie: fields beyond the entry", TEXT("\x06\0\0\1\0\1k\5"), 1, 0},
    {"lie: bytes that no flag accounts for", TEXT("\x08\0\2\1\0\1k\5\1"), 1, 0},
    {"lie: a namespace of 33 bits", TEXT("\x0B\0\0\x80\x80\x80\x80\x10\0\1k\5"), 1, 0},
    {"lie: a key of 513 bytes", TEXT("\x88\4\0\0\1\0\x81\4"), 1, 0},
    {"lie: a key beyond the entry", TEXT("\x07\0\0\1\0\2k\5" PLAIN), 2, 0},
    {"lie: a key of all sizes", TEXT("\x10\0\0\1\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1k\5"), 1,
     0},
    {"lie: a namespace in two bytes", TEXT("\x08\0\0\x81\0\0\1k\5"), 1, 0},
    {"lie: a size in two bytes", TEXT("\x87\0\0\0\1\0\1k\5"), 1, 0},
    {"lie: a deadline that is not there", TEXT("\x07\0\1\1\0\1k\5"), 1, 0},
    {"lie: half an entry's kind", TEXT("\2\0"), 1, 0},
};

static void test_lie(void **state)
{
    const struct lie *lie = *state;
    uint8_t data[700] = {0};
    size_t size = forge(data, sizeof(data), lie->entry, lie->size, lie->count), count;

    /* The key of 513 bytes is there, so that only its size is wrong. */
    if (strstr(lie->name, "513") != NULL) {
        size = KVI_CHANGE_BLOCK_HEADER + 2 + 520;
        repair(data, size);
    }
    assert_int_equal(read_all(data, size, &count), KV_CORRUPT);
    assert_int_equal(count, lie->good);
}

/* A size that is not the row's, with a right checksum: a block glued to another, or cut. */
static void test_size_lies(void **state)
{
    uint8_t data[BLOCK_SIZE];
    kvi_change_block block;
    size_t size, count;

    (void)state;
    (void)fill(&block, data, 300);
    kvi_change_block_finish(&block);
    size = block.size;
    for (int off = -1; off <= 1; off += 2) {
        kvi_le32_store(data + 4, (uint32_t)size + (uint32_t)off);
        kvi_le32_store(data, (uint32_t)kvi_checksum(data + 4, size - 4));
        assert_int_equal(read_all(data, size, &count), KV_CORRUPT);
        assert_int_equal(count, 0);
    }
    repair(data, size);
    assert_int_equal(read_all(data, size, &count), KV_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("block: numbers around powers of two", test_powers),
        TEST("block: full", test_full),
        TEST("block: an exact fit", test_exact_fit),
        TEST("lie: another size", test_size_lies),
        TEST("block: times that go back", test_times),
        TEST("block: taken up again", test_resume),
        TEST("block: not taken up", test_resume_refused),
        TEST("block: empty", test_empty),
        TEST("block: the last of a transaction", test_mark_last),
        TEST("block: of another format", test_other_format),
    };

    memset(longest, 'k', sizeof(longest));
    for (size_t i = 0; i < COUNT(rows); i++) {
        run_row(rows[i].name, test_row, NULL, NULL, &rows[i]);
        run_row(run_name("truncated %s", rows[i].name), test_truncated_entry, NULL, NULL, &rows[i]);
    }
    run_rows(entries, test_entry, NULL, NULL);
    run_rows(lies, test_lie, NULL, NULL);
    run_tests(tests);
    return run_all("change_block");
}
