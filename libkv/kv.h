/**
 * libkv: an edge key-value store in a library.
 *
 * Namespaces, batches with a verdict for each key, expiry to the second, exact quotas, zstd, and a
 * log of every change, in one crash-safe file that many threads and processes share.
 *
 * Rules that span calls
 *
 * - A store is a directory. One process opens it once: a second kv_open() of the same store shares
 *   the first handle (counted). kv_options says which options must then be the same.
 * - fork: in a child every call on an inherited handle answers KV_FORKED. Ending, freeing and
 *   closing release memory there and touch nothing else. Then open the store again.
 * - An open snapshot keeps every page it can see from being re-used. Hold it for a request, not
 *   for a day, or the file grows.
 * - Two kinds of struct. Growing ones travel by pointer and begin with `size`; start them with
 *   their _INIT macro, which sets the size (in C++: `kv_options o = {}; o.size = sizeof(o);`), or
 *   their kv_..._init() function. Zero in any other field asks for the default. A size below that of
 *   the struct's first version is KV_INVALID, a field that this library does not know and that is
 *   not zero is KV_UNSUPPORTED. Array items (kv_op, kv_verdict, kv_entry, kv_change) never change.
 * - Absent is a flag, never a magic 0: a zeroed kv_op is a permanent, unconditional put.
 * - Times are Unix seconds in int64_t; durations carry their unit in the name.
 * - Owned: you release it. Borrowed: valid until the moment the comment names. Taken: the callee
 *   releases it. On failure an output handle is NULL and nothing needs releasing.
 * - Threads: functions that take a kv_db, or none of the objects here, are thread-safe. The one
 *   exception is kv_close(): no other thread may be inside a call on the handle. The other objects
 *   are not thread-safe: a snapshot together with its lists, a KV_LIST_RENEW list, a prepared
 *   batch, a buffer. Use each from one thread at a time, which may be another thread each time.
 * - Callbacks: libkv has no threads of its own. It calls a callback only during a call of yours, on
 *   that call's thread, outside locks and write transactions. A callback must not call functions on
 *   the handle. clock and log belong to the handle: every thread inside a call on it may call them,
 *   several at once, and a thread that writes also calls them for the batches of other threads.
 *   progress and chunk belong to one call: libkv calls them on its thread, one after the other, and
 *   not after it has returned.
 * - Bindings: LuaJIT's ffi.cdef accepts the output of `cc -E -P kv.h` unchanged. With
 *   -DKV_NO_ATTRIBUTES the output has no attributes.
 * - Answers. "Returns" names what is particular to a function. These may come as well, from
 *     every call: KV_INVALID (a NULL or contradictory argument); on a handle, and on what was begun
 *       with it, KV_FORKED and, once it is unusable, KV_REOPEN_NEEDED;
 *     every read: KV_CORRUPT; KV_IO; KV_NO_MEMORY;
 *     every write, and then nothing was written: KV_READ_ONLY; KV_MOVED; KV_LOCK_LOST; KV_BUSY;
 *       KV_TIMEOUT; KV_STORE_FULL; KV_DISK_FULL; KV_CORRUPT; KV_IO; KV_NO_MEMORY. Or
 *       KV_COMMIT_UNKNOWN: see kv_batch_outcome().
 *   Later versions may add codes: treat an unknown one as a failure.
 */
#ifndef KV_H
#define KV_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KV_VERSION_MAJOR 0
#define KV_VERSION_MINOR 2
#define KV_VERSION_PATCH 0
/** The version as one number: 0x00MMmmpp. Compare with kv_version(), which the library answers. */
#define KV_VERSION ((KV_VERSION_MAJOR << 16) | (KV_VERSION_MINOR << 8) | KV_VERSION_PATCH)

#if defined(__GNUC__) && !defined(KV_NO_ATTRIBUTES)
#define KV_API __attribute__((visibility("default")))
#define KV_NODISCARD __attribute__((warn_unused_result))
#else
#define KV_API
#define KV_NODISCARD
#endif

/* ---- Limits. The first group is the service's, the second the library's ceilings. */

#define KV_KEY_SIZE_MAX 512          /**< Bytes. The service's error text says bytes. */
#define KV_METADATA_SIZE_MAX 1024    /**< Bytes, as other edge stores have it. */
#define KV_NAMESPACE_NAME_MAX 64     /**< Letters, digits, '-' and '_'. */
#define KV_DESCRIPTION_SIZE_MAX 1024 /**< Bytes. */
#define KV_VALUE_SIZE_DEFAULT 2000000
#define KV_BATCH_SIZE_DEFAULT 2000000
#define KV_BATCH_COUNT_DEFAULT 10000
#define KV_NAMESPACE_CAPACITY_DEFAULT (UINT64_C(1) << 30)

#define KV_VALUE_SIZE_CEILING (UINT64_C(25) << 20)
#define KV_BATCH_SIZE_CEILING (UINT64_C(100) << 20)
#define KV_BATCH_COUNT_CEILING 1000000
#define KV_CAPACITY_UNLIMITED UINT64_MAX

#define KV_MAP_SIZE_DEFAULT (UINT64_C(64) << 30)      /**< Address space, not disk. */
#define KV_MAP_SIZE_MIN (UINT64_C(8) << 20)           /**< 1 MiB of it is kept for deletes. */
#define KV_CHANGES_BYTES_DEFAULT (UINT64_C(64) << 20) /**< Log kept by a new store. */
#define KV_NAMESPACES_DEFAULT 1024
#define KV_CHANGES_SKIP_MAX 65536 /**< Changes that one kv_changes_select() skips at most. */

/* ---- Status codes */

/** A status: KV_OK or why not. Of fixed width: each compiler chooses the size of an enum. */
typedef int32_t kv_status;

/** Every status. Values are ABI: never renumbered, never re-used. Since 0.1. */
enum kv_status_code {
    KV_OK = 0,
    KV_NOT_FOUND = 1,           /**< No such key, store or next item: an answer, not a failure. */
    KV_INVALID = 2,             /**< An argument breaks the contract. */
    KV_KEY_MALFORMED = 3,       /**< Empty, not UTF-8, or with a byte 0x00-0x20 or 0x7F. */
    KV_KEY_TOO_LONG = 4,        /**< Over KV_KEY_SIZE_MAX. */
    KV_VALUE_TOO_LONG = 5,      /**< Over the limit in force. */
    KV_METADATA_TOO_LONG = 6,   /**< Over KV_METADATA_SIZE_MAX. */
    KV_EXPIRY_INVALID = 7,      /**< A TTL below 1, or a deadline in the past. */
    KV_TOO_MANY_KEYS = 8,       /**< More operations than the limit in force. */
    KV_BATCH_TOO_LARGE = 9,     /**< More bytes than the limit in force. */
    KV_VERSION_MISMATCH = 10,   /**< KV_OP_IF_VERSION: the live version is another; nothing was
                                     written for this key. */
    KV_NAMESPACE_MALFORMED = 11,
    KV_NAMESPACE_NOT_FOUND = 12,
    KV_NAMESPACE_EXISTS = 13,
    KV_NAMESPACE_FULL = 14,     /**< The pair would exceed the namespace's capacity. */
    KV_NAMESPACES_FULL = 15,    /**< The store holds its maximum of namespaces. */
    KV_STORE_FULL = 16,         /**< No room below the map cap. For deletes see kv_batch(). */
    KV_DISK_FULL = 17,          /**< The file system, a quota or RLIMIT_FSIZE leaves no room. For
                                     deletes see kv_batch(). */
    KV_BUSY = 18,               /**< Queue, pool or reader table full: nothing was done. */
    KV_TIMEOUT = 19,            /**< The wait ended first: nothing was done. */
    KV_MOVED = 20,              /**< The path names another store or generation: open it, swap,
                                     close this one. */
    KV_READ_ONLY = 21,          /**< The handle, the file or a sealed store does not take writes. */
    KV_FORKED = 22,             /**< The handle was opened before fork(). */
    KV_ALREADY_OPEN = 23,       /**< In this process: with another mode, sync, clock or log, not
                                     wholly closed, or by another copy of this library. */
    KV_REOPEN_NEEDED = 24,      /**< A failed meta write or a close made the handle unusable. */
    KV_LOCK_LOST = 25,          /**< The lock file was replaced while in use. */
    KV_TOO_LARGE = 26,          /**< The answer exceeds the budget the caller gave. */
    KV_UNSUPPORTED = 27,        /**< A format, feature, option or file system not supported. */
    KV_CHANGES_TRIMMED = 28,    /**< The log does not reach that position: start from a snapshot. */
    KV_BUFFER_TOO_SMALL = 29,
    KV_CANCELLED = 30,          /**< A callback or kv_wake() stopped the call. */
    KV_CORRUPT = 31,            /**< Stored bytes break docs/format.md. */
    KV_IO = 32,                 /**< A system call failed; kv_error has its errno. */
    KV_NO_MEMORY = 33,
    KV_COMMIT_UNKNOWN = 34,     /**< Reopen and ask kv_batch_outcome(). */
    KV_NOT_A_NUMBER = 35,       /**< KV_ADD: the value or the sum is no number. Since 0.2. */
    KV_KEY_EXISTS = 36          /**< KV_OP_IF_ABSENT: a live key is there. Since 0.2. */
};

