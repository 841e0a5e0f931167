#include "storage/lock_file.h"

#include "base/status.h"
#include "storage/file_limit.h"
#include "storage/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file in LMDB 0.9, for its size alone: a head and a mutex, in cache lines of their own, and a
 * line for each reader.
 */
#define LINE 64

struct head {
    uint32_t magic, format;
    pthread_mutex_t mutex;
    size_t transaction;
    unsigned readers;
};

static off_t lock_file_size(uint32_t readers)
{
    size_t head = (sizeof(struct head) + LINE - 1) / LINE * LINE;
    size_t mutex = (sizeof(pthread_mutex_t) + LINE - 1) / LINE * LINE;

    return (off_t)(head + mutex + (size_t)readers * LINE);
}

/* 0 or an errno. */
static int lock_file_allocate(int fd, off_t size)
{
    struct stat file;

    if (fstat(fd, &file) != 0)
        return errno;
    if (file.st_size < size && (uint64_t)size > kvi_file_limit())
        return EFBIG;
    while (fallocate(fd, 0, 0, size) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

kv_status kvi_lock_file_prepare(const char *path, uint32_t file_mode, uint32_t readers,
                                kv_error *error)
{
    int fd, rc;
    kv_status status = kvi_path_open(path, O_RDWR | O_CREAT, file_mode, &fd, error);

    if (status == KV_READ_ONLY)
        return kvi_error_set(error, status, error != NULL ? error->os_errno : 0,
                             "%s must be writable even to read; seal the store for read-only media",
                             path);
    if (status != KV_OK)
        return status;
    rc = lock_file_allocate(fd, lock_file_size(readers));
    if (rc != 0 && rc != EOPNOTSUPP) /* Some file systems have nothing to give ahead. */
        status = kvi_path_error(error, rc, "allocate", path);
    (void)close(fd);
    return status;
}

int kvi_lock_file_remember(const char *path, kvi_lock_file *out)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return errno == ENOENT ? EROFS : errno;
    *out = (kvi_lock_file){(uint64_t)file.st_dev, (uint64_t)file.st_ino};
    return 0;
}

kv_status kvi_lock_file_check(const char *path, const kvi_lock_file *file)
{
    struct stat now;

    if (file->inode == 0)
        return KV_OK;
    if (stat(path, &now) != 0 || (uint64_t)now.st_dev != file->device ||
        (uint64_t)now.st_ino != file->inode)
        return KV_LOCK_LOST;
    return KV_OK;
}
