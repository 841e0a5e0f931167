/* The change log's table: how blocks are cut, taken up again, kept and read. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "ops/db.h"
#include "support/random.h"
#include "tables/changes.h"
#include "tables/catalog.h"
#include "tables/usage.h"

#include <string.h>

#define LOG_MAX 40000

static const kv_settings keep_all = {sizeof(kv_settings), 0, 0, UINT64_MAX, 0, 0, 0};

/* A transaction on an empty log, and what was put into it. */
struct log {
    kvi_txn *txn;
    struct rng rng;
    uint64_t count;
    struct {
        uint32_t key_size;
        uint8_t key_byte;
        bool is_last; /* Of its commit. */
        int64_t time;
    } entries[LOG_MAX];
};

static struct log log_;

static struct log *log_begin(struct fixture *fixture)
{
    static const kvi_usage_store empty = {.changes_first = 1};

    log_.count = 0;
    log_.rng.state = 17;
    assert_status(kvi_txn_begin_write(fixture->db->env, &log_.txn), KV_OK);
    assert_status(kvi_usage_store_put(log_.txn, &empty), KV_OK);
    return &log_;
}

static kvi_usage_store row_0(const struct log *log)
{
    kvi_usage_store store;

    assert_status(kvi_usage_store_get(log->txn, &store), KV_OK);
    return store;
}

static void add_one(struct log *log, kvi_changes *changes, kvi_usage_store *store, size_t key_size,
                    int64_t time)
{
    uint8_t key[KV_KEY_SIZE_MAX];
    kv_change change = {.sequence = ++store->sequence,
                        .ns = UINT32_MAX,
                        .kind = KV_PUT,
                        .key = {key, key_size},
                        .flags = KV_CHANGE_EXPIRES,
                        .expires_at = INT64_MIN,
                        .size = UINT64_MAX,
                        .time = time};
    uint8_t byte = (uint8_t)rng_between(&log->rng, 'a', 'z');

    memset(key, byte, sizeof(key));
    assert_true(log->count < LOG_MAX);
    log->entries[log->count].key_size = (uint32_t)key_size;
    log->entries[log->count].key_byte = byte;
    log->entries[log->count].is_last = false;
    log->entries[log->count++].time = time;
    assert_status(kvi_changes_add(log->txn, changes, &change), KV_OK);
}

/* One commit's worth of changes; key_size 0: of any size. */
static void commit_of(struct log *log, size_t count, size_t key_size, int64_t time)
{
    kvi_usage_store store = row_0(log);
    kvi_changes changes;

    assert_status(kvi_changes_begin(log->txn, &changes, &store, true), KV_OK);
    for (size_t i = 0; i < count; i++)
        add_one(log, &changes, &store,
                key_size != 0 ? key_size : (size_t)rng_between(&log->rng, 1, 512), time);
    log->entries[log->count - 1].is_last = true;
    assert_status(kvi_changes_end(log->txn, &changes, &store), KV_OK);
    assert_true(store.open_block.size <= KVI_CHANGES_BLOCK_SIZE);
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
}

/* A commit that only trims. */
static bool trim(struct log *log, const kv_settings *settings, bool on, int64_t now, uint64_t max)
{
    kvi_usage_store store = row_0(log);
    kvi_changes changes;
    bool more;

    assert_status(kvi_changes_begin(log->txn, &changes, &store, on), KV_OK);
    assert_status(kvi_changes_trim(log->txn, &changes, settings, store.sequence, now, max, &more),
                  KV_OK);
    assert_status(kvi_changes_end(log->txn, &changes, &store), KV_OK);
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    return more;
}

struct check {
    const struct log *log;
    uint64_t next;
};

