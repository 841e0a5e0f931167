/* list, search, count. */
#include "cli/display.h"
#include "cli/entry.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/store.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

typedef struct list_wish {
    kv_list_options options;
    const char *pattern; /* search: what keys match; NULL: any. */
    int pattern_flags;   /* Of fnmatch(). */
    uint64_t limit;
    uint64_t shown;
    bool is_long, is_json, is_terminal;
    kvi_json_writer text; /* Of an entry as JSON. */
} list_wish;

/* list makes one array of JSON, and so one view; search makes lines. */
static bool lists_is_array(const list_wish *wish)
{
    return wish->is_json && wish->pattern == NULL;
}

static bool lists_matches(const list_wish *wish, kv_slice key)
{
    char text[KV_KEY_SIZE_MAX + 1];

    if (wish->pattern == NULL)
        return true;
    if (key.size > KV_KEY_SIZE_MAX) /* Damage; it is listed with its status. */
        return false;
    memcpy(text, key.data, key.size);
    text[key.size] = '\0';
    return fnmatch(wish->pattern, text, wish->pattern_flags) == 0;
}

static int lists_print(const cli *run, list_wish *wish, const kv_entry *entry)
{
    if (entry->status != KV_OK)
        cli_failed(run, entry->status, "%.*s", (int)entry->key.size, (const char *)entry->key.data);
    if (wish->is_json) {
        if (lists_is_array(wish))
            fputs(wish->shown == 0 ? "\n" : ",\n", stdout);
        cli_entry_write(&wish->text, entry, false);
        return cli_print_json(run, &wish->text, !lists_is_array(wish));
    }
    if (wish->is_long) {
        cli_entry_print_row(entry);
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

    while (wish->shown < wish->limit && code == CLI_DONE && !cli_output_failed()) {
        status = kv_list_next(list, &entry);
        if (status != KV_OK)
            break;
        if (!lists_matches(wish, entry.key))
            continue;
        is_damaged |= entry.status != KV_OK;
        code = lists_print(run, wish, &entry);
        wish->shown++;
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
    if (!lists_is_array(wish)) /* A slow reader must not pin old pages; the array is one view. */
        wish->options.flags |= KV_LIST_RENEW;
    if (!wish->is_json && !wish->is_long)
        wish->options.flags |= KV_LIST_KEYS_ONLY;
    status = kv_list_begin(run->snapshot, ns, &wish->options, &list);
    if (status != KV_OK)
        return cli_failed(run, status, "list");
    if (!lists_is_array(wish)) {
        kv_snapshot_end(run->snapshot);
        run->snapshot = NULL;
    }
    if (lists_is_array(wish))
        putchar('[');
    if (wish->is_long && !wish->is_json)
        cli_entry_print_head();
    code = lists_run_through(run, wish, list);
    if (lists_is_array(wish))
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

/* ---- search */

static int lists_search(cli *run, char **arguments, list_wish *wish)
{
    int code = CLI_DONE;

    wish->pattern = arguments[1];
    setlocale(LC_CTYPE, "C.UTF-8");                /* '?' is a character then, not a byte. */
    if ((wish->pattern_flags & FNM_CASEFOLD) == 0) /* Only keys that begin as the pattern does. */
        wish->options.prefix = (kv_slice){wish->pattern, strcspn(wish->pattern, "*?[\\")};
    code = lists_list(run, arguments[0], wish);
    return code == CLI_DONE && wish->shown == 0 && wish->limit > 0 ? CLI_ABSENT : code;
}

static int lists_run_search(cli *run)
{
    static const struct option options[] = {{"ignore-case", no_argument, NULL, 'i'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"long", no_argument, NULL, 'l'},
                                            {"json", no_argument, NULL, 'j'},
                                            CLI_OPTIONS_COMMON};
    list_wish wish = {.options = KV_LIST_OPTIONS_INIT, .limit = UINT64_MAX};
    char **arguments = NULL;
    int option = 0;

    while ((option = cli_option_or_letter(run, options, "i")) != -1) {
        if (option == '?' || (option == 'n' && cli_take_number(run, "--limit", &wish.limit) != 0))
            return run->exit_code;
        if (option == 'i')
            wish.pattern_flags = FNM_CASEFOLD;
        wish.is_long |= option == 'l';
        wish.is_json |= option == 'j';
    }
    wish.is_terminal = isatty(STDOUT_FILENO);
    arguments = cli_arguments(run, 2, 2, NULL);
    return arguments == NULL ? run->exit_code : lists_search(run, arguments, &wish);
}

/* ---- count */

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
    {"search", "NS PATTERN [OPTIONS]", "List live keys that match a pattern",
     "PATTERN is matched with the whole key: * is any text, '/' included, ? one character, [a-z]\n"
     "one of these, \\ makes the next character an ordinary one. Quote it, or the shell matches "
     "it\n"
     "with files. Only keys that begin as the pattern does are looked at.\n"
     "Exit 1: no key matches.\n\n"
     "  -i, --ignore-case   upper and lower case do not distinguish\n"
     "  --limit N           at most N keys\n"
     "  --long              with sizes, version, times and metadata\n"
     "  --json              all that is known of each key, one JSON object a line\n"
     "\nExample:\n  kv search site 'img/*.png' --long\n  kv search site -i '*readme*'\n",
     lists_run_search},
    {"count", "NS [--prefix P]", "Count live keys", "Example:\n  kv count site --prefix img/\n",
     lists_run_count},
    {0},
};
