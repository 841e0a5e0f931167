#include "edge/handlers.h"

#include "edge/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- One key, with all that is known of it */

static const char *const codec_names[] = {[KV_CODEC_RAW] = "raw",
                                          [KV_CODEC_ZSTD] = "zstd",
                                          [KV_CODEC_ZSTD_DICTIONARY] = "zstd-dictionary"};

/* As text where it is text, else under another name as base64. */
static void store_write_bytes(kvi_answer *answer, const char *name, const char *base64_name,
                              kv_slice bytes)
{
    if (kvi_utf8_is_valid(bytes))
        kvi_answer_text(answer, name, bytes);
    else
        kvi_answer_base64(answer, base64_name, bytes);
}

void kvi_handle_key_describe(kvi_call *call)
{
    kv_slice key = call->arguments[KVI_ARG_KEY].text;
    kvi_answer *answer = call->answer;
    kv_entry entry;

    if (!kvi_call_view_namespace(call))
        return;
    kvi_call_enter(call);
    if (!kvi_call_done(call, kv_get_entry(call->snapshot, call->ns, key.data, key.size, 0,
                                          &call->buf, &entry)))
        return;
    kvi_answer_digits(answer, "Version", entry.version);
    kvi_answer_time(answer, "UpdateTime", entry.updated_at);
    if ((entry.flags & KV_ENTRY_EXPIRES) != 0)
        kvi_answer_digits_signed(answer, "ExpiresAt", entry.expires_at);
    kvi_answer_number(answer, "ValueSize", entry.value_size);
    kvi_answer_number(answer, "StoredSize", entry.stored_size);
    if (entry.codec < sizeof(codec_names) / sizeof(codec_names[0]))
        kvi_answer_string(answer, "Codec", codec_names[entry.codec]);
    store_write_bytes(answer, "Metadata", "MetadataBase64", entry.metadata);
    store_write_bytes(answer, "Value", "ValueBase64", entry.value);
}

/* ---- The change log */

static const char *changes_kind(uint32_t kind)
{
    switch (kind) {
    case KV_PUT:
        return "Put";
    case KV_DELETE:
        return "Delete";
    case KV_TOUCH:
        return "Touch";
    case KV_CHANGE_NAMESPACE_CREATE:
        return "NamespaceCreate";
    case KV_CHANGE_NAMESPACE_SET:
        return "NamespaceSet";
    case KV_CHANGE_NAMESPACE_DROP:
        return "NamespaceDrop";
    case KV_CHANGE_NAMESPACE_RENAME:
        return "NamespaceRename";
    case KV_CHANGE_SETTINGS:
        return "Settings";
    default:
        return "Unknown";
    }
}

/* A change names its namespace while that is there; one look-up for a run of them. */
static void changes_write_one(kvi_call *call, const kv_change *change, kv_namespace_info *info)
{
    kvi_answer *answer = call->answer;

    if (change->ns != 0 && info->id != change->ns) {
        if (kv_namespace_describe(call->snapshot, change->ns, info) != KV_OK)
            info->name[0] = '\0';
        info->id = change->ns;
    }
    kvi_answer_object_begin(answer, NULL);
    kvi_answer_digits(answer, "Sequence", change->sequence);
    kvi_answer_string(answer, "Kind", changes_kind(change->kind));
    kvi_answer_time(answer, "Time", change->time);
    if (change->ns != 0 && info->name[0] != '\0')
        kvi_answer_string(answer, "Namespace", info->name);
    if (change->key.size > 0)
        kvi_answer_text(answer, "Key", change->key);
    kvi_answer_number(answer, "Size", change->size);
    if ((change->flags & KV_CHANGE_EXPIRES) != 0)
        kvi_answer_digits_signed(answer, "ExpiresAt", change->expires_at);
    kvi_answer_object_end(answer);
}

/* Where a reader that names no place begins, so that it sees the newest changes. */
static kv_status changes_tail(kvi_call *call, uint64_t limit, kv_position *after)
{
    kv_stats stats = KV_STATS_INIT;
    kv_position end = {0, 0};
    kv_status status = kv_snapshot_info(call->snapshot, &end, NULL);

    if (status == KV_OK)
        status = kv_stats_get(call->db, &stats);
    *after = end;
    after->sequence -= limit < end.sequence ? limit : end.sequence;
    if (stats.store_changes_first == 0 || stats.store_changes_first > end.sequence)
        after->sequence = end.sequence; /* No log, or none of what the snapshot sees. */
    else if (after->sequence < stats.store_changes_first - 1)
        after->sequence = stats.store_changes_first - 1;
    return status;
}

static kv_status changes_read(kvi_call *call, kv_change *changes, size_t limit, kv_position *after,
                              size_t *count)
{
    const kvi_argument *given = &call->arguments[KVI_ARG_AFTER];
    const kvi_argument *epoch = &call->arguments[KVI_ARG_EPOCH];
    kv_position now = {0, 0};
    kv_status status = KV_OK;

    if (!given->is_given)
        status = changes_tail(call, limit, after);
    else if (!epoch->is_given)
        status = kv_snapshot_info(call->snapshot, after, NULL);
    if (given->is_given)
        after->sequence = given->position;
    if (epoch->is_given)
        after->epoch = epoch->position;
    if (status == KV_OK)
        status = kv_changes_read(call->snapshot, *after, &call->buf, changes, limit, count);
    if (status == KV_OK) /* From here on it is the present epoch's. */
        status = kv_snapshot_info(call->snapshot, &now, NULL);
    after->epoch = now.epoch;
    return status;
}

