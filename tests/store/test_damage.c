/* Damaged rows: each is told as KV_CORRUPT where it is met, never as "not found", never by a crash
 * or a loop without end; and everything beside it works on. */
#include "support/fixture.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/compress.h"
#include "support/inside.h"
#include "support/random.h"
#include "support/recount.h"
#include "tables/expiry.h"
#include "tables/catalog.h"
#include "tables/pieces.h"
#include "tables/usage.h"
#include "tables/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE 200000
#define TEXT_SIZE 2000

#define SAYS_SHORT "the row is too short"
#define SAYS_FORMAT "the record's format is unknown"
#define SAYS_CODEC "the record's codec or a flag is unknown"
#define SAYS_FIELDS "the record's header runs past the row"
#define SAYS_HEADER "the checksum of the record's header differs"
#define SAYS_PAYLOAD "the value's checksum differs"
#define SAYS_NONSENSE "the record's header verifies, but no writer makes it"
#define SAYS_FRAME "the zstd frame does not decompress"
#define SAYS_SIZE "the zstd frame has another size than the record says"
#define SAYS_DICTIONARY "the value needs a zstd dictionary, which this version lacks"

/* ---- Rows from inside */

/* A copy of a row; freed by the caller. */
static uint8_t *row_copy(struct fixture *fixture, unsigned table, kv_slice key, size_t *size)
{
    kvi_txn *txn = inside_begin(fixture);
    uint8_t *copy;
    kv_slice row;

    assert_status(kvi_txn_get(txn, table, key, &row), KV_OK);
    copy = malloc(row.size + 1);
    assert_non_null(copy);
    memcpy(copy, row.data, row.size);
    *size = row.size;
    kvi_txn_abort(txn);
    return copy;
}

static kvi_record record_of(struct fixture *fixture, const char *key)
{
    kvi_txn *txn = inside_begin(fixture);
    kvi_record record;

    assert_status(kvi_values_get(txn, inside_values_key(fixture->ns, key), &record), KV_OK);
    kvi_txn_abort(txn);
    record.metadata = record.payload = kvi_slice(NULL, 0);
    return record;
}

/* Flip a bit in the header. */
static void spoil(struct fixture *fixture, const char *key)
{
    inside_flip(fixture, KVI_VALUES, inside_values_key(fixture->ns, key), 6, 1);
}

/* ---- What is seen of one damaged key */

static int chunk_ignore(void *ctx, const void *data, size_t size)
{
    (void)data;
    *(size_t *)ctx += size;
    return 0;
}

/* What a snapshot says of its last failed read. */
static void expect_error(kv_snapshot *snapshot, kv_status status, const char *message)
{
    kv_error error = KV_ERROR_INIT;

    assert_status(kv_snapshot_error(snapshot, &error), KV_OK);
    assert_string_equal(error.message, message);
    assert_status(error.status, status);
    assert_int_equal(error.os_errno, 0);
}

/* Every way to read the value of "bad" fails, and says why: at once, or (streamed) where it is met.
   Good reads in between change nothing. */
static void expect_said(struct fixture *fixture, kv_status status, const char *at_once,
                        const char *streamed)
{
    static uint8_t out[KV_VALUE_SIZE_CEILING];
    const kv_slice keys[] = {{"bad", 3}, {"a", 1}};
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    char whole[240], part[240];
    kv_error error = KV_ERROR_INIT;
    kv_entry entries[2];
    kv_list *list;
    kv_slice got;
    size_t size;

    (void)snprintf(whole, sizeof(whole), "values, namespace %u, key \"bad\": %s", fixture->ns,
                   at_once);
    (void)snprintf(part, sizeof(part), "values, namespace %u, key \"bad\": %s", fixture->ns,
                   streamed);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, NULL, &got), KV_OK);
    assert_status(kv_snapshot_error(snapshot, &error), KV_NOT_FOUND);
    assert_status(kv_get(snapshot, fixture->ns, "bad", 3, &fixture->buf, &got), status);
    expect_error(snapshot, status, whole);
    assert_status(kv_get(snapshot, fixture->ns, "a", 1, NULL, &got), KV_OK);
    expect_error(snapshot, status, whole);
    assert_status(kv_get_chunks(snapshot, fixture->ns, "bad", 3, chunk_ignore, &size), status);
    expect_error(snapshot, status, part);
    assert_status(kv_get_into(snapshot, fixture->ns, "bad", 3, out, sizeof(out), &size), status);
    expect_error(snapshot, status, whole);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    assert_status(kv_snapshot_error(snapshot, &error), KV_NOT_FOUND);
    assert_status(kv_get_many(snapshot, fixture->ns, keys, 2, 0, &fixture->buf, entries), KV_OK);
    expect_error(snapshot, status, whole);
    assert_status(kv_snapshot_renew(snapshot), KV_OK);
    options.flags = KV_LIST_VALUES;
    options.prefix = keys[0];
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    assert_status(kv_list_next(list, &entries[0]), KV_OK);
    expect_error(snapshot, status, whole);
    kv_list_end(list);
    kv_snapshot_end(snapshot);
    /* Its memory is used again; its error is not. */
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_snapshot_error(snapshot, &error), KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
}

/* All of "bad" in ranges. What lies behind the value's end is not looked at. */
static void expect_ranges(struct fixture *fixture, kv_status want)
{
    static const size_t steps[] = {100, 3000, KV_VALUE_SIZE_CEILING};
    static uint8_t out[KV_VALUE_SIZE_CEILING];
    kv_snapshot *snapshot = fixture_snapshot(fixture);

    for (size_t i = 0; i < COUNT(steps); i++) {
        kv_status status;
        uint64_t at = 0;
        size_t size;
        do {
            status = kv_get_range(snapshot, fixture->ns, "bad", 3, NULL, at, out, steps[i], &size);
            at += steps[i];
        } while (status == KV_OK && size == steps[i]);
        assert_status(status, want);
    }
    kv_snapshot_end(snapshot);
}

