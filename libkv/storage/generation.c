#include "storage/generation.h"

#include "base/layout.h"
#include "base/status.h"
#include "storage/guard.h"
#include "storage/path.h"
#include "storage/preflight.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "g-"

kv_status kvi_generation_path(const char *store, const char *generation, const char *file,
                              char *path)
{
    return kvi_path_join(store, generation, file, path);
}

/* A user that may read the files may enter their directory. */
static mode_t directory_mode(uint32_t file_mode)
{
    return (mode_t)(file_mode | ((file_mode & 0444) >> 2));
}

bool kvi_generation_is_name(const char *name)
{
    size_t size = strlen(name);

    return size > strlen(PREFIX) && size < KVI_GENERATION_NAME_MAX &&
           strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz-") == size;
}

kv_status kvi_store_make(const char *store, uint32_t file_mode, kv_error *error)
{
    char parent[KVI_PATH_MAX];
    char *slash;

    if (mkdir(store, directory_mode(file_mode)) != 0)
        return errno == EEXIST ? KV_OK : kvi_path_error(error, errno, "make", store);
    if (chmod(store, directory_mode(file_mode)) != 0) /* Whatever the umask. */
        return kvi_path_error(error, errno, "set the mode of", store);
    /* Its name must survive a power cut too. */
    if (snprintf(parent, sizeof(parent), "%s", store) >= (int)sizeof(parent))
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    for (size_t size = strlen(parent); size > 1 && parent[size - 1] == '/'; size--)
        parent[size - 1] = '\0';
    slash = strrchr(parent, '/');
    if (slash == NULL)
        return kvi_path_sync(".", error);
    slash[slash == parent ? 1 : 0] = '\0';
    return kvi_path_sync(parent, error);
}

kv_status kvi_generation_make(const char *store, uint32_t file_mode, char *name_out,
                              kv_error *error)
{
    char path[KVI_PATH_MAX];
    uint64_t number;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return kvi_error_set(error, KV_IO, errno, "getrandom");
    (void)snprintf(name_out, KVI_GENERATION_NAME_MAX, PREFIX "%016llx", (unsigned long long)number);
    if (kvi_path_join(store, name_out, NULL, path) != KV_OK)
        return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
    if (mkdir(path, directory_mode(file_mode)) != 0)
        return kvi_path_error(error, errno, "make", path);
    if (chmod(path, directory_mode(file_mode)) != 0) /* Whatever the umask. */
        return kvi_path_error(error, errno, "set the mode of", path);
    return KV_OK;
}

kv_status kvi_generation_settle(const char *store, const char *generation, uint32_t file_mode,
                                kv_error *error)
{
    char path[KVI_PATH_MAX];
    kv_status status = kvi_path_join(store, generation, "lock.mdb", path);

    /* By name: opening and closing the lock file would drop LMDB's locks on it. */
    if (status == KV_OK && chmod(path, (mode_t)file_mode) != 0)
        status = kvi_path_error(error, errno, "set the mode of", path);
    if (status == KV_OK)
        status = kvi_path_join(store, generation, "data.mdb", path);
    if (status == KV_OK && chmod(path, (mode_t)file_mode) != 0)
        status = kvi_path_error(error, errno, "set the mode of", path);
    if (status == KV_OK)
        status = kvi_path_sync(path, error);
    if (status == KV_OK)
        status = kvi_path_join(store, generation, NULL, path);
    if (status == KV_OK)
        status = kvi_path_sync(path, error);
    return status == KV_OK ? kvi_path_sync(store, error) : status;
}

kv_status kvi_store_mode_set(const char *store, const char *generation, uint32_t file_mode,
                             kv_error *error)
{
    const struct {
        const char *file, *within;
        bool is_directory, may_be_missing;
    } names[] = {
        {"CURRENT", NULL, false, false},        {KVI_GUARD, NULL, false, true},
        {generation, "data.mdb", false, false}, {generation, "lock.mdb", false, true},
        {generation, NULL, true, false},        {".", NULL, true, false},
    };

    for (size_t i = 0; i < KVI_COUNT(names); i++) {
        char path[KVI_PATH_MAX];
        mode_t mode = names[i].is_directory ? directory_mode(file_mode) : (mode_t)file_mode;

        if (kvi_path_join(store, names[i].file, names[i].within, path) != KV_OK)
            return kvi_error_set(error, KV_INVALID, 0, "the path is too long");
        if (chmod(path, mode) != 0 && !(names[i].may_be_missing && errno == ENOENT))
            return kvi_path_error(error, errno, "set the mode of", path);
    }
    return KV_OK;
}

void kvi_generation_remove(const char *store, const char *generation)
{
    static const char *const files[] = {"data.mdb", "lock.mdb"};
    char path[KVI_PATH_MAX];

    for (size_t i = 0; i < KVI_COUNT(files); i++)
        if (kvi_path_join(store, generation, files[i], path) == KV_OK)
            (void)unlink(path); /* Best effort: the sweep of the next creator tries again. */
    if (kvi_path_join(store, generation, NULL, path) == KV_OK)
        (void)rmdir(path);
}

static kv_status sweep_check(const char *store, const char *name, void *ctx, kv_error *error)
{
    char path[KVI_PATH_MAX];

    (void)ctx;
    if (!kvi_generation_is_name(name))
        return KV_OK;
    if (kvi_path_join(store, name, "data.mdb", path) == KV_OK && kvi_preflight_is_fresh(path))
        return KV_OK;
    return kvi_error_set(
        error, KV_CORRUPT, 0,
        "%s/CURRENT is missing but %s holds data: restore CURRENT, or move %s away "
        "to create a store",
        store, name, name);
}

static kv_status sweep_remove(const char *store, const char *name, void *ctx, kv_error *error)
{
    uint32_t *removed = ctx;

    (void)error;
    if (kvi_generation_is_name(name)) {
        kvi_generation_remove(store, name);
        ++*removed;
    }
    return KV_OK;
}

kv_status kvi_generation_sweep(const char *store, uint32_t *removed_out, kv_error *error)
{
    kv_status status = kvi_path_each(store, sweep_check, NULL, error);

    *removed_out = 0;
    return status == KV_OK ? kvi_path_each(store, sweep_remove, removed_out, error) : status;
}
