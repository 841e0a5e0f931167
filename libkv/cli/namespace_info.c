#include "cli/namespace_info.h"

#include "cli/display.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/units.h"

#include "edge/text.h"

#include <stdio.h>

uint64_t cli_namespace_used(const kv_namespace_info *info)
{
    return info->key_bytes + info->value_bytes + info->metadata_bytes;
}

/* "28 MB of 1 GiB", and a bar where there is a bound. */
static void namespaces_print_usage(const kv_namespace_info *info, int width)
{
    char used[CLI_TEXT_SIZE];
    char capacity[CLI_TEXT_SIZE];
    char bar[CLI_BAR_SIZE] = "";

    if (info->capacity != KV_CAPACITY_UNLIMITED)
        cli_bar(cli_namespace_used(info), info->capacity, bar);
    printf("%*s of %-*s  %s", width, cli_size_text(cli_namespace_used(info), used), width,
           cli_size_text(info->capacity, capacity), bar);
}

kv_status cli_namespaces_sum(kv_snapshot *snapshot, kv_namespace_info *sum)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_next(snapshot, 0, &info);

    *sum = (kv_namespace_info)KV_NAMESPACE_INFO_INIT;
    for (; status == KV_OK; status = kv_namespace_next(snapshot, info.id, &info)) {
        sum->key_count += info.key_count;
        sum->key_bytes += info.key_bytes;
        sum->value_bytes += info.value_bytes;
        sum->metadata_bytes += info.metadata_bytes;
        sum->stored_bytes += info.stored_bytes;
    }
    return status == KV_NOT_FOUND ? KV_OK : status;
}

kv_status cli_namespaces_print(kv_snapshot *snapshot)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kv_status status = kv_namespace_next(snapshot, 0, &info);
    char keys[CLI_TEXT_SIZE];

    printf("%-20s %12s  %9s\n", "NAME", "KEYS", "USED");
    for (; status == KV_OK; status = kv_namespace_next(snapshot, info.id, &info)) {
        printf("%-20s %12s  ", info.name, cli_count_text(info.key_count, keys));
        namespaces_print_usage(&info, 9);
        putchar('\n');
    }
    return status == KV_NOT_FOUND ? KV_OK : status;
}

void cli_namespace_print_facts(const kv_namespace_info *info)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    cli_fact("namespace", "%s", info->name);
    cli_fact("id", "%u", info->id);
    if (info->description[0] != '\0') {
        printf("%-14s ", "description");
        cli_print_text(stdout, info->description, strlen(info->description), 0);
        putchar('\n');
    }
    cli_fact("created", "%s", cli_time_text(info->created_at, a));
    cli_fact("keys", "%s", cli_count_text(info->key_count, a));
    cli_fact("sizes", "keys %s, values %s, metadata %s", cli_size_text(info->key_bytes, a),
             cli_size_text(info->value_bytes, b), cli_size_text(info->metadata_bytes, c));
    cli_fact("stored", "%s, %u %% of the values", cli_size_text(info->stored_bytes, a),
             cli_percent(info->stored_bytes, info->value_bytes));
    printf("%-14s ", "used");
    namespaces_print_usage(info, 0);
    putchar('\n');
}

int cli_namespace_print_json(const cli *run, const kv_namespace_info *info, kvi_json_writer *json)
{
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Namespace", kvi_text_of(info->name));
    kvi_json_write_number(json, "Id", info->id);
    kvi_json_write_text(json, "Description", kvi_text_of(info->description));
    kvi_json_write_integer(json, "Created", info->created_at);
    if (info->capacity == KV_CAPACITY_UNLIMITED)
        kvi_json_write_raw(json, "Capacity", "null");
    else
        kvi_json_write_number(json, "Capacity", info->capacity);
    kvi_json_write_number(json, "Used", cli_namespace_used(info));
    kvi_json_write_number(json, "Keys", info->key_count);
    kvi_json_write_number(json, "KeyBytes", info->key_bytes);
    kvi_json_write_number(json, "ValueBytes", info->value_bytes);
    kvi_json_write_number(json, "MetadataBytes", info->metadata_bytes);
    kvi_json_write_number(json, "StoredBytes", info->stored_bytes);
    kvi_json_write_object_end(json);
    return cli_print_json(run, json, true);
}

int cli_namespaces_print_json(const cli *run)
{
    kv_namespace_info info = KV_NAMESPACE_INFO_INIT;
    kvi_json_writer json = {0};
    kv_status status = kv_namespace_next(run->snapshot, 0, &info);
    int code = CLI_DONE;

    for (; status == KV_OK && code == CLI_DONE;
         status = kv_namespace_next(run->snapshot, info.id, &info))
        code = cli_namespace_print_json(run, &info, &json);
    kvi_json_write_free(&json);
    if (code != CLI_DONE)
        return code;
    return status == KV_NOT_FOUND ? CLI_DONE : cli_failed(run, status, "namespaces");
}
