/* export, digest: all live keys of a namespace, as of one moment. */
#include "cli/console.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/crypto.h"
#include "edge/kvlist.h"

#include <stdio.h>

/* What to do with a live key. Returns an exit status; others than CLI_DONE stop. */
typedef int (*export_visit)(cli *run, const kv_entry *entry, void *context);

/* Damaged keys are named and passed over: what can be read is worth saving. */
static int export_walk(cli *run, kv_ns ns, export_visit visit, void *context)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;
    int damaged = 0;
    int code = CLI_DONE;

    options.flags = KV_LIST_VALUES;
    status = kv_list_begin(run->snapshot, ns, &options, &list);
    while (status == KV_OK && code == CLI_DONE && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        if (status == KV_OK && entry.status != KV_OK) {
            damaged = 1;
            cli_failed(run, entry.status, "%.*s", (int)entry.key.size,
                       (const char *)entry.key.data);
        } else if (status == KV_OK) {
            code = visit(run, &entry, context);
        }
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(run, status, "stopped before the end");
    return code == CLI_DONE && damaged ? CLI_STORE_FAILED : code;
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
    code = cli_open_read_namespace(run, arguments[0], &ns);
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
    int expires = (entry->flags & KV_ENTRY_EXPIRES) != 0;

    (void)run;
    digest_slice(hash, entry->key);
    digest_slice(hash, entry->value);
    digest_slice(hash, entry->metadata);
    digest_number(hash, (uint64_t)expires);
    digest_number(hash, expires ? (uint64_t)entry->expires_at : 0);
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
    code = cli_open_read_namespace(run, arguments[0], &ns);
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
     "Expiration. kv import reads them.\n\n"
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