static kv_status check_one(void *ctx, const kv_change *change)
{
    struct check *check = ctx;
    uint64_t i = check->next - 1;

    assert_int_equal(change->sequence, check->next++);
    assert_int_equal(change->ns, UINT32_MAX);
    assert_int_equal(change->expires_at, INT64_MIN);
    assert_int_equal(change->size, UINT64_MAX);
    assert_int_equal(change->time, check->log->entries[i].time);
    assert_int_equal(change->flags,
                     KV_CHANGE_EXPIRES | (check->log->entries[i].is_last ? KV_CHANGE_LAST : 0));
    assert_int_equal(change->key.size, check->log->entries[i].key_size);
    assert_int_equal(*(const uint8_t *)change->key.data, check->log->entries[i].key_byte);
    return KV_OK;
}

static kv_status read_after(const struct log *log, uint64_t after, struct check *check)
{
    kvi_usage_store store = row_0(log);

    *check = (struct check){log, after + 1};
    return kvi_changes_each(log->txn, &store, after, check_one, check);
}

struct blocks {
    uint64_t count, bytes, pages;
    size_t smallest, largest;
};

/* All that is kept can be read, contiguously, from any place; and row 0's sums are right. */
static struct blocks verify(const struct log *log)
{
    kvi_usage_store store = row_0(log);
    struct blocks blocks = {.smallest = SIZE_MAX};
    kv_slice key = {NULL, 0}, row;
    kvi_table_facts facts;
    struct check check;
    kvi_cursor *cursor;
    kv_status status;

    assert_status(kvi_cursor_open(log->txn, KVI_CHANGES, &cursor), KV_OK);
    for (status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row); status == KV_OK;
         status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row)) {
        blocks.count++;
        blocks.bytes += row.size;
        blocks.smallest = row.size < blocks.smallest ? row.size : blocks.smallest;
        blocks.largest = row.size > blocks.largest ? row.size : blocks.largest;
    }
    key = (kv_slice){NULL, 0};
    if (kvi_cursor_move(cursor, KVI_FIRST, &key, &row) == KV_OK) {
        kvi_change_reader oldest;
        assert_status(kvi_change_reader_begin(&oldest, row), KV_OK);
        assert_int_equal(store.changes_time, oldest.time_newest);
    }
    kvi_cursor_close(cursor);
    assert_int_equal(blocks.bytes, store.changes_bytes);
    assert_status(kvi_txn_table_facts(log->txn, KVI_CHANGES, &facts), KV_OK);
    blocks.pages = facts.branches + facts.leaves;
    for (uint64_t after = store.changes_first - 1; after < store.sequence;
         after += 1 + (store.sequence - after) / 7) {
        assert_status(read_after(log, after, &check), KV_OK);
        assert_int_equal(check.next, store.sequence + 1);
    }
    return blocks;
}

/* ---- Cutting */

static void test_small_commits(void **state)
{
    struct log *log = log_begin(*state);
    struct blocks blocks;

    for (int64_t i = 0; i < 3000; i++)
        commit_of(log, 1, 20, 1700000000 + i / 10);
    blocks = verify(log);
    assert_true(blocks.count > 80);
    assert_true(blocks.largest <= KVI_CHANGES_BLOCK_SIZE);
    assert_true(blocks.smallest > KVI_CHANGES_BLOCK_SIZE - 60); /* The next did not fit. */
    assert_true(blocks.pages <= blocks.count / 3 + 2);          /* Three in a leaf. */
    kvi_txn_abort(log->txn);
}

static void test_large_commit(void **state)
{
    struct log *log = log_begin(*state);
    struct blocks blocks;

    commit_of(log, 10000, 20, 1700000000);
    blocks = verify(log);
    assert_true(blocks.largest <= KVI_CHANGES_BUFFER_SIZE);
    assert_true(blocks.largest > KVI_CHANGES_BUFFER_SIZE - 60);
    assert_true(blocks.bytes / blocks.count > 3900); /* But for the last ones all are so large. */
    kvi_txn_abort(log->txn);
}

static void test_longest_entries(void **state)
{
    struct log *log = log_begin(*state);

    for (int i = 0; i < 50; i++)
        commit_of(log, 1, KV_KEY_SIZE_MAX, i % 2 != 0 ? INT64_MIN : INT64_MAX);
    commit_of(log, 100, KV_KEY_SIZE_MAX, INT64_MIN);
    verify(log);
    kvi_txn_abort(log->txn);
}

