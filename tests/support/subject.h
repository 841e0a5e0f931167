/* A store and its model, driven together: each call does the same to both and compares every
 * answer. False means they differ; subject.difference says how. After that only close it. */
#ifndef SUPPORT_SUBJECT_H
#define SUPPORT_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kv.h"
#include "support/clock.h"
#include "support/model.h"
#include "support/tempdir.h"

#define SUBJECT_STATUS_COUNT 64
#define SUBJECT_GROUP_MAX 8 /* Batches in one commit. */
#define SUBJECT_CHANGES_AT_ONCE 64

enum subject_read {
    SUBJECT_GET,
    SUBJECT_GET_INTO,
    SUBJECT_GET_ENTRY,
    SUBJECT_GET_FACTS,
    SUBJECT_GET_STORED,
    SUBJECT_GET_CHUNKS,
    SUBJECT_GET_BORROWED, /* Without a buffer. */
    SUBJECT_GET_RANGE,    /* In ranges, from front to end. */
    SUBJECT_READ_KINDS
};

/* A batch between kv_prepare() and kv_commit(). */
struct subject_prepared {
    kv_ns ns;
    const kv_op *ops;
    size_t count;
    kv_limits limits;
    kv_prepared *prepared; /* NULL: it was refused. */
    kv_verdict *got;
};

struct subject {
    char path[TEMPDIR_PATH_MAX];
    kv_options options;
    kv_db *db;
    struct fake_clock clock;
    struct model model;
    kv_buf buf;
    uint64_t operations;                     /* One kv_op or one read each. */
    uint64_t seen[SUBJECT_STATUS_COUNT];     /* Statuses that calls answered. */
    uint64_t verdicts[SUBJECT_STATUS_COUNT]; /* Statuses in verdicts. */
    uint32_t verdict_flags;                  /* All flags seen in verdicts. */
    uint64_t epoch, changes_seen; /* The position up to which changes have been compared. */
    bool trims;                   /* The log's settings let it lose what was not read... */
    uint64_t log_least;           /* ...but never more than leaves so many bytes. */
    char difference[1024];
};

/** Make a store at path with these settings and an empty model. */
bool subject_open(struct subject *subject, const char *path, const kv_settings *settings);
void subject_close(struct subject *subject);
/** Close the handle and open the store anew, with subject->options as they are now. In a forked
 *  child too: there it is another process's handle. */
bool subject_reopen(struct subject *subject);
/** Begin anew on the same store, whose namespaces have all been dropped: an empty model, the clock
 *  at its start. */
bool subject_restart(struct subject *subject);
int64_t subject_now(struct subject *subject);
void subject_advance(struct subject *subject, int64_t seconds);

/** kv_sync() and kv_health(). */
bool subject_sync(struct subject *subject);
/** Seal the store: it answers as before and takes no writes. */
bool subject_seal(struct subject *subject);

/** *id_out is 0 unless one was made. */
bool subject_namespace_create(struct subject *subject, const char *name, size_t name_size,
                              kv_ns *id_out);
bool subject_namespace_set(struct subject *subject, kv_ns id, uint64_t capacity,
                           const char *description, size_t description_size);
/** *is_done_out: it has that name now. */
bool subject_namespace_rename(struct subject *subject, kv_ns id, const char *name, size_t name_size,
                              bool *is_done_out);
bool subject_namespace_drop(struct subject *subject, kv_ns id);
/** In a snapshot, and without one. */
bool subject_namespace_find(struct subject *subject, const char *name, size_t name_size);
/** All namespaces, by next and by describe. */
bool subject_namespaces(struct subject *subject);
bool subject_settings_set(struct subject *subject, const kv_settings *settings);

bool subject_batch(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                   const kv_write_options *options);
/** The first half. Operations and their bytes must stay until the commit. */
bool subject_prepare(struct subject *subject, kv_ns ns, const kv_op *ops, size_t count,
                     const kv_write_options *options, struct subject_prepared *out);
/** The second, of all that were not refused, together; and none of them can be committed again.
 *  The clock must not have moved since. */
bool subject_commit(struct subject *subject, struct subject_prepared *batches, size_t count);
void subject_prepared_free(struct subject_prepared *batches, size_t count);
bool subject_put(struct subject *subject, kv_ns ns, const kv_op *op);
bool subject_delete(struct subject *subject, kv_ns ns, const void *key, size_t key_size);

bool subject_read(struct subject *subject, kv_ns ns, const void *key, size_t key_size,
                  enum subject_read kind);
bool subject_get_many(struct subject *subject, kv_ns ns, const kv_slice *keys, size_t count,
                      size_t bytes_max);
/** At most `limit` entries; 0: to the end. With KV_LIST_RENEW the snapshot ends before the first.
 */
bool subject_list(struct subject *subject, kv_ns ns, const kv_list_options *options, size_t limit);
/** A list of `space` (a namespace's copy) as of an older snapshot. */
bool subject_list_snapshot(struct subject *subject, kv_snapshot *snapshot,
                           const struct model_namespace *space, const kv_list_options *options,
                           size_t limit);
/** A KV_LIST_RENEW list that meets a batch after `listed` entries: no key is listed twice, none
 * that stays is missing, each is as it was before or as it is after. */
bool subject_list_meeting(struct subject *subject, kv_ns ns, const kv_list_options *options,
                          size_t listed, const kv_op *ops, size_t count);
bool subject_count(struct subject *subject, kv_ns ns, kv_slice prefix, uint64_t examine_max);
/** All changes since the last call. */
bool subject_changes(struct subject *subject);
/** At most `capacity` of the changes after a sequence, `offset` from the newest. */
bool subject_changes_at(struct subject *subject, int64_t offset, size_t capacity);
/** A full kv_sweep(), then usage must be exact. */
bool subject_sweep(struct subject *subject);
/** One with a budget; `cancel`: its callback says stop. */
bool subject_sweep_some(struct subject *subject, uint64_t items_max, bool cancel);
/** Lists, usage, changes: everything. */
bool subject_everything(struct subject *subject);

#endif
