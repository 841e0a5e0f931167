#include "ops/feed.h"

#include "base/buf.h"
#include "base/number.h"
#include "base/slice.h"
#include "ops/snapshot.h"
#include "tables/changes.h"
#include "tables/meta.h"
#include "tables/tokens.h"

#define POLL_MIN_US 500
#define POLL_MAX_US 20000

/* Row 0 of `usage`. */
static kv_status feed_store(kv_snapshot *snapshot, kvi_usage_store *out)
{
    kv_status status = kvi_usage_store_get(snapshot->txn, out);

    return kvi_snapshot_failed(snapshot, status, KVI_USAGE, 0, KVI_FAULT_ROW);
}

kv_status kvi_feed_position(kv_snapshot *snapshot, kv_position *out)
{
    kvi_usage_store store;
    kv_status status = feed_store(snapshot, &store);

    if (status != KV_OK)
        return status;
    status = kvi_meta_epoch_get(snapshot->txn, &out->epoch);
    if (status == KV_OK)
        out->sequence = store.sequence;
    return kvi_snapshot_failed(snapshot, status, KVI_META, 0, KVI_FAULT_ROW);
}

/* Whether a position is one of this history, and the log reaches back to it. An epoch
   that ended is part of the present one up to its last remaining sequence. */
static kv_status feed_check(kv_snapshot *snapshot, kv_position after, kvi_usage_store *store)
{
    uint64_t last;
    kv_status status = feed_store(snapshot, store);

    if (status != KV_OK)
        return status;
    status = kvi_meta_epoch_last(snapshot->txn, after.epoch, &last);
    if (status == KV_NOT_FOUND)
        return KV_CHANGES_TRIMMED;
    if (status != KV_OK)
        return kvi_snapshot_failed(snapshot, status, KVI_META, 0, KVI_FAULT_ROW);
    if (after.sequence > last || after.sequence > store->sequence ||
        after.sequence + 1 < store->changes_first)
        return KV_CHANGES_TRIMMED;
    return KV_OK;
}

typedef struct feed_page {
    const kv_changes_filter *filter;
    kv_buf *buf;
    kv_change *out;
    size_t capacity, count;
    uint64_t looked; /* Sequence of the last change that was taken or skipped. */
    uint32_t skipped;
} feed_page;

/* A prefix applies only to the keys of operations. */
static bool feed_matches(const kv_changes_filter *filter, const kv_change *change)
{
    if (filter->ns != 0 && change->ns != filter->ns)
        return false;
    return change->kind >= KV_CHANGE_NAMESPACE_CREATE ||
           kvi_slice_begins(change->key, filter->prefix);
}

static kv_status feed_take(void *ctx, const kv_change *change)
{
    feed_page *page = ctx;
    kv_status status = KV_OK;

    if (!feed_matches(page->filter, change)) {
        if (page->skipped == KV_CHANGES_SKIP_MAX)
            return KV_TOO_LARGE; /* Ends the walk, as below. */
        page->skipped++;
    } else {
        if (page->count == page->capacity)
            return KV_TOO_LARGE;
        status = kvi_buf_append(page->buf, change->key.data, change->key.size);
        if (status != KV_OK)
            return status;
        page->out[page->count++] = *change;
    }
    page->looked = change->sequence;
    return KV_OK;
}

kv_status kvi_feed_select(kv_snapshot *snapshot, const kv_changes_filter *filter, kv_position after,
                          kv_buf *buf, kv_change *out, size_t capacity, size_t *count_out,
                          uint64_t *sequence_out)
{
    feed_page page = {
        .filter = filter, .buf = buf, .out = out, .capacity = capacity, .looked = after.sequence};
    kvi_usage_store store;
    size_t at = 0;
    kv_status status = feed_check(snapshot, after, &store);

    *count_out = 0;
    *sequence_out = after.sequence;
    if (status != KV_OK || after.sequence == store.sequence)
        return status;
    buf->size = 0;
    status = kvi_changes_each(snapshot->txn, &store, after.sequence, feed_take, &page);
    if (status != KV_OK && page.looked == after.sequence)
        /* What comes before a fault is given: the fault is next. */
        return kvi_read_error_note(&snapshot->error, status, KVI_CHANGES, 0, kvi_slice(NULL, 0),
                                   (kvi_fault){KVI_FAULT_BLOCK, after.sequence + 1});
    for (size_t i = 0; i < page.count; i++) {
        /* The buffer has stopped moving. */
        out[i].key.data = out[i].key.size > 0 ? (const uint8_t *)buf->data + at : NULL;
        at += out[i].key.size;
    }
    *count_out = page.count;
    *sequence_out = page.looked;
    return KV_OK;
}

/* KV_OK: there is something newer; KV_TIMEOUT: not yet. *seen_out: the transaction that was looked
   at. It may be older than the environment's newest: that shows as soon as its meta page is
   written, readers begin at it only when that is synced. */
