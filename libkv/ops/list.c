#include "ops/list.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "codec/key.h"
#include "ops/read.h"
#include "ops/read_value.h"
#include "ops/walk.h"

#include <stdlib.h>
#include <string.h>

#define FILL_ENTRIES 256             /* Of one buffer of a KV_LIST_RENEW list... */
#define FILL_BYTES ((size_t)1 << 20) /* ...or as many as reach this. */

struct kv_list {
    kvi_walk walk;
    uint32_t flags;
    kv_db *db;
    kv_status ended; /**< What every further call answers; KV_OK: it has not ended. */
    uint64_t skip;
    kv_buf value; /* Of the entry at hand, when it cannot be borrowed. */
    /* KV_LIST_RENEW: */
    kv_entry *entries; /* Copies, in the arena. */
    size_t count, at;
    bool is_last_fill;
    kvi_arena arena;
};

kv_status kvi_list_part_check(kv_slice part)
{
    return kvi_key_check_part(part.data, part.size);
}

kv_status kvi_list_begin(kv_snapshot *snapshot, kv_ns ns, const kv_list_options *options,
                         kv_list **list_out)
{
    kv_status status = kvi_snapshot_namespace(snapshot, ns);
    kv_list *list;

    if (status != KV_OK)
        return status;
    list = calloc(1, sizeof(*list));
    if (list == NULL)
        return kvi_snapshot_failed(snapshot, KV_NO_MEMORY, KVI_VALUES, ns, KVI_FAULT_NONE);
    kvi_walk_init(&list->walk, snapshot, ns, options->prefix);
    kvi_walk_set_after(&list->walk, options->after);
    kvi_walk_set_end(&list->walk, options->end);
    list->walk.is_reverse = (options->flags & KV_LIST_REVERSE) != 0;
    list->flags = options->flags;
    list->db = snapshot->db;
    kvi_db_hold(list->db);
    list->skip = options->skip;
    if (options->flags & KV_LIST_RENEW) {
        list->entries = malloc(FILL_ENTRIES * sizeof(*list->entries));
        if (list->entries == NULL)
            status = kvi_snapshot_failed(snapshot, KV_NO_MEMORY, KVI_VALUES, ns, KVI_FAULT_NONE);
    } else {
        status = kvi_walk_open(&list->walk);
    }
    if (status != KV_OK) {
        kvi_list_end(list);
        return status;
    }
    *list_out = list;
    return KV_OK;
}

/* Make an entry of the walk's record. */
static kv_status list_entry(kv_list *list, kv_status found, const kvi_record *record, kv_entry *out)
{
    kv_status status;

    *out = (kv_entry){.key = list->walk.key, .status = found};
    if (found != KV_OK)
        return KV_OK;
    kvi_read_facts(record, out);
    if (list->flags & KV_LIST_KEYS_ONLY)
        out->metadata = kvi_slice(NULL, 0);
    if (!(list->flags & KV_LIST_VALUES))
        return KV_OK;
    list->value.size = 0;
    status = kvi_read_value(list->walk.snapshot, record, false, &list->value, &out->value);
    if (status == KV_OK && out->value.data == NULL)
        out->value.data = list->value.data;
    if (status == KV_CORRUPT || status == KV_UNSUPPORTED) {
        out->value = kvi_slice(NULL, 0);
        out->status = status;
        return KV_OK;
    }
    return status;
}

static kv_status list_step(kv_list *list, kv_entry *out)
{
    for (;;) {
        kvi_record record;
        kv_status status = kvi_walk_next(&list->walk, &record, 0);
        bool is_damaged = status == KV_CORRUPT && list->walk.key.size > 0;
        if (status != KV_OK && !is_damaged)
            return status;
        if (list->skip == 0)
            return list_entry(list, status, &record, out);
        list->skip--;
    }
}

/* ---- KV_LIST_RENEW */

