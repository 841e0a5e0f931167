/**
 * The console's files, which lie in the program.
 */
#ifndef EDGE_ASSETS_H
#define EDGE_ASSETS_H

#include <stddef.h>

/** A file of the console, embedded at compile time. */
typedef struct asset {
    const char *path; /**< "/console/style.css". */
    const char *type;
    const char *bytes, *end;
} asset;

/** Bytes of an entity tag, with its terminator. */
#define ASSET_TAG_MAX 24

/** NULL: none. */
const asset *asset_find(const char *path, size_t path_size);
/** An entity tag of the bytes, in its quotes, terminated. */
void asset_tag(const asset *file, char out[ASSET_TAG_MAX]);

#endif
