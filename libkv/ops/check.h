/** kv_check(): pages first, without LMDB (storage/page_check), then rows (ops/check_rows). */
#ifndef KVI_CHECK_H
#define KVI_CHECK_H

#include "kv.h"

/** Called for each fault; non-zero stops the check. */
typedef int (*kvi_fault_fn)(void *ctx, const kv_fault *fault);

/** As kv_check(). `options` are complete, and to read; `work` is of the library's own size.
 * `error` is not NULL. */
kv_status kvi_check(const char *path, const kv_options *options, kv_work *work, kvi_fault_fn found,
                    void *ctx, kv_error *error);

#endif
