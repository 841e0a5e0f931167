#include "support/recount.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/slice.h"
#include "ops/snapshot.h"
#include "tables/changes.h"
#include "tables/expiry.h"
#include "tables/catalog.h"
#include "tables/namespaces.h"
#include "tables/pieces.h"
#include "tables/usage.h"
#include "tables/values.h"

struct recount_sum {
    kv_ns ns;
    kvi_usage usage;
};

struct recount {
    kvi_txn *txn;
    struct recount_sum *sums;
    size_t sum_count;
    kvi_usage total;
    uint64_t expiring, pieces;
    bool is_partial; /* There are values that lost some pieces. */
    int faults;
};

static int recount_fault(struct recount *r, const char *what, uint64_t got, uint64_t want)
{
    fprintf(stderr, "recount: %s: %" PRIu64 ", but %" PRIu64 " by its values\n", what, got, want);
    r->faults++;
    return r->faults;
}

static kvi_usage *recount_sum_of(struct recount *r, kv_ns ns)
{
    /* Values come in order of namespace: only the last can be the one. */
    if (r->sum_count == 0 || r->sums[r->sum_count - 1].ns != ns) {
        r->sums = realloc(r->sums, (r->sum_count + 1) * sizeof(*r->sums));
        if (r->sums == NULL)
            abort();
        r->sums[r->sum_count++] = (struct recount_sum){.ns = ns};
    }
    return &r->sums[r->sum_count - 1].usage;
}

static kv_status recount_piece(void *ctx, kv_slice bytes)
{
    (void)bytes;
    ++*(uint64_t *)ctx;
    return KV_OK;
}

static void recount_record(struct recount *r, kv_ns ns, kv_slice key, size_t key_size,
                           const kvi_record *record)
{
    kvi_usage one = {1, key_size, record->raw_size, record->metadata.size, record->stored_size};
    kvi_expiry_position own = {record->deadline, record->sequence};
    kvi_expiry_position inherited = {record->index_deadline, record->index_sequence};
    uint64_t rows = 0;

    kvi_usage_add(recount_sum_of(r, ns), &one);
    kvi_usage_add(&r->total, &one);
    if (record->flags & KVI_RECORD_PIECES) {
        if (record->flags & KVI_RECORD_EXPIRES && record->deadline == INT64_MIN)
            r->is_partial = true; /* It loses its pieces part by part. */
        else if (kvi_pieces_each(r->txn, record, true, recount_piece, &r->pieces, NULL) != KV_OK)
            recount_fault(r, "pieces of a record", 0, record->piece_count);
    }
    if (!(record->flags & KVI_RECORD_EXPIRES))
        return;
    r->expiring++;
    rows += kvi_expiry_check(r->txn, ns, own, key) == KV_OK;
    if (record->flags & KVI_RECORD_INHERITED)
        rows += kvi_expiry_check(r->txn, ns, inherited, key) == KV_OK;
    if (rows != 1)
        recount_fault(r, "expiry rows of a record", rows, 1);
}

static void recount_values(struct recount *r)
{
    kvi_cursor *cursor;
    kv_slice key = {NULL, 0}, row, user;
    uint8_t scratch[KV_KEY_SIZE_MAX];
    kvi_record record;
    kv_status status;
    kv_ns ns;

    if (kvi_cursor_open(r->txn, KVI_VALUES, &cursor) != KV_OK)
        abort();
    for (status = kvi_cursor_move(cursor, KVI_FIRST, &key, &row); status == KV_OK;
         status = kvi_cursor_move(cursor, KVI_NEXT, &key, &row)) {
        if (kvi_values_key_split(key, scratch, &ns, &user) != KV_OK ||
            kvi_values_decode(key, row, &record) != KV_OK)
            recount_fault(r, "readable records", 0, 1);
        else
            recount_record(r, ns, key, user.size, &record);
    }
    kvi_cursor_close(cursor);
}

static void recount_compare(struct recount *r, const char *what, const kvi_usage *got,
                            const kvi_usage *want)
{
    if (memcmp(got, want, sizeof(*got)) == 0)
        return;
    fprintf(stderr, "recount: usage of %s:\n", what);
    recount_fault(r, "  keys", got->keys, want->keys);
    recount_fault(r, "  key bytes", got->key_bytes, want->key_bytes);
    recount_fault(r, "  value bytes", got->value_bytes, want->value_bytes);
    recount_fault(r, "  metadata bytes", got->metadata_bytes, want->metadata_bytes);
    recount_fault(r, "  stored bytes", got->stored_bytes, want->stored_bytes);
}

static bool recount_namespace_exists(struct recount *r, kv_ns ns)
{
    kvi_namespace row;

    return (kvi_namespaces_next(r->txn, ns - 1, KVI_NAMESPACE_LIVE, &row) == KV_OK &&
            row.id == ns) ||
           (kvi_namespaces_next(r->txn, ns - 1, KVI_NAMESPACE_DROPPED, &row) == KV_OK &&
            row.id == ns);
}

/* What the values of a namespace come to; a namespace without values has no row or zeros. */
static void recount_namespace(struct recount *r, kv_ns ns, const kvi_usage *want)
{
    kvi_usage usage;
    char name[32];

    (void)snprintf(name, sizeof(name), "namespace %u", ns);
    if (!recount_namespace_exists(r, ns)) {
        fprintf(stderr, "recount: %s has values or usage:\n", name);
        recount_fault(r, "  rows in namespaces", 0, 1);
    }
    if (kvi_usage_get(r->txn, ns, &usage, NULL) != KV_OK)
        recount_fault(r, "readable rows of usage", 0, 1);
    else
        recount_compare(r, name, &usage, want);
}