static void expect_list(struct fixture *fixture, kv_snapshot *snapshot, uint32_t flags,
                        kv_status want)
{
    static const char *const names[] = {"a", "bad", "c"};
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    bool is_reverse = (flags & KV_LIST_REVERSE) != 0;
    kv_list *list;
    kv_entry entry;

    options.flags = flags;
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    for (size_t i = 0; i < 3; i++) {
        const char *name = names[is_reverse ? 2 - i : i];
        assert_status(kv_list_next(list, &entry), KV_OK);
        assert_int_equal(entry.key.size, strlen(name));
        assert_memory_equal(entry.key.data, name, entry.key.size);
        assert_status(entry.status, i == 1 ? want : KV_OK);
        if (i == 1 && want != KV_OK)
            assert_int_equal(entry.value.size, 0);
    }
    assert_status(kv_list_next(list, &entry), KV_NOT_FOUND);
    kv_list_end(list);
}

/* Every way to read "bad" among its good neighbours "a" and "c". facts: what is told of its header;
   value: of its value. */
static void expect_reads(struct fixture *fixture, kv_status facts, kv_status value)
{
    static uint8_t out[KV_VALUE_SIZE_CEILING];
    const kv_slice keys[] = {{"a", 1}, {"bad", 3}, {"c", 1}};
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_entry entries[3];
    kv_slice got;
    size_t size = 0;
    uint64_t count;

    assert_status(kv_get(snapshot, fixture->ns, "bad", 3, &fixture->buf, &got), value);
    assert_status(kv_get_into(snapshot, fixture->ns, "bad", 3, out, sizeof(out), &size), value);
    assert_status(kv_get_entry(snapshot, fixture->ns, "bad", 3, 0, &fixture->buf, entries), value);
    assert_status(kv_get_entry(snapshot, fixture->ns, "bad", 3, KV_GET_FACTS, NULL, entries),
                  facts);
    assert_status(kv_get_chunks(snapshot, fixture->ns, "bad", 3, chunk_ignore, &size), value);
    assert_status(kv_get_many(snapshot, fixture->ns, keys, 3, 0, &fixture->buf, entries), KV_OK);
    assert_status(entries[0].status, KV_OK);
    assert_status(entries[1].status, value);
    assert_status(entries[2].status, KV_OK);
    assert_memory_equal(entries[2].value.data, "3", 1);
    for (uint32_t flags = 0; flags <= KV_LIST_REVERSE; flags++) {
        expect_list(fixture, snapshot, flags, facts);
        expect_list(fixture, snapshot, flags | KV_LIST_RENEW, facts);
        expect_list(fixture, snapshot, flags | KV_LIST_VALUES, value);
        expect_list(fixture, snapshot, flags | KV_LIST_VALUES | KV_LIST_RENEW, value);
    }
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){"", 0}, 0, &count, NULL), facts);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){"c", 1}, 0, &count, NULL), KV_OK);
    kv_snapshot_end(snapshot);
    fixture_expect(fixture, "a", "1");
    fixture_expect(fixture, "c", "3");
}

/* All operations on the damaged key fail by themselves; their neighbours are written. */
static void expect_writes_refused(struct fixture *fixture)
{
    kv_op ops[] = {op_put("a", "1"), op_put("bad", "new"), op_put("c", "3"), op_put("d", "4"),
                   op_delete("d")};
    kv_verdict verdicts[5];
    kv_report report = KV_REPORT_INIT;

    for (uint32_t kind = KV_PUT; kind <= KV_ADD; kind++) {
        ops[1] = kind == KV_PUT      ? op_put("bad", "new")
                 : kind == KV_DELETE ? op_delete("bad")
                 : kind == KV_TOUCH  ? op_touch("bad")
                                     : op_add("bad", 1);
        assert_status(kv_batch(fixture->db, fixture->ns, ops, 5, NULL, verdicts, &report), KV_OK);
        for (size_t i = 0; i < 5; i++)
            assert_status(verdicts[i].status, i == 1 ? KV_CORRUPT : KV_OK);
        assert_int_equal(report.failed, 1);
        assert_int_equal(report.first_failed, 1);
    }
}

static kv_op noise(struct rng *rng, const char *key, uint8_t *bytes, size_t size)
{
    kv_op op = op_put(key, "");

    rng_fill(rng, bytes, size);
    op.value = bytes;
    op.value_size = size;
    return op;
}

/* "a", "c", and "bad" with a value of that size; text is compressed. */
static void fill(struct fixture *fixture, size_t size, bool is_text)
{
    static uint8_t bytes[LARGE];
    struct rng rng = {9};
    kv_op op = noise(&rng, "bad", bytes, size);

    if (is_text)
        rng_fill_text(&rng, bytes, size);
    op.metadata = "note";
    op.metadata_size = 4;
    fixture_put(fixture, "a", "1");
    fixture_put(fixture, "c", "3");
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

/* ---- Bytes of the row */

static void test_header_bytes(void **state)
{
    struct fixture *fixture = *state;
    kv_snapshot *snapshot;
    kv_entry entry;
    size_t size, header;
    uint8_t *row;

    fill(fixture, 40, false);
    row = row_copy(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), &size);
    header = size - 40;
    for (size_t i = 0; i < header; i++)
        for (int bit = 0; bit < 8; bit++) {
            row[i] ^= (uint8_t)(1 << bit);
            inside_put(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), row, size);
            snapshot = fixture_snapshot(fixture);
            assert_status(kv_get_entry(snapshot, fixture->ns, "bad", 3, KV_GET_FACTS, NULL, &entry),
                          KV_CORRUPT);
            kv_snapshot_end(snapshot);
            row[i] ^= (uint8_t)(1 << bit);
        }
    row[header - 1] ^= 1; /* Of the metadata. */
    inside_put(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), row, size);
    free(row);
    expect_reads(fixture, KV_CORRUPT, KV_CORRUPT);
    expect_said(fixture, KV_CORRUPT, SAYS_HEADER, SAYS_HEADER);
    expect_writes_refused(fixture);
    expect_reads(fixture, KV_CORRUPT, KV_CORRUPT);
}

