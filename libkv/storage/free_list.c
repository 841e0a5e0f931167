#include "storage/free_list.h"

#include "storage/lmdb_page.h"

#include <unistd.h>

#define CHUNK 64 /* Page numbers read at once. */

typedef struct walk {
    const kvi_free_list *list;
    uint64_t first, last, found;
    uint64_t visits; /* Of pages: more than the file has, and the tree runs in circles. */
} walk;

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
    uint64_t size = kvi_node_data_size(node);
    uint64_t data = at + KVI_NODE_HEADER + KVI_FREE_ROW_KEY;
    uint8_t big[8];
    kv_status status;

    if (kvi_node_key_size(node) != KVI_FREE_ROW_KEY)
        return KV_CORRUPT;
    if (!(kvi_le16_load(node + 4) & KVI_NODE_BIG))
        return data + size <= end ? walk_row(w, data, size) : KV_CORRUPT;
    status = walk_read(w, data, big, sizeof(big));
    if (status != KV_OK)
        return status;
    if (kvi_le64_load(big) >= w->list->pages)
        return KV_CORRUPT;
    return walk_row(w, kvi_le64_load(big) * w->list->page_size + KVI_PAGE_HEADER, size);
}

static kv_status walk_page(walk *w, uint64_t page, unsigned depth)
{
    uint64_t start = page * w->list->page_size, end = start + w->list->page_size;
    uint8_t header[KVI_PAGE_HEADER];
    unsigned count;
    kv_status status;

    if (page >= w->list->pages || depth == 0 || w->visits++ >= w->list->pages)
        return KV_CORRUPT;
    status = walk_read(w, start, header, sizeof(header));
    if (status != KV_OK)
        return status;
    if (kvi_le64_load(header) != page ||
        !(kvi_le16_load(header + 10) & (depth == 1 ? KVI_PAGE_LEAF : KVI_PAGE_BRANCH)) ||
        kvi_le16_load(header + 12) < KVI_PAGE_HEADER ||
        kvi_le16_load(header + 12) > w->list->page_size)
        return KV_CORRUPT;
    count = kvi_page_node_count(header);
    for (unsigned i = 0; i < count && status == KV_OK; i++) {
        uint8_t node[KVI_NODE_HEADER] = {0};
        uint64_t at;
        status = walk_read(w, start + KVI_PAGE_HEADER + 2 * i, node, 2);
        at = start + kvi_le16_load(node);
        if (status == KV_OK)
            status =
                at + KVI_NODE_HEADER <= end ? walk_read(w, at, node, sizeof(node)) : KV_CORRUPT;
        if (status == KV_OK && depth > 1)
            status = walk_page(w, kvi_node_child(node), depth - 1);
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
