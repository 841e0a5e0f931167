/* What tests of modules do inside a store, past its API: look at rows, and damage them. */
#ifndef SUPPORT_INSIDE_H
#define SUPPORT_INSIDE_H

#include "support/fixture.h"

#include "codec/row_envelope.h"
#include "storage/txn.h"

/** A write transaction of the environment alone; the test commits or aborts it. */
kvi_txn *inside_begin(struct fixture *fixture);
/** Write a row of a table (tables/catalog.h), whatever it means. */
void inside_put(struct fixture *fixture, unsigned table, kv_slice key, const void *row,
                size_t size);
void inside_delete(struct fixture *fixture, unsigned table, kv_slice key);
/** Flip bits of one byte of a row. */
void inside_flip(struct fixture *fixture, unsigned table, kv_slice key, size_t at, uint8_t bits);
/** Write a row in an envelope (codec/row_envelope.h) whose checksum is right, whatever it says. */
void inside_put_row(struct fixture *fixture, unsigned table, kv_slice key, kv_slice fields,
                    kv_slice parts);
/** The row of an envelope as it is; the slices are good until the next call. */
kvi_envelope inside_row(struct fixture *fixture, unsigned table, kv_slice key);
/** Flip bits of one byte of the fields of a row, and make its checksum right. */
void inside_flip_field(struct fixture *fixture, unsigned table, kv_slice key, size_t at,
                       uint8_t bits);
/** The key in `values`; good until the next call. */
kv_slice inside_values_key(kv_ns ns, const char *key);
/** Rows of a table. */
uint64_t inside_entries(struct fixture *fixture, unsigned table);
/** What the store derives from its values agrees with them. Closes and opens it. */
void inside_recount(struct fixture *fixture);

#endif
