/**
 * libkv: an edge key-value store in a library.
 *
 * Namespaces, batches with a verdict for each key, expiry to the second, exact quotas, zstd, and a
 * log of every change, in one crash-safe file that many threads and processes share.
 *
 * Rules that span calls
 *
 * - A store is a directory. One process opens it once: a second kv_open() of the same store with
 *   equal options shares the first handle (counted), with other options it is KV_ALREADY_OPEN.
 * - fork: in a child every call on an inherited handle answers KV_FORKED. Ending, freeing and
 *   closing release memory there and touch nothing else; then open anew.
 * - An open snapshot keeps every page it can see from being re-used. Hold it for a request, not
 *   for a day, or the file grows.
 * - Two kinds of struct. Growing ones travel by pointer and begin with `size`; start them with
 *   their _INIT macro, which sets the size (in C++: `kv_options o = {}; o.size = sizeof(o);`). Zero
 *   in any other field asks for the default. A size below that of version 0.1 is KV_INVALID, a
 *   field that this library does not know and that is not zero is KV_UNSUPPORTED. Array items
 *   (kv_op, kv_verdict, kv_entry, kv_change) never change.
 * - Absent is a flag, never a magic 0: a zeroed kv_op is a permanent, unconditional put.
 * - Times are Unix seconds in int64_t; durations carry their unit in the name.
 * - Owned: you release it. Borrowed: valid until the moment the comment names. Taken: the callee
 *   releases it. On failure an output handle is NULL and nothing needs releasing.
 * - Threads: any number at a time may be inside functions that take a kv_db, or none of the objects
 *   here; only kv_close() wants the handle to itself. A snapshot together with its lists, a
 *   KV_LIST_RENEW list, a prepared batch, a buffer: one thread at a time, but any thread. Begin on
 *   one, end on another.
 * - Callbacks run in the thread that is inside the call, outside locks and write transactions, and
 *   must not call back into the handle.
 * - Answers. "Returns" names what is particular to a function. Besides, there may come from
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

#if defined(__GNUC__)
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

/* ---- Status codes */

/** A status: KV_OK or why not. Of fixed width, which an enum is not. */
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
    KV_VERSION_MISMATCH = 10,   /**< A condition did not hold; nothing was written for this key. */
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
    KV_ALREADY_OPEN = 23,       /**< In this process: with other options, not wholly closed, or by
                                     another copy of this library. */
    KV_REOPEN_NEEDED = 24,      /**< A failed meta write or a close made the handle unusable. */
    KV_LOCK_LOST = 25,          /**< The lock file was replaced under us. */
    KV_TOO_LARGE = 26,          /**< The answer exceeds the budget the caller gave. */
    KV_UNSUPPORTED = 27,        /**< A format, feature, option or file system that we lack. */
    KV_CHANGES_TRIMMED = 28,    /**< The log does not reach that position: start from a snapshot. */
    KV_BUFFER_TOO_SMALL = 29,
    KV_CANCELLED = 30,          /**< A callback said stop. */
    KV_CORRUPT = 31,            /**< Stored bytes break docs/format.md. */
    KV_IO = 32,                 /**< The system said no; kv_error has its errno. */
    KV_NO_MEMORY = 33,
    KV_COMMIT_UNKNOWN = 34      /**< Reopen and ask kv_batch_outcome(). */
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
typedef struct kv_prepared kv_prepared; /**< Half a batch: kv_prepare(), kv_prepared_free(). */

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
    int32_t os_errno;  /**< 0 when the system had no part in it. */
    char message[240]; /**< "open /srv/edge/CURRENT: Permission denied", always terminated. */
} kv_error;
#define KV_ERROR_INIT { sizeof(kv_error), 0, 0, { 0 } }

/* ---- Options: what this process wants. Nothing here changes the file. */

/** Bounds on one write call. 0: the default; above the ceiling: KV_INVALID. */
typedef struct kv_limits {
    uint64_t value_size_max;  /**< Bytes of one value. KV_VALUE_SIZE_DEFAULT. */
    uint64_t batch_size_max;  /**< Key + value + metadata of the puts that pass their own checks. */
    uint32_t batch_count_max; /**< Operations in a batch. KV_BATCH_COUNT_DEFAULT. */
    uint32_t reserved;        /**< 0. */
} kv_limits;

