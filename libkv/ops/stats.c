#include "ops/stats.h"

#include "base/buf.h"
#include "base/layout.h"
#include "base/number.h"
#include "ops/snapshot.h"
#include "storage/free_pages.h"
#include "tables/catalog.h"
#include "tables/meta.h"
#include "tables/namespaces.h"

#include <stdio.h>

static kv_status stats_store(kv_snapshot *snapshot, kv_stats *out)
{
    kvi_usage_store store;
    kvi_namespace_counts counts;
    kvi_table_facts expiry;
    kv_status status = kvi_usage_store_get(snapshot->txn, &store);

    if (status == KV_OK)
        status = kvi_namespaces_counts(snapshot->txn, &counts);
    if (status == KV_OK)
        status = kvi_txn_table_facts(snapshot->txn, KVI_EXPIRY, &expiry);
    if (status == KV_OK)
        status = kvi_meta_epoch_get(snapshot->txn, &out->store_epoch);
    if (status != KV_OK)
        return status;
    out->store_namespaces = counts.live;
    out->store_namespaces_dropped = counts.dropped;
    out->store_keys = store.total.keys;
    out->store_key_bytes = store.total.key_bytes;
    out->store_value_bytes = store.total.value_bytes;
    out->store_metadata_bytes = store.total.metadata_bytes;
    out->store_stored_bytes = store.total.stored_bytes;
    out->store_expiring = expiry.entries;
    out->store_sequence = store.sequence;
    out->store_changes_first = store.changes_first;
    out->store_changes_bytes = store.changes_bytes + store.open_block.size;
    out->store_transaction = snapshot->transaction;
    return KV_OK;
}

static kv_status stats_file(kv_db *db, kv_stats *out)
{
    kvi_env_facts facts;
    kvi_pinned pinned = {0};
    kv_status status = kvi_free_pages_count(db->env, &pinned, &out->store_pages_free);

    if (status == KV_OK)
        status = kvi_env_facts_get(db->env, &facts); /* After it: others may commit in between. */
    if (status != KV_OK)
        return status;
    out->store_page_size = facts.page_size;
    out->store_pages_used = facts.pages_used;
    out->store_file_bytes = facts.file_size;
    out->store_map_size_max = facts.map_size;
    out->store_readers = facts.readers;
    out->store_readers_max = facts.readers_max;
    if (pinned.process == 0) /* No reader was behind then. */
        return KV_OK;
    out->store_reader_lag = kvi_number_minus(facts.transaction, pinned.oldest);
    out->store_reader_oldest_pid = pinned.process;
    out->store_pages_held = pinned.pages;
    return KV_OK;
}

static void stats_process(kv_db *db, kv_stats *out)
{
    const kvi_counters *c = &db->counters;

    for (uint32_t i = 0; i < db->options.snapshots_max; i++) {
        const kvi_snapshot_slot *slot = &db->snapshot_slots[i];
        out->process_snapshots += atomic_load_explicit(&slot->is_taken, memory_order_relaxed);
        out->process_gets += kvi_counter_get(&slot->gets);
        out->process_hits += kvi_counter_get(&slot->hits);
        out->process_bytes_read += kvi_counter_get(&slot->bytes_read);
    }
    out->process_batches = kvi_counter_get(&c->batches);
    out->process_written = kvi_counter_get(&c->written);
    out->process_failed = kvi_counter_get(&c->failed);
    out->process_bytes_given = kvi_counter_get(&c->bytes_given);
    out->process_bytes_stored = kvi_counter_get(&c->bytes_stored);
    out->process_commits = kvi_counter_get(&c->commits);
    out->process_commits_failed = kvi_counter_get(&c->commits_failed);
    out->process_swept = kvi_counter_get(&c->swept);
    out->process_busy = kvi_counter_get(&c->busy);
    out->process_readers_cleared = kvi_counter_get(&c->readers_cleared);
    out->process_prepare_us = kvi_counter_get(&c->prepare_us);
    out->process_wait_us = kvi_counter_get(&c->wait_us);
    out->process_apply_us = kvi_counter_get(&c->apply_us);
    out->process_sync_us = kvi_counter_get(&c->sync_us);
}

kv_status kvi_stats_get(kv_db *db, kv_stats *out)
{
    kv_snapshot *snapshot;
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    *out = (kv_stats){.size = sizeof(*out)};
    if (status != KV_OK)
        return status;
    status = stats_store(snapshot, out);
    if (status == KV_OK)
        stats_process(db, out);
    kvi_snapshot_end(snapshot);
    return status == KV_OK ? stats_file(db, out) : status;
}

