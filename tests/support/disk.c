#include "support/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/random.h"

/* The library is compiled with hidden symbols; these must be seen by other shared libraries. */
#define INTERPOSED __attribute__((visibility("default"), used))

#define NODES_MAX 64
#define ENTRIES_MAX 64
#define FDS_MAX 1024
#define NAME_SIZE 64
#define PENDING_MAX 512
#define EXHAUSTIVE_MAX 10 /* Pending events of which all subsets are made. */
#define SECTOR 512

enum kind { WRITE, SIZE, SYNC_FILE, SYNC_DIRECTORY, ENTER, LEAVE, MOVE, ACK };

/* Something that happened. */
struct event {
    enum kind kind;
    int node;       /* The file; of names: the directory; of an ACK: the number. */
    int to;         /* ENTER: what gets the name. */
    bool is_synced; /* Of a WRITE: O_DSYNC. */
    uint64_t at, size;
    uint8_t *bytes;
    char name[NAME_SIZE], new_name[NAME_SIZE];
};

/* A file or a directory. */
struct node {
    bool is_directory, is_lock;
    uint64_t inode; /* While it has a name. */
    uint8_t *stale; /* Of a lock file: its bytes at the end. */
    uint64_t stale_size;
};

static char root_path[TEMPDIR_PATH_MAX];
static bool is_recording;
static struct event *events;
static size_t event_count, event_room;
static struct node nodes[NODES_MAX];
static int node_count;
static int fd_nodes[FDS_MAX]; /* 1 more than the node; 0: none. */
static bool fd_is_synced[FDS_MAX];

/* ---- Recording */

static void die(const char *what)
{
    fprintf(stderr, "disk: %s\n", what);
    abort();
}

static struct event *event_add(enum kind kind, int node)
{
    if (event_count == event_room) {
        event_room = event_room * 2 + 64;
        events = realloc(events, event_room * sizeof(*events));
        if (events == NULL)
            die("out of memory");
    }
    events[event_count] = (struct event){.kind = kind, .node = node};
    return &events[event_count++];
}

static int node_find(uint64_t inode)
{
    for (int i = 0; i < node_count; i++)
        if (nodes[i].inode == inode && inode != 0)
            return i;
    return -1;
}

static int node_add(uint64_t inode, bool is_directory, const char *name)
{
    if (node_count == NODES_MAX)
        die("too many files");
    nodes[node_count] = (struct node){
        .is_directory = is_directory, .is_lock = strcmp(name, "lock.mdb") == 0, .inode = inode};
    return node_count++;
}

/* The node of the directory that a path is in, and its last name; -1: it is not watched. */
static int parent_of(const char *path, const char **name)
{
    char parent[TEMPDIR_PATH_MAX];
    struct stat file;
    const char *slash = strrchr(path, '/');

    if (!is_recording || slash == NULL || slash == path || (size_t)(slash - path) >= sizeof(parent))
        return -1;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    *name = slash + 1;
    return stat(parent, &file) == 0 ? node_find(file.st_ino) : -1;
}

static void name_copy(char out[NAME_SIZE], const char *name)
{
    if (snprintf(out, NAME_SIZE, "%s", name) >= NAME_SIZE)
        die("too long a name");
}

/* A name appeared. */
static int entered(const char *path, bool is_directory)
{
    const char *name;
    struct stat file;
    int parent = parent_of(path, &name), node;
    struct event *event;

    if (parent < 0 || stat(path, &file) != 0)
        return -1;
    node = node_find(file.st_ino);
    if (node < 0)
        node = node_add(file.st_ino, is_directory, name);
    event = event_add(ENTER, parent);
    event->to = node;
    name_copy(event->name, name);
    return node;
}

