#include "support/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TESTS_MAX 1000

static struct CMUnitTest registered[TESTS_MAX];
static size_t registered_count; /* Counts those too that had no room. */

static void test_register(const struct CMUnitTest *test)
{
    if (registered_count < TESTS_MAX)
        registered[registered_count] = *test;
    registered_count++;
}

void run_tests_of(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_register(&tests[i]);
}

void run_row(const char *name, CMUnitTestFunction function, CMFixtureFunction setup,
             CMFixtureFunction teardown, const void *row)
{
    test_register(&(struct CMUnitTest){name, function, setup, teardown, (void *)(uintptr_t)row});
}

const char *run_name(const char *format, ...)
{
    char *name = NULL;
    va_list args;
    int size;

    va_start(args, format);
    size = vasprintf(&name, format, args);
    va_end(args);
    return size >= 0 ? name : NULL;
}

static bool has_name(const struct CMUnitTest *test)
{
    return test->name != NULL && test->name[0] != '\0';
}

/* Whether an earlier test has the name of this one. */
static bool is_repeated(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (has_name(&registered[i]) && strcmp(registered[i].name, registered[at].name) == 0)
            return true;
    return false;
}

/* Print each mistake of the tables; their number. */
static size_t mistakes_print(const char *group, size_t count)
{
    size_t mistakes = 0;

    if (count == 0 || count > TESTS_MAX) {
        (void)fprintf(stderr, "%s: %zu tests, not 1 to %d\n", group, count, TESTS_MAX);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        const struct CMUnitTest *test = &registered[i];

        if (!has_name(test))
            (void)fprintf(stderr, "%s: test %zu has no name\n", group, i + 1);
        else if (test->test_func == NULL)
            (void)fprintf(stderr, "%s: test \"%s\" has no function\n", group, test->name);
        else if (is_repeated(i))
            (void)fprintf(stderr, "%s: two tests have the name \"%s\"\n", group, test->name);
        else
            continue;
        mistakes++;
    }
    return mistakes;
}

int run_all_within(const char *name, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    size_t count = registered_count;

    registered_count = 0; /* A test that forks may register tests of its own. */
    if (mistakes_print(name, count) != 0)
        return 1;
    return _cmocka_run_group_tests(name, registered, count, setup, teardown) != 0;
}

void skip_because(const char *why)
{
    print_message("SKIP: %s\n", why);
    skip();
}

int run_all(const char *name)
{
    return run_all_within(name, NULL, NULL);
}
