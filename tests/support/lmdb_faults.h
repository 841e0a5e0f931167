/* LMDB's answers, failed by plan: what no system call can bring about, as a map that is full
 * although every operation was charged its worst case. As in support/faults.h the functions are
 * defined in the test program, and a program that uses nothing of this header does not get them. */
#ifndef SUPPORT_LMDB_FAULTS_H
#define SUPPORT_LMDB_FAULTS_H

#include <lmdb.h>
#include <stddef.h>
#include <stdint.h>

#include "support/fixture.h"

/** No plans. */
void lmdb_faults_reset(void);
/** Let the next `times` puts of a key with these bytes in it (borrowed, at most 64) answer rc. */
void lmdb_faults_put(const void *part, size_t size, int rc, unsigned times);
/** Let `skip` begins of a write transaction pass, then `times` of them answer rc. */
void lmdb_faults_begin(int rc, unsigned skip, unsigned times);
/** Run `hook` once, before the next write transaction begins. */
void lmdb_faults_begin_hook(void (*hook)(void *ctx), void *ctx);
/** How many calls failed by plan since the reset. */
unsigned lmdb_faults_fired(void);

/** fixture_setup() after lmdb_faults_reset() and faults_reset(): a test that failed may have left
 * its plans behind. */
int lmdb_faults_setup(void **state);
/** STORE_TEST() with it. */
#define LMDB_FAULTS_STORE_TEST(name, function)                                                     \
    TEST_WITHIN(name, function, lmdb_faults_setup, fixture_teardown)

#endif
