/**
 * Policies in RAM's form: {"Version":"1","Statement":[{"Effect":"Allow","Action":["dcdn:Get*"],
 * "Resource":"*"}]}. Explicit deny wins, default deny. Layer edge.
 *
 * Action: a string or an array, "product:operation" in each; `*` (any characters) and `?` (one)
 * match, letters in any case, as RAM does; "*" alone is everything. Besides operations
 * ("dcdn:BatchPutDcdnKv", "esa:PutKv", "kv:DescribeKvStore") it may name an access level:
 * "dcdn:read", "*:write", "list" ("read" alone is "*:read"). Resource is "*" alone (or an array of
 * it): there is nothing narrower here. All four members are required, and any member that is not
 * known (Condition, NotAction, ...) refuses the policy: to ignore it could allow what it forbids.
 * So does an action that cannot match (no colon, a space): a deny that denies nothing.
 */
#ifndef KVI_EDGE_POLICY_H
#define KVI_EDGE_POLICY_H

#include "kv.h"

#include <stdbool.h>

/** What an operation does. */
typedef enum kvi_access { KVI_ACCESS_READ, KVI_ACCESS_WRITE, KVI_ACCESS_LIST } kvi_access;

/** Opaque. Never changes: any thread may ask. */
typedef struct kvi_policy kvi_policy;

/**
 * Read a policy: a value that kvi_json_check() accepted with KVI_JSON_UNIQUE, borrowed during the
 * call. policy_out is owned: kvi_policy_free(). error->message says what is wrong and in which
 * statement, and quotes nothing. Returns KV_OK; KV_INVALID; KV_NO_MEMORY.
 */
kv_status kvi_policy_parse(kv_slice json, kvi_policy **policy_out, kv_error *error);
/** Release it. NULL is fine. */
void kvi_policy_free(kvi_policy *policy);
/** Whether it allows an operation. product: "dcdn", "esa", "kv" or "openplatform". In time that
 * grows with the lengths' product at most. */
bool kvi_policy_allows(const kvi_policy *policy, const char *product, const char *operation,
                       kvi_access access);

#endif