static void test_payload_bytes(void **state)
{
    struct fixture *fixture = *state;
    size_t size;
    uint8_t *row;

    fill(fixture, 40, false);
    row = row_copy(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), &size);
    for (size_t i = size - 40; i < size; i += 13) {
        row[i] ^= 0x80;
        inside_put(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), row, size);
        expect_reads(fixture, KV_OK, KV_CORRUPT);
        expect_said(fixture, KV_CORRUPT, SAYS_PAYLOAD, SAYS_PAYLOAD);
        row[i] ^= 0x80;
    }
    free(row);
    /* The header is enough to overwrite it. */
    fixture_put(fixture, "bad", "mended");
    fixture_expect(fixture, "bad", "mended");
}

/* A number that is damaged is not added to; another operation of the batch mends it. */
static void test_damaged_number(void **state)
{
    struct fixture *fixture = *state;
    kv_op ops[] = {op_add("bad", 1), op_put("bad", "7"), op_add("bad", 1)};
    kv_verdict verdicts[3];
    size_t size;

    fixture_put(fixture, "bad", "12");
    free(row_copy(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), &size));
    inside_flip(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), size - 1, 1);
    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_CORRUPT);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 3, NULL, verdicts, NULL), KV_OK);
    assert_status(verdicts[0].status, KV_CORRUPT);
    assert_status(verdicts[1].status, KV_OK);
    assert_status(verdicts[2].status, KV_OK);
    fixture_expect(fixture, "bad", "8");
}

static void test_other_length(void **state)
{
    struct fixture *fixture = *state;
    const char *says;
    size_t size;
    uint8_t *row;

    fill(fixture, 40, false);
    row = row_copy(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), &size);
    row[size] = 0;
    for (size_t i = 0; i <= size + 1; i += i < 16 || i + 3 > size ? 1 : 7) {
        inside_put(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), row, i);
        if (i == size)
            expect_reads(fixture, KV_OK, KV_OK);
        else
            expect_reads(fixture, KV_CORRUPT, KV_CORRUPT);
        says = i < 14 ? SAYS_SHORT : i < size - 40 ? SAYS_FIELDS : SAYS_NONSENSE;
        if (i != size)
            expect_said(fixture, KV_CORRUPT, says, says);
    }
    free(row);
}

/* Bits of a header, each with a check of its own. */
static void test_header_said(void **state)
{
    static const struct {
        size_t at;
        uint8_t bits;
        const char *says;
    } flips[] = {{0, 1, SAYS_HEADER},   {4, 1, SAYS_FORMAT},  {5, 3, SAYS_CODEC},
                 {5, 0x80, SAYS_CODEC}, {14, 1, SAYS_HEADER}, {15, 0x80, SAYS_HEADER}};
    struct fixture *fixture = *state;
    kv_slice key;

    fill(fixture, 40, false);
    for (size_t i = 0; i < COUNT(flips); i++) {
        key = inside_values_key(fixture->ns, "bad");
        inside_flip(fixture, KVI_VALUES, key, flips[i].at, flips[i].bits);
        expect_said(fixture, KV_CORRUPT, flips[i].says, flips[i].says);
        key = inside_values_key(fixture->ns, "bad");
        inside_flip(fixture, KVI_VALUES, key, flips[i].at, flips[i].bits);
    }
}

/* A row that belongs to another key. */
static void test_swapped(void **state)
{
    struct fixture *fixture = *state;
    size_t size;
    uint8_t *row;

    fill(fixture, 40, false);
    row = row_copy(fixture, KVI_VALUES, inside_values_key(fixture->ns, "a"), &size);
    inside_put(fixture, KVI_VALUES, inside_values_key(fixture->ns, "bad"), row, size);
    free(row);
    expect_reads(fixture, KV_CORRUPT, KV_CORRUPT);
}

/* ---- Records that lie, with checksums that fit */

/* What a forger may change: the record's fields, and a payload of his own making. */
struct forgery {
    kvi_record record;
    uint8_t payload[8192];
    size_t size;
    bool is_pieces;
};

static size_t compress(const void *data, size_t size, uint8_t *out, size_t capacity)
{
    kvi_compressor *compressor = kvi_compressor_create(3);
    size_t used;

    assert_non_null(compressor);
    assert_status(kvi_compress(compressor, data, size, out, capacity, &used), KV_OK);
    assert_true(used > 0);
    kvi_compressor_free(compressor);
    return used;
}

static void raw_size_low(struct forgery *f)
{
    f->record.raw_size--;
}

static void raw_size_high(struct forgery *f)
{
    f->record.raw_size++;
}

static void raw_size_zero(struct forgery *f)
{
    f->record.raw_size = 0;
}

static void raw_size_ceiling(struct forgery *f)
{
    f->record.raw_size = KV_VALUE_SIZE_CEILING;
}

static void frame_garbage(struct forgery *f)
{
    memset(f->payload, 0x5A, f->size);
}

static void frame_empty(struct forgery *f)
{
    f->size = 0;
}

static void frame_short(struct forgery *f)
{
    f->size--;
}

static void frame_trailing(struct forgery *f)
{
    f->payload[f->size++] = 0;
}

/* The frame's own idea of its content, in the two bytes behind magic and descriptor. */
static void frame_size_forged(struct forgery *f)
{
    f->payload[5] ^= 1;
}

static void frame_size_agreed(struct forgery *f)
{
    f->payload[5] ^= 1;
    f->record.raw_size ^= 1;
}

static void frame_twice(struct forgery *f)
{
    memcpy(f->payload + f->size, f->payload, f->size);
    f->size *= 2;
}

static void frame_twice_agreed(struct forgery *f)
{
    frame_twice(f);
    f->record.raw_size *= 2;
}

static void frame_and_skippable(struct forgery *f)
{
    memcpy(f->payload + f->size, "\x50\x2A\x4D\x18\x02\0\0\0xx", 10);
    f->size += 10;
}

static void skippable_only(struct forgery *f)
{
    memcpy(f->payload, "\x50\x2A\x4D\x18\x02\0\0\0xx", 10);
    f->size = 10;
}

