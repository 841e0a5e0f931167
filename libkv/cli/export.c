/* export, digest: all live keys of a namespace, as of one moment. */
#include "cli/console.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/crypto.h"
#include "edge/kvlist.h"

#include <stdio.h>
#include <time.h>

/* What to do with a live key. Returns an exit status; others than CLI_DONE stop. */
typedef int (*export_visit)(cli *run, const kv_entry *entry, void *context);

/* Open for an export_walk(). */
static int export_open(cli *run, const char *name, kv_ns *out)
{
    run->is_timeless = true; /* All rows are listed, so that they can be counted. */
    return cli_open_read_namespace(run, name, out);
}

/* Whether as many rows were met as the namespace counts, expired ones that no sweep met included:
 * damage can hide keys from a list without a trace. */
static int export_check_count(const cli *run, kv_ns ns, uint64_t met)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_describe(run->snapshot, ns, &info);
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    if (status != KV_OK)
        return cli_failed(run, status, "count of keys");
    if (info.key_count == met)
        return CLI_DONE;
    cli_message(run,
                "the store is damaged: of %s the namespace counts %s, and %s were met\n"
                "  what is missing cannot be named: restore it from a backup",
                info.name, cli_items_text(info.key_count, "key", "keys", a),
                cli_count_text(met, b));
    return CLI_STORE_FAILED;
}

/* Damaged keys are named and skipped: what can be read is worth saving. */
static int export_walk(cli *run, kv_ns ns, export_visit visit, void *context)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    int64_t now = (int64_t)time(NULL);
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;
    uint64_t met = 0;
    bool is_damaged = false;
    int code = CLI_DONE;

    cli_stop_on_interrupt();
    options.flags = KV_LIST_VALUES;
    status = kv_list_begin(run->snapshot, ns, &options, &list);
    while (status == KV_OK && code == CLI_DONE && !cli_interrupted() && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        met += status == KV_OK;
        if (status != KV_OK || ((entry.flags & KV_ENTRY_EXPIRES) != 0 && now >= entry.expires_at))
            continue;
        if (entry.status != KV_OK) {
            is_damaged = true;
            cli_failed(run, entry.status, "%.*s", (int)entry.key.size,
                       (const char *)entry.key.data);
        } else {
            code = visit(run, &entry, context);
        }
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(run, status, "stopped before the end");
    if (status == KV_NOT_FOUND && code == CLI_DONE)
        code = export_check_count(run, ns, met);
    return code == CLI_DONE && is_damaged ? CLI_STORE_FAILED : code;
}

/* ---- export */

typedef struct export_wish {
    uint32_t flags;       /* KVI_KVLIST_BASE64 */
    kvi_json_writer json; /* Of a line. */
} export_wish;

static int export_line(cli *run, const kv_entry *entry, void *context)
{
    export_wish *wish = context;
    kv_op op = {.key = entry->key.data,
                .key_size = entry->key.size,
                .value = entry->value.data,
                .value_size = entry->value.size,
                .metadata = entry->metadata.data,
                .metadata_size = entry->metadata.size};

    if ((entry->flags & KV_ENTRY_EXPIRES) != 0) {
        op.flags = KV_OP_EXPIRES_AT;
        op.expires_at = entry->expires_at;
    }
    if (kvi_kvlist_write(&wish->json, &op, wish->flags) == KV_INVALID) {
        cli_message(run,
                    "%.*s: the value or its metadata is not UTF-8, which JSON cannot carry\n"
                    "  stopped there; begin anew with --base64",
                    (int)op.key_size, (const char *)op.key);
        return CLI_REFUSED;
    }
    return cli_print_json(run, &wish->json, true);
}

static int export_run_export(cli *run)
{
    static const struct option options[] = {{"base64", no_argument, NULL, 'b'}, CLI_OPTIONS_COMMON};
    export_wish wish = {0};
    char **arguments = NULL;
    kv_ns ns = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        wish.flags = KVI_KVLIST_BASE64;
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    code = export_open(run, arguments[0], &ns);
    if (code == CLI_DONE)
        code = export_walk(run, ns, export_line, &wish);
    kvi_json_write_free(&wish.json);
    return code;
}

/* ---- digest: SHA-256 over the keys in order. Each part stands behind its size, so that no two
 * contents give the same bytes; versions and times of writing are left out. */

static void digest_number(kvi_hash *hash, uint64_t number)
{
    unsigned char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    kvi_hash_add(hash, bytes, sizeof(bytes));
}

static void digest_slice(kvi_hash *hash, kv_slice slice)
{
    digest_number(hash, slice.size);
    kvi_hash_add(hash, slice.data, slice.size);
}

static int digest_entry(cli *run, const kv_entry *entry, void *context)
{
    kvi_hash *hash = context;
    bool has_deadline = (entry->flags & KV_ENTRY_EXPIRES) != 0;

    (void)run;
    digest_slice(hash, entry->key);
    digest_slice(hash, entry->value);
    digest_slice(hash, entry->metadata);
    digest_number(hash, has_deadline);
    digest_number(hash, has_deadline ? (uint64_t)entry->expires_at : 0);
    return CLI_DONE;
}

static int export_run_digest(cli *run)
{
    char **arguments = cli_only_arguments(run, 1, 1, NULL);
    unsigned char digest[KVI_SHA256_SIZE] = {0};
    kvi_hash *hash = NULL;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    code = export_open(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    hash = kvi_hash_begin(KVI_SHA256);
    if (hash != NULL)
        code = export_walk(run, ns, digest_entry, hash);
    status = kvi_hash_end(hash, digest);
    if (code != CLI_DONE)
        return code;
    if (status != KV_OK)
        return cli_failed(run, status, "SHA-256");
    for (size_t i = 0; i < sizeof(digest); i++)
        printf("%02x", digest[i]);
    printf("  %s\n", arguments[0]);
    return CLI_DONE;
}

const cli_command cli_export_commands[] = {
    {"export", "NS [--base64]", "Write all live keys as NDJSON, in key order",
     "One JSON object a line, as of one moment: Key, Value, and where there is one Metadata and\n"
     "Expiration. kv import reads them. A key that is damaged is named and left out; then, and "
     "where\n"
     "fewer keys are met than the namespace counts, the exit status is 4.\n\n"
     "  --base64   write a value or metadata that is not UTF-8 as base64, with \"Base64\": true "
     "or\n"
     "             \"MetadataBase64\": true beside it; without this option it stops the export\n"
     "\nExample:\n  kv export site --base64 | zstd > site.ndjson.zst\n",
     export_run_export},
    {"digest", "NS", "Show a SHA-256 of all live keys, to compare two stores",
     "Over keys, values, metadata and deadlines in key order: it does not matter when, in which\n"
     "order or how often they were written, nor how they are stored.\n"
     "\nExample:\n  kv --store a digest site; kv --store b digest site\n",
     export_run_digest},
    {0},
};
