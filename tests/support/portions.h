/* What tests of portions share: rows that expire, namespaces that are dropped, and one portion of
 * either, committed. */
#ifndef SUPPORT_PORTIONS_H
#define SUPPORT_PORTIONS_H

#include "support/fixture.h"

#include "ops/sweep_portion.h"
#include "tables/namespaces.h"

/** A write transaction with room for 100 operations. */
kvi_write_txn *portions_begin(struct fixture *fixture);
/** The store's time. */
int64_t portions_now(struct fixture *fixture);
/** Put "key-NNN", 12 bytes with its value; ttl in seconds, 0: none. */
void portions_put(struct fixture *fixture, kv_ns ns, int number, int64_t ttl);
/** A portion of the expired rows of a namespace. */
kvi_reclaimed portions_expired(struct fixture *fixture, kv_ns ns, uint64_t rows_max);
/** A portion of the rows of dropped namespaces. */
kvi_reclaimed portions_dropped(struct fixture *fixture, uint64_t rows_max);
uint64_t portions_key_count(struct fixture *fixture, kv_ns ns);
/** How many namespaces there are, as the store has it. */
kvi_namespace_counts portions_counts(struct fixture *fixture);
/** kv_sweep() without a bound. */
kv_status portions_sweep(struct fixture *fixture, kv_work *work);
/** Make the checksum of a row wrong that portions_put() made. */
void portions_damage_record(struct fixture *fixture, kv_ns ns, int number);

#endif
