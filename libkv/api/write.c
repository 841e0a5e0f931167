#include "api/structs.h"
#include "ops/commit.h"
#include "ops/prepare.h"

#include <stdalign.h>

#define WRITE_OPTIONS_SIZE_MIN 40
#define REPORT_SIZE_MIN 376

_Static_assert(sizeof(kv_write_options) == WRITE_OPTIONS_SIZE_MIN, "as 0.1 shipped it");
_Static_assert(sizeof(kv_report) == REPORT_SIZE_MIN, "as 0.1 shipped it");
_Static_assert(sizeof(kv_op) == 96 && sizeof(kv_verdict) == 32 && sizeof(kv_entry) == 120 &&
                   sizeof(kv_change) == 64,
               "array items: fixed for ever");

/* Check a batch's arguments and put the limits in force together. */
static kv_status batch_check(kv_db *db, const kv_op *ops, size_t count,
                             const kv_write_options *options, kv_write_options *own)
{
    kv_limits limits;
    kv_status status;

    if (db == NULL || ops == NULL || count == 0)
        return KV_INVALID;
    status = kvi_db_check(db);
    if (status == KV_OK)
        status = kvi_struct_take(own, sizeof(*own), options, WRITE_OPTIONS_SIZE_MIN);
    if (status == KV_OK)
        status = kvi_limits_take(&limits, &own->limits, &db->options.limits);
    if (status != KV_OK)
        return status;
    own->limits = limits;
    if (own->write_wait_ms == 0)
        own->write_wait_ms = db->options.write_wait_ms;
    if ((own->flags & ~(uint32_t)KV_TOGETHER) != 0)
        return KV_INVALID;
    return count > limits.batch_count_max ? KV_TOO_MANY_KEYS : KV_OK;
}

/* A report for a batch that did not get as far as the queue. */
static void report_refuse(void *report, kv_status status, size_t count)
{
    kv_report own = {.size = sizeof(own), .failed = count, .error = KV_ERROR_INIT};

    own.error.status = status;
    kvi_struct_give(report, &own, sizeof(own));
}

/* The verdicts of such a batch. A count that no batch may have is no size of an array. */
static void verdicts_refuse(kv_verdict *verdicts, size_t count, kv_status status)
{
    if (verdicts == NULL || count > KV_BATCH_COUNT_CEILING)
        return;
    for (size_t i = 0; i < count; i++)
        verdicts[i] = (kv_verdict){.status = status};
}

static kv_status batch_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                               const kv_write_options *options, kv_verdict *verdicts,
                               kv_prepared **prepared_out)
{
    kv_write_options own;
    kv_status status = batch_check(db, ops, count, options, &own);

    if (status == KV_OK)
        status = kvi_prepare(db, ns, ops, count, &own, verdicts, prepared_out);
    if (status != KV_OK)
        verdicts_refuse(verdicts, count, status);
    return status;
}

kv_status kv_batch(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                   const kv_write_options *options, kv_verdict *verdicts, kv_report *report)
{
    kv_prepared *prepared = NULL;
    kv_status status;

    if (report != NULL && kvi_struct_check(report, REPORT_SIZE_MIN) != KV_OK) {
        verdicts_refuse(verdicts, count, KV_INVALID);
        return KV_INVALID;
    }
    status = batch_prepare(db, ns, ops, count, options, verdicts, &prepared);
    if (status != KV_OK) {
        if (report != NULL)
            report_refuse(report, status, count);
        return status;
    }
    status = kvi_commit(db, &prepared, 1);
    if (report != NULL)
        kvi_struct_give(report, &prepared->report, sizeof(prepared->report));
    kvi_prepared_free(prepared);
    return status;
}

kv_status kv_put(kv_db *db, kv_ns ns, const kv_op *op, kv_verdict *verdict)
{
    kv_write_options options = KV_WRITE_OPTIONS_INIT;
    kv_verdict own = {.status = KV_INVALID};
    kv_status status;

    options.limits.batch_size_max = KV_BATCH_SIZE_CEILING; /* The value's own limit is enough. */
    status = kv_batch(db, ns, op, 1, &options, &own, NULL);
    if (status != KV_OK)
        own.status = status;
    if (verdict != NULL)
        *verdict = own;
    return own.status;
}

kv_status kv_delete(kv_db *db, kv_ns ns, const void *key, size_t key_size, kv_verdict *verdict)
{
    kv_op op = {.key = key, .key_size = key_size, .kind = KV_DELETE};

    return kv_put(db, ns, &op, verdict);
}

