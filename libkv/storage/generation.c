#include "storage/generation.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CURRENT "CURRENT"
#define GUARD "GUARD"
#define PREFIX "g-"
#define FORMAT "1"

/* Not all kernels' headers have these. */
#define MAGIC_CIFS 0xFF534D42u
#define MAGIC_SMB2 0xFE534D42u
#define MAGIC_CEPH 0x00C36400u
#define MAGIC_9P 0x01021997u

static kv_status file_error(kv_error *error, int number, const char *what, const char *path)
{
    kv_status status = KV_IO;

    if (number == EACCES || number == EROFS || number == EPERM)
        status = KV_READ_ONLY;
    else if (number == ENOSPC || number == EDQUOT)
        status = KV_DISK_FULL;
    return kvi_error_set(error, status, number, "%s %s", what, path);
}

static kv_status path_join(const char *a, const char *b, const char *c, char *path)
{
    int size = snprintf(path, KVI_PATH_MAX, c == NULL ? "%s/%s" : "%s/%s/%s", a, b, c);

    return size > 0 && size < KVI_PATH_MAX ? KV_OK : KV_INVALID;
}

kv_status kvi_generation_path(const char *store, const char *generation, const char *file,
                              char *path)
{
    return path_join(store, generation, file, path);
}

/* Directories are entered by those who may read their files. */
static mode_t directory_mode(uint32_t file_mode)
{
    return (mode_t)(file_mode | ((file_mode & 0444) >> 2));
}

static kv_status path_sync(const char *path, kv_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    kv_status status = KV_OK;

    if (fd < 0)
        return file_error(error, errno, "open", path);
    if (fsync(fd) != 0)
        status = file_error(error, errno, "sync", path);
    (void)close(fd);
    return status;
}

bool kvi_generation_is_name(const char *name)
{
    size_t size = strlen(name);

    return size > strlen(PREFIX) && size < KVI_GENERATION_NAME_MAX &&
           strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz-") == size;
}

