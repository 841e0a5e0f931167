#include "ops/finish_switch.h"

#include "base/status.h"
#include "storage/preflight.h"

#include <string.h>

/* The generation that supersedes ours must be there before CURRENT names it: CURRENT is the only
   way to the data. */
static kv_status unfinished_successor(const kv_db *db, const kvi_meta_state *state, kv_error *error)
{
    char data[KVI_PATH_MAX];
    kvi_preflight_facts facts;

    if (!kvi_generation_is_name(state->superseded_by) ||
        kvi_generation_path(db->path, state->superseded_by, "data.mdb", data) != KV_OK)
        return kvi_error_set(error, KV_CORRUPT, 0, "%s names no generation as its successor",
                             db->path);
    return kvi_preflight(data, &facts, error);
}

kv_status kvi_finish_switch_seal(const kv_db *db, kv_error *error)
{
    kvi_current sealed = db->current;
    char data[KVI_PATH_MAX];
    kv_status status = kvi_generation_path(db->path, db->current.generation, "data.mdb", data);

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "the path is too long");
    status = kvi_env_trim(db->env, data, error);
    sealed.is_sealed = true;
    return status == KV_OK ? kvi_current_replace(db->path, &db->current, &sealed, error) : status;
}

kv_status kvi_finish_switch(kv_db *db, const kvi_meta_state *state,
                            kvi_finish_switch_next *next_out, kvi_finish_switch_done *switched,
                            kv_error *error)
{
    bool is_superseded = state->superseded_by[0] != '\0';
    kvi_current current = db->current;
    kv_error why = KV_ERROR_INIT;
    kv_status status = KV_OK;

    *next_out = KVI_FINISH_SWITCH_DONE;
    if (!is_superseded && (!state->is_sealed || db->current.is_sealed))
        return KV_OK;
    if (is_superseded) {
        status = unfinished_successor(db, state, error);
        (void)memcpy(current.generation, state->superseded_by, sizeof(current.generation));
    } else {
        current.is_sealed = true;
    }
    if (status != KV_OK)
        return status;
    status = is_superseded ? kvi_current_replace(db->path, &db->current, &current, &why)
                           : kvi_finish_switch_seal(db, &why);
    if (status == KV_OK || status == KV_MOVED) {
        *next_out = KVI_FINISH_SWITCH_CURRENT;
        switched->is_superseded |= status == KV_OK && is_superseded;
        switched->is_sealed |= status == KV_OK && !is_superseded;
        return KV_OK;
    }
    if (db->options.mode == KV_OPEN_READ_WRITE) {
        if (error != NULL)
            *error = why;
        return status;
    }
    db->current = current;
    *next_out = is_superseded ? KVI_FINISH_SWITCH_AHEAD : KVI_FINISH_SWITCH_DONE;
    return KV_OK;
}