static kv_status feed_look(kv_db *db, kv_position after, uint64_t *seen_out)
{
    kvi_usage_store store;
    kv_snapshot *snapshot;
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    *seen_out = snapshot->transaction;
    status = feed_check(snapshot, after, &store);
    kvi_snapshot_end(snapshot);
    if (status != KV_OK)
        return status;
    return store.sequence > after.sequence ? KV_OK : KV_TIMEOUT;
}

/* Sleep for a part of what is left of the time: KV_TIMEOUT when nothing is, else KV_OK. *pause_us
   grows from call to call. */
static kv_status feed_sleep(kv_db *db, uint32_t events, uint64_t began_us, int32_t timeout_ms,
                            uint64_t *pause_us)
{
    uint64_t waited = kvi_clock_us() - began_us, pause = *pause_us;

    if (timeout_ms >= 0) {
        uint64_t most = (uint64_t)timeout_ms * 1000;
        if (waited >= most)
            return KV_TIMEOUT;
        pause = kvi_number_least(pause, most - waited);
    }
    kvi_wakeup_sleep(&db->changed, events, pause);
    *pause_us = kvi_number_least(pause * 2, POLL_MAX_US);
    return KV_OK;
}

/* `wakes` is db->wakes as it was when the wait began. What this process does wakes the sleeper;
   for commits of others it looks up now and then. */
static kv_status feed_wait(kv_db *db, kv_position after, int32_t timeout_ms, uint32_t wakes)
{
    uint64_t began = kvi_clock_us(), pause = POLL_MIN_US, seen = 0;
    uint32_t events = kvi_wakeup_events(&db->changed);
    kv_status status = feed_look(db, after, &seen);

    while (status == KV_TIMEOUT) {
        if (atomic_load(&db->wakes) != wakes)
            return KV_CANCELLED;
        if (feed_sleep(db, events, began, timeout_ms, &pause) != KV_OK)
            break;
        events = kvi_wakeup_events(&db->changed);
        status = kvi_db_check(db);
        if (status == KV_OK)
            status = kvi_db_health(db);
        if (status != KV_OK)
            break;
        status = KV_TIMEOUT;
        if (kvi_env_transaction(db->env) != seen)
            status = feed_look(db, after, &seen);
    }
    return status;
}

kv_status kvi_feed_wait(kv_db *db, kv_position after, int32_t timeout_ms)
{
    uint32_t wakes = atomic_load(&db->wakes);
    kv_status status;

    kvi_wakeup_enter(&db->changed);
    status = feed_wait(db, after, timeout_ms, wakes);
    kvi_wakeup_leave(&db->changed);
    return status;
}

void kvi_feed_wake(kv_db *db)
{
    (void)atomic_fetch_add(&db->wakes, 1);
    kvi_wakeup_all(&db->changed);
}

static void raise_to(_Atomic(uint64_t) *value, uint64_t to)
{
    uint64_t now = atomic_load(value);

    while (now < to && !atomic_compare_exchange_weak(value, &now, to))
        ;
}

uint64_t kvi_feed_sequence(kv_db *db)
{
    uint64_t transaction = kvi_env_transaction(db->env);
    kvi_usage_store store = {0};
    kv_snapshot *snapshot;

    if (atomic_load(&db->seen_transaction) == transaction)
        return atomic_load(&db->seen_sequence);
    if (kvi_snapshot_begin(db, &snapshot) == KV_OK) {
        if (kvi_usage_store_get(snapshot->txn, &store) == KV_OK) {
            /* Both only grow. The sequence is stored first: a thread that reads the new
               transaction reads the new sequence too. */
            raise_to(&db->seen_sequence, store.sequence);
            raise_to(&db->seen_transaction, snapshot->transaction);
        }
        kvi_snapshot_end(snapshot);
    }
    return atomic_load(&db->seen_sequence);
}

static kv_status outcome_of(const kvi_token *tokens, size_t count, const uint64_t token[2])
{
    for (size_t i = 0; i < count; i++)
        if (tokens[i].sequence == token[0] && tokens[i].random == token[1])
            return KV_OK;
    /* Every token since the oldest one is there. */
    if (count < KVI_TOKENS_MAX || token[0] > tokens[count - 1].sequence)
        return KV_NOT_FOUND;
    return KV_COMMIT_UNKNOWN;
}

kv_status kvi_feed_outcome(kv_db *db, const uint64_t token[2])
{
    kvi_token tokens[KVI_TOKENS_MAX];
    kv_snapshot *snapshot;
    size_t count;
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    status = kvi_tokens_get(snapshot->txn, tokens, &count);
    kvi_snapshot_end(snapshot);
    return status == KV_OK ? outcome_of(tokens, count, token) : status;
}