/** Name a status. Returns "KV_NAMESPACE_FULL" for example, "KV_UNKNOWN" for a number that is no
 *  status; static. Since 0.1. */
KV_API const char *kv_status_name(kv_status status);
/** Explain a status. Returns one English clause without a full stop; static, never NULL. Since 0.1. */
KV_API const char *kv_strerror(kv_status status);
/** Tell the version. Returns KV_VERSION of the library that runs. Since 0.1. */
KV_API uint32_t kv_version(void);

/* ---- Handles and small types */

typedef struct kv_db kv_db;             /**< An open store: kv_open(), kv_close(). */
typedef struct kv_snapshot kv_snapshot; /**< One view of it: kv_snapshot_begin(), ..._end(). */
typedef struct kv_list kv_list;         /**< A place among keys: kv_list_begin(), ..._end(). */
typedef struct kv_prepared kv_prepared; /**< A batch to commit: kv_prepare(), kv_prepared_free(). */

/** A namespace's id. A plain value: never re-used, never 0, nothing to free. */
typedef uint32_t kv_ns;

/** Borrowed bytes. */
typedef struct kv_slice {
    const void *data;
    size_t size;
} kv_slice;

/** Bytes owned by the caller. Start with {0}; libkv only grows it. One per thread or request. */
typedef struct kv_buf {
    void *data;
    size_t size;     /**< Bytes in use. */
    size_t capacity; /**< Bytes allocated. */
} kv_buf;

/** Release a buffer's memory and zero it. NULL is fine. Since 0.1. */
KV_API void kv_buf_free(kv_buf *buf);

/** Detail on a failure, optional wherever it is taken. Owned by the caller. */
typedef struct kv_error {
    size_t size;
    kv_status status;
    int32_t os_errno;  /**< 0: no system call failed. */
    char message[240]; /**< "open /srv/edge/CURRENT: Permission denied", always terminated. */
} kv_error;
#define KV_ERROR_INIT { sizeof(kv_error), 0, 0, { 0 } }

/* ---- Options: what this process wants. Nothing here changes the file. */

/** Bounds on one write call. 0: the default; above the ceiling: KV_INVALID. */
typedef struct kv_limits {
    uint64_t value_size_max;  /**< Bytes of one value. KV_VALUE_SIZE_DEFAULT. */
    uint64_t batch_size_max;  /**< Key + value + metadata of the puts, and keys of the additions,
                                   that pass their own checks. */
    uint32_t batch_count_max; /**< Operations in a batch. KV_BATCH_COUNT_DEFAULT. */
    uint32_t reserved;        /**< 0. */
} kv_limits;

/** kv_log_fn's level: something must be done; something was lost; something was done. */
enum { KV_LOG_ERROR = 1, KV_LOG_WARNING = 2, KV_LOG_INFO = 3 };

/** Reports what the library did without being asked. Called during any call on the handle, from
 *  open to close, on that call's thread. message: message_size bytes and a 0 behind them, borrowed
 *  for the call. */
typedef void (*kv_log_fn)(void *ctx, int level, kv_status status, const char *message,
                          size_t message_size);
/** The time in Unix seconds. Called once in each kv_open(), and for each snapshot that is begun or
 *  renewed (waits and KV_LIST_RENEW lists begin some), batch, write transaction and sweep. */
typedef int64_t (*kv_clock_fn)(void *ctx);

/** kv_options.mode */
enum {
    KV_OPEN_READ_WRITE = 0,
    KV_OPEN_READ_ONLY = 1, /**< Takes a reader slot: needs write access to the lock file, unless the
                                store is sealed. */
    KV_OPEN_SEALED = 2     /**< A sealed store only: no lock file, from read-only media too. */
};
/** kv_options.sync */
enum {
    KV_SYNC_FULL = 0, /**< KV_OK survives power loss. */
    KV_SYNC_LAZY = 1  /**< Integrity always; the last commits may be lost. kv_sync() hardens, and so
                           does the first commit of a handle, or after one that failed. */
};
/** kv_options.flags */
enum {
    KV_CREATE = 1u << 0,   /**< Make the store if there is none. With KV_OPEN_READ_WRITE only. */
    KV_UNTRUSTED = 1u << 1 /**< Check every page first, as kv_check() does: a damaged or forged file
                                is KV_CORRUPT instead of a crash. Reads the whole file. */
};

/**
 * For kv_open(). If this process has the store open already, mode, sync, flags (but KV_CREATE),
 * clock, clock_ctx, log and log_ctx must be the same, else KV_ALREADY_OPEN: they say what the
 * handle promises and which callbacks it calls. The other fields are preferences and may differ.
 * Those of the first kv_open() stay in force until the last kv_close(). kv_write_options sets the
 * limits and the wait of a single call.
 */
