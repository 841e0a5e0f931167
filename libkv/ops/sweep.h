/** kv_sweep(): removes the expired rows, dropped namespaces and old blocks of the change log that
 *  batches have left. */
#ifndef KVI_SWEEP_H
#define KVI_SWEEP_H

#include "kv.h"
#include "ops/db.h"

/** As kv_sweep(). `work` is of the library's own size. */
kv_status kvi_sweep(kv_db *db, kv_work *work);

#endif
