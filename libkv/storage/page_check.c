#include "storage/page_check.h"

#include "base/number.h"
#include "storage/preflight.h"
#include "storage/tree_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FREE_LIST "free list"
#define MAIN_TREE "list of tables"
#define TABLES_MAX 64
#define NAME_SIZE 64
#define CHUNK 512 /* Page numbers read at once. */

/* A table of the file. */
typedef struct table {
    char name[NAME_SIZE];
    kvi_lmdb_tree tree;
} table;

/* A check on its way. */
typedef struct page_check {
    kvi_tree_checks shared;
    uint64_t transaction;
    kvi_lmdb_tree free_tree, main_tree;
    table tables[TABLES_MAX];
    size_t table_count;
} page_check;

/* ---- Rows that mean something to LMDB */

/* The pages that a row of the free list names, from the one below `above` down. */
static void free_numbers_check(page_check *c, const kvi_tree_row *row, uint64_t count)
{
    uint8_t numbers[CHUNK * 8];
    uint64_t above = UINT64_MAX, at = row->at + 8;

    for (; count > 0; at += sizeof(numbers)) {
        size_t here = (size_t)kvi_number_least(count, CHUNK);
        if (!kvi_tree_read(&c->shared, FREE_LIST, row->page, at, numbers, here * 8))
            return;
        for (size_t i = 0; i < here; i++) {
            uint64_t page = kvi_le64_load(numbers + 8 * i);
            if (page >= above) {
                kvi_tree_fault(&c->shared, FREE_LIST, row->page,
                               "a row's page numbers do not descend");
                return;
            }
            if (!kvi_tree_reach(&c->shared, FREE_LIST, page, 1, false))
                return;
            above = page;
        }
        count -= here;
    }
}

static void free_row_check(void *ctx, const kvi_tree_row *row)
{
    page_check *c = ctx;
    uint8_t count_bytes[8];
    uint64_t count, transaction = kvi_le64_load(row->key.data);

    if (transaction == 0 || transaction > c->transaction) {
        kvi_tree_fault(&c->shared, FREE_LIST, row->page,
                       "a row is of transaction %" PRIu64 ", the newest is %" PRIu64, transaction,
                       c->transaction);
        return;
    }
    if (row->size < 8 || row->size % 8 != 0) {
        kvi_tree_fault(&c->shared, FREE_LIST, row->page, "a row has %" PRIu64 " bytes", row->size);
        return;
    }
    if (!kvi_tree_read(&c->shared, FREE_LIST, row->page, row->at, count_bytes, 8))
        return;
    count = kvi_le64_load(count_bytes);
    if (count > row->size / 8 - 1)
        kvi_tree_fault(&c->shared, FREE_LIST, row->page,
                       "a row of %" PRIu64 " bytes says that it has %" PRIu64 " pages", row->size,
                       count);
    else
        free_numbers_check(c, row, count);
}

static void main_row_check(void *ctx, const kvi_tree_row *row)
{
    page_check *c = ctx;
    uint8_t bytes[KVI_TREE_SIZE];
    table *found;

    if (row->flags != KVI_NODE_TREE || row->size != KVI_TREE_SIZE) {
        kvi_tree_fault(&c->shared, MAIN_TREE, row->page, "a row is not a table");
        return;
    }
    if (c->table_count == TABLES_MAX) {
        kvi_tree_fault(&c->shared, MAIN_TREE, row->page, "more than %d tables", TABLES_MAX);
        return;
    }
    if (!kvi_tree_read(&c->shared, MAIN_TREE, row->page, row->at, bytes, sizeof(bytes)))
        return;
    found = &c->tables[c->table_count];
    (void)snprintf(found->name, sizeof(found->name), "%.*s", (int)row->key.size,
                   (const char *)row->key.data);
    found->tree = kvi_lmdb_tree_read(bytes);
    if (found->tree.flags != 0)
        kvi_tree_fault(&c->shared, found->name, row->page,
                       "the table is of a kind that libkv does not use");
    else
        c->table_count++;
}

/* ---- The file */