/* Around the size at which a block is full, by one byte at a time. */
static void test_block_edges(void **state)
{
    for (size_t key_size = 1; key_size <= KV_KEY_SIZE_MAX; key_size += 3) {
        struct log *log = log_begin(*state);
        commit_of(log, 2, KV_KEY_SIZE_MAX, 0);
        commit_of(log, 1, key_size, 1);
        commit_of(log, 1, 1, 2);
        commit_of(log, 9, key_size, 3);
        assert_true(verify(log).count > 0);
        kvi_txn_abort(log->txn);
    }
}

static void test_random_commits(void **state)
{
    static const size_t counts[] = {1, 1, 1, 2, 5, 30, 400};
    struct log *log = log_begin(*state);

    for (int i = 0; i < 300; i++)
        /* Clocks may step back. */
        commit_of(log, counts[rng_below(&log->rng, 7)], 0,
                  1700000000 + (int64_t)rng_below(&log->rng, 1000));
    verify(log);
    kvi_txn_abort(log->txn);
}

/* ---- Keeping */

static void test_kept_by_bytes(void **state)
{
    struct log *log = log_begin(*state);
    kv_settings settings = keep_all;
    kvi_usage_store store;

    for (int i = 0; i < 2000; i++)
        commit_of(log, 1, 20, 1700000000);
    assert_false(trim(log, &settings, true, 1700000000, 1000));
    assert_int_equal(row_0(log).changes_first, 1);
    settings.changes_bytes_max = 20000;
    assert_true(trim(log, &settings, true, 1700000000, 5)); /* A bounded amount. */
    verify(log);
    assert_false(trim(log, &settings, true, 1700000000, 1000));
    store = row_0(log);
    assert_true(store.changes_bytes <= 20000);
    assert_true(store.changes_bytes > 20000 - KVI_CHANGES_BLOCK_SIZE);
    assert_true(store.changes_first > 1);
    verify(log);
    settings.changes_bytes_max = 1;
    assert_false(trim(log, &settings, true, 1700000000, 1000));
    assert_int_equal(row_0(log).changes_bytes, 0);
    verify(log); /* The open block stays. */
    kvi_txn_abort(log->txn);
}

static void test_kept_by_age(void **state)
{
    struct log *log = log_begin(*state);
    kv_settings settings = keep_all;
    kvi_usage_store store;

    settings.changes_bytes_max = 0;
    settings.changes_age_max_s = 100;
    for (int64_t i = 0; i < 2000; i++)
        commit_of(log, 1, 20, 1000 + i);
    assert_false(trim(log, &settings, true, 1050, 1000));
    assert_int_equal(row_0(log).changes_first, 1);
    assert_false(trim(log, &settings, true, INT64_MIN, 1000)); /* The clock stepped back. */
    assert_int_equal(row_0(log).changes_first, 1);
    assert_false(trim(log, &settings, true, 3000, 1000));
    store = row_0(log);
    /* Whole blocks go: none whose newest change is young, all whose newest is old. */
    assert_true(log->entries[store.changes_first - 1].time >= 2900 - 60);
    assert_true(log->entries[store.changes_first - 1].time <= 2900);
    verify(log);
    assert_false(trim(log, &settings, true, INT64_MAX, 1000));
    assert_int_equal(row_0(log).changes_bytes, 0);
    verify(log);
    kvi_txn_abort(log->txn);
}