static void opened(int fd, const char *path, int flags, bool was_there)
{
    struct stat file;
    int node;

    if (!is_recording || fd < 0 || fd >= FDS_MAX)
        return;
    fd_nodes[fd] = 0;
    if (fstat(fd, &file) != 0)
        return;
    node = node_find(file.st_ino);
    if (node < 0 && !was_there && (flags & O_CREAT))
        node = entered(path, false);
    fd_nodes[fd] = node + 1;
    fd_is_synced[fd] = (flags & O_DSYNC) != 0;
    if (node >= 0 && was_there && (flags & O_TRUNC))
        event_add(SIZE, node);
}

static int fd_node(int fd)
{
    return is_recording && fd >= 0 && fd < FDS_MAX ? fd_nodes[fd] - 1 : -1;
}

static void written(int fd, uint64_t at, const struct iovec *parts, int count, ssize_t size)
{
    int node = fd_node(fd);
    struct event *event;
    size_t done = 0;

    if (node < 0 || size <= 0)
        return;
    event = event_add(WRITE, node);
    event->at = at;
    event->size = (uint64_t)size;
    event->is_synced = fd_is_synced[fd];
    event->bytes = malloc((size_t)size);
    if (event->bytes == NULL)
        die("out of memory");
    for (int i = 0; i < count && done < (size_t)size; i++) {
        size_t part =
            parts[i].iov_len < (size_t)size - done ? parts[i].iov_len : (size_t)size - done;
        memcpy(event->bytes + done, parts[i].iov_base, part);
        done += part;
    }
}

static int open_run(int directory, const char *path, int flags, unsigned mode)
{
    bool was_there = is_recording && access(path, F_OK) == 0;
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);

    opened(fd, path, flags, was_there);
    return fd;
}

INTERPOSED int open(const char *path, int flags, ...)
{
    va_list arguments;
    unsigned mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return open_run(AT_FDCWD, path, flags, mode);
}

INTERPOSED int open64(const char *path, int flags, ...)
{
    va_list arguments;
    unsigned mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    return open_run(AT_FDCWD, path, flags, mode);
}

INTERPOSED int close(int fd)
{
    if (fd >= 0 && fd < FDS_MAX)
        fd_nodes[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

INTERPOSED ssize_t write(int fd, const void *data, size_t size)
{
    struct iovec part = {(void *)(uintptr_t)data, size};
    off_t at = fd_node(fd) >= 0 ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_write, fd, data, size);

    written(fd, (uint64_t)at, &part, 1, done);
    return done;
}

INTERPOSED ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    struct iovec part = {(void *)(uintptr_t)data, size};
    ssize_t done = syscall(SYS_pwrite64, fd, data, size, at);

    written(fd, (uint64_t)at, &part, 1, done);
    return done;
}

INTERPOSED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return pwrite(fd, data, size, at);
}

INTERPOSED ssize_t writev(int fd, const struct iovec *parts, int count)
{
    off_t at = fd_node(fd) >= 0 ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = syscall(SYS_writev, fd, parts, count);

    written(fd, (uint64_t)at, parts, count, done);
    return done;
}

INTERPOSED ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    ssize_t done = syscall(SYS_pwritev, fd, parts, count, at, 0L);

    written(fd, (uint64_t)at, parts, count, done);
    return done;
}

static int sync_run(int fd, long number)
{
    int result = (int)syscall(number, fd), node = fd_node(fd);

    if (result == 0 && node >= 0)
        event_add(nodes[node].is_directory ? SYNC_DIRECTORY : SYNC_FILE, node);
    return result;
}

INTERPOSED int fdatasync(int fd)
{
    return sync_run(fd, SYS_fdatasync);
}

INTERPOSED int fsync(int fd)
{
    return sync_run(fd, SYS_fsync);
}

INTERPOSED int ftruncate(int fd, off_t size)
{
    int result = (int)syscall(SYS_ftruncate, fd, size);

    if (result == 0 && fd_node(fd) >= 0)
        event_add(SIZE, fd_node(fd))->size = (uint64_t)size;
    return result;
}

INTERPOSED int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

