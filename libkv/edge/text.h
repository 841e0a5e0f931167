/**
 * Borrowed text: small helpers on kv_slice. Layer edge.
 */
#ifndef KVI_EDGE_TEXT_H
#define KVI_EDGE_TEXT_H

#include "kv.h"

#include <stdbool.h>
#include <string.h>

/** The bytes as a slice. */
static inline kv_slice kvi_text(const void *data, size_t size)
{
    kv_slice text = {data, size};
    return text;
}

/** Of a terminated string. */
static inline kv_slice kvi_text_of(const char *string)
{
    return kvi_text(string, strlen(string));
}

/** memcmp that takes NULL for no bytes. */
static inline bool kvi_text_equal(kv_slice a, kv_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/** Whether the text is a terminated string. */
static inline bool kvi_text_is(kv_slice text, const char *string)
{
    return kvi_text_equal(text, kvi_text_of(string));
}

/** Whether the text begins with a terminated string. */
static inline bool kvi_text_begins(kv_slice text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size >= size && (size == 0 || memcmp(text.data, prefix, size) == 0);
}

/** Byte order; a prefix comes first. */
static inline int kvi_text_compare(kv_slice a, kv_slice b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/** ASCII only: no locale has a say. */
static inline char kvi_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/** Equal but for the case of ASCII letters. */
static inline bool kvi_text_equal_folded(kv_slice a, kv_slice b)
{
    const char *left = a.data;
    const char *right = b.data;

    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (kvi_text_lower(left[i]) != kvi_text_lower(right[i]))
            return false;
    return true;
}

#endif
