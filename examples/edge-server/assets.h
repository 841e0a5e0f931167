/*
 * The console's files, which lie in the program.
 */
#ifndef EDGE_ASSETS_H
#define EDGE_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *path; /* "/console/style.css". */
    const char *type;
    const char *bytes, *end;
} asset;

#define ASSET_TAG_MAX 24

const asset *asset_find(const char *path, size_t path_size); /* NULL: none. */
/* An entity tag of the bytes, in its quotes, terminated. */
void asset_tag(const asset *file, char out[ASSET_TAG_MAX]);

#endif