/** kv_log_fn's level: something must be done; something was lost; something was done. */
enum { KV_LOG_ERROR = 1, KV_LOG_WARNING = 2, KV_LOG_INFO = 3 };

/** What the library did by itself, told by the thread whose call it was, at any time between open
 *  and close. message: message_size bytes and a 0 behind them, borrowed for the call. */
typedef void (*kv_log_fn)(void *ctx, int level, kv_status status, const char *message,
                          size_t message_size);
/** The time in Unix seconds. Called once for each snapshot, batch, write transaction and sweep. */
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
    KV_UNTRUSTED = 1u << 1 /**< Check every page first. KV_UNSUPPORTED in this version. */
};

/** For kv_open(). Equal options: every field but KV_CREATE. */
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

/**
 * What the store is: kept in the file, so that two processes cannot disagree. Given at creation or
 * by kv_settings_set(), read back at every open and write.
 */
typedef struct kv_settings {
    size_t size;
    uint64_t map_size_max;               /**< Cap of the file, bytes, KV_MAP_SIZE_MIN to 2^46. Fixed
                                              at creation, rounded up to 64 KiB. 0: default. */
    uint64_t namespace_capacity_default; /**< Of namespaces created later. 0: default. */
    uint64_t changes_bytes_max;          /**< Log kept, bytes. 0: no bound by bytes. */
    int64_t changes_age_max_s;           /**< Log kept, seconds. 0: no bound by age. Both 0: off. */
    uint32_t namespaces_max;             /**< Live namespaces. 0: KV_NAMESPACES_DEFAULT. */
    uint32_t reserved;                   /**< 0. */
} kv_settings;
/** With a log of KV_CHANGES_BYTES_DEFAULT, the one default here that is not 0. */
#define KV_SETTINGS_INIT { sizeof(kv_settings), 0, 0, KV_CHANGES_BYTES_DEFAULT, 0, 0, 0 }

/* ---- Open and close */

/**
 * Open the store in a directory.
 *
 * @param path         The directory. With KV_CREATE it is made when missing (its parent is not).
 * @param options      NULL: defaults.
 * @param create_with  Settings of a store that this call creates; NULL: KV_SETTINGS_INIT. A store
 *                     that is there keeps its own. Of two creators one wins, both open the same.
 *                     If only the last sync of a creation failed, the store is there, and the
 *                     message in `error` says so.
 * @param db_out       Owned: close with kv_close(). NULL on failure.
 * @param error        Optional detail. Set its size (KV_ERROR_INIT): of another size it is ignored.
 * Returns KV_OK; KV_NOT_FOUND (no store there, and no KV_CREATE); KV_CORRUPT (a truncated or
 * foreign file); KV_UNSUPPORTED (another format; a feature of the store that this version lacks: the
 * message names it, and says if KV_OPEN_READ_ONLY would do; an option that it lacks; a network file
 * system that it knows; a kernel before 4.14; of a store that is not sealed: GUARD or a lock file
 * that is no regular file, a data file with hard links or behind a symbolic one); KV_INVALID (also
 * KV_OPEN_SEALED on a store that is not, and too long a path); KV_READ_ONLY (the files or a sealed
 * store do not let us write; even to read one that is not sealed, GUARD must be readable and
 * lock.mdb writable); KV_ALREADY_OPEN (with other options; closed with snapshots or lists still
 * out: end them; by another copy of this library in the process, as two add-ons may bring);
 * KV_REOPEN_NEEDED (the shared handle is unusable: close it wherever it is held); KV_DISK_FULL;
 * KV_IO; KV_NO_MEMORY; KV_BUSY (reader table full); and, where the machine stopped after
 * KV_SYNC_LAZY commits, as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_open(const char *path, const kv_options *options,
                                      const kv_settings *create_with, kv_db **db_out,
                                      kv_error *error);
/**
 * Give the handle back. NULL is fine. With snapshots or lists still out the store turns unusable
 * at once (their calls answer KV_REOPEN_NEEDED) and goes with the last of them. No other thread may
 * be inside a call on the handle or on what was begun with it. Prepared batches may then only be
 * freed. Since 0.1.
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
 * Make the store read-only for good and fit to ship: its directory can then be opened from
 * read-only media, by any user whom file_mode lets read, without a lock file. Other processes'
 * writes answer KV_READ_ONLY from here on. There is no way back but export and import.
 * Returns KV_OK; and as every write. Where the last step fails (KV_READ_ONLY, KV_DISK_FULL, KV_IO)
 * the store is sealed all the same: the log hook says so, and the next open or kv_seal() finishes
 * it. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_seal(kv_db *db);

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
/** Move to the newest commit and the present time. Ends the life of every slice borrowed from it;
 *  a list on it may then only be ended. On failure so may the snapshot: every other call on it
 *  answers KV_REOPEN_NEEDED. Returns KV_OK; and as every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_snapshot_renew(kv_snapshot *snapshot);
/** End a snapshot; NULL is fine. End its lists first, but for those with KV_LIST_RENEW. Since 0.1. */
KV_API void kv_snapshot_end(kv_snapshot *snapshot);
/**
 * Get a snapshot's place in the change log and its time. Either output may be NULL.
 * Returns KV_OK; and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_snapshot_info(kv_snapshot *snapshot, kv_position *position_out,
                                               int64_t *now_out);

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
    char name[72];            /**< As given at creation, terminated. */
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
 * @param id_out  Set on KV_OK.
 * Returns KV_OK; KV_NAMESPACE_MALFORMED; KV_NAMESPACE_EXISTS; KV_NAMESPACES_FULL; and as every
 * write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_create(kv_db *db, const char *name, size_t name_size,
                                                  kv_ns *id_out);
