/** What storage/ keeps in its handles. Only storage/ includes this, and with it <lmdb.h>. */
#ifndef KVI_HANDLES_H
#define KVI_HANDLES_H

#include "kv.h"
#include "storage/file_limit.h"
#include "storage/lock_file.h"
#include "storage/path.h"

#include <lmdb.h>

#define KVI_TABLES_MAX 32 /**< Tables of an environment. */

/** storage/env.h. All is set by kvi_env_open() and stays. */
struct kvi_env {
    MDB_env *env;
    MDB_dbi tables[KVI_TABLES_MAX]; /**< 0, LMDB's own: an optional table that is missing. */
    int data_fd;                    /**< LMDB's own: never closed by us. */
    uint32_t page_size;             /**< Bytes. */
    uint64_t map_size;              /**< Bytes. */
    char lock_path[KVI_PATH_MAX];   /**< Of the lock file. */
    kvi_lock_file lock;             /**< As it was at open. */
    int claim;                      /**< kvi_claim_take()'s; -1: none. */
};

/** storage/txn.h */
struct kvi_txn {
    MDB_txn *txn;
    struct kvi_env *env;       /**< Outlives it. */
    kvi_file_limit_hold limit; /**< A writer's, from beginning to end. */
};

/** The status for what a call of LMDB returned: 0, one of LMDB's numbers or an errno. */
kv_status kvi_lmdb_status(int rc);

#endif