static void frame_of_zeros(struct forgery *f)
{
    static uint8_t zeros[4000000];

    f->size = compress(zeros, sizeof(zeros), f->payload, sizeof(f->payload));
}

static void called_raw(struct forgery *f)
{
    f->record.codec = KV_CODEC_RAW;
}

static void dictionary(struct forgery *f)
{
    f->record.codec = KV_CODEC_ZSTD_DICTIONARY;
    f->record.dictionary = 7;
}

static void raw_size_past_ceiling(struct forgery *f)
{
    f->record.raw_size = KV_VALUE_SIZE_CEILING + 1;
}

static void raw_size_largest(struct forgery *f)
{
    f->record.raw_size = UINT64_MAX;
}

static void inherited_only(struct forgery *f)
{
    f->record.flags |= KVI_RECORD_INHERITED;
}

static void pieces_of_nobody(struct forgery *f)
{
    f->record.flags |= KVI_RECORD_PIECES;
    f->record.stored_size = 300;
    f->record.piece_count = 1;
    f->record.piece_sequence = 99999;
    f->size = 0;
}

static void pieces_and_payload(struct forgery *f)
{
    f->record.flags |= KVI_RECORD_PIECES;
    f->record.stored_size = f->size;
    f->record.piece_count = 1;
    f->record.piece_sequence = 1;
}

