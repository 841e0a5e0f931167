/* export, digest: all live keys of a namespace or of all, as of one moment. */
#include "cli/console.h"
#include "cli/dump.h"
#include "cli/failure.h"
#include "cli/progress.h"
#include "cli/interrupt.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/crypto.h"
#include "edge/kvlist.h"
#include "edge/text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DAMAGED_NAMED 5 /* Damaged keys that are named; the others are counted. */

/* One run of either. */
typedef struct export_run {
    cli *run;
    const char *prefix;   /* Only keys that begin with it; NULL: all. */
    bool is_all;          /* All namespaces. */
    kvi_json_writer json; /* Of a line. */
    kvi_hash *hash;
    uint64_t met, met_bytes, total; /* Rows, their bytes, and the rows that are counted on. */
    uint64_t damaged;
    kv_status damage; /* Of the first damaged key. */
    cli_progress progress;
} export_run;

/* What to do with a namespace: CLI_DONE goes on. */
typedef int (*export_namespace)(export_run *export, const kv_namespace_info *info);
/* What to do with a live key. */
typedef int (*export_visit)(export_run *export, const kv_entry *entry);

/* ---- The keys of a namespace */

/* Whether as many rows were met as the namespace counts, expired ones that no sweep met included:
 * damage can hide keys from a list without a trace. */
static int export_check_count(const export_run *export, const kv_namespace_info *info, uint64_t met)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    if (export->prefix != NULL || info->key_count == met)
        return CLI_DONE;
    cli_message(export->run,
                "the store is damaged: namespace %s counts %s, but %s were found\n"
                "  what is missing cannot be named: restore it from a backup",
                info->name, cli_items_text(info->key_count, "key", "keys", a),
                cli_count_text(met, b));
    return CLI_STORE_FAILED;
}

/* Damaged keys are skipped: what can be read is worth saving. */
static void export_note_damage(export_run *export, const kv_namespace_info *info,
                               const kv_entry *entry)
{
    if (export->damaged++ == 0)
        export->damage = entry->status;
    if (export->damaged <= DAMAGED_NAMED)
        cli_message(export->run, "%.*s in %s: %s (%s)", (int)entry->key.size,
                    (const char *)entry->key.data, info->name, kv_strerror(entry->status),
                    kv_status_name(entry->status));
}

/* Their number, once, and what to do about them. CLI_DONE if there are none. */
static int export_sum_damage(const export_run *export)
{
    char advice[CLI_ADVICE_SIZE];
    char count[CLI_TEXT_SIZE];

    if (export->damaged == 0)
        return CLI_DONE;
    cli_message(export->run, "%s damaged %s left out%s\n  %s",
                cli_count_text(export->damaged, count),
                export->damaged == 1 ? "key was" : "keys were",
                export->damaged > DAMAGED_NAMED ? "; the first 5 are named above" : "",
                cli_advice(export->run, export->damage, advice));
    return CLI_STORE_FAILED;
}

static int export_entry(export_run *export, const kv_namespace_info *info, const kv_entry *entry,
                        int64_t now, export_visit visit)
{
    export->met++;
    export->met_bytes += entry->key.size + entry->value.size + entry->metadata.size;
    cli_progress_show(&export->progress, export->met, export->met_bytes, export->met,
                      export->total);
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0 && now >= entry->expires_at)
        return CLI_DONE;
    if (entry->status == KV_OK)
        return visit(export, entry);
    export_note_damage(export, info, entry);
    return CLI_DONE;
}

static int export_walk(export_run *export, const kv_namespace_info *info, export_visit visit)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    int64_t now = (int64_t)time(NULL);
    uint64_t before = export->met;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = KV_OK;
    int code = CLI_DONE;

    cli_stop_on_interrupt();
    options.flags = KV_LIST_VALUES;
    if (export->prefix != NULL)
        options.prefix = kvi_text_of(export->prefix);
    status = kv_list_begin(export->run->snapshot, info->id, &options, &list);
    if (status != KV_OK)
        return cli_failed(export->run, status, "%s",
                          export->prefix == NULL ? info->name : export->prefix);
    while (status == KV_OK && code == CLI_DONE && !cli_interrupted() && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        if (status == KV_OK)
            code = export_entry(export, info, &entry, now, visit);
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(export->run, status, "%s: stopped before the end", info->name);
    if (status == KV_NOT_FOUND && code == CLI_DONE)
        code = export_check_count(export, info, export->met - before);
    return code;
}

/* ---- The namespaces */

static kv_status export_count(export_run *export, kv_ns ns)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;

    if (export->prefix != NULL) /* How many have it is not known. */
        return KV_OK;
    if (!export->is_all)
        status = kv_namespace_describe(export->run->snapshot, ns, &info);
    else
        while ((status = kv_namespace_next(export->run->snapshot, info.id, &info)) == KV_OK)
            export->total += info.key_count;
    export->total += export->is_all ? 0 : info.key_count;
    return status == KV_NOT_FOUND ? KV_OK : status;
}

/* Damage in one namespace does not keep the others from being saved. */
static int export_all(export_run *export, export_namespace each)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    while (!cli_output_failed() &&
           (status = kv_namespace_next(export->run->snapshot, info.id, &info)) == KV_OK) {
        int one = each(export, &info);

        code = code == CLI_DONE ? one : code;
    }
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(export->run, status, "namespaces");
    return code;
}

static int export_one(export_run *export, kv_ns ns, export_namespace each)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_describe(export->run->snapshot, ns, &info);

    return status == KV_OK ? each(export, &info) : cli_failed(export->run, status, "count of keys");
}

