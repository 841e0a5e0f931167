#include "storage/guard.h"

#include "base/status.h"
#include "storage/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error)
{
    char path[KVI_PATH_MAX];
    int fd;
    kv_status status = kvi_path_join(store, KVI_GUARD, NULL, path);

    *fd_out = -1;
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "the path is too long");
    status = kvi_path_open(path, O_RDONLY | O_CREAT, file_mode, &fd, error);
    if (status != KV_OK)
        return status;
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            status = kvi_path_error(error, errno, "lock", path);
            (void)close(fd);
            return status;
        }
    *fd_out = fd;
    return KV_OK;
}

void kvi_guard_unlock(int fd)
{
    if (fd < 0)
        return;
    (void)flock(fd, LOCK_UN); /* A child forked meanwhile has the descriptor too. */
    (void)close(fd);
}