static const struct lie {
    const char *name;
    void (*forge)(struct forgery *f);
    kv_status facts, value;
    const char *says, *says_streamed; /* says_streamed NULL: the same. */
} lies[] = {
    {"lie: one byte less than the frame has", raw_size_low, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: one byte more than the frame has", raw_size_high, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: no bytes, but a frame", raw_size_zero, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: as many bytes as may be", raw_size_ceiling, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: more bytes than may be", raw_size_past_ceiling, KV_CORRUPT, KV_CORRUPT, SAYS_NONSENSE,
     NULL},
    {"lie: more bytes than there are", raw_size_largest, KV_CORRUPT, KV_CORRUPT, SAYS_NONSENSE,
     NULL},
    {"lie: garbage for a frame", frame_garbage, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: nothing for a frame", frame_empty, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: a frame without its end", frame_short, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: a byte behind the frame", frame_trailing, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: a frame of forged size", frame_size_forged, KV_OK, KV_CORRUPT, SAYS_SIZE, SAYS_FRAME},
    {"lie: a frame and a record of forged size", frame_size_agreed, KV_OK, KV_CORRUPT, SAYS_FRAME,
     NULL},
    {"lie: two frames", frame_twice, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: two frames and twice the size", frame_twice_agreed, KV_OK, KV_CORRUPT, SAYS_SIZE,
     SAYS_FRAME},
    {"lie: a frame and one to skip", frame_and_skippable, KV_OK, KV_CORRUPT, SAYS_FRAME, NULL},
    {"lie: a frame to skip", skippable_only, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: a frame of four million zeros", frame_of_zeros, KV_OK, KV_CORRUPT, SAYS_SIZE, NULL},
    {"lie: a frame called raw", called_raw, KV_CORRUPT, KV_CORRUPT, SAYS_NONSENSE, NULL},
    {"lie: a dictionary", dictionary, KV_OK, KV_UNSUPPORTED, SAYS_DICTIONARY, NULL},
    {"lie: inherits without a deadline", inherited_only, KV_CORRUPT, KV_CORRUPT, SAYS_NONSENSE,
     NULL},
    {"lie: pieces that are not there", pieces_of_nobody, KV_OK, KV_CORRUPT,
     "piece 0: it is missing", NULL},
    {"lie: pieces and a payload", pieces_and_payload, KV_CORRUPT, KV_CORRUPT, SAYS_NONSENSE, NULL},
};

static void test_lie(void **state)
{
    struct fixture *fixture = *state;
    const struct lie *lie = fixture->row;
    static struct forgery f;
    kv_slice key = inside_values_key(fixture->ns, "bad"), encoded;
    kv_entry entry;
    kv_snapshot *snapshot;
    uint8_t *row;

    fill(fixture, TEXT_SIZE, true);
    f.record = record_of(fixture, "bad");
    assert_int_equal(f.record.codec, KV_CODEC_ZSTD);
    snapshot = fixture_snapshot(fixture);
    assert_status(
        kv_get_entry(snapshot, fixture->ns, "bad", 3, KV_GET_STORED, &fixture->buf, &entry), KV_OK);
    f.size = entry.value.size;
    memcpy(f.payload, entry.value.data, f.size);
    kv_snapshot_end(snapshot);

    lie->forge(&f);
    f.record.payload = kvi_slice(f.payload, f.size);
    f.record.payload_checksum = kvi_checksum(f.payload, f.size);
    row = malloc(kvi_record_size(&f.record));
    assert_non_null(row);
    encoded = kvi_slice((const uint8_t *)key.data + 4, key.size - 4);
    kvi_record_encode(&f.record, encoded, row);
    inside_put(fixture, KVI_VALUES, key, row, kvi_record_size(&f.record));
    free(row);
    expect_reads(fixture, lie->facts, lie->value);
    expect_ranges(fixture, lie->forge == raw_size_zero ? KV_OK : lie->value);
    expect_said(fixture, lie->value, lie->says,
                lie->says_streamed != NULL ? lie->says_streamed : lie->says);
    if (lie->facts == KV_CORRUPT)
        expect_writes_refused(fixture);
}

/* ---- Pieces */

static kv_slice piece_key(uint64_t sequence, uint32_t number)
{
    static uint8_t bytes[12];

    kvi_be64_store(bytes, sequence);
    kvi_be32_store(bytes + 8, number);
    return kvi_slice(bytes, 12);
}

static void piece_flip(struct fixture *fixture, const kvi_record *record, uint32_t number)
{
    size_t size;
    uint8_t *row = row_copy(fixture, KVI_PIECES, piece_key(record->piece_sequence, number), &size);

    row[size / 2] ^= 4;
    inside_put(fixture, KVI_PIECES, piece_key(record->piece_sequence, number), row, size);
    free(row);
}

/* Raw and compressed alike; the stored form must be more than 64 KiB. */
static void pieces_damage(struct fixture *fixture, int how)
{
    kvi_record record;
    uint32_t last;
    size_t size;
    uint8_t *row;

    fill(fixture, LARGE, false);
    record = record_of(fixture, "bad");
    assert_true(record.flags & KVI_RECORD_PIECES);
    last = (uint32_t)record.piece_count - 1;
    switch (how) {
    case 0:
        inside_delete(fixture, KVI_PIECES, piece_key(record.piece_sequence, 0));
        break;
    case 1:
        inside_delete(fixture, KVI_PIECES, piece_key(record.piece_sequence, last));
        break;
    case 2:
        piece_flip(fixture, &record, 0);
        break;
    case 3:
        piece_flip(fixture, &record, last);
        break;
    case 4: /* The first again in place of the second. */
        row = row_copy(fixture, KVI_PIECES, piece_key(record.piece_sequence, 0), &size);
        inside_put(fixture, KVI_PIECES, piece_key(record.piece_sequence, 1), row, size);
        free(row);
        break;
    case 5:
        row = row_copy(fixture, KVI_PIECES, piece_key(record.piece_sequence, 1), &size);
        inside_put(fixture, KVI_PIECES, piece_key(record.piece_sequence, 1), row, size - 1);
        free(row);
        break;
    default:
        inside_put(fixture, KVI_PIECES, piece_key(record.piece_sequence, last + 1), "x", 1);
        break;
    }
}

static const struct piece_row {
    const char *name;
    int how;
    const char *says;
} piece_rows[] = {
    {"pieces: the first is gone", 0, "piece 0: it is missing"},
    {"pieces: the last is gone", 1, "piece 49: it is missing"},
    {"pieces: a bit of the first", 2, "piece 0: its checksum differs"},
    {"pieces: a bit of the last", 3, "piece 49: its checksum differs"},
    {"pieces: one in another's place", 4, "piece 1: its checksum differs"},
    {"pieces: one is shorter", 5, "piece 1: its checksum differs"},
    {"pieces: one too many", 6, "piece 50: it is one more than the record has"},
};

static void test_pieces(void **state)
{
    struct fixture *fixture = *state;

    const struct piece_row *row = fixture->row;

    pieces_damage(fixture, row->how);
    expect_reads(fixture, KV_OK, KV_CORRUPT);
    expect_ranges(fixture, row->how == 6 ? KV_OK : KV_CORRUPT);
    expect_said(fixture, KV_CORRUPT, row->says, row->says);
    fixture_put(fixture, "bad", "mended"); /* Overwriting takes what is left of them away. */
    fixture_expect(fixture, "bad", "mended");
    fixture_close(fixture);
    assert_int_equal(support_recount(fixture->path), 0);
}

/* ---- Expiry rows */

static void put_until(struct fixture *fixture, const char *key, int64_t ttl)
{
    kv_op op = op_put(key, "value");

    op.flags = KV_OP_TTL;
    op.ttl_s = ttl;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
}

static void expiry_put(struct fixture *fixture, int64_t deadline, uint64_t sequence, kv_slice key)
{
    kvi_txn *txn = inside_begin(fixture);

    assert_status(kvi_expiry_put(txn, fixture->ns, (kvi_expiry_position){deadline, sequence}, key),
                  KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static void expiry_lose(struct fixture *fixture, const char *key)
{
    kvi_record record = record_of(fixture, key);
    kvi_txn *txn = inside_begin(fixture);

    assert_status(kvi_expiry_remove(txn, fixture->ns,
                                    (kvi_expiry_position){record.deadline, record.sequence}),
                  KV_OK);
    assert_status(kvi_txn_commit(txn), KV_OK);
}

static kv_work sweep(struct fixture *fixture)
{
    kv_work work = KV_WORK_INIT;

    assert_status(kv_sweep(fixture->db, &work), KV_OK);
    assert_int_equal(work.finished, 1);
    return work;
}

/* The record decides what is live. Whatever touches it mends the index. */
static void test_expiry_row_missing(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_touch("touched");

    put_until(fixture, "put", 10);
    put_until(fixture, "touched", 10);
    put_until(fixture, "deleted", 10);
    put_until(fixture, "left", 10);
    expiry_lose(fixture, "put");
    expiry_lose(fixture, "touched");
    expiry_lose(fixture, "deleted");
    expiry_lose(fixture, "left");
    put_until(fixture, "put", 20);
    op.flags = KV_OP_TTL;
    op.ttl_s = 20;
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    op = op_delete("deleted");
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_expect(fixture, "put", "value");
    fixture_expect(fixture, "touched", "value");
    fixture_expect(fixture, "left", "value");
    fixture_advance(fixture, 10);
    fixture_expect_absent(fixture, "left");
    sweep(fixture); /* Does not find it, and ends. */
    fixture_expect_absent(fixture, "left");
    fixture_put(fixture, "left", "mended");
    inside_recount(fixture);
    fixture_advance(fixture, 10);
    assert_int_equal(sweep(fixture).items_done, 2);
    inside_recount(fixture);
}

static void test_expiry_orphan(void **state)
{
    struct fixture *fixture = *state;

    fixture_put(fixture, "permanent", "value");
    expiry_put(fixture, 5, 1000, inside_values_key(fixture->ns, "nobody"));
    expiry_put(fixture, 5, 1001, inside_values_key(fixture->ns, "permanent"));
    sweep(fixture);
    fixture_expect(fixture, "permanent", "value");
    inside_recount(fixture);
}

/* A row at a wrong place that names a key with a row of its own. */
static void test_expiry_second_row(void **state)
{
    struct fixture *fixture = *state;

    put_until(fixture, "due", 10);
    put_until(fixture, "live", 100);
    expiry_put(fixture, FAKE_CLOCK_START + 5, 1000, inside_values_key(fixture->ns, "due"));
    expiry_put(fixture, FAKE_CLOCK_START + 5, 1001, inside_values_key(fixture->ns, "live"));
    fixture_advance(fixture, 10);
    sweep(fixture);
    fixture_expect_absent(fixture, "due");
    fixture_expect(fixture, "live", "value");
    inside_recount(fixture);
}

/* A row under "main" that names a key of "other", whose deadline is after 10 seconds. */
static kv_ns other_namespace(struct fixture *fixture)
{
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kv_op op = op_put("key", "value");
    kv_ns other;

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    op.flags = KV_OP_TTL;
    op.ttl_s = 10;
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    expiry_put(fixture, FAKE_CLOCK_START + 5, 1000, kvi_values_key(other, "key", 3, bytes));
    return other;
}

static void test_expiry_other_namespace_live(void **state)
{
    struct fixture *fixture = *state;
    kv_ns other = other_namespace(fixture);

    fixture_advance(fixture, 7);
    fixture_put(fixture, "a", "1");
    assert_int_equal(fixture_describe(fixture, other).key_count, 1);
    inside_recount(fixture);
}

static void test_expiry_other_namespace_due(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("b", "2");
    kv_ns other;

    fixture_put(fixture, "a", "a value long enough to take another's sums away from");
    other = other_namespace(fixture);
    fixture_advance(fixture, 10);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    sweep(fixture);
    assert_int_equal(fixture_describe(fixture, other).key_count, 0);
    assert_int_equal(fixture_describe(fixture, fixture->ns).key_count, 2);
    inside_recount(fixture);
}

/* A row that no position can follow: stepping over it must not lead back to the first. */
static void test_expiry_largest_sequence(void **state)
{
    struct fixture *fixture = *state;
    int status;
    pid_t child;

    put_until(fixture, "bad", 10);
    spoil(fixture, "bad");
    expiry_put(fixture, FAKE_CLOCK_START + 10, UINT64_MAX, inside_values_key(fixture->ns, "bad"));
    fixture_advance(fixture, 20);
    fixture_close(fixture);
    child = fork();
    if (child == 0) { /* Apart, to end it if it does not. */
        kv_db *db;
        alarm(5);
        if (kv_open(fixture->path, &fixture->options, NULL, &db, NULL) != KV_OK ||
            kv_sweep(db, NULL) != KV_OK)
            _exit(1);
        kv_close(db);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A row of no form at all stops neither this namespace's writes nor the next one's. */
static void test_expiry_malformed_row(void **state)
{
    static const uint8_t key[20] = {0, 0, 0, 1, 0x80};
    struct fixture *fixture = *state;
    kv_op op = op_put("a", "1");

    assert_int_equal(fixture->ns, 1);
    inside_put(fixture, KVI_EXPIRY, kvi_slice(key, 20), "", 0);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
}

/* More damaged rows than one sweep's step holds: their rows of the index go, portion by portion;
   who reads the keys is told. */
static void test_many_damaged_due(void **state)
{
    enum { COUNT = 1100, DUE = 300 };
    struct fixture *fixture = *state;
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_list *list;
    kv_entry entry;
    size_t listed = 0;
    char key[16];

    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(key, sizeof(key), "bad-%d", i);
        put_until(fixture, key, 10);
        spoil(fixture, key);
    }
    for (int i = 0; i < DUE; i++) {
        (void)snprintf(key, sizeof(key), "due-%d", i);
        put_until(fixture, key, 11);
    }
    fixture_advance(fixture, 20);
    fixture_put(fixture, "new", "value"); /* Looks at no more than its share. */
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), COUNT + DUE - 16);
    assert_int_equal(sweep(fixture).items_done, DUE);
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 0);
    fixture_expect(fixture, "new", "value");
    snapshot = fixture_snapshot(fixture);
    options.prefix = (kv_slice){"bad-", 4};
    assert_status(kv_list_begin(snapshot, fixture->ns, &options, &list), KV_OK);
    while (kv_list_next(list, &entry) == KV_OK) {
        assert_status(entry.status, KV_CORRUPT);
        listed++;
    }
    assert_int_equal(listed, COUNT);
    kv_list_end(list);
    kv_snapshot_end(snapshot);
}

/* Damaged dead rows and a full namespace: the batch is answered, not tried for ever. */
static void test_quota_over_damaged(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("new", "0123456789");
    char key[16];

    for (int i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "bad-%d", i);
        put_until(fixture, key, 10);
        spoil(fixture, key);
    }
    fixture_advance(fixture, 20);
    assert_status(kv_namespace_set(fixture->db, fixture->ns, 100, NULL, 0), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_NAMESPACE_FULL);
}

