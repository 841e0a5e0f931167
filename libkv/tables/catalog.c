#include "tables/catalog.h"

/* On disk: do not rename. */
const char *const kvi_catalog_names[KVI_TABLE_COUNT] = {
    [KVI_META] = "meta",       [KVI_NAMESPACES] = "namespaces", [KVI_VALUES] = "values",
    [KVI_PIECES] = "pieces",   [KVI_EXPIRY] = "expiry",         [KVI_USAGE] = "usage",
    [KVI_CHANGES] = "changes",
};
