/*
 * Writing what a call asks for into its Namespace, with the service's limits whatever those of the
 * store's handle are, and telling what became of it. Layer edge.
 */
#ifndef KVI_EDGE_WRITE_H
#define KVI_EDGE_WRITE_H

#include "edge/call.h"

/* The service's limits for its small and its high-capacity forms, bytes. */
typedef struct kvi_write_limits {
    uint64_t value_size_max;
    const char *value_message; /* Of a value that is longer. */
    uint64_t batch_size_max;   /* Key and value bytes of a batch's puts. */
    uint64_t keys_size_max;    /* Of a batch delete. */
} kvi_write_limits;

extern const kvi_write_limits kvi_write_small, kvi_write_high;

/* Write one operation. false: answer has the fault. */
bool kvi_write_one(kvi_call *call, const kv_op *op, const kvi_write_limits *limits);
/* Answer what a put answers: Length, and Value, shortened. */
void kvi_write_tell_put(kvi_call *call, size_t size, kv_slice text);
/* Write a KvList, or delete Keys: JSON text, called `name` in faults. Answer SuccessKeys, FailKeys
   and Failures, or a fault and nothing is written. */
void kvi_write_pairs(kvi_call *call, const char *name, kv_slice text,
                     const kvi_write_limits *limits);
void kvi_write_deletes(kvi_call *call, const char *name, kv_slice text,
                       const kvi_write_limits *limits);

#endif
