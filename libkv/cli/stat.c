/* stat: facts of the store, for people, programs and Prometheus. */
#include "cli/display.h"
#include "cli/namespaces.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
} stat_fields[] = {
#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(kv_stats, name)                                                            \
    }
    FIELD(store_namespaces),
    FIELD(store_namespaces_dropped),
    FIELD(store_keys),
    FIELD(store_key_bytes),
    FIELD(store_value_bytes),
    FIELD(store_metadata_bytes),
    FIELD(store_stored_bytes),
    FIELD(store_expiring),
    FIELD(store_epoch),
    FIELD(store_sequence),
    FIELD(store_changes_first),
    FIELD(store_changes_bytes),
    FIELD(store_transaction),
    FIELD(store_page_size),
    FIELD(store_pages_used),
    FIELD(store_pages_free),
    FIELD(store_file_bytes),
    FIELD(store_map_size_max),
    FIELD(store_readers),
    FIELD(store_readers_max),
    FIELD(store_reader_lag),
    FIELD(process_snapshots),
    FIELD(process_gets),
    FIELD(process_hits),
    FIELD(process_bytes_read),
    FIELD(process_batches),
    FIELD(process_written),
    FIELD(process_failed),
    FIELD(process_bytes_given),
    FIELD(process_bytes_stored),
    FIELD(process_commits),
    FIELD(process_commits_failed),
    FIELD(process_swept),
    FIELD(process_busy),
    FIELD(process_readers_cleared),
    FIELD(process_prepare_us),
    FIELD(process_wait_us),
    FIELD(process_apply_us),
    FIELD(process_sync_us),
#undef FIELD
};

static int stat_print_json(const cli *run, const kv_stats *stats)
{
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(stat_fields) / sizeof(stat_fields[0]); i++) {
        const uint64_t *field = (const uint64_t *)((const char *)stats + stat_fields[i].offset);
        json_object_set_new(object, stat_fields[i].name, json_integer((json_int_t)*field));
    }
    return cli_print_json(run, object);
}

static int stat_print_prometheus(const cli *run, const kv_stats *stats)
{
    kv_buf text = {0};
    kv_status status = kv_stats_text(stats, &text);

    if (status == KV_OK)
        fputs(text.data, stdout);
    kv_buf_free(&text);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "stat");
}

static void stat_print_data(const kv_stats *stats)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    puts("Data");
    cli_fact("  keys", "%s, %s with a deadline", cli_count_text(stats->store_keys, a),
             cli_count_text(stats->store_expiring, b));
    cli_fact("  sizes", "keys %s, values %s, metadata %s", cli_size_text(stats->store_key_bytes, a),
             cli_size_text(stats->store_value_bytes, b),
             cli_size_text(stats->store_metadata_bytes, c));
    cli_fact("  stored", "%s, %u %% of the values", cli_size_text(stats->store_stored_bytes, a),
             cli_percent(stats->store_stored_bytes, stats->store_value_bytes));
    if (stats->store_namespaces_dropped > 0)
        cli_fact("  dropped", "%s namespaces still to be reclaimed: kv sweep",
                 cli_count_text(stats->store_namespaces_dropped, a));
}

static void stat_print_file(const kv_stats *stats)
{
    uint64_t used =
        stats->store_pages_used > stats->store_pages_free
            ? (stats->store_pages_used - stats->store_pages_free) * stats->store_page_size
            : 0;
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char bar[CLI_BAR_SIZE];

    puts("File");
    cli_fact("  used", "%s of %s %s", cli_size_text(used, a),
             cli_size_text(stats->store_map_size_max, b),
             cli_bar(used, stats->store_map_size_max, bar));
    cli_fact("  on disk", "%s, of which %s are free for new data",
             cli_size_text(stats->store_file_bytes, a),
             cli_size_text(stats->store_pages_free * stats->store_page_size, b));
    cli_fact("  readers", "%s of %s, the oldest %s transactions behind",
             cli_count_text(stats->store_readers, a), cli_count_text(stats->store_readers_max, b),
             cli_count_text(stats->store_reader_lag, bar));
}

static void stat_print_log(const kv_stats *stats)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    puts("Change log");
    cli_fact("  sequences", "%s to %s, %s", cli_count_text(stats->store_changes_first, a),
             cli_count_text(stats->store_sequence, b),
             cli_size_text(stats->store_changes_bytes, c));
    cli_fact("  transaction", "%s, epoch %llu", cli_count_text(stats->store_transaction, a),
             (unsigned long long)stats->store_epoch);
}

static int stat_print(cli *run, const kv_stats *stats)
{
    kv_status status = KV_OK;
    int code = cli_snapshot(run);

    if (code != CLI_DONE)
        return code;
    printf("%s\n\n", run->store);
    stat_print_data(stats);
    stat_print_file(stats);
    stat_print_log(stats);
    puts("Namespaces");
    status = cli_namespaces_print(run->snapshot);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "namespaces");
}

static int stat_run(cli *run)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"prometheus", no_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    kv_stats stats = KV_STATS_INIT;
    kv_status status = KV_OK;
    int json = 0;
    int prometheus = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        json |= option == 'j';
        prometheus |= option == 'p';
    }
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = cli_open_read(run);
    if (code != CLI_DONE)
        return code;
    status = kv_stats_get(run->db, &stats);
    if (status != KV_OK)
        return cli_failed(run, status, "stat");
    if (json)
        return stat_print_json(run, &stats);
    return prometheus ? stat_print_prometheus(run, &stats) : stat_print(run, &stats);
}

const cli_command cli_stat_commands[] = {
    {"stat", "[--json|--prometheus]", "Show what the store holds, and how full it is",
     "  --json         all facts and counters, as one JSON object\n"
     "  --prometheus   the same, as Prometheus text\n"
     "\nNames that begin with store_ are facts of the store; those with process_ count what this\n"
     "one process did since it opened it, which is next to nothing here.\n"
     "\nExample:\n  kv stat\n",
     stat_run},
    {0},
};
