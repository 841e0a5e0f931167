/* export: all live keys as lines of JSON. */
#include "cli/dump.h"
#include "cli/entry.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/read_all.h"

#include "edge/kvlist.h"

static int export_line(cli_read_all *all, const kv_entry *entry)
{
    kv_op op = cli_entry_put(entry);
    kvi_json_writer *json = all->ctx;
    kv_status status = KV_OK;

    status = kvi_kvlist_write(json, &op);
    if (status == KV_INVALID) /* No key can be like this. */
        return cli_failed(all->run, KV_CORRUPT, "%.*s", (int)op.key_size, (const char *)op.key);
    return cli_print_json(all->run, json, true);
}

static int export_lines(cli_read_all *all, const kv_namespace_info *info)
{
    kvi_json_writer *json = all->ctx;
    int code = CLI_DONE;

    if (all->is_all) {
        cli_dump_write(json, info);
        code = cli_print_json(all->run, json, true);
    }
    return code == CLI_DONE ? cli_read_all_keys(all, info, export_line) : code;
}

static int export_run_export(cli *run)
{
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    kvi_json_writer json = {0};
    cli_read_all all = {.run = run, .ctx = &json};
    const char *name = NULL;
    int code = CLI_DONE;

    if (!cli_read_all_take(&all, options, &name))
        return run->exit_code;
    code = cli_read_all_run(&all, name, export_lines);
    kvi_json_write_free(&json);
    return code;
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
    {0},
};
