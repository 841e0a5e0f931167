#include "cli/store.h"

#include "cli/units.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cli_exit_code(kv_status status)
{
    switch (status) {
    case KV_OK:
        return CLI_DONE;
    case KV_NOT_FOUND:
        return CLI_ABSENT;
    case KV_INVALID:
    case KV_KEY_MALFORMED:
    case KV_KEY_TOO_LONG:
    case KV_VALUE_TOO_LONG:
    case KV_METADATA_TOO_LONG:
    case KV_EXPIRY_INVALID:
    case KV_TOO_MANY_KEYS:
    case KV_BATCH_TOO_LARGE:
    case KV_VERSION_MISMATCH:
    case KV_NAMESPACE_MALFORMED:
    case KV_NAMESPACE_NOT_FOUND:
    case KV_NAMESPACE_EXISTS:
    case KV_NAMESPACE_FULL:
    case KV_NAMESPACES_FULL:
    case KV_READ_ONLY:
    case KV_TOO_LARGE:
    case KV_CHANGES_TRIMMED:
        return CLI_REFUSED;
    default:
        return CLI_STORE_FAILED;
    }
}

static const char *store_advice(kv_status status)
{
    switch (status) {
    case KV_KEY_MALFORMED:
        return "a key is 1 to 512 bytes of UTF-8 without the bytes 0x00-0x20 and 0x7F";
    case KV_KEY_TOO_LONG:
        return "a key has at most 512 bytes";
    case KV_VALUE_TOO_LONG:
        return "the limit is 2,000,000 bytes; put and import raise it with --value-max, to 25MiB";
    case KV_METADATA_TOO_LONG:
        return "metadata has at most 1,024 bytes";
    case KV_EXPIRY_INVALID:
        return "a TTL is at least 1 second, a deadline not in the past";
    case KV_TOO_MANY_KEYS:
        return "a batch has at most 10,000 keys: split it, or use kv import";
    case KV_BATCH_TOO_LARGE:
        return "a batch has at most 2,000,000 bytes of keys, values and metadata: split it, or use "
               "kv "
               "import";
    case KV_VERSION_MISMATCH:
        return "the condition on the key did not hold; kv show tells how it stands";
    case KV_NAMESPACE_MALFORMED:
        return "a name is 1 to 64 letters, digits, '-' or '_'";
    case KV_NAMESPACE_EXISTS:
        return "upper and lower case do not distinguish names; kv ns ls shows what is there";
    case KV_NAMESPACE_FULL:
        return "delete keys, or raise the capacity with: kv ns capacity NS SIZE";
    case KV_NAMESPACES_FULL:
        return "raise the bound with: kv settings --namespaces-max N";
    case KV_STORE_FULL:
        return "delete keys, or export into a store made with a larger --map-size";
    case KV_DISK_FULL:
        return "make room on the disk, or delete keys";
    case KV_READ_ONLY:
        return "the store is sealed, or its files do not let you write";
    case KV_BUSY:
    case KV_TIMEOUT:
    case KV_MOVED:
        return "nothing was done: run it again";
    case KV_CORRUPT:
        return "put or delete the key; if its record's header is damaged, that fails too: then kv "
               "export\n  saves the rest, to be imported after kv ns drop, or into a new store";
    case KV_COMMIT_UNKNOWN:
        return "it may have taken effect or not: look (kv changes) before you run it again";
    default:
        return "";
    }
}

/* Whether another process's snapshot may be why there is no room: it keeps some share of the file.
 */
static bool store_is_held(const kv_stats *stats)
{
    return stats->store_reader_oldest_pid != 0 &&
           stats->store_reader_oldest_pid != (uint64_t)getpid() &&
           stats->store_pages_held >= stats->store_pages_used / 64;
}

