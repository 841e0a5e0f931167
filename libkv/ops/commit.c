#include "ops/commit.h"

#include "base/number.h"
#include "codec/decimal.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- A batch */

static kv_status prepared_fill(kv_prepared *p, const kv_write_options *options)
{
    kvi_plan *plan = &p->plan;
    kv_status status;

    if (p->verdicts == NULL)
        p->verdicts = kvi_arena_take(&plan->arena, plan->count * sizeof(*p->verdicts));
    if (p->verdicts == NULL)
        return KV_NO_MEMORY;
    status = kvi_plan_make(plan, p->db, &options->limits, p->verdicts);
    if (status != KV_OK)
        return status;
    p->keys = kvi_arena_take(&plan->arena, plan->key_count * sizeof(*p->keys));
    p->entry = (kvi_queue_entry){.bytes = plan->arena.bytes + plan->bytes, .is_batch = true};
    return p->keys != NULL ? KV_OK : KV_NO_MEMORY;
}

kv_status kvi_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                      const kv_write_options *options, kv_verdict *verdicts,
                      kv_prepared **prepared_out)
{
    uint64_t began = kvi_clock_us();
    kv_prepared *p = calloc(1, sizeof(*p));
    kv_status status;

    *prepared_out = NULL;
    if (p == NULL)
        return KV_NO_MEMORY;
    p->db = db;
    p->plan = (kvi_plan){.ns = ns, .ops = ops, .count = count};
    p->verdicts = verdicts;
    p->wait_ms = options->write_wait_ms;
    p->is_together = (options->flags & KV_TOGETHER) != 0;
    status = prepared_fill(p, options);
    p->report = (kv_report){.size = sizeof(p->report), .prepare_us = kvi_clock_us() - began};
    if (status != KV_OK) {
        if (verdicts != NULL)
            kvi_prepared_fail(p, status);
        kvi_prepared_free(p);
        return status;
    }
    *prepared_out = p;
    return KV_OK;
}

void kvi_prepared_free(kv_prepared *prepared)
{
    if (prepared == NULL)
        return;
    kvi_plan_free(&prepared->plan);
    free(prepared);
}

void kvi_prepared_fail(kv_prepared *prepared, kv_status status)
{
    for (size_t i = 0; i < prepared->plan.count; i++)
        prepared->verdicts[i] = (kv_verdict){.status = status};
    prepared->report.sequence_first = prepared->report.sequence_last = 0;
}

/* Count the verdicts into the report. */
static void prepared_count(kv_prepared *prepared)
{
    const kvi_plan *plan = &prepared->plan;
    kv_report *report = &prepared->report;

    report->written = report->failed = 0;
    report->first_failed = plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        if (prepared->verdicts[i].status == KV_OK) {
            report->written++;
            continue;
        }
        if (report->failed++ == 0)
            report->first_failed = i;
    }
    report->bytes_given = report->bytes_stored = 0;
    for (size_t i = 0; i < plan->item_count; i++) {
        const kvi_item *item = &plan->items[i];
        const kv_verdict *verdict = &prepared->verdicts[item->index];
        uint32_t kind = plan->ops[item->index].kind;
        char text[KVI_DECIMAL_MAX];
        if ((kind != KV_PUT && kind != KV_ADD) || verdict->status != KV_OK)
            continue;
        report->bytes_given += item->bytes;
        report->bytes_stored +=
            kind == KV_ADD ? kvi_decimal_print(verdict->number, text) : item->stored.size;
    }
}

/* ---- Committing */

/* Make the outcome of a batch known to its caller and to the counters. */
static void batch_conclude(kv_db *db, kv_prepared *p, uint64_t waited_us)
{
    kvi_counters *counters = &db->counters;
    uint64_t inside = p->report.apply_us + p->report.sync_us;

    if (p->status != KV_OK)
        kvi_prepared_fail(p, p->status);
    prepared_count(p);
    p->report.swept = p->swept;
    p->report.wait_us = kvi_number_minus(waited_us, inside);
    if (p->status == KV_OK) /* What failed in a group may have succeeded alone. */
        p->report.error = (kv_error){0};
    p->report.error.size = sizeof(p->report.error);
    p->report.error.status = p->status;
    kvi_counter_add(&counters->batches, 1);
    kvi_counter_add(&counters->written, p->report.written);
    kvi_counter_add(&counters->failed, p->report.failed);
    kvi_counter_add(&counters->swept, p->report.swept);
    kvi_counter_add(&counters->prepare_us, p->report.prepare_us);
    kvi_counter_add(&counters->wait_us, p->report.wait_us);
    if (p->status == KV_BUSY)
        kvi_counter_add(&counters->busy, 1);
    if (p->status == KV_OK) {
        kvi_counter_add(&counters->bytes_given, p->report.bytes_given);
        kvi_counter_add(&counters->bytes_stored, p->report.bytes_stored);
    }
}

/* Make one unit of the batches; the first one's entry represents all. */
static void unit_make(kv_prepared *const *batches, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        batches[i - 1]->next = batches[i];
        batches[0]->entry.bytes += batches[i]->entry.bytes;
    }
}

/* The queue's entries of some batches: one alone needs no memory. */
static kv_status commit_run(kv_db *db, kv_prepared *const *batches, size_t count)
{
    kvi_queue_entry *single = &batches[0]->entry, **entries = &single;
    kv_status status;

    if (count > 1) {
        entries = malloc(count * sizeof(*entries));
        if (entries == NULL)
            return KV_NO_MEMORY;
        for (size_t i = 0; i < count; i++)
            entries[i] = &batches[i]->entry;
    }
    status = kvi_queue_run(db->queue, entries, count, batches[0]->wait_ms, kvi_group_run, db);
    if (count > 1)
        free(entries);
    return status;
}

kv_status kvi_commit(kv_db *db, kv_prepared *const *batches, size_t count)
{
    uint64_t began = kvi_clock_us();
    bool is_unit = batches[0]->is_together;
    kv_status status, first_failure = KV_OK;
    int cancel_state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (is_unit)
        unit_make(batches, count);
    status = commit_run(db, batches, is_unit ? 1 : count);
    for (size_t i = 0; i < count; i++) {
        if (status != KV_OK)
            batches[i]->status = status;
        else if (batches[is_unit ? 0 : i]->entry.is_late)
            batches[i]->status = KV_TIMEOUT;
        batch_conclude(db, batches[i], kvi_clock_us() - began);
        if (first_failure == KV_OK)
            first_failure = batches[i]->status;
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return first_failure;
}

kv_status kvi_commit_write(kv_db *db, kvi_need need,
                           kv_status (*fill)(kvi_write_txn *write, void *ctx), void *ctx)
{
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    status = kvi_queue_turn_take(db->queue, db->options.write_wait_ms);
    if (status == KV_OK) {
        status = kvi_write_txn_run(db, need, fill, ctx, NULL);
        kvi_queue_turn_give(db->queue);
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return status;
}
