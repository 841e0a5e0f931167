/* stat: facts of the store, for people, programs and Prometheus. */
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/namespace_info.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <stddef.h>

/* Every field of kv_stats but its size. */
#define STAT_FIELD(field)                                                                          \
    {                                                                                              \
        .name = #field, .offset = offsetof(kv_stats, field)                                        \
    }
static const struct stat_field {
    const char *name;
    size_t offset;
} stat_fields[] = {
    STAT_FIELD(store_namespaces),
    STAT_FIELD(store_namespaces_dropped),
    STAT_FIELD(store_keys),
    STAT_FIELD(store_key_bytes),
    STAT_FIELD(store_value_bytes),
    STAT_FIELD(store_metadata_bytes),
    STAT_FIELD(store_stored_bytes),
    STAT_FIELD(store_expiring),
    STAT_FIELD(store_epoch),
    STAT_FIELD(store_sequence),
    STAT_FIELD(store_changes_first),
    STAT_FIELD(store_changes_bytes),
    STAT_FIELD(store_transaction),
    STAT_FIELD(store_page_size),
    STAT_FIELD(store_pages_used),
    STAT_FIELD(store_pages_free),
    STAT_FIELD(store_file_bytes),
    STAT_FIELD(store_map_size_max),
    STAT_FIELD(store_readers),
    STAT_FIELD(store_readers_max),
    STAT_FIELD(store_reader_lag),
    STAT_FIELD(process_snapshots),
    STAT_FIELD(process_gets),
    STAT_FIELD(process_hits),
    STAT_FIELD(process_bytes_read),
    STAT_FIELD(process_batches),
    STAT_FIELD(process_written),
    STAT_FIELD(process_failed),
    STAT_FIELD(process_bytes_given),
    STAT_FIELD(process_bytes_stored),
    STAT_FIELD(process_commits),
    STAT_FIELD(process_commits_failed),
    STAT_FIELD(process_swept),
    STAT_FIELD(process_busy),
    STAT_FIELD(process_readers_cleared),
    STAT_FIELD(process_prepare_us),
    STAT_FIELD(process_wait_us),
    STAT_FIELD(process_apply_us),
    STAT_FIELD(process_sync_us),
    STAT_FIELD(store_reader_oldest_pid),
    STAT_FIELD(store_pages_held),
};
#undef STAT_FIELD

#define STAT_COUNT (sizeof(stat_fields) / sizeof(stat_fields[0]))
_Static_assert(sizeof(kv_stats) == sizeof(size_t) + STAT_COUNT * sizeof(uint64_t),
               "kv_stats has a field that stat_fields lacks");

static int stat_print_json(const cli *run, const kv_stats *stats)
{
    kvi_json_writer json = {0};
    int code = CLI_DONE;

    kvi_json_write_object_begin(&json, NULL);
    for (size_t i = 0; i < STAT_COUNT; i++) {
        const uint64_t *field = (const uint64_t *)((const char *)stats + stat_fields[i].offset);
        kvi_json_write_number(&json, stat_fields[i].name, *field);
    }
    kvi_json_write_object_end(&json);
    code = cli_print_json(run, &json, true);
    kvi_json_write_free(&json);
    return code;
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

static void stat_print_data(const cli *run, const kv_stats *stats)
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
        cli_fact("  dropped", "%s still to be reclaimed%s",
                 cli_items_text(stats->store_namespaces_dropped, "namespace", "namespaces", a),
                 run->is_sealed ? "" : ": kv sweep");
}

static void stat_print_readers(const kv_stats *stats)
{
    char slots[CLI_TEXT_SIZE];
    char slots_max[CLI_TEXT_SIZE];
    char age[CLI_TEXT_SIZE];
    char kept[CLI_TEXT_SIZE];

    cli_count_text(stats->store_readers, slots);
    cli_count_text(stats->store_readers_max, slots_max);
    if (stats->store_reader_oldest_pid == 0)
        cli_fact("  readers", "%s of %s, none behind", slots, slots_max);
    else
        cli_fact("  readers", "%s of %s, oldest reader: process %llu, %s behind, keeps %s", slots,
                 slots_max, (unsigned long long)stats->store_reader_oldest_pid,
                 cli_items_text(stats->store_reader_lag, "transaction", "transactions", age),
                 cli_size_text(stats->store_pages_held * stats->store_page_size, kept));
}

/* Where the bytes of the data file are: the parts add up to its size. */
typedef struct stat_parts {
    uint64_t used, held, free_for_use, ahead;
} stat_parts;

static stat_parts stat_parts_of(const kv_stats *stats)
{
    uint64_t page = stats->store_page_size;
    uint64_t pages = stats->store_pages_used * page;
    stat_parts parts = {.held = stats->store_pages_held * page,
                        .free_for_use = stats->store_pages_free * page,
                        .ahead = cli_difference(stats->store_file_bytes, pages)};

    /* Free pages at the end that were never written may be missing in the file. */
    parts.free_for_use =
        cli_difference(parts.free_for_use, cli_difference(pages, stats->store_file_bytes));
    parts.used =
        cli_difference(stats->store_file_bytes, parts.held + parts.free_for_use + parts.ahead);
    return parts;
}

