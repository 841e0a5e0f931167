/**
 * What parameters the operations have, of which type and within which bounds; reading them from a
 * form. Layer edge.
 */
#ifndef KVI_EDGE_ARGUMENTS_H
#define KVI_EDGE_ARGUMENTS_H

#include "edge/answer.h"
#include "edge/form.h"

#include <stdbool.h>

/** ListDcdnKv reaches this far: PageNumber times PageSize. */
#define KVI_LIST_DEPTH_MAX 50000

/** Every parameter that some operation takes. Sets of them are sums of 1u << id. */
typedef enum kvi_argument_id {
    KVI_ARG_NAMESPACE,
    KVI_ARG_DESCRIPTION,
    KVI_ARG_KEY,
    KVI_ARG_VALUE,
    KVI_ARG_EXPIRATION_TTL, /**< Before Expiration, which it replaces. */
    KVI_ARG_EXPIRATION,
    KVI_ARG_BASE64,
    KVI_ARG_KV_LIST,
    KVI_ARG_KEYS,
    KVI_ARG_PAGE_NUMBER,
    KVI_ARG_PAGE_SIZE,
    KVI_ARG_PREFIX,
    KVI_ARG_URL,
    KVI_ARG_AFTER,
    KVI_ARG_EPOCH,
    KVI_ARG_LIMIT,
    KVI_ARGUMENTS
} kvi_argument_id;

/** One parameter as it was given. */
typedef struct kvi_argument {
    kv_slice text;     /**< Of texts; borrowed from the form; empty, not NULL, if not given. */
    int64_t integer;   /**< Of integers and booleans; the default if not given. */
    uint64_t position; /**< Of places in the change log. */
    bool is_given;
} kvi_argument;

/** Read the parameters of the set `takes`, of which those in `needs` must be there; others are
 *  ignored. All of `arguments` is set. false: answer has the fault. */
bool kvi_arguments_read(const kvi_form *form, uint32_t takes, uint32_t needs,
                        kvi_argument arguments[KVI_ARGUMENTS], kvi_answer *answer);

#endif