static bool recount_has(const struct recount *r, kv_ns ns)
{
    for (size_t i = 0; i < r->sum_count; i++)
        if (r->sums[i].ns == ns)
            return true;
    return false;
}

/* Both ways: each sum has its row, and each row of another namespace is zeros. */
static void recount_usage(struct recount *r)
{
    static const kvi_usage none;
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;

    for (size_t i = 0; i < r->sum_count; i++)
        recount_namespace(r, r->sums[i].ns, &r->sums[i].usage);
    if (kvi_cursor_open(r->txn, KVI_USAGE, &cursor) != KV_OK)
        abort();
    while (kvi_cursor_move(cursor, key.size == 0 ? KVI_FIRST : KVI_NEXT, &key, &row) == KV_OK) {
        kv_ns ns = key.size == 4 ? kvi_be32_load(key.data) : 0;

        if (ns != 0 && !recount_has(r, ns)) /* The rows of 0 are the store's. */
            recount_namespace(r, ns, &none);
    }
    kvi_cursor_close(cursor);
}

static uint64_t recount_status(struct recount *r, uint8_t status)
{
    kvi_namespace row = {0};
    uint64_t count = 0;

    while (kvi_namespaces_next(r->txn, row.id, status, &row) == KV_OK)
        count++;
    return count;
}

static void recount_namespaces(struct recount *r)
{
    uint64_t live = recount_status(r, KVI_NAMESPACE_LIVE);
    uint64_t dropped = recount_status(r, KVI_NAMESPACE_DROPPED);
    kvi_namespace_counts counts;
    kvi_table_facts rows;

    if (kvi_namespaces_counts(r->txn, &counts) != KV_OK ||
        kvi_txn_table_facts(r->txn, KVI_NAMESPACES, &rows) != KV_OK)
        abort();
    if (counts.live != live)
        recount_fault(r, "live namespaces", counts.live, live);
    if (counts.dropped != dropped)
        recount_fault(r, "dropped namespaces", counts.dropped, dropped);
    /* A live one has a row for its name too; one row has the counts. */
    if (rows.entries != 1 + 2 * live + dropped)
        recount_fault(r, "rows of namespaces", rows.entries, 1 + 2 * live + dropped);
}

static kv_status recount_change(void *ctx, const kv_change *change)
{
    (void)change;
    ++*(uint64_t *)ctx;
    return KV_OK;
}

/* What row 0 says of the oldest block is its own. */
static void recount_changes_time(struct recount *r, const kvi_usage_store *store, kv_slice row)
{
    kvi_change_reader oldest;

    if (kvi_change_reader_begin(&oldest, row) == KV_OK && oldest.time_newest != store->changes_time)
        recount_fault(r, "time of the oldest block", (uint64_t)store->changes_time,
                      (uint64_t)oldest.time_newest);
}

/* The log holds what row 0 says: every sequence from the first to the newest. */
static void recount_changes(struct recount *r, const kvi_usage_store *store)
{
    uint64_t bytes = 0, count = 0;
    kv_slice key = {NULL, 0}, row;
    kvi_cursor *cursor;

    if (kvi_cursor_open(r->txn, KVI_CHANGES, &cursor) != KV_OK)
        abort();
    if (kvi_cursor_move(cursor, KVI_FIRST, &key, &row) == KV_OK)
        recount_changes_time(r, store, row);
    key = kvi_slice(NULL, 0);
    while (kvi_cursor_move(cursor, key.size == 0 ? KVI_FIRST : KVI_NEXT, &key, &row) == KV_OK)
        bytes += row.size;
    kvi_cursor_close(cursor);
    if (store->changes_bytes != bytes)
        recount_fault(r, "bytes of the change log", store->changes_bytes, bytes);
    if (kvi_changes_each(r->txn, store, store->changes_first - 1, recount_change, &count) != KV_OK)
        recount_fault(r, "readable change logs", 0, 1);
    else if (count != store->sequence + 1 - store->changes_first)
        recount_fault(r, "changes in the log", count, store->sequence + 1 - store->changes_first);
}

static void recount_tables(struct recount *r)
{
    kvi_usage_store store;
    kvi_table_facts expiry, pieces;

    if (kvi_usage_store_get(r->txn, &store) != KV_OK ||
        kvi_txn_table_facts(r->txn, KVI_EXPIRY, &expiry) != KV_OK ||
        kvi_txn_table_facts(r->txn, KVI_PIECES, &pieces) != KV_OK)
        abort();
    recount_usage(r);
    recount_compare(r, "the store", &store.total, &r->total);
    recount_namespaces(r);
    recount_changes(r, &store);
    if (expiry.entries != r->expiring)
        recount_fault(r, "rows of expiry", expiry.entries, r->expiring);
    if (pieces.entries != r->pieces && !r->is_partial)
        recount_fault(r, "rows of pieces", pieces.entries, r->pieces);
}

int support_recount(const char *store_path)
{
    struct recount r = {0};
    kv_options options = KV_OPTIONS_INIT;
    kv_snapshot *snapshot;
    kv_error error = KV_ERROR_INIT;
    kv_db *db;

    options.mode = KV_OPEN_READ_ONLY;
    if (kv_open(store_path, &options, NULL, &db, &error) != KV_OK ||
        kv_snapshot_begin(db, &snapshot) != KV_OK) {
        fprintf(stderr, "recount: %s cannot be read: %s\n", store_path, error.message);
        return 1;
    }
    r.txn = snapshot->txn;
    recount_values(&r);
    recount_tables(&r);
    kv_snapshot_end(snapshot);
    kv_close(db);
    free(r.sums);
    return r.faults;
}
