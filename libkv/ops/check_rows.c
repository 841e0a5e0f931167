#include "ops/check_rows.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "tables/catalog.h"
#include "tables/changes.h"
#include "tables/expiry.h"
#include "tables/namespaces.h"
#include "tables/pieces.h"
#include "tables/usage.h"
#include "tables/values.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A check on its way. */
typedef struct rows {
    const kvi_row_check *check;
    kvi_txn *txn;
    kvi_checksum_stream *checksum;
    kvi_usage total, own;      /* Of all records; of the present namespace's. */
    kv_ns ns;                  /* The present one; 0: none yet. */
    uint64_t expiring, pieces; /* Rows that other tables should have. */
    bool has_partial;          /* There are records that have lost some pieces, as they may. */
    uint64_t faults;
    kv_status status; /* Not KV_OK: the end, at once. */
} rows;

__attribute__((format(printf, 5, 6))) static void rows_fault(rows *r, unsigned table, kv_ns ns,
                                                             kv_slice key, const char *format, ...)
{
    kv_fault fault = {.size = sizeof(fault),
                      .table = kvi_catalog_names[table],
                      .page = UINT64_MAX,
                      .ns = ns,
                      .key = key};
    va_list arguments;

    r->faults++;
    if (r->status != KV_OK)
        return;
    va_start(arguments, format);
    (void)vsnprintf(fault.message, sizeof(fault.message), format, arguments);
    va_end(arguments);
    if (r->check->found(r->check->ctx, &fault) != 0)
        r->status = KV_CANCELLED;
}

static void rows_differ(rows *r, unsigned table, kv_ns ns, const char *what, uint64_t got,
                        uint64_t want)
{
    if (got != want)
        rows_fault(r, table, ns, kvi_slice(NULL, 0),
                   "%s: %" PRIu64 ", but %" PRIu64 " by what is there", what, got, want);
}

static void usage_compare(rows *r, kv_ns ns, const kvi_usage *got, const kvi_usage *want)
{
    rows_differ(r, KVI_USAGE, ns, "keys", got->keys, want->keys);
    rows_differ(r, KVI_USAGE, ns, "bytes of keys", got->key_bytes, want->key_bytes);
    rows_differ(r, KVI_USAGE, ns, "bytes of values", got->value_bytes, want->value_bytes);
    rows_differ(r, KVI_USAGE, ns, "bytes of metadata", got->metadata_bytes, want->metadata_bytes);
    rows_differ(r, KVI_USAGE, ns, "bytes stored", got->stored_bytes, want->stored_bytes);
}

/* ---- Records */

typedef struct sum {
    kvi_checksum_stream *stream;
    uint64_t pieces;
} sum;

static kv_status piece_add(void *ctx, kv_slice bytes)
{
    sum *s = ctx;

    s->pieces++;
    kvi_checksum_stream_add(s->stream, bytes.data, bytes.size);
    return KV_OK;
}

static void pieces_check(rows *r, kv_slice user, const kvi_record *record)
{
    sum s = {.stream = r->checksum};
    kv_status status;

    if (record->flags & KVI_RECORD_EXPIRES && record->deadline == INT64_MIN) {
        r->has_partial = true; /* It is losing them part by part. */
        return;
    }
    kvi_checksum_stream_reset(r->checksum);
    status = kvi_pieces_each(r->txn, record, true, piece_add, &s, NULL);
    r->pieces += s.pieces;
    if (status == KV_CORRUPT)
        rows_fault(r, KVI_PIECES, r->ns, user,
                   "piece %" PRIu64 " of %" PRIu64 " is missing or damaged", s.pieces + 1,
                   record->piece_count);
    else if (status != KV_OK)
        r->status = status;
    else if (kvi_checksum_stream_value(r->checksum) != record->payload_checksum)
        rows_fault(r, KVI_PIECES, r->ns, user, "the checksum of the whole value is wrong");
}

static void expiry_check(rows *r, kv_slice key, kv_slice user, const kvi_record *record)
{
    kvi_expiry_position own = {record->deadline, record->sequence};
    kvi_expiry_position inherited = {record->index_deadline, record->index_sequence};
    uint64_t found;

    if (!(record->flags & KVI_RECORD_EXPIRES))
        return;
    r->expiring++;
    found = kvi_expiry_check(r->txn, r->ns, own, key) == KV_OK;
    if (record->flags & KVI_RECORD_INHERITED)
        found += kvi_expiry_check(r->txn, r->ns, inherited, key) == KV_OK;
    if (found != 1)
        rows_fault(r, KVI_EXPIRY, r->ns, user, "the key has %" PRIu64 " rows instead of 1", found);
}

static bool namespace_exists(rows *r, kv_ns ns)
{
    kvi_namespace row;

    return (kvi_namespaces_next(r->txn, ns - 1, KVI_NAMESPACE_LIVE, &row) == KV_OK &&
            row.id == ns) ||
           (kvi_namespaces_next(r->txn, ns - 1, KVI_NAMESPACE_DROPPED, &row) == KV_OK &&
            row.id == ns);
}