typedef struct metric {
    const char *name, *type, *help;
    size_t offset;
} metric;

#define GAUGE(field, help)                                                                         \
    {                                                                                              \
        "libkv_" #field, "gauge", help, offsetof(kv_stats, field)                                  \
    }
#define COUNTER(field, help)                                                                       \
    {                                                                                              \
        "libkv_" #field "_total", "counter", help, offsetof(kv_stats, field)                       \
    }

static const metric metrics[] = {
    GAUGE(store_namespaces, "Live namespaces."),
    GAUGE(store_namespaces_dropped, "Dropped namespaces whose space has not all come back."),
    GAUGE(store_keys, "Rows present, expired ones not yet swept included."),
    GAUGE(store_key_bytes, "Bytes of keys."),
    GAUGE(store_value_bytes, "Bytes of values before compression."),
    GAUGE(store_metadata_bytes, "Bytes of metadata."),
    GAUGE(store_stored_bytes, "Bytes of values as stored."),
    GAUGE(store_expiring, "Rows with a deadline."),
    GAUGE(store_epoch, "Epoch of the change log."),
    GAUGE(store_sequence, "Sequence of the newest change."),
    GAUGE(store_changes_first, "Oldest sequence in the change log."),
    GAUGE(store_changes_bytes, "Bytes of the change log."),
    GAUGE(store_transaction, "Newest committed transaction."),
    GAUGE(store_page_size, "Bytes of a page."),
    GAUGE(store_pages_used, "Pages up to the highest ever used."),
    GAUGE(store_pages_free, "Pages of those that no snapshot sees any more."),
    GAUGE(store_file_bytes, "Length of the data file."),
    GAUGE(store_map_size_max, "Cap of the data file in bytes."),
    GAUGE(store_readers, "Reader slots ever taken at once, of all processes."),
    GAUGE(store_readers_max, "Reader slots there are."),
    GAUGE(store_reader_lag, "Transactions that the oldest reader is behind."),
    GAUGE(process_snapshots, "Snapshots of this process, idle ones included."),
    COUNTER(process_gets, "Keys looked up."),
    COUNTER(process_hits, "Keys found live."),
    COUNTER(process_bytes_read, "Bytes of values read."),
    COUNTER(process_batches, "Batches committed or refused."),
    COUNTER(process_written, "Operations written."),
    COUNTER(process_failed, "Operations that failed."),
    COUNTER(process_bytes_given, "Bytes given in batches that were written."),
    COUNTER(process_bytes_stored, "Bytes of their values as stored."),
    COUNTER(process_commits, "Transactions committed."),
    COUNTER(process_commits_failed, "Transactions that failed to commit."),
    COUNTER(process_swept, "Expired rows and rows of dropped namespaces removed."),
    COUNTER(process_busy, "Batches refused because the queue was full."),
    COUNTER(process_readers_cleared, "Reader slots of dead processes cleared."),
    COUNTER(process_prepare_us, "Microseconds preparing batches."),
    COUNTER(process_wait_us, "Microseconds that batches waited."),
    COUNTER(process_apply_us, "Microseconds applying batches."),
    COUNTER(process_sync_us, "Microseconds committing batches."),
    GAUGE(store_reader_oldest_pid, "Process whose snapshot is the oldest, 0 if none is behind."),
    GAUGE(store_pages_held, "Free pages that no write may use while the oldest snapshot lasts."),
};

kv_status kvi_stats_text(const kv_stats *stats, kv_buf *out)
{
    out->size = 0;
    for (size_t i = 0; i < KVI_COUNT(metrics); i++) {
        const metric *m = &metrics[i];
        char text[512];
        uint64_t value = 0;
        int size;
        kv_status status;
        if (m->offset + sizeof(value) > stats->size)
            break; /* An older caller's struct ends here. */
        value = *(const uint64_t *)(const void *)((const char *)stats + m->offset);
        size = snprintf(text, sizeof(text), "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", m->name,
                        m->help, m->name, m->type, m->name, (unsigned long long)value);
        status = kvi_buf_append(out, text, (size_t)size);
        if (status != KV_OK)
            return status;
    }
    if (kvi_buf_append(out, "", 1) != KV_OK)
        return KV_NO_MEMORY;
    out->size--; /* Terminated, but the terminator is not part of the text. */
    return KV_OK;
}