static kv_status list_copy(kv_list *list, kv_slice *slice)
{
    void *copy;

    if (slice->size == 0)
        return KV_OK;
    copy = kvi_arena_take(&list->arena, slice->size);
    if (copy == NULL)
        return KV_NO_MEMORY;
    memcpy(copy, slice->data, slice->size);
    slice->data = copy;
    return KV_OK;
}

static kv_status list_fill_entries(kv_list *list)
{
    kv_status status = KV_OK;

    while (status == KV_OK && list->count < FILL_ENTRIES && list->arena.bytes < FILL_BYTES) {
        kv_entry *entry = &list->entries[list->count];
        status = list_step(list, entry);
        if (status == KV_OK)
            status = list_copy(list, &entry->key);
        if (status == KV_OK)
            status = list_copy(list, &entry->metadata);
        if (status == KV_OK)
            status = list_copy(list, &entry->value);
        if (status == KV_OK)
            list->count++;
    }
    if (status == KV_OK)
        kvi_walk_set_after(&list->walk, list->entries[list->count - 1].key);
    return status;
}

/* Fill the buffer anew in a snapshot that ends before we return. */
static kv_status list_fill(kv_list *list)
{
    uint64_t skip = list->skip;
    kv_snapshot *snapshot;
    kv_status status;

    kvi_arena_free(&list->arena);
    list->count = list->at = 0;
    status = kvi_snapshot_begin(list->db, &snapshot);
    if (status != KV_OK)
        return status;
    list->walk.snapshot = snapshot;
    status = kvi_snapshot_namespace(snapshot, list->walk.ns);
    if (status == KV_OK)
        status = kvi_walk_open(&list->walk);
    if (status == KV_OK) {
        status = list_fill_entries(list);
        kvi_walk_close(&list->walk);
    }
    kvi_snapshot_end(snapshot);
    list->walk.snapshot = NULL;
    list->is_last_fill = status == KV_NOT_FOUND;
    if (status == KV_OK || list->is_last_fill)
        return KV_OK;
    list->count = 0; /* The next call fills anew from where this one began. */
    list->skip = skip;
    return status;
}

static kv_status list_next_renewed(kv_list *list, kv_entry *out)
{
    if (list->at == list->count && !list->is_last_fill) {
        kv_status status = list_fill(list);
        if (status != KV_OK)
            return status;
    }
    if (list->at == list->count)
        return KV_NOT_FOUND;
    *out = list->entries[list->at++];
    return KV_OK;
}

kv_status kvi_list_next(kv_list *list, kv_entry *out)
{
    kv_status status = kvi_db_check(list->db);

    if (status != KV_OK)
        return status;
    if (list->ended != KV_OK)
        return list->ended;
    if (list->flags & KV_LIST_RENEW)
        return list_next_renewed(list, out);
    status = list_step(list, out);
    if (status != KV_OK) /* The cursor may have moved past what could not be read: it ends here. */
        list->ended = status;
    return status;
}

void kvi_list_end(kv_list *list)
{
    if (kvi_fork_is_ours(list->db->fork_word))
        kvi_walk_close(&list->walk);
    kvi_buf_free(&list->value);
    kvi_arena_free(&list->arena);
    free(list->entries);
    kvi_db_release(list->db);
    free(list);
}

kv_status kvi_list_count(kv_snapshot *snapshot, kv_ns ns, kv_slice prefix, uint64_t examine_max,
                         uint64_t *count_out, bool *is_complete_out)
{
    kv_status status = kvi_snapshot_namespace(snapshot, ns);
    kvi_record record;
    kvi_walk w;

    *count_out = 0;
    if (status != KV_OK)
        return status;
    kvi_walk_init(&w, snapshot, ns, prefix);
    status = kvi_walk_open(&w);
    while (status == KV_OK) {
        status = kvi_walk_next(&w, &record, examine_max);
        if (status == KV_OK)
            ++*count_out;
    }
    kvi_walk_close(&w);
    *is_complete_out = status == KV_NOT_FOUND;
    return status == KV_NOT_FOUND || status == KV_TOO_LARGE ? KV_OK : status;
}
