/* Counts the pages that LMDB writes, whoever uses it. */
#ifndef BENCH_PAGE_COUNT_H
#define BENCH_PAGE_COUNT_H

#include <stdint.h>

/* Pages written through this program since it began. */
uint64_t bench_pages_written(void);

#endif