/** Find a namespace's id. Returns KV_OK; KV_NAMESPACE_MALFORMED; KV_NAMESPACE_NOT_FOUND; and as
 *  every read. Since 0.1. */
KV_API KV_NODISCARD kv_status kv_namespace_find(kv_snapshot *snapshot, const char *name,
                                                size_t name_size, kv_ns *id_out);
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
 * @param capacity     Bytes; 0: as it is. Below the present usage: only shrinking writes pass.
 * @param description  At most KV_DESCRIPTION_SIZE_MAX bytes, else KV_INVALID; NULL: as it is.
 * Returns KV_OK; KV_NAMESPACE_NOT_FOUND; and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_set(kv_db *db, kv_ns id, uint64_t capacity,
                                               const char *description, size_t description_size);
/**
 * Drop a namespace: unknown to everyone from the commit on, its name free at once. Its space comes
 * back in bounded steps, by later writes and kv_sweep().
 * Returns KV_OK; KV_NAMESPACE_NOT_FOUND; and as every write. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_namespace_drop(kv_db *db, kv_ns id);

/* ---- Reading
 *
 * Memory: once buf has grown, kv_get(), kv_get_entry() and kv_get_many() allocate nothing for a
 * value that is stored whole. One in pieces (more than 64 KiB as stored) takes a cursor for the
 * call. The handle keeps 16 contexts for decompressing; threads beyond that make their own for the
 * call. kv_get_into() of a compressed value in pieces, kv_get_chunks(), kv_list_begin() and
 * kv_count() allocate each time, a KV_LIST_RENEW list for each buffer. */

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
 * @param buf        Where a value goes that is not stored raw and whole. NULL: such a value
 *                   answers KV_BUFFER_TOO_SMALL.
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

/* ---- Listing, in byte order of the key */

/** kv_list_options.flags */
enum {
    KV_LIST_REVERSE = 1u << 0,   /**< From the last key down; `after` then means before. */
    KV_LIST_KEYS_ONLY = 1u << 1, /**< Leave metadata out too. */
    KV_LIST_VALUES = 1u << 2,    /**< With values. Not both of these two. */
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
    uint64_t skip;     /**< Live keys to pass over first (page-number mode). */
} kv_list_options;
#if defined(__cplusplus)
#define KV_LIST_OPTIONS_INIT { sizeof(kv_list_options), { 0, 0 }, { 0, 0 }, 0, 0, 0 }
#else
#define KV_LIST_OPTIONS_INIT { .size = sizeof(kv_list_options) }
#endif

