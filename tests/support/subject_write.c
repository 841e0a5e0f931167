/* Writing, for subject.h. */
#include "support/subject.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "support/agree.h"

static bool verdict_agrees(struct subject *subject, const kv_op *op, size_t i, size_t count,
                           const kv_verdict *got, const kv_verdict *want)
{
    subject->verdicts[(uint32_t)want->status % SUBJECT_STATUS_COUNT]++;
    subject->verdict_flags |= want->flags;
    if (got->status == want->status && got->flags == want->flags && got->version == want->version &&
        got->expires_at == want->expires_at && got->reserved == 0)
        return true;
    return agree_differ(
        subject,
        "verdict %zu of %zu (kind %u, flags %#x, key of %zu bytes, value of %zu): got %s "
        "flags %#x version %" PRIu64 " expires %" PRId64 ", want %s flags %#x version "
        "%" PRIu64 " expires %" PRId64,
        i, count, op->kind, op->flags, op->key_size, op->value_size, kv_status_name(got->status),
        got->flags, got->version, got->expires_at, kv_status_name(want->status), want->flags,
        want->version, want->expires_at);
}

static bool verdicts_agree(struct subject *subject, const kv_op *ops, size_t count,
                           const kv_verdict *got, const kv_verdict *want)
{
    for (size_t i = 0; i < count; i++)
        if (!verdict_agrees(subject, &ops[i], i, count, &got[i], &want[i]))
            return false;
    return true;
}

static bool report_agrees(struct subject *subject, kv_status status, const kv_report *got,
                          const kv_report *want)
{
    if (!agree_number(subject, "report.written", got->written, want->written) ||
        !agree_number(subject, "report.sequence_first", got->sequence_first,
                      want->sequence_first) ||
        !agree_number(subject, "report.sequence_last", got->sequence_last, want->sequence_last) ||
        !agree_number(subject, "report.error.status", (uint64_t)got->error.status,
                      (uint64_t)status))
        return false;
    if (status != KV_OK)
        return true;
    return agree_number(subject, "report.failed", got->failed, want->failed) &&
           agree_number(subject, "report.first_failed", got->first_failed, want->first_failed) &&
           agree_number(subject, "report.bytes_given", got->bytes_given, want->bytes_given);
}

/* One that wrote says so when asked. */
static bool outcome_agrees(struct subject *subject, const kv_report *report)
{
    return report->sequence_first == 0 ||
           agree_ok(subject, "outcome of a batch", kv_batch_outcome(subject->db, report->token));
}

static kv_verdict *verdicts_make(size_t count)
{
    kv_verdict *verdicts = malloc((count + 1) * sizeof(*verdicts));

    if (verdicts == NULL)
        abort();
    memset(verdicts, 0xA5, (count + 1) * sizeof(*verdicts));
    return verdicts;
}

/* Do to the model what the store did, and compare. report NULL: nobody asked for it. */
static bool batch_agrees(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                         const kv_limits *limits, kv_status status, const kv_verdict *got,
                         const kv_report *report)
{
    kv_verdict *want = verdicts_make(count);
    kv_report wanted;
    kv_status expected =
        model_batch(&subject->model, ns, ops, count, limits, subject_now(subject), want, &wanted);
    bool ok;

    subject->operations += count;
    ok = agree_status(subject, "batch", status, expected) &&
         (got == NULL || verdicts_agree(subject, ops, count, got, want)) &&
         (report == NULL ||
          (report_agrees(subject, status, report, &wanted) && outcome_agrees(subject, report)));
    free(want);
    return ok;
}

bool subject_batch(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                   const kv_write_options *options)
{
    /* Now and then nobody asks how it went: what is read later tells. */
    bool reported = subject->operations % 16 != 0, answered = subject->operations % 16 != 1;
    kv_verdict *got = verdicts_make(count);
    kv_report report = KV_REPORT_INIT;
    kv_status status = kv_batch(subject->db, ns, ops, count, options, answered ? got : NULL,
                                reported ? &report : NULL);
    bool ok = batch_agrees(subject, ns, ops, count, options != NULL ? &options->limits : NULL,
                           status, answered ? got : NULL, reported ? &report : NULL);

    free(got);
    return ok && agree_sequence(subject);
}

