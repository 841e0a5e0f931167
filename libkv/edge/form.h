/**
 * Parameters: application/x-www-form-urlencoded text, from a query or a form body, decoded in
 * place. Layer edge: no JSON, no store.
 *
 * A name that comes twice, in query and form together, is a fault: a reader could only guess
 * which one counts. A name without '=' has an empty value; an empty part between two '&' is
 * ignored.
 * Names and values are any bytes, none of them is a terminator.
 */
#ifndef KVI_EDGE_FORM_H
#define KVI_EDGE_FORM_H

#include "kv.h"

/** Parameters of query and body together. */
#define KVI_FORM_PARAMETERS_MAX 64

/** crypto.h */
struct kvi_hash;

/** One parameter. */
typedef struct kvi_parameter {
    kv_slice name, value; /**< Decoded; borrowed from the text. Never NULL. */
} kvi_parameter;

/** Start with count 0. */
typedef struct kvi_form {
    kvi_parameter items[KVI_FORM_PARAMETERS_MAX];
    size_t count;
} kvi_form;

/**
 * Decode text in place and add its parameters. A bare '+' is a space. text may be NULL if size is
 * 0. KV_OK; KV_INVALID (a '%' without two hex digits, a name twice, too many parameters): form is
 * as it was, text is spoilt.
 */
kv_status kvi_form_add(kvi_form *form, char *text, size_t size);
/** NULL: not given. Borrowed until the form is sorted or added to. */
const kvi_parameter *kvi_form_find(const kvi_form *form, const char *name);
/** By name, in byte order, as signatures want them. */
void kvi_form_sort(kvi_form *form);

/**
 * Percent-encode (only A-Z a-z 0-9 - _ . ~ stay bare) straight into a hash. times 1; 2: what was
 * encoded is encoded again.
 */
void kvi_form_hash_encoded(struct kvi_hash *hash, kv_slice bytes, int times);

#endif
