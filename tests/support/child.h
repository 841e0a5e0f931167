/* A part of a test that another process does.
 *
 * The child has everything inherited: an inherited handle answers KV_FORKED, and what it does to
 * memory the parent never sees. It must not use cmocka's asserts: those belong to the parent. It
 * tells how it went by a number. */
#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/** A child that answers this skips the test: see child_skip(). */
#define CHILD_SKIP 77
/** A child that takes longer is killed, and the test fails. */
#define CHILD_SECONDS_MAX 60

/**
 * Run part(ctx) in a child and wait for its end.
 *
 * Returns the number that it returned, 0 to 255: assert_int_equal(child_run(...), 0) says on which
 * line the test stands. A child that ends otherwise (a signal, the time) fails the test.
 */
int child_run(int (*part)(void *ctx), void *ctx);

/** The two halves, for a parent with something to do meanwhile. */
pid_t child_start(int (*part)(void *ctx), void *ctx);
int child_wait(pid_t child);

/** In a child: print why the test is skipped, and return CHILD_SKIP. */
int child_skip(const char *why);
/** The same, because the machine does not let us mount. */
int child_skip_mount(void);

/** In a child: all under `root` becomes read-only media for this process. false: no mounts here. */
bool child_mount_read_only(const char *root);
/** In a child: be nobody, if this is root, at work in the directory `root`. Returns 0, or what
 *  child_skip() does if nobody cannot be had or may not enter the directories above. */
int child_become_nobody(const char *root);

#endif