static void test_off_and_on(void **state)
{
    struct log *log = log_begin(*state);
    kv_settings off = keep_all;
    struct check check;
    kvi_usage_store store;
    uint64_t first;

    off.changes_bytes_max = 0;
    for (int i = 0; i < 2000; i++)
        commit_of(log, 1, 20, 1700000000);
    assert_true(trim(log, &off, false, 1700000000, 5)); /* Off: it goes, bounded as ever. */
    store = row_0(log);
    assert_int_equal(store.changes_first, store.sequence + 1);
    assert_int_equal(store.open_block.size, 0);
    log->count = store.sequence; /* What comes now is not logged. */
    store.sequence += 10;
    log->count += 10;
    store.changes_first = store.sequence + 1;
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);

    first = store.sequence + 1;
    for (int i = 0; i < 200; i++) /* On again, with old blocks still to go. */
        commit_of(log, 1, 20, 1700000000);
    assert_int_equal(row_0(log).changes_first, first);
    assert_status(read_after(log, first - 1, &check), KV_OK);
    assert_int_equal(check.next, row_0(log).sequence + 1);
    assert_false(trim(log, &off, false, 1700000000, 1000));
    store = row_0(log);
    assert_int_equal(store.changes_bytes, 0);
    assert_int_equal(store.changes_first, store.sequence + 1);
    kvi_txn_abort(log->txn);
}

/* The same as one that looks at the blocks each time: random commits, settings and clocks. */
static void test_kept_as_if_looked(void **state)
{
    struct log *log = log_begin(*state);
    int64_t now = 1700000000;

    for (int i = 0; i < 400; i++) {
        kv_settings settings = keep_all;
        kvi_usage_store store;
        uint64_t first;
        kvi_change_reader oldest = {0};
        kv_slice key = {NULL, 0}, row;
        kvi_cursor *cursor;
        bool has_blocks;
        now += (int64_t)rng_below(&log->rng, 40) - 5;
        commit_of(log, (size_t)rng_between(&log->rng, 1, 60), 0, now);
        settings.changes_bytes_max = rng_percent(&log->rng, 50) ? 0 : rng_below(&log->rng, 300000);
        settings.changes_age_max_s = (int64_t)rng_below(&log->rng, 1000);
        if (rng_percent(&log->rng, 60))
            continue;
        assert_false(trim(log, &settings, true, now, 1000));
        store = row_0(log);
        assert_status(kvi_cursor_open(log->txn, KVI_CHANGES, &cursor), KV_OK);
        has_blocks = kvi_cursor_move(cursor, KVI_FIRST, &key, &row) == KV_OK;
        if (has_blocks)
            assert_status(kvi_change_reader_begin(&oldest, row), KV_OK);
        kvi_cursor_close(cursor);
        first = has_blocks ? oldest.first : store.sequence + 1;
        /* What is there is young and fits; what went before it was not. */
        assert_true(store.changes_first <= first);
        if (has_blocks && settings.changes_bytes_max != 0)
            assert_true(store.changes_bytes <= settings.changes_bytes_max);
        if (has_blocks && settings.changes_age_max_s != 0)
            assert_true(now - oldest.time_newest <= settings.changes_age_max_s);
        verify(log);
    }
    assert_true(row_0(log).changes_first > 1);
    kvi_txn_abort(log->txn);
}

/* Where row 0 says that nothing is old, no block is looked at. */
static void test_trim_does_not_look(void **state)
{
    struct log *log = log_begin(*state);
    kv_settings settings = keep_all;
    kvi_usage_store store;
    uint8_t block[KVI_CHANGES_BUFFER_SIZE];

    for (int i = 0; i < 200; i++)
        commit_of(log, 1, 20, 1000);
    settings.changes_age_max_s = 100;
    store = row_0(log);
    memcpy(block, store.open_block.data, store.open_block.size);
    store.open_block.data = block;
    store.changes_time = 5000; /* A lie, to see who believes it. */
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    assert_false(trim(log, &settings, true, 5100, 1000));
    assert_int_equal(row_0(log).changes_first, 1);
    assert_false(trim(log, &settings, true, 5101, 1000)); /* Now it may be: the blocks tell. */
    assert_true(row_0(log).changes_first > 1);
    assert_int_equal(row_0(log).changes_bytes, 0);
    kvi_txn_abort(log->txn);
}

/* ---- Damage */

