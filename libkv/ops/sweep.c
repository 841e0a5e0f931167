#include "ops/sweep.h"

#include "ops/commit.h"
#include "ops/sweep_dropped.h"
#include "ops/sweep_expired.h"
#include "tables/expiry.h"

#define STEP_ROWS 256   /* In one transaction. */
#define STEP_BLOCKS 256 /* Of the change log. */

/* What one transaction does, and where the next one continues. */
typedef struct sweep {
    int64_t now;
    uint64_t rows_max;
    kv_ns after;          /* Namespaces take turns, in order of id. */
    bool is_in_namespace; /* Its rows are being swept. */
    bool is_round_idle;   /* No namespace since the first one had expired rows. */
    bool is_finished;
    kvi_reclaimed done;
} sweep;

/* One namespace's portion of expired rows. */
static kv_status sweep_namespace(kvi_write_txn *write, sweep *s)
{
    kv_status status = kvi_expiry_next_namespace(write->txn, s->after, &s->after);

    if (status == KV_NOT_FOUND) { /* Around: done when a whole round found nothing. */
        s->is_finished = s->is_round_idle;
        s->is_round_idle = true;
        s->after = 0;
        return KV_OK;
    }
    if (status != KV_OK)
        return status;
    s->is_in_namespace = true;
    status = kvi_sweep_expired_in(write, s->after, s->now, s->rows_max, &s->done);
    if (status != KV_OK)
        return status;
    s->is_in_namespace = false;
    if (s->done.handled > 0 || s->done.has_more)
        s->is_round_idle = false;
    return KV_OK;
}

static kv_status sweep_log(kvi_write_txn *write, bool *has_more_out)
{
    uint64_t bytes = write->log.bytes;
    kv_status status =
        kvi_changes_trim(write->txn, &write->log, &write->settings, write->store.sequence,
                         write->now, STEP_BLOCKS, has_more_out);

    if (write->log.bytes != bytes)
        write->is_dirty = true;
    return status;
}

static kv_status sweep_fill(kvi_write_txn *write, void *ctx)
{
    sweep *s = ctx;
    bool is_due_left, has_more_log = false;
    kv_status status;

    s->done = (kvi_reclaimed){0};
    status = sweep_namespace(write, s);
    is_due_left = s->done.has_more;
    s->done.has_more = false;
    if (status == KV_OK)
        status = kvi_sweep_dropped(write, s->rows_max - s->done.handled, &s->done);
    if (status == KV_OK)
        status = sweep_log(write, &has_more_log);
    if (s->done.has_more || has_more_log)
        s->is_finished = false;
    if (status == KV_OK && !write->is_dirty && (is_due_left || s->done.has_more))
        return write->room.status; /* Not even for one row. */
    return status;
}

static bool sweep_is_over(const kv_work *work, uint64_t began_us)
{
    if (work->items_max != 0 && work->items_done >= work->items_max)
        return true;
    return work->time_max_ms != 0 &&
           kvi_clock_us() - began_us >= (uint64_t)work->time_max_ms * 1000;
}

/* One transaction. A namespace whose sums are damaged stops only itself: *damage_out. */
static kv_status sweep_step(kv_db *db, sweep *s, kv_status *damage_out)
{
    kvi_need need = {.operations = 2 * STEP_ROWS};
    kv_status status = kvi_commit_write(db, need, sweep_fill, s);

    if (status != KV_CORRUPT || !s->is_in_namespace)
        return status;
    s->is_in_namespace = false;
    s->done = (kvi_reclaimed){0};
    *damage_out = status;
    return KV_OK;
}

kv_status kvi_sweep(kv_db *db, kv_work *work)
{
    uint64_t began = kvi_clock_us();
    sweep s = {.now = kvi_clock_now(&db->clock), .is_round_idle = true};
    kv_status damage = KV_OK;

    work->items_done = work->bytes_done = work->items_total = 0;
    work->finished = 0;
    while (!s.is_finished && !sweep_is_over(work, began)) {
        uint64_t left = work->items_max != 0 ? work->items_max - work->items_done : STEP_ROWS;
        kv_status status;

        s.rows_max = left < STEP_ROWS ? left : STEP_ROWS;
        status = sweep_step(db, &s, &damage);
        if (status != KV_OK)
            return status;
        work->items_done += s.done.rows;
        work->bytes_done += s.done.bytes;
        kvi_counter_add(&db->counters.swept, s.done.rows);
        if (work->progress != NULL && work->progress(work->ctx, work) != 0)
            return KV_CANCELLED;
    }
    work->finished = s.is_finished && damage == KV_OK;
    return damage;
}