/* ---- In two steps */

bool subject_prepare(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                     const kv_write_options *options, struct subject_prepared *out)
{
    kv_status status;

    *out = (struct subject_prepared){.ns = ns, .ops = ops, .count = count};
    if (options != NULL)
        out->limits = options->limits;
    out->got = verdicts_make(count);
    status = kv_prepare(subject->db, ns, ops, count, options, out->got, &out->prepared);
    if (status == KV_OK)
        return true;
    return agree_number(subject, "refused, but prepared", out->prepared != NULL, 0) &&
           batch_agrees(subject, ns, ops, count, &out->limits, status, out->got, NULL);
}

/* In which order the store applied the batches of a commit. One that wants room, because expired
 * rows count against its namespace, is applied behind the others: their sequences tell. One that
 * wrote nothing keeps its place behind the one before it. */
static void group_order(const kv_report *reports, size_t count, size_t order[SUBJECT_GROUP_MAX])
{
    uint64_t places[SUBJECT_GROUP_MAX], place = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        if (reports[i].sequence_first != 0)
            place = reports[i].sequence_first;
        for (; at > 0 && places[at - 1] > place; at--) {
            places[at] = places[at - 1];
            order[at] = order[at - 1];
        }
        places[at] = place;
        order[at] = i;
    }
}

static bool group_agrees(struct subject *subject, struct subject_prepared **group, size_t count,
                         kv_status status, const kv_report *reports)
{
    size_t order[SUBJECT_GROUP_MAX];
    kv_status first_failed = KV_OK;

    group_order(reports, count, order);
    for (size_t i = 0; i < count; i++) {
        const struct subject_prepared *one = group[order[i]];
        const kv_report *report = &reports[order[i]];

        if (first_failed == KV_OK)
            first_failed = reports[i].error.status;
        if (!batch_agrees(subject, one->ns, one->ops, one->count, &one->limits,
                          report->error.status, one->got, report))
            return false;
    }
    return agree_status(subject, "commit", status, first_failed) && agree_sequence(subject);
}

bool subject_commit(struct subject *subject, struct subject_prepared *batches, size_t count)
{
    kv_prepared *prepared[SUBJECT_GROUP_MAX];
    struct subject_prepared *group[SUBJECT_GROUP_MAX];
    kv_report reports[SUBJECT_GROUP_MAX];
    size_t good = 0;
    kv_status status;

    for (size_t i = 0; i < count; i++) {
        if (batches[i].prepared == NULL)
            continue;
        reports[good] = (kv_report)KV_REPORT_INIT;
        group[good] = &batches[i];
        prepared[good++] = batches[i].prepared;
    }
    if (good == 0)
        return true;
    status = kv_commit(subject->db, prepared, good, reports);
    return group_agrees(subject, group, good, status, reports) &&
           agree_status(subject, "commit again", kv_commit(subject->db, prepared, good, NULL),
                        KV_INVALID) &&
           agree_sequence(subject);
}

void subject_prepared_free(struct subject_prepared *batches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kv_prepared_free(batches[i].prepared);
        free(batches[i].got);
    }
}

/* ---- One operation */

bool subject_put(struct subject *subject, kv_ns ns, const kv_op *op)
{
    kv_verdict got, want;
    kv_status expected = model_put(&subject->model, ns, op, subject_now(subject), &want);

    memset(&got, 0xA5, sizeof(got));
    subject->operations++;
    return agree_status(subject, "put", kv_put(subject->db, ns, op, &got), expected) &&
           verdict_agrees(subject, op, 0, 1, &got, &want) && agree_sequence(subject);
}

bool subject_delete(struct subject *subject, kv_ns ns, const void *key, size_t key_size)
{
    const kv_op op = {.kind = KV_DELETE, .key = key, .key_size = key_size};
    kv_verdict got, want;
    kv_status expected = model_put(&subject->model, ns, &op, subject_now(subject), &want);

    memset(&got, 0xA5, sizeof(got));
    subject->operations++;
    return agree_status(subject, "delete", kv_delete(subject->db, ns, key, key_size, &got),
                        expected) &&
           verdict_agrees(subject, &op, 0, 1, &got, &want) && agree_sequence(subject);
}
