/**
 * Why the last read of a snapshot failed: which check, in which table, at which key. Noted where a
 * read fails, put into words when it is asked for.
 */
#ifndef KVI_READ_ERROR_H
#define KVI_READ_ERROR_H

#include "base/fault.h"
#include "kv.h"

#include <stddef.h>

/** What is known of a failed read; begin with zeros. */
typedef struct kvi_read_error {
    kv_status status; /**< KV_OK: no read has failed. */
    unsigned table;   /**< tables/catalog.h */
    kv_ns ns;         /**< 0: the failure is of no namespace. */
    kvi_fault fault;
    size_t key_size; /**< 0: the failure is of no key. */
    uint8_t key[KV_KEY_SIZE_MAX];
} kvi_read_error;

/**
 * Note how a read went. Whatever is an answer, as KV_OK and KV_NOT_FOUND are, is not noted.
 *
 * @param ns     0: none.
 * @param key    Is copied; empty: none.
 * @param fault  The check that failed; of no meaning with a status that has none.
 * Returns `status`.
 */
kv_status kvi_read_error_note(kvi_read_error *error, kv_status status, unsigned table, kv_ns ns,
                              kv_slice key, kvi_fault fault);
/** Put it into words. KV_OK; KV_NOT_FOUND: no read has failed, and *out stays as it is. */
kv_status kvi_read_error_tell(const kvi_read_error *error, kv_error *out);

#endif
