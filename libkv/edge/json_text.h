/**
 * Reading JSON in place, without memory. Layer edge.
 *
 * The first half takes any text, for a look at it before anything is spent on it: of what is not
 * JSON it answers something harmless. The second half reads what kvi_json_check() (json_check.h)
 * accepted: a value is the slice of its text, without white space around it.
 */
#ifndef KVI_EDGE_JSON_TEXT_H
#define KVI_EDGE_JSON_TEXT_H

#include "kv.h"

#include <stdbool.h>

/* ---- Of any text */

/** How much is in a document. */
typedef struct kvi_json_measure {
    size_t items;  /**< Of the outermost array or object. */
    size_t values; /**< In all, at most. */
} kvi_json_measure;

/** Measure a document. */
kvi_json_measure kvi_json_text_measure(kv_slice text);

/**
 * The text of a member's value in an object, the last one of that name; names are compared as they
 * are written. Values are skipped. Returns KV_OK; KV_NOT_FOUND (no such member); KV_INVALID (no
 * object, or text behind it).
 */
kv_status kvi_json_text_member(kv_slice object, const char *name, kv_slice *value_out);

/** One of the four characters that JSON calls white space. */
bool kvi_json_is_space(char c);
/** Bytes from the front that a JSON string holds as they are, counted in eights: there may be a
 *  few more. */
size_t kvi_json_plain_size(const char *text, size_t size);

/* ---- Of text that kvi_json_check() accepted */

/** What a value is. */
typedef enum kvi_json_kind {
    KVI_JSON_NULL,
    KVI_JSON_FALSE,
    KVI_JSON_TRUE,
    KVI_JSON_INTEGER,
    KVI_JSON_REAL,
    KVI_JSON_STRING,
    KVI_JSON_ARRAY,
    KVI_JSON_OBJECT
} kvi_json_kind;

/** A value's kind, known from its text. */
kvi_json_kind kvi_json_kind_of(kv_slice value);
/** The next element of an array, or the next member of an object with its name (a string value).
 * *at begins with 0. false: no more. */
bool kvi_json_next(kv_slice container, size_t *at, kv_slice *name_out, kv_slice *value_out);
/** How many elements or members there are. */
size_t kvi_json_count(kv_slice container);
/** The value of a member, the last one of that name. false: it is not there, or this is no object;
 *  value_out then has no data. */
bool kvi_json_member(kv_slice object, const char *name, kv_slice *value_out);
/** An integer's number. false: it does not fit, or this is none (any text may be given). */
bool kvi_json_integer(kv_slice value, int64_t *out);
/** Decode a string. out has room for value.size - 2 bytes. Returns the bytes that it has; there is
 *  no terminator. */
size_t kvi_json_string(kv_slice value, char *out);
/** Whether a value is this string; a slice without data, or of another kind, is not. */
bool kvi_json_string_is(kv_slice value, const char *want);
/** Whether two strings are the same, whatever is escaped in them. */
bool kvi_json_strings_equal(kv_slice a, kv_slice b);

#endif
