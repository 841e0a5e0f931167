/**
 * Checks a data file page by page with pread, never through LMDB, which crashes on a damaged page
 * or lies: every page is reached exactly once or is free exactly once, every node lies within its
 * page, keys rise within and across pages, and the sums that LMDB keeps of its trees are right.
 * After KV_OK LMDB reads and writes the file as it should, whatever the rows mean.
 */
#ifndef KVI_PAGE_CHECK_H
#define KVI_PAGE_CHECK_H

#include "kv.h"
#include "storage/page_fault.h"

/**
 * Check. What a damaged page leads to is skipped, and the rest is checked.
 *
 * Returns KV_OK: nothing is wrong; KV_CORRUPT: `found` was called; KV_CANCELLED: one of the two
 * stopped it; KV_MOVED: the meta page of that transaction has been written over; KV_NO_MEMORY;
 * KV_IO.
 */
kv_status kvi_page_check_run(const kvi_page_check *check);

#endif
