/* libkv as an engine. */
#include "base.h"
#include "engine.h"

#include "kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_store {
    kv_db *db;
    kv_ns ns;
    bool durable;
    /* Room for the greatest transaction. */
    kv_op ops[BENCH_GROUP_MAX];
    kv_verdict verdicts[BENCH_GROUP_MAX];
};

struct bench_reader {
    kv_snapshot *snapshot;
    kv_ns ns;
    kv_buf buf;
    uint64_t seen; /* Sum of what was read, so that no read can be left out. */
};

static void check(kv_status status, const char *what)
{
    if (status != KV_OK)
        bench_die("libkv: %s: %s", what, kv_status_name(status));
}

static struct bench_store *store_open(const char *directory, bool durable)
{
    struct bench_store *store = bench_alloc(sizeof(*store));
    kv_options options = KV_OPTIONS_INIT;
    kv_error error = KV_ERROR_INIT;
    kv_snapshot *snapshot;
    kv_status status;

    options.flags = KV_CREATE;
    options.sync = durable ? KV_SYNC_FULL : KV_SYNC_LAZY;
    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING;
    store->durable = durable;
    if (kv_open(directory, &options, NULL, &store->db, &error) != KV_OK)
        bench_die("libkv: %s", error.message);
    check(kv_snapshot_begin(store->db, &snapshot), "snapshot");
    status = kv_namespace_find(snapshot, "bench", 5, &store->ns);
    kv_snapshot_end(snapshot);
    if (status == KV_NAMESPACE_NOT_FOUND) {
        status = kv_namespace_create(store->db, "bench", 5, &store->ns);
        check(status, "namespace");
        status = kv_namespace_set(store->db, store->ns, KV_CAPACITY_UNLIMITED, NULL, 0);
    }
    check(status, "namespace");
    if (store->ns != 1) /* The other engine's keys say 1. */
        bench_die("libkv: the namespace's id is %u", store->ns);
    return store;
}

static void store_close(struct bench_store *store)
{
    if (!store->durable)
        check(kv_sync(store->db), "sync");
    kv_close(store->db);
    free(store);
}

static uint64_t store_count(struct bench_store *store)
{
    kv_snapshot *snapshot;
    uint64_t count;
    int complete;

    check(kv_snapshot_begin(store->db, &snapshot), "snapshot");
    check(kv_count(snapshot, store->ns, (kv_slice){0}, 0, &count, &complete), "count");
    kv_snapshot_end(snapshot);
    return complete ? count : 0;
}

static struct bench_reader *reader_open(struct bench_store *store)
{
    struct bench_reader *reader = bench_alloc(sizeof(*reader));

    *reader = (struct bench_reader){.ns = store->ns};
    check(kv_snapshot_begin(store->db, &reader->snapshot), "snapshot");
    return reader;
}

static void reader_close(struct bench_reader *reader)
{
    kv_snapshot_end(reader->snapshot);
    kv_buf_free(&reader->buf);
    free(reader);
}

static void renew(struct bench_reader *reader, const struct bench_job *job, size_t i)
{
    if (i % job->renew == 0)
        check(kv_snapshot_renew(reader->snapshot), "renew");
}

static void read_get(struct bench_reader *reader, const struct bench_job *job)
{
    kv_status want = job->missing ? KV_NOT_FOUND : KV_OK;
    uint8_t out[BENCH_VALUE_SIZE] = {0};
    size_t size = BENCH_VALUE_SIZE;

    for (size_t i = 0; i < job->count; i++) {
        const struct bench_key *key = &job->input->keys[job->order[i]];
        kv_status status;

        renew(reader, job, i);
        status = kv_get_into(reader->snapshot, reader->ns, key->text, BENCH_KEY_SIZE, out,
                             sizeof(out), &size);
        if (status != want || size != BENCH_VALUE_SIZE)
            bench_die("libkv: get: %s, %zu bytes", kv_status_name(status), size);
        reader->seen += out[0];
    }
}

static void read_borrow(struct bench_reader *reader, const struct bench_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct bench_key *key = &job->input->keys[job->order[i]];
        kv_slice value;

        renew(reader, job, i);
        check(kv_get(reader->snapshot, reader->ns, key->text, BENCH_KEY_SIZE, &reader->buf, &value),
              "get");
        reader->seen += *(const uint8_t *)value.data + value.size;
    }
}

static void read_facts(struct bench_reader *reader, const struct bench_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct bench_key *key = &job->input->keys[job->order[i]];
        kv_entry entry;

        renew(reader, job, i);
        check(kv_get_entry(reader->snapshot, reader->ns, key->text, BENCH_KEY_SIZE, KV_GET_FACTS,
                           NULL, &entry),
              "facts");
        reader->seen += entry.version + entry.value_size;
    }
}

static void read_list(struct bench_reader *reader, const struct bench_job *job)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;

    options.flags = KV_LIST_KEYS_ONLY;
    for (size_t i = 0; i < job->count; i++) {
        kv_list *list;
        kv_entry entry;

        renew(reader, job, i);
        options.after = (kv_slice){job->input->keys[job->order[i]].text, BENCH_KEY_SIZE};
        check(kv_list_begin(reader->snapshot, reader->ns, &options, &list), "list");
        for (size_t n = 0; n < BENCH_LIST_SIZE; n++) {
            check(kv_list_next(list, &entry), "list");
            reader->seen += *(const uint8_t *)entry.key.data + entry.key.size;
        }
        kv_list_end(list);
    }
}

static void fetch(struct bench_reader *reader, const struct bench_key *key, uint8_t *out)
{
    size_t size;

    check(kv_get_into(reader->snapshot, reader->ns, key->text, BENCH_KEY_SIZE, out,
                      BENCH_VALUE_SIZE, &size),
          "fetch");
    if (size != BENCH_VALUE_SIZE)
        bench_die("libkv: fetch: %zu bytes", size);
}

static kv_op op_of(const struct bench_job *job, size_t i)
{
    size_t index = job->order[i];

    return (kv_op){.key = job->input->keys[index].text,
                   .key_size = BENCH_KEY_SIZE,
                   .value = bench_value(job->input, index, job->salt),
                   .value_size = BENCH_VALUE_SIZE,
                   .ttl_s = job->ttl_s,
                   .flags = job->ttl_s > 0 ? KV_OP_TTL : 0};
}

static void write_pairs(struct bench_store *store, const struct bench_job *job, size_t at,
                        size_t count)
{
    kv_report report = KV_REPORT_INIT;

    for (size_t i = 0; i < count; i++)
        store->ops[i] = op_of(job, at + i);
    if (count == 1) {
        check(kv_put(store->db, store->ns, &store->ops[0], &store->verdicts[0]), "put");
        return;
    }
    check(kv_batch(store->db, store->ns, store->ops, count, NULL, store->verdicts, &report),
          "batch");
    if (report.failed > 0)
        bench_die("libkv: batch: %s", kv_status_name(store->verdicts[report.first_failed].status));
}

const struct bench_engine bench_kv = {
    .name = "libkv",
    .open = store_open,
    .close = store_close,
    .count = store_count,
    .reader_open = reader_open,
    .reader_close = reader_close,
    .read = {[BENCH_GET] = read_get,
             [BENCH_BORROW] = read_borrow,
             [BENCH_FACTS] = read_facts,
             [BENCH_LIST] = read_list},
    .fetch = fetch,
    .write = write_pairs,
};
