#include "support/tempdir.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *tempdir_base(void)
{
    const char *base = getenv("KV_TEST_DIR");

    if (base != NULL && base[0] != '\0')
        return base;
    if (access("/dev/shm", W_OK | X_OK) == 0)
        return "/dev/shm";
    base = getenv("TMPDIR");
    return base != NULL && base[0] != '\0' ? base : "/tmp";
}

/* What a failed test leaves behind goes when the process that made it exits. */
#define MADE_MAX 256

static struct {
    pid_t process;
    size_t count;
    char paths[MADE_MAX][TEMPDIR_PATH_MAX];
} made;

static void remove_made(void)
{
    if (getpid() != made.process)
        return;
    for (size_t i = 0; i < made.count; i++)
        tempdir_remove(made.paths[i]);
}

static void remember(const char *path)
{
    if (made.count == 0 && atexit(remove_made) != 0)
        return;
    made.process = getpid();
    if (made.count < MADE_MAX)
        (void)snprintf(made.paths[made.count++], TEMPDIR_PATH_MAX, "%s", path);
}

int tempdir_make(char path[TEMPDIR_PATH_MAX])
{
    int size = snprintf(path, TEMPDIR_PATH_MAX, "%s/libkv-test-XXXXXX", tempdir_base());

    if (size < 0 || size >= TEMPDIR_PATH_MAX)
        return -1;
    if (mkdtemp(path) == NULL)
        return -1;
    remember(path);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)walk;
    if (type == FTW_DP || type == FTW_D)
        (void)rmdir(path);
    else
        (void)unlink(path);
    return 0;
}

void tempdir_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void tempdir_join(char out[TEMPDIR_PATH_MAX], const char *path, const char *name)
{
    if (snprintf(out, TEMPDIR_PATH_MAX, "%s/%s", path, name) >= TEMPDIR_PATH_MAX)
        abort();
}

int tempdir_find(char out[TEMPDIR_PATH_MAX], const char *path, const char *pattern)
{
    char whole[TEMPDIR_PATH_MAX];
    glob_t found;
    int rc = -1;

    tempdir_join(whole, path, pattern);
    if (glob(whole, 0, NULL, &found) != 0)
        return -1;
    if (found.gl_pathc == 1)
        rc = snprintf(out, TEMPDIR_PATH_MAX, "%s", found.gl_pathv[0]) < TEMPDIR_PATH_MAX ? 0 : -1;
    globfree(&found);
    return rc;
}

void tempdir_write(const char *directory, const char *name, const void *data, size_t size)
{
    char path[TEMPDIR_PATH_MAX];
    int fd;

    tempdir_join(path, directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

bool tempdir_has(const char *directory, const char *name)
{
    char path[TEMPDIR_PATH_MAX];

    tempdir_join(path, directory, name);
    return access(path, F_OK) == 0;
}

unsigned tempdir_mode(const char *path)
{
    struct stat file;

    assert_int_equal(stat(path, &file), 0);
    return file.st_mode & 07777;
}
