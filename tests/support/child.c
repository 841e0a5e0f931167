#include "support/child.h"

#include "support/tempdir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

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

int child_skip(const char *why)
{
    (void)dprintf(STDOUT_FILENO, "SKIP: %s\n", why);
    return CHILD_SKIP;
}

int child_skip_mount(void)
{
    return child_skip("nothing can be mounted here: that takes root, or user namespaces");
}

bool child_mount_read_only(const char *root)
{
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(root, root, NULL, MS_BIND, NULL) == 0 &&
           mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

int child_become_nobody(const char *root)
{
    char above[TEMPDIR_PATH_MAX];

    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return child_skip("root may not become another user here");
    (void)snprintf(above, sizeof(above), "%s", root);
    *strrchr(above, '/') = '\0';
    return access(above, X_OK) == 0
               ? 0
               : child_skip("stores are made in a directory that others may not enter: set "
                            "KV_TEST_DIR to another one");
}