/* Step over `word` at *at. */
static bool text_take(const char **at, const char *word)
{
    size_t size = strlen(word);

    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* Copy what stands at *at up to the end of the line. */
static bool text_take_line(const char **at, char *out, size_t capacity)
{
    const char *end = strchr(*at, '\n');
    size_t size = end != NULL ? (size_t)(end - *at) : capacity;

    if (size == 0 || size >= capacity)
        return false;
    memcpy(out, *at, size);
    out[size] = '\0';
    *at = end + 1;
    return true;
}

/* KV_OK; KV_UNSUPPORTED (newer); KV_CORRUPT. */
static kv_status current_parse(const char *text, kvi_current *out)
{
    char format[16], sealed[8];

    if (!text_take(&text, "libkv ") || !text_take_line(&text, format, sizeof(format)))
        return KV_CORRUPT;
    if (strcmp(format, FORMAT) != 0)
        return strspn(format, "0123456789") == strlen(format) ? KV_UNSUPPORTED : KV_CORRUPT;
    if (!text_take(&text, "generation ") ||
        !text_take_line(&text, out->generation, sizeof(out->generation)) ||
        !text_take(&text, "sealed ") || !text_take_line(&text, sealed, sizeof(sealed)) ||
        *text != '\0')
        return KV_CORRUPT;
    if (!kvi_generation_is_name(out->generation))
        return KV_CORRUPT;
    out->sealed = strcmp(sealed, "yes") == 0;
    return out->sealed || strcmp(sealed, "no") == 0 ? KV_OK : KV_CORRUPT;
}

kv_status kvi_current_read(const char *store, kvi_current *out, kv_error *error)
{
    char path[KVI_PATH_MAX], text[256];
    kv_status status;
    ssize_t got;
    int fd;

    if (path_join(store, CURRENT, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* Whatever it is, do not wait for it. */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return kvi_error_set(error, KV_NOT_FOUND, 0, "there is no store at %s", store);
    if (fd < 0) /* Not KV_READ_ONLY: without it nothing can be read either. */
        return kvi_error_set(error, KV_IO, errno, "open %s", path);
    got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (got < 0)
        return file_error(error, errno, "read", path);
    text[got] = '\0';
    status = strlen(text) == (size_t)got ? current_parse(text, out) : KV_CORRUPT;
    if (status == KV_UNSUPPORTED)
        return kvi_error_set(error, status, 0, "%s is of a newer libkv", path);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "%s is damaged or not libkv's", path);
    return KV_OK;
}

/* Write the text to a file of its own and sync it; its path in `path`. */
static kv_status current_write(const char *store, const kvi_current *current, uint32_t file_mode,
                               char *path, kv_error *error)
{
    char name[KVI_GENERATION_NAME_MAX + sizeof(CURRENT) + 1], text[256];
    int size = snprintf(text, sizeof(text), "libkv %s\ngeneration %s\nsealed %s\n", FORMAT,
                        current->generation, current->sealed ? "yes" : "no");
    kv_status status = KV_OK;
    int fd;

    (void)snprintf(name, sizeof(name), CURRENT ".%s", current->generation);
    if (path_join(store, name, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)file_mode);
    if (fd < 0)
        return file_error(error, errno, "create", path);
    if (write(fd, text, (size_t)size) != size || fchmod(fd, (mode_t)file_mode) != 0 ||
        fsync(fd) != 0)
        status = file_error(error, errno, "write", path);
    (void)close(fd);
    if (status != KV_OK)
        (void)unlink(path);
    return status;
}

kv_status kvi_current_create(const char *store, const kvi_current *current, uint32_t file_mode,
                             kv_error *error)
{
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kv_status status = current_write(store, current, file_mode, from, error);

    if (status != KV_OK)
        return status;
    if (path_join(store, CURRENT, NULL, to) != KV_OK)
        status = KV_INVALID;
    else if (link(from, to) != 0)
        status = errno == EEXIST ? KV_NOT_FOUND : file_error(error, errno, "link", to);
    (void)unlink(from);
    return status == KV_OK ? path_sync(store, error) : status;
}

kv_status kvi_current_replace(const char *store, const kvi_current *current, uint32_t file_mode,
                              kv_error *error)
{
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kv_status status = current_write(store, current, file_mode, from, error);

    if (status != KV_OK)
        return status;
    if (path_join(store, CURRENT, NULL, to) != KV_OK)
        return KV_INVALID;
    if (rename(from, to) != 0) {
        status = file_error(error, errno, "rename", to);
        (void)unlink(from);
        return status;
    }
    return path_sync(store, error);
}

uint64_t kvi_current_mark(const char *store)
{
    char path[KVI_PATH_MAX];
    struct stat file;

    if (path_join(store, CURRENT, NULL, path) != KV_OK || stat(path, &file) != 0)
        return 0;
    return ((uint64_t)file.st_ino * 0x9E3779B97F4A7C15u) ^ (uint64_t)file.st_dev ^
           ((uint64_t)file.st_ctim.tv_sec << 30) ^ (uint64_t)file.st_ctim.tv_nsec;
}

kv_status kvi_guard_lock(const char *store, uint32_t file_mode, int *fd_out, kv_error *error)
{
    char path[KVI_PATH_MAX];
    int fd;

    *fd_out = -1;
    if (path_join(store, GUARD, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)file_mode);
    if (fd >= 0)
        (void)fchmod(fd, (mode_t)file_mode); /* Whatever the umask; failing that, fewer may lock. */
    if (fd < 0)
        fd = open(path, O_RDONLY | O_CLOEXEC); /* Enough for flock. */
    if (fd < 0 && (errno == ENOENT || errno == EROFS || errno == EACCES))
        return KV_OK;
    if (fd < 0)
        return file_error(error, errno, "open", path);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            kv_status status = file_error(error, errno, "lock", path);
            (void)close(fd);
            return status;
        }
    *fd_out = fd;
    return KV_OK;
}

void kvi_guard_unlock(int fd)
{
    if (fd >= 0)
        (void)close(fd); /* Releases the lock. */
}

kv_status kvi_store_make(const char *store, uint32_t file_mode, kv_error *error)
{
    char parent[KVI_PATH_MAX];
    char *slash;

    if (mkdir(store, directory_mode(file_mode)) != 0)
        return errno == EEXIST ? KV_OK : file_error(error, errno, "make", store);
    if (chmod(store, directory_mode(file_mode)) != 0) /* Whatever the umask. */
        return file_error(error, errno, "set the mode of", store);
    /* Its name must survive a power cut too. */
    if (snprintf(parent, sizeof(parent), "%s", store) >= (int)sizeof(parent))
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    for (size_t size = strlen(parent); size > 1 && parent[size - 1] == '/'; size--)
        parent[size - 1] = '\0';
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return path_sync(".", error);
    slash[slash == parent ? 1 : 0] = '\0';
    return path_sync(parent, error);
}

kv_status kvi_store_check(const char *store, kv_error *error)
{
    static const uint32_t network[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  MAGIC_CIFS, MAGIC_SMB2,
                                       AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, MAGIC_CEPH, MAGIC_9P};
    struct statfs fs;

    if (statfs(store, &fs) != 0)
        return file_error(error, errno, "look at", store);
    for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
        if ((uint32_t)fs.f_type == network[i])
            return kvi_error_set(error, KV_UNSUPPORTED, 0,
                                 "%s is on a network file system, which cannot hold a store",
                                 store);
    return KV_OK;
}

kv_status kvi_generation_make(const char *store, uint32_t file_mode, kvi_current *current_out,
                              kv_error *error)
{
    char path[KVI_PATH_MAX];
    uint64_t number;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return kvi_error_set(error, KV_IO, errno, "getrandom");
    current_out->sealed = false;
    (void)snprintf(current_out->generation, sizeof(current_out->generation), PREFIX "%016llx",
                   (unsigned long long)number);
    if (path_join(store, current_out->generation, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    if (mkdir(path, directory_mode(file_mode)) != 0)
        return file_error(error, errno, "make", path);
    if (chmod(path, directory_mode(file_mode)) != 0) /* Whatever the umask. */
        return file_error(error, errno, "set the mode of", path);
    return KV_OK;
}

kv_status kvi_generation_settle(const char *store, const char *generation, uint32_t file_mode,
                                kv_error *error)
{
    char path[KVI_PATH_MAX];
    kv_status status = path_join(store, generation, "lock.mdb", path);

    /* By name: opening and closing the lock file would drop LMDB's locks on it. */
    if (status == KV_OK && chmod(path, (mode_t)file_mode) != 0)
        status = file_error(error, errno, "set the mode of", path);
    if (status == KV_OK)
        status = path_join(store, generation, "data.mdb", path);
    if (status == KV_OK && chmod(path, (mode_t)file_mode) != 0)
        status = file_error(error, errno, "set the mode of", path);
    if (status == KV_OK)
        status = path_sync(path, error);
    if (status == KV_OK)
        status = path_join(store, generation, NULL, path);
    if (status == KV_OK)
        status = path_sync(path, error);
    return status == KV_OK ? path_sync(store, error) : status;
}

void kvi_generation_remove(const char *store, const char *generation)
{
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    char path[KVI_PATH_MAX];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (path_join(store, generation, files[i], path) == KV_OK)
            (void)unlink(path); /* Best effort: the sweep of the next creator tries again. */
    if (path_join(store, generation, NULL, path) == KV_OK)
        (void)rmdir(path);
}

void kvi_generation_sweep(const char *store, const char *keep)
{
    DIR *directory = opendir(store);
    struct dirent *entry;

    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL) {
        char path[KVI_PATH_MAX];
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
            (keep == NULL || strcmp(entry->d_name, keep) != 0))
            kvi_generation_remove(store, entry->d_name);
        else if (strncmp(entry->d_name, CURRENT ".", sizeof(CURRENT)) == 0 &&
                 path_join(store, entry->d_name, NULL, path) == KV_OK)
            (void)unlink(path);
    }
    (void)closedir(directory);
}
