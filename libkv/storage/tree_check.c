#include "storage/tree_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRESS_PAGES 256 /* Between two calls of the caller's progress. */
#define KEY_MAX 511        /* LMDB's. */

/* A tree on its way. */
typedef struct walk {
    const kvi_tree_check *check;
    kvi_tree_checks *shared;
    kvi_lmdb_tree seen; /* What was counted. */
} walk;

/* The keys that a page may hold: from `low`, if it has one, to before `high`, if it has one. */
typedef struct bounds {
    kv_slice low, high;
    bool has_low, has_high;
} bounds;

void kvi_tree_fault(kvi_tree_checks *shared, const char *name, uint64_t page, const char *format,
                    ...)
{
    kvi_page_fault fault = {.page = page, .tree = name};
    va_list arguments;

    shared->fault_count++;
    if (shared->status != KV_OK)
        return;
    va_start(arguments, format);
    (void)vsnprintf(fault.text, sizeof(fault.text), format, arguments);
    va_end(arguments);
    if (shared->check->found(shared->check->ctx, &fault) != 0)
        shared->status = KV_CANCELLED;
}

/* Count pages as looked at, and report progress now and then. */
static void progress_add(kvi_tree_checks *shared, uint64_t count)
{
    uint64_t before = shared->reached_count;

    shared->reached_count += count;
    if (shared->check->progress != NULL && shared->status == KV_OK &&
        before / PROGRESS_PAGES != shared->reached_count / PROGRESS_PAGES &&
        shared->check->progress(shared->check->ctx, shared->reached_count, shared->last_page + 1) !=
            0)
        shared->status = KV_CANCELLED;
}

bool kvi_tree_reach(kvi_tree_checks *shared, const char *name, uint64_t page, uint64_t count,
                    bool must_exist)
{
    if (page < KVI_PAGE_FIRST || page > shared->last_page || count > shared->last_page - page + 1) {
        kvi_tree_fault(shared, name, page, "%" PRIu64 " pages from there are not in the file",
                       count);
        return false;
    }
    if (must_exist && page + count > shared->file_pages) {
        kvi_tree_fault(shared, name, page, "the file ends before it");
        return false;
    }
    for (uint64_t i = page; i < page + count; i++) {
        if (shared->reached[i / 8] & 1u << i % 8) {
            kvi_tree_fault(shared, name, i, "the page has two uses");
            return false;
        }
        shared->reached[i / 8] |= (uint8_t)(1u << i % 8);
    }
    progress_add(shared, count);
    return shared->status == KV_OK;
}

bool kvi_tree_read(kvi_tree_checks *shared, const char *name, uint64_t page, uint64_t at, void *out,
                   size_t size)
{
    ssize_t got;

    do
        got = pread(shared->check->fd, out, size, (off_t)at);
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)size)
        return true;
    if (got < 0)
        shared->status = KV_IO;
    else
        kvi_tree_fault(shared, name, page, "the file ends before it");
    return false;
}

static void walk_fault(walk *w, uint64_t page, const char *text)
{
    kvi_tree_fault(w->shared, w->check->name, page, "%s", text);
}

/* ---- Pages and nodes */

/* The bytes of a node in its page. */
static size_t node_size(const uint8_t *node, bool is_leaf)
{
    size_t size = KVI_NODE_HEADER + kvi_node_key_size(node);

    if (!is_leaf)
        return size;
    return size + (kvi_le16_load(node + 4) & KVI_NODE_BIG ? sizeof(uint64_t)
                                                          : (size_t)kvi_node_data_size(node));
}

/* Whether every node lies between `upper` and the page's end, and no two share bytes. */
static bool nodes_are_sound(const walk *w, const uint8_t *page, bool is_leaf)
{
    size_t page_size = (size_t)w->shared->page_size, used = 0;
    size_t upper = kvi_le16_load(page + 14);
    unsigned count = kvi_page_node_count(page);

    memset(w->shared->cells, 0, page_size / 2);
    for (unsigned i = 0; i < count; i++) {
        size_t at = kvi_page_node_at(page, i), size;
        if (at < upper || at % 2 != 0 || at + KVI_NODE_HEADER > page_size)
            return false;
        size = node_size(page + at, is_leaf);
        size += size % 2;
        if (size > page_size - at)
            return false;
        for (size_t cell = at / 2; cell < (at + size) / 2; cell++)
            if (w->shared->cells[cell]++ != 0)
                return false;
        used += size;
    }
    return used == page_size - upper; /* LMDB leaves no gaps. */
}

