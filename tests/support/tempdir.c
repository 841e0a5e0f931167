#include "support/tempdir.h"

#include <ftw.h>
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

int tempdir_make(char path[TEMPDIR_PATH_MAX])
{
    int size = snprintf(path, TEMPDIR_PATH_MAX, "%s/libkv-test-XXXXXX", tempdir_base());

    if (size < 0 || size >= TEMPDIR_PATH_MAX)
        return -1;
    return mkdtemp(path) == NULL ? -1 : 0;
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
