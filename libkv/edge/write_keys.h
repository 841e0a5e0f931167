/**
 * Writing keys: the puts and deletes that a call asks for, into its Namespace, with the service's
 * limits whatever those of the store's handle are, and telling what became of each. Layer edge.
 */
#ifndef KVI_EDGE_WRITE_KEYS_H
#define KVI_EDGE_WRITE_KEYS_H

#include "edge/call.h"

/** Limits of one form of the service, bytes. */
typedef struct kvi_write_keys_limits {
    uint64_t value_size_max;
    const char *value_message; /**< Of a value that is longer. Static. */
    uint64_t batch_size_max;   /**< Key and value bytes of a batch's puts. */
    uint64_t keys_size_max;    /**< Of a batch delete. */
} kvi_write_keys_limits;

/** Those of the small and of the high-capacity forms. */
extern const kvi_write_keys_limits kvi_write_keys_small, kvi_write_keys_high;

/** Write one operation. false: answer has the fault. */
bool kvi_write_keys_one(kvi_call *call, const kv_op *op, const kvi_write_keys_limits *limits);
/** Answer what a put answers: Length, and Value, shortened. */
void kvi_write_keys_tell_put(kvi_call *call, size_t size, kv_slice text);
/** Write a KvList: JSON text, called `name` in faults. Answer SuccessKeys, FailKeys and Failures,
 *  or a fault, and then nothing is written. */
void kvi_write_keys_puts(kvi_call *call, const char *name, kv_slice text,
                         const kvi_write_keys_limits *limits);
/** Delete Keys; the same otherwise. */
void kvi_write_keys_deletes(kvi_call *call, const char *name, kv_slice text,
                            const kvi_write_keys_limits *limits);

#endif
