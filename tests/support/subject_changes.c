/* The change log, for subject.h. */
#include "support/subject.h"

#include <inttypes.h>

#include "support/agree.h"

static bool change_agrees(struct subject *subject, const kv_change *got)
{
    const struct model *model = &subject->model;
    uint64_t first = model->change_count > 0 ? model->changes[0].sequence : 0;
    const struct model_change *want;

    if (model->change_count == 0 || got->sequence < first ||
        got->sequence - first >= model->change_count)
        return agree_differ(subject, "change %" PRIu64 " was never made", got->sequence);
    want = &model->changes[got->sequence - first];
    return agree_number(subject, "change's namespace", got->ns, want->ns) &&
           agree_number(subject, "change's kind", got->kind, want->kind) &&
           agree_bytes(subject, "change's key", got->key.data, got->key.size,
                       want->key != NULL ? want->key->bytes : NULL,
                       want->key != NULL ? want->key->size : 0) &&
           agree_number(subject, "change's size", got->size, want->size) &&
           agree_number(subject, "change's time", (uint64_t)got->time, (uint64_t)want->time) &&
           agree_number(subject, "change's flags", got->flags & ~(uint32_t)KV_CHANGE_LAST,
                        want->expires ? KV_CHANGE_EXPIRES : 0) &&
           /* No snapshot sees a part of a transaction. */
           agree_number(subject, "newest change's mark",
                        got->sequence < model->sequence || (got->flags & KV_CHANGE_LAST) != 0, 1) &&
           agree_number(subject, "change's deadline", (uint64_t)got->expires_at,
                        want->expires ? (uint64_t)want->expires_at : 0);
}

static bool changes_agree(struct subject *subject, const kv_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!agree_number(subject, "change's sequence", changes[i].sequence,
                          subject->changes_seen + 1) ||
            !change_agrees(subject, &changes[i]))
            return false;
        subject->changes_seen = changes[i].sequence;
    }
    return true;
}

/* The oldest sequence that the log holds. Only one that trims may have lost some. */
static bool log_first(struct subject *subject, uint64_t *first_out)
{
    const struct model *model = &subject->model;
    kv_stats stats = KV_STATS_INIT;
    uint64_t most = model->sequence + 1;

    if (!subject->trims && model->change_count > 0)
        most = model->changes[0].sequence;
    if (!agree_ok(subject, "stats", kv_stats_get(subject->db, &stats)))
        return false;
    *first_out = stats.store_changes_first;
    return agree_between(subject, "store_changes_first", *first_out, 1, most);
}

/* Read on from changes_seen to the snapshot's position, passing over what was trimmed. */
static bool changes_read(struct subject *subject, kv_snapshot *snapshot, uint64_t first)
{
    kv_change changes[SUBJECT_CHANGES_AT_ONCE];
    kv_position after = {subject->epoch, subject->changes_seen};
    size_t count = 0;
    kv_status status;

    do {
        after.sequence = subject->changes_seen;
        status = kv_changes_read(snapshot, after, &subject->buf, changes, SUBJECT_CHANGES_AT_ONCE,
                                 &count);
        if (!agree_status(subject, "changes read", status,
                          after.sequence + 1 < first ? KV_CHANGES_TRIMMED : KV_OK))
            return false;
        if (status == KV_CHANGES_TRIMMED)
            subject->changes_seen = first - 1;
        else if (!changes_agree(subject, changes, count))
            return false;
    } while (status == KV_CHANGES_TRIMMED || count > 0);
    return agree_number(subject, "changes end at", subject->changes_seen, subject->model.sequence);
}

bool subject_changes(struct subject *subject)
{
    const uint64_t never[2] = {subject->model.sequence + 1000, 1};
    kv_snapshot *snapshot;
    kv_position position;
    uint64_t first;
    bool ok;

    subject->operations++;
    if (!log_first(subject, &first) || !agree_snapshot(subject, &snapshot))
        return false;
    ok = agree_ok(subject, "snapshot info", kv_snapshot_info(snapshot, &position, NULL)) &&
         agree_number(subject, "epoch", position.epoch, subject->epoch) &&
         agree_number(subject, "position", position.sequence, subject->model.sequence) &&
         changes_read(subject, snapshot, first) &&
         agree_status(subject, "outcome of no batch", kv_batch_outcome(subject->db, never),
                      KV_NOT_FOUND);
    kv_snapshot_end(snapshot);
    return ok;
}

/* The changes after a position, some of them; what was seen stays as it is. */
static bool changes_at(struct subject *subject, kv_snapshot *snapshot, kv_position after,
                       kv_status want, size_t capacity)
{
    kv_change changes[SUBJECT_CHANGES_AT_ONCE];
    uint64_t seen = subject->changes_seen, newest = subject->model.sequence;
    uint64_t behind = after.sequence < newest ? newest - after.sequence : 0;
    size_t count = 0;
    kv_status status;
    bool ok;

    status = kv_changes_read(snapshot, after, &subject->buf, changes, capacity, &count);
    if (!agree_status(subject, "changes at", status, want))
        return false;
    if (want != KV_OK)
        return true;
    if (!agree_between(subject, "changes at: count", count, behind > 0,
                       behind < capacity ? behind : capacity))
        return false;
    subject->changes_seen = after.sequence;
    ok = changes_agree(subject, changes, count);
    subject->changes_seen = seen;
    return ok;
}

bool subject_changes_at(struct subject *subject, int64_t offset, size_t capacity)
{
    const struct model *model = &subject->model;
    uint64_t start = model->change_count > 0 ? model->changes[0].sequence - 1 : model->sequence;
    kv_position after = {subject->epoch, model->sequence + (uint64_t)offset}, other;
    kv_status want = KV_OK;
    kv_snapshot *snapshot;
    uint64_t first;
    bool ok;

    subject->operations++;
    if (offset < 0 && (uint64_t)-offset > model->sequence - start)
        after.sequence = start; /* What came before the model it cannot tell. */
    if (!log_first(subject, &first) || !agree_snapshot(subject, &snapshot))
        return false;
    if (offset > 0 || after.sequence + 1 < first)
        want = KV_CHANGES_TRIMMED;
    other = (kv_position){after.epoch + 1, after.sequence};
    ok = changes_at(subject, snapshot, after, want, capacity) &&
         changes_at(subject, snapshot, other, KV_CHANGES_TRIMMED, capacity);
    kv_snapshot_end(snapshot);
    if (want == KV_OK && after.sequence == model->sequence)
        want = KV_TIMEOUT;
    return ok &&
           agree_status(subject, "changes wait", kv_changes_wait(subject->db, after, 0), want);
}