INTERPOSED int fallocate(int fd, int mode, off_t at, off_t size)
{
    int result = (int)syscall(SYS_fallocate, fd, mode, at, size);
    struct stat file;

    if (result == 0 && fd_node(fd) >= 0 && fstat(fd, &file) == 0)
        event_add(SIZE, fd_node(fd))->size = (uint64_t)file.st_size;
    return result;
}

INTERPOSED int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
    return fallocate(fd, mode, at, size);
}

INTERPOSED int mkdir(const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdir, path, mode);

    if (result == 0)
        (void)entered(path, true);
    return result;
}

INTERPOSED int link(const char *from, const char *to)
{
    int result = (int)syscall(SYS_link, from, to);

    if (result == 0)
        (void)entered(to, false);
    return result;
}

static void left(const char *path, struct stat *file)
{
    const char *name;
    int parent = parent_of(path, &name), node;

    if (parent < 0)
        return;
    name_copy(event_add(LEAVE, parent)->name, name);
    node = node_find(file->st_ino);
    if (node >= 0 && (file->st_nlink == 1 || nodes[node].is_directory))
        nodes[node].inode = 0; /* The number may come again. */
}

INTERPOSED int unlink(const char *path)
{
    struct stat file = {0};
    int found = lstat(path, &file), result = (int)syscall(SYS_unlink, path);

    if (result == 0 && found == 0)
        left(path, &file);
    return result;
}

INTERPOSED int rmdir(const char *path)
{
    struct stat file = {0};
    int found = lstat(path, &file), result = (int)syscall(SYS_rmdir, path);

    if (result == 0 && found == 0)
        left(path, &file);
    return result;
}

INTERPOSED int rename(const char *from, const char *to)
{
    const char *name, *new_name;
    struct stat old = {0};
    bool has_old = lstat(to, &old) == 0;
    int result = (int)syscall(SYS_rename, from, to);
    int parent = parent_of(from, &name);
    struct event *event;

    if (result != 0 || parent < 0)
        return result;
    if (parent_of(to, &new_name) != parent)
        die("a file was moved to another directory");
    if (has_old && node_find(old.st_ino) >= 0 && old.st_nlink == 1)
        nodes[node_find(old.st_ino)].inode = 0;
    event = event_add(MOVE, parent);
    name_copy(event->name, name);
    name_copy(event->new_name, new_name);
    return result;
}

void disk_record(const char *root)
{
    struct stat file;

    for (size_t i = 0; i < event_count; i++)
        free(events[i].bytes);
    for (int i = 0; i < node_count; i++)
        free(nodes[i].stale);
    event_count = 0;
    node_count = 0;
    memset(fd_nodes, 0, sizeof(fd_nodes));
    if (stat(root, &file) != 0 || snprintf(root_path, sizeof(root_path), "%s", root) < 0)
        die("no such directory");
    (void)node_add(file.st_ino, true, "");
    is_recording = true;
}

void disk_ack(int acked)
{
    event_add(ACK, acked);
}

static void stale_read(struct node *node, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat facts;

    if (file == NULL || fstat(fileno(file), &facts) != 0)
        die("no lock file");
    node->stale_size = (uint64_t)facts.st_size;
    node->stale = malloc(node->stale_size + 1);
    if (node->stale == NULL || fread(node->stale, 1, node->stale_size, file) != node->stale_size)
        die("the lock file cannot be read");
    (void)fclose(file);
}

void disk_stop(void)
{
    char path[TEMPDIR_PATH_MAX];
    struct stat file;

    is_recording = false;
    for (int i = 0; i < node_count; i++)
        if (nodes[i].is_lock && nodes[i].inode != 0 &&
            tempdir_find(path, root_path, "*/*/lock.mdb") == 0 && stat(path, &file) == 0 &&
            file.st_ino == nodes[i].inode)
            stale_read(&nodes[i], path);
}