/* ---- Sums */

static void test_usage_too_small(void **state)
{
    static const uint8_t zeros[40];
    struct fixture *fixture = *state;
    kv_op ops[] = {op_put("new", "1"), op_put("old", "2")};
    kv_verdict verdicts[2];
    uint64_t sequence;
    uint8_t key[4];
    kv_ns other;

    fixture_put(fixture, "old", "a longer value");
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    kvi_be32_store(key, fixture->ns);
    inside_put_row(fixture, KVI_USAGE, kvi_slice(key, 4), kvi_slice(zeros, 40), kvi_slice(NULL, 0));
    sequence = kv_sequence(fixture->db);
    assert_status(kv_batch(fixture->db, fixture->ns, ops, 2, NULL, verdicts, NULL), KV_CORRUPT);
    assert_status(verdicts[0].status, KV_CORRUPT);
    assert_status(verdicts[1].status, KV_CORRUPT);
    assert_int_equal(kv_sequence(fixture->db), sequence);
    fixture_expect(fixture, "old", "a longer value");
    fixture_expect_absent(fixture, "new");
    assert_status(kv_put(fixture->db, fixture->ns, &ops[0], NULL), KV_OK); /* Takes nothing away. */
    assert_status(kv_put(fixture->db, other, &ops[1], NULL), KV_OK);
}

