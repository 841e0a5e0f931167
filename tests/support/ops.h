/* Random operations: keys that meet each other, values of every stored form, deadlines near and
 * far, conditions that may hold, and now and then each fault that one operation can have. */
#ifndef SUPPORT_OPS_H
#define SUPPORT_OPS_H

#include "kv.h"
#include "support/random.h"
#include "support/subject.h"

struct ops {
    struct subject *subject; /* Its model tells what is there. */
    struct rng rng;
    unsigned char *arena; /* The bytes of what was made... */
    size_t used;          /* ...since this was set to 0. */
};

/** End it with ops_end(). */
void ops_begin(struct ops *ops, struct subject *subject, uint64_t seed);
void ops_end(struct ops *ops);

/** A key. Its bytes stay until ops->used is set back. */
kv_slice ops_key_good(struct ops *ops);
/** Now and then one that is malformed or too long. */
kv_slice ops_key_any(struct ops *ops);
/** An operation for a namespace. */
kv_op ops_any(struct ops *ops, kv_ns ns);

#endif
