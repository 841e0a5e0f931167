#include "cli/failure.h"

#include "cli/units.h"

#include <stdio.h>
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
    case KV_NOT_A_NUMBER:
    case KV_KEY_EXISTS:
        return CLI_REFUSED;
    default:
        return CLI_STORE_FAILED;
    }
}

const char *cli_general_advice(kv_status status)
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
        return "kv show NS KEY shows the version that is there";
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
        return "the store is sealed, or you may not write to its files";
    case KV_BUSY:
    case KV_TIMEOUT:
    case KV_MOVED:
        return "nothing was done: run it again";
    case KV_CORRUPT:
        return "put or delete the key; if its record's header is damaged, that fails too: then kv "
               "export\n  saves the rest, to be imported after kv ns drop, or into a new store";
    case KV_COMMIT_UNKNOWN:
        return "it may have taken effect or not: look (kv changes) before you run it again";
    case KV_NOT_A_NUMBER:
        return "kv add takes a value of at most 20 bytes: digits, or '-' and digits";
    case KV_KEY_EXISTS:
        return "kv show NS KEY shows what is there";
    default:
        return "";
    }
}

/* Whether another process's snapshot may be why there is no room: it keeps some share of the file.
 */
static bool is_store_held(const kv_stats *stats)
{
    return stats->store_reader_oldest_pid != 0 &&
           stats->store_reader_oldest_pid != (uint64_t)getpid() &&
           stats->store_pages_held >= stats->store_pages_used / 64;
}

/* Whether a third of what is used is the change log. */
static bool is_log_large(const kv_stats *stats)
{
    uint64_t pages = cli_difference(stats->store_pages_used, stats->store_pages_free);

    return stats->store_changes_bytes >= pages * stats->store_page_size / 3;
}

const char *cli_advice(const cli *run, kv_status status, char out[CLI_ADVICE_SIZE])
{
    kv_stats stats = KV_STATS_INIT;
    char age[CLI_TEXT_SIZE];
    char kept[CLI_TEXT_SIZE];

    if (status == KV_CORRUPT && run->is_sealed)
        return "kv export saves the rest, to be imported into a new store";
    if ((status != KV_STORE_FULL && status != KV_DISK_FULL) || run->db == NULL ||
        kv_stats_get(run->db, &stats) != KV_OK)
        return cli_general_advice(status);
    if (!is_store_held(&stats) && is_log_large(&stats)) {
        snprintf(
            out, CLI_ADVICE_SIZE,
            "%s of it are the change log: keep less of it (kv settings --changes-bytes SIZE),\n"
            "  then give its room back: kv sweep",
            cli_size_text(stats.store_changes_bytes, kept));
        return out;
    }
    if (!is_store_held(&stats))
        return cli_general_advice(status);
    snprintf(out, CLI_ADVICE_SIZE,
             "process %llu reads a snapshot that is %s old and keeps %s: end it, or "
             "stop the process",
             (unsigned long long)stats.store_reader_oldest_pid,
             cli_items_text(stats.store_reader_lag, "transaction", "transactions", age),
             cli_size_text(stats.store_pages_held * stats.store_page_size, kept));
    return out;
}

int cli_vfailed(const cli *run, kv_status status, const char *advice, const char *format,
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
    code = cli_vfailed(run, status, cli_advice(run, status, advice), format, arguments);
    va_end(arguments);
    return code;
}

int cli_absent(const cli *run, const char *key)
{
    cli_message(run, "no key %s", key);
    return CLI_ABSENT;
}
