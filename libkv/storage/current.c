#include "storage/current.h"

#include "base/status.h"
#include "storage/file_limit.h"
#include "storage/guard.h"
#include "storage/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURRENT "CURRENT"
#define FORMAT "1"

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

    if (kvi_path_join(store, CURRENT, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* Whatever it is, do not wait for it. */
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return kvi_error_set(error, KV_NOT_FOUND, 0, "there is no store at %s", store);
    if (fd < 0) /* Not KV_READ_ONLY: without it nothing can be read either. */
        return kvi_error_set(error, KV_IO, errno, "open %s", path);
    got = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (got < 0)
        return kvi_path_error(error, errno, "read", path);
    text[got] = '\0';
    status = strlen(text) == (size_t)got ? current_parse(text, out) : KV_CORRUPT;
    if (status == KV_UNSUPPORTED)
        return kvi_error_set(error, status, 0, "%s is of a newer libkv", path);
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "%s is damaged or not libkv's", path);
    return KV_OK;
}

/* Write the text to a file of its own, with the mode and owner of `like`, and sync it; its path in
   `path`. */
static kv_status current_write(const char *store, const kvi_current *current,
                               const struct stat *like, char *path, kv_error *error)
{
    char name[sizeof(CURRENT) + 17], text[256];
    int size = snprintf(text, sizeof(text), "libkv %s\ngeneration %s\nsealed %s\n", FORMAT,
                        current->generation, current->sealed ? "yes" : "no");
    mode_t mode = like->st_mode & 0777;
    kv_status status = KV_OK;
    uint64_t number;
    int fd;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return kvi_error_set(error, KV_IO, errno, "getrandom");
    (void)snprintf(name, sizeof(name), CURRENT ".%016llx", (unsigned long long)number);
    if (kvi_path_join(store, name, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    if ((uint64_t)size > kvi_file_limit())
        return kvi_path_error(error, EFBIG, "write", path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return kvi_path_error(error, errno, "create", path);
    if (fchown(fd, like->st_uid, like->st_gid) != 0)
        errno = 0; /* Only root may give files away, and need not. */
    if (write(fd, text, (size_t)size) != size || fchmod(fd, mode) != 0 || fsync(fd) != 0)
        status = kvi_path_error(error, errno, "write", path);
    (void)close(fd);
    if (status != KV_OK)
        (void)unlink(path);
    return status;
}

static kv_status link_error(kv_error *error, int os_errno, const char *path)
{
    if (os_errno == EPERM || os_errno == EOPNOTSUPP || os_errno == ENOSYS || os_errno == EMLINK)
        return kvi_error_set(error, KV_UNSUPPORTED, os_errno,
                             "%s: a store is created with a hard link, which this file system "
                             "does not make",
                             path);
    return kvi_path_error(error, os_errno, "link", path);
}

kv_status kvi_current_create(const char *store, const kvi_current *current, uint32_t file_mode,
                             bool *first_out, kv_error *error)
{
    const struct stat like = {
        .st_mode = (mode_t)file_mode, .st_uid = (uid_t)-1, .st_gid = (gid_t)-1};
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kv_status status;

    *first_out = false;
    if (kvi_path_join(store, CURRENT, NULL, to) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    status = current_write(store, current, &like, from, error);
    if (status != KV_OK)
        return status;
    *first_out = link(from, to) == 0;
    if (!*first_out && errno != EEXIST)
        status = link_error(error, errno, to);
    (void)unlink(from);
    return *first_out ? kvi_path_sync(store, error) : status;
}

static bool current_equal(const kvi_current *a, const kvi_current *b)
{
    return a->sealed == b->sealed && strcmp(a->generation, b->generation) == 0;
}

/* Under the guard. */
static kv_status current_swap(const char *store, const kvi_current *was, const kvi_current *next,
                              const struct stat *old, kv_error *error)
{
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kvi_current found = {0};
    kv_status status = kvi_current_read(store, &found, error);

    if (status == KV_OK && current_equal(&found, next))
        return kvi_path_sync(store, error); /* Its writer may have failed at that. */
    if (status == KV_NOT_FOUND || (status == KV_OK && !current_equal(&found, was)))
        return kvi_error_set(error, KV_MOVED, 0, "%s names something else by now", store);
    if (status == KV_OK && kvi_path_join(store, CURRENT, NULL, to) != KV_OK)
        status = KV_INVALID;
    if (status == KV_OK)
        status = current_write(store, next, old, from, error);
    if (status != KV_OK)
        return status;
    if (rename(from, to) != 0) {
        status = kvi_path_error(error, errno, "rename", to);
        (void)unlink(from);
        return status;
    }
    return kvi_path_sync(store, error);
}

kv_status kvi_current_replace(const char *store, const kvi_current *was, const kvi_current *next,
                              kv_error *error)
{
    char path[KVI_PATH_MAX];
    struct stat old;
    kv_status status = kvi_path_join(store, CURRENT, NULL, path);
    int guard;

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "the path is too long");
    if (stat(path, &old) != 0)
        return kvi_error_set(error, errno == ENOENT ? KV_MOVED : KV_IO, errno, "look at %s", path);
    status = kvi_guard_lock(store, old.st_mode & 0777, &guard, error);
    if (status != KV_OK)
        return status;
    (void)kvi_current_sweep(store);
    status = current_swap(store, was, next, &old, error);
    kvi_guard_unlock(guard);
    return status;
}

uint64_t kvi_current_mark(const char *store)
{
    char path[KVI_PATH_MAX];
    struct stat file;

    if (kvi_path_join(store, CURRENT, NULL, path) != KV_OK || stat(path, &file) != 0)
        return 0;
    return ((uint64_t)file.st_ino * 0x9E3779B97F4A7C15u) ^ (uint64_t)file.st_dev ^
           ((uint64_t)file.st_ctim.tv_sec << 30) ^ (uint64_t)file.st_ctim.tv_nsec;
}

uint32_t kvi_current_sweep(const char *store)
{
    DIR *directory = opendir(store);
    struct dirent *entry;
    uint32_t removed = 0;

    if (directory == NULL)
        return 0;
    while ((entry = readdir(directory)) != NULL) {
        char path[KVI_PATH_MAX];
        if (strncmp(entry->d_name, CURRENT ".", sizeof(CURRENT)) == 0 &&
            kvi_path_join(store, entry->d_name, NULL, path) == KV_OK && unlink(path) == 0)
            removed++;
    }
    (void)closedir(directory);
    return removed;
}
