/**
 * The tokens of the newest transactions: a row of `usage`, since every commit writes it.
 *
 *     u32 0, u8 1 -> u64 sum; part: u8 count, token[count], the newest first
 *     token = u64 sequence, random
 *
 * It is in an envelope (codec/row_envelope) whose checksum covers `sum` alone: the sum of
 * (sequence * 0x9E3779B97F4A7C15 + random) * 0xBF58476D1CE4E5B9 over the tokens, modulo 2^64.
 */
#ifndef KVI_TOKENS_H
#define KVI_TOKENS_H

#include "kv.h"
#include "storage/txn.h"

#define KVI_TOKENS_MAX 64 /**< As many transactions can be asked for. */

/** One transaction: the sequence that came next when it began, and a number that sets it apart. */
typedef struct kvi_token {
    uint64_t sequence, random;
} kvi_token;

/** Newest first; *count_out of them. */
kv_status kvi_tokens_get(kvi_txn *txn, kvi_token out[KVI_TOKENS_MAX], size_t *count_out);
/** Add the newest, forget the oldest beyond KVI_TOKENS_MAX. A damaged row is no failure: all
 *  tokens in it are forgotten. */
kv_status kvi_tokens_push(kvi_txn *txn, kvi_token token);

#endif