/* A part: rounded, exactly, and drawn. */
static void stat_print_part(const char *name, uint64_t part, uint64_t whole, const char *what)
{
    char size[CLI_TEXT_SIZE];
    char bytes[CLI_TEXT_SIZE];
    char bar[CLI_BAR_SIZE];

    cli_fact(name, "%9s  %18s  %s%s", cli_size_text(part, size), cli_count_text(part, bytes),
             cli_bar(part, whole, bar), what);
}

static void stat_print_file(const cli *run, const kv_stats *stats)
{
    stat_parts parts = stat_parts_of(stats);
    uint64_t size = stats->store_file_bytes;
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char bar[CLI_BAR_SIZE];

    puts("File");
    stat_print_part("  used", parts.used, size, "");
    if (parts.held > 0)
        stat_print_part("  held", parts.held, size, "  by the oldest reader");
    stat_print_part("  free", parts.free_for_use, size, run->is_sealed ? "" : "  for new data");
    stat_print_part("  preallocated", parts.ahead, size, "");
    cli_fact("  size", "%9s  %18s", cli_size_text(size, a), cli_count_text(size, b));
    if (run->is_sealed)
        return;
    cli_fact("  at most", "%9s  %18s  %s taken", cli_size_text(stats->store_map_size_max, a),
             cli_count_text(stats->store_map_size_max, b),
             cli_bar(parts.used + parts.held, stats->store_map_size_max, bar));
    stat_print_readers(stats);
}

static void stat_print_log(const kv_stats *stats)
{
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];
    char c[CLI_TEXT_SIZE];

    puts("Change log");
    if (stats->store_changes_first > stats->store_sequence)
        cli_fact("  sequences", "none; the newest change was %s",
                 cli_count_text(stats->store_sequence, b));
    else
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
    printf("%s%s\n\n", run->store, run->is_sealed ? ", sealed" : "");
    stat_print_data(run, stats);
    stat_print_file(run, stats);
    stat_print_log(stats);
    puts("Namespaces");
    status = cli_namespaces_print(run->snapshot);
    return status == KV_OK ? CLI_DONE : cli_failed(run, status, "namespaces");
}

/* ---- Whether the totals are those of the namespaces */

/* The totals, and the sums of the namespaces, of one and the same commit. */
static kv_status stat_totals(cli *run, kv_stats *stats, kv_namespace_info *sum, bool *is_same_out)
{
    kv_status status = kv_stats_get(run->db, stats);

    *is_same_out = false;
    for (int tries = 0; status == KV_OK && !*is_same_out && tries < 10; tries++) {
        uint64_t before = stats->store_transaction;

        kv_snapshot_end(run->snapshot);
        run->snapshot = NULL;
        status = kv_snapshot_begin(run->db, &run->snapshot);
        if (status == KV_OK)
            status = cli_namespaces_sum(run->snapshot, sum);
        if (status == KV_OK)
            status = kv_stats_get(run->db, stats);
        *is_same_out = before == stats->store_transaction;
    }
    return status;
}

/* Of dropped namespaces that are not reclaimed yet the totals have more. */
static bool stat_fits(const kv_stats *stats, uint64_t total, uint64_t sum)
{
    return stats->store_namespaces_dropped > 0 ? total >= sum : total == sum;
}

static int stat_check_totals(cli *run)
{
    kv_stats stats = KV_STATS_INIT;
    kv_namespace_info sum;
    bool is_same = false;
    kv_status status = stat_totals(run, &stats, &sum, &is_same);
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    if (status != KV_OK)
        return cli_failed(run, status, "namespaces");
    if (!is_same || /* Others write all the time: nothing can be compared. */
        (stat_fits(&stats, stats.store_keys, sum.key_count) &&
         stat_fits(&stats, stats.store_key_bytes, sum.key_bytes) &&
         stat_fits(&stats, stats.store_value_bytes, sum.value_bytes) &&
         stat_fits(&stats, stats.store_metadata_bytes, sum.metadata_bytes) &&
         stat_fits(&stats, stats.store_stored_bytes, sum.stored_bytes)))
        return CLI_DONE;
    cli_message(run,
                "the store is damaged: it counts %s, its namespaces %s in all, or their bytes "
                "differ",
                cli_items_text(stats.store_keys, "key", "keys", a),
                cli_count_text(sum.key_count, b));
    return CLI_STORE_FAILED;
}

static int stat_run(cli *run)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"prometheus", no_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    kv_stats stats = KV_STATS_INIT;
    kv_status status = KV_OK;
    bool is_json = false;
    bool is_prometheus = false;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        is_json |= option == 'j';
        is_prometheus |= option == 'p';
    }
    if (cli_arguments(run, 0, 0, NULL) == NULL)
        return run->exit_code;
    code = cli_open_read(run);
    if (code != CLI_DONE)
        return code;
    status = kv_stats_get(run->db, &stats);
    if (status != KV_OK)
        return cli_failed(run, status, "stat");
    if (is_json)
        code = stat_print_json(run, &stats);
    else
        code = is_prometheus ? stat_print_prometheus(run, &stats) : stat_print(run, &stats);
    return code == CLI_DONE ? stat_check_totals(run) : code;
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
