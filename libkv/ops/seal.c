#include "ops/seal.h"

#include "ops/commit.h"
#include "ops/finish_switch.h"
#include "ops/snapshot.h"
#include "tables/meta.h"

#include <pthread.h>

static kv_status seal_fill(kvi_write_txn *write, void *ctx)
{
    static const kvi_meta_state sealed = {true, ""};

    (void)ctx;
    write->is_dirty = true;
    return kvi_meta_state_put(write->txn, &sealed);
}

/* Whether a seal was refused because there is one already. */
static bool seal_is_there(kv_db *db)
{
    kvi_meta_state state = {0};
    kv_snapshot *snapshot;
    kv_status status;

    if (db->options.mode != KV_OPEN_READ_WRITE || kvi_snapshot_begin(db, &snapshot) != KV_OK)
        return false;
    status = kvi_meta_state_get(snapshot->txn, &state);
    kvi_snapshot_end(snapshot);
    return status == KV_OK && state.is_sealed;
}

kv_status kvi_seal(kv_db *db)
{
    kvi_need need = {.operations = 1, .is_hardened = true};
    kv_error why = KV_ERROR_INIT;
    int cancel_state;
    kv_status status;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state); /* There is a guard. */
    status = kvi_commit_write(db, need, seal_fill, NULL);
    if (status == KV_READ_ONLY && seal_is_there(db))
        status = KV_OK;
    /* From here on no process writes; if we die now, the next open or seal finishes it. */
    if (status == KV_OK) {
        status = kvi_finish_switch_seal(db, &why);
        if (status != KV_OK)
            kvi_log_emit(&db->log, KV_LOG_ERROR, status,
                         "the store is sealed, but CURRENT does not say so for good yet (%s): the "
                         "next open, or seal, finishes it",
                         why.message);
    }
    (void)pthread_setcancelstate(cancel_state, NULL);
    return status;
}
