/* A recount from inside: what the store keeps derived must follow from its values. */
#ifndef SUPPORT_RECOUNT_H
#define SUPPORT_RECOUNT_H

/**
 * Recompute usage, expiry rows and pieces of a store from its values and compare; count its
 * namespaces and its change log. The store must not be open in this process. Returns 0 when all
 * agree; else how many differ, and it has printed them.
 */
int support_recount(const char *store_path);

#endif
