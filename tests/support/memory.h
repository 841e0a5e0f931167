/* Allocations of the test program, counted and failed.
 *
 * malloc and its kin are defined in the test program itself, so those of every library come here
 * first. A program that uses nothing of this header does not get them linked in. Sanitizers bring
 * their own malloc: there a test of this kind is skipped. */
#ifndef SUPPORT_MEMORY_H
#define SUPPORT_MEMORY_H

#include <stdint.h>

/** Skip the test where allocations cannot be failed. */
void skip_without_memory_faults(void);
/** Allocations of any thread so far, failed ones included. */
uint64_t memory_made(void);
/** Let `skip` allocations of any thread succeed, then fail one. Negative: fail none. */
void memory_fail_after(int64_t skip);
/** How many have failed since the last memory_fail_after() that asked for one. */
uint64_t memory_failed(void);

#endif
