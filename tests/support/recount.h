/* What a history leaves behind must pass kv_check(). */
#ifndef SUPPORT_RECOUNT_H
#define SUPPORT_RECOUNT_H

/** Check a store, and print what is wrong. Returns how many faults there are; 1 if it cannot be
 *  checked. */
int support_recount(const char *store_path);

#endif
