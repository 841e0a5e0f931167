/*
 * A look at JSON text before a parser allocates for it. Layer edge: no memory, no parser; of text
 * that is not JSON it answers something harmless, and the parser says what is wrong.
 */
#ifndef KVI_EDGE_JSON_TEXT_H
#define KVI_EDGE_JSON_TEXT_H

#include "kv.h"

typedef struct kvi_json_measure {
    size_t items;  /* Of the outermost array or object. */
    size_t values; /* In all, at most: what a parser would allocate for. */
} kvi_json_measure;

kvi_json_measure kvi_json_text_measure(kv_slice text);

/*
 * The text of a member's value in an object, the last one of that name; names are compared as they
 * stand. KV_OK; KV_NOT_FOUND: no such member; KV_INVALID: no object, or text behind it. Values are
 * not looked into.
 */
kv_status kvi_json_text_member(kv_slice object, const char *name, kv_slice *value_out);

#endif