/* A block that cannot be there, with a key above all: in the way, it goes. */
static void test_stray_block(void **state)
{
    static const char *const keys[] = {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "\xFF",
                                       "stray and long"};
    static const size_t sizes[] = {8, 1, 14};
    struct log *log = log_begin(*state);
    struct check check;

    commit_of(log, 100, 20, 1000);
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_status(
            kvi_txn_put(log->txn, KVI_CHANGES, kvi_slice(keys[i], sizes[i]), kvi_slice("x", 1)),
            KV_OK);
    commit_of(log, 300, 20, 1001);
    assert_status(read_after(log, 0, &check), KV_OK);
    assert_int_equal(check.next, 401);
    kvi_txn_abort(log->txn);
}

/* A newer version's open block is moved out as it is: who can read it does. */
static void test_open_block_of_another_format(void **state)
{
    struct log *log = log_begin(*state);
    uint8_t block[100], key[8];
    kvi_usage_store store;
    struct check check;
    kv_slice row;

    commit_of(log, 3, 20, 1000);
    store = row_0(log);
    memset(block, 0xEE, sizeof(block));
    kvi_le32_store(block + 4, sizeof(block));
    block[8] = KVI_CHANGE_BLOCK_FORMAT + 1;
    kvi_le32_store(block, (uint32_t)kvi_checksum(block + 4, sizeof(block) - 4));
    store.open_block = kvi_slice(block, sizeof(block));
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    assert_status(read_after(log, 0, &check), KV_UNSUPPORTED);
    commit_of(log, 2, 20, 1001);
    assert_int_equal(row_0(log).changes_first, 1);
    assert_int_equal(row_0(log).changes_bytes, sizeof(block));
    kvi_be64_store(key, 3);
    assert_status(kvi_txn_get(log->txn, KVI_CHANGES, kvi_slice(key, 8), &row), KV_OK);
    assert_true(kvi_slice_equal(row, kvi_slice(block, sizeof(block))));
    assert_status(read_after(log, 0, &check), KV_UNSUPPORTED);
    assert_status(read_after(log, 3, &check), KV_OK);
    assert_int_equal(check.next, 6);
    kvi_txn_abort(log->txn);
}

/* The log in the table and the open block, and its blocks' keys. */
struct damaged {
    uint64_t lasts[64];
    size_t count;
};

static void fill(struct log *log, struct damaged *d)
{
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;

    for (int i = 0; i < 400; i++)
        commit_of(log, 1, 20, 1700000000);
    d->count = 0;
    assert_status(kvi_cursor_open(log->txn, KVI_CHANGES, &cursor), KV_OK);
    while (kvi_cursor_move(cursor, KVI_NEXT, &key, &row) == KV_OK)
        d->lasts[d->count++] = kvi_be64_load(key.data);
    kvi_cursor_close(cursor);
    assert_true(d->count >= 8);
}

static kv_slice block_key(uint64_t last, uint8_t out[8])
{
    kvi_be64_store(out, last);
    return kvi_slice(out, 8);
}

static void test_gap(void **state)
{
    struct log *log = log_begin(*state);
    struct damaged d;
    struct check check;
    uint8_t key[8];

    fill(log, &d);
    assert_status(kvi_txn_delete(log->txn, KVI_CHANGES, block_key(d.lasts[3], key)), KV_OK);
    assert_status(read_after(log, 0, &check), KV_CORRUPT);
    assert_int_equal(check.next, d.lasts[2] + 1); /* As far as it goes. */
    assert_status(read_after(log, d.lasts[2], &check), KV_CORRUPT);
    assert_status(read_after(log, d.lasts[3] - 1, &check), KV_CORRUPT);
    assert_status(read_after(log, d.lasts[3], &check), KV_OK);
    assert_int_equal(check.next, log->count + 1);
    kvi_txn_abort(log->txn);
}

static void test_damaged_block(void **state)
{
    struct log *log = log_begin(*state);
    uint8_t key[8], copy[KVI_CHANGES_BUFFER_SIZE];
    struct damaged d;
    struct check check;
    kv_slice row;

    fill(log, &d);
    assert_status(kvi_txn_get(log->txn, KVI_CHANGES, block_key(d.lasts[3], key), &row), KV_OK);
    memcpy(copy, row.data, row.size);
    for (size_t i = 0; i < row.size; i += 7) {
        copy[i] ^= 0x10;
        assert_status(kvi_txn_put(log->txn, KVI_CHANGES, block_key(d.lasts[3], key),
                                  kvi_slice(copy, row.size)),
                      KV_OK);
        assert_status(read_after(log, d.lasts[2], &check), KV_CORRUPT);
        assert_status(read_after(log, d.lasts[3], &check), KV_OK);
        copy[i] ^= 0x10;
    }
    kvi_txn_abort(log->txn);
}

