#include "storage/path.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Append to a path of *size bytes; *size SIZE_MAX: it got too long. */
static void path_append(char *path, size_t *size, const char *part)
{
    size_t more = strlen(part);

    if (*size > KVI_PATH_MAX || more >= KVI_PATH_MAX - *size) {
        *size = SIZE_MAX;
        return;
    }
    memcpy(path + *size, part, more + 1);
    *size += more;
}

kv_status kvi_path_join(const char *a, const char *b, const char *c, char *path)
{
    size_t size = 0;

    path_append(path, &size, a);
    path_append(path, &size, "/");
    path_append(path, &size, b);
    if (c != NULL) {
        path_append(path, &size, "/");
        path_append(path, &size, c);
    }
    return size != SIZE_MAX ? KV_OK : KV_INVALID;
}

kv_status kvi_path_error(kv_error *error, int os_errno, const char *what, const char *path)
{
    kv_status status = KV_IO;

    if (os_errno == EACCES || os_errno == EROFS || os_errno == EPERM)
        status = KV_READ_ONLY;
    else if (os_errno == ENOSPC || os_errno == EDQUOT || os_errno == EFBIG)
        status = KV_DISK_FULL;
    else if (os_errno == ENOMEM)
        status = KV_NO_MEMORY;
    return kvi_error_set(error, status, os_errno, "%s %s", what, path);
}

static kv_status path_not_regular(kv_error *error, const char *path)
{
    return kvi_error_set(error, KV_UNSUPPORTED, 0,
                         "%s is not a regular file: remove it while no process has the store open",
                         path);
}

/* A descriptor, or -1 with errno. If two processes make the file at once, both open the same file.
 */
static int path_open_or_make(const char *path, int flags, uint32_t file_mode)
{
    int how = (flags & ~O_CREAT) | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK;
    int fd = open(path, how);

    if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT))
        return fd;
    fd = open(path, how | O_CREAT | O_EXCL, (mode_t)file_mode);
    if (fd < 0 && errno == EEXIST)
        return open(path, how);
    if (fd >= 0)
        (void)fchmod(fd, (mode_t)file_mode); /* Failing that, fewer may open it. */
    return fd;
}

kv_status kvi_path_open(const char *path, int flags, uint32_t file_mode, int *fd_out,
                        kv_error *error)
{
    int fd = path_open_or_make(path, flags, file_mode);
    struct stat file;

    *fd_out = -1;
    /* A symbolic link; a directory, opened for writing; a socket. */
    if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return path_not_regular(error, path);
    if (fd < 0)
        return kvi_path_error(error, errno, "open", path);
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        (void)close(fd);
        return path_not_regular(error, path);
    }
    *fd_out = fd;
    return KV_OK;
}

kv_status kvi_path_each(const char *directory,
                        kv_status (*each)(const char *directory, const char *name, void *ctx,
                                          kv_error *error),
                        void *ctx, kv_error *error)
{
    DIR *stream = opendir(directory);
    struct dirent *entry;
    kv_status status = KV_OK;

    if (stream == NULL)
        return kvi_path_error(error, errno, "list", directory);
    while (status == KV_OK) {
        errno = 0;
        entry = readdir(stream);
        if (entry == NULL && errno != 0)
            status = kvi_path_error(error, errno, "list", directory);
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = each(directory, entry->d_name, ctx, error);
    }
    (void)closedir(stream);
    return status;
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