/* Read a page of the tree; the header and the places of its nodes are checked. */
static bool page_read(walk *w, uint64_t number, unsigned depth, const uint8_t **page_out)
{
    kvi_tree_checks *shared = w->shared;
    uint8_t *page = shared->levels + (w->check->tree.depth - depth) * shared->page_size;
    unsigned lower, upper, least = depth == 1 ? 1 : 2;

    *page_out = page;
    if (!kvi_tree_reach(shared, w->check->name, number, 1, true) ||
        !kvi_tree_read(shared, w->check->name, number, number * shared->page_size, page,
                       (size_t)shared->page_size))
        return false;
    lower = kvi_le16_load(page + 12);
    upper = kvi_le16_load(page + 14);
    if (kvi_le64_load(page) != number)
        walk_fault(w, number, "another page is in its place");
    else if (kvi_le16_load(page + 10) != (depth == 1 ? KVI_PAGE_LEAF : KVI_PAGE_BRANCH))
        walk_fault(w, number, depth == 1 ? "it is not a leaf" : "it is not a branch");
    else if (lower < KVI_PAGE_HEADER || lower % 2 != 0 || lower > upper ||
             upper > shared->page_size)
        walk_fault(w, number, "its bounds are damaged");
    else if (kvi_page_node_count(page) < least)
        walk_fault(w, number, "it has too few nodes");
    else if (!nodes_are_sound(w, page, depth == 1))
        walk_fault(w, number, "its nodes are damaged");
    else
        return true;
    return false;
}

/* ---- Keys */

static kv_slice node_key(const uint8_t *node)
{
    return kvi_slice(node + KVI_NODE_HEADER, kvi_node_key_size(node));
}

static bool key_is_sound(const walk *w, kv_slice key)
{
    if (w->check->is_numeric)
        return key.size == KVI_FREE_ROW_KEY;
    return key.size >= 1 && key.size <= KEY_MAX;
}

static int key_compare(const walk *w, kv_slice a, kv_slice b)
{
    uint64_t x, y;

    if (!w->check->is_numeric)
        return kvi_slice_compare(a, b);
    x = kvi_le64_load(a.data);
    y = kvi_le64_load(b.data);
    return x < y ? -1 : x > y;
}

/* Whether the keys of a page rise and stay within its bounds. The first key of a branch says
   nothing: its child takes all that is below the second. */
static bool keys_are_sound(const walk *w, const uint8_t *page, unsigned depth, const bounds *within)
{
    unsigned count = kvi_page_node_count(page), first = depth == 1 ? 0 : 1;
    kv_slice last = within->low;
    bool has_last = within->has_low;

    for (unsigned i = first; i < count; i++) {
        kv_slice key = node_key(page + kvi_page_node_at(page, i));
        int order;
        if (!key_is_sound(w, key))
            return false;
        order = has_last ? key_compare(w, last, key) : -1;
        /* A page's first key may be its lower bound. */
        if (order > 0 || (order == 0 && i > first))
            return false;
        last = key;
        has_last = true;
    }
    return !within->has_high || count == first || key_compare(w, last, within->high) < 0;
}

/* ---- The tree */

/* The overflow run of a row whose data has that size. It may have more pages than the data needs:
   LMDB writes a shorter value into the run that is there. False: it cannot be read. */
