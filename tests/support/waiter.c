#include "support/waiter.h"

#include "support/run.h"
#include "support/thread.h"

#include <sched.h>

static void *wait_for_ever(void *ctx)
{
    struct waiter *waiter = ctx;

    atomic_store(&waiter->number, thread_number());
    waiter->status = kv_changes_wait(waiter->db, waiter->after, -1);
    atomic_store(&waiter->is_back, true);
    return NULL;
}

void waiter_begin(struct waiter *waiter, kv_db *db, kv_position after)
{
    *waiter = (struct waiter){.db = db, .after = after};
    assert_int_equal(pthread_create(&waiter->thread, NULL, wait_for_ever, waiter), 0);
    while (atomic_load(&waiter->number) == 0)
        (void)sched_yield();
}

bool waiter_start(struct waiter *waiter, kv_db *db, kv_position after)
{
    waiter_begin(waiter, db, after);
    return thread_falls_asleep(atomic_load(&waiter->number));
}

kv_status waiter_join(struct waiter *waiter)
{
    assert_int_equal(pthread_join(waiter->thread, NULL), 0);
    return waiter->status;
}
