/* LMDB's free list read row by row: what the library counts without reading it. */
#ifndef SUPPORT_FREE_PAGES_H
#define SUPPORT_FREE_PAGES_H

#include "storage/env.h"

/** Pages on the list that the next write transaction may use, or the test fails. Nobody may commit
 *  meanwhile. */
uint64_t free_pages_listed(kvi_env *env);
/** The library's own count is the same. */
void free_pages_check(kvi_env *env);

#endif
