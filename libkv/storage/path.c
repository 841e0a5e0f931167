#include "storage/path.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

kv_status kvi_path_join(const char *a, const char *b, const char *c, char *path)
{
    int size = snprintf(path, KVI_PATH_MAX, c == NULL ? "%s/%s" : "%s/%s/%s", a, b, c);

    return size > 0 && size < KVI_PATH_MAX ? KV_OK : KV_INVALID;
}

kv_status kvi_path_error(kv_error *error, int os_errno, const char *what, const char *path)
{
    kv_status status = KV_IO;

    if (os_errno == EACCES || os_errno == EROFS || os_errno == EPERM)
        status = KV_READ_ONLY;
    else if (os_errno == ENOSPC || os_errno == EDQUOT)
        status = KV_DISK_FULL;
    else if (os_errno == ENOMEM)
        status = KV_NO_MEMORY;
    return kvi_error_set(error, status, os_errno, "%s %s", what, path);
}

kv_status kvi_path_sync(const char *path, kv_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    kv_status status = KV_OK;

    if (fd < 0)
        return kvi_path_error(error, errno, "open", path);
    if (fsync(fd) != 0)
        status = kvi_path_error(error, errno, "sync", path);
    (void)close(fd);
    return status;
}
