#include "storage/free_list.h"

#include "base/bytes.h"

#include <unistd.h>

/*
 * LMDB 0.9's pages on a 64-bit machine (bytes):
 *   0 pgno 8, 8 pad 2, 10 flags 2, 12 lower 2, 14 upper 2; of an overflow page: 12 count of pages 4
 *   16 offsets of the nodes, 2 each, up to `lower`; of an overflow page: its bytes
 * A node: 0 low 2, 2 high 2, 4 flags 2, 6 key size 2, 8 key, data. In a leaf low and high are the
 * data's size; in a branch low, high and flags are the child's page. Data that is too long for a
 * leaf is the number of an overflow page.
 * A row of the free list: the transaction that freed, then a count and that many page numbers.
 */
#define HEADER 16
#define NODE 8
#define BRANCH 0x01
#define LEAF 0x02
#define BIG_DATA 0x01
#define ROW_KEY 8
#define CHUNK 64 /* Page numbers read at once. */

typedef struct walk {
    const kvi_free_list *list;
    uint64_t first, last, found;
    uint64_t visits; /* Of pages: more than the file has, and the tree runs in circles. */
} walk;

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

/* Bytes that must be within the file. */
static kv_status walk_read(const walk *w, uint64_t at, void *out, size_t size)
{
    ssize_t got = pread(w->list->fd, out, size, (off_t)at);

    if (got < 0)
        return KV_IO;
    return (size_t)got == size ? KV_OK : KV_CORRUPT;
}

/* Count what a row of `size` bytes at that place lists of the pages that are looked for. */
static kv_status walk_row(walk *w, uint64_t at, uint64_t size)
{
    uint8_t numbers[CHUNK * 8];
    uint64_t left;
    kv_status status = size < 8 ? KV_CORRUPT : walk_read(w, at, numbers, 8);

    if (status != KV_OK)
        return status;
    left = kvi_le64_load(numbers);
    if (left > size / 8 - 1)
        return KV_CORRUPT;
    for (at += 8; left > 0; at += CHUNK * 8) {
        uint64_t count = left < CHUNK ? left : CHUNK;
        status = walk_read(w, at, numbers, (size_t)count * 8);
        if (status != KV_OK)
            return status;
        for (uint64_t i = 0; i < count; i++) {
            uint64_t page = kvi_le64_load(numbers + 8 * i);
            if (page >= w->first && page <= w->last)
                w->found++;
        }
        left -= count;
    }
    return KV_OK;
}

/* A node of a leaf, whose page ends at `end`. */
static kv_status walk_leaf(walk *w, uint64_t at, const uint8_t *node, uint64_t end)
{
    uint64_t size = le16(node) | (uint64_t)le16(node + 2) << 16;
    uint64_t data = at + NODE + ROW_KEY;
    uint8_t big[8];
    kv_status status;

    if (le16(node + 6) != ROW_KEY)
        return KV_CORRUPT;
    if (!(le16(node + 4) & BIG_DATA))
        return data + size <= end ? walk_row(w, data, size) : KV_CORRUPT;
    status = walk_read(w, data, big, sizeof(big));
    if (status != KV_OK)
        return status;
    if (kvi_le64_load(big) >= w->list->pages)
        return KV_CORRUPT;
    return walk_row(w, kvi_le64_load(big) * w->list->page_size + HEADER, size);
}

static kv_status walk_page(walk *w, uint64_t page, unsigned depth)
{
    uint64_t start = page * w->list->page_size, end = start + w->list->page_size;
    uint8_t header[HEADER];
    unsigned count;
    kv_status status;

    if (page >= w->list->pages || depth == 0 || w->visits++ >= w->list->pages)
        return KV_CORRUPT;
    status = walk_read(w, start, header, sizeof(header));
    if (status != KV_OK)
        return status;
    if (kvi_le64_load(header) != page || !(le16(header + 10) & (depth == 1 ? LEAF : BRANCH)) ||
        le16(header + 12) < HEADER || le16(header + 12) > w->list->page_size)
        return KV_CORRUPT;
    count = (le16(header + 12) - HEADER) / 2u;
    for (unsigned i = 0; i < count && status == KV_OK; i++) {
        uint8_t node[NODE] = {0};
        uint64_t at;
        status = walk_read(w, start + HEADER + 2 * i, node, 2);
        at = start + le16(node);
        if (status == KV_OK)
            status = at + NODE <= end ? walk_read(w, at, node, sizeof(node)) : KV_CORRUPT;
        if (status == KV_OK && depth > 1)
            status = walk_page(w, kvi_le64_load(node) & 0xFFFFFFFFFFFF, depth - 1);
        else if (status == KV_OK)
            status = walk_leaf(w, at, node, end);
    }
    return status;
}

kv_status kvi_free_list_covers(const kvi_free_list *list, uint64_t first, uint64_t last)
{
    walk w = {.list = list, .first = first, .last = last};
    kv_status status = walk_page(&w, list->root, list->depth);

    /* A page is listed once; two lists of a page would be damage that is not looked for here. */
    return status == KV_OK && w.found != last - first + 1 ? KV_CORRUPT : status;
}