/* ---- The disk as it would be found */

struct content {
    uint8_t *bytes;
    uint64_t size, room;
};

struct entry {
    int directory, node; /* node < 0: no entry. */
    char name[NAME_SIZE];
};

struct disk {
    struct content files[NODES_MAX];
    struct entry entries[ENTRIES_MAX];
    int entry_count;
};

/* What chance keeps of a write: bit i of `sectors` is the i-th sector of 512 bytes, of 64 at most;
   behind those what the last one says. */
#define ALL_SECTORS UINT64_MAX

static void content_reserve(struct content *content, uint64_t size)
{
    if (size > content->room) {
        content->room = size + (size >> 1) + 4096;
        content->bytes = realloc(content->bytes, content->room);
        if (content->bytes == NULL)
            die("out of memory");
    }
}

static void content_resize(struct content *content, uint64_t size)
{
    content_reserve(content, size);
    if (size > content->size)
        memset(content->bytes + content->size, 0, size - content->size);
    content->size = size;
}

static void content_write(struct content *content, const struct event *event, uint64_t sectors)
{
    if (event->at + event->size > content->size)
        content_resize(content, event->at + event->size);
    for (uint64_t done = 0; done < event->size;) {
        uint64_t at = event->at + done, step = SECTOR - at % SECTOR;
        uint64_t number = at / SECTOR - event->at / SECTOR;
        if (step > event->size - done)
            step = event->size - done;
        if (sectors >> (number > 63 ? 63 : number) & 1)
            memcpy(content->bytes + at, event->bytes + done, step);
        done += step;
    }
}

static struct entry *entry_find(struct disk *disk, int directory, const char *name)
{
    for (int i = 0; i < disk->entry_count; i++)
        if (disk->entries[i].node >= 0 && disk->entries[i].directory == directory &&
            strcmp(disk->entries[i].name, name) == 0)
            return &disk->entries[i];
    return NULL;
}

static void entry_set(struct disk *disk, int directory, const char *name, int node)
{
    struct entry *entry = entry_find(disk, directory, name);

    if (entry == NULL) {
        if (disk->entry_count == ENTRIES_MAX)
            die("too many names");
        entry = &disk->entries[disk->entry_count++];
        entry->directory = directory;
        name_copy(entry->name, name);
    }
    entry->node = node;
}

static void disk_apply(struct disk *disk, const struct event *event, uint64_t sectors)
{
    struct entry *entry;

    switch (event->kind) {
    case WRITE:
        content_write(&disk->files[event->node], event, sectors);
        break;
    case SIZE:
        content_resize(&disk->files[event->node], event->size);
        break;
    case ENTER:
        entry_set(disk, event->node, event->name, event->to);
        break;
    case LEAVE:
        entry = entry_find(disk, event->node, event->name);
        if (entry != NULL)
            entry->node = -1;
        break;
    case MOVE:
        entry = entry_find(disk, event->node, event->name);
        if (entry != NULL) {
            int node = entry->node;
            entry->node = -1;
            entry_set(disk, event->node, event->new_name, node);
        }
        break;
    default:
        break;
    }
}

static void disk_free(struct disk *disk)
{
    for (int i = 0; i < NODES_MAX; i++)
        free(disk->files[i].bytes);
}

