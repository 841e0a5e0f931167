#include "support/agree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool agree_differ(struct subject *subject, const char *format, ...)
{
    va_list arguments;

    if (subject->difference[0] != '\0')
        return false; /* The first one counts. */
    va_start(arguments, format);
    (void)vsnprintf(subject->difference, sizeof(subject->difference), format, arguments);
    va_end(arguments);
    return false;
}

bool agree_status(struct subject *subject, const char *what, kv_status got, kv_status want)
{
    subject->seen[(uint32_t)want % SUBJECT_STATUS_COUNT]++;
    if (got == want)
        return true;
    return agree_differ(subject, "%s: got %s, want %s", what, kv_status_name(got),
                        kv_status_name(want));
}

bool agree_ok(struct subject *subject, const char *what, kv_status status)
{
    return status == KV_OK || agree_differ(subject, "%s: %s", what, kv_status_name(status));
}

bool agree_number(struct subject *subject, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return true;
    return agree_differ(subject, "%s: got %" PRIu64 ", want %" PRIu64, what, got, want);
}

bool agree_between(struct subject *subject, const char *what, uint64_t got, uint64_t low,
                   uint64_t high)
{
    if (got >= low && got <= high)
        return true;
    return agree_differ(subject, "%s: got %" PRIu64 ", want %" PRIu64 " to %" PRIu64, what, got,
                        low, high);
}

bool agree_bytes(struct subject *subject, const char *what, const void *got, size_t got_size,
                 const void *want, size_t want_size)
{
    if (got_size == want_size && (want_size == 0 || memcmp(got, want, want_size) == 0))
        return true;
    return agree_differ(subject, "%s: got %zu bytes, want %zu%s", what, got_size, want_size,
                        got_size == want_size ? ", other bytes" : "");
}

bool agree_blob(struct subject *subject, const char *what, kv_slice got,
                const struct model_blob *want)
{
    return agree_bytes(subject, what, got.data, got.size, want->bytes, want->size);
}

bool agree_sequence(struct subject *subject)
{
    return agree_number(subject, "kv_sequence", kv_sequence(subject->db), subject->model.sequence);
}

bool agree_entry(struct subject *subject, const kv_entry *entry, const struct model_row *row,
                 bool metadata, bool values)
{
    size_t size = row->value->size, stored_min = entry->codec == KV_CODEC_RAW ? size : 1;

    return agree_blob(subject, "entry key", entry->key, row->key) &&
           agree_number(subject, "entry status", (uint64_t)entry->status, KV_OK) &&
           agree_number(subject, "entry version", entry->version, row->version) &&
           agree_number(subject, "entry value size", entry->value_size, size) &&
           agree_number(subject, "entry updated", (uint64_t)entry->updated_at,
                        (uint64_t)row->updated_at) &&
           agree_number(subject, "entry flags", entry->flags,
                        row->expires ? KV_ENTRY_EXPIRES : 0) &&
           agree_number(subject, "entry expires", (uint64_t)entry->expires_at,
                        row->expires ? (uint64_t)row->expires_at : 0) &&
           agree_between(subject, "entry stored size", entry->stored_size, stored_min, size) &&
           agree_bytes(subject, "entry metadata", entry->metadata.data, entry->metadata.size,
                       row->metadata->bytes, metadata ? row->metadata->size : 0) &&
           agree_bytes(subject, "entry value", entry->value.data, entry->value.size,
                       row->value->bytes, values ? size : 0);
}

bool agree_snapshot(struct subject *subject, kv_snapshot **snapshot_out)
{
    return agree_ok(subject, "snapshot", kv_snapshot_begin(subject->db, snapshot_out));
}
