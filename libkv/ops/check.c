#include "ops/check.h"

#include "ops/check_rows.h"
#include "ops/open.h"
#include "ops/snapshot.h"
#include "tables/usage.h"

#include <stdio.h>

#define PROGRESS_ROWS 1024 /* Between two calls of the caller's progress. */

/* A check on its way. */
typedef struct check {
    kv_work *work;
    kvi_fault_fn found;
    void *ctx;
    uint64_t faults;
    uint64_t pages; /* Items of the first half. */
} check;

static int check_tell(check *c, const kv_fault *fault)
{
    c->faults++;
    return c->found != NULL ? c->found(c->ctx, fault) : 0;
}

static int page_found(void *ctx, const kvi_page_fault *page)
{
    kv_fault fault = {.size = sizeof(fault), .table = page->tree, .page = page->page};

    (void)snprintf(fault.message, sizeof(fault.message), "%s", page->text);
    return check_tell(ctx, &fault);
}

static int check_progress(check *c)
{
    return c->work->progress != NULL ? c->work->progress(c->work->ctx, c->work) : 0;
}

static int page_progress(void *ctx, uint64_t done, uint64_t total)
{
    check *c = ctx;

    c->pages = total;
    c->work->items_done = done;
    c->work->items_total = total;
    return check_progress(c);
}

static int row_found(void *ctx, const kv_fault *fault)
{
    return check_tell(ctx, fault);
}

static int row_progress(void *ctx, uint64_t bytes)
{
    check *c = ctx;

    c->work->bytes_done += bytes;
    return ++c->work->items_done % PROGRESS_ROWS == 0 ? check_progress(c) : 0;
}

static kv_status check_rows(check *c, kv_db *db)
{
    kvi_row_check rows = {.found = row_found, .progress = row_progress, .ctx = c};
    kvi_usage_store store = {0};
    kv_snapshot *snapshot;
    kv_status status = kvi_snapshot_begin(db, &snapshot);

    if (status != KV_OK)
        return status;
    rows.txn = snapshot->txn;
    (void)kvi_usage_store_get(rows.txn, &store); /* A damaged one says nothing of the total. */
    c->work->items_done = c->pages;
    c->work->items_total = c->pages + store.total.keys;
    status = kvi_row_check_run(&rows);
    kvi_snapshot_end(snapshot);
    return status;
}

/* What stopped the open is a fault too, if no page was one: a meta page, CURRENT, a row of meta. */
static void open_failed(check *c, const kv_error *error)
{
    kv_fault fault = {.size = sizeof(fault), .table = "the store", .page = UINT64_MAX};

    if (c->faults > 0 || error->status != KV_CORRUPT)
        return;
    (void)snprintf(fault.message, sizeof(fault.message), "%.150s", error->message);
    (void)check_tell(c, &fault);
}

kv_status kvi_check(const char *path, const kv_options *options, kv_work *work, kvi_fault_fn found,
                    void *ctx, kv_error *error)
{
    check c = {.work = work, .found = found, .ctx = ctx};
    kvi_page_check pages = {.found = page_found, .progress = page_progress, .ctx = &c};
    kv_db *db = NULL;
    kv_status status;

    work->finished = 0;
    work->items_done = work->bytes_done = work->items_total = 0;
    status = kvi_open(path, options, NULL, &pages, &db, error);
    if (status == KV_CORRUPT)
        open_failed(&c, error);
    if (status == KV_OK) {
        status = check_rows(&c, db);
        kvi_close(db);
    }
    work->finished = status == KV_OK || status == KV_CORRUPT;
    return status;
}
