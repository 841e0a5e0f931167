#include "storage/env.h"

#include "base/number.h"
#include "base/status.h"
#include "storage/claim.h"
#include "storage/handles.h"
#include "storage/lock_file.h"
#include "storage/page_check.h"
#include "storage/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXTEND_MIN ((uint64_t)256 << 10)
#define EXTEND_MAX ((uint64_t)64 << 20)
#define CHECK_ATTEMPTS 1000

kv_status kvi_lmdb_status(int rc)
{
    switch (rc) {
    case 0:
        return KV_OK;
    case MDB_NOTFOUND:
        return KV_NOT_FOUND;
    case MDB_MAP_FULL:
        return KV_STORE_FULL;
    case MDB_TXN_FULL:
        return KV_BATCH_TOO_LARGE;
    case MDB_READERS_FULL:
        return KV_BUSY;
    case MDB_PANIC:
        return KV_REOPEN_NEEDED;
    case MDB_VERSION_MISMATCH:
        return KV_UNSUPPORTED;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
        return KV_CORRUPT;
    case ENOMEM:
        return KV_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return KV_DISK_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return KV_READ_ONLY;
    default:
        return KV_IO;
    }
}

/* LMDB's numbers are negative, the system's positive. */
static kv_status env_error(kv_error *error, int rc, const char *what, const char *path)
{
    if (rc < 0)
        return kvi_error_set(error, kvi_lmdb_status(rc), 0, "%s %s: %s", what, path,
                             mdb_strerror(rc));
    return kvi_error_set(error, kvi_lmdb_status(rc), rc, "%s %s", what, path);
}

static int env_configure(MDB_env *env, const kvi_env_options *options)
{
    int rc = mdb_env_set_maxdbs(env, KVI_TABLES_MAX);

    if (rc == 0)
        rc = mdb_env_set_maxreaders(env, KVI_READERS_MAX);
    if (rc == 0)
        rc = mdb_env_set_mapsize(env, (size_t)options->map_size);
    return rc;
}

static int env_table_open(kvi_env *env, const kvi_env_options *options, MDB_txn *txn, size_t i)
{
    bool is_optional = i >= options->table_count - options->optional_count;
    int rc = mdb_dbi_open(txn, options->tables[i], options->is_new && !is_optional ? MDB_CREATE : 0,
                          &env->tables[i]);

    if (rc != MDB_NOTFOUND)
        return rc;
    env->tables[i] = 0;
    return is_optional ? 0 : MDB_CORRUPTED;
}

static int env_tables_open(kvi_env *env, const kvi_env_options *options)
{
    unsigned int flags = options->is_new ? 0 : MDB_RDONLY;
    MDB_txn *txn;
    int dead = 0, rc = mdb_txn_begin(env->env, NULL, flags, &txn);

    if (rc == MDB_READERS_FULL && mdb_reader_check(env->env, &dead) == 0 && dead > 0)
        rc = mdb_txn_begin(env->env, NULL, flags, &txn);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < options->table_count && rc == 0; i++)
        rc = env_table_open(env, options, txn, i);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn); /* Of a reader too: it keeps the handles. */
}

static int env_start(kvi_env *env, const kvi_env_options *options)
{
    unsigned int flags = MDB_NOTLS;
    MDB_stat stat;
    int rc = mdb_env_create(&env->env);

    if (rc != 0) {
        env->env = NULL;
        return rc;
    }
    if (options->is_read_only)
        flags |= MDB_RDONLY;
    if (options->is_lockless)
        flags |= MDB_NOLOCK;
    rc = env_configure(env->env, options);
    if (rc == 0)
        rc = mdb_env_open(env->env, options->directory, flags, options->file_mode);
    if (rc == 0)
        rc = mdb_env_get_fd(env->env, &env->data_fd);
    if (rc == 0)
        rc = mdb_env_stat(env->env, &stat);
    if (rc == 0) {
        env->page_size = stat.ms_psize;
        env->map_size = options->map_size;
        if (!options->is_lockless)
            rc = kvi_lock_file_remember(env->lock_path, &env->lock);
    }
    return rc;
}

/* What must be before LMDB opens the lock file. The claim comes first: the file must not be touched
   if this process has it open already. */
static kv_status env_lock_prepare(kvi_env *env, const kvi_env_options *options, kv_error *error)
{
    kv_status status = KV_OK;

    if (options->claim_in != NULL)
        status = kvi_claim_take(options->claim_in, options->directory, &env->claim, error);
    if (status == KV_OK)
        status = kvi_lock_file_prepare(env->lock_path, options->file_mode, KVI_READERS_MAX, error);
    return status;
}

kv_status kvi_env_open(const kvi_env_options *options, kvi_env **env_out, kv_error *error)
{
    kvi_env *env = calloc(1, sizeof(*env));
    kvi_file_limit_hold limit;
    kv_status status;
    int rc;

    *env_out = NULL;
    if (env == NULL)
        return kvi_error_set(error, KV_NO_MEMORY, 0, "open %s: out of memory", options->directory);
    env->claim = -1;
    if (options->table_count > KVI_TABLES_MAX || options->optional_count > options->table_count) {
        free(env);
        return kvi_error_set(error, KV_INVALID, 0, "open %s: too many tables", options->directory);
    }
    (void)snprintf(env->lock_path, sizeof(env->lock_path), "%s/lock.mdb", options->directory);
    status = options->is_lockless ? KV_OK : env_lock_prepare(env, options, error);
    kvi_file_limit_begin(&limit);
    if (status == KV_OK && (rc = env_start(env, options)) != 0)
        status = env_error(error, rc, "open", options->directory);
    if (status == KV_OK && options->check != NULL)
        status = kvi_env_check_pages(env, options->check);
    if (status == KV_OK && (rc = env_tables_open(env, options)) != 0)
        status = env_error(error, rc, "open", options->directory);
    kvi_file_limit_end(&limit);
    if (status == KV_OK)
        *env_out = env;
    else
        kvi_env_close(env);
    return status;
}

