/* Listing and counting, for subject.h. */
#include "support/subject.h"

#include <string.h>

#include "support/agree.h"

static bool row_listed(const struct model_row *row, const kv_list_options *options, int64_t now)
{
    const struct model_blob *key = row->key;
    bool reverse = (options->flags & KV_LIST_REVERSE) != 0;
    int order;

    if (!model_row_live(row, now) || key->size < options->prefix.size)
        return false;
    if (options->prefix.size > 0 &&
        memcmp(key->bytes, options->prefix.data, options->prefix.size) != 0)
        return false;
    if (options->after.size > 0) {
        order = model_key_compare(key->bytes, key->size, options->after.data, options->after.size);
        if (reverse ? order >= 0 : order <= 0)
            return false;
    }
    if (options->end.size == 0)
        return true;
    order = model_key_compare(key->bytes, key->size, options->end.data, options->end.size);
    return reverse ? order > 0 : order < 0;
}

static bool list_entry_agrees(struct subject *subject, const kv_entry *entry,
                              const struct model_row *row, uint32_t flags)
{
    return agree_entry(subject, entry, row, (flags & KV_LIST_KEYS_ONLY) == 0,
                       (flags & KV_LIST_VALUES) != 0);
}

/* The i-th row in the list's direction. */
static const struct model_row *row_at(const struct model_namespace *space, size_t i, uint32_t flags)
{
    return &space->rows[(flags & KV_LIST_REVERSE) != 0 ? space->count - 1 - i : i];
}

static bool list_agrees(struct subject *subject, kv_list *list, const struct model_namespace *space,
                        const kv_list_options *options, size_t limit, int64_t now)
{
    uint64_t skip = options->skip;
    size_t listed = 0;
    kv_entry entry;

    for (size_t i = 0; i < space->count; i++) {
        const struct model_row *row = row_at(space, i, options->flags);

        if (!row_listed(row, options, now) || (skip > 0 && skip--))
            continue;
        if (!agree_ok(subject, "list next", kv_list_next(list, &entry)) ||
            !list_entry_agrees(subject, &entry, row, options->flags))
            return false;
        if (++listed == limit)
            return true;
    }
    return agree_status(subject, "list's end", kv_list_next(list, &entry), KV_NOT_FOUND) &&
           agree_status(subject, "list's end again", kv_list_next(list, &entry), KV_NOT_FOUND);
}

static kv_status list_wanted(const kv_list_options *options)
{
    uint32_t skip_max = options->skip_max != 0 ? options->skip_max : 50000;
    kv_status status = model_prefix_status(options->prefix);

    if (status == KV_OK)
        status = model_prefix_status(options->after);
    if (status == KV_OK)
        status = model_prefix_status(options->end);
    if (status != KV_OK)
        return status;
    return options->skip > skip_max ? KV_TOO_LARGE : KV_OK;
}

/* A list of a namespace, `space` in the model, NULL: it is not there. With KV_LIST_RENEW the
 * snapshot ends before the first entry, and *snapshot is NULL. */
static bool list_run(struct subject *subject, kv_snapshot **snapshot, kv_ns ns,
                     const struct model_namespace *space, const kv_list_options *options,
                     size_t limit)
{
    kv_status want = list_wanted(options);
    kv_list *list = NULL;
    int64_t now = 0;
    bool ok;

    if (space == NULL && want != KV_OK)
        return true; /* Two faults: which is named first is not promised. */
    if (space == NULL)
        want = KV_NAMESPACE_NOT_FOUND;
    if (!agree_ok(subject, "snapshot info", kv_snapshot_info(*snapshot, NULL, &now)))
        return false;
    subject->operations++;
    ok = agree_status(subject, "list begin", kv_list_begin(*snapshot, ns, options, &list), want);
    if ((options->flags & KV_LIST_RENEW) != 0) {
        kv_snapshot_end(*snapshot);
        *snapshot = NULL;
    }
    if (ok && want == KV_OK)
        ok = list_agrees(subject, list, space, options, limit, now);
    kv_list_end(list);
    return ok;
}

bool subject_list_snapshot(struct subject *subject, kv_snapshot *snapshot,
                           const struct model_namespace *space, const kv_list_options *options,
                           size_t limit)
{
    kv_list_options own = *options;

    own.flags &= ~(uint32_t)KV_LIST_RENEW;
    return list_run(subject, &snapshot, space->id, space, &own, limit);
}

bool subject_list(struct subject *subject, kv_ns ns, const kv_list_options *options, size_t limit)
{
    kv_snapshot *snapshot;
    bool ok;

    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = list_run(subject, &snapshot, ns, model_find(&subject->model, ns), options, limit);
    kv_snapshot_end(snapshot);
    return ok;
}

/* ---- A list that a batch meets */

struct meeting {
    struct subject *subject;
    const kv_list_options *options;
    const struct model_namespace *before, *after; /* The batch. */
    size_t at;                                    /* In `before`: all up to here were listed. */
    int64_t now;
    unsigned char last[KV_KEY_SIZE_MAX]; /* The key listed last. */
    size_t last_size;
};

