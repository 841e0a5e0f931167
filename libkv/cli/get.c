/* get, show: single keys, by name. */
#include "cli/display.h"
#include "cli/entry.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/store.h"
#include "cli/units.h"

#include <string.h>
#include <unistd.h>

/* ---- get */

typedef struct get_wish {
    bool is_json, is_raw, is_terminal;
    bool has_headers;     /* Several values: each behind a line that names its key. */
    uint64_t shown;       /* Values so far. */
    kv_buf buf;           /* Where a value goes that is not borrowed. */
    kvi_json_writer json; /* Of one key. */
} get_wish;

static void get_print_header(const get_wish *wish, kv_slice key)
{
    fputs(wish->shown > 0 ? "\n==> " : "==> ", stdout);
    cli_print_text(stdout, key.data, key.size, 0);
    puts(" <==");
}

/* A value's bytes as they are, unless they could drive the terminal. */
static void get_print_value(const get_wish *wish, kv_slice value)
{
    bool is_open = value.size == 0 || ((const char *)value.data)[value.size - 1] != '\n';

    if (value.size > 0 && wish->is_terminal && !wish->is_raw)
        cli_print_lines(stdout, value.data, value.size);
    else if (value.size > 0)
        fwrite(value.data, 1, value.size, stdout);
    if (wish->has_headers ? is_open : wish->is_terminal)
        putchar('\n');
}

static int get_one(cli *run, kv_ns ns, get_wish *wish, const char *key)
{
    kv_entry entry = {0};
    kv_status status = kv_get_entry(run->snapshot, ns, key, strlen(key), 0, &wish->buf, &entry);
    int code = CLI_DONE;

    if (status == KV_NOT_FOUND)
        return cli_absent(run, key);
    if (status != KV_OK)
        return cli_failed(run, status, "%s", key);
    if (wish->is_json) {
        cli_entry_write(&wish->json, &entry, true);
        code = cli_print_json(run, &wish->json, true);
    } else {
        if (wish->has_headers)
            get_print_header(wish, entry.key);
        get_print_value(wish, entry.value);
    }
    wish->shown++;
    return code;
}

/* All keys as of one moment. One that fails does not hide the others; the worst exit status stays.
 */
static int get_all(cli *run, char **arguments, int count, get_wish *wish)
{
    kv_ns ns = 0;
    int worst = cli_open_read_namespace(run, arguments[0], &ns);

    if (worst != CLI_DONE)
        return worst;
    for (int i = 1; i < count && !cli_output_failed(); i++) {
        int code = get_one(run, ns, wish, arguments[i]);
        fflush(stdout); /* So that messages stand where they belong. */
        worst = code > worst ? code : worst;
    }
    return worst;
}

static int get_run_get(cli *run)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"raw", no_argument, NULL, 'r'}, CLI_OPTIONS_COMMON};
    get_wish wish = {0};
    char **arguments = NULL;
    int count = 0;
    int option = 0;
    int code = 0;

    while ((option = cli_option(run, options)) != -1) {
        if (option == '?')
            return run->exit_code;
        wish.is_json |= option == 'j';
        wish.is_raw |= option == 'r';
    }
    arguments = cli_arguments(run, 2, run->argc, &count);
    if (arguments == NULL)
        return run->exit_code;
    if (wish.is_json && wish.is_raw)
        return cli_usage(run, "give --json or --raw, not both");
    wish.is_terminal = isatty(STDOUT_FILENO);
    wish.has_headers = count > 2 && !wish.is_raw;
    code = get_all(run, arguments, count, &wish);
    kv_buf_free(&wish.buf);
    kvi_json_write_free(&wish.json);
    return code;
}

/* ---- show */

static void get_print_facts(const kv_entry *entry, int64_t now)
{
    static const char *const codecs[] = {"as it is", "zstd", "zstd with a dictionary"};
    char a[CLI_TEXT_SIZE];
    char b[CLI_TEXT_SIZE];

    printf("%-14s ", "key");
    cli_print_text(stdout, entry->key.data, entry->key.size, 0);
    putchar('\n');
    cli_fact("value", "%s (%s)", cli_size_text(entry->value_size, a),
             cli_items_text(entry->value_size, "byte", "bytes", b));
    cli_fact("stored", "%s, %s", cli_size_text(entry->stored_size, a),
             entry->codec < 3 ? codecs[entry->codec] : "?");
    cli_fact("version", "%llu", (unsigned long long)entry->version);
    cli_fact("updated", "%s", cli_time_text(entry->updated_at, a));
    if ((entry->flags & KV_ENTRY_EXPIRES) != 0)
        cli_fact("expires", "%s, in %s", cli_time_text(entry->expires_at, a),
                 cli_duration_text(entry->expires_at - now, b));
    else
        cli_fact("expires", "never");
    if (entry->metadata.size > 0) {
        printf("%-14s ", "metadata");
        cli_print_text(stdout, entry->metadata.data, entry->metadata.size, 0);
        putchar('\n');
    }
}

static int get_print_facts_json(const cli *run, const kv_entry *entry)
{
    kvi_json_writer json = {0};
    int code = CLI_DONE;

    cli_entry_write(&json, entry, false);
    code = cli_print_json(run, &json, true);
    kvi_json_write_free(&json);
    return code;
}

static int get_run_show(cli *run)
{
    bool is_json = false;
    char **arguments = cli_json_arguments(run, 2, &is_json);
    kv_entry entry = {0};
    kv_status status = KV_OK;
    kv_ns ns = 0;
    int64_t now = 0;
    int code = 0;

    if (arguments == NULL)
        return run->exit_code;
    code = cli_open_read_namespace(run, arguments[0], &ns);
    if (code != CLI_DONE)
        return code;
    status = kv_get_entry(run->snapshot, ns, arguments[1], strlen(arguments[1]), KV_GET_FACTS, NULL,
                          &entry);
    if (status == KV_OK)
        status = kv_snapshot_info(run->snapshot, NULL, &now);
    if (status == KV_NOT_FOUND)
        return cli_absent(run, arguments[1]);
    if (status != KV_OK)
        return cli_failed(run, status, "%s", arguments[1]);
    if (is_json)
        return get_print_facts_json(run, &entry);
    get_print_facts(&entry, now);
    return CLI_DONE;
}

const cli_command cli_get_commands[] = {
    {"get", "NS KEY... [--json|--raw]", "Write the values of keys to standard output",
     "For one key the bytes are exact. For several, each follows a line \"==> KEY <==\". On a\n"
     "terminal a line feed follows, and what could drive it (control characters, bytes that are\n"
     "not UTF-8) is shown as \\xNN. All are read as of one moment. An absent key is named, the\n"
     "others are written, and the exit status is 1.\n\n"
     "  --json   one JSON object a line: Key, Value and all that is known of the key; a value\n"
     "           that is not UTF-8 is base64, with \"Base64\": true. kv import reads it\n"
     "  --raw    exact bytes, to a terminal too, and no line between several values\n"
     "\nExample:\n  kv get site index.html > index.html\n  kv get site title motd --json\n",
     get_run_get},
    {"show", "NS KEY [--json]", "Show all about a key, but its value",
     "  --json   the same as one JSON object\n"
     "\nExample:\n  kv show site index.html\n",
     get_run_show},
    {0},
};