/* The open block must reach up to the newest sequence: a reader would wait there for ever. */
static void test_open_block_too_short(void **state)
{
    struct log *log = log_begin(*state);
    struct damaged d;
    struct check check;
    kvi_usage_store store;
    uint8_t block[KVI_CHANGES_BUFFER_SIZE];

    fill(log, &d);
    store = row_0(log);
    memcpy(block, store.open_block.data, store.open_block.size);
    store.open_block.data = block;
    store.sequence++;
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    assert_status(read_after(log, 0, &check), KV_CORRUPT);
    store.open_block.size = 0;
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    assert_status(read_after(log, 0, &check), KV_CORRUPT);
    kvi_txn_abort(log->txn);
}

static void test_damaged_open_block(void **state)
{
    struct log *log = log_begin(*state);
    struct damaged d;
    struct check check;
    kvi_usage_store store;
    kvi_changes changes;
    uint8_t block[KVI_CHANGES_BUFFER_SIZE];

    fill(log, &d);
    store = row_0(log);
    memcpy(block, store.open_block.data, store.open_block.size);
    store.open_block.data = block;
    block[store.open_block.size - 1] ^= 1;
    /* It stops no writer: what it held is lost to followers, who are told so. */
    assert_status(kvi_changes_begin(log->txn, &changes, &store, true), KV_OK);
    assert_int_equal(changes.open.count, 0);
    assert_int_equal(changes.first, store.sequence + 1);
    assert_status(kvi_changes_begin(log->txn, &changes, &store, false), KV_OK); /* Not looked at. */
    assert_status(kvi_usage_store_put(log->txn, &store), KV_OK);
    assert_status(read_after(log, 0, &check), KV_CORRUPT);
    kvi_txn_abort(log->txn);
}

static kv_status stop_at_third(void *ctx, const kv_change *change)
{
    (void)change;
    return ++*(int *)ctx == 3 ? KV_CANCELLED : KV_OK;
}

static void test_each_stops(void **state)
{
    struct log *log = log_begin(*state);
    kvi_usage_store store;
    int calls = 0;

    commit_of(log, 10, 20, 1);
    store = row_0(log);
    assert_status(kvi_changes_each(log->txn, &store, 0, stop_at_third, &calls), KV_CANCELLED);
    assert_int_equal(calls, 3);
    kvi_txn_abort(log->txn);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("changes: small commits", test_small_commits),
        STORE_TEST("changes: a large commit", test_large_commit),
        STORE_TEST("changes: the longest entries", test_longest_entries),
        STORE_TEST("changes: block edges", test_block_edges),
        STORE_TEST("changes: random commits", test_random_commits),
        STORE_TEST("changes: kept by bytes", test_kept_by_bytes),
        STORE_TEST("changes: kept by age", test_kept_by_age),
        STORE_TEST("changes: kept as if the blocks were looked at", test_kept_as_if_looked),
        STORE_TEST("changes: no look without need", test_trim_does_not_look),
        STORE_TEST("changes: off and on", test_off_and_on),
        STORE_TEST("changes: a stray block", test_stray_block),
        STORE_TEST("changes: an open block of another format", test_open_block_of_another_format),
        STORE_TEST("changes: a gap", test_gap),
        STORE_TEST("changes: a damaged block", test_damaged_block),
        STORE_TEST("changes: an open block too short", test_open_block_too_short),
        STORE_TEST("changes: a damaged open block", test_damaged_open_block),
        STORE_TEST("changes: the reader stops", test_each_stops),
    };

    run_tests(tests);
    return run_all("changes");
}
