#include "storage/current.h"

#include "base/status.h"
#include "storage/file_limit.h"
#include "storage/guard.h"
#include "storage/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURRENT "CURRENT"
#define KNOWN_SIZE_MAX 128 /* Of the lines that are known. */
#define TEXT_SIZE_MAX (KNOWN_SIZE_MAX + sizeof(((kvi_current *)NULL)->others))

/* Step over `word` at *at. */
static bool text_take(const char **at, const char *word)
{
    size_t size = strlen(word);

    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* The number behind "libkv ": 0 if it is none; all above KVI_CURRENT_FORMAT may read as one. */
static unsigned current_format(const char **at)
{
    const char *digits;
    size_t count;

    if (!text_take(at, "libkv "))
        return 0;
    digits = *at;
    count = strspn(digits, "0123456789");
    if (count == 0 || digits[0] == '0' || digits[count] != '\n')
        return 0;
    *at = digits + count + 1;
    return count > 1 ? KVI_CURRENT_FORMAT + 1 : (unsigned)(digits[0] - '0');
}

/* What one line says; its end is at line[size]. False: it is damaged. */
static bool current_line(const char *line, size_t size, kvi_current *out, bool *has_sealed)
{
    const char *value = line;
    size_t used = strlen(out->others);

    if (text_take(&value, "generation ")) {
        size -= (size_t)(value - line);
        if (out->generation[0] != '\0' || size >= sizeof(out->generation))
            return false;
        memcpy(out->generation, value, size);
        out->generation[size] = '\0';
        return kvi_generation_is_name(out->generation);
    }
    if (text_take(&value, "sealed ")) {
        bool is_yes = strncmp(value, "yes\n", 4) == 0, is_new = !*has_sealed;
        *has_sealed = true;
        out->is_sealed = is_yes;
        return is_new && (is_yes || strncmp(value, "no\n", 3) == 0);
    }
    if (size + 2 > sizeof(out->others) - used)
        return false;
    memcpy(out->others + used, line, size + 1);
    out->others[used + size + 1] = '\0';
    return true;
}

/* The lines behind the first. */
static kv_status current_parse(const char *text, kvi_current *out)
{
    bool has_sealed = false;

    *out = (kvi_current){.is_sealed = false};
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        if (end == NULL || !current_line(text, (size_t)(end - text), out, &has_sealed))
            return KV_CORRUPT;
        text = end + 1;
    }
    return has_sealed && out->generation[0] != '\0' ? KV_OK : KV_CORRUPT;
}

static kv_status current_take(const char *text, const char *path, kvi_current *out, kv_error *error)
{
    unsigned format = current_format(&text);

    if (format == 1)
        return kvi_error_set(error, KV_UNSUPPORTED, 0,
                             "%s: this store was made by libkv 0.1 (format 1): export it with that "
                             "version's command and import it anew",
                             path);
    if (format > KVI_CURRENT_FORMAT)
        return kvi_error_set(error, KV_UNSUPPORTED, 0, "%s: this store was made by a newer libkv",
                             path);
    if (format == 0 || current_parse(text, out) != KV_OK)
        return kvi_error_set(error, KV_CORRUPT, 0, "%s is damaged or not libkv's", path);
    return KV_OK;
}

kv_status kvi_current_read(const char *store, kvi_current *out, kv_error *error)
{
    char path[KVI_PATH_MAX], text[TEXT_SIZE_MAX];
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
    if (got == (ssize_t)sizeof(text) - 1 || strlen(text) != (size_t)got) /* Too long; zeros. */
        text[0] = '\0';
    return current_take(text, path, out, error);
}

/* Write the text to a file of its own, with the mode and owner of `like`, and sync it; its path in
   `path`. */
static kv_status current_write(const char *store, const kvi_current *current,
                               const struct stat *like, char *path, kv_error *error)
{
    char name[sizeof(CURRENT) + 17], text[TEXT_SIZE_MAX];
    int size =
        snprintf(text, sizeof(text), "libkv %d\ngeneration %s\nsealed %s\n%s", KVI_CURRENT_FORMAT,
                 current->generation, current->is_sealed ? "yes" : "no", current->others);
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
                             bool *is_first_out, kv_error *error)
{
    const struct stat like = {
        .st_mode = (mode_t)file_mode, .st_uid = (uid_t)-1, .st_gid = (gid_t)-1};
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kv_status status;

    *is_first_out = false;
    if (kvi_path_join(store, CURRENT, NULL, to) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    status = current_write(store, current, &like, from, error);
    if (status != KV_OK)
        return status;
    *is_first_out = link(from, to) == 0;
    if (!*is_first_out && errno != EEXIST)
        status = link_error(error, errno, to);
    (void)unlink(from);
    return *is_first_out ? kvi_path_sync(store, error) : status;
}

static bool current_is_same(const kvi_current *a, const kvi_current *b)
{
    return a->is_sealed == b->is_sealed && strcmp(a->generation, b->generation) == 0;
}

/* Under the guard. */
static kv_status current_swap(const char *store, const kvi_current *was, const kvi_current *next,
                              const struct stat *old, kv_error *error)
{
    char from[KVI_PATH_MAX], to[KVI_PATH_MAX];
    kvi_current found = {0}, fresh = *next;
    kv_status status = kvi_current_read(store, &found, error);

    if (status == KV_OK && current_is_same(&found, next))
        return kvi_path_sync(store, error); /* Its writer may have failed at that. */
    if (status == KV_NOT_FOUND || (status == KV_OK && !current_is_same(&found, was)))
        return kvi_error_set(error, KV_MOVED, 0, "%s now names something else", store);
    if (status == KV_OK && kvi_path_join(store, CURRENT, NULL, to) != KV_OK)
        status = KV_INVALID;
    (void)memcpy(fresh.others, found.others, sizeof(fresh.others));
    if (status == KV_OK)
        status = current_write(store, &fresh, old, from, error);
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

/* A file that is to become CURRENT: the name of current_write(). */
static bool current_is_draft(const char *name)
{
    return strncmp(name, CURRENT ".", sizeof(CURRENT)) == 0;
}

bool kvi_current_is_name(const char *name)
{
    return strcmp(name, CURRENT) == 0 || current_is_draft(name);
}

static kv_status current_sweep_one(const char *store, const char *name, void *ctx, kv_error *error)
{
    uint32_t *removed = ctx;
    char path[KVI_PATH_MAX];

    (void)error;
    if (current_is_draft(name) && kvi_path_join(store, name, NULL, path) == KV_OK &&
        unlink(path) == 0)
        ++*removed;
    return KV_OK;
}

uint32_t kvi_current_sweep(const char *store)
{
    uint32_t removed = 0;

    (void)kvi_path_each(store, current_sweep_one, &removed, NULL); /* Best effort. */
    return removed;
}
