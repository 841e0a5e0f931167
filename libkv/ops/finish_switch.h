/**
 * Finishing an interrupted switch. The data of a generation says that it was sealed, or superseded
 * by another one, but CURRENT does not say so yet: the process that began the switch died in
 * between. Every open finishes what it finds.
 */
#ifndef KVI_FINISH_SWITCH_H
#define KVI_FINISH_SWITCH_H

#include "kv.h"
#include "ops/db.h"
#include "tables/meta.h"

/** What is left to do after a generation was opened. */
typedef enum kvi_finish_switch_next {
    KVI_FINISH_SWITCH_DONE,    /**< Nothing: it is the one. */
    KVI_FINISH_SWITCH_CURRENT, /**< Read CURRENT again and open what it names. */
    KVI_FINISH_SWITCH_AHEAD    /**< Open db->current, which CURRENT does not name yet. */
} kvi_finish_switch_next;

/** What was finished, for the log. */
typedef struct kvi_finish_switch_done {
    bool is_superseded; /**< CURRENT now names a newer generation. */
    bool is_sealed;     /**< CURRENT now says that the store is sealed. */
} kvi_finish_switch_done;

/**
 * Finish what was begun. A read-only handle whose process may not write CURRENT continues with what
 * it knows. Under the lock of the open stores.
 *
 * @param state     Of the generation that db has open.
 * @param switched  Marks are set, none are cleared.
 * Returns KV_OK; KV_CORRUPT (the successor is missing or damaged); KV_READ_ONLY; KV_DISK_FULL;
 * KV_UNSUPPORTED; KV_IO.
 */
kv_status kvi_finish_switch(kv_db *db, const kvi_meta_state *state,
                            kvi_finish_switch_next *next_out, kvi_finish_switch_done *switched,
                            kv_error *error);

/**
 * Finish a seal whose mark is committed, so that no process can write any more: cut the data file
 * to its used pages, then let CURRENT say that the store is sealed. A store that CURRENT calls
 * sealed therefore has no slack.
 *
 * Returns KV_OK; otherwise as kvi_env_trim() and kvi_current_replace().
 */
kv_status kvi_finish_switch_seal(const kv_db *db, kv_error *error);

#endif
