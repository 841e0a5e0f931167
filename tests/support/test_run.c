/* The runner of all test programs: a mistake in a table must not look like success. */
#include "support/run.h"

#include "support/child.h"

#include <stdio.h>
#include <unistd.h>

static void test_passes(void **state)
{
    (void)state;
}

static void test_fails(void **state)
{
    (void)state;
    fail();
}

#define TESTS_MAX 3

static const struct row {
    const char *name;
    struct CMUnitTest tests[TESTS_MAX];
    size_t count;
    int exit_status;
    const char *stderr_text; /* All of it. */
} rows[] = {
    {"run: two tests",
     {TEST("a", test_passes), TEST("b", test_passes)},
     2,
     0,
     "[  PASSED  ] 2 test(s).\n"},
    {"run: the same name twice",
     {TEST("a", test_passes), TEST("b", test_passes), TEST("a", test_passes)},
     3,
     1,
     "group: two tests have the name \"a\"\n"},
    {"run: no name",
     {TEST("a", test_passes), TEST(NULL, test_passes)},
     2,
     1,
     "group: test 2 has no name\n"},
    {"run: an empty name", {TEST("", test_passes)}, 1, 1, "group: test 1 has no name\n"},
    {"run: no function", {TEST("a", NULL)}, 1, 1, "group: test \"a\" has no function\n"},
    {"run: no test", {TEST(NULL, NULL)}, 0, 1, "group: 0 tests, not 1 to 1000\n"},
};

/* The tests of a row, as a program of their own; its stderr goes to the descriptor. */
struct program {
    const struct row *row;
    int stderr_fd;
};

static int program_run(void *ctx)
{
    const struct program *program = ctx;

    if (dup2(program->stderr_fd, STDERR_FILENO) < 0 || freopen("/dev/null", "w", stdout) == NULL)
        return 99;
    run_tests_of(program->row->tests, program->row->count);
    return run_all("group");
}

static void test_program(void **state)
{
    const struct row *row = *state;
    char text[200] = "";
    size_t size;
    FILE *file = tmpfile();
    struct program program = {row, -1};

    assert_non_null(file);
    program.stderr_fd = fileno(file);
    assert_int_equal(child_run(program_run, &program), row->exit_status);
    rewind(file);
    size = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    assert_string_equal(text, row->stderr_text);
}

/* As many rows as that, each with this test. */
struct many {
    int count;
    CMUnitTestFunction test;
};

static int many_run(void *ctx)
{
    const struct many *many = ctx;

    if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
        return 99;
    for (int i = 0; i < many->count; i++)
        run_row(run_name("%d", i), many->test, NULL, NULL, NULL);
    return run_all("group");
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(child_run(many_run, &(struct many){1000, test_passes}), 0);
    assert_int_equal(child_run(many_run, &(struct many){1001, test_passes}), 1);
}

/* An exit status has eight bits: 256 would be 0. */
static void test_many_failures(void **state)
{
    (void)state;
    assert_int_equal(child_run(many_run, &(struct many){256, test_fails}), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST("run: at most 1,000 tests", test_count),
        TEST("run: 256 failures", test_many_failures),
    };

    run_rows(rows, test_program, NULL, NULL);
    run_tests(tests);
    return run_all("run");
}