static bool run_check(walk *w, uint64_t leaf, uint64_t page, kvi_tree_row *row)
{
    kvi_tree_checks *shared = w->shared;
    uint64_t least = (KVI_PAGE_HEADER + row->size + shared->page_size - 1) / shared->page_size;
    uint8_t header[KVI_PAGE_HEADER];
    uint64_t count;

    if (page < KVI_PAGE_FIRST || page > shared->last_page) {
        kvi_tree_fault(shared, w->check->name, leaf,
                       "a value is in page %" PRIu64 ", which is not in the file", page);
        return false;
    }
    if (!kvi_tree_read(shared, w->check->name, page, page * shared->page_size, header,
                       sizeof(header)))
        return false;
    count = kvi_le32_load(header + 12);
    if (kvi_le64_load(header) != page || kvi_le16_load(header + 10) != KVI_PAGE_OVERFLOW ||
        count < least) {
        kvi_tree_fault(shared, w->check->name, page,
                       "it is not the value of %" PRIu64 " pages that page %" PRIu64 " names",
                       least, leaf);
        return false;
    }
    w->seen.overflow += count;
    row->at = page * shared->page_size + KVI_PAGE_HEADER;
    return kvi_tree_reach(shared, w->check->name, page, count, true);
}

static void leaf_check(walk *w, uint64_t number, const uint8_t *page)
{
    unsigned count = kvi_page_node_count(page);

    for (unsigned i = 0; i < count && w->shared->status == KV_OK; i++) {
        unsigned at = kvi_page_node_at(page, i);
        const uint8_t *node = page + at, *data = node + KVI_NODE_HEADER + kvi_node_key_size(node);
        kvi_tree_row row = {.key = node_key(node),
                            .flags = kvi_le16_load(node + 4),
                            .page = number,
                            .at = number * w->shared->page_size + (uint64_t)(data - page),
                            .size = kvi_node_data_size(node)};
        w->seen.entries++;
        if ((row.flags & ~(KVI_NODE_BIG | w->check->row_flags)) != 0)
            walk_fault(w, number, "a row is of a kind that libkv does not use");
        else if ((!(row.flags & KVI_NODE_BIG) || run_check(w, number, kvi_le64_load(data), &row)) &&
                 w->check->row != NULL)
            w->check->row(w->check->ctx, &row);
    }
}

static void subtree_check(walk *w, uint64_t number, unsigned depth, const bounds *within)
{
    const uint8_t *page;
    unsigned count;

    if (!page_read(w, number, depth, &page))
        return;
    if (!keys_are_sound(w, page, depth, within)) {
        walk_fault(w, number, "its keys do not rise, or belong to another page");
        return;
    }
    if (depth == 1) {
        w->seen.leaves++;
        leaf_check(w, number, page);
        return;
    }
    w->seen.branches++;
    count = kvi_page_node_count(page);
    for (unsigned i = 0; i < count && w->shared->status == KV_OK; i++) {
        const uint8_t *node = page + kvi_page_node_at(page, i);
        bounds child = *within;
        if (i > 0) {
            child.low = node_key(node);
            child.has_low = true;
        }
        if (i + 1 < count) {
            child.high = node_key(page + kvi_page_node_at(page, i + 1));
            child.has_high = true;
        }
        subtree_check(w, kvi_node_child(node), depth - 1, &child);
    }
}

static void sum_check(walk *w, const char *what, uint64_t seen, uint64_t told)
{
    if (seen != told)
        kvi_tree_fault(w->shared, w->check->name, w->check->tree.root,
                       "it has %" PRIu64 " %s, its descriptor says %" PRIu64, seen, what, told);
}

void kvi_tree_check_run(const kvi_tree_check *check)
{
    kvi_tree_checks *shared = check->shared;
    walk w = {.check = check, .shared = shared};
    uint64_t faults = shared->fault_count;
    bounds all = {.has_low = false};

    if (shared->status != KV_OK)
        return;
    if ((check->tree.root == KVI_PAGE_NONE) != (check->tree.depth == 0) ||
        check->tree.depth > KVI_TREE_DEPTH_MAX) {
        walk_fault(&w, check->tree.root, "its descriptor is damaged");
        return;
    }
    if (check->tree.depth > 0)
        subtree_check(&w, check->tree.root, check->tree.depth, &all);
    if (shared->status != KV_OK || shared->fault_count != faults)
        return; /* What could not be read was not counted. */
    sum_check(&w, "branch pages", w.seen.branches, check->tree.branches);
    sum_check(&w, "leaf pages", w.seen.leaves, check->tree.leaves);
    sum_check(&w, "overflow pages", w.seen.overflow, check->tree.overflow);
    sum_check(&w, "rows", w.seen.entries, check->tree.entries);
}