/* What the records of a namespace come to; one without records has no row, or zeros. */
static void namespace_check(rows *r, kv_ns ns, const kvi_usage *want)
{
    kvi_usage usage;
    kv_status status = kvi_usage_get(r->txn, ns, &usage, NULL);

    if (!namespace_exists(r, ns))
        rows_fault(r, KVI_NAMESPACES, ns, kvi_slice(NULL, 0),
                   "it has no row, but records or a row of sums");
    if (status == KV_CORRUPT)
        rows_fault(r, KVI_USAGE, ns, kvi_slice(NULL, 0), "the row is damaged");
    else if (status == KV_OK)
        usage_compare(r, ns, &usage, want);
    else
        r->status = status;
}

/* Records come in order of namespace. */
static void namespace_turn(rows *r, kv_ns ns)
{
    if (ns == r->ns)
        return;
    if (r->ns != 0)
        namespace_check(r, r->ns, &r->own);
    r->ns = ns;
    r->own = (kvi_usage){0};
}

static void record_check(rows *r, kv_slice key, kv_slice row)
{
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kvi_record record;
    kvi_usage one;
    kv_slice user;
    kv_ns ns;

    if (kvi_values_key_split(key, scratch, &ns, &user) != KV_OK || ns == 0) {
        rows_fault(r, KVI_VALUES, 0, kvi_slice(NULL, 0), "a row's key is damaged");
        return;
    }
    namespace_turn(r, ns);
    if (kvi_values_decode(key, row, &record) != KV_OK) {
        rows_fault(r, KVI_VALUES, ns, user, "the record's header is damaged");
        return;
    }
    one = (kvi_usage){1, user.size, record.raw_size, record.metadata.size, record.stored_size};
    kvi_usage_add(&r->own, &one);
    kvi_usage_add(&r->total, &one);
    if (record.flags & KVI_RECORD_PIECES)
        pieces_check(r, user, &record);
    else if (kvi_checksum(record.payload.data, record.payload.size) != record.payload_checksum)
        rows_fault(r, KVI_VALUES, ns, user, "the value's checksum is wrong");
    expiry_check(r, key, user, &record);
    if (r->check->progress != NULL && r->check->progress(r->check->ctx, record.stored_size) != 0 &&
        r->status == KV_OK)
        r->status = KV_CANCELLED;
}

/* ---- Tables */

/* Call `row` with each row of a table, as long as r->status is KV_OK. */
static void table_each(rows *r, unsigned table, void (*row)(rows *r, kv_slice key, kv_slice value))
{
    kv_slice key = {NULL, 0}, value;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(r->txn, table, &cursor);

    if (status == KV_OK)
        status = kvi_cursor_move(cursor, KVI_FIRST, &key, &value);
    while (status == KV_OK && r->status == KV_OK) {
        row(r, key, value);
        status = kvi_cursor_move(cursor, KVI_NEXT, &key, &value);
    }
    kvi_cursor_close(cursor);
    if (r->status == KV_OK && status != KV_OK && status != KV_NOT_FOUND)
        r->status = status;
}

static bool namespace_has_records(rows *r, kv_ns ns)
{
    uint8_t prefix[4];
    kv_slice key = kvi_values_prefix(ns, prefix), value;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(r->txn, KVI_VALUES, &cursor);

    if (status == KV_OK)
        status = kvi_cursor_move(cursor, KVI_AT_LEAST, &key, &value);
    status = status == KV_OK && kvi_values_is_of(key, ns) ? KV_OK : KV_NOT_FOUND;
    kvi_cursor_close(cursor);
    return status == KV_OK;
}

/* Sums of a namespace that has no records; the rows of 0 are the store's. */
static void usage_row_check(rows *r, kv_slice key, kv_slice value)
{
    static const kvi_usage none;
    kv_ns ns = key.size == 4 ? kvi_be32_load(key.data) : 0;

    (void)value;
    if (ns != 0 && !namespace_has_records(r, ns))
        namespace_check(r, ns, &none);
}

static uint64_t namespaces_count(rows *r, uint8_t status)
{
    kvi_namespace row = {0};
    uint64_t count = 0;

    while (kvi_namespaces_next(r->txn, row.id, status, &row) == KV_OK)
        count++;
    return count;
}

static void namespaces_check(rows *r)
{
    uint64_t live = namespaces_count(r, KVI_NAMESPACE_LIVE);
    uint64_t dropped = namespaces_count(r, KVI_NAMESPACE_DROPPED);
    kvi_namespace_counts counts;
    kvi_table_facts facts;

    if (kvi_namespaces_counts(r->txn, &counts) != KV_OK) {
        rows_fault(r, KVI_NAMESPACES, 0, kvi_slice(NULL, 0), "the row of counts is damaged");
        return;
    }
    rows_differ(r, KVI_NAMESPACES, 0, "live namespaces", counts.live, live);
    rows_differ(r, KVI_NAMESPACES, 0, "dropped namespaces", counts.dropped, dropped);
    /* A live one has a row for its name too; one row has the counts. */
    if (kvi_txn_table_facts(r->txn, KVI_NAMESPACES, &facts) == KV_OK)
        rows_differ(r, KVI_NAMESPACES, 0, "rows", facts.entries, 1 + 2 * live + dropped);
}