kv_status kv_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                     const kv_write_options *options, kv_verdict *verdicts,
                     kv_prepared **prepared_out)
{
    if (prepared_out == NULL) {
        verdicts_refuse(verdicts, count, KV_INVALID);
        return KV_INVALID;
    }
    *prepared_out = NULL;
    return batch_prepare(db, ns, ops, count, options, verdicts, prepared_out);
}

/* The caller's reports: all of the size that the first one says, which may be of another header. */
typedef struct report_list {
    unsigned char *first; /* NULL: none are wanted. */
    size_t size;
} report_list;

static void *report_at(report_list reports, size_t i)
{
    return reports.first + i * reports.size;
}

static kv_status reports_take(report_list *own, kv_report *given, size_t count)
{
    *own = (report_list){NULL, 0};
    if (given == NULL)
        return KV_OK;
    if (kvi_struct_check(given, REPORT_SIZE_MIN) != KV_OK || given->size % alignof(kv_report) != 0)
        return KV_INVALID;
    *own = (report_list){(unsigned char *)given, given->size};
    for (size_t i = 1; i < count; i++)
        if (*(const size_t *)report_at(*own, i) != own->size) {
            own->first = NULL;
            return KV_INVALID;
        }
    return KV_OK;
}

static bool batch_is_ready(const kv_prepared *batch, const kv_db *db)
{
    return batch != NULL && batch->db == db && !batch->is_committed;
}

/* Whether the batches may be given at once: all with KV_TOGETHER, within its bounds, or all
 * without.
 */
static kv_status batches_check_together(kv_prepared *const *batches, size_t count)
{
    bool is_together = batches[0]->is_together;
    uint64_t bytes = 0, operations = 0;

    for (size_t i = 0; i < count; i++) {
        if (batches[i]->is_together != is_together)
            return KV_INVALID;
        bytes += batches[i]->plan.given_bytes;
        operations += batches[i]->plan.count;
    }
    if (is_together && bytes > KV_BATCH_SIZE_CEILING)
        return KV_BATCH_TOO_LARGE;
    return is_together && operations > KV_BATCH_COUNT_CEILING ? KV_TOO_MANY_KEYS : KV_OK;
}

/* Take every batch for committing: each of this handle, not committed before, and once in the list.
 * On failure none is taken. */
static kv_status batches_take(kv_db *db, kv_prepared **batches, size_t count)
{
    kv_status status = KV_OK;
    size_t taken = 0;

    for (; taken < count && batch_is_ready(batches[taken], db); taken++)
        batches[taken]->is_committed = true;
    status = taken == count ? batches_check_together(batches, count) : KV_INVALID;
    while (status != KV_OK && taken > 0)
        batches[--taken]->is_committed = false;
    return status;
}

/* Nothing is committed: every batch that could have been is used up, and says why. */
static void batches_refuse(const kv_db *db, kv_prepared **batches, size_t count, kv_status status,
                           report_list reports)
{
    for (size_t i = 0; i < count; i++) {
        if (reports.first != NULL)
            report_refuse(report_at(reports, i), status,
                          batches[i] != NULL ? batches[i]->plan.count : 0);
        if (!batch_is_ready(batches[i], db))
            continue;
        kvi_prepared_fail(batches[i], status);
        batches[i]->is_committed = true;
    }
}

kv_status kv_commit(kv_db *db, kv_prepared **batches, size_t count, kv_report *reports)
{
    report_list own;
    kv_status status;

    if (db == NULL || batches == NULL || count == 0 || count > KV_BATCH_COUNT_CEILING)
        return KV_INVALID;
    status = reports_take(&own, reports, count);
    if (status == KV_OK)
        status = kvi_db_check(db);
    if (status == KV_OK)
        status = batches_take(db, batches, count);
    if (status != KV_OK) {
        batches_refuse(db, batches, count, status, own);
        return status;
    }
    status = kvi_commit(db, batches, count);
    for (size_t i = 0; i < count && own.first != NULL; i++)
        kvi_struct_give(report_at(own, i), &batches[i]->report, sizeof(batches[i]->report));
    return status;
}

void kv_prepared_free(kv_prepared *prepared)
{
    kvi_prepared_free(prepared);
}

kv_status kv_write_options_init(kv_write_options *out, size_t size)
{
    return kvi_struct_init(out, size, WRITE_OPTIONS_SIZE_MIN);
}

kv_status kv_report_init(kv_report *out, size_t size)
{
    return kvi_struct_init(out, size, REPORT_SIZE_MIN);
}