kv_status kvi_env_check_pages(kvi_env *env, const kvi_page_check *check)
{
    kvi_page_check own = *check;
    kv_status status = KV_MOVED;

    own.fd = env->data_fd;
    /* The meta page of a view that began in between may be written over before it is read. */
    for (int i = 0; i < CHECK_ATTEMPTS && status == KV_MOVED; i++) {
        MDB_txn *txn;
        int rc = mdb_txn_begin(env->env, NULL, MDB_RDONLY, &txn); /* Reads a meta page alone. */
        if (rc != 0)
            return kvi_lmdb_status(rc);
        own.transaction = mdb_txn_id(txn);
        status = kvi_page_check_run(&own);
        mdb_txn_abort(txn);
    }
    return status == KV_MOVED ? KV_BUSY : status;
}

void kvi_env_close(kvi_env *env)
{
    if (env == NULL)
        return;
    if (env->env != NULL)
        mdb_env_close(env->env);
    kvi_claim_release(env->claim); /* After LMDB's locks, which it represents. */
    free(env);
}

void kvi_env_forget(kvi_env *env)
{
    free(env);
}

uint32_t kvi_env_page_size(const kvi_env *env)
{
    return env->page_size;
}

uint64_t kvi_env_transaction(const kvi_env *env)
{
    MDB_envinfo info;

    return mdb_env_info(env->env, &info) == 0 ? info.me_last_txnid : 0;
}

static uint64_t env_size_max(const kvi_env *env)
{
    uint64_t limit = kvi_file_limit();

    return kvi_number_least(limit, env->map_size);
}

kv_status kvi_env_facts_get(const kvi_env *env, kvi_env_facts *out)
{
    struct stat file;
    MDB_envinfo info;
    int rc = mdb_env_info(env->env, &info);

    if (rc != 0)
        return kvi_lmdb_status(rc);
    if (fstat(env->data_fd, &file) != 0)
        return KV_IO;
    *out = (kvi_env_facts){.transaction = info.me_last_txnid,
                           .pages_used = info.me_last_pgno + 1,
                           .map_size = info.me_mapsize,
                           .file_size = (uint64_t)file.st_size,
                           .size_max = env_size_max(env),
                           .page_size = env->page_size,
                           .readers = info.me_numreaders,
                           .readers_max = info.me_maxreaders};
    return KV_OK;
}

kv_status kvi_env_lock_check(const kvi_env *env)
{
    return kvi_lock_file_check(env->lock_path, &env->lock);
}

/* 0 or an errno. A signal is no reason to give up. */
static int env_allocate(const kvi_env *env, uint64_t size)
{
    while (fallocate(env->data_fd, 0, 0, (off_t)size) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

kv_status kvi_env_extend(kvi_env *env, uint64_t pages)
{
    uint64_t need = pages * env->page_size, most = env_size_max(env), step;
    struct stat file;
    int rc;

    if (need > env->map_size)
        need = env->map_size;
    if (need > most)
        return KV_DISK_FULL;
    if (fstat(env->data_fd, &file) != 0)
        return KV_IO;
    if ((uint64_t)file.st_size >= need)
        return KV_OK;
    step = (uint64_t)file.st_size / 8;
    step = step < EXTEND_MIN ? EXTEND_MIN : step > EXTEND_MAX ? EXTEND_MAX : step;
    if (need + step <= most && env_allocate(env, need + step) == 0)
        return KV_OK;
    rc = env_allocate(env, need);
    if (rc == EOPNOTSUPP) /* Sparse then: a full disk shows at the commit. */
        while ((rc = ftruncate(env->data_fd, (off_t)need) == 0 ? 0 : errno) == EINTR)
            continue;
    return kvi_lmdb_status(rc);
}

/* 0 or an errno. */
static int env_cut(int fd, uint64_t size)
{
    struct stat file;

    if (fstat(fd, &file) != 0)
        return errno;
    if ((uint64_t)file.st_size > size)
        while (ftruncate(fd, (off_t)size) != 0)
            if (errno != EINTR)
                return errno;
    return fdatasync(fd) == 0 ? 0 : errno; /* An earlier cut may have failed here. */
}

kv_status kvi_env_trim(kvi_env *env, const char *data_path, kv_error *error)
{
    kvi_env_facts facts;
    int fd, rc;
    kv_status status = kvi_env_facts_get(env, &facts);

    if (status != KV_OK)
        return kvi_error_set(error, status, 0, "look at %s", data_path);
    /* Not LMDB's descriptor, which may be for reading alone. */
    status = kvi_path_open(data_path, O_RDWR, 0, &fd, error);
    if (status != KV_OK)
        return status;
    rc = env_cut(fd, facts.pages_used * facts.page_size);
    (void)close(fd);
    return rc == 0 ? KV_OK : kvi_path_error(error, rc, "cut", data_path);
}
