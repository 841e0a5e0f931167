/**
 * A process's claim on a generation: one byte of GUARD, locked for as long as the process has the
 * generation open with LMDB's locks. Those are the process's, so a second environment on the same
 * files would destroy them when it is closed. Within one copy of the library ops/open_stores
 * prevents that; a second copy in the process (two add-ons, each with libkv in it) sees the claim.
 *
 * The byte's place follows from the process and the generation, so two processes do not conflict.
 * The lock belongs to the open file (F_OFD_SETLK): two copies in one process conflict. A forked
 * child uses another byte, and neither has this lock nor ends it. A child that outlives its
 * parent's exec keeps the old lock. That lock blocks nothing: no descriptor of this process has it.
 */
#ifndef KVI_CLAIM_H
#define KVI_CLAIM_H

#include "kv.h"

/**
 * Claim a generation. The caller holds the guard, so GUARD exists, and no other process claims in
 * between. It is enough if GUARD can be read.
 *
 * @param store       The store's directory.
 * @param generation  The generation's, within it.
 * @param fd_out      Owned: release with kvi_claim_release(). -1 on failure.
 * Returns KV_OK; KV_ALREADY_OPEN (another copy of the library in this process has it);
 * KV_UNSUPPORTED (GUARD is no regular file); KV_READ_ONLY; KV_IO.
 */
kv_status kvi_claim_take(const char *store, const char *generation, int *fd_out, kv_error *error);
/** End a claim and close its descriptor, although a forked child may have it too. -1: does nothing.
 */
void kvi_claim_release(int fd);

#endif