const char *cli_advice(const cli *run, kv_status status, char out[CLI_ADVICE_SIZE])
{
    kv_stats stats = KV_STATS_INIT;
    char age[CLI_TEXT_SIZE];
    char kept[CLI_TEXT_SIZE];

    if ((status != KV_STORE_FULL && status != KV_DISK_FULL) || run->db == NULL ||
        kv_stats_get(run->db, &stats) != KV_OK || !store_is_held(&stats))
        return store_advice(status);
    snprintf(out, CLI_ADVICE_SIZE,
             "process %llu reads a snapshot that is %s transaction%s old and keeps %s: end it, or "
             "stop the process",
             (unsigned long long)stats.store_reader_oldest_pid,
             cli_count_text(stats.store_reader_lag, age), stats.store_reader_lag == 1 ? "" : "s",
             cli_size_text(stats.store_pages_held * stats.store_page_size, kept));
    return out;
}

__attribute__((format(printf, 4, 0))) static int store_vfailed(const cli *run, kv_status status,
                                                               const char *advice,
                                                               const char *format,
                                                               va_list arguments)
{
    char subject[600];

    vsnprintf(subject, sizeof(subject), format, arguments);
    cli_message(run, "%s: %s (%s)%s%s", subject, kv_strerror(status), kv_status_name(status),
                *advice == '\0' ? "" : "\n  ", advice);
    return cli_exit_code(status);
}

int cli_failed(const cli *run, kv_status status, const char *format, ...)
{
    char advice[CLI_ADVICE_SIZE];
    va_list arguments;
    int code;

    va_start(arguments, format);
    code = store_vfailed(run, status, cli_advice(run, status, advice), format, arguments);
    va_end(arguments);
    return code;
}

/* ---- Opening */

static void store_log(void *ctx, int level, kv_status status, const char *message,
                      size_t message_size)
{
    (void)ctx;
    (void)status;
    if (level <= KV_LOG_WARNING)
        fprintf(stderr, "kv: %s: %.*s\n", level == KV_LOG_ERROR ? "error" : "warning",
                (int)message_size, message);
}

static int64_t store_no_time(void *ctx)
{
    (void)ctx;
    return INT64_MIN;
}

static bool store_is_unnamed(cli *run)
{
    if (run->store != NULL && *run->store != '\0')
        return false;
    cli_usage(run, "which store? give --store DIR, or set KV_STORE");
    return true;
}

static int store_open_failed(const cli *run, kv_status status, const kv_error *error)
{
    const char *advice = status == KV_CORRUPT ? "restore it from a backup" : store_advice(status);

    if (status == KV_NOT_FOUND) {
        cli_message(run, "no store at %s: make one with: kv --store %s init", run->store,
                    run->store);
        return CLI_STORE_FAILED;
    }
    cli_message(run, "cannot open the store at %s: %s (%s)", run->store,
                error->message[0] == '\0' ? kv_strerror(status) : error->message,
                kv_status_name(status));
    if (*advice != '\0' && status != KV_READ_ONLY) /* There the message says all. */
        fprintf(stderr, "  %s\n", advice);
    return cli_exit_code(status);
}

static kv_status store_open(cli *run, uint32_t mode, uint32_t flags, const kv_settings *settings,
                            kv_error *error)
{
    kv_options options = KV_OPTIONS_INIT;

    *error = (kv_error)KV_ERROR_INIT;
    options.mode = mode;
    options.flags = flags;
    options.log = store_log;
    if (run->is_timeless)
        options.clock = store_no_time;
    return kv_open(run->store, &options, settings, &run->db, error);
}

/* What became of a commit that left it open. The handle that it was asked on is of no more use. */
static const char *store_outcome(cli *run, const uint64_t token[2])
{
    kv_error error;
    kv_status status = KV_COMMIT_UNKNOWN;

    cli_close(run);
    if (store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error) == KV_OK)
        status = kv_batch_outcome(run->db, token);
    if (status == KV_OK)
        return "asked anew, the store says: it took effect";
    if (status == KV_NOT_FOUND)
        return "asked anew, the store says: it did not take effect; run it again";
    return store_advice(KV_COMMIT_UNKNOWN);
}

int cli_write_failed(cli *run, kv_status status, const kv_report *report, const char *format, ...)
{
    char advice[CLI_ADVICE_SIZE];
    const char *what = NULL;
    va_list arguments;
    int code;

    if (status == KV_COMMIT_UNKNOWN)
        what = store_outcome(run, report->token);
    else
        what = cli_advice(run, status, advice);
    va_start(arguments, format);
    code = store_vfailed(run, status, what, format, arguments);
    va_end(arguments);
    if (status != KV_COMMIT_UNKNOWN)
        fputs("  nothing of it was written\n", stderr);
    return code;
}