/**
 * Begin a list of live keys.
 *
 * @param options   NULL: all keys, ascending.
 * @param list_out  Owned: end with kv_list_end(). NULL on failure.
 * Returns KV_OK; KV_KEY_MALFORMED (a prefix or cursor with bytes no key can have);
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
 * Returns KV_OK; KV_NOT_FOUND (the end; stays so); and as every read, which ends the list: what it
 * answered it answers again. With KV_LIST_RENEW also KV_NAMESPACE_NOT_FOUND and KV_BUSY, and the
 * next call tries again whatever the failure. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_list_next(kv_list *list, kv_entry *out);
/** End a list. NULL is fine. Since 0.1. */
KV_API void kv_list_end(kv_list *list);
/**
 * Count live keys under a prefix. Ends at the first record that is damaged with KV_CORRUPT and the
 * count so far.
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
    KV_TOUCH = 2 /**< A new deadline (none: permanent); value and metadata stay. */
};
/** kv_op.flags */
enum {
    KV_OP_EXPIRES_AT = 1u << 0,
    KV_OP_TTL = 1u << 1,        /**< Wins over KV_OP_EXPIRES_AT, which then is not looked at. */
    KV_OP_IF_VERSION = 1u << 2, /**< Only if the live version is if_version; 0 means absent. */
    KV_OP_IF_ABSENT = 1u << 3   /**< Only if no live key is there. Puts, without IF_VERSION. */
};

/** One operation. Array item. A zeroed one, with key and value set, is a permanent put. A delete
 *  takes no value, metadata or deadline, a touch no value or metadata: KV_INVALID. */
typedef struct kv_op {
    const void *key, *value, *metadata; /**< Borrowed until the call returns. */
    size_t key_size, value_size, metadata_size;
    int64_t expires_at;   /**< With KV_OP_EXPIRES_AT. The present second: gone at once. */
    int64_t ttl_s;        /**< With KV_OP_TTL. At least 1. */
    uint64_t if_version;  /**< With KV_OP_IF_VERSION. */
    uint32_t kind;        /**< KV_PUT, KV_DELETE, KV_TOUCH. */
    uint32_t flags;       /**< KV_OP_*. */
    uint64_t reserved[2]; /**< 0. */
} kv_op;

/** kv_verdict.flags */
enum {
    KV_CREATED = 1u << 0,    /**< The key was absent. */
    KV_REPLACED = 1u << 1,   /**< There was a live value. */
    KV_WAS_ABSENT = 1u << 2, /**< A delete found nothing: no mutation, no sequence. */
    KV_SUPERSEDED = 1u << 3, /**< A later operation on the same key in the batch took its place. */
    KV_EXPIRES = 1u << 4     /**< expires_at is set. */
};

/** What became of one operation. Array item. */
typedef struct kv_verdict {
    kv_status status;
    uint32_t flags;
    uint64_t version;   /**< Of what was written; on KV_VERSION_MISMATCH the live one, 0: none. */
    int64_t expires_at; /**< With KV_EXPIRES. */
    uint64_t reserved;
} kv_verdict;

