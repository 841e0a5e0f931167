#include "storage/guard.h"

#include "base/status.h"
#include "storage/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error)
{
    char path[KVI_PATH_MAX];
    int fd;

    *fd_out = -1;
    if (kvi_path_join(store, "GUARD", NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)file_mode);
    if (fd >= 0)
        (void)fchmod(fd, (mode_t)file_mode); /* Whatever the umask; failing that, fewer may lock. */
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC); /* Enough for flock. */
    if (fd < 0 && (errno == ENOENT || errno == EROFS || errno == EACCES))
        return KV_OK;
    if (fd < 0)
        return kvi_path_error(error, errno, "open", path);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            kv_status status = kvi_path_error(error, errno, "lock", path);
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
