#include "codec/change_block.h"

#include "base/bytes.h"
#include "base/slice.h"
#include "codec/checksum.h"
#include "codec/varint.h"

#define SIZE_AT 4
#define FORMAT_AT 8 /* Thus far the same in every format. */
#define FIRST_AT 9
#define COUNT_AT 17
#define TIME_OLDEST_AT 21
#define TIME_NEWEST_AT 29
#define FLAGS_AT 1 /* In an entry, behind its size. */
#define FLAGS_KNOWN (KV_CHANGE_EXPIRES | KV_CHANGE_LAST)

void kvi_change_block_init(kvi_change_block *block, uint8_t *data, size_t capacity)
{
    *block =
        (kvi_change_block){.data = data, .size = KVI_CHANGE_BLOCK_HEADER, .capacity = capacity};
}

/* All of an entry but its size. */
static size_t change_entry_put(const kv_change *change, int64_t base, uint8_t *out)
{
    uint8_t *p = out;

    *p++ = (uint8_t)change->kind;
    *p++ = (uint8_t)(change->flags & FLAGS_KNOWN);
    p = kvi_varint_put(p, change->ns);
    p = kvi_varint_put(p, kvi_zigzag((int64_t)((uint64_t)change->time - (uint64_t)base)));
    p = kvi_varint_put(p, change->key.size);
    if (change->key.size > 0)
        memcpy(p, change->key.data, change->key.size);
    p += change->key.size;
    p = kvi_varint_put(p, change->size);
    if (change->flags & KV_CHANGE_EXPIRES)
        p = kvi_varint_put(p, kvi_zigzag(change->expires_at));
    return (size_t)(p - out);
}

bool kvi_change_block_add(kvi_change_block *block, const kv_change *change)
{
    uint8_t entry[KVI_CHANGE_ENTRY_MAX], head[KVI_VARINT_SIZE_MAX];
    int64_t base = block->count == 0 ? change->time : block->time_oldest;
    size_t size = change_entry_put(change, base, entry);
    size_t head_size = (size_t)(kvi_varint_put(head, size) - head);

    if (head_size + size > block->capacity - block->size)
        return false;
    if (block->count == 0) {
        block->first = change->sequence;
        block->time_oldest = block->time_newest = change->time;
    }
    if (change->time > block->time_newest)
        block->time_newest = change->time;
    memcpy(block->data + block->size, head, head_size);
    memcpy(block->data + block->size + head_size, entry, size);
    block->last_flags = block->size + head_size + FLAGS_AT;
    block->size += head_size + size;
    block->count++;
    return true;
}

void kvi_change_block_mark_last(kvi_change_block *block)
{
    if (block->last_flags != 0)
        block->data[block->last_flags] |= KV_CHANGE_LAST;
}

void kvi_change_block_finish(kvi_change_block *block)
{
    uint8_t *p = block->data;

    kvi_le32_store(p + SIZE_AT, (uint32_t)block->size);
    p[FORMAT_AT] = KVI_CHANGE_BLOCK_FORMAT;
    kvi_le64_store(p + FIRST_AT, block->first);
    kvi_le32_store(p + COUNT_AT, block->count);
    kvi_le64_store(p + TIME_OLDEST_AT, (uint64_t)block->time_oldest);
    kvi_le64_store(p + TIME_NEWEST_AT, (uint64_t)block->time_newest);
    kvi_le32_store(p, (uint32_t)kvi_checksum(p + SIZE_AT, block->size - SIZE_AT));
}

kv_status kvi_change_block_resume(kvi_change_block *block, kv_slice stored)
{
    kvi_change_reader reader;
    kv_status status = kvi_change_reader_begin(&reader, stored);

    if (status != KV_OK)
        return status;
    if (stored.size > block->capacity)
        return KV_CORRUPT;
    memcpy(block->data, stored.data, stored.size);
    block->size = stored.size;
    block->first = reader.first;
    block->count = reader.count;
    block->time_oldest = reader.time_oldest;
    block->time_newest = reader.time_newest;
    return KV_OK;
}

kv_status kvi_change_reader_begin(kvi_change_reader *reader, kv_slice stored)
{
    const uint8_t *p = stored.data;

    if (stored.size <= FORMAT_AT || kvi_le32_load(p + SIZE_AT) != stored.size ||
        kvi_le32_load(p) != (uint32_t)kvi_checksum(p + SIZE_AT, stored.size - SIZE_AT))
        return KV_CORRUPT;
    if (p[FORMAT_AT] != KVI_CHANGE_BLOCK_FORMAT)
        return KV_UNSUPPORTED;
    if (stored.size < KVI_CHANGE_BLOCK_HEADER)
        return KV_CORRUPT;
    reader->at = p + KVI_CHANGE_BLOCK_HEADER;
    reader->end = p + stored.size;
    reader->first = reader->next = kvi_le64_load(p + FIRST_AT);
    reader->count = reader->left = kvi_le32_load(p + COUNT_AT);
    reader->time_oldest = (int64_t)kvi_le64_load(p + TIME_OLDEST_AT);
    reader->time_newest = (int64_t)kvi_le64_load(p + TIME_NEWEST_AT);
    return KV_OK;
}

/* The next entry's bytes behind its size; moves the reader behind them. */
static bool change_entry_take(kvi_change_reader *reader, const uint8_t **start, const uint8_t **end)
{
    uint64_t size;

    if (!kvi_varint_take(&reader->at, reader->end, &size) ||
        size > (size_t)(reader->end - reader->at) || size <= FLAGS_AT)
        return false;
    *start = reader->at;
    *end = reader->at += size;
    return true;
}

/* The fields that every entry has. */
static bool change_fields_take(const uint8_t **p, const uint8_t *end, int64_t base, kv_change *out)
{
    uint64_t ns, time, key_size;

    if (!kvi_varint_take(p, end, &ns) || !kvi_varint_take(p, end, &time) ||
        !kvi_varint_take(p, end, &key_size) || ns > UINT32_MAX || key_size > KV_KEY_SIZE_MAX ||
        key_size > (size_t)(end - *p))
        return false;
    out->key = kvi_slice(*p, (size_t)key_size);
    *p += key_size;
    out->ns = (kv_ns)ns;
    out->time = (int64_t)((uint64_t)base + (uint64_t)kvi_unzigzag(time));
    return kvi_varint_take(p, end, &out->size);
}

kv_status kvi_change_reader_next(kvi_change_reader *reader, kv_change *out)
{
    const uint8_t *p, *end;
    uint64_t deadline = 0;
    uint8_t flags;

    if (reader->left == 0)
        return reader->at == reader->end ? KV_NOT_FOUND : KV_CORRUPT;
    if (!change_entry_take(reader, &p, &end))
        return KV_CORRUPT;
    flags = p[FLAGS_AT];
    if (flags & KVI_CHANGE_MUST_KNOW)
        return KV_UNSUPPORTED;
    *out = (kv_change){.sequence = reader->next, .kind = p[0], .flags = flags & FLAGS_KNOWN};
    p += FLAGS_AT + 1;
    if (!change_fields_take(&p, end, reader->time_oldest, out))
        return KV_CORRUPT;
    if ((flags & KV_CHANGE_EXPIRES) && !kvi_varint_take(&p, end, &deadline))
        return KV_CORRUPT;
    if (p != end && (flags & (KVI_CHANGE_VALUE | KVI_CHANGE_SKIPPABLE)) == 0)
        return KV_CORRUPT; /* Bytes that no flag accounts for. */
    out->expires_at = kvi_unzigzag(deadline);
    reader->next++;
    reader->left--;
    return KV_OK;
}