/** Of one write call. */
typedef struct kv_write_options {
    size_t size;
    kv_limits limits;       /**< 0 fields: the handle's. */
    uint32_t write_wait_ms; /**< 0: the handle's. */
    uint32_t flags;         /**< 0. */
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
    uint64_t bytes_given;    /**< Key + value + metadata of the puts that were written. */
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
 * Faults of one key go into its verdict and the rest is written. Operations on the same key act as
 * if done in order; the last one wins. Batches of several threads share a transaction when they
 * meet; each keeps its verdicts and its atomicity.
 *
 * Room. A full store or disk refuses puts and touches one by one, in their verdicts. Deletes have a
 * reserve: a single one always finds room, unless a snapshot is held, which keeps all that is freed
 * from being used. Deletes of a batch that do not fit it are refused with the whole batch
 * (KV_STORE_FULL, KV_DISK_FULL; report->error says how many fit at once): use smaller batches. If a
 * snapshot keeps the room, report->error names its process instead: end it. While less than three
 * quarters of the cap are taken and no snapshot is held, a batch of at most a 64th of the cap in
 * bytes, with at most a row for each 512 KiB of it, is never refused for want of room. One exception:
 * if all free pages lie apart, a batch that gives back more than some 500 pages cannot be committed.
 * Then write smaller batches, and delete a value of megabytes before putting another in its place.
 *
 * What has expired when the batch is written, after its wait, is absent; TTLs count from the call.
 *
 * @param ops       `count` items, borrowed until return.
 * @param options   NULL: the handle's limits.
 * @param verdicts  `count` items, or NULL. On a status other than KV_OK every verdict carries the
 *                  reason that nothing was written; only with a count above KV_BATCH_COUNT_CEILING
 *                  are they left alone.
 * @param report    Optional. Set its size (KV_REPORT_INIT).
 * Threads: any; not cancelled while inside.
 * Returns KV_OK (look at the verdicts); KV_INVALID (also count 0); KV_TOO_MANY_KEYS;
 * KV_BATCH_TOO_LARGE; KV_NAMESPACE_NOT_FOUND; KV_REOPEN_NEEDED (another batch met the failure:
 * nothing of this one was written); and as every write (KV_BUSY: the queue is full).
 * Verdicts: KV_OK; KV_INVALID; KV_KEY_MALFORMED; KV_KEY_TOO_LONG; KV_VALUE_TOO_LONG;
 * KV_METADATA_TOO_LONG; KV_EXPIRY_INVALID; KV_VERSION_MISMATCH; KV_NOT_FOUND (touch of an absent
 * key); KV_NAMESPACE_FULL; KV_STORE_FULL; KV_DISK_FULL; KV_CORRUPT (the old record is damaged: it is
 * neither replaced nor deleted). Since 0.1.
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
 * Commit what has been prepared, together: up to 16 MB in one transaction with one sync. Each
 * batch keeps its own verdicts and atomicity. A batch is given once: whatever the answer, even
 * KV_BUSY or KV_TIMEOUT, prepare anew to try again. Waits as batches[0] was told to.
 *
 * @param batches  1 to KV_BATCH_COUNT_CEILING of this handle, each once.
 * @param reports  `count` items or NULL; reports[i].error.status is that batch's status. Set the
 *                 size of each (KV_REPORT_INIT), all the same: it is how far the items lie apart.
 * Threads: any; not cancelled while inside.
 * Returns KV_OK when every batch's status is, else the first that is not: as kv_batch(). KV_INVALID
 * (also: a batch that is NULL, twice in the list, of another handle, or given before): nothing was
 * committed, and the batches that could have been are used up. Since 0.1.
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
 * have pushed it out); KV_BUSY as kv_snapshot_begin(); and as every read. Since 0.1.
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
 * change log; in short transactions. A busy store needs no call: each batch does a share.
 *
 * @param work  NULL: until nothing is left.
 * Returns KV_OK; KV_CANCELLED; and as every write: what earlier steps did is kept (KV_CORRUPT: the
 * sums of a namespace lack what is due in it; the others were swept). Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_sweep(kv_db *db, kv_work *work);

/* ---- Changes: every mutation that took effect, in commit order */

/** kv_change.kind: an operation's kind, or one of these. */
enum {
    KV_CHANGE_NAMESPACE_CREATE = 16, /**< key: the name; size: the capacity. */
    KV_CHANGE_NAMESPACE_SET = 17,    /**< size: the capacity. */
    KV_CHANGE_NAMESPACE_DROP = 18,
    KV_CHANGE_SETTINGS = 19
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
 *                   that kv_snapshot_info() gives for the snapshot it was read from. After a crash
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
/**
 * Wait until there is something after a position, from any process. Polls; holds no snapshot.
 *
 * @param timeout_ms  0: only look. Negative: for ever.
 * Returns KV_OK; KV_TIMEOUT; KV_CHANGES_TRIMMED; KV_BUSY as kv_snapshot_begin(); as kv_health();
 * and as every read. Since 0.1.
 */
KV_API KV_NODISCARD kv_status kv_changes_wait(kv_db *db, kv_position after, int32_t timeout_ms);
/** Get the sequence of the newest change of any process. Looks into the store only after a commit:
 *  poll it on every turn of a loop. Returns the sequence; 0: none, or the handle is unusable; where
 *  it cannot look (KV_BUSY as kv_snapshot_begin()) the newest that it saw. Since 0.1. */
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

#ifdef __cplusplus
}
#endif
#endif