static void file_make(const char *path, const struct node *node, const struct content *content,
                      bool is_stale)
{
    const uint8_t *bytes = content->bytes;
    uint64_t size = content->size;
    int fd = open_run(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (node->is_lock && is_stale && node->stale != NULL) {
        bytes = node->stale;
        size = node->stale_size;
    }
    if (fd < 0 || (size > 0 && syscall(SYS_write, fd, bytes, size) != (long)size))
        die("cannot write a state");
    (void)syscall(SYS_close, fd);
}

static void directory_make(const struct disk *disk, int directory, const char *path, bool is_stale)
{
    char below[TEMPDIR_PATH_MAX];

    if (syscall(SYS_mkdir, path, 0700) != 0)
        die("cannot make a state");
    for (int i = 0; i < disk->entry_count; i++) {
        const struct entry *entry = &disk->entries[i];
        if (entry->node < 0 || entry->directory != directory)
            continue;
        tempdir_join(below, path, entry->name);
        if (nodes[entry->node].is_directory)
            directory_make(disk, entry->node, below, is_stale);
        else
            file_make(below, &nodes[entry->node], &disk->files[entry->node], is_stale);
    }
}

/* ---- Cuts */

/* A run of disk_cut(). */
struct cutting {
    const struct disk_cuts *cuts;
    struct disk durable, found;
    const struct event *pending[PENDING_MAX]; /* Not durable yet, in order. */
    size_t pending_count;
    int acked;
    struct rng rng;
    uint64_t budget; /* States for each cut. */
    bool is_counting;
    struct disk_result result;
    char place[TEMPDIR_PATH_MAX];
};

static void disk_copy(struct disk *to, const struct disk *from)
{
    for (int i = 0; i < node_count; i++) {
        content_reserve(&to->files[i], from->files[i].size);
        to->files[i].size = from->files[i].size;
        if (from->files[i].size > 0)
            memcpy(to->files[i].bytes, from->files[i].bytes, from->files[i].size);
    }
    memcpy(to->entries, from->entries, sizeof(to->entries));
    to->entry_count = from->entry_count;
}

/* One state: of the pending events those that `keeps` says, each with those sectors. */
static void state_look(struct cutting *c, const uint64_t *keeps)
{
    c->result.states++;
    disk_copy(&c->found, &c->durable);
    for (size_t i = 0; i < c->pending_count; i++)
        if (keeps[i] != 0)
            disk_apply(&c->found, c->pending[i], keeps[i]);
    tempdir_remove(c->place);
    directory_make(&c->found, 0, c->place, c->result.states % 2 == 0);
    if (!c->cuts->look(c->cuts->ctx, c->place, c->acked)) {
        c->result.bad++;
        if (c->cuts->lies == 0)
            fprintf(stderr, "bad: state %llu of seed %llu, %zu events pending, %d acknowledged\n",
                    (unsigned long long)c->result.states, (unsigned long long)c->cuts->seed,
                    c->pending_count, c->acked);
    }
}

/* Which sectors of a torn write are there: a part from the front, or any. */
static uint64_t sectors_pick(struct cutting *c)
{
    uint64_t some = rng_next(&c->rng);

    return rng_percent(&c->rng, 50) ? (UINT64_C(1) << rng_below(&c->rng, 16)) - 1 : some;
}

static void state_random(struct cutting *c, uint64_t *keeps)
{
    unsigned percent = (unsigned)rng_between(&c->rng, 5, 95);

    for (size_t i = 0; i < c->pending_count; i++) {
        keeps[i] = rng_percent(&c->rng, percent) ? ALL_SECTORS : 0;
        /* LMDB's contract: a meta page is written whole; it lies within one sector. */
        if (c->pending[i]->kind == WRITE && c->pending[i]->size > SECTOR &&
            rng_percent(&c->rng, 25))
            keeps[i] = sectors_pick(c);
    }
    state_look(c, keeps);
}

static void states_exhaustive(struct cutting *c, uint64_t *keeps)
{
    for (uint64_t mask = 0; mask < UINT64_C(1) << c->pending_count; mask++) {
        for (size_t i = 0; i < c->pending_count; i++)
            keeps[i] = mask >> i & 1 ? ALL_SECTORS : 0;
        state_look(c, keeps);
    }
}

/* As if it had stopped behind each event; and without each one. */
static void states_ordered(struct cutting *c, uint64_t *keeps)
{
    for (size_t end = 0; end <= c->pending_count; end++) {
        for (size_t i = 0; i < c->pending_count; i++)
            keeps[i] = i < end ? ALL_SECTORS : 0;
        state_look(c, keeps);
    }
    for (size_t out = 0; out < c->pending_count; out++) {
        for (size_t i = 0; i < c->pending_count; i++)
            keeps[i] = i != out ? ALL_SECTORS : 0;
        state_look(c, keeps);
    }
}

static void power_cut(struct cutting *c)
{
    uint64_t keeps[PENDING_MAX] = {0}, before = c->result.states;

    if (c->acked < c->cuts->from_ack)
        return;
    c->result.cuts++;
    if (c->is_counting)
        return;
    if (c->pending_count <= EXHAUSTIVE_MAX && UINT64_C(1) << c->pending_count <= c->budget)
        states_exhaustive(c, keeps);
    else if (2 * c->pending_count + 1 <= c->budget)
        states_ordered(c, keeps);
    while (c->pending_count > 0 && c->result.states - before < c->budget)
        state_random(c, keeps);
}

static unsigned lies_of(const struct cutting *c)
{
    return c->acked >= c->cuts->from_ack ? c->cuts->lies : 0;
}

/* What is durable from now on leaves the pending ones. */
static void settle(struct cutting *c, enum kind kind, int node)
{
    size_t left = 0;

    for (size_t i = 0; i < c->pending_count; i++) {
        const struct event *event = c->pending[i];
        bool is_name = event->kind == ENTER || event->kind == LEAVE || event->kind == MOVE;
        bool is_lost = event->kind == WRITE && (lies_of(c) & DISK_LOSES_WRITES) != 0 &&
                       rng_percent(&c->rng, 5);
        if (event->node != node || is_name != (kind == SYNC_DIRECTORY))
            c->pending[left++] = event;
        else if (!is_lost)
            disk_apply(&c->durable, event, ALL_SECTORS);
    }
    c->pending_count = left;
}

static void event_run(struct cutting *c, const struct event *event)
{
    unsigned lies = lies_of(c);

    if (event->kind == ACK) {
        c->acked = event->node;
        power_cut(c);
    } else if (event->kind == SYNC_FILE || event->kind == SYNC_DIRECTORY) {
        power_cut(c);
        if (!(lies & (event->kind == SYNC_FILE ? DISK_NO_DATA_SYNC : DISK_NO_NAME_SYNC)))
            settle(c, event->kind, event->node);
    } else {
        if (c->pending_count == PENDING_MAX)
            die("too many events without a sync");
        c->pending[c->pending_count++] = event;
        if (event->is_synced && !(lies & DISK_NO_DSYNC)) {
            power_cut(c);
            c->pending_count--;
            disk_apply(&c->durable, event, ALL_SECTORS);
        }
    }
}

static void cuts_run(struct cutting *c, bool is_counting)
{
    c->is_counting = is_counting;
    c->acked = 0;
    c->pending_count = 0;
    c->result = (struct disk_result){0};
    c->rng = (struct rng){.state = c->cuts->seed};
    for (int i = 0; i < node_count; i++)
        c->durable.files[i].size = 0;
    c->durable.entry_count = 0;
    for (size_t i = 0; i < event_count; i++)
        event_run(c, &events[i]);
    power_cut(c);
}

struct disk_result disk_cut(const struct disk_cuts *cuts)
{
    struct cutting *c = calloc(1, sizeof(*c));
    struct disk_result result;

    if (c == NULL)
        die("out of memory");
    c->cuts = cuts;
    if (snprintf(c->place, sizeof(c->place), "%s.cut", root_path) >= (int)sizeof(c->place))
        die("too long a path");
    cuts_run(c, true);
    c->budget = cuts->states / (c->result.cuts > 0 ? c->result.cuts : 1) + 1;
    cuts_run(c, false);
    result = c->result;
    tempdir_remove(c->place);
    disk_free(&c->durable);
    disk_free(&c->found);
    free(c);
    return result;
}
