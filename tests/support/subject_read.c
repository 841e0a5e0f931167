/* Reading, for subject.h. */
#include "support/subject.h"

#include <stdlib.h>
#include <string.h>

#include "codec/compress.h"
#include "support/agree.h"

#define WHOLE_MAX 65536 /* A larger stored form lies in pieces. */

static kv_status read_wanted(struct subject *subject, kv_ns ns, const void *key, size_t key_size,
                             const struct model_row **row)
{
    const struct model_namespace *space = model_find(&subject->model, ns);
    kv_status status = model_key_status(key, key_size);

    *row = NULL;
    if (status != KV_OK)
        return status;
    if (space == NULL)
        return KV_NAMESPACE_NOT_FOUND;
    *row = model_get(space, key, key_size, subject_now(subject));
    return *row != NULL ? KV_OK : KV_NOT_FOUND;
}

/* First without room: the size must be told. Then with just enough. */
static bool read_into(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                      size_t key_size, kv_status want, const struct model_row *row)
{
    size_t value_size = row != NULL ? row->value->size : 0, size = value_size == 0 ? 0 : SIZE_MAX;
    kv_status want_first = want == KV_OK && value_size > 0 ? KV_BUFFER_TOO_SMALL : want;
    unsigned char *out;
    bool ok;

    if (!agree_status(subject, "get into nothing",
                      kv_get_into(snapshot, ns, key, key_size, NULL, 0, &size), want_first) ||
        (row != NULL && !agree_number(subject, "size of get into nothing", size, value_size)))
        return false;
    out = malloc(value_size + 1);
    if (out == NULL)
        abort();
    ok = agree_status(subject, "get into",
                      kv_get_into(snapshot, ns, key, key_size, out, value_size, &size), want) &&
         (row == NULL || agree_blob(subject, "value got into", (kv_slice){out, size}, row->value));
    free(out);
    return ok;
}

/* Without a buffer only what is stored raw and whole can be given. */
static bool read_borrowed(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                          size_t key_size, kv_status want, const struct model_row *row)
{
    kv_slice value = {NULL, 0};
    kv_entry entry = {.codec = KV_CODEC_RAW};
    kv_status got = kv_get(snapshot, ns, key, key_size, NULL, &value);

    if (row != NULL &&
        !agree_ok(subject, "facts",
                  kv_get_entry(snapshot, ns, key, key_size, KV_GET_FACTS, NULL, &entry)))
        return false;
    if (entry.codec != KV_CODEC_RAW || (row != NULL && row->value->size > WHOLE_MAX))
        return agree_status(subject, "get without a buffer", got, KV_BUFFER_TOO_SMALL);
    return agree_status(subject, "get without a buffer", got, want) &&
           (row == NULL || agree_blob(subject, "value borrowed", value, row->value));
}

struct gather {
    const struct model_blob *want; /* NULL: nothing may come. */
    size_t at;
    bool same;
};

static int gather_chunk(void *ctx, const void *data, size_t size)
{
    struct gather *gather = ctx;

    gather->same = gather->same && gather->want != NULL &&
                   size <= gather->want->size - gather->at &&
                   (size == 0 || memcmp(gather->want->bytes + gather->at, data, size) == 0);
    gather->at += size;
    return gather->same ? 0 : 1;
}

static int gather_nothing(void *ctx, const void *data, size_t size)
{
    (void)ctx;
    (void)data;
    (void)size;
    return 1;
}

static bool read_chunks(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                        size_t key_size, kv_status want, const struct model_row *row)
{
    struct gather gather = {row != NULL ? row->value : NULL, 0, true};
    kv_status got = kv_get_chunks(snapshot, ns, key, key_size, gather_chunk, &gather);

    if (!gather.same)
        return agree_differ(subject, "chunks: other bytes before %zu", gather.at);
    return agree_status(subject, "chunks", got, want) &&
           agree_number(subject, "chunks' size", gather.at, row != NULL ? row->value->size : 0) &&
           (row == NULL || row->value->size == 0 ||
            agree_status(subject, "chunks, stopped",
                         kv_get_chunks(snapshot, ns, key, key_size, gather_nothing, NULL),
                         KV_CANCELLED));
}

/* From front to end in ranges of one size, each of the version that the first one found. */
static bool read_ranges(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                        size_t key_size, kv_status want, const struct model_row *row)
{
    size_t value_size = row != NULL ? row->value->size : 0, step = value_size / 3 + 1, size = step;
    struct gather gather = {row != NULL ? row->value : NULL, 0, true};
    unsigned char *out = malloc(step);
    uint64_t version = 0, other;
    kv_status got = KV_OK;

    if (out == NULL)
        abort();
    while (got == KV_OK && size == step) {
        got = kv_get_range(snapshot, ns, key, key_size, &version, gather.at, out, step, &size);
        if (got == KV_OK)
            (void)gather_chunk(&gather, out, size);
    }
    free(out);
    if (!gather.same)
        return agree_differ(subject, "ranges: other bytes before %zu", gather.at);
    if (!agree_status(subject, "ranges", got, want) ||
        !agree_number(subject, "ranges' size", gather.at, value_size))
        return false;
    other = version + 1;
    return row == NULL ||
           (agree_number(subject, "ranges' version", version, row->version) &&
            agree_status(subject, "range of another version",
                         kv_get_range(snapshot, ns, key, key_size, &other, 0, NULL, 0, &size),
                         KV_VERSION_MISMATCH));
}

