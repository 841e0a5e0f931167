/* du: where the space goes, by what keys begin with, as du(1) shows it by directory. */
#include "cli/display.h"
#include "cli/du_sum.h"
#include "cli/failure.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <string.h>

#define TOP_MAX 1000
#define TOP_DEFAULT 10

/* Damaged keys are named, and left out. */
static int du_walk(cli *run, kv_ns ns, cli_du_sum *sum, bool *is_damaged_out)
{
    kv_list_options options = KV_LIST_OPTIONS_INIT;
    kv_list *list = NULL;
    kv_entry entry = {0};
    kv_status status = cli_du_begin(sum);

    options.prefix = sum->prefix;
    if (status == KV_OK)
        status = kv_list_begin(run->snapshot, ns, &options, &list);
    while (status == KV_OK && !cli_interrupted()) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK)
            break;
        if (entry.status == KV_OK) {
            status = cli_du_add(sum, &entry);
        } else {
            *is_damaged_out = true;
            cli_failed(run, entry.status, "%.*s", (int)entry.key.size,
                       (const char *)entry.key.data);
        }
    }
    kv_list_end(list);
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(run, status, "du");
    return CLI_DONE;
}

/* ---- Printing */

static void du_print_row(const cli_du_row *row, uint64_t whole)
{
    char keys[CLI_TEXT_SIZE];
    char bytes[CLI_TEXT_SIZE];
    char stored[CLI_TEXT_SIZE];
    char bar[CLI_BAR_SIZE];

    printf("%12s %8s %8s  %s  ", cli_count_text(row->keys, keys), cli_size_text(row->bytes, bytes),
           cli_size_text(row->stored, stored), cli_bar(row->bytes, whole, bar));
    cli_print_text(stdout, row->name, row->name_size, 0);
    puts(row->name_size == 0 ? "(all keys)" : "");
}

static void du_print(const cli_du_sum *sum)
{
    uint64_t whole = sum->rows[0].bytes;

    printf("%12s %8s %8s  %-28s %s\n", "KEYS", "USED", "STORED", "SHARE", "PREFIX");
    for (size_t i = 0; i < sum->row_count; i++)
        du_print_row(&sum->rows[i], whole);
    if (sum->top_count == 0)
        return;
    printf("\n%12s %8s %8s  %-28s %s\n", "", "USED", "STORED", "SHARE", "LARGEST KEYS");
    for (size_t i = 0; i < sum->top_count; i++) {
        char bytes[CLI_TEXT_SIZE];
        char stored[CLI_TEXT_SIZE];
        char bar[CLI_BAR_SIZE];
        printf("%12s %8s %8s  %s  ", "", cli_size_text(sum->top[i].bytes, bytes),
               cli_size_text(sum->top[i].stored, stored), cli_bar(sum->top[i].bytes, whole, bar));
        cli_print_text(stdout, sum->top[i].name, sum->top[i].name_size, 0);
        putchar('\n');
    }
}

static void du_write_row(kvi_json_writer *json, const char *name, const cli_du_row *row)
{
    kv_slice text = {row->name, row->name_size};

    kvi_json_write_text(json, name, text);
    kvi_json_write_number(json, "Used", row->bytes);
    kvi_json_write_number(json, "StoredBytes", row->stored);
}

static int du_print_json(const cli *run, const cli_du_sum *sum)
{
    kvi_json_writer json = {0};
    int code = CLI_DONE;

    kvi_json_write_object_begin(&json, NULL);
    du_write_row(&json, "Prefix", &sum->rows[0]);
    kvi_json_write_number(&json, "Keys", sum->rows[0].keys);
    kvi_json_write_array_begin(&json, "Prefixes");
    for (size_t i = 1; i < sum->row_count; i++) {
        kvi_json_write_object_begin(&json, NULL);
        du_write_row(&json, "Prefix", &sum->rows[i]);
        kvi_json_write_number(&json, "Keys", sum->rows[i].keys);
        kvi_json_write_object_end(&json);
    }
    kvi_json_write_array_end(&json);
    kvi_json_write_array_begin(&json, "Largest");
    for (size_t i = 0; i < sum->top_count; i++) {
        kvi_json_write_object_begin(&json, NULL);
        du_write_row(&json, "Key", &sum->top[i]);
        kvi_json_write_object_end(&json);
    }
    kvi_json_write_array_end(&json);
    kvi_json_write_object_end(&json);
    code = cli_print_json(run, &json, true);
    kvi_json_write_free(&json);
    return code;
}

/* ---- The subcommand */

static int du_all(cli *run, const char *name, cli_du_sum *sum, bool is_json)
{
    bool is_damaged = false;
    kv_ns ns = 0;
    int code = cli_open_read_namespace(run, name, &ns);

    if (code != CLI_DONE)
        return code;
    cli_stop_on_interrupt();
    code = du_walk(run, ns, sum, &is_damaged);
    if (code != CLI_DONE || cli_interrupted())
        return code;
    cli_du_sort(sum);
    if (is_json)
        code = du_print_json(run, sum);
    else
        du_print(sum);
    return code == CLI_DONE && is_damaged ? CLI_STORE_FAILED : code;
}

static int du_run(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            {"depth", required_argument, NULL, 'd'},
                                            {"top", required_argument, NULL, 't'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    cli_du_sum sum = {.depth = 1};
    uint64_t top = TOP_DEFAULT;
    char **arguments = NULL;
    bool is_json = false;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?' || (option == 'd' && cli_take_number(run, "--depth", &sum.depth) != 0) ||
            (option == 't' && cli_take_number(run, "--top", &top) != 0))
            return run->exit_code;
        if (option == 'p')
            sum.prefix = (kv_slice){optarg, strlen(optarg)};
        is_json |= option == 'j';
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    if (top > TOP_MAX)
        return cli_usage(run, "--top is at most %d", TOP_MAX);
    sum.top_max = (size_t)top;
    code = du_all(run, arguments[0], &sum, is_json);
    cli_du_free(&sum);
    return code;
}

const cli_command cli_du_commands[] = {
    {"du", "NS [OPTIONS]", "Show which keys take the space, by prefix",
     "Keys are split at '/', as du(1) does with directories, and each prefix has the sum of all "
     "that\n"
     "begin with it, the largest first; then come the largest keys. USED is bytes of keys, values\n"
     "and metadata, which count against the capacity; STORED is values after compression. Live "
     "keys\n"
     "are counted, as of one moment.\n\n"
     "  --prefix P   only keys that begin with P; the first line is their sum\n"
     "  --depth N    prefixes with up to N '/' behind P (1; 0: the sum alone)\n"
     "  --top N      the N largest keys (10; 0: none)\n"
     "  --json       all of it as one JSON object\n"
     "\nExample:\n  kv du site --depth 2 --top 5\n",
     du_run},
    {0},
};
