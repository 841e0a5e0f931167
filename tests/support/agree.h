/* Comparing what a store answers with what its model wants, for subject.h. Each call is true when
 * they agree; of what differs the first is kept, in subject->difference. */
#ifndef SUPPORT_AGREE_H
#define SUPPORT_AGREE_H

#include "support/subject.h"

/** They differ, and how. False. */
__attribute__((format(printf, 2, 3))) bool agree_differ(struct subject *subject, const char *format,
                                                        ...);
/** Counts `want` among those seen. */
bool agree_status(struct subject *subject, const char *what, kv_status got, kv_status want);
/** The same for what can only be KV_OK. */
bool agree_ok(struct subject *subject, const char *what, kv_status status);
bool agree_number(struct subject *subject, const char *what, uint64_t got, uint64_t want);
/** Both bounds included. */
bool agree_between(struct subject *subject, const char *what, uint64_t got, uint64_t low,
                   uint64_t high);
bool agree_bytes(struct subject *subject, const char *what, const void *got, size_t got_size,
                 const void *want, size_t want_size);
bool agree_blob(struct subject *subject, const char *what, kv_slice got,
                const struct model_blob *want);

/** The store's newest sequence is the model's. */
bool agree_sequence(struct subject *subject);
/** The facts and the metadata of an entry, and its value if `values`. */
bool agree_entry(struct subject *subject, const kv_entry *entry, const struct model_row *row,
                 bool metadata, bool values);
/** Begin a snapshot; false: the store would not. */
bool agree_snapshot(struct subject *subject, kv_snapshot **snapshot_out);

#endif