/* Row 0: who writes, or asks for what it says, is told. All that is stored can still be read. */
static void test_row_0(void **state)
{
    static const uint32_t modes[] = {KV_OPEN_READ_ONLY, KV_OPEN_READ_WRITE};
    struct fixture *fixture = *state;
    kv_op op = op_put("new", "value");
    kv_stats stats = KV_STATS_INIT;
    kv_position at;

    fixture_put(fixture, "old", "value");
    inside_flip(fixture, KVI_USAGE, kvi_slice("\0\0\0\0", 4), 10, 1);
    for (size_t i = 0; i < COUNT(modes); i++) {
        kv_snapshot *snapshot;
        fixture_close(fixture);
        fixture->options.flags = 0;
        fixture->options.mode = modes[i];
        fixture_open(fixture);
        fixture_expect(fixture, "old", "value");
        snapshot = fixture_snapshot(fixture);
        assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_CORRUPT);
        expect_error(snapshot, KV_CORRUPT, "usage: the row does not verify");
        kv_snapshot_end(snapshot);
        assert_status(kv_stats_get(fixture->db, &stats), KV_CORRUPT);
    }
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_CORRUPT);
    fixture_expect_absent(fixture, "new");
}

/* ---- The change log */

/* Fill some blocks; the key of the block that holds the n-th, oldest 0. */
static kv_slice log_fill(struct fixture *fixture, int n)
{
    static uint8_t bytes[8];
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;
    kvi_txn *txn;

    for (int i = 0; i < 400; i++)
        fixture_put(fixture, "key-of-some-length", "value");
    txn = inside_begin(fixture);
    assert_status(kvi_cursor_open(txn, KVI_CHANGES, &cursor), KV_OK);
    for (int i = 0; i <= n; i++)
        assert_status(kvi_cursor_move(cursor, KVI_NEXT, &key, &row), KV_OK);
    memcpy(bytes, key.data, sizeof(bytes));
    kvi_cursor_close(cursor);
    kvi_txn_abort(txn);
    return kvi_slice(bytes, 8);
}

static kv_status read_changes(struct fixture *fixture, uint64_t after)
{
    static kv_change changes[1000];
    kv_snapshot *snapshot = fixture_snapshot(fixture);
    kv_position at;
    kv_status status;
    char says[80];
    size_t count;

    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_OK);
    at.sequence = after;
    do { /* What comes before the damage is given first. */
        status = kv_changes_read(snapshot, at, &fixture->buf, changes, 1000, &count);
        at.sequence += count;
    } while (status == KV_OK && count > 0);
    (void)snprintf(says, sizeof(says), "changes: sequence %llu: its block is damaged or missing",
                   (unsigned long long)at.sequence + 1);
    if (status != KV_OK)
        expect_error(snapshot, status, says);
    kv_snapshot_end(snapshot);
    return status;
}

/* The log's readers are told; keys and writers are not concerned. */
static void expect_log_damaged(struct fixture *fixture, kv_slice key)
{
    kv_op op = op_put("key", "value");

    assert_status(read_changes(fixture, 0), KV_CORRUPT);
    assert_status(read_changes(fixture, kvi_be64_load(key.data)), KV_OK);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
    fixture_expect(fixture, "key", "value");
    assert_status(kv_sweep(fixture->db, NULL), KV_OK);
}

static void block_flip(struct fixture *fixture, kv_slice key)
{
    size_t size;
    uint8_t *row = row_copy(fixture, KVI_CHANGES, key, &size);

    row[size / 2] ^= 1;
    inside_put(fixture, KVI_CHANGES, key, row, size);
    free(row);
}

static void test_log_block(void **state)
{
    kv_slice key = log_fill(*state, 3);

    block_flip(*state, key);
    expect_log_damaged(*state, key);
}

/* The one that each write looks at, to see whether it may go. */
static void test_log_oldest_block(void **state)
{
    kv_slice key = log_fill(*state, 0);

    block_flip(*state, key);
    expect_log_damaged(*state, key);
}

static void test_log_gap(void **state)
{
    kv_slice key = log_fill(*state, 3);

    inside_delete(*state, KVI_CHANGES, key);
    expect_log_damaged(*state, key);
}

/* ---- Namespaces */

static kv_slice namespace_key(kv_ns id)
{
    static uint8_t bytes[5];

    kvi_be32_store(bytes + 1, id);
    return kvi_slice(bytes, 5);
}

static void test_namespace_row(void **state)
{
    struct fixture *fixture = *state;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_op op = op_put("key", "value");
    kv_snapshot *snapshot;
    kv_slice value;
    kv_ns other;

    fixture_put(fixture, "key", "value");
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    inside_put(fixture, KVI_NAMESPACES, namespace_key(fixture->ns), "\0\xFFx", 3);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_get(snapshot, fixture->ns, "key", 3, NULL, &value), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "namespaces, namespace 1: the row does not verify");
    assert_status(kv_namespace_next(snapshot, 0, &info), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "namespaces: the row does not verify");
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &info), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "namespaces, namespace 1: the row does not verify");
    assert_status(kv_namespace_next(snapshot, fixture->ns, &info), KV_OK);
    assert_int_equal(info.id, other);
    kv_snapshot_end(snapshot);
    assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_CORRUPT);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_CORRUPT);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
}

/* The other rows that reads of a snapshot look at. */
static void test_rows_said(void **state)
{
    struct fixture *fixture = *state;
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_settings settings = KV_SETTINGS_INIT;
    kv_snapshot *snapshot;
    kv_position at;
    uint8_t key[4];
    kv_ns id;

    fixture_put(fixture, "a", "1");
    kvi_be32_store(key, fixture->ns);
    inside_flip(fixture, KVI_USAGE, kvi_slice(key, 4), 10, 1);
    inside_flip(fixture, KVI_META, kvi_slice("settings", 8), 10, 1);
    inside_flip(fixture, KVI_META, kvi_slice("epoch", 5), 10, 1);
    inside_flip(fixture, KVI_NAMESPACES, kvi_slice("main", 4), 7, 1);
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_namespace_describe(snapshot, fixture->ns, &info), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "usage, namespace 1: the row does not verify");
    assert_status(kv_settings_get(snapshot, &settings), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "meta: the row does not verify");
    assert_status(kv_namespace_find(snapshot, "main", 4, &id), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "namespaces: the row does not verify");
    assert_status(kv_snapshot_info(snapshot, &at, NULL), KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT, "meta: the row does not verify");
    kv_snapshot_end(snapshot);
    assert_status(kv_namespace_id(fixture->db, "main", 4, &id), KV_CORRUPT);
}

