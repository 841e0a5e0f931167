/**
 * KvList: the service's JSON for many pairs, read into operations and written back.
 *
 * Layer edge: on kv.h alone. Three shapes are read: the KvList itself (an array of {Key, Value,
 * Expiration, ExpirationTtl}), the same object on a line of its own (NDJSON), and the Keys of a
 * batch delete (an array of strings). A fault of the document refuses the document, and the list is
 * left as it was; a fault of one key (too long, a deadline in the past) is not looked for here:
 * kv_batch() has a verdict for it. Members that are not known are ignored, of two with the same
 * name the last one counts.
 *
 * Beyond the API, and only when asked for: "Base64": true (Value is base64), "Metadata" (a
 * string), "MetadataBase64": true. They are written where a value or metadata is not UTF-8.
 */
#ifndef KVI_EDGE_KVLIST_H
#define KVI_EDGE_KVLIST_H

#include "edge/json_write.h"
#include "kv.h"

/** Flags of reading. */
enum {
    KVI_KVLIST_EXTRAS = 1u << 0 /**< Know the members beyond the API. */
};

/** Memory of a list. */
typedef struct kvi_kvlist_block kvi_kvlist_block;

/** Operations and the memory they point into. Start with {0}. */
typedef struct kvi_kvlist {
    kv_op *ops; /**< Borrowed: until the next call that takes the list. */
    size_t count;
    size_t bytes; /**< Key + value + metadata of all. */
    size_t capacity;
    kvi_kvlist_block *blocks; /**< What ops point to. */
} kvi_kvlist;

/** Why a document was refused. */
typedef struct kvi_kvlist_error {
    size_t line, column; /**< From 1, where the text is not JSON; else 0. */
    size_t index;      /**< The element at fault, from 0; SIZE_MAX: not a matter of one element. */
    char message[240]; /**< With the place, always terminated. Quotes nothing of the text. */
    size_t place_size; /**< Bytes of message that are the place, in front of what is wrong. */
} kvi_kvlist_error;

/** Append the puts of a KvList. error is optional. Returns KV_OK; KV_INVALID (the document is at
 *  fault: see error); KV_NO_MEMORY. */
kv_status kvi_kvlist_add_array(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                               kvi_kvlist_error *error);
/** Append the put of one such object. Returns as kvi_kvlist_add_array(). */
kv_status kvi_kvlist_add_object(kvi_kvlist *list, const void *text, size_t size, uint32_t flags,
                                kvi_kvlist_error *error);
/** Append the deletes of a Keys array. Returns as kvi_kvlist_add_array(). */
kv_status kvi_kvlist_add_keys(kvi_kvlist *list, const void *text, size_t size,
                              kvi_kvlist_error *error);
/** Append a copy of one put, conditions and all. Returns KV_OK; KV_NO_MEMORY. */
kv_status kvi_kvlist_add_put(kvi_kvlist *list, const kv_op *put);
/** Forget the operation that kvi_kvlist_add_object() or kvi_kvlist_add_put() has just appended. */
void kvi_kvlist_drop_last(kvi_kvlist *list);
/** Forget the operations, keep the array. */
void kvi_kvlist_clear(kvi_kvlist *list);
/** Release everything; the list may be used anew. */
void kvi_kvlist_free(kvi_kvlist *list);

/**
 * Write a put as one JSON object: Key, Value, Expiration or ExpirationTtl, and the members beyond
 * the API where there is something to say.
 *
 * Returns KV_OK; KV_INVALID (the key is not UTF-8), and nothing was added; KV_NO_MEMORY (the writer
 * has failed).
 */
kv_status kvi_kvlist_write(kvi_json_writer *json, const kv_op *op);
/** Write bytes as a member: as text, or if they are not UTF-8 as base64 with the member base64_name
 *  that says so. The names are literals. */
void kvi_kvlist_write_bytes(kvi_json_writer *json, const char *name, const char *base64_name,
                            kv_slice bytes);

#endif
