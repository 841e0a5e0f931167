/*
 * kvi_change_reader_begin, _next; kvi_change_block_init, _add, _mark_last, _finish, _resume.
 *
 * Any block is refused or read to an end, each key inside it. What was read and is written anew
 * reads as the same. A block that is taken up and appended to reads as before, with the new change
 * behind, marked as the last. The last byte chooses: bit 0 to repair size, checksum and the block's
 * format (unless that has its high bit set), the others how much room there is for the new change.
 */
#include "input.h"

#include "base/bytes.h"
#include "codec/change_block.h"
#include "codec/checksum.h"

static void repair(uint8_t *block, size_t size)
{
    if (size < KVI_CHANGE_BLOCK_HEADER)
        return;
    kvi_le32_store(block + 4, (uint32_t)size);
    if (block[8] < 0x80)
        block[8] = KVI_CHANGE_BLOCK_FORMAT;
    kvi_le32_store(block, (uint32_t)kvi_checksum(block + 4, size - 4));
}

static void require_same(const kv_change *a, const kv_change *b)
{
    require(a->sequence == b->sequence && a->ns == b->ns && a->kind == b->kind);
    require(a->flags == b->flags && a->size == b->size && a->time == b->time);
    require(a->expires_at == b->expires_at && a->key.size == b->key.size);
    require(a->key.size == 0 || memcmp(a->key.data, b->key.data, a->key.size) == 0);
}

/* Read to the end; the count of changes, or SIZE_MAX when it is refused. With `copy`, add them. */
static size_t read_all(kv_slice stored, kvi_change_block *copy)
{
    const uint8_t *start = stored.data;
    kvi_change_reader reader;
    kv_change change;
    size_t count = 0;
    kv_status status = kvi_change_reader_begin(&reader, stored);

    while (status == KV_OK) {
        status = kvi_change_reader_next(&reader, &change);
        if (status != KV_OK)
            break;
        require((const uint8_t *)change.key.data >= start + KVI_CHANGE_BLOCK_HEADER);
        require((const uint8_t *)change.key.data + change.key.size <= start + stored.size);
        require(change.sequence == reader.first + count);
        count++;
        if (copy != NULL)
            require(kvi_change_block_add(copy, &change));
    }
    require(status == KV_NOT_FOUND || status == KV_CORRUPT || status == KV_UNSUPPORTED);
    return status == KV_NOT_FOUND ? count : SIZE_MAX;
}

/* The first `count` changes of both are the same. */
static void compare(kv_slice a, kv_slice b, size_t count)
{
    kvi_change_reader left, right;

    require(kvi_change_reader_begin(&left, a) == KV_OK);
    require(kvi_change_reader_begin(&right, b) == KV_OK);
    for (size_t i = 0; i < count; i++) {
        kv_change x, y;

        require(kvi_change_reader_next(&left, &x) == KV_OK);
        require(kvi_change_reader_next(&right, &y) == KV_OK);
        require_same(&x, &y);
    }
}

/* An entry is at most eleven bytes longer written anew: its time has another base, and with that
   its size may take another byte. */
static void try_again(kv_slice stored, size_t count)
{
    size_t capacity = stored.size + count * 11;
    uint8_t *data = take_exact(capacity);
    kvi_change_block block;

    kvi_change_block_init(&block, data, capacity);
    require(read_all(stored, &block) == count);
    kvi_change_block_finish(&block);
    require(read_all((kv_slice){data, block.size}, NULL) == count);
    compare(stored, (kv_slice){data, block.size}, count);
    free(data);
}

static void try_append(kv_slice stored, size_t count, size_t room)
{
    static const kv_change more = {
        .ns = 7, .kind = KV_PUT, .key = {"new", 3}, .size = 300, .time = 1700000000};
    uint8_t *data = take_exact(stored.size + room);
    kvi_change_block block;
    size_t before;
    bool added;

    kvi_change_block_init(&block, data, stored.size + room);
    if (kvi_change_block_resume(&block, stored) != KV_OK) {
        require(count == SIZE_MAX);
        free(data);
        return;
    }
    before = block.size;
    require(before == stored.size && memcmp(data, stored.data, stored.size) == 0);
    kvi_change_block_mark_last(&block); /* Nothing: none was added. */
    require(memcmp(data, stored.data, stored.size) == 0);
    added = kvi_change_block_add(&block, &more);
    kvi_change_block_mark_last(&block);
    require(added ? block.size > before && block.size <= block.capacity : block.size == before);
    require(added || room < KVI_CHANGE_ENTRY_MAX);
    kvi_change_block_finish(&block);
    if (count != SIZE_MAX) {
        require(read_all((kv_slice){data, block.size}, NULL) == count + added);
        if (count > 0)
            compare(stored, (kv_slice){data, block.size}, count);
    } else {
        (void)read_all((kv_slice){data, block.size}, NULL);
    }
    free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = cut_choice(data, &size);
    uint8_t *block = copy_exact(data, size);
    size_t count;

    if (choice & 1)
        repair(block, size);
    count = read_all((kv_slice){block, size}, NULL);
    if (count != SIZE_MAX)
        try_again((kv_slice){block, size}, count);
    try_append((kv_slice){block, size}, count, (choice >> 1) * 5u);
    free(block);
    return 0;
}
