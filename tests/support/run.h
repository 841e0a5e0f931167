/* The tests of one program: tables are registered in the order in which their tests run, then
 * run_all() runs them as one group of cmocka's.
 *
 *     run_tests(tests);
 *     run_rows(rows, test_row, fixture_setup, fixture_teardown);
 *     return run_all("api: get");
 *
 * A mistake in a table ends the program before the first test: see run_all(). For main() only. */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/count.h"

/** Entries of an array for run_tests(). Setup and teardown are cmocka's; NULL: none. */
#define TEST(name, function) TEST_WITHIN(name, function, NULL, NULL)
#define TEST_WITHIN(name, function, setup, teardown)                                               \
    {                                                                                              \
        name, function, setup, teardown, NULL                                                      \
    }

/** Register each entry of an array of struct CMUnitTest. cmocka has an obsolete macro of the same
 *  name, for other structs. */
#undef run_tests
#define run_tests(tests) run_tests_of(tests, COUNT(tests))

/** Register one test for each row of an array. The row's `name` is the test's name. The row is the
 *  initial *state: fixtures keep it in fixture->row. */
#define run_rows(rows, function, setup, teardown)                                                  \
    for (size_t run_at = 0; run_at < COUNT(rows); run_at++)                                        \
    run_row((rows)[run_at].name, function, setup, teardown, &(rows)[run_at])

/** The same for a number of entries, and for one row. Names and rows are borrowed: they must live
 *  until run_all() returns. */
void run_tests_of(const struct CMUnitTest *tests, size_t count);
void run_row(const char *name, CMUnitTestFunction function, CMFixtureFunction setup,
             CMFixtureFunction teardown, const void *row);
/** A name for run_row(), formatted as by printf(). It lives as long as the program. */
const char *run_name(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Skip the test that runs. Why is printed, also at the end of `make check`: what the machine
 * lacks. */
void skip_because(const char *why);

/**
 * Run the registered tests as the group `name`.
 *
 * Returns main()'s exit status: 0 if no test failed. If a test has no name or no function, if two
 * tests have the same name, if there is no test or there are too many, it names the mistakes on
 * stderr, runs nothing and returns 1.
 */
int run_all(const char *name);
/** The same, with a setup before the first test and a teardown behind the last one. */
int run_all_within(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown);

#endif