/* A stored frame is a whole one of the value. */
static bool frame_agrees(struct subject *subject, const kv_entry *entry,
                         const struct model_row *row)
{
    size_t size = row->value->size;
    kvi_decompressor *decompressor = kvi_decompressor_create();
    unsigned char *out = malloc(size + 1);
    kv_status status;
    bool ok;

    if (decompressor == NULL || out == NULL)
        abort();
    status = kvi_decompress(decompressor, entry->value.data, entry->value.size, out, size);
    ok = agree_number(subject, "frame's size", entry->value.size, entry->stored_size) &&
         agree_ok(subject, "frame", status) &&
         agree_blob(subject, "value in the frame", (kv_slice){out, size}, row->value);
    free(out);
    kvi_decompressor_free(decompressor);
    return ok;
}

static bool read_entry(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                       size_t key_size, uint32_t flags, kv_status want, const struct model_row *row)
{
    bool facts = (flags & KV_GET_FACTS) != 0;
    kv_entry entry;
    kv_status got;

    memset(&entry, 0, sizeof(entry));
    got = kv_get_entry(snapshot, ns, key, key_size, flags, facts ? NULL : &subject->buf, &entry);
    if (!agree_status(subject, "get entry", got, want))
        return false;
    if (row == NULL)
        return true;
    if (flags == KV_GET_STORED && entry.codec != KV_CODEC_RAW) {
        if (!frame_agrees(subject, &entry, row))
            return false;
        entry.value = (kv_slice){row->value->bytes, row->value->size};
    }
    return agree_entry(subject, &entry, row, true, !facts);
}

static bool read_as(struct subject *subject, kv_snapshot *snapshot, kv_ns ns, const void *key,
                    size_t key_size, enum subject_read kind)
{
    const struct model_row *row;
    kv_status want = read_wanted(subject, ns, key, key_size, &row), got;
    kv_slice value = {NULL, 0};

    switch (kind) {
    case SUBJECT_GET_ENTRY:
        return read_entry(subject, snapshot, ns, key, key_size, 0, want, row);
    case SUBJECT_GET_FACTS:
        return read_entry(subject, snapshot, ns, key, key_size, KV_GET_FACTS, want, row);
    case SUBJECT_GET_STORED:
        return read_entry(subject, snapshot, ns, key, key_size, KV_GET_STORED, want, row);
    case SUBJECT_GET_CHUNKS:
        return read_chunks(subject, snapshot, ns, key, key_size, want, row);
    case SUBJECT_GET_INTO:
        return read_into(subject, snapshot, ns, key, key_size, want, row);
    case SUBJECT_GET_RANGE:
        return read_ranges(subject, snapshot, ns, key, key_size, want, row);
    case SUBJECT_GET_BORROWED:
        return read_borrowed(subject, snapshot, ns, key, key_size, want, row);
    default:
        break;
    }
    got = kv_get(snapshot, ns, key, key_size, &subject->buf, &value);
    if (!agree_status(subject, "get", got, want) ||
        (row != NULL && !agree_blob(subject, "value", value, row->value)))
        return false;
    got = kv_get_now(subject->db, ns, key, key_size, &subject->buf, &value);
    return agree_status(subject, "get now", got, want) &&
           (row == NULL || agree_blob(subject, "value now", value, row->value));
}

bool subject_read(struct subject *subject, kv_ns ns, const void *key, size_t key_size,
                  enum subject_read kind)
{
    kv_snapshot *snapshot;
    bool ok;

    subject->operations++;
    if (!agree_snapshot(subject, &snapshot))
        return false;
    ok = read_as(subject, snapshot, ns, key, key_size, kind);
    kv_snapshot_end(snapshot);
    return ok;
}

static bool many_agree(struct subject *subject, kv_ns ns, const kv_slice *keys,
                       const kv_entry *entries, size_t count, size_t bytes_max)
{
    const struct model_row *row;

    for (size_t i = 0; i < count; i++) {
        kv_status want = read_wanted(subject, ns, keys[i].data, keys[i].size, &row);

        /* Which values are copied is the store's affair; a bound may only refuse a value. */
        if (bytes_max != 0 && want == KV_OK && entries[i].status == KV_TOO_LARGE) {
            subject->seen[KV_TOO_LARGE]++;
            continue;
        }
        if (!agree_status(subject, "get many", entries[i].status, want))
            return false;
        if (row != NULL && !agree_entry(subject, &entries[i], row, true, true))
            return false;
    }
    return true;
}

bool subject_get_many(struct subject *subject, kv_ns ns, const kv_slice *keys, size_t count,
                      size_t bytes_max)
{
    kv_entry *entries = calloc(count + 1, sizeof(*entries));
    kv_status want = model_find(&subject->model, ns) != NULL ? KV_OK : KV_NAMESPACE_NOT_FOUND;
    kv_snapshot *snapshot;
    bool ok;

    if (entries == NULL)
        abort();
    subject->operations += count;
    if (!agree_snapshot(subject, &snapshot)) {
        free(entries);
        return false;
    }
    ok = agree_status(subject, "get many",
                      kv_get_many(snapshot, ns, keys, count, bytes_max, &subject->buf, entries),
                      want);
    if (ok && want == KV_OK)
        ok = many_agree(subject, ns, keys, entries, count, bytes_max) &&
             agree_between(subject, "bytes of get many", subject->buf.size, 0,
                           bytes_max != 0 ? bytes_max : SIZE_MAX);
    kv_snapshot_end(snapshot);
    free(entries);
    return ok;
}
