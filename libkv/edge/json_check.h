/**
 * Whether text is JSON (RFC 8259): the whole grammar, without memory. Layer edge. json_text.h
 * reads text that passed this check, and need not look for faults.
 */
#ifndef KVI_EDGE_JSON_CHECK_H
#define KVI_EDGE_JSON_CHECK_H

#include "kv.h"

/** Arrays and objects inside each other, at most. */
#define KVI_JSON_DEPTH_MAX 256

/** Flags of kvi_json_check() */
enum {
    KVI_JSON_UNIQUE = 1u << 0 /**< No member twice in an object. Takes the square of its members. */
};

/** Where text is not JSON, and why. */
typedef struct kvi_json_fault {
    size_t line, column; /**< Of the last character that is at fault, from 1; column 0: the line has
                              none. */
    const char *what;    /**< Static; quotes nothing of the text. */
} kvi_json_fault;

/**
 * Check text that is one array or object, with white space around it.
 *
 * Strings are UTF-8 without lone surrogates; integers fit 64 bits; nothing is deeper than
 * KVI_JSON_DEPTH_MAX.
 *
 * @param root_out  On KV_OK the array or object, without the white space. Borrowed from text.
 * @param fault     Set on KV_INVALID.
 * Returns KV_OK; KV_INVALID.
 */
kv_status kvi_json_check(kv_slice text, uint32_t flags, kv_slice *root_out, kvi_json_fault *fault);

#endif
