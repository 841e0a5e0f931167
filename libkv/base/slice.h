/** Borrowed bytes: small helpers on kv_slice. */
#ifndef KVI_SLICE_H
#define KVI_SLICE_H

#include "kv.h"

#include <stdbool.h>
#include <string.h>

/** A slice of borrowed bytes. */
static inline kv_slice kvi_slice(const void *data, size_t size)
{
    kv_slice slice = {data, size};
    return slice;
}

/** Whether both have the same bytes. data may be NULL if size is 0. */
static inline bool kvi_slice_equal(kv_slice a, kv_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** Compare in the order of bytes: below 0 if a comes before b, 0 if they are equal, above 0 if a
 * comes after b; a prefix comes first. data may be NULL if size is 0. */
static inline int kvi_slice_compare(kv_slice a, kv_slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/** Whether the slice begins with all of the prefix; every slice begins with the empty one. */
static inline bool kvi_slice_begins(kv_slice slice, kv_slice prefix)
{
    return slice.size >= prefix.size && kvi_slice_equal(kvi_slice(slice.data, prefix.size), prefix);
}

#endif
