/**
 * Writing JSON, member by member, into memory that grows. Layer edge.
 *
 * What could not be written for want of memory makes the writer a failed one, for good: look at
 * has_failed once, at the end, before the text goes anywhere.
 */
#ifndef KVI_EDGE_JSON_WRITE_H
#define KVI_EDGE_JSON_WRITE_H

#include "kv.h"

#include <stdbool.h>

/** Start with {0}; end with kvi_json_write_free(). One thread at a time. */
typedef struct kvi_json_writer {
    char *text; /**< Owned; `size` bytes, not terminated. NULL: nothing yet. */
    size_t size, capacity;
    bool has_failed; /**< Something is missing in text. */
} kvi_json_writer;

/** Release the text; the writer may be used anew. */
void kvi_json_write_free(kvi_json_writer *writer);
/** Forget the text, keep its memory, unless the writer has failed. */
void kvi_json_write_clear(kvi_json_writer *writer);

/** Room for `more` bytes of text: what fits there will not fail. */
void kvi_json_write_reserve(kvi_json_writer *writer, size_t more);

/**
 * Each of these adds a member, or with a NULL name an item of an array (or what the whole text is).
 * A name is a literal that needs no escape.
 */

/** A string: UTF-8, of which only what JSON requires is escaped. */
void kvi_json_write_text(kvi_json_writer *writer, const char *name, kv_slice value);
/** A string of `count` parts. */
void kvi_json_write_parts(kvi_json_writer *writer, const char *name, const kv_slice *parts,
                          size_t count);
/** A string: the bytes in base64. */
void kvi_json_write_base64(kvi_json_writer *writer, const char *name, kv_slice value);
/** An integer. */
void kvi_json_write_number(kvi_json_writer *writer, const char *name, uint64_t value);
/** An integer with a sign. */
void kvi_json_write_integer(kvi_json_writer *writer, const char *name, int64_t value);
/** true or false. */
void kvi_json_write_boolean(kvi_json_writer *writer, const char *name, bool value);
/** Text that is JSON already; terminated. */
void kvi_json_write_raw(kvi_json_writer *writer, const char *name, const char *json);
/** What follows, up to the end, is in an array or an object. */
void kvi_json_write_array_begin(kvi_json_writer *writer, const char *name);
/** The end of the array. */
void kvi_json_write_array_end(kvi_json_writer *writer);
/** What follows, up to the end, is in an object. */
void kvi_json_write_object_begin(kvi_json_writer *writer, const char *name);
/** The end of the object. */
void kvi_json_write_object_end(kvi_json_writer *writer);

/** Write text as it is in a JSON string, without the quotes: at most six bytes for each of its
 *  own. Returns the end of what was written. */
char *kvi_json_escape(char *out, kv_slice text);

#endif
