/** kv_sweep(): what batches leave over of expired rows, dropped namespaces and the change log. */
#ifndef KVI_SWEEP_H
#define KVI_SWEEP_H

#include "kv.h"
#include "ops/db.h"

/** `work` is of the library's own size. */
kv_status kvi_sweep(kv_db *db, kv_work *work);

#endif
