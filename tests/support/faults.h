/* System calls of the test program, counted, failed or held.
 *
 * The functions of this name are defined in the test program itself, so libkv's calls and those of
 * LMDB's shared library come here first. A program that uses nothing of this header does not get
 * them linked in. Each passes the call on unless a plan says otherwise. */
#ifndef SUPPORT_FAULTS_H
#define SUPPORT_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "support/fixture.h"

enum faults_call {
    FAULTS_WRITE,     /* write */
    FAULTS_PWRITE,    /* pwrite, on a descriptor without O_DSYNC */
    FAULTS_META,      /* pwrite on one with O_DSYNC: LMDB's synced meta page */
    FAULTS_WRITEV,    /* writev, pwritev */
    FAULTS_FDATASYNC, /* fdatasync */
    FAULTS_FSYNC,     /* fsync */
    FAULTS_FTRUNCATE, /* ftruncate */
    FAULTS_FALLOCATE, /* fallocate, posix_fallocate */
    FAULTS_LINK,      /* link */
    FAULTS_CALLS
};

#define FAULTS_FOR_EVER UINT64_MAX

/** No plans, no hook, all counts 0. */
void faults_reset(void);
/** Calls since the reset, failed ones included. */
uint64_t faults_count(enum faults_call call);
/** How many of them a plan failed. */
uint64_t faults_fired(enum faults_call call);
/** Let `skip` calls pass, then fail `times` of them with this errno. */
void faults_fail(enum faults_call call, int os_errno, uint64_t skip, uint64_t times);
/** The same, but the bytes reach the file before the failure is told. */
void faults_fail_after(enum faults_call call, int os_errno, uint64_t skip, uint64_t times);
/** Let `skip` calls pass; then one writes no more than its first `size` bytes and answers how many.
 *  Of the calls that write. */
void faults_short(enum faults_call call, size_t size, uint64_t skip);
/** Run `hook` before each such call. NULL: none. */
void faults_hook(enum faults_call call, void (*hook)(void *ctx), void *ctx);
/** Run `hook` after each such call, before it answers. NULL: none. */
void faults_hook_after(enum faults_call call, void (*hook)(void *ctx), void *ctx);

/** fixture_setup(), fixture_setup_empty() and fixture_teardown(), each after faults_reset(): a test
 *  that fails leaves no plans to the next one. */
int faults_setup(void **state);
int faults_setup_empty(void **state);
int faults_teardown(void **state);
/** STORE_TEST() and EMPTY_TEST() with these. */
#define FAULTS_STORE_TEST(name, function) TEST_WITHIN(name, function, faults_setup, faults_teardown)
#define FAULTS_EMPTY_TEST(name, function)                                                          \
    TEST_WITHIN(name, function, faults_setup_empty, faults_teardown)

#endif
