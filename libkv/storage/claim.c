#include "storage/claim.h"

#include "base/status.h"
#include "storage/guard.h"
#include "storage/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_FIELD 22 /* Of /proc/self/stat: when the process started, in ticks since boot. */

/* When this process started. 0: there is no /proc. */
static uint64_t process_start(void)
{
    char text[1024];
    const char *at;
    ssize_t size;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    size = read(fd, text, sizeof(text) - 1);
    (void)close(fd);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    at = strrchr(text, ')'); /* Field 2 is the program's name, and may hold anything. */
    for (int field = 2; at != NULL && field < START_FIELD; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

/* Numbers that differ in any bit give unrelated places (the last step of splitmix64). */
static uint64_t mix(uint64_t z, uint64_t number)
{
    z = (z ^ number) + 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/*
 * What this process is: its number, the namespace in which it has that number, and its start, since
 * numbers come again. A process without /proc is known by its number alone, as in LMDB's own table
 * of readers.
 */
static off_t claim_place(uint64_t generation)
{
    struct stat file;
    uint64_t space = stat("/proc/self/ns/pid", &file) == 0 ? (uint64_t)file.st_ino : 0;
    uint64_t z = mix(mix(mix(mix(0, generation), (uint64_t)getpid()), space), process_start());

    return (off_t)(z >> 2); /* A file has no byte beyond 2^63 - 1. */
}

/* Whether one of a descriptor's locks is the one whose line in /proc/self/fdinfo ends so. */
static bool descriptor_has_lock(const char *name, const char *lock)
{
    char path[64], line[256];
    bool has_lock = false;
    FILE *info;

    if (snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", name) >= (int)sizeof(path))
        return false;
    info = fopen(path, "re");
    while (info != NULL && !has_lock && fgets(line, sizeof(line), info) != NULL)
        has_lock = strstr(line, "OFDLCK") != NULL && strstr(line, lock) != NULL;
    if (info != NULL)
        (void)fclose(info);
    return has_lock;
}

/* Whether this process has the conflicting lock. Otherwise a child has it: one that was forked
   before this process became another program by exec, and still has the old descriptor. Without
   /proc this cannot be known: then it counts as ours. */
static bool claim_is_ours(int guard, off_t place)
{
    const long long byte = place;
    DIR *descriptors = opendir("/proc/self/fdinfo");
    const struct dirent *entry;
    struct stat file;
    char lock[80];
    bool is_ours = descriptors == NULL || fstat(guard, &file) != 0;

    /* "lock: 1: OFDLCK ADVISORY READ -1 MAJOR:MINOR:INODE FIRST LAST" */
    if (!is_ours)
        (void)snprintf(lock, sizeof(lock), ":%llu %lld %lld\n", (unsigned long long)file.st_ino,
                       byte, byte);
    while (!is_ours && (entry = readdir(descriptors)) != NULL)
        is_ours = descriptor_has_lock(entry->d_name, lock);
    if (descriptors != NULL)
        (void)closedir(descriptors);
    return is_ours;
}

/* Being able to read is enough: a lock for writing is only asked about. */
static kv_status claim_lock(int fd, off_t place, const char *store, kv_error *error)
{
    struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};
    struct flock own = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1};

    if (fcntl(fd, F_OFD_GETLK, &wanted) != 0)
        return kvi_path_error(error, errno, "ask for a lock in", store);
    if (wanted.l_type != F_UNLCK && claim_is_ours(fd, place))
        return kvi_error_set(error, KV_ALREADY_OPEN, 0,
                             "%s is open in this process by another copy of libkv", store);
    return fcntl(fd, F_OFD_SETLK, &own) == 0
               ? KV_OK
               : kvi_path_error(error, errno, "take a lock in", store);
}

kv_status kvi_claim_take(const char *store, const char *generation, int *fd_out, kv_error *error)
{
    char path[KVI_PATH_MAX];
    struct stat directory;
    int fd;
    kv_status status = kvi_path_join(store, KVI_GUARD, NULL, path);

    *fd_out = -1;
    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "the path is too long");
    if (stat(generation, &directory) != 0)
        return kvi_path_error(error, errno, "look at", generation);
    status = kvi_path_open(path, O_RDONLY, 0, &fd, error);
    if (status != KV_OK)
        return status;
    status = claim_lock(fd, claim_place((uint64_t)directory.st_ino), store, error);
    if (status == KV_OK)
        *fd_out = fd;
    else
        (void)close(fd);
    return status;
}

void kvi_claim_release(int fd)
{
    struct flock none = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

    if (fd < 0)
        return;
    (void)fcntl(fd, F_OFD_SETLK, &none); /* A child forked meanwhile has the descriptor too. */
    (void)close(fd);
}