/* ---- The change log */

typedef struct log_sums {
    uint64_t bytes, blocks;
    int64_t oldest_time; /* The newest time in the oldest block. */
} log_sums;

static void log_sums_get(rows *r, log_sums *sums)
{
    kv_slice key = {NULL, 0}, row;
    kvi_change_reader block;
    kvi_cursor *cursor;
    kv_status status = kvi_cursor_open(r->txn, KVI_CHANGES, &cursor);

    if (status == KV_OK)
        status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row);
    while (status == KV_OK) {
        if (sums->blocks++ == 0 && kvi_change_reader_begin(&block, row) == KV_OK)
            sums->oldest_time = block.time_newest;
        sums->bytes += row.size;
        status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row);
    }
    kvi_cursor_close(cursor);
    if (status != KV_NOT_FOUND)
        r->status = status;
}

/* The changes of the log. */
typedef struct log_walk {
    rows *r;
    uint64_t count;
} log_walk;

/* A record is at least as new as what the log says of its key: an old copy of a page shows here.
   What is not there has been deleted or has expired since. */
static kv_status change_check(void *ctx, const kv_change *change)
{
    log_walk *w = ctx;
    uint8_t bytes[KVI_VALUES_KEY_MAX];
    kvi_record record;

    w->count++;
    if (change->kind > KV_TOUCH ||
        kvi_values_get(w->r->txn,
                       kvi_values_key(change->ns, change->key.data, change->key.size, bytes),
                       &record) != KV_OK)
        return w->r->status;
    if (record.sequence < change->sequence)
        rows_fault(w->r, KVI_VALUES, change->ns, change->key,
                   "the record is of sequence %" PRIu64 ", the log has a change of %" PRIu64,
                   record.sequence, change->sequence);
    return w->r->status;
}

/* The log holds what row 0 says: every sequence from the first to the newest. */
static void log_check(rows *r, const kvi_usage_store *store)
{
    log_walk walk = {.r = r};
    log_sums sums = {0};
    kv_status status;

    log_sums_get(r, &sums);
    rows_differ(r, KVI_CHANGES, 0, "bytes", store->changes_bytes, sums.bytes);
    if (sums.blocks > 0 && sums.oldest_time != store->changes_time)
        rows_fault(r, KVI_CHANGES, 0, kvi_slice(NULL, 0), "the time of the oldest block is wrong");
    status = kvi_changes_each(r->txn, store, store->changes_first - 1, change_check, &walk);
    if (status == KV_CORRUPT)
        rows_fault(r, KVI_CHANGES, 0, kvi_slice(NULL, 0),
                   "a block is damaged or missing behind %" PRIu64 " changes", walk.count);
    else if (status == KV_OK)
        rows_differ(r, KVI_CHANGES, 0, "changes", walk.count,
                    store->sequence + 1 - store->changes_first);
    else if (status != KV_UNSUPPORTED)
        r->status = status;
}

static void store_check(rows *r)
{
    kvi_table_facts expiry = {0}, pieces = {0};
    kvi_usage_store store;
    kv_status status = kvi_usage_store_get(r->txn, &store);

    if (status == KV_CORRUPT) {
        rows_fault(r, KVI_USAGE, 0, kvi_slice(NULL, 0), "the store's own row is damaged");
        return;
    }
    if (status == KV_OK)
        status = kvi_txn_table_facts(r->txn, KVI_EXPIRY, &expiry);
    if (status == KV_OK)
        status = kvi_txn_table_facts(r->txn, KVI_PIECES, &pieces);
    if (status != KV_OK) {
        r->status = status;
        return;
    }
    usage_compare(r, 0, &store.total, &r->total);
    rows_differ(r, KVI_EXPIRY, 0, "rows", expiry.entries, r->expiring);
    if (!r->has_partial)
        rows_differ(r, KVI_PIECES, 0, "rows", pieces.entries, r->pieces);
    log_check(r, &store);
}

kv_status kvi_row_check_run(const kvi_row_check *check)
{
    rows r = {.check = check, .txn = check->txn, .checksum = kvi_checksum_stream_create()};

    if (r.checksum == NULL)
        return KV_NO_MEMORY;
    table_each(&r, KVI_VALUES, record_check);
    if (r.status == KV_OK)
        namespace_turn(&r, 0);
    if (r.status == KV_OK)
        table_each(&r, KVI_USAGE, usage_row_check);
    if (r.status == KV_OK)
        namespaces_check(&r);
    if (r.status == KV_OK)
        store_check(&r);
    kvi_checksum_stream_free(r.checksum);
    return r.status == KV_OK && r.faults > 0 ? KV_CORRUPT : r.status;
}
