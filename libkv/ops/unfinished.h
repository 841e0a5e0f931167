/**
 * Finishing an interrupted switch. The data of a generation says that it was sealed, or superseded
 * by another one, but CURRENT does not say so yet: the process that began the switch died in
 * between. Every open finishes what it finds.
 */
#ifndef KVI_UNFINISHED_H
#define KVI_UNFINISHED_H

#include "kv.h"
#include "ops/db.h"
#include "tables/meta.h"

/** What is left to do after a generation was opened. */
typedef enum kvi_unfinished_next {
    KVI_UNFINISHED_DONE,    /**< Nothing: it is the one. */
    KVI_UNFINISHED_CURRENT, /**< Read CURRENT again and open what it names. */
    KVI_UNFINISHED_AHEAD    /**< Open db->current, which CURRENT does not name yet. */
} kvi_unfinished_next;

/** What was finished, for the log. */
typedef struct kvi_unfinished_done {
    bool is_superseded; /**< CURRENT now names a newer generation. */
    bool is_sealed;     /**< CURRENT now says that the store is sealed. */
} kvi_unfinished_done;

/**
 * Finish what was begun. A read-only handle whose process may not write CURRENT continues with what
 * it knows. Under the registry's lock.
 *
 * @param state     Of the generation that db has open.
 * @param switched  Marks are set, none are cleared.
 * Returns KV_OK; KV_CORRUPT (the successor is missing or damaged); KV_READ_ONLY; KV_DISK_FULL;
 * KV_UNSUPPORTED; KV_IO.
 */
kv_status kvi_unfinished_finish(kv_db *db, const kvi_meta_state *state,
                                kvi_unfinished_next *next_out, kvi_unfinished_done *switched,
                                kv_error *error);

#endif
