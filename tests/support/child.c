#include "support/child.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(int (*part)(void *ctx), void *ctx)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(CHILD_SECONDS_MAX);
        _exit(part(ctx));
    }
    return child;
}

int child_wait(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("the child was ended by signal %d", WTERMSIG(status));
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CHILD_SKIP)
        skip();
    return WEXITSTATUS(status);
}

int child_run(int (*part)(void *ctx), void *ctx)
{
    return child_wait(child_start(part, ctx));
}