int cli_open_read(cli *run)
{
    kv_error error;
    kv_error sealed_error;
    kv_status status = KV_OK;

    if (store_is_unnamed(run))
        return CLI_USAGE;
    status = store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error);
    /* A sealed store may lie where no lock file can be written. */
    if (status != KV_OK && status != KV_NOT_FOUND && status != KV_NO_MEMORY &&
        store_open(run, KV_OPEN_SEALED, 0, NULL, &sealed_error) == KV_OK)
        status = KV_OK;
    return status == KV_OK ? CLI_DONE : store_open_failed(run, status, &error);
}

int cli_open_write(cli *run)
{
    kv_error error;
    kv_status status = KV_OK;

    if (store_is_unnamed(run))
        return CLI_USAGE;
    status = store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error);
    return status == KV_OK ? CLI_DONE : store_open_failed(run, status, &error);
}

int cli_create(cli *run, const kv_settings *settings)
{
    kv_error error;
    kv_status status = KV_OK;
    bool has_tried = false;
    int code;

    if (store_is_unnamed(run))
        return CLI_USAGE;
    status = store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error);
    if (status == KV_OK) {
        cli_message(run, "there is a store at %s already; it stays as it is", run->store);
        return CLI_REFUSED;
    }
    if (status == KV_NOT_FOUND) {
        status = store_open(run, KV_OPEN_READ_WRITE, KV_CREATE, settings, &error);
        has_tried = true;
    }
    if (status == KV_OK)
        return CLI_DONE;
    code = store_open_failed(run, status, &error);
    /* It may have failed behind the moment at which the store was there. */
    if (has_tried && store_open(run, KV_OPEN_READ_ONLY, 0, NULL, &error) == KV_OK)
        cli_message(run, "the store was made all the same, and can be used");
    return code;
}

bool cli_find_sealed(cli *run)
{
    kv_error error;

    cli_close(run);
    /* An open for writing finishes a seal that was begun. */
    return store_open(run, KV_OPEN_READ_WRITE, 0, NULL, &error) != KV_OK &&
           store_open(run, KV_OPEN_SEALED, 0, NULL, &error) == KV_OK;
}

int cli_snapshot(cli *run)
{
    kv_status status = KV_OK;

    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    status = kv_snapshot_begin(run->db, &run->snapshot);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "%s", run->store);
}

static int store_namespace(cli *run, const char *name, kv_ns *out)
{
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    status = kv_namespace_find(run->snapshot, name, strlen(name), out);
    if (status == KV_NAMESPACE_NOT_FOUND) {
        cli_message(run, "no namespace %s in %s: make it with: kv ns create %s", name, run->store,
                    name);
        run->has_no_namespace = true;
        return CLI_REFUSED;
    }
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "namespace %s", name);
}

int cli_open_read_namespace(cli *run, const char *name, kv_ns *out)
{
    int code = cli_open_read(run);

    return code == CLI_DONE ? store_namespace(run, name, out) : code;
}

int cli_open_write_namespace(cli *run, const char *name, kv_ns *out)
{
    int code = cli_open_write(run);

    if (code == CLI_DONE)
        code = store_namespace(run, name, out);
    kv_snapshot_end(run->snapshot);
    run->snapshot = NULL;
    return code;
}

void cli_close(cli *run)
{
    kv_snapshot_end(run->snapshot);
    kv_close(run->db);
    run->snapshot = NULL;
    run->db = NULL;
}

/* ---- Interrupts */

static volatile sig_atomic_t store_interrupted;

static void store_interrupt(int number)
{
    (void)number;
    store_interrupted = 1;
}

void cli_stop_on_interrupt(void)
{
    /* Once: the second one ends the process, should a step take too long. */
    struct sigaction action = {.sa_handler = store_interrupt, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    action.sa_handler = store_interrupt;
    sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupted(void)
{
    return store_interrupted != 0;
}