/* Open the store, and do it for the namespace of that name, or for all (NULL). */
static int export_run_through(export_run *export, const char *name, export_namespace each)
{
    cli *run = export->run;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int damage = CLI_DONE;
    int code = CLI_DONE;

    run->is_timeless = true; /* All rows are listed, so that they can be counted. */
    code = name == NULL ? cli_open_read(run) : cli_open_read_namespace(run, name, &ns);
    if (code == CLI_DONE && name == NULL)
        code = cli_snapshot(run);
    if (code != CLI_DONE)
        return code;
    status = export_count(export, ns);
    if (status != KV_OK)
        return cli_failed(run, status, "count of keys");
    cli_progress_start(&export->progress, run, isatty(STDOUT_FILENO) == 0);
    code = name == NULL ? export_all(export, each) : export_one(export, ns, each);
    cli_progress_end(&export->progress);
    damage = export_sum_damage(export);
    return code == CLI_DONE ? damage : code;
}

/* The options of both, and NS or --all: *name_out, NULL for all. false: stop with run->exit_code.
 */
static bool export_take(export_run *export, const struct option *options, const char **name_out)
{
    cli *run = export->run;
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return false;
        if (option == 'p')
            export->prefix = *optarg == '\0' ? NULL : optarg;
        export->is_all |= option == 'a';
    }
    arguments = cli_arguments(run, !export->is_all, !export->is_all, NULL);
    if (arguments == NULL)
        return false;
    *name_out = export->is_all ? NULL : arguments[0];
    return true;
}

/* ---- export */

static int export_line(export_run *export, const kv_entry *entry)
{
    kv_op op = {.key = entry->key.data,
                .key_size = entry->key.size,
                .value = entry->value.data,
                .value_size = entry->value.size,
                .metadata = entry->metadata.data,
                .metadata_size = entry->metadata.size};
    kv_status status = KV_OK;

    if ((entry->flags & KV_ENTRY_EXPIRES) != 0) {
        op.flags = KV_OP_EXPIRES_AT;
        op.expires_at = entry->expires_at;
    }
    status = kvi_kvlist_write(&export->json, &op);
    if (status == KV_INVALID) /* No key can be like this. */
        return cli_failed(export->run, KV_CORRUPT, "%.*s", (int)op.key_size, (const char *)op.key);
    return cli_print_json(export->run, &export->json, true);
}

static int export_lines(export_run *export, const kv_namespace_info *info)
{
    int code = CLI_DONE;

    if (export->is_all) {
        cli_dump_write(&export->json, info);
        code = cli_print_json(export->run, &export->json, true);
    }
    return code == CLI_DONE ? export_walk(export, info, export_line) : code;
}

static int export_run_export(cli *run)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    export_run export = {.run = run};
    const char *name = NULL;
    int code = CLI_DONE;

    if (!export_take(&export, options, &name))
        return run->exit_code;
    code = export_run_through(&export, name, export_lines);
    kvi_json_write_free(&export.json);
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

static int digest_entry(export_run *export, const kv_entry *entry)
{
    kvi_hash *hash = export->hash;
    bool has_deadline = (entry->flags & KV_ENTRY_EXPIRES) != 0;

    digest_slice(hash, entry->key);
    digest_slice(hash, entry->value);
    digest_slice(hash, entry->metadata);
    digest_number(hash, has_deadline);
    digest_number(hash, has_deadline ? (uint64_t)entry->expires_at : 0);
    return CLI_DONE;
}

static int digest_namespace(export_run *export, const kv_namespace_info *info)
{
    unsigned char digest[KVI_SHA256_SIZE] = {0};
    uint64_t damaged = export->damaged;
    kv_status status = KV_OK;
    int code = CLI_DONE;

    export->hash = kvi_hash_begin(KVI_SHA256);
    if (export->hash != NULL)
        code = export_walk(export, info, digest_entry);
    status = kvi_hash_end(export->hash, digest);
    if (code != CLI_DONE || export->damaged > damaged)
        return code;
    if (status != KV_OK)
        return cli_failed(export->run, status, "SHA-256");
    for (size_t i = 0; i < sizeof(digest); i++)
        printf("%02x", digest[i]);
    printf("  %s\n", info->name);
    return CLI_DONE;
}

static int export_run_digest(cli *run)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    export_run export = {.run = run};
    const char *name = NULL;

    if (!export_take(&export, options, &name))
        return run->exit_code;
    return export_run_through(&export, name, digest_namespace);
}

const cli_command cli_export_commands[] = {
    {"export", "NS|--all [--prefix P]", "Write all live keys as NDJSON, in key order",
     "One JSON object a line, as of one moment: Key, Value, and where there is one Metadata and\n"
     "Expiration. A value or metadata that is not UTF-8 is written as base64, with\n"
     "\"Base64\": true or \"MetadataBase64\": true beside it. kv import reads them. Damaged keys\n"
     "are left out and counted, the first ones by name; then, and where fewer keys are met than\n"
     "the namespace counts, the exit status is 4.\n\n"
     "  --all        all namespaces: a line with Namespace, Capacity and Description, then its\n"
     "               keys; kv import --all reads that\n"
     "  --prefix P   only the keys that begin with P\n"
     "\nExample:\n  kv export --all | zstd > store.ndjson.zst\n",
     export_run_export},
    {"digest", "NS|--all [--prefix P]", "Show a SHA-256 of all live keys, to compare two stores",
     "Over keys, values, metadata and deadlines in key order: it does not matter when, in which\n"
     "order or how often they were written, nor how they are stored.\n\n"
     "  --all        a line for each namespace\n"
     "  --prefix P   only the keys that begin with P\n"
     "\nExample:\n  kv --store a digest site; kv --store b digest site\n",
     export_run_digest},
    {0},
};
