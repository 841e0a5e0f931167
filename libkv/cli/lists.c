/* list, count. */
#include "cli/console.h"
#include "cli/display.h"
#include "cli/failure.h"
#include "cli/store.h"
#include "cli/units.h"

#include "edge/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

typedef struct list_wish {
    kv_list_options options;
    uint64_t limit;
    bool is_long, is_json, is_terminal;
    kvi_json_writer text; /* Of an entry as JSON. */
} list_wish;

static void lists_print_long(const kv_entry *entry)
{
    char size[CLI_TEXT_SIZE];
    char stored[CLI_TEXT_SIZE];
    char updated[CLI_TEXT_SIZE];
    char expires[CLI_TEXT_SIZE] = "never";

    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        cli_time_text(entry->expires_at, expires);
    printf("%8s %8s %10" PRIu64 " %-20s %-20s ", cli_size_text(entry->value_size, size),
           cli_size_text(entry->stored_size, stored), entry->version,
           cli_time_text(entry->updated_at, updated), expires);
    cli_print_text(stdout, entry->key.data, entry->key.size, 0);
    if (entry->metadata.size > 0) {
        fputs("  ", stdout);
        cli_print_text(stdout, entry->metadata.data, entry->metadata.size, 60);
    }
    putchar('\n');
}

static int lists_print_json(const cli *run, const kv_entry *entry, kvi_json_writer *json)
{
    kvi_json_write_object_begin(json, NULL);
    kvi_json_write_text(json, "Key", entry->key);
    kvi_json_write_number(json, "Size", entry->value_size);
    kvi_json_write_number(json, "StoredSize", entry->stored_size);
    kvi_json_write_number(json, "Version", entry->version);
    kvi_json_write_integer(json, "Updated", entry->updated_at);
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        kvi_json_write_integer(json, "Expiration", entry->expires_at);
    if (entry->metadata.size > 0 && kvi_utf8_is_valid(entry->metadata))
        kvi_json_write_text(json, "Metadata", entry->metadata);
    kvi_json_write_object_end(json);
    return cli_print_json(run, json, false);
}

static int lists_print(const cli *run, list_wish *wish, const kv_entry *entry, uint64_t index)
{
    if (entry->status != KV_OK)
        cli_failed(run, entry->status, "%.*s", (int)entry->key.size, (const char *)entry->key.data);
    if (wish->is_json) {
        fputs(index == 0 ? "\n" : ",\n", stdout);
        return lists_print_json(run, entry, &wish->text);
    }
    if (wish->is_long) {
        lists_print_long(entry);
    } else {
        if (wish->is_terminal) /* A key may hold the control characters of U+0080 to U+009F. */
            cli_print_text(stdout, entry->key.data, entry->key.size, 0);
        else
            fwrite(entry->key.data, 1, entry->key.size, stdout);
        putchar('\n');
    }
    return CLI_DONE;
}

static int lists_run_through(cli *run, list_wish *wish, kv_list *list)
{
    kv_entry entry = {0};
    kv_status status = KV_OK;
    bool is_damaged = false;
    int code = CLI_DONE;

    for (uint64_t i = 0; i < wish->limit && code == CLI_DONE && !cli_output_failed(); i++) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK)
            break;
        is_damaged |= entry.status != KV_OK;
        code = lists_print(run, wish, &entry, i);
    }
    if (status != KV_OK && status != KV_NOT_FOUND)
        return cli_failed(run, status, "list");
    return code == CLI_DONE && is_damaged ? CLI_STORE_FAILED : code;
}

static int lists_list(cli *run, const char *name, list_wish *wish)
{
    kv_list *list = NULL;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int code = cli_open_read_namespace(run, name, &ns);

    if (code != CLI_DONE)
        return code;
    if (!wish->is_json) /* A slow reader must not pin old pages; the JSON is one view. */
        wish->options.flags |= KV_LIST_RENEW;
    if (!wish->is_json && !wish->is_long)
        wish->options.flags |= KV_LIST_KEYS_ONLY;
    status = kv_list_begin(run->snapshot, ns, &wish->options, &list);
    if (status != KV_OK)
        return cli_failed(run, status, "list");
    if (!wish->is_json) {
        kv_snapshot_end(run->snapshot);
        run->snapshot = NULL;
    }
    if (wish->is_json)
        putchar('[');
    if (wish->is_long && !wish->is_json)
        printf("%8s %8s %10s %-20s %-20s %s\n", "SIZE", "STORED", "VERSION", "UPDATED", "EXPIRES",
               "KEY  METADATA");
    code = lists_run_through(run, wish, list);
    if (wish->is_json)
        puts("\n]");
    kvi_json_write_free(&wish->text);
    kv_list_end(list);
    return code;
}

static int lists_run_list(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            {"after", required_argument, NULL, 'a'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"reverse", no_argument, NULL, 'r'},
                                            {"long", no_argument, NULL, 'l'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    list_wish wish = {.options = KV_LIST_OPTIONS_INIT, .limit = UINT64_MAX};
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?' || (option == 'n' && cli_take_number(run, "--limit", &wish.limit) != 0))
            return run->exit_code;
        if (option == 'p')
            wish.options.prefix = (kv_slice){optarg, strlen(optarg)};
        else if (option == 'a')
            wish.options.after = (kv_slice){optarg, strlen(optarg)};
        else if (option == 'r')
            wish.options.flags |= KV_LIST_REVERSE;
        wish.is_long |= option == 'l';
        wish.is_json |= option == 'j';
    }
    wish.is_terminal = isatty(STDOUT_FILENO);
    arguments = cli_arguments(run, 1, 1, NULL);
    return arguments == NULL ? run->exit_code : lists_list(run, arguments[0], &wish);
}

static int lists_run_count(cli *run)
{
    static const struct option options[] = {{"prefix", required_argument, NULL, 'p'},
                                            CLI_OPTIONS_COMMON};
    kv_slice prefix = {0};
    char **arguments = NULL;
    uint64_t count = 0;
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        prefix = (kv_slice){optarg, strlen(optarg)};
    }
    arguments = cli_arguments(run, 1, 1, NULL);
    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    status = kv_count(run->snapshot, ns, prefix, 0, &count, NULL);
    if (status != KV_OK)
        return cli_failed(run, status, "count");
    printf("%" PRIu64 "\n", count);
    return CLI_DONE;
}

const cli_command cli_list_commands[] = {
    {"list", "NS [OPTIONS]", "List live keys, in byte order",
     "  --prefix P   only keys that begin with P\n"
     "  --after K    begin behind this key, which need not exist (to read on)\n"
     "  --limit N    at most N keys\n"
     "  --reverse    from the last key down; --after then means before\n"
     "  --long       with sizes, version, times and metadata\n"
     "  --json       all that is known of each key, as a JSON array, as of one moment\n"
     "\nOn a terminal, characters that could drive it are shown as \\xNN. Without --json keys that "
     "come or go while the list is read may be in it or not.\n"
     "\nExample:\n  kv list site --prefix img/ --long --limit 20\n",
     lists_run_list},
    {"count", "NS [--prefix P]", "Count live keys", "Example:\n  kv count site --prefix img/\n",
     lists_run_count},
    {0},
};
