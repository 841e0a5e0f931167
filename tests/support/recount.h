/* The hook for a recount from inside: a test that may see internals defines it; others leave it. */
#ifndef SUPPORT_RECOUNT_H
#define SUPPORT_RECOUNT_H

/**
 * Recompute usage, expiry rows and pieces of a closed store from its values and compare.
 * Returns 0 when all agree; else it has printed the differences. Weak: NULL when nobody defines it.
 */
__attribute__((weak)) int support_recount(const char *store_path);

#endif