/* A damaged row before a dropped one: the others' writes go on. */
static void test_namespace_row_before_dropped(void **state)
{
    struct fixture *fixture = *state;
    kv_op op = op_put("key", "value");
    kv_ns dropped, other;

    assert_status(kv_namespace_create(fixture->db, "dropped", 7, &dropped), KV_OK);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_put(fixture->db, dropped, &op, NULL), KV_OK);
    inside_put(fixture, KVI_NAMESPACES, namespace_key(fixture->ns), "\0\xFFx", 3);
    assert_status(kv_namespace_drop(fixture->db, dropped), KV_OK);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
}

/* ---- Dropped namespaces with damaged rows are reclaimed wholly, and the sums come out right. */

static void test_dropped(void **state)
{
    static uint8_t bytes[LARGE];
    struct fixture *fixture = *state;
    struct rng rng = {4};
    kv_op op;
    kv_ns other;
    char key[16];

    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    op = op_put("key", "value");
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    for (int i = 0; i < 600; i++) {
        (void)snprintf(key, sizeof(key), "key-%d", i);
        op = noise(&rng, key, bytes, i % 100 == 0 ? LARGE : 10);
        if (i % 3 == 0) {
            op.flags = KV_OP_TTL;
            op.ttl_s = 10;
        }
        assert_status(kv_put(fixture->db, fixture->ns, &op, NULL), KV_OK);
        if (i % 7 == 5) /* Never a large one: whose pieces they are only its record knows. */
            spoil(fixture, key);
    }
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    fixture_advance(fixture, 20); /* The rows of damaged records are found by their deadlines. */
    sweep(fixture);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 1);
    assert_int_equal(inside_entries(fixture, KVI_EXPIRY), 0);
    assert_int_equal(inside_entries(fixture, KVI_PIECES), 0);
    inside_recount(fixture);
}

/* A row whose key no encoder makes, and whose checksum fits. */
static void test_dropped_key_malformed(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[KVI_VALUES_KEY_MAX] = {0}, row[200];
    kvi_record record = {.sequence = 1, .raw_size = 1, .payload = {"x", 1}};
    kv_slice key = kvi_slice(bytes, 4 + KVI_KEY_PLAIN_SIZE + 5);
    kv_op op = op_put("key", "value");
    kv_snapshot *snapshot;
    uint64_t count;
    kv_ns other;

    record.payload_checksum = kvi_checksum("x", 1);
    kvi_be32_store(bytes, fixture->ns);
    memset(bytes + 4, 'k', sizeof(bytes) - 4);
    kvi_record_encode(&record, kvi_slice(bytes + 4, key.size - 4), row);
    inside_put(fixture, KVI_VALUES, key, row, kvi_record_size(&record));
    snapshot = fixture_snapshot(fixture);
    assert_status(kv_count(snapshot, fixture->ns, (kv_slice){NULL, 0}, 0, &count, NULL),
                  KV_CORRUPT);
    expect_error(snapshot, KV_CORRUPT,
                 "values, namespace 1: a row is at a key that no writer makes");
    kv_snapshot_end(snapshot);
    assert_status(kv_namespace_create(fixture->db, "other", 5, &other), KV_OK);
    assert_status(kv_namespace_drop(fixture->db, fixture->ns), KV_OK);
    assert_status(kv_put(fixture->db, other, &op, NULL), KV_OK);
    sweep(fixture);
    assert_int_equal(inside_entries(fixture, KVI_VALUES), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_TEST("damage: every bit of a header", test_header_bytes),
        STORE_TEST("damage: bytes of a payload", test_payload_bytes),
        STORE_TEST("damage: a number that is added to", test_damaged_number),
        STORE_TEST("damage: a row of another length", test_other_length),
        STORE_TEST("damage: what is said of a header", test_header_said),
        STORE_TEST("damage: another key's row", test_swapped),
        STORE_TEST("damage: an expiry row is missing", test_expiry_row_missing),
        STORE_TEST("damage: expiry rows of nobody", test_expiry_orphan),
        STORE_TEST("damage: a second expiry row", test_expiry_second_row),
        STORE_TEST("damage: an expiry row of another namespace's live key",
                   test_expiry_other_namespace_live),
        STORE_TEST("damage: an expiry row of another namespace's dead key",
                   test_expiry_other_namespace_due),
        STORE_TEST("damage: an expiry row at the last sequence", test_expiry_largest_sequence),
        STORE_TEST("damage: a malformed expiry row", test_expiry_malformed_row),
        STORE_TEST("damage: many due rows", test_many_damaged_due),
        STORE_TEST("damage: a quota over damaged rows", test_quota_over_damaged),
        STORE_TEST("damage: usage too small", test_usage_too_small),
        STORE_TEST("damage: row 0", test_row_0),
        STORE_TEST("damage: a block of the log", test_log_block),
        STORE_TEST("damage: the oldest block of the log", test_log_oldest_block),
        STORE_TEST("damage: a gap in the log", test_log_gap),
        STORE_TEST("damage: a namespace's row", test_namespace_row),
        STORE_TEST("damage: what is said of other rows", test_rows_said),
        STORE_TEST("damage: a namespace's row before a dropped one",
                   test_namespace_row_before_dropped),
        STORE_TEST("damage: a dropped namespace", test_dropped),
        STORE_TEST("damage: a dropped namespace's malformed key", test_dropped_key_malformed),
    };

    run_rows(lies, test_lie, fixture_setup, fixture_teardown);
    run_rows(piece_rows, test_pieces, fixture_setup, fixture_teardown);
    run_tests(tests);
    return run_all("damage");
}