static void trees_check(page_check *c)
{
    kvi_tree_check free_list = {.shared = &c->shared,
                                .name = FREE_LIST,
                                .tree = c->free_tree,
                                .is_numeric = true,
                                .row = free_row_check,
                                .ctx = c};
    kvi_tree_check main_tree = {.shared = &c->shared,
                                .name = MAIN_TREE,
                                .tree = c->main_tree,
                                .row_flags = KVI_NODE_TREE,
                                .row = main_row_check,
                                .ctx = c};

    kvi_tree_check_run(&free_list);
    kvi_tree_check_run(&main_tree);
    for (size_t i = 0; i < c->table_count; i++) {
        kvi_tree_check one = {
            .shared = &c->shared, .name = c->tables[i].name, .tree = c->tables[i].tree};
        kvi_tree_check_run(&one);
    }
}

/* Every page is used or free. What a damaged page leads to was not reached: then it says nothing.
 */
static void leaks_check(page_check *c)
{
    uint64_t page = KVI_PAGE_FIRST, lost = c->shared.last_page + 1 - KVI_PAGE_FIRST;

    lost = kvi_number_minus(lost, c->shared.reached_count);
    if (lost == 0 || c->shared.fault_count > 0 || c->shared.status != KV_OK)
        return;
    while (c->shared.reached[page / 8] & 1u << page % 8)
        page++;
    kvi_tree_fault(&c->shared, FREE_LIST, page, "%" PRIu64 " pages are neither used nor free",
                   lost);
}

static kv_status page_check_allocate(page_check *c)
{
    c->shared.reached = calloc((size_t)(c->shared.last_page / 8 + 1), 1);
    c->shared.levels = malloc((size_t)(KVI_TREE_DEPTH_MAX * c->shared.page_size));
    c->shared.cells = malloc((size_t)(c->shared.page_size / 2));
    return c->shared.reached != NULL && c->shared.levels != NULL && c->shared.cells != NULL
               ? KV_OK
               : KV_NO_MEMORY;
}

static kv_status page_check_begin(page_check *c)
{
    kvi_preflight_facts facts = {0};
    uint8_t meta[KVI_META_SIZE];
    uint64_t wanted = c->shared.check->transaction;
    uint64_t at;
    kv_status status = kvi_preflight_metas(c->shared.check->fd, &facts);

    if (status == KV_CORRUPT)
        kvi_tree_fault(&c->shared, "meta pages", 0, "they are damaged, or the file is truncated");
    if (status != KV_OK)
        return status;
    if (wanted == 0)
        wanted = facts.transaction;
    at = (wanted & 1) * facts.page_size;
    if (!kvi_tree_read(&c->shared, "meta pages", wanted & 1, at, meta, sizeof(meta)))
        return c->shared.status == KV_OK ? KV_CORRUPT : c->shared.status;
    if (kvi_le64_load(meta + KVI_META_TRANSACTION) != wanted)
        return KV_MOVED;
    c->transaction = wanted;
    c->free_tree = kvi_lmdb_tree_read(meta + KVI_META_FREE_TREE);
    c->main_tree = kvi_lmdb_tree_read(meta + KVI_META_MAIN_TREE);
    c->shared.page_size = facts.page_size;
    c->shared.last_page = kvi_le64_load(meta + KVI_META_LAST_PAGE);
    c->shared.file_pages = facts.file_size / facts.page_size;
    return page_check_allocate(c);
}

kv_status kvi_page_check_run(const kvi_page_check *check)
{
    page_check *c = calloc(1, sizeof(*c));
    kv_status status;

    if (c == NULL)
        return KV_NO_MEMORY;
    c->shared.check = check;
    status = page_check_begin(c);
    if (status == KV_OK) {
        trees_check(c);
        leaks_check(c);
        if (c->shared.status == KV_OK && check->progress != NULL &&
            check->progress(check->ctx, c->shared.last_page + 1, c->shared.last_page + 1) != 0)
            c->shared.status = KV_CANCELLED;
        status = c->shared.status;
        if (status == KV_OK && c->shared.fault_count > 0)
            status = KV_CORRUPT;
    }
    free(c->shared.reached);
    free(c->shared.levels);
    free(c->shared.cells);
    free(c);
    return status;
}