/* Go on in `before` to the key of the entry, NULL: to the end. No row on the way has stayed. */
static bool meeting_move(struct meeting *m, const kv_entry *entry)
{
    bool reverse = (m->options->flags & KV_LIST_REVERSE) != 0;

    for (; m->at < m->before->count; m->at++) {
        const struct model_row *row = row_at(m->before, m->at, m->options->flags);
        const struct model_blob *key = row->key;
        int order = -1;

        if (entry != NULL)
            order = model_key_compare(key->bytes, key->size, entry->key.data, entry->key.size);
        if (entry != NULL && reverse)
            order = -order;
        if (order > 0)
            return true;
        if (order == 0) {
            m->at++;
            return true;
        }
        if (row_listed(row, m->options, m->now) &&
            model_get(m->after, key->bytes, key->size, m->now) != NULL)
            return agree_differ(m->subject, "renewing list: key %zu is missing", m->at);
    }
    return true;
}

/* An entry is a row as it was, or as it is, behind the one before. */
static bool meeting_entry(struct meeting *m, const kv_entry *entry)
{
    const kv_slice key = entry->key;
    const struct model_row *row = model_get(m->before, key.data, key.size, m->now);
    int order = model_key_compare(m->last, m->last_size, key.data, key.size);

    if ((m->options->flags & KV_LIST_REVERSE) != 0)
        order = -order;
    if (m->last_size > 0 && order >= 0)
        return agree_differ(m->subject, "renewing list: out of order");
    memcpy(m->last, key.data, key.size);
    m->last_size = key.size;
    if (row == NULL || row->version != entry->version)
        row = model_get(m->after, key.data, key.size, m->now);
    if (row == NULL || !row_listed(row, m->options, m->now))
        return agree_differ(m->subject, "renewing list: a key that is not there");
    return meeting_move(m, entry) && list_entry_agrees(m->subject, entry, row, m->options->flags);
}

/* Up to `count` entries. */
static bool meeting_read(struct meeting *m, kv_list *list, size_t count)
{
    kv_entry entry;

    for (size_t i = 0; i < count; i++) {
        kv_status status = kv_list_next(list, &entry);

        if (status == KV_NOT_FOUND)
            return true;
        if (!agree_ok(m->subject, "renewing list", status) || !meeting_entry(m, &entry))
            return false;
    }
    return true;
}

bool subject_list_meeting(struct subject *subject, kv_ns ns, const kv_list_options *options,
                          size_t listed, const kv_op *ops, size_t count)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    kv_list_options own = *options;
    struct meeting m = {.subject = subject, .options = &own, .after = space};
    struct model_namespace before;
    kv_snapshot *snapshot;
    kv_list *list = NULL;
    bool ok;

    own.flags |= KV_LIST_RENEW;
    own.skip = 0;
    m.now = subject_now(subject);

    if (space == NULL || list_wanted(&own) != KV_OK)
        return true; /* subject_list() sees to that. */
    if (!agree_snapshot(subject, &snapshot))
        return false;
    before = model_namespace_copy(space);
    m.before = &before;
    ok = agree_ok(subject, "list begin", kv_list_begin(snapshot, ns, &own, &list));
    kv_snapshot_end(snapshot);
    ok = ok && meeting_read(&m, list, listed) && subject_batch(subject, ns, ops, count, NULL) &&
         meeting_read(&m, list, SIZE_MAX) && meeting_move(&m, NULL);
    kv_list_end(list);
    model_namespace_free(&before);
    return ok;
}

/* ---- Counting */

bool subject_count(struct subject *subject, kv_ns ns, kv_slice prefix, uint64_t examine_max)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    const kv_list_options all = {.size = sizeof(all), .prefix = prefix};
    kv_status want = model_prefix_status(prefix), got;
    uint64_t count = 0, wanted = 0, due = 0;
    kv_snapshot *snapshot;
    int complete = -1;

    if (space == NULL && want == KV_OK)
        want = KV_NAMESPACE_NOT_FOUND;
    for (size_t i = 0; space != NULL && i < space->count; i++) {
        wanted += row_listed(&space->rows[i], &all, subject_now(subject));
        due += row_listed(&space->rows[i], &all, INT64_MIN);
    }
    due -= wanted; /* A sweep may have met them. */
    if (!agree_snapshot(subject, &snapshot))
        return false;
    subject->operations++;
    got = kv_count(snapshot, ns, prefix, examine_max, &count, &complete);
    kv_snapshot_end(snapshot);
    if (!agree_status(subject, "count", got, want) || want != KV_OK)
        return got == want;
    if (examine_max == 0 || examine_max > wanted + due || complete == 1)
        return agree_number(subject, "count", count, wanted) &&
               agree_number(subject, "count complete", (uint64_t)complete, 1);
    return agree_number(subject, "count complete", (uint64_t)complete, 0) &&
           agree_between(subject, "count of some", count, examine_max > due ? examine_max - due : 0,
                         examine_max < wanted ? examine_max : wanted);
}
