#include "ops/no_room.h"

#include "base/status.h"
#include "storage/free_pages.h"

#include <stdio.h>
#include <unistd.h>

/* A snapshot is not the reason if it keeps less than this share of the file. */
#define HELD_SHARE 64

/* Name the snapshot that keeps the room. False: none keeps much. */
static bool no_room_by_snapshot(kv_db *db, kv_status status, kv_error *error)
{
    const kvi_pinned *pinned = &db->pinned;
    uint64_t unused, tenths; /* Of a MiB. */
    kvi_env_facts facts;
    char owner[32] = "this process";

    if (kvi_free_pages_count(db->env, &db->pinned, &unused) != KV_OK ||
        kvi_env_facts_get(db->env, &facts) != KV_OK || pinned->process == 0 ||
        pinned->pages < facts.pages_used / HELD_SHARE)
        return false;
    if (pinned->process != (uint64_t)getpid())
        (void)snprintf(owner, sizeof(owner), "process %llu", (unsigned long long)pinned->process);
    tenths = pinned->pages * facts.page_size * 10 >> 20;
    (void)kvi_error_set(error, status, 0,
                        "%s: a snapshot of %s, %llu transactions old, keeps %llu.%llu MiB: end it",
                        kvi_status_find(status)->text, owner,
                        (unsigned long long)(facts.transaction - pinned->oldest),
                        (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10));
    db->commits_until_check = 0; /* Its process may be dead: the next write looks. */
    return true;
}

void kvi_no_room_explain(kv_db *db, kv_status status, const kvi_attempt *attempt, kv_error *error)
{
    const char *text = kvi_status_find(status)->text;

    if (no_room_by_snapshot(db, status, error))
        return;
    if (attempt->answer == KVI_APPLIED)
        (void)kvi_error_set(
            error, status, 0,
            "%s: the free pages are too scattered for a batch that changes so many: "
            "write smaller batches",
            text);
    if (attempt->answer != KVI_REFUSED || attempt->status != status)
        return;
    if (attempt->deletes_fit > 0)
        (void)kvi_error_set(error, status, 0,
                            "%s: there is room for %llu of the batch's deletes at once", text,
                            (unsigned long long)attempt->deletes_fit);
    else
        (void)kvi_error_set(error, status, 0, "%s: delete the keys one by one", text);
}
