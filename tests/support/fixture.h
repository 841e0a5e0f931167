/* What most API tests begin with: a new store with one namespace, "main", and a clock that stands
 * still. fixture_setup and fixture_teardown are cmocka's; *state is the fixture. */
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include "kv.h"
#include "support/clock.h"
#include "support/run.h"
#include "support/tempdir.h"

struct fixture {
    char root[TEMPDIR_PATH_MAX]; /* Removed at the end. */
    char path[TEMPDIR_PATH_MAX]; /* The store: root/store. */
    struct fake_clock clock;
    kv_options options; /* With KV_CREATE and the clock. */
    kv_db *db;
    kv_ns ns;
    kv_buf buf;
    const void *row; /* What *state was before the setup: the row of a table, or NULL. */
};

/** A fixture without a store yet. */
int fixture_setup_empty(void **state);
int fixture_setup(void **state);
int fixture_teardown(void **state);
/** Make the store with these settings and its namespace; NULL: defaults. */
void fixture_create(struct fixture *fixture, const kv_settings *settings);
/** Open it (again) with fixture->options. */
void fixture_open(struct fixture *fixture);
/** Close it. */
void fixture_close(struct fixture *fixture);
void fixture_advance(struct fixture *fixture, int64_t seconds);

/** A put of text. */
kv_op op_put(const char *key, const char *value);
kv_op op_delete(const char *key);
kv_op op_touch(const char *key);
kv_op op_add(const char *key, int64_t addend);
/** Put text into "main"; the version. */
uint64_t fixture_put(struct fixture *fixture, const char *key, const char *value);
/** A get of a key in "main" must give this text. */
void fixture_expect(struct fixture *fixture, const char *key, const char *value);
/** It must answer KV_NOT_FOUND. */
void fixture_expect_absent(struct fixture *fixture, const char *key);
/** A snapshot, or the test fails. End it with kv_snapshot_end(). */
kv_snapshot *fixture_snapshot(struct fixture *fixture);
/** All about a namespace, or the test fails. */
kv_namespace_info fixture_describe(struct fixture *fixture, kv_ns ns);
/** Of a namespace, the bytes that count against its capacity. */
uint64_t fixture_usage(struct fixture *fixture, kv_ns ns);

/** Entries for run_tests(): a test on a new store, and one that makes its own. */
#define STORE_TEST(name, function) TEST_WITHIN(name, function, fixture_setup, fixture_teardown)
#define EMPTY_TEST(name, function)                                                                 \
    TEST_WITHIN(name, function, fixture_setup_empty, fixture_teardown)

/** Compare two statuses; a failure shows their names. */
#define assert_status(got, want) assert_string_equal(kv_status_name(got), kv_status_name(want))

#endif