typedef struct kv_options {
    size_t size;
    uint32_t mode;            /**< KV_OPEN_READ_WRITE, _READ_ONLY or _SEALED. */
    uint32_t file_mode;       /**< Permissions of created files, e.g. 0660. 0: 0600. */
    uint32_t sync;            /**< KV_SYNC_FULL or KV_SYNC_LAZY. */
    uint32_t snapshots_max;   /**< Snapshots of this process at once. 0: 256; at most 2,000. */
    uint64_t queue_bytes_max; /**< Prepared bytes waiting to commit. 0: 256 MiB; beyond: KV_BUSY. */
    uint32_t write_wait_ms;   /**< Longest wait in this process's queue. 0: for ever. */
    int32_t compress_level;   /**< zstd level, 1 to 19. 0: 3. */
    uint32_t compress_min;    /**< Smallest value that is compressed, bytes. 0: 512. */
    uint32_t flags;           /**< KV_CREATE, ... */
    kv_limits limits;         /**< Defaults for this handle's write calls. */
    kv_clock_fn clock;        /**< NULL: the time that time() answers. */
    void *clock_ctx;
    kv_log_fn log;            /**< NULL: silent. */
    void *log_ctx;
} kv_options;
#if defined(__cplusplus)
#define KV_OPTIONS_INIT \
    { sizeof(kv_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, { 0, 0, 0, 0 }, 0, 0, 0, 0 }
#else
#define KV_OPTIONS_INIT { .size = sizeof(kv_options) }
#endif

/** kv_settings.flags */
enum {
    KV_SETTINGS_NO_CHANGES = 1u << 0 /**< Keep no change log. Both bounds must be 0. Since 0.2. */
};

/**
 * What the store is: kept in the file, so that two processes cannot disagree. Given at creation or
 * by kv_settings_set(), read back at every open and write.
 */
typedef struct kv_settings {
    size_t size;
    uint64_t map_size_max;               /**< Cap of the file, bytes, KV_MAP_SIZE_MIN to 2^46. Fixed
                                              at creation, rounded up to 64 KiB. 0: default. */
    uint64_t namespace_capacity_default; /**< Of namespaces created later. 0: default. */
    uint64_t changes_bytes_max;          /**< Log kept, bytes. 0 with an age: no bound by bytes. */
    int64_t changes_age_max_s;           /**< Log kept, seconds. 0: no bound by age. Both 0:
                                              KV_CHANGES_BYTES_DEFAULT and no bound by age. */
    uint32_t namespaces_max;             /**< Live namespaces. 0: KV_NAMESPACES_DEFAULT. */
    uint32_t flags;                      /**< KV_SETTINGS_* */
} kv_settings;
#define KV_SETTINGS_INIT { sizeof(kv_settings), 0, 0, 0, 0, 0, 0 }

/* ---- Open and close */

/**
 * Open the store in a directory.
 *
 * @param path         The directory. With KV_CREATE it is made when missing (its parent is not);
 *                     one that exists must be empty, but for what earlier creations left.
 * @param options      NULL: defaults.
 * @param create_with  Settings of a store that this call creates; NULL: KV_SETTINGS_INIT. An
 *                     existing store keeps its own. If two processes create the store at once, both
 *                     open the same store, with the settings of one of them. If only the last sync
 *                     of a creation fails, the store exists, and the message in `error` says so.
 * @param db_out       Owned: close with kv_close(). NULL on failure.
 * @param error        Optional detail. Set its size (KV_ERROR_INIT): of another size it is ignored.
 * Returns KV_OK; KV_NOT_FOUND (no store there, and no KV_CREATE); KV_CORRUPT (a truncated or
 * foreign file); KV_UNSUPPORTED (another format; a feature of the store that this version lacks: the
 * message names it, and says if KV_OPEN_READ_ONLY would do; an option that it lacks; a network file
 * system that it knows; a kernel before 4.14; of a store that is not sealed: GUARD or a lock file
 * that is no regular file, a data file with hard links or behind a symbolic one); KV_INVALID (also
 * KV_OPEN_SEALED on a store that is not; a path that is empty or too long; KV_CREATE in a directory
 * with other files: the message names one, and nothing is made); KV_READ_ONLY (the files do
 * not allow writing, or the store is sealed; even to read one that is not sealed, GUARD must be
 * readable and lock.mdb writable); KV_ALREADY_OPEN (see kv_options; or closed while snapshots or
 * lists were open: end them; or open in another copy of this library in the process, as with two
 * add-ons); KV_REOPEN_NEEDED (the shared handle is unusable: close it everywhere); KV_DISK_FULL;
 * KV_IO; KV_NO_MEMORY; KV_BUSY (reader table full); and, if the machine stopped after KV_SYNC_LAZY
 * commits, as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_open(const char *path, const kv_options *options,
                                      const kv_settings *create_with, kv_db **db_out,
                                      kv_error *error);
/**
 * Give the handle back. NULL is fine. If snapshots or lists are still open, the store becomes
 * unusable at once (their calls answer KV_REOPEN_NEEDED) and closes with the last of them. No other
 * thread may be inside a call on the handle or on what was begun with it. Prepared batches may then
 * only be freed. Since 0.1.
 */
KV_API void kv_close(kv_db *db);
/**
 * Whether the handle still serves its path. Cheap: no lock, no look-up in the store, a stat() now
 * and then; call it per request.
 * Returns KV_OK; KV_MOVED (the path now names another generation or store); KV_LOCK_LOST.
 * Since 0.1.
 */
KV_API kv_status kv_health(kv_db *db);
/**
 * Harden earlier KV_SYNC_LAZY commits of any process. A store without any costs one look-up.
 * Returns KV_OK; and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_sync(kv_db *db);
/**
 * Make the store read-only for good, ready to ship: it can then be opened from read-only media,
 * without a lock file, by any user that file_mode lets read. Space that the data file has allocated
 * ahead is cut off. Writes of other processes then answer KV_READ_ONLY. A seal cannot be undone:
 * export the store and import it into a new one.
 * Returns KV_OK; and as every write. If the last step fails (KV_READ_ONLY, KV_DISK_FULL, KV_IO) the
 * store is nevertheless sealed: the log hook says so, and the next open or kv_seal() finishes it.
 * Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_seal(kv_db *db);
/**
 * Set the permissions of the store's files. Its directories get the same, with x wherever r is set.
 * The umask has no effect. For the owner of the files. Processes that have the store open are not
 * affected.
 *
 * @param file_mode  Up to 0777, with 0600 in it; of a store that was sealed when this handle was
 *                   opened, with 0400.
 * @param error      Optional detail: the file at which it failed.
 * Returns KV_OK; KV_INVALID; KV_MOVED as kv_health(); KV_READ_ONLY (another owner, or read-only
 * media); KV_IO; KV_NO_MEMORY. After a failure some files have the new permissions. Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_file_mode_set(kv_db *db, uint32_t file_mode, kv_error *error);

/* ---- Snapshots: one consistent view, one moment in time */

/** A place in the change log. An epoch ends when committed changes may have been undone (restore,
 *  crash after KV_SYNC_LAZY); sequences of different epochs do not compare. */
typedef struct kv_position {
    uint64_t epoch, sequence;
} kv_position;

/**
 * Begin a snapshot. `now` is read once from the clock; what expires later stays visible in it.
 *
 * @param snapshot_out  Owned: end with kv_snapshot_end(). NULL on failure.
 * Returns KV_OK; KV_BUSY (snapshots_max, or the table of all processes is full); and as every read.
 * Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_snapshot_begin(kv_db *db, kv_snapshot **snapshot_out);
/** Move to the newest commit and the present time. Slices borrowed from it become invalid; a list
 *  on it may then only be ended. After a failure the snapshot may only be ended too: every other
 *  call on it answers KV_REOPEN_NEEDED. Returns KV_OK; and as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_snapshot_renew(kv_snapshot *snapshot);
/** End a snapshot; NULL is fine. End its lists first, but for those with KV_LIST_RENEW. Since 0.1. */
KV_API void kv_snapshot_end(kv_snapshot *snapshot);
/**
 * Get a snapshot's place in the change log and its time. Either output may be NULL.
 * Returns KV_OK; and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_snapshot_info(kv_snapshot *snapshot, kv_position *position_out,
                                               int64_t *now_out);
/**
 * Why the last failed read on this snapshot failed, in words: which check, in which table of
 * docs/format.md, at which key (escaped; a long one is cut). Reads by lists on the snapshot count
 * too, and entries that carry a failure as their own status. Lists with KV_LIST_RENEW and calls that
 * take no snapshot note nothing: repeat the read in a snapshot. A read that succeeds costs nothing
 * more, and does not clear the note.
 *
 * @param error  Required; set its size (KV_ERROR_INIT). Its status is KV_CORRUPT, KV_UNSUPPORTED,
 *               KV_IO or KV_NO_MEMORY. Answers such as KV_NOT_FOUND are not failures.
 * Returns KV_OK; KV_NOT_FOUND (no read has failed since the snapshot was begun or renewed: *error
 * stays as it is). Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_snapshot_error(kv_snapshot *snapshot, kv_error *error);

/* ---- Settings */

/** The store's settings, as much as out->size has room for.
 *  Returns KV_OK; and as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_settings_get(kv_snapshot *snapshot, kv_settings *out);
/**
 * Replace the settings, taking effect with the next write of any process. map_size_max must be 0
 * or as it was given. Capacities of namespaces that exist stay.
 * Returns KV_OK; KV_INVALID (also another map_size_max); and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_settings_set(kv_db *db, const kv_settings *settings);

/* ---- Namespaces. Look a name up once, keep the id. */

/** All about a namespace, as of a snapshot. Set its size (KV_NAMESPACE_INFO_INIT). */
typedef struct kv_namespace_info {
    size_t size;
    kv_ns id;
    uint32_t reserved;
    char name[72];            /**< As given when it was created or renamed, terminated. */
    int64_t created_at;       /**< Unix seconds. */
    uint64_t capacity;        /**< Bytes; KV_CAPACITY_UNLIMITED. */
    uint64_t key_count;       /**< Of rows present, expired ones that no sweep met included. */
    uint64_t key_bytes;       /**< Quota counts key_bytes + value_bytes + metadata_bytes. */
    uint64_t value_bytes;     /**< Before compression. */
    uint64_t metadata_bytes;
    uint64_t stored_bytes;    /**< Values as stored, after compression. */
    char description[1028];   /**< Terminated. */
} kv_namespace_info;
#if defined(__cplusplus)
#define KV_NAMESPACE_INFO_INIT { sizeof(kv_namespace_info), 0, 0, {0}, 0, 0, 0, 0, 0, 0, 0, {0} }
#else
#define KV_NAMESPACE_INFO_INIT { .size = sizeof(kv_namespace_info) }
#endif

/**
 * Create a namespace with the store's default capacity.
 *
 * @param name    1 to KV_NAMESPACE_NAME_MAX letters, digits, '-', '_'. ASCII case does not
 *                distinguish names; the spelling given is the one shown.
 * @param id_out  Set on KV_OK. Since 0.2 also on KV_NAMESPACE_EXISTS, to the id of the namespace
 *                that has the name: so this call finds or creates.
 * Returns KV_OK; KV_NAMESPACE_MALFORMED; KV_NAMESPACE_EXISTS; KV_NAMESPACES_FULL; and as every
 * write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_create(kv_db *db, const char *name, size_t name_size,
                                                  kv_ns *id_out);
/** Find a namespace's id. Returns KV_OK; KV_NAMESPACE_MALFORMED; KV_NAMESPACE_NOT_FOUND; and as
 *  every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_namespace_find(kv_snapshot *snapshot, const char *name,
                                                size_t name_size, kv_ns *id_out);
/** The same in a snapshot of its own. Returns as kv_namespace_find(), and KV_BUSY as
 *  kv_snapshot_begin(). Since 0.2. */
KV_API KV_NODISCARD kv_status kv_namespace_id(kv_db *db, const char *name, size_t name_size,
                                              kv_ns *id_out);
/** All about one namespace. Returns KV_OK; KV_NAMESPACE_NOT_FOUND; and as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_namespace_describe(kv_snapshot *snapshot, kv_ns id,
                                                    kv_namespace_info *out);
/** The live namespace with the smallest id above `after` (0: the first).
 *  Returns KV_OK; KV_NOT_FOUND (no more); and as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_namespace_next(kv_snapshot *snapshot, kv_ns after,
                                                kv_namespace_info *out);
/**
 * Change a namespace.
 *
 * @param capacity     Bytes; 0: as it is. Below the present usage: only writes that shrink it pass.
 * @param description  At most KV_DESCRIPTION_SIZE_MAX bytes, else KV_INVALID; NULL: as it is.
 * Returns KV_OK; KV_NAMESPACE_NOT_FOUND; and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_set(kv_db *db, kv_ns id, uint64_t capacity,
                                               const char *description, size_t description_size);
/**
 * Rename a namespace. Its id stays, and all that uses the id continues to work. The old name is free
 * at once.
 *
 * @param name  As for kv_namespace_create(). May be the present name in another case.
 * Returns KV_OK; KV_NAMESPACE_MALFORMED; KV_NAMESPACE_NOT_FOUND; KV_NAMESPACE_EXISTS (another
 * namespace has the name); and as every write. Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_namespace_rename(kv_db *db, kv_ns id, const char *name,
                                                  size_t name_size);
/**
 * Drop a namespace. From the commit on no call finds it, and its name is free. Later writes and
 * kv_sweep() reclaim its space in bounded steps.
 * Returns KV_OK; KV_NAMESPACE_NOT_FOUND; and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_drop(kv_db *db, kv_ns id);

/* ---- Reading
 *
 * Memory: once buf has grown, kv_get(), kv_get_entry() and kv_get_many() allocate nothing for a
 * value that is stored whole. A value in pieces (more than 64 KiB as stored) needs a cursor for the
 * call. The handle keeps 16 contexts for decompressing; threads beyond that make their own for the
 * call. kv_get_into() of a compressed value in pieces, kv_get_chunks(), kv_list_begin() and
 * kv_count() allocate each time, a KV_LIST_RENEW list for each buffer. kv_get_range() of a
 * compressed value allocates up to 8 MB when it begins one, and continues from there. */

/** kv_entry.flags */
enum { KV_ENTRY_EXPIRES = 1u << 0 /**< expires_at is set. */ };
/** kv_entry.codec */
enum { KV_CODEC_RAW = 0, KV_CODEC_ZSTD = 1, KV_CODEC_ZSTD_DICTIONARY = 2 };
/** Flags of kv_get_entry() */
enum {
    KV_GET_FACTS = 1u << 0, /**< Everything but the value; only the record's header is read. */
    KV_GET_STORED = 1u << 1 /**< The value as stored: for zstd its frame, fit to be sent as is. */
};

/** What is known of a key. Array item. */
typedef struct kv_entry {
    kv_slice key, value, metadata; /**< Borrowed; until when, each call says. */
    uint64_t version;              /**< Sequence of the mutation that wrote it. */
    uint64_t value_size;           /**< Bytes, uncompressed. */
    uint64_t stored_size;          /**< Bytes, as stored. */
    int64_t expires_at;            /**< Only with KV_ENTRY_EXPIRES. */
    int64_t updated_at;
    kv_status status;              /**< Of this entry: KV_OK, or why value or facts are missing. */
    uint32_t flags;                /**< KV_ENTRY_*. */
    uint32_t codec;                /**< KV_CODEC_*. */
    uint32_t dictionary_id;        /**< 0: none. */
    uint64_t reserved[2];
} kv_entry;

/**
 * Read one key: the hot call.
 *
 * @param key        key_size bytes. Not kept.
 * @param buf        Receives a value that is not stored raw and whole. NULL: for such a value the
 *                   call answers KV_BUFFER_TOO_SMALL.
 * @param value_out  Set on KV_OK. Borrowed: valid until the snapshot is renewed or ended or buf is
 *                   used again, whichever is first. Do not write to it.
 * Returns KV_OK; KV_NOT_FOUND (absent, or expired at the snapshot's time); KV_KEY_MALFORMED;
 * KV_KEY_TOO_LONG; KV_NAMESPACE_NOT_FOUND; KV_UNSUPPORTED (a dictionary that this version lacks);
 * KV_BUFFER_TOO_SMALL; and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_get(kv_snapshot *snapshot, kv_ns ns, const void *key,
                                     size_t key_size, kv_buf *buf, kv_slice *value_out);
/**
 * Read one key into the caller's memory.
 *
 * @param out       At least `capacity` bytes; may be NULL when capacity is 0. Undefined on failure.
 * @param size_out  The value's size, on KV_OK and on KV_BUFFER_TOO_SMALL.
 * Returns as kv_get(). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_get_into(kv_snapshot *snapshot, kv_ns ns, const void *key,
                                          size_t key_size, void *out, size_t capacity,
                                          size_t *size_out);
/**
 * Read one key and all that is known of it.
 *
 * @param flags  0, KV_GET_FACTS or KV_GET_STORED.
 * @param buf    As for kv_get(); not needed with KV_GET_FACTS.
 * @param out    Set on KV_OK. out->key borrows the caller's key; value and metadata as kv_get().
 * Returns as kv_get(). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_get_entry(kv_snapshot *snapshot, kv_ns ns, const void *key,
                                           size_t key_size, uint32_t flags, kv_buf *buf,
                                           kv_entry *out);
/**
 * Read one key in a snapshot of its own: for a single read. For several begin a snapshot, so that
 * all see one moment.
 *
 * @param buf        Receives a copy of the value. Required.
 * @param value_out  Set on KV_OK. Points into buf: valid until buf is used again.
 * Returns as kv_get() with a buffer, and KV_BUSY as kv_snapshot_begin(). Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_get_now(kv_db *db, kv_ns ns, const void *key, size_t key_size,
                                         kv_buf *buf, kv_slice *value_out);
/**
 * Read many keys. Each entry's status says how it went for that key: as kv_get().
 *
 * @param keys       `count` items, at most KV_BATCH_COUNT_CEILING. Not kept.
 * @param bytes_max  Bound on the bytes copied into buf, 0: none. A key past it: KV_TOO_LARGE.
 * @param buf        Holds every value that is not borrowed from the store. Required.
 * @param entries    `count` items, all set on KV_OK. Slices as for kv_get().
 * Returns KV_OK; KV_TOO_MANY_KEYS; KV_NAMESPACE_NOT_FOUND; and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_get_many(kv_snapshot *snapshot, kv_ns ns, const kv_slice *keys,
                                          size_t count, size_t bytes_max, kv_buf *buf,
                                          kv_entry *entries);
/**
 * Stream one value in order, without a whole copy.
 *
 * @param chunk  Called with borrowed bytes, valid for the call. Non-zero stops: KV_CANCELLED.
 * Returns as kv_get(); KV_CANCELLED. KV_CORRUPT may follow chunks already given. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_get_chunks(kv_snapshot *snapshot, kv_ns ns, const void *key,
                                            size_t key_size,
                                            int (*chunk)(void *ctx, const void *data, size_t size),
                                            void *ctx);
/**
 * Pull a part of a value: its bytes from `offset` on, before compression, as many as fit.
 *
 * What is copied is verified. Of a large raw value only the pieces that hold the part are read. A
 * compressed one is decompressed from its beginning, but a call that continues where the last one
 * on this snapshot ended costs only its own bytes: pull it from front to end. For that the snapshot
 * keeps a decompressor until it is renewed or ended, or another key is pulled.
 *
 * @param version   May be NULL. In: 0: whatever is there; else the version that it must be. Out: on
 *                  KV_OK the version that was read. So a reader that renews its snapshot, or takes
 *                  another one, between two calls never puts two values together.
 * @param out       At least `capacity` bytes; may be NULL when capacity is 0. Undefined on failure.
 * @param size_out  Set on KV_OK. Bytes copied: `capacity`, less where the value ends, 0 at its end
 *                  and behind it.
 * Returns as kv_get() with a buffer; KV_VERSION_MISMATCH (the live version is another).
 * KV_CORRUPT: damage of a part that was not read does not show. Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_get_range(kv_snapshot *snapshot, kv_ns ns, const void *key,
                                           size_t key_size, uint64_t *version, uint64_t offset,
                                           void *out, size_t capacity, size_t *size_out);

/* ---- Listing, in byte order of the key */

/** kv_list_options.flags */
enum {
    KV_LIST_REVERSE = 1u << 0,   /**< From the last key down; `after` then means before. */
    KV_LIST_KEYS_ONLY = 1u << 1, /**< Leave metadata out too. */
    KV_LIST_VALUES = 1u << 2,    /**< With values. Not together with KV_LIST_KEYS_ONLY. */
    KV_LIST_RENEW = 1u << 3      /**< Not one view: take a short snapshot per buffer of entries, so
                                      that a slow reader pins nothing. `snapshot` may end before. */
};

/** Which keys, and how much of each. */
typedef struct kv_list_options {
    size_t size;
    kv_slice prefix;   /**< Empty: all keys. */
    kv_slice after;    /**< Start behind this key, which need not exist. Empty: at the first. */
    uint32_t flags;    /**< KV_LIST_*. */
    uint32_t skip_max; /**< Bound on skip; 0: 50,000, the depth the service pages to. */
    uint64_t skip;     /**< Live keys to skip first (page-number mode). */
    kv_slice end;      /**< Stop before this key, which need not exist and is not listed: with
                            KV_LIST_REVERSE at the first key that is not above it. Empty: no end.
                            Since 0.2. */
} kv_list_options;
#if defined(__cplusplus)
#define KV_LIST_OPTIONS_INIT { sizeof(kv_list_options), { 0, 0 }, { 0, 0 }, 0, 0, 0, { 0, 0 } }
#else
#define KV_LIST_OPTIONS_INIT { .size = sizeof(kv_list_options) }
#endif

/**
 * Begin a list of live keys.
 *
 * @param options   NULL: all keys, ascending.
 * @param list_out  Owned: end with kv_list_end(). NULL on failure.
 * Returns KV_OK; KV_KEY_MALFORMED (a prefix, cursor or end with bytes no key can have);
 * KV_KEY_TOO_LONG (one over KV_KEY_SIZE_MAX); KV_TOO_LARGE (skip above skip_max);
 * KV_NAMESPACE_NOT_FOUND; and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_list_begin(kv_snapshot *snapshot, kv_ns ns,
                                            const kv_list_options *options, kv_list **list_out);
/**
 * The next entry. A record that is damaged is listed with its key and out->status KV_CORRUPT. One
 * whose value cannot be read says why in out->status: KV_CORRUPT or, for a dictionary that this
 * version lacks, KV_UNSUPPORTED.
 *
 * @param out  Its slices are borrowed until the next call on this list, or until its snapshot is
 *             renewed or ended.
 * Returns KV_OK; KV_NOT_FOUND (the end; every later call answers it too); and as every read. Such a
 * failure ends the list: every later call answers it again. With KV_LIST_RENEW also
 * KV_NAMESPACE_NOT_FOUND and KV_BUSY, and after any failure the next call tries again. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_list_next(kv_list *list, kv_entry *out);
/** End a list. NULL is fine. Since 0.1. */
KV_API void kv_list_end(kv_list *list);
/**
 * Count live keys under a prefix. At the first damaged record the count ends, with KV_CORRUPT and
 * the count so far.
 *
 * @param examine_max   Rows to look at, at most. 0: no bound.
 * @param complete_out  1: count_out is exact; 0: there may be more. May be NULL.
 * Returns KV_OK; KV_KEY_MALFORMED; KV_KEY_TOO_LONG; KV_NAMESPACE_NOT_FOUND; and as every read.
 * Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_count(kv_snapshot *snapshot, kv_ns ns, kv_slice prefix,
                                       uint64_t examine_max, uint64_t *count_out,
                                       int *complete_out);

/* ---- Writing */

/** kv_op.kind */
enum {
    KV_PUT = 0,
    KV_DELETE = 1,
    KV_TOUCH = 2, /**< A new deadline (none: permanent); value and metadata stay. */
    /** Add `addend` to the number that the value is. An absent key counts from 0. The sum becomes
     *  the value, as decimal text. Metadata stays; so does the deadline, unless one is given. A
     *  number is an optional '-' and digits, 20 bytes at most, within int64_t; leading zeros
     *  are allowed. KV_NOT_A_NUMBER: the value is no number, or the sum leaves int64_t; nothing was
     *  written for this key. Since 0.2. */
    KV_ADD = 3
};
/** kv_op.flags */
enum {
    KV_OP_EXPIRES_AT = 1u << 0,
    KV_OP_TTL = 1u << 1,        /**< KV_OP_EXPIRES_AT is then ignored. */
    KV_OP_IF_VERSION = 1u << 2, /**< Only if the live version is if_version; 0 means absent. */
    KV_OP_IF_ABSENT = 1u << 3   /**< Only if no live key is there. Puts, without IF_VERSION. */
};

/** One operation. Array item. A zeroed one, with key and value set, is a permanent put. A delete
 *  takes no value, metadata or deadline, a touch or addition no value or metadata: KV_INVALID. */
typedef struct kv_op {
    const void *key, *value, *metadata; /**< Borrowed until the call returns. */
    size_t key_size, value_size, metadata_size;
    int64_t expires_at;   /**< With KV_OP_EXPIRES_AT. The present second: gone at once. */
    int64_t ttl_s;        /**< With KV_OP_TTL. At least 1. */
    uint64_t if_version;  /**< With KV_OP_IF_VERSION. */
    uint32_t kind;        /**< KV_PUT, KV_DELETE, KV_TOUCH, KV_ADD. */
    uint32_t flags;       /**< KV_OP_*. */
    int64_t addend;       /**< With KV_ADD; else 0. Since 0.2. */
    uint64_t reserved;    /**< 0. */
} kv_op;

/** kv_verdict.flags */
enum {
    KV_CREATED = 1u << 0,    /**< The key was absent. */
    KV_REPLACED = 1u << 1,   /**< There was a live value. */
    KV_WAS_ABSENT = 1u << 2, /**< A delete found nothing: no mutation, no sequence. */
    KV_SUPERSEDED = 1u << 3, /**< A later operation on the same key in the batch took its place. */
    KV_EXPIRES = 1u << 4     /**< expires_at is set: by the operation, or kept by a KV_ADD. */
};

/** What became of one operation. Array item. */
typedef struct kv_verdict {
    kv_status status;
    uint32_t flags;
    uint64_t version;   /**< Of what was written; on KV_VERSION_MISMATCH and KV_KEY_EXISTS the live
                             one, 0: none. */
    int64_t expires_at; /**< With KV_EXPIRES. */
    int64_t number;     /**< Of a KV_ADD with KV_OK: the sum. Since 0.2. */
} kv_verdict;

/** kv_write_options.flags */
enum {
    /** For kv_prepare(): kv_commit() writes all its batches in one transaction, or none of them.
     *  kv_batch() ignores it. Since 0.2. */
    KV_TOGETHER = 1u << 0
};

/** Of one write call. */
typedef struct kv_write_options {
    size_t size;
    kv_limits limits;       /**< 0 fields: the handle's. */
    uint32_t write_wait_ms; /**< 0: the handle's. */
    uint32_t flags;         /**< KV_TOGETHER. */
} kv_write_options;
#if defined(__cplusplus)
#define KV_WRITE_OPTIONS_INIT { sizeof(kv_write_options), { 0, 0, 0, 0 }, 0, 0 }
#else
#define KV_WRITE_OPTIONS_INIT { .size = sizeof(kv_write_options) }
#endif

/** What became of a batch. Set whatever the status is. */
typedef struct kv_report {
    size_t size;
    uint64_t written;        /**< Operations with verdict KV_OK, absent deletes included. */
    uint64_t failed;         /**< The others. */
    uint64_t first_failed;   /**< Index of the first failed one; count if none. */
    uint64_t bytes_given;    /**< Key + value + metadata of the puts that were written, keys of the
                                  additions. */
    uint64_t bytes_stored;   /**< Their values as stored. */
    uint64_t swept;          /**< Expired rows removed on the way, in transactions that were
                                  committed: it may be set when the batch failed. */
    uint64_t sequence_first; /**< Sequences this batch took; both 0: none. */
    uint64_t sequence_last;
    uint64_t token[2];       /**< Of the transaction that it was in, committed or not, for
                                  kv_batch_outcome(). 0: it was in none, or nothing changed. */
    uint64_t prepare_us;     /**< Checking, compressing, checksumming: outside every lock. */
    uint64_t wait_us;        /**< In the queue and for other processes. */
    uint64_t apply_us;       /**< Inside the transaction, the whole group's. */
    uint64_t sync_us;        /**< Commit, the whole group's. */
    kv_error error;
} kv_report;
#if defined(__cplusplus)
#define KV_REPORT_INIT \
    { sizeof(kv_report), 0, 0, 0, 0, 0, 0, 0, 0, { 0, 0 }, 0, 0, 0, 0, KV_ERROR_INIT }
#else
#define KV_REPORT_INIT { .size = sizeof(kv_report) }
#endif

/**
 * Write a batch: one transaction, a verdict for each operation, in input order.
 *
 * Faults of one key go into its verdict and the rest is written. A batch with too many operations
 * or bytes is refused whole (KV_TOO_MANY_KEYS, KV_BATCH_TOO_LARGE). Operations on the same key act
 * as if done in order; the last one takes effect. Batches of several threads that wait together
 * share a transaction; each keeps its own verdicts and stays atomic.
 *
 * Room. If the store or the disk is full, each operation but a delete is refused in its verdict.
 * Deletes have a reserve: a single one always finds room, unless an open snapshot keeps the freed
 * pages from re-use. If the deletes of a batch do not fit the reserve, the whole batch is refused
 * (KV_STORE_FULL, KV_DISK_FULL; report->error says how many fit at once): use smaller batches. If a
 * snapshot keeps the room, report->error names its process instead: end it. While less than three
 * quarters of the cap are taken and no snapshot is held, a batch of at most a 64th of the cap in
 * bytes, with at most a row for each 512 KiB of it, is never refused for lack of room. One
 * exception: if no free pages are contiguous, a batch that frees more than some 500 pages cannot
 * be committed. Then write smaller batches, and delete a value of megabytes before putting another
 * in its place.
 *
 * A key that has expired when the batch is written, after its wait, is absent. TTLs count from the
 * call.
 *
 * @param ops       `count` items, borrowed until return.
 * @param options   NULL: the handle's limits.
 * @param verdicts  `count` items, or NULL. On a status other than KV_OK every verdict carries the
 *                  reason that nothing was written; but with a count above KV_BATCH_COUNT_CEILING
 *                  they are not set.
 * @param report    Optional. Set its size (KV_REPORT_INIT).
 * Threads: any; not cancelled while inside.
 * Returns KV_OK (look at the verdicts); KV_INVALID (also count 0); KV_TOO_MANY_KEYS;
 * KV_BATCH_TOO_LARGE; KV_NAMESPACE_NOT_FOUND; KV_REOPEN_NEEDED (another batch met the failure:
 * nothing of this one was written); and as every write (KV_BUSY: the queue is full).
 * Verdicts: KV_OK; KV_INVALID; KV_KEY_MALFORMED; KV_KEY_TOO_LONG; KV_VALUE_TOO_LONG;
 * KV_METADATA_TOO_LONG; KV_EXPIRY_INVALID; KV_VERSION_MISMATCH; KV_KEY_EXISTS; KV_NOT_FOUND (touch
 * of an absent key); KV_NAMESPACE_FULL; KV_STORE_FULL; KV_DISK_FULL; KV_CORRUPT (the old record is
 * damaged: it is neither replaced nor deleted; for KV_ADD also: its value is damaged);
 * KV_NOT_A_NUMBER; KV_UNSUPPORTED (KV_ADD to a value that needs a dictionary which this version
 * lacks). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_batch(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                                       const kv_write_options *options, kv_verdict *verdicts,
                                       kv_report *report);
/**
 * A batch of one, any kind. The answer is the verdict's status, or the batch's if that failed.
 * batch_size_max does not apply.
 *
 * @param verdict  Optional.
 * Returns what kv_batch() and its verdicts do. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_put(kv_db *db, kv_ns ns, const kv_op *op, kv_verdict *verdict);
/** Delete one key. An absent one is KV_OK with KV_WAS_ABSENT. Returns as kv_put(). Since 0.1. */
KV_API KV_NODISCARD kv_status kv_delete(kv_db *db, kv_ns ns, const void *key, size_t key_size,
                                        kv_verdict *verdict);

/**
 * For event loops: the part of kv_batch() that needs no lock, on any worker thread.
 *
 * @param ops, verdicts  Borrowed until kv_prepared_free(). Faults found here are in the verdicts.
 * @param prepared_out   Owned: release with kv_prepared_free(). NULL on failure.
 * Returns KV_OK; KV_TOO_MANY_KEYS; KV_BATCH_TOO_LARGE; KV_NO_MEMORY. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_prepare(kv_db *db, kv_ns ns, const kv_op *ops, size_t count,
                                         const kv_write_options *options, kv_verdict *verdicts,
                                         kv_prepared **prepared_out);
/**
 * Commit what has been prepared, in the order of `batches`: up to 16 MB in one transaction with one
 * sync. Each batch keeps its own verdicts and atomicity. A batch can be given only once: after any
 * answer, also KV_BUSY or KV_TIMEOUT, prepare it again to retry. Waits as long as the write_wait_ms
 * of batches[0] says.
 *
 * With KV_TOGETHER all batches are one transaction, also if they are of different namespaces and
 * however many bytes they have: no reader sees some of them without the others, and no crash leaves
 * some. Either all batches have the flag or none. A fault of one key goes into its verdict as
 * usual, and does not undo the rest. But if one batch as a whole fails, all fail with the same
 * status.
 *
 * @param batches  1 to KV_BATCH_COUNT_CEILING of this handle, each once.
 * @param reports  `count` items or NULL; reports[i].error.status is that batch's status. Set the
 *                 size of each (KV_REPORT_INIT), to the same number: it is the distance from one
 *                 item to the next.
 * Threads: any; not cancelled while inside.
 * Returns KV_OK if every batch's status is, else the first other one: as kv_batch(). KV_INVALID
 * (also: a batch that is NULL, twice in the list, of another handle, or given before; some with
 * KV_TOGETHER, and some without), and with KV_TOGETHER KV_BATCH_TOO_LARGE (together more than
 * KV_BATCH_SIZE_CEILING bytes, as batch_size_max counts them) and KV_TOO_MANY_KEYS (more than
 * KV_BATCH_COUNT_CEILING operations): nothing was committed, and the batches that could have been
 * are used up. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_commit(kv_db *db, kv_prepared **batches, size_t count,
                                        kv_report *reports);
/** Release a prepared batch, committed or not. NULL is fine. Since 0.1. */
KV_API void kv_prepared_free(kv_prepared *prepared);
/**
 * What became of a transaction that answered KV_COMMIT_UNKNOWN. Ask after closing and reopening.
 *
 * @param token  From the report.
 * Returns KV_OK (applied); KV_NOT_FOUND (not applied); KV_COMMIT_UNKNOWN (64 newer transactions
 * have replaced it); KV_BUSY as kv_snapshot_begin(); and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_batch_outcome(kv_db *db, const uint64_t token[2]);

/* ---- Long operations */

/** Budget in, progress out. */
typedef struct kv_work {
    size_t size;
    uint64_t items_max;   /**< In: items to handle at most. 0: no bound. */
    uint32_t time_max_ms; /**< In: 0: no bound. Checked between steps. */
    uint32_t finished;    /**< Out: 1: nothing is left to do. */
    uint64_t items_done, bytes_done; /**< Out. */
    uint64_t items_total; /**< Out: 0: unknown. */
    /** Called between steps. Non-zero stops with KV_CANCELLED; what is done is kept. */
    int (*progress)(void *ctx, const struct kv_work *work);
    void *ctx;
} kv_work;
#if defined(__cplusplus)
#define KV_WORK_INIT { sizeof(kv_work), 0, 0, 0, 0, 0, 0, 0, 0 }
#else
#define KV_WORK_INIT { .size = sizeof(kv_work) }
#endif

/**
 * Remove expired rows (oldest first, namespaces in turn), reclaim dropped namespaces, trim the
 * change log; in short transactions. A store with steady writes needs no call: each batch does a
 * share.
 *
 * @param work  NULL: until nothing is left.
 * Returns KV_OK; KV_CANCELLED; and as every write: what earlier steps did is kept (KV_CORRUPT: the
 * sums of a namespace are too small for its expired rows; the others were swept). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_sweep(kv_db *db, kv_work *work);

/** Something that kv_check() found. */
typedef struct kv_fault {
    size_t size;
    const char *table; /**< A table of docs/format.md, or what LMDB has beside tables. Static, or
                            valid during the call. */
    uint64_t page;     /**< The page of data.mdb that is damaged; UINT64_MAX: it is in the rows. */
    kv_ns ns;          /**< The namespace; 0: of the store, or not known. */
    uint32_t reserved;
    kv_slice key;      /**< The key; empty: of no single key, or not known. Valid during the call. */
    char message[160]; /**< What is wrong, terminated. */
} kv_fault;

/**
 * Check a store. First its file page by page, without LMDB, because a damaged page can crash LMDB.
 * Then, if the pages are sound, every record with its checksums, and all tables against the
 * records. Checks one snapshot. Others may read and write meanwhile, but opens of the same store
 * wait for the first half. Repairs nothing; as every open it finishes an interrupted kv_seal().
 *
 * @param path   The store. It may be open in this process, sealed, or both.
 * @param flags  0.
 * @param work   Progress: items are pages, then keys too. Its budget is ignored. NULL: none.
 * @param found  Called for each fault, in the calling thread, under the library's locks: it must not
 *               call the library. Non-zero stops. NULL: only the answer counts.
 * @param error  Optional detail of why the store cannot be checked.
 * Returns KV_OK: nothing is wrong; KV_CORRUPT: `found` was called; KV_CANCELLED (by `found` or the
 * progress); KV_BUSY (reader table full); and as kv_open() with KV_OPEN_READ_ONLY. Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_check(const char *path, uint32_t flags, kv_work *work,
                                       int (*found)(void *ctx, const kv_fault *fault), void *ctx,
                                       kv_error *error);

/* ---- Changes: every mutation that took effect, in commit order */

/** kv_change.kind: an operation's kind, or one of these. An addition is logged as KV_PUT. Changes of
 *  one batch are in the order of their keys. Later versions may add kinds: skip one that you do not
 *  know. */
enum {
    KV_CHANGE_NAMESPACE_CREATE = 16, /**< key: the name; size: the capacity. */
    KV_CHANGE_NAMESPACE_SET = 17,    /**< size: the capacity. */
    KV_CHANGE_NAMESPACE_DROP = 18,
    KV_CHANGE_SETTINGS = 19,
    KV_CHANGE_NAMESPACE_RENAME = 20 /**< key: the new name. Since 0.2. */
};
/** kv_change.flags */
enum {
    KV_CHANGE_EXPIRES = 1u << 0, /**< expires_at is set. */
    /** The last change of its transaction, which may hold several batches. A reader that stops
     *  here, and nowhere else, has seen each of them whole. Since 0.2. */
    KV_CHANGE_LAST = 1u << 1
};

/** One change. The value is in the store, or superseded by a later change. Array item. */
typedef struct kv_change {
    uint64_t sequence;
    kv_ns ns;
    uint32_t kind;
    kv_slice key;       /**< Borrowed from the buffer of the read. */
    int64_t expires_at; /**< With KV_CHANGE_EXPIRES. */
    uint64_t size;      /**< Bytes of the value put. */
    int64_t time;       /**< When the batch was made, Unix seconds. */
    uint32_t flags, reserved; /**< KV_CHANGE_* */
} kv_change;

/**
 * Read the changes after a position, as of the snapshot; values read from the same snapshot fit.
 *
 * @param after      From kv_snapshot_info(), or of the last change seen: its sequence, and the epoch
 *                   that kv_snapshot_info() gives for the snapshot it was read from. To begin at the
 *                   oldest change kept: that epoch, and kv_stats.store_changes_first - 1. After a crash
 *                   that began a new epoch a position of the old one is still good if nothing
 *                   before it was undone; remember the new epoch with the next changes.
 * @param buf        Receives the keys. Required.
 * @param out        Room for `capacity` items, at least 1.
 * @param count_out  Items set; 0: nothing newer.
 * Returns KV_OK; KV_CHANGES_TRIMMED (an unknown epoch, a sequence that was undone, trimmed or is yet
 * to come: read the whole state in a snapshot and go on from its position); KV_UNSUPPORTED (a
 * change that only a newer version understands); and as every read, but the changes before a
 * damaged block, or one that is not understood, are given first. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_changes_read(kv_snapshot *snapshot, kv_position after,
                                              kv_buf *buf, kv_change *out, size_t capacity,
                                              size_t *count_out);
/** Which changes kv_changes_select() gives. Since 0.2. */
typedef struct kv_changes_filter {
    size_t size;
    kv_ns ns;          /**< Changes of this namespace, live or dropped. 0: of all, and settings. */
    uint32_t reserved; /**< 0. */
    kv_slice prefix;   /**< Of operations, those on keys that begin so. Empty: all. What happens to
                            a namespace itself matches whatever the prefix is. */
} kv_changes_filter;
#define KV_CHANGES_FILTER_INIT { sizeof(kv_changes_filter), 0, 0, { 0, 0 } }

/**
 * As kv_changes_read(), but only what a filter lets through. A call is short, however long the log:
 * it skips KV_CHANGES_SKIP_MAX changes at most, then it returns with what it has, which may be
 * nothing. Repeat from *sequence_out while it is below the snapshot's own sequence.
 *
 * KV_CHANGE_LAST is as in the log, so it is missing if the last change of a transaction does not
 * match. At two points no transaction has been given only in part: after a change with that flag,
 * and when *sequence_out is the snapshot's own sequence (kv_snapshot_info()). A snapshot never ends
 * within a transaction.
 *
 * @param filter        NULL: all.
 * @param sequence_out  The last sequence that was examined: all matches up to it have been given.
 * Returns as kv_changes_read(); KV_KEY_MALFORMED or KV_KEY_TOO_LONG (a prefix that no key can have).
 * Since 0.2.
 */
KV_API KV_NODISCARD kv_status kv_changes_select(kv_snapshot *snapshot,
                                                const kv_changes_filter *filter,
                                                kv_position after, kv_buf *buf, kv_change *out,
                                                size_t capacity, size_t *count_out,
                                                uint64_t *sequence_out);
/**
 * Wait until there is a change after a position, from any process. Commits of this process and
 * kv_wake() end the wait at once, commits of others within 20 ms: it polls for them. Holds no
 * snapshot.
 *
 * @param timeout_ms  0: only look. Negative: for ever.
 * Threads: any; not cancelled while inside.
 * Returns KV_OK; KV_TIMEOUT; KV_CANCELLED (kv_wake()); KV_CHANGES_TRIMMED; KV_BUSY as
 * kv_snapshot_begin(); as kv_health(); and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_changes_wait(kv_db *db, kv_position after, int32_t timeout_ms);
/**
 * End every kv_changes_wait() that is in progress on this handle with KV_CANCELLED; one that has
 * found something answers that instead. All that opened the store in this process share the handle.
 * A wait that is called after kv_wake() has returned is not affected. So a thread that tests a flag
 * and then waits can just miss the wake: to stop it, set the flag and repeat kv_wake() until the
 * thread has ended, or let it wait with a time-out. NULL is fine.
 * Threads: any. Async-signal-safe. Since 0.2.
 */
KV_API void kv_wake(kv_db *db);
/** Get the sequence of the newest change of any process. Looks into the store only after a commit, so
 *  polling in a loop is cheap. Returns the sequence; 0: none, or the handle is unusable; if it cannot
 *  look (KV_BUSY as kv_snapshot_begin()) the newest sequence that it saw. Since 0.1. */
KV_API uint64_t kv_sequence(kv_db *db);

/* ---- Statistics */

/** Facts of the store, and counters of this process since kv_open(). Times in microseconds. */
typedef struct kv_stats {
    size_t size;
    /* The store: rows as of one snapshot, the file a moment later. */
    uint64_t store_namespaces;         /**< Live namespaces. */
    uint64_t store_namespaces_dropped; /**< Dropped namespaces whose space has not all come back. */
    uint64_t store_keys;               /**< Rows present, expired ones not yet swept included. */
    uint64_t store_key_bytes;          /**< Bytes of keys. */
    uint64_t store_value_bytes;        /**< Bytes of values before compression. */
    uint64_t store_metadata_bytes;     /**< Bytes of metadata. */
    uint64_t store_stored_bytes;       /**< Bytes of values as stored. */
    uint64_t store_expiring;           /**< Rows with a deadline. */
    uint64_t store_epoch;              /**< Epoch of the change log. */
    uint64_t store_sequence;           /**< Sequence of the newest change. */
    uint64_t store_changes_first;      /**< Oldest sequence in the change log. */
    uint64_t store_changes_bytes;      /**< Bytes of the change log. */
    uint64_t store_transaction;        /**< Newest committed transaction. */
    uint64_t store_page_size;          /**< Bytes of a page. */
    uint64_t store_pages_used;         /**< Pages up to the highest ever used. */
    uint64_t store_pages_free;         /**< Pages of those that no snapshot sees any more. */
    uint64_t store_file_bytes;         /**< Length of the data file. */
    uint64_t store_map_size_max;       /**< Cap of the data file in bytes. */
    uint64_t store_readers;            /**< Reader slots ever taken at once, of all processes. */
    uint64_t store_readers_max;        /**< Reader slots there are. */
    uint64_t store_reader_lag;         /**< Transactions that the oldest reader is behind. */
    /* This process. */
    uint64_t process_snapshots;        /**< Snapshots of this process, idle ones included. */
    uint64_t process_gets;             /**< Keys looked up. */
    uint64_t process_hits;             /**< Keys found live. */
    uint64_t process_bytes_read;       /**< Bytes of values read. */
    uint64_t process_batches;          /**< Batches committed or refused. */
    uint64_t process_written;          /**< Operations written. */
    uint64_t process_failed;           /**< Operations that failed. */
    uint64_t process_bytes_given;      /**< Bytes given in batches that were written. */
    uint64_t process_bytes_stored;     /**< Bytes of their values as stored. */
    uint64_t process_commits;          /**< Transactions committed. */
    uint64_t process_commits_failed;   /**< Transactions that failed to commit. */
    uint64_t process_swept;            /**< Expired rows and rows of dropped namespaces removed. */
    uint64_t process_busy;             /**< Batches refused because the queue was full. */
    uint64_t process_readers_cleared;  /**< Reader slots of dead processes cleared. */
    uint64_t process_prepare_us;       /**< Microseconds preparing batches. */
    uint64_t process_wait_us;          /**< Microseconds that batches waited. */
    uint64_t process_apply_us;         /**< Microseconds applying batches. */
    uint64_t process_sync_us;          /**< Microseconds committing batches. */
    /* The store again. Since 0.2. */
    uint64_t store_reader_oldest_pid;  /**< Process whose snapshot is the oldest, as its own PID
                                            namespace numbers it. 0: none is behind the newest
                                            commit. Of a killed process until writes clear it. */
    uint64_t store_pages_held;         /**< Free pages that no write may use while that snapshot
                                            lasts. 0 if there is none. */
} kv_stats;
#if defined(__cplusplus)
#define KV_STATS_INIT { sizeof(kv_stats) }
#else
#define KV_STATS_INIT { .size = sizeof(kv_stats) }
#endif

/** Fill in as much as out->size has room for. Returns KV_OK; KV_BUSY as kv_snapshot_begin(); and
 *  as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_stats_get(kv_db *db, kv_stats *out);
/** The same as Prometheus text, a 0 behind it: HELP, TYPE and value of each, as far as stats->size
 *  reaches. A name is libkv_ and the field's; counters (process_ but snapshots) end in _total.
 *  Returns KV_OK; KV_NO_MEMORY. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_stats_text(const kv_stats *stats, kv_buf *out);

/* ---- Growing structs, for languages that have no macros */

/**
 * Start a kv_error as KV_ERROR_INIT does: zeros, and its size.
 *
 * @param size  Bytes of the struct as the caller declares it, of an older or a newer header than the
 *              library's. Exactly so many are written.
 * Returns KV_OK; KV_INVALID (NULL, a size below that of the struct's first version, or above 65,536:
 * nothing is written). Since 0.2.
 */
KV_API kv_status kv_error_init(kv_error *out, size_t size);
/** Start a kv_options, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_options_init(kv_options *out, size_t size);
/** Start a kv_settings, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_settings_init(kv_settings *out, size_t size);
/** Start a kv_namespace_info, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_namespace_info_init(kv_namespace_info *out, size_t size);
/** Start a kv_list_options, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_list_options_init(kv_list_options *out, size_t size);
/** Start a kv_write_options, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_write_options_init(kv_write_options *out, size_t size);
/** Start a kv_report, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_report_init(kv_report *out, size_t size);
/** Start a kv_work, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_work_init(kv_work *out, size_t size);
/** Start a kv_changes_filter, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_changes_filter_init(kv_changes_filter *out, size_t size);
/** Start a kv_stats, as kv_error_init() starts a kv_error. Returns KV_OK; KV_INVALID. Since 0.2. */
KV_API kv_status kv_stats_init(kv_stats *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
