#include "storage/preflight.h"

#include "base/bytes.h"
#include "base/status.h"
#include "storage/free_list.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * LMDB 0.9's meta page on a 64-bit machine (bytes):
 *   0 pgno 8, 8 pad 2, 10 flags 2, 12 bounds 4, 16 magic 4, 20 version 4, 24 address 8,
 *   32 map size 8, 40 free-list tree 48, 88 main tree 48, 136 last page 8, 144 transaction 8
 * and its tree descriptor: 0 pad 4 (in the first: page size), 4 flags 2, 6 depth 2, 8 branch pages,
 *   16 leaf pages, 24 overflow pages, 32 entries, 40 root; 8 bytes each.
 */
#define META_SIZE 152
#define META_FLAG 0x08
#define MAGIC 0xBEEFC0DEu
#define VERSION 1
#define FREE_TREE 40
#define MAIN_TREE 88
#define FREE_TREE_FLAGS 0x08 /* INTEGERKEY, LMDB's own free list. */
#define DEPTH_MAX 32
#define NO_PAGE UINT64_MAX
#define ATTEMPTS 5 /* A writer may be in the middle of a meta page. */
/* What ops/create makes: its tables in one transaction, their rows in another. */
#define FRESH_TRANSACTIONS 2
#define FRESH_PAGES 64 /* It takes fewer; a store that was written to is given more than 256. */

typedef struct meta {
    uint64_t map_size, page_size, last_page, transaction;
    uint64_t free_root;
    unsigned free_depth;
    bool has_sane_trees;
} meta;

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static bool tree_is_sane(const uint8_t *tree, uint16_t flags, uint64_t last_page)
{
    uint64_t root = kvi_le64_load(tree + 40);

    if (le16(tree + 4) != flags || le16(tree + 6) > DEPTH_MAX)
        return false;
    return root == NO_PAGE || (root >= 2 && root <= last_page);
}

/*
 * LMDB takes the page with the higher transaction (the first, if they are equal), and asks of the
 * other one only what is the same in all of a file's: flag, magic, version and page size. The rest
 * of that one may be nonsense in a good file: when a meta page cannot be written, LMDB puts the old
 * last page and transaction beside the new trees.
 */
static kv_status meta_parse(const uint8_t *page, uint64_t number, meta *out)
{
    if (kvi_le32_load(page + 16) != MAGIC || !(le16(page + 10) & META_FLAG))
        return KV_CORRUPT;
    if ((kvi_le32_load(page + 20) & 0xFFFF) != VERSION)
        return KV_UNSUPPORTED;
    out->map_size = kvi_le64_load(page + 32);
    out->page_size = kvi_le32_load(page + FREE_TREE);
    out->last_page = kvi_le64_load(page + 136);
    out->transaction = kvi_le64_load(page + KVI_PREFLIGHT_TRANSACTION);
    out->free_depth = le16(page + FREE_TREE + 6);
    out->free_root = kvi_le64_load(page + FREE_TREE + 40);
    if (kvi_le64_load(page) != number || out->page_size < 256 || out->page_size > 32768 ||
        (out->page_size & (out->page_size - 1)) != 0)
        return KV_CORRUPT;
    out->has_sane_trees = out->last_page >= 1 && out->map_size / out->page_size > out->last_page &&
                          tree_is_sane(page + FREE_TREE, FREE_TREE_FLAGS, out->last_page) &&
                          tree_is_sane(page + MAIN_TREE, 0, out->last_page);
    return KV_OK;
}

static kv_status meta_read(int fd, uint64_t offset, uint64_t number, meta *out)
{
    uint8_t page[META_SIZE];
    ssize_t got = pread(fd, page, sizeof(page), (off_t)offset);

    if (got < 0)
        return KV_IO;
    return got < META_SIZE ? KV_CORRUPT : meta_parse(page, number, out);
}

/* The file holds every page but such as are free. */
static kv_status preflight_length(int fd, const meta *m, uint64_t file_size)
{
    kvi_free_list list = {.fd = fd,
                          .root = m->free_root,
                          .depth = m->free_depth,
                          .page_size = m->page_size,
                          .pages = file_size / m->page_size};

    if (list.pages > m->last_page)
        return KV_OK;
    return kvi_free_list_covers(&list, list.pages, m->last_page);
}

static kv_status preflight_metas(int fd, kvi_preflight_facts *out)
{
    meta first, second, *newest;
    struct stat file;
    kv_status status = meta_read(fd, 0, 0, &first);

    if (status == KV_OK)
        status = meta_read(fd, first.page_size, 1, &second);
    if (status != KV_OK)
        return status;
    if (fstat(fd, &file) != 0) /* After the reads: it never loses a used page. */
        return KV_IO;
    newest = second.transaction > first.transaction ? &second : &first;
    out->map_size = newest->map_size;
    out->page_size = newest->page_size;
    out->last_page = newest->last_page;
    out->transaction = newest->transaction;
    out->file_size = (uint64_t)file.st_size;
    out->device = (uint64_t)file.st_dev;
    out->inode = (uint64_t)file.st_ino;
    out->names = (uint64_t)file.st_nlink;
    if (first.page_size != second.page_size || first.map_size != second.map_size ||
        !newest->has_sane_trees)
        return KV_CORRUPT;
    return preflight_length(fd, newest, out->file_size);
}

kv_status kvi_preflight(const char *data_path, kvi_preflight_facts *out, kv_error *error)
{
    int fd = open(data_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat file;
    kv_status status = KV_CORRUPT;

    if (fd < 0 && errno == ENOENT)
        return kvi_error_set(error, KV_CORRUPT, errno, "CURRENT names %s", data_path);
    if (fd < 0)
        return kvi_error_set(error, KV_IO, errno, "open %s", data_path);
    out->is_link = lstat(data_path, &file) == 0 && S_ISLNK(file.st_mode);
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        (void)close(fd);
        return kvi_error_set(error, KV_CORRUPT, 0, "%s is not a regular file", data_path);
    }
    for (int i = 0; i < ATTEMPTS && status == KV_CORRUPT; i++)
        status = preflight_metas(fd, out);
    (void)close(fd);
    if (status == KV_CORRUPT)
        return kvi_error_set(error, status, 0, "%s is truncated, damaged or no data file of libkv",
                             data_path);
    if (status == KV_UNSUPPORTED)
        return kvi_error_set(error, status, 0, "%s was written by another version of LMDB",
                             data_path);
    return status == KV_OK ? KV_OK : kvi_error_set(error, status, errno, "read %s", data_path);
}

/* A meta page as a creation leaves it, or one that a creation had not written yet. */
static bool meta_is_fresh(int fd, uint64_t offset, uint64_t number)
{
    meta m = {0};
    kv_status status = meta_read(fd, offset, number, &m);

    return (status == KV_OK || status == KV_CORRUPT) && m.transaction <= FRESH_TRANSACTIONS;
}

bool kvi_preflight_is_fresh(const char *data_path)
{
    uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    int fd = open(data_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat file;
    bool is_fresh;

    if (fd < 0)
        return errno == ENOENT;
    is_fresh = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
               (uint64_t)file.st_size <= FRESH_PAGES * page_size && meta_is_fresh(fd, 0, 0) &&
               meta_is_fresh(fd, page_size, 1);
    (void)close(fd);
    return is_fresh;
}