static void changes_write(kvi_call *call, const kv_change *changes, size_t count, kv_position after)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;

    kvi_answer_digits(call->answer, "Epoch", after.epoch);
    kvi_answer_digits(call->answer, "Next",
                      count > 0 ? changes[count - 1].sequence : after.sequence);
    kvi_answer_array_begin(call->answer, "Changes");
    for (size_t i = 0; i < count; i++)
        changes_write_one(call, &changes[i], &info);
    kvi_answer_array_end(call->answer);
}

void kvi_handle_changes(kvi_call *call)
{
    int64_t limit = call->arguments[KVI_ARG_LIMIT].integer;
    kv_change *changes = NULL;
    kv_position after = {0, 0};
    size_t count = 0;
    kv_status status = KV_NO_MEMORY;

    if (!kvi_call_view(call))
        return;
    changes = calloc((size_t)limit, sizeof(*changes));
    kvi_call_enter(call);
    if (changes != NULL)
        status = changes_read(call, changes, (size_t)limit, &after, &count);
    kvi_call_leave(call);
    /* Not a failure of ours: the place that the caller asks for is gone. */
    if (status == KV_CHANGES_TRIMMED)
        kvi_answer_fault(call->answer, 410, kv_status_edge(status).code,
                         kv_status_edge(status).message);
    kvi_answer_status(call->answer, status);
    if (status == KV_OK)
        changes_write(call, changes, count, after);
    free(changes);
}

/* ---- The store */

/* Statistics by the names they have in kv.h. Wide ones are places and ids, and go as strings. */
#define STATISTIC(name, is_wide)                                                                   \
    {                                                                                              \
#name, offsetof(kv_stats, name), is_wide                                                   \
    }
static const struct statistic {
    const char *name;
    size_t offset;
    bool is_wide;
} statistics[] = {
    STATISTIC(store_namespaces, false),
    STATISTIC(store_namespaces_dropped, false),
    STATISTIC(store_keys, false),
    STATISTIC(store_key_bytes, false),
    STATISTIC(store_value_bytes, false),
    STATISTIC(store_metadata_bytes, false),
    STATISTIC(store_stored_bytes, false),
    STATISTIC(store_expiring, false),
    STATISTIC(store_epoch, true),
    STATISTIC(store_sequence, true),
    STATISTIC(store_changes_first, true),
    STATISTIC(store_changes_bytes, false),
    STATISTIC(store_transaction, true),
    STATISTIC(store_page_size, false),
    STATISTIC(store_pages_used, false),
    STATISTIC(store_pages_free, false),
    STATISTIC(store_file_bytes, false),
    STATISTIC(store_map_size_max, false),
    STATISTIC(store_readers, false),
    STATISTIC(store_readers_max, false),
    STATISTIC(store_reader_lag, false),
    STATISTIC(process_snapshots, false),
    STATISTIC(process_gets, false),
    STATISTIC(process_hits, false),
    STATISTIC(process_bytes_read, false),
    STATISTIC(process_batches, false),
    STATISTIC(process_written, false),
    STATISTIC(process_failed, false),
    STATISTIC(process_bytes_given, false),
    STATISTIC(process_bytes_stored, false),
    STATISTIC(process_commits, false),
    STATISTIC(process_commits_failed, false),
    STATISTIC(process_swept, false),
    STATISTIC(process_busy, false),
    STATISTIC(process_readers_cleared, false),
    STATISTIC(process_prepare_us, false),
    STATISTIC(process_wait_us, false),
    STATISTIC(process_apply_us, false),
    STATISTIC(process_sync_us, false),
    STATISTIC(store_reader_oldest_pid, false),
    STATISTIC(store_pages_held, false),
};

_Static_assert(sizeof(statistics) / sizeof(statistics[0]) == sizeof(kv_stats) / 8 - 1,
               "a row for each statistic");

/* "store_key_bytes" as the service would spell it: "StoreKeyBytes". */
static void statistic_name(const char *name, char out[64])
{
    bool is_at_start = true;

    for (; *name != '\0'; name++) {
        if (*name != '_')
            *out++ = (char)(is_at_start ? toupper((unsigned char)*name) : *name);
        is_at_start = *name == '_';
    }
    *out = '\0';
}

void kvi_handle_store_describe(kvi_call *call)
{
    kv_stats stats = KV_STATS_INIT;
    char name[64];

    kvi_call_enter(call);
    if (!kvi_call_done(call, kv_stats_get(call->db, &stats)))
        return;
    for (size_t i = 0; i < sizeof(statistics) / sizeof(statistics[0]); i++) {
        uint64_t value = 0;

        memcpy(&value, (const char *)&stats + statistics[i].offset, sizeof(value));
        statistic_name(statistics[i].name, name);
        if (statistics[i].is_wide)
            kvi_answer_digits(call->answer, name, value);
        else
            kvi_answer_number(call->answer, name, value);
    }
}
