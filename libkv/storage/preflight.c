#include "storage/preflight.h"

#include "base/status.h"
#include "storage/free_list.h"
#include "storage/lmdb_page.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0xBEEFC0DEu
#define VERSION 1
#define FREE_TREE_FLAGS 0x08 /* INTEGERKEY, LMDB's own free list. */
#define ATTEMPTS 5           /* A writer may be in the middle of a meta page. */
/* What ops/create makes: its tables in one transaction, their rows in another. */
#define FRESH_TRANSACTIONS 2
#define FRESH_PAGES 64 /* It takes fewer; a store that was written to is given more than 256. */

typedef struct meta {
    uint64_t map_size, page_size, last_page, transaction;
    kvi_lmdb_tree free_list;
    bool is_sane;
} meta;

static bool tree_is_sane(const uint8_t *bytes, unsigned flags, uint64_t last_page)
{
    kvi_lmdb_tree tree = kvi_lmdb_tree_read(bytes);

    if (tree.flags != flags || tree.depth > KVI_TREE_DEPTH_MAX)
        return false;
    return tree.root == KVI_PAGE_NONE || (tree.root >= KVI_PAGE_FIRST && tree.root <= last_page);
}

/*
 * LMDB takes the page with the higher transaction (the first, if they are equal), and asks of the
 * other one only what is the same in all of a file's: flag, magic, version and page size. The rest
 * of that one may be nonsense in a good file: when a meta page cannot be written, LMDB puts the old
 * last page and transaction beside the new trees.
 */
static kv_status meta_parse(const uint8_t *page, uint64_t number, meta *out)
{
    if (kvi_le32_load(page + 16) != MAGIC || !(kvi_le16_load(page + 10) & KVI_PAGE_META))
        return KV_CORRUPT;
    if ((kvi_le32_load(page + 20) & 0xFFFF) != VERSION)
        return KV_UNSUPPORTED;
    out->map_size = kvi_le64_load(page + 32);
    out->page_size = kvi_le32_load(page + KVI_META_FREE_TREE);
    out->last_page = kvi_le64_load(page + KVI_META_LAST_PAGE);
    out->transaction = kvi_le64_load(page + KVI_META_TRANSACTION);
    out->free_list = kvi_lmdb_tree_read(page + KVI_META_FREE_TREE);
    if (kvi_le64_load(page) != number || out->page_size < 256 || out->page_size > 32768 ||
        (out->page_size & (out->page_size - 1)) != 0)
        return KV_CORRUPT;
    /* A transaction goes into the page of its parity: there LMDB looks for it. */
    out->is_sane = (out->transaction == 0 || (out->transaction & 1) == number) &&
                   out->last_page >= 1 && out->map_size / out->page_size > out->last_page &&
                   tree_is_sane(page + KVI_META_FREE_TREE, FREE_TREE_FLAGS, out->last_page) &&
                   tree_is_sane(page + KVI_META_MAIN_TREE, 0, out->last_page);
    return KV_OK;
}

static kv_status meta_read(int fd, uint64_t offset, uint64_t number, meta *out)
{
    uint8_t page[KVI_META_SIZE];
    ssize_t got = pread(fd, page, sizeof(page), (off_t)offset);

    if (got < 0)
        return KV_IO;
    return got < KVI_META_SIZE ? KV_CORRUPT : meta_parse(page, number, out);
}

/* The file holds every page that is not free. */
static kv_status preflight_length(int fd, const meta *m, uint64_t file_size)
{
    kvi_free_list list = {.fd = fd,
                          .root = m->free_list.root,
                          .depth = m->free_list.depth,
                          .page_size = m->page_size,
                          .pages = file_size / m->page_size};

    if (list.pages > m->last_page)
        return KV_OK;
    return kvi_free_list_covers(&list, list.pages, m->last_page);
}

static kv_status preflight_metas_once(int fd, kvi_preflight_facts *out)
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
        !newest->is_sane)
        return KV_CORRUPT;
    return preflight_length(fd, newest, out->file_size);
}

kv_status kvi_preflight_metas(int fd, kvi_preflight_facts *out)
{
    kv_status status = KV_CORRUPT;

    for (int i = 0; i < ATTEMPTS && status == KV_CORRUPT; i++)
        status = preflight_metas_once(fd, out);
    return status;
}

kv_status kvi_preflight(const char *data_path, kvi_preflight_facts *out, kv_error *error)
{
    int fd = open(data_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat file;
    kv_status status;

    if (fd < 0 && errno == ENOENT)
        return kvi_error_set(error, KV_CORRUPT, errno, "CURRENT names %s", data_path);
    if (fd < 0)
        return kvi_error_set(error, KV_IO, errno, "open %s", data_path);
    out->is_link = lstat(data_path, &file) == 0 && S_ISLNK(file.st_mode);
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        (void)close(fd);
        return kvi_error_set(error, KV_CORRUPT, 0, "%s is not a regular file", data_path);
    }
    status = kvi_preflight_metas(fd, out);
    (void)close(fd);
    if (status == KV_CORRUPT)
        return kvi_error_set(error, status, 0,
                             "%s is truncated, damaged or not a data file of libkv", data_path);
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
